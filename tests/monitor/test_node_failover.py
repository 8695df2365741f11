"""A change of role: told at once, but not before what explains it was there, or waited for (health.correlation)."""

import pytest

from haproxy_agentx.health.belief import RECONNECT
from haproxy_agentx.health.correlation import (
    FIRST_WAIT,
    READ_WAIT,
    REASON_WAIT,
    SILENT_WAIT,
    TRAP_WAIT,
    KeepalivedObjects,
)
from haproxy_agentx.health.model import Reason
from haproxy_agentx.monitor.waits import LATE
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import FifoLine, MibFailure, NewMasterReason, VrrpState
from tests.monitor.story import BACKUP, BEGIN, DATE, FAULT, IP, MASTER, ONE_DOWN, Story, begun, changes, failover
from tests.support.event_texts import texts_of


def test_a_failover_waits_for_the_trap_and_the_reason_and_a_reading():
    story = failover(begun(BACKUP))
    began = story.now
    story.wait(0.01).trap(MASTER, up_time=4711)
    assert story.drain() == []
    story.wait(0.01).reason()
    assert story.drain() == []
    story.wait(0.01).haproxy(ONE_DOWN)
    reported, *_ = story.drain()
    assert reported.at == story.now == pytest.approx(began + 0.03)
    assert reported.draft.at == pytest.approx(DATE + began), "its date is that of the change"
    assert (reported.draft.kind, reported.moves) == (Kind.serviceFailover, "backup/standby -> master/activeDegraded")
    assert (reported["KeepalivedTrap"], reported["KeepalivedUpTime"]) == ("seen", "4711")
    assert (reported["Cause"], reported["ServedAsIntended"]) == ("peerLost", "true")
    assert reported.draft.keepalived == KeepalivedObjects("SITE1", VrrpState.master, VrrpState.master, "lb1")


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (NewMasterReason.masterNoResponse, "peerLost"),
        (NewMasterReason.preempted, "priority"),
        (NewMasterReason.priority, "priority"),
    ],
)
def test_the_reason_of_keepalived_is_the_cause(reason, cause):
    story = failover(begun(BACKUP)).trap(MASTER).reason(reason).read()
    (reported,) = story.drain()
    assert reported["Cause"] == cause


def test_the_trap_may_come_first():
    story = begun(BACKUP)
    story.node.listening = True
    story.wait(5).trap(MASTER).reason().wait(0.3)
    assert story.drain() == []
    story.line(MASTER).read()
    (reported,) = story.drain()
    assert reported["KeepalivedTrap"] == "seen"


def test_a_trap_that_does_not_come_is_lost():
    story = failover(begun(BACKUP)).reason().read()
    story.wait(TRAP_WAIT - 0.01)
    assert story.drain() == []
    (reported,) = story.wait(1).drain()
    assert reported.at == pytest.approx(BEGIN + 15 + TRAP_WAIT)
    assert reported["KeepalivedTrap"] == "notSeen"
    assert "haxEventKeepalivedUpTime" not in texts_of(reported.draft)
    assert reported.draft.keepalived.state is VrrpState.master


def test_a_trap_of_another_instance_or_state_is_not_its_own():
    story = failover(begun(BACKUP)).reason().read().trap(MASTER, "SITE2").trap(BACKUP)
    (reported,) = [one for one in story.wait(5).drain() if one["Subject"] == "SITE1"]
    assert reported["KeepalivedTrap"] == "notSeen"


def test_without_traps_nobody_knows_of_them():
    story = begun(BACKUP).wait(5).line(MASTER).read()
    (reported,) = story.wait(5).drain()
    assert reported.at == pytest.approx(BEGIN + 15 + FIRST_WAIT)
    assert reported["KeepalivedTrap"] == "notObserved"


def test_the_way_to_backup_needs_no_reason():
    story = failover(begun(MASTER), BACKUP).trap(BACKUP).read()
    assert story.drain() == [], "whether it stays BACKUP shows whether another node is MASTER"
    (reported,) = story.wait(1 + LATE).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> backup/standby", "peerReturned")


