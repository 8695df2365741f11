"""What `make packs` prints at its end: how soon each fault raised its alarms, and how soon they were over."""

from collections.abc import Iterator

import pytest

TIMES = "seconds of an alarm"
"""Property of a test: system, fault, alarm, node, and how long it took to be raised and to end, in two times."""

ROW = "{:<46} {:<26} {:<4} {:>7} {:>8} {:>7} {:>8}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in table(
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in getattr(report, "user_properties", ())
        if name == TIMES and getattr(report, "when", "") == "call"
    ):
        terminalreporter.write_line(line)


def table(found: Iterator[object]) -> Iterator[str]:
    """Yield the lines of the table, none where nothing was measured."""
    rows = [tuple(value) for value in found if isinstance(value, tuple | list)]
    for system in dict.fromkeys(row[0] for row in rows):
        yield ""
        yield f"{system}: seconds from a fault to its alarms, and from its end to theirs: machine time, and the clock"
        yield ROW.format("fault", "alarm", "node", "raised", "on clock", "ended", "on clock")
        for _, fault, alarm, node, raised, ended in (row for row in rows if row[0] == system):
            yield ROW.format(fault, alarm, node or "all", *(f"{one:.1f}" for one in (*raised, *ended)))
