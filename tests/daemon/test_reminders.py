"""A reminder from the real daemon through a real snmpd, over a restart of the daemon."""

from datetime import datetime

from tests.daemon.test_alarms import haproxy
from tests.daemon.test_commands import reported
from tests.support import expected
from tests.support.daemon import OID, Daemon, source
from tests.support.expected import Mib

REMIND = 10.0
TRUE, FALSE = 1, 2


def test_a_lost_source_is_reported_again_once_each_interval_and_not_after_its_end(tmp_path, snmpd):
    path, mib = tmp_path / "h.sock", Mib()
    made = Daemon(
        tmp_path / "daemon",
        snmpd.agentx,
        [source("local", path)],
        wait="registered",
        notifications={"remind": "10s", "egress_hold": "0s"},
    )

    def of_local(*, reminder: bool) -> list[dict[str, object]]:
        return [one for one in reported(made) if one["subject"] == "local" and bool(one["reminder"]) is reminder]

    with made as daemon:
        with haproxy(path):
            daemon.eventually(lambda: daemon.well() and daemon.status()["services"][0]["since"] >= 1.5, within=15)
        daemon.eventually(lambda: of_local(reminder=False), within=15)
        assert daemon.stop() == 0
        daemon.start()
        daemon.eventually(lambda: len(of_local(reminder=True)) == 1, within=40)
        *before, lost = of_local(reminder=False)
        (again,) = of_local(reminder=True)
        assert again["state"] == again["previous_state"] == lost["state"]
        assert seconds(again) - seconds(lost) >= REMIND - 0.1, "the restart did not repeat it"
        assert (again["severity"], again["clears"], again["cause"]) == (lost["severity"], None, "sourceLost")
        with haproxy(path):
            daemon.eventually(lambda: len(of_local(reminder=False)) == len(before) + 2, within=15)
            assert of_local(reminder=False)[-1]["clears"] == lost["sequence"], "not the reminder is what ends"
            daemon.eventually(lambda: daemon.status()["services"][0]["since"] >= REMIND + 2, within=40)
            assert len(of_local(reminder=True)) == 1, "what has ended is not reported again"
            daemon.eventually(lambda: all(one["delivery"] == "acknowledged" for one in reported(daemon)), within=15)
            found = {row.oid: (row.type, row.value) for row in snmpd.bulkwalk(f"{OID}.1.11", 50)}
    flags = expected.column(mib, found, "haxEventReminder")
    assert flags[str(again["sequence"])] == TRUE
    assert flags[str(lost["sequence"])] == FALSE


def seconds(event: dict[str, object]) -> float:
    """Return the date of an event in seconds."""
    return datetime.fromisoformat(str(event["time"])).timestamp()
