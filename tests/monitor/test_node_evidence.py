"""What a node claims of VRRP when evidence is missing, old or optional: nothing that is not so."""

import pytest

from haproxy_agentx.health.belief import RECONNECT, START
from haproxy_agentx.health.model import Reason
from haproxy_agentx.monitor.waits import DELETION_WAIT, LATE
from haproxy_agentx.vrrp.model import (
    FifoEvent,
    FifoLine,
    Kernel,
    Link,
    MibFailure,
    MibScript,
    NewMasterReason,
    VrrpState,
)
from tests.monitor.story import ALL_DOWN, BACKUP, FAULT, IP, MASTER, ONE_DOWN, Story, begun, changes, plan

LINK_LOCAL = "fe80::1"


def condition(story: Story, name: str = "SITE1"):
    return story.service(name).tracker.condition


# Role none is for nodes on which nothing has ever shown a keepalived.


def test_a_node_that_never_had_a_keepalived_serves_by_itself():
    story = Story().kernel().writer(False).no_mib(MibFailure.not_there).haproxy().wait(60)
    assert (story.health("node"), story.drain()) == ("active", [])


def test_a_keepalived_that_was_there_before_us_and_dies_is_never_active():
    story = Story().kernel().writer().haproxy().wait(60)
    assert story.health("node") == "unknown"
    assert "KEEPALIVED-MIB would name them" in condition(story, "node").details
    (reported,) = story.writer(False).wait(60).drain()
    assert (reported.moves, reported["Cause"]) == ("unknown/unknown -> stopped/stopped", "keepalivedDead")
    again = Story(memory=story.end(), now=story.now).kernel().writer(False).haproxy().wait(60)
    assert again.health("node") in ("unknown", "stopped")


@pytest.mark.parametrize("trouble", [MibFailure.frozen, MibFailure.no_vrrp])
def test_a_keepalived_that_is_there_and_names_no_instance_makes_the_role_unknown(trouble):
    story = Story().kernel().no_mib(trouble).haproxy().wait(60)
    assert story.health("node") == "unknown"
    assert story.no_mib(MibFailure.not_there).wait(60).health("node") == "unknown"


def test_the_only_instance_that_is_removed_leaves_no_node_without_keepalived():
    story = begun(MASTER).line(VrrpState.deleted)
    assert story.wait(60).health("node") == "unknown"


def test_an_instance_that_loses_all_its_addresses_at_a_reload_claims_nothing():
    story = Story().kernel(IP).mib(("SITE1", MASTER)).haproxy().wait(60)
    story.kernel().mib(("SITE1", MASTER), interfaces=(None,)).wait(60)
    assert story.health() == "unknown"
    assert story.kernel(IP).mib(("SITE1", MASTER)).wait(60).health() == "active"


def test_a_process_for_vrrp_that_was_started_again_has_no_other_node_to_blame():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60).writer().line(BACKUP).kernel().read().wait(3.6)
    story.line(MASTER).kernel(IP).read().wait(60)
    reported = story.drain()
    assert [(one.moves, one["Cause"]) for one in reported] == [
        ("master/active -> backup/standby", "unknown"),
        ("backup/standby -> master/active", "unknown"),
    ]
    assert "its VRRP process was started again" in reported[0]["CauseText"]


# An empty table beside keepalived's scalars.


def test_a_part_for_vrrp_that_is_silent_is_not_a_removal_of_instances():
    story = Story().kernel(IP).mib(("SITE1", MASTER)).haproxy().wait(10).no_mib(MibFailure.frozen).wait(5)
    story.no_mib(MibFailure.no_vrrp).wait(60)
    assert (list(story.node.services), story.health()) == (["SITE1"], "unknown")
    assert changes(story) == ["master/active -> unknown/unknown"]
    assert changes(story.mib(("SITE1", MASTER)).wait(60)) == ["master/unknown -> master/active"]


def test_a_part_for_vrrp_that_is_started_again_is_no_news():
    story = Story().kernel(IP).mib(("SITE1", MASTER)).haproxy().wait(10)
    story.no_mib(MibFailure.no_vrrp).wait(START - 1).mib(("SITE1", MASTER))
    assert changes(story.wait(60)) == []


# The memory of a FIFO ends where newer evidence contradicts it.


