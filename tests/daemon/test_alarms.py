"""Severities and what clears what, with the real daemon behind a real snmpd, over a restart of the daemon."""

from tests.daemon.test_commands import reported
from tests.support import expected
from tests.support.daemon import OID, Daemon, source
from tests.support.expected import Mib
from tests.support.fake_haproxy import FakeSocket, answers
from tests.support.programs import ROOT

SAMPLE = ROOT / "tests" / "samples" / "haproxy" / "04-web1-going-up"
MAJOR, CLEARED = 4, 1
HELD = 1.5
"""Seconds after which a source that is read is known to be so (notifications.hold and a tick)."""


def haproxy(path):
    texts = {f"show {what}".encode(): (SAMPLE / f"show_{what}.txt").read_bytes() for what in ("stat", "info")}
    return FakeSocket(path, answers(texts))


def test_what_ends_while_the_daemon_does_not_run_clears_what_it_reported(tmp_path, snmpd):
    path, mib = tmp_path / "h.sock", Mib()
    with (
        haproxy(path) as first,
        Daemon(tmp_path / "daemon", snmpd.agentx, [source("local", path)], wait="registered") as daemon,
    ):
        daemon.eventually(lambda: daemon.well() and daemon.status()["services"][0]["since"] >= HELD, within=15)
        first.close()
        daemon.eventually(lambda: {"node", "local"} <= {event["subject"] for event in reported(daemon)}, within=15)
        before = {event["subject"]: event for event in reported(daemon)}
        assert (before["local"]["severity"], before["local"]["clears"]) == ("major", None)
        assert before["node"]["severity"] == "critical"
        assert daemon.stop() == 0
        with haproxy(path):
            daemon.start()
            daemon.eventually(
                lambda: before["local"]["sequence"] in [event["clears"] for event in reported(daemon)], within=15
            )
            daemon.eventually(lambda: all(event["delivery"] == "acknowledged" for event in reported(daemon)), within=15)
            found = {row.oid: (row.type, row.value) for row in snmpd.bulkwalk(f"{OID}.1.11", 50)}

    def column(name: str) -> dict[str, int | str]:
        return expected.column(mib, found, f"haxEvent{name}")

    (back,) = [at for at, clears in column("Clears").items() if clears == before["local"]["sequence"]]
    assert (column("Subject")[back], column("State")[back]) == ("local", "ok")
    assert column("Severity")[back] == CLEARED
    assert column("Severity")[str(before["local"]["sequence"])] == MAJOR
    assert column("SubjectIndex")[back] == column("SubjectIndex")[str(before["local"]["sequence"])] == 1
    assert column("ReasonText")[str(before["node"]["sequence"])] == ", ".join(before["node"]["reasons"])
    assert all(0 <= int(age) < 120 for age in column("Age").values())
    assert column("Age").keys() == column("Sequence").keys()