def test_backup_behind_fault_does_not_show_another_master():
    story = failover(begun(MASTER), BACKUP).trap(BACKUP)
    story.node.take_line(FifoLine("SITE1", FAULT, None, 100), story.now)
    story.line(BACKUP).trap(BACKUP).read()
    given = story.wait(5).drain()
    assert [reported.moves.rpartition(" ")[2] for reported in given] == [
        "backup/standby",
        "fault/fault",
        "backup/standby",
    ]
    assert "peerReturned" not in [reported["Cause"] for reported in given]


def test_all_addresses_of_the_interface_removed_is_said_to_be_that():
    story = begun(MASTER, IP, "192.0.2.11").mib(("SITE1", MASTER)).wait(5)
    story.node.listening = True
    story.kernel().line(BACKUP).trap(BACKUP).read()
    (reported,) = story.wait(5).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> backup/standby", "addressRemoved")
    assert reported["CauseText"].startswith("192.0.2.11 was removed from eth0")


def test_a_reason_that_does_not_come_is_not_waited_for_for_long():
    story = failover(begun(BACKUP)).trap(MASTER).read()
    (reported,) = story.wait(1).drain()
    assert reported.at == pytest.approx(BEGIN + 15 + REASON_WAIT)


def test_a_reading_that_does_not_come_is_not_waited_for_for_long():
    story = failover(begun(BACKUP)).trap(MASTER).reason()
    assert story.node.is_settling()
    (reported,) = story.wait(1).drain()
    assert reported.at == pytest.approx(BEGIN + 15 + READ_WAIT)
    assert not story.node.is_settling()


def test_a_reading_that_was_under_way_does_not_count():
    story = begun(BACKUP)
    story.node.listening = True
    began = story.wait(5).now
    reading = story.node._processes["local"]
    story.wait(0.01).line(MASTER).trap(MASTER).reason()
    story.node.take_process(reading, story.now)
    story.wait(0.01)
    assert story.drain() == []
    (reported,) = story.wait(1).drain()
    assert reported.at == pytest.approx(began + 0.01 + READ_WAIT)


def test_a_failover_tells_the_health_too_and_no_other_event_does():
    story = failover(begun(MASTER), BACKUP)
    story.no_haproxy(Reason.haproxyGone, "haproxy local is gone").trap(BACKUP)
    (reported,) = story.wait(60).drain()
    assert (reported.draft.kind, reported.moves) == (Kind.serviceFailover, "master/active -> backup/standbyNotReady")
    assert (reported["Cause"], reported["CauseText"]) == ("haproxyGone", "haproxy local is gone")


def test_an_outage_that_has_not_held_is_told_with_the_failover_it_leads_to():
    story = begun(MASTER)
    story.node.listening = True
    story.wait(5).no_haproxy(Reason.haproxyGone, "haproxy local is gone").wait(0.8)
    story.line(FAULT).trap(FAULT).no_haproxy(Reason.haproxyGone, "haproxy local is gone")
    (reported,) = story.wait(60).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> fault/fault", "haproxyGone")


def test_two_failovers_one_behind_the_other_are_told_in_their_order():
    story = failover(begun(BACKUP))
    story.wait(0.1).line(FAULT).wait(0.1).trap(MASTER, up_time=1).trap(FAULT, up_time=2).reason().read()
    first, second = story.wait(1).drain()
    assert [first.moves, second.moves] == ["backup/standby -> master/active", "master/active -> fault/fault"]
    assert [first["KeepalivedUpTime"], second["KeepalivedUpTime"]] == ["1", "2"]
    assert story.service("SITE1").tracker.failovers == 2


def test_keepalived_that_is_killed_is_told_with_what_it_leaves_behind():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.writer(False).no_mib(MibFailure.not_there).read()
    reported = story.wait(30).drain()
    assert reported[0].moves == "master/active -> stopped/conflict"
    assert {one["Cause"] for one in reported} == {"keepalivedDead"}
    story.kernel()
    assert [one.moves for one in story.wait(30).drain()] == ["stopped/conflict -> stopped/stopped"]


