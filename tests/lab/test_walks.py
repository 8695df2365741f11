"""Lines of the net-snmp tools, read."""

import pytest

from integration.walks import Variable, rows


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("haxServerStatus.1.3.1 = INTEGER: up(1)", ("haxServerStatus", "1.3.1", "up")),
        ("haxServerName.1.3.1 = STRING: web1", ("haxServerName", "1.3.1", "web1")),
        ('haxServerName.1.3.1 = STRING: "web1"', ("haxServerName", "1.3.1", "web1")),
        ("haxServerWeight.1.3.1 = Gauge32: 1", ("haxServerWeight", "1.3.1", "1")),
        ("haxServerLastChange.1.3.1 = Gauge32: 7 seconds", ("haxServerLastChange", "1.3.1", "7 seconds")),
        ("haxAgentUpTime.0 = Timeticks: (12) 0:00:00.12", ("haxAgentUpTime", "0", "(12) 0:00:00.12")),
        ('haxAgentStoreProblem.0 = ""', ("haxAgentStoreProblem", "0", "")),
    ],
)
def test_a_variable(line, expected):
    found = Variable.parse(line)
    assert found is not None
    assert (found.name, found.index, found.value) == expected


@pytest.mark.parametrize("line", ["", "Timeout: No Response from lb1", "more text of the value before"])
def test_other_lines_are_none(line):
    assert Variable.parse(line) is None


def test_a_walk_by_row():
    walk = ["a.1.2 = INTEGER: up(1)", "a.1.3 = INTEGER: down(2)", "noise", "b.1.2 = STRING: x"]
    assert rows(walk) == {"1.2": {"a": "up", "b": "x"}, "1.3": {"a": "down"}}
