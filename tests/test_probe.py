"""What the client of the lab of containers makes of its answers."""

import pytest

from integration.dockerlab.probe import Answer, Service, gaps, longest_silence, services

LOG = """\
10.0 200 lb1
10.1 200 lb1
10.2 0
10.7 503 lb1
11.0 200 lb2
11.5 200 lb2
11.6 200 lb1
"""


def test_who_served_one_after_the_other_and_the_gaps_between_them():
    answers = [Answer.parse(line) for line in LOG.splitlines()]
    found = services(answers)
    assert found == [Service("lb1", 10.0, 10.1), Service("lb2", 11.0, 11.5), Service("lb1", 11.6, 11.6)]
    assert gaps(found) == pytest.approx([0.9, 0.1])
    assert longest_silence(answers) == pytest.approx(0.9)


def test_a_silence_of_the_same_one_is_no_change():
    answers = [Answer(1.0, 200, "lb1"), Answer(2.0, 0, ""), Answer(3.0, 200, "lb1")]
    assert services(answers) == [Service("lb1", 1.0, 3.0)]
    assert longest_silence(answers) == 2.0
    assert longest_silence([]) == 0.0