def test_keepalived_that_is_stopped_and_started():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.line(VrrpState.shutdown).kernel().writer(False).no_mib(MibFailure.not_there).read()
    (reported,) = story.wait(30).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> stopped/stopped", "operator")
    story.writer().line(BACKUP).read().wait(3).line(MASTER).kernel(IP).mib(("SITE1", MASTER)).read()
    reported = story.wait(30).drain()
    assert [one.moves for one in reported] == ["stopped/stopped -> backup/standby", "backup/standby -> master/active"]
    assert [one["Cause"] for one in reported] == ["operator", "operator"]


def test_keepalived_that_ended_without_a_stop_and_is_back_was_started_by_nobody_known():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.writer(False).kernel().no_mib(MibFailure.not_there).read()
    (died,) = story.wait(20).drain()
    assert (died["Role"], died["Cause"]) == ("stopped", "keepalivedDead")
    assert "or its process of VRRP" in died["CauseText"]
    story.writer().line(BACKUP).read().wait(3).line(MASTER).kernel(IP).mib(("SITE1", MASTER)).read()
    reported = story.wait(30).drain()
    assert [one.moves for one in reported] == ["stopped/stopped -> backup/standby", "backup/standby -> master/active"]
    assert [one["Cause"] for one in reported] == ["recovered", "recovered"]


def test_the_bare_set_up_of_traps_and_the_mib_alone():
    story = Story(awaited=("kernel", "mib", "haproxy/local"))
    story.node.listening = True
    story.kernel(IP).mib(("SITE1", MASTER)).haproxy().wait(30)
    assert (story.drain(), story.health()) == ([], "active")
    story.trap(BACKUP).kernel().read()
    assert story.drain() == [], "the MIB speaks, and has not said so"
    story.wait(0.3).mib(("SITE1", BACKUP)).read()
    (reported,) = story.wait(1 + LATE).drain()
    assert (reported.moves, reported["KeepalivedTrap"]) == ("master/active -> backup/standby", "seen")
    assert reported["ServedAsIntended"] == "false"
    story.no_mib(MibFailure.not_there).wait(RECONNECT - 1)
    assert story.health() == "standby"
    story.wait(30)
    assert changes(story) == ["backup/standby -> stopped/stopped"]


# A frozen snmpd keeps its sessions and answers nothing; it sends keepalived's trap when it thaws.


def silent(story: Story) -> Story:
    """Let snmpd fall silent, and a failover come."""
    story.node.listening = story.node.connected = True
    return story.wait(5).line(BACKUP).kernel().read()


def test_a_trap_of_a_silent_snmpd_is_waited_for():
    story = silent(begun(MASTER, IP).mib(("SITE1", MASTER))).no_mib(MibFailure.snmpd).wait(10)
    assert story.drain() == []
    (reported,) = story.trap(BACKUP).drain()
    assert reported["KeepalivedTrap"] == "seen"
    assert reported.draft.at == DATE + story.now - 10


def test_a_trap_of_a_silent_snmpd_is_not_waited_for_for_ever():
    story = silent(begun(MASTER, IP).mib(("SITE1", MASTER)))
    began = story.now
    (reported,) = story.wait(60).drain()
    assert (reported.at, reported["KeepalivedTrap"]) == (began + SILENT_WAIT, "notSeen")


@pytest.mark.parametrize("trouble", [MibFailure.not_there, MibFailure.frozen, None])
def test_when_snmpd_is_heard_again_the_trap_is_lost(trouble):
    story = silent(begun(MASTER, IP).mib(("SITE1", MASTER))).wait(3)
    assert story.drain() == []
    if trouble is None:
        story.mib(("SITE1", BACKUP))
    else:
        story.no_mib(trouble)
    (reported,) = [one for one in story.drain() if one.draft.kind is Kind.serviceFailover]
    assert reported["KeepalivedTrap"] == "notSeen"


def test_an_snmpd_that_has_closed_our_session_is_not_waited_for():
    story = begun(MASTER, IP).mib(("SITE1", MASTER))
    story.node.listening = True
    story.wait(5).line(BACKUP).kernel().read().wait(1 + LATE)
    (reported,) = story.drain()
    assert reported["KeepalivedTrap"] == "notSeen"
