"""What befalls a whole load balancer: it dies, it loses its network. Nothing that it has to tell is lost."""

import pytest

from haproxy_agentx.objects import schema
from integration.dockerlab.probe import Probe, gaps, services
from integration.netlab import wait_for
from integration.netlab.plan import VIRTUAL
from tests.docker.heard import FAILOVER, Heard
from tests.support.reported import BACKUP, FAULT, MASTER, check_seen, date, read

pytestmark = pytest.mark.docker

GAP = 7.0
"""Seconds without an answer, at most: the backup waits 3.6 s for a master that says nothing."""


def served_in_turn(probe, measured, what: str) -> None:
    """Check who answered the client, and the gaps between."""
    found = services(probe.answers)
    assert [stretch.by for stretch in found] == ["lb1", "lb2", "lb1"]
    over, back = gaps(found)
    measured(f"lb1 {what}: the client without an answer", over)
    assert max(over, back) < GAP


def reported_by_the_other(lab, heard: Heard) -> None:
    """lb2 takes over from a node that says nothing, and gives back."""
    for instance in VIRTUAL:
        for role, cause, state in (("master", "peerLost", MASTER), ("backup", "peerReturned", BACKUP)):
            one = heard.failover("lb2", instance, role)
            assert one.cells["Cause"] == cause, one
            check_seen(lab, one, state, BACKUP)
    heard.log("lb2")


def test_a_container_is_killed_and_started_again(lab, measured):
    rows = lab.table("lb1", "haxServerName")
    log = lab.table("lb1", "haxEventSubject")
    heard = Heard.since_now(lab, "lb1", "lb2")
    with Probe(lab) as probe:
        lab.docker("kill", "lb1")
        lab.wait_served_by("lb2")
        lab.docker("start", "lb1")
        lab.wait_well()
    served_in_turn(probe, measured, "killed")
    # its store, too, was killed in the middle of its work
    assert lab.values("lb1", "haxAgentStoreState") == ["ok"]
    assert lab.table("lb1", "haxServerName") == rows
    assert log.items() <= lab.table("lb1", "haxEventSubject").items()
    reported_by_the_other(lab, heard)


def test_a_load_balancer_is_cut_off_from_the_network_and_brought_back(lab, measured):
    rows = lab.table("lb1", "haxServerName")
    heard = Heard.since_now(lab, "lb1", "lb2")

    def waiting() -> list[tuple[str, str]]:
        rows = read(lab, "lb1", schema.EVENT_TABLE, at_home=True).values()
        queued = (row for row in rows if (row["Kind"], row["Delivery"]) == (FAILOVER, "queued"))
        return sorted((row["Subject"], row["Role"]) for row in queued)

    with Probe(lab) as probe:
        lab.link("lb1", up=False)
        try:
            lab.wait_served_by("lb2")
            assert lab.status("lb1")["agentx"]["problem"] is None  # snmpd and HAProxy are its neighbours still
            wait_for(lambda: waiting() == [(name, "fault") for name in VIRTUAL], "lb1's events wait", 10, lab.logs)
            assert [one for one in heard.ours() if one.source == "lb1"] == []
        finally:
            lab.link("lb1", up=True)
        lab.wait_well()
    served_in_turn(probe, measured, "cut off")
    assert lab.table("lb1", "haxServerName") == rows
    reported_by_the_other(lab, heard)
    for instance in VIRTUAL:
        lost, back = heard.failover("lb1", instance, "fault"), heard.failover("lb1", instance, "master")
        assert (lost.cells["Cause"], lost.keepalived["2.3.1.4"]) == ("interfaceDown", FAULT)
        assert back.cells["Cause"] == "recovered"
        # of the time when it happened: lb2, which was not cut off, took over soon after
        assert date(lost.cells["Time"]) < date(heard.failover("lb2", instance, "master").cells["Time"])
        check_seen(lab, back, MASTER, MASTER)
    heard.log("lb1")