def test_a_fifo_that_was_taken_out_of_the_configuration_is_out_of_use():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60).writer(False).wait(0.3).mib(("SITE1", MASTER))
    for _ in range(3):
        story.wait(5).mib(("SITE1", MASTER))
    story.drain()
    story.no_mib(MibFailure.not_there).wait(RECONNECT - 1)  # snmpd was restarted
    assert (story.health(), changes(story)) == ("active", [])
    assert changes(story.mib(("SITE1", BACKUP)).kernel().wait(60)) == ["master/active -> backup/standby"]


def test_without_the_mib_a_trap_shows_that_a_fifo_is_out_of_use():
    story = begun(MASTER).writer(False).wait(60)
    assert story.health() == "stopped"
    story.trap(BACKUP).read().wait(60)
    assert story.health() == "standby"
    assert changes(story)[-1] == "stopped/stopped -> backup/standby"


# A deletion is a deletion.


@pytest.mark.parametrize("by", ["mib", "line"])
def test_an_instance_that_a_reload_removes_is_gone_without_an_alarm(by):
    story = begun(MASTER, IP).line(MASTER, "SITE2").mib(("SITE1", MASTER), ("SITE2", MASTER)).wait(60)
    story.drain()
    story.line(FAULT, "SITE2").wait(0.05)
    if by == "mib":
        story.mib(("SITE1", MASTER))
    else:
        story.line(VrrpState.deleted, "SITE2")
    assert (changes(story.wait(60)), set(story.node.services)) == ([], {"SITE1"})


def test_a_problem_of_an_instance_that_is_removed_ends_with_it():
    story = begun(MASTER, IP).line(MASTER, "SITE2").mib(("SITE1", MASTER), ("SITE2", MASTER)).haproxy(ALL_DOWN).wait(60)
    story.drain()
    story.line(FAULT, "SITE2").wait(0.05).mib(("SITE1", MASTER)).wait(60)
    (ended,) = story.drain()
    assert (ended["Subject"], ended["Cause"]) == ("SITE2", "configurationChanged")
    assert ended.moves == "master/blackhole -> stopped/stopped"


def test_a_configured_service_whose_instance_is_removed_says_so():
    story = Story([plan("www", "SITE1")]).kernel(IP).writer().line(MASTER).haproxy()
    story.mib(("SITE1", MASTER), ("SITE2", MASTER)).wait(60)
    story.drain()
    story.line(FAULT).wait(0.05).mib(("SITE2", MASTER))
    (reported,) = story.wait(60).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> unknown/unknown", "configurationChanged")


@pytest.mark.parametrize("answers", [True, False])
def test_a_fault_of_an_instance_that_is_still_there_is_reported_soon(answers):
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60)
    began = story.now
    story.line(FAULT).kernel().wait(0.05)
    if answers:
        story.mib(("SITE1", FAULT)).read().wait(0.5)
    else:
        story.read().wait(DELETION_WAIT + 0.5)
    (reported,) = story.drain()
    assert reported.moves == "master/active -> fault/fault"
    assert reported.at - began <= (0.6 if answers else DELETION_WAIT + 0.1)


# An address is one on its interface.


def on(story: Story, *places: tuple[str, str]) -> Story:
    """Let the kernel have addresses on interfaces."""
    addresses: dict[str, frozenset[str]] = {}
    for ip, interface in places:
        addresses[ip] = addresses.get(ip, frozenset()) | {interface}
    links = {name: Link(name, up=True, loopback=name == "lo") for name in ("lo", "eth0", "eth1")}
    story.node.take_kernel(Kernel(addresses, links), story.now)
    story._look()
    return story


def test_the_same_link_local_address_on_two_interfaces_is_two():
    story = Story().kernel().haproxy()
    on(story, (LINK_LOCAL, "eth0"))
    story.mib(("LAN", MASTER), ("DMZ", BACKUP), ip=LINK_LOCAL, interfaces=("eth0", "eth1")).wait(60)
    assert (story.health("LAN"), story.health("DMZ"), story.drain()) == ("active", "standby", [])
    on(story, (LINK_LOCAL, "eth1")).wait(60)
    assert (story.health("LAN"), story.health("DMZ")) == ("conflict", "conflict")


@pytest.mark.parametrize("interface", ["eth0", ""])
def test_a_copy_on_the_loopback_interface_is_neither_conflict_nor_comfort(interface):
    story = Story().kernel().haproxy().mib(("SITE1", BACKUP), interfaces=(interface,)).wait(5)
    on(story, (IP, "lo")).wait(60)
    assert (story.health(), story.drain()) == ("standby", [])
    story.mib(("SITE1", MASTER), interfaces=(interface,)).wait(60)
    assert story.health() == "conflict"


