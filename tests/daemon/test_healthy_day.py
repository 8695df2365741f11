"""A day on which nothing happens has fewer than twenty log lines: those of a start, and nothing at an interval."""

import pytest

from tests.support.daemon import INTERVAL, source
from tests.support.daemon_fixtures import GOOD
from tests.support.fake_haproxy import FakeSocket
from tests.support.wait import eventually

pytestmark = pytest.mark.system

LINES = 20
READINGS = 150
"""At the interval of a test; with the default interval they take two minutes and a half."""


def test_readings_log_nothing_and_a_start_little(daemon_factory, snmpd, folder):
    asked = []

    def counted(connection, request):
        asked.append(request)
        GOOD(connection, request)

    with FakeSocket(folder / "counted.sock", counted) as haproxy:
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)])
        after_start = daemon.text()
        assert 0 < after_start.count("\n") < LINES / 2, after_start
        before = len(asked)
        eventually(lambda: len(asked) >= before + READINGS, within=READINGS * INTERVAL * 10)
        assert daemon.text() == after_start
