"""When the zoo is clean, and when a rest is one."""

import pytest

from tests.zoo.__main__ import LEAST, LEAST_QUICK, print_sums
from tests.zoo.judge import Alive, CauseVerdict, Sample, Score
from tests.zoo.play import is_heard

RUNS = Alive(frozenset({"snmpd", "agent", "keepalived"}))


@pytest.mark.parametrize(
    ("score", "least", "enough"),
    [
        (Score(rests=100, definite=95, causes={CauseVerdict.right: 95, CauseVerdict.not_known: 5}), LEAST, True),
        (Score(rests=100, definite=94, causes={CauseVerdict.right: 100}), LEAST, False),
        (Score(rests=100, definite=94, causes={CauseVerdict.right: 100}), LEAST_QUICK, True),
        (Score(rests=100, definite=100, causes={CauseVerdict.right: 94, CauseVerdict.not_known: 6}), LEAST, False),
        (Score(rests=100, definite=100, causes={CauseVerdict.right: 90}, starved=10), LEAST, True),
        (Score(rests=100, definite=100, causes={CauseVerdict.right: 89}, starved=11), LEAST, False),
        (Score(), LEAST, False),
    ],
)
def test_enough_has_to_be_definite_right_and_judged(score, least, enough):
    assert print_sums(score, 1, 60.0, least) is enough


@pytest.mark.parametrize(
    ("alive", "reports", "heard"),
    [
        (RUNS, [{"SITE1": "active"}, None], True),
        (RUNS, [None, None], False),
        (Alive(frozenset({"keepalived", "snmpd"})), [None, None], True),
        (Alive(RUNS.running, frozenset({"snmpd"})), [None, None], True),
    ],
    ids=["in time once", "never in time", "its agent is stopped", "its snmpd is frozen"],
)
def test_a_rest_waits_for_a_report_of_each_node_that_can_give_one(alive, reports, heard):
    samples = [
        Sample(float(at), {}, {"lb1": alive, "lb2": RUNS}, {"lb1": report, "lb2": {"SITE1": "standby"}})
        for at, report in enumerate(reports)
    ]
    assert is_heard(samples) is heard