# A second MASTER on the wire, and packets that are dropped.


def rx_lower(story: Story, times: int, each: float = 1.0) -> Story:
    for _ in range(times):
        line = FifoLine("SITE1", None, FifoEvent.lower_priority_seen, 150)
        story.node.take_line(line, story.now)
        story._look()
        story.wait(each)
    return story


def test_a_second_master_on_the_wire_is_a_conflict_until_it_is_silent():
    story = rx_lower(begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60), 5)
    (reported,) = story.drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> master/conflict", "roleDisputed")
    assert Reason.roleDisputed in Reason(int(reported["Reasons"]))
    assert story.node.instances.known["SITE1"].disputes == 5
    assert story.node.instances.known["SITE1"].second_masters == 1
    assert changes(story.wait(2.5)) == []
    (reported,) = story.wait(4).drain()
    assert (reported.moves, reported["Cause"]) == ("master/conflict -> master/active", "recovered")


def test_the_last_advertisement_of_one_that_gives_way_is_no_conflict():
    story = rx_lower(begun(BACKUP).mib(("SITE1", BACKUP)).wait(60).line(MASTER).kernel(IP).read(), 1).wait(60)
    assert changes(story) == ["backup/standby -> master/active"]


def test_packets_that_are_dropped_are_an_outage():
    story = Story().kernel(IP).mib(("SITE1", MASTER), accepts=False).haproxy().wait(60)
    assert (story.health(), condition(story).reasons) == ("blackhole", Reason.addressFiltered)
    assert "vrrp_strict" in condition(story).details


def test_packets_that_the_kernel_drops_are_an_outage_while_it_does():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60)
    story.drain()
    instances = story.node.instances
    assert instances.mastered() == {IP}
    instances.take_refused({IP})
    (reported,) = story.wait(0).wait(5).drain()
    assert (reported.moves, condition(story).reasons) == ("master/active -> master/blackhole", Reason.addressFiltered)
    instances.take_refused(())
    (reported,) = story.wait(0).wait(5).drain()
    assert (reported.moves, reported["Cause"]) == ("master/blackhole -> master/active", "recovered")


def test_packets_that_are_dropped_make_no_active_at_a_failover():
    story = Story().kernel().mib(("SITE1", BACKUP), accepts=False).writer().line(BACKUP).haproxy().wait(10)
    story.drain()
    story.line(MASTER).kernel(IP).wait(10)
    assert [one.moves for one in story.drain()] == ["backup/standby -> master/blackhole"]


# What is asserted of a change.


def test_an_address_that_somebody_removes_and_keepalived_puts_back():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60)
    story.node.listening = True
    story.kernel().wait(0.003).line(BACKUP).trap(BACKUP).read().wait(0.6).kernel(IP).line(MASTER).trap(MASTER)
    story.reason(NewMasterReason.masterNoResponse).read().wait(60)
    reported = story.drain()
    assert [(one.moves, one["Cause"]) for one in reported] == [
        ("master/active -> backup/standby", "addressRemoved"),
        ("backup/standby -> master/active", "addressRemoved"),
    ]
    assert all("not by keepalived" in one["CauseText"] for one in reported)


def test_an_address_that_somebody_removes_and_keepalived_leaves_alone():
    (reported,) = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60).kernel().wait(60).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> master/conflict", "addressRemoved")
    assert "by whom is not known" in reported["CauseText"]


def test_one_that_stays_backup_hears_another_one():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60).line(BACKUP).kernel().read()
    assert story.wait(1).drain() == []
    (reported,) = story.wait(LATE + 0.1).drain()
    assert reported["Cause"] == "peerReturned"
    assert reported["CauseText"] == (
        "the priority of SITE1 is 100 as before, "
        "and it stays BACKUP, so another node of higher priority is heard as MASTER"
    )


# Its own HAProxy is out, and keepalived does not check that, or has not lowered its priority for it.
@pytest.mark.parametrize(
    "trouble",
    [
        lambda story: story.haproxy(ALL_DOWN),
        lambda story: story.haproxy(ONE_DOWN),
        lambda story: story.haproxy(frontends={"www": "STOP"}),
        lambda story: story.no_haproxy(Reason.haproxyGone, "haproxy local is gone"),
        lambda story: story.no_haproxy(Reason.haproxyUnresponsive, "haproxy local does not answer"),
    ],
)
def test_an_own_outage_made_no_master_step_back_that_kept_its_priority(trouble):
    story = trouble(begun(MASTER, IP).mib(("SITE1", MASTER)).wait(60)).wait(3)
    story.drain()
    story.line(BACKUP).kernel().read().wait(1 + LATE)
    reported = next(one for one in story.drain() if one["Role"] == "backup")
    assert reported["Cause"] == "peerReturned"
    assert "the priority of SITE1 is 100 as before" in reported["CauseText"]


WELL = MibScript("chk", good=True)


@pytest.mark.parametrize(
    ("row", "priorities"),
    [
        ({"scripts": (WELL,)}, (100, 40)),  # weight -60
        ({"scripts": (WELL,)}, (120, 100)),  # weight 20: what it has without is its base
        ({"scripts": (WELL,)}, (40, 40)),  # lowered before it became MASTER
        ({"scripts": (MibScript("chk", good=False),)}, (100, 100)),
        ({"sync_group": "SITES"}, (100, 100)),  # another one of the group may have fallen
        (None, (100, 100)),  # KEEPALIVED-MIB is not read
    ],
)
def test_an_own_outage_may_be_why_where_the_priority_is_not_seen_whole(row, priorities):
    before, after = priorities
    story = begun(MASTER, IP)
    if row is not None:
        story.mib(("SITE1", MASTER), **row)
    story.line(BACKUP, priority=before).line(MASTER, priority=before).wait(60).haproxy(ALL_DOWN).wait(3)
    story.drain()
    story.line(BACKUP, priority=after).kernel().read().wait(3)
    reported = next(one for one in story.drain() if one["Role"] == "backup")
    assert reported["Cause"] == "noUsableBackend"


def test_readings_alone_do_not_show_what_passed_between_them():
    story = Story(awaited=("kernel", "mib", "haproxy/local")).kernel(IP).mib(("SITE1", MASTER)).haproxy().wait(60)
    story.haproxy(ALL_DOWN).wait(3)
    story.drain()
    story.kernel().mib(("SITE1", BACKUP)).read().wait(3)
    reported = next(one for one in story.drain() if one["Role"] == "backup")
    assert reported["Cause"] == "noUsableBackend", "FAULT may have come between"


def test_a_takeover_by_priority_may_be_our_own_doing():
    story = begun(BACKUP).wait(60)
    story.node.listening = True
    story.line(MASTER).trap(MASTER).reason(NewMasterReason.preempted).read()
    (reported,) = story.drain()
    assert reported["Cause"] == "priority"
    assert "this node preempted the other, or the other withdrew" in reported["CauseText"]


def test_a_preempt_delay_lies_between_the_recovery_and_the_takeover():
    story = begun(BACKUP).mib(("SITE1", BACKUP), preempt_delay=20.0).no_haproxy(Reason.haproxyGone, "it is gone")
    story.wait(30).haproxy().wait(23)
    story.drain()
    story.node.listening = True
    story.line(MASTER).trap(MASTER).reason(NewMasterReason.preempted).read()
    (reported,) = story.drain()
    assert (reported["Cause"], reported["CauseText"].partition(":")[0]) == ("recovered", "took over again")


def test_only_interfaces_of_vrrp_explain_a_failover():
    story = begun(MASTER, IP).mib(("SITE1", MASTER), tracked=("eth1",)).wait(60)
    on(story, (IP, "eth0"))
    links = {"eth0": Link("eth0", up=True, loopback=False), "eth1": Link("eth1", up=False, loopback=False)}
    story.node.take_kernel(Kernel({IP: frozenset({"eth0"})}, links), story.now)
    story.line(FAULT).wait(0.05).mib(("SITE1", FAULT), tracked=("eth1",)).kernel().read()
    (reported,) = story.wait(1).drain()
    assert (reported["Cause"], reported["CauseText"]) == ("interfaceDown", "interface eth1 is down")


# Intended roles.


def test_an_initial_backup_is_no_intention():
    story = Story().kernel(IP).mib(("SITE1", MASTER), initial=BACKUP).haproxy().wait(60)
    service = story.service("SITE1")
    assert (service.intended, service.served_as_intended(condition(story).role)) == (None, True)


def test_an_initial_master_that_stays_backup_though_well_was_not_meant():
    story = Story().kernel().mib(("SITE1", BACKUP)).haproxy()
    assert not story.service("SITE1").served_as_intended(condition(story).role)
    for _ in range(4):
        story.wait(5).mib(("SITE1", BACKUP))
    assert story.service("SITE1").served_as_intended(condition(story).role)
