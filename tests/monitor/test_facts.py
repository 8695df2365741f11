"""What sources tell, as facts that explain changes: which, and about whom."""

import pytest

from haproxy_agentx.health.facts import FactKind
from haproxy_agentx.health.model import Reason, Role
from haproxy_agentx.monitor.facts import MAX_FACTS, Facts
from haproxy_agentx.vrrp.model import (
    FifoEvent,
    FifoLine,
    Kernel,
    Link,
    MibInstance,
    MibReading,
    MibScript,
    NewMasterReason,
    NewMasterTrap,
    StateTrap,
    VrrpState,
)


def reading(**numbers: int) -> MibReading:
    """Give one of instances with their VRID."""
    rows = tuple(
        MibInstance(row, name, number, VrrpState.master, VrrpState.master, VrrpState.master, 150, 150, "eth0")
        for row, (name, number) in enumerate(numbers.items(), 1)
    )
    return MibReading("lb1", "Keepalived v2.2.7", rows, 0.0, 0.1)


def line(name: str, state: VrrpState) -> FifoLine:
    return FifoLine(name, state, None, 0)


def trap(name: str, state: VrrpState) -> StateTrap:
    return StateTrap(name, state, VrrpState.master, "lb1", 4711)


def kinds(facts: Facts, *subjects: str) -> list[FactKind]:
    return [fact.kind for fact in facts.about(*subjects)]


# The FIFO may have a writer again before anybody has seen that it had none.
def test_a_quick_restart_is_seen_by_what_is_said_of_the_instance():
    facts = Facts()
    facts.of_line(line("SITE1", VrrpState.shutdown), 1.0)
    facts.of_trap(trap("SITE1", VrrpState.shutdown), 1.0)
    facts.of_line(line("SITE1", VrrpState.backup), 2.0)
    facts.of_trap(trap("SITE1", VrrpState.backup), 2.0)
    assert kinds(facts, "SITE1") == [FactKind.keepalivedStopped, FactKind.keepalivedStopped, FactKind.keepalivedBack]


def test_it_is_about_that_instance_only():
    facts = Facts()
    facts.of_line(line("SITE1", VrrpState.shutdown), 1.0)
    facts.of_writer(False, True, 1.1)
    assert kinds(facts, "SITE1") == [FactKind.keepalivedStopped, FactKind.keepalivedGone]
    assert kinds(facts, "SITE2") == kinds(facts) == [FactKind.keepalivedGone]


def test_an_instance_that_is_removed_did_not_start():
    facts = Facts()
    facts.of_line(line("SITE1", VrrpState.shutdown), 1.0)
    facts.of_line(line("SITE1", VrrpState.deleted), 1.0)
    assert kinds(facts, "SITE1") == [FactKind.keepalivedStopped]


@pytest.mark.parametrize("by_line", [True, False])
def test_a_new_instance_was_put_in_by_somebody(by_line):
    facts = Facts()
    facts.of_reading(reading(SITE1=51))
    assert kinds(facts, "SITE1") == []
    if by_line:
        facts.of_line(line("FIRST", VrrpState.backup), 1.0)
    else:
        facts.of_reading(reading(FIRST=50, SITE1=51))
    assert kinds(facts, "FIRST") == [FactKind.instanceNew]
    assert kinds(facts, "SITE1") == []


# RFC 6527 vrrpv3NewMaster names no instance but by the VRID.
@pytest.mark.parametrize(
    ("number", "of_site1", "of_site2"),
    [(51, True, False), (52, False, True), (99, True, True), (None, True, True)],
)
def test_a_new_master_is_that_of_its_router_number(number, of_site1, of_site2):
    facts = Facts()
    facts.of_reading(reading(SITE1=51, SITE2=52))
    facts.of_trap(NewMasterTrap(NewMasterReason.masterNoResponse, number), 2.0)
    assert facts.has_new_master("SITE1", 1.5) is of_site1
    assert facts.has_new_master("SITE2", 1.5) is of_site2
    assert not facts.has_new_master("SITE1", 2.5)


def test_a_reason_that_explains_nothing_is_no_fact():
    facts = Facts()
    for reason in (NewMasterReason.notMaster, None):
        facts.of_trap(NewMasterTrap(reason, 51), 1.0)
    assert kinds(facts, "SITE1") == []


# HAProxy


@pytest.mark.parametrize("trouble", [Reason.haproxyGone, Reason.haproxyUnresponsive, Reason.haproxyUnreadable])
def test_a_trouble_is_a_fact_once_and_its_end_another(trouble):
    facts = Facts()
    nothing = Reason(0)
    for before, after in ((nothing, trouble), (trouble, trouble), (trouble, nothing), (nothing, nothing)):
        facts.of_trouble("local", before, after, "haproxy local is gone" if after else "", 1.0)
    assert kinds(facts) == [FactKind[trouble.name], FactKind.haproxyBack]
    assert [fact.what for fact in facts.recent] == ["haproxy local is gone", "haproxy local answers again"]


def test_one_trouble_after_another_is_two_facts():
    facts = Facts()
    facts.of_trouble("local", Reason(0), Reason.haproxyUnresponsive, "frozen", 1.0)
    facts.of_trouble("local", Reason.haproxyUnresponsive, Reason.haproxyGone, "gone", 2.0)
    assert kinds(facts) == [FactKind.haproxyUnresponsive, FactKind.haproxyGone]


def test_reasons_that_come_are_facts_and_that_none_is_left_is_one():
    facts = Facts()
    steps = [
        (Reason(0), Reason.backendDown | Reason.maintenance),
        (Reason.backendDown, Reason.noUsableBackend),
        (Reason.noUsableBackend, Reason.belowMinimum),
        (Reason.belowMinimum, Reason.maintenance | Reason.unchecked),
        (Reason.maintenance, Reason(0)),
    ]
    for at, (before, after) in enumerate(steps):
        facts.of_reasons("www", before, after, "backend app", float(at))
    assert kinds(facts, "www") == [
        FactKind.backendDown,
        FactKind.noUsableBackend,
        FactKind.belowMinimum,
        FactKind.serving,
    ]
    assert kinds(facts, "other") == []


# keepalived


@pytest.mark.parametrize(
    ("before", "present", "kind"),
    [
        (True, False, FactKind.keepalivedGone),
        (False, True, FactKind.keepalivedBack),
        (None, True, None),
        (None, False, None),
        (True, True, FactKind.fifoOpened),
        (False, False, None),
    ],
)
def test_a_writer_that_comes_or_goes(before, present, kind):
    facts = Facts()
    facts.of_writer(present, before, 1.0)
    assert kinds(facts) == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("before", "frozen", "kind"),
    [
        (False, True, FactKind.keepalivedSilent),
        (True, False, FactKind.keepalivedAnswers),
        (True, True, None),
        (False, False, None),
    ],
)
def test_a_silence_that_begins_or_ends(before, frozen, kind):
    facts = Facts()
    facts.of_silence(frozen, before, 1.0)
    assert kinds(facts) == ([kind] if kind else [])


def test_a_priority_that_changes_is_of_its_instance_whoever_tells():
    facts = Facts()
    facts.of_line(FifoLine("SITE1", VrrpState.backup, None, 100), 1.0)
    facts.of_line(FifoLine("SITE2", VrrpState.backup, None, 90), 1.0)
    facts.of_line(FifoLine("SITE1", None, FifoEvent.priority_as_backup, 80), 2.0)
    facts.of_reading(reading(SITE1=51))  # 150
    facts.of_line(FifoLine("SITE1", None, FifoEvent.priority_as_master, 150), 3.0)
    facts.of_line(FifoLine("SITE1", VrrpState.master, None, 0), 3.0)
    assert kinds(facts, "SITE1") == [FactKind.priorityFell, FactKind.priorityRose]
    assert kinds(facts, "SITE2") == []
    assert facts.recent[0].what == "the priority of SITE1 went from 100 to 80"


def test_a_sync_group_says_nothing_of_an_instance():
    facts = Facts()
    facts.of_line(FifoLine("SITE1", VrrpState.shutdown, None, 100, group=True), 1.0)
    facts.of_trap(StateTrap("SITE1", VrrpState.shutdown, None, "lb1", 1, group=True), 1.0)
    assert kinds(facts, "SITE1") == []


def scripts(good: bool | None) -> MibReading:
    master = VrrpState.master
    row = MibInstance(1, "SITE1", 51, master, master, master, 150, 150, "eth0", scripts=(MibScript("chk", good),))
    return MibReading("lb1", "Keepalived v2.2.7", (row,), 0.0, 0.1)


@pytest.mark.parametrize(
    ("results", "found"),
    [
        ([True, False, False, True, True], [FactKind.scriptBad, FactKind.scriptGood]),
        ([False], [FactKind.scriptBad]),
        ([None, True], []),
        ([None, False, None, True], [FactKind.scriptBad]),
    ],
)
def test_a_script_that_fails_and_succeeds(results, found):
    facts = Facts()
    for good in results:
        facts.of_reading(scripts(good))
    assert kinds(facts) == found


# The kernel


def kernel(**up: bool) -> Kernel:
    return Kernel({}, {name: Link(name, one, loopback=name == "lo") for name, one in up.items()})


def of_kernels(*kernels: Kernel, interfaces: frozenset[str] | None = None) -> list[str]:
    facts = Facts()
    for one in kernels:
        facts.of_kernel(one, interfaces, 1.0)
    return [fact.what for fact in facts.recent]


def test_interfaces_that_go_down_and_come_up():
    first, second = kernel(eth0=True, eth1=False, lo=True), kernel(eth0=False, eth1=True, lo=False)
    assert of_kernels(first) == []
    assert of_kernels(first, first) == []
    assert of_kernels(first, second) == ["interface eth0 is down", "interface eth1 is up"]


def test_an_interface_that_is_removed_is_down():
    assert of_kernels(kernel(eth0=True, eth1=False), kernel()) == ["interface eth0 is down"]
    assert of_kernels(kernel(), kernel(eth0=True)) == ["interface eth0 is up"]


def test_where_the_interfaces_of_vrrp_are_known_others_explain_nothing():
    first, second = kernel(eth0=True, eth1=True), kernel(eth0=False, eth1=False)
    assert of_kernels(first, second, interfaces=frozenset({"eth1"})) == ["interface eth1 is down"]


def with_addresses(*addresses: str, up: bool = True) -> Kernel:
    """Give a kernel that has addresses on eth0."""
    return Kernel({ip: frozenset({"eth0"}) for ip in addresses}, {"eth0": Link("eth0", up, loopback=False)})


OWN, SITE = "192.0.2.11", "192.0.2.1"
BARE = f"{OWN} was removed from eth0, which has no IPv4 address of its own any more"


@pytest.mark.parametrize(
    ("kernels", "reported"),
    [
        ((with_addresses(OWN, SITE), with_addresses()), [BARE]),
        ((with_addresses(OWN, SITE), with_addresses(SITE)), [BARE]),
        (
            (with_addresses(OWN, SITE), with_addresses(), with_addresses(OWN)),
            [BARE, f"eth0 has an IPv4 address again: {OWN}"],
        ),
        ((with_addresses(OWN, SITE), with_addresses(OWN)), []),
        ((with_addresses(OWN, "192.0.2.12"), with_addresses("192.0.2.12")), []),
        ((with_addresses(SITE), with_addresses()), []),
        ((with_addresses(), with_addresses(OWN)), []),
        ((with_addresses(OWN), with_addresses(up=False)), ["interface eth0 is down"]),
        ((with_addresses("fe80::1", OWN), with_addresses(OWN)), [BARE.replace(OWN, "fe80::1").replace("v4", "v6")]),
    ],
    ids=[
        "all",
        "its own",
        "and it is back",
        "keepalived's",
        "one of two",
        "keepalived's only",
        "first",
        "down",
        "IPv6",
    ],
)
def test_an_interface_without_an_address_of_its_own_is_a_fact(kernels, reported):
    facts = Facts()
    for one in kernels:
        facts.of_kernel(one, frozenset({"eth0"}), 1.0, {SITE})
    assert [fact.what for fact in facts.recent] == reported


def test_whose_addresses_they_are_is_known_by_keepalived_s_mib_only():
    assert of_kernels(with_addresses(OWN), with_addresses()) == []


def test_only_so_many_are_kept():
    facts = Facts()
    for number in range(2 * MAX_FACTS):
        facts.add(FactKind.haproxyGone, str(number), float(number))
    assert len(facts.about()) == MAX_FACTS
    assert facts.about()[0].what == str(MAX_FACTS)


@pytest.mark.parametrize(
    ("heard", "kind"), [(False, FactKind.noOther), (True, FactKind.noResponse)], ids=["nobody", "another MASTER"]
)
@pytest.mark.parametrize("number", [51, None], ids=["of a known instance", "of some instance"])
def test_back_at_once_means_no_other_only_where_none_was_heard(heard, kind, number):
    facts = Facts()
    facts.of_reading(reading(SITE1=51))
    facts.of_role("SITE1", Role.master, Role.backup, 10.0)
    if heard:
        facts.add(FactKind.otherMaster, "it stays BACKUP, so another node of higher priority is heard", 11.5, "SITE1")
    facts.of_trap(NewMasterTrap(NewMasterReason.masterNoResponse, number), 15.0)
    assert kinds(facts, "SITE1")[-1] is kind


BACK = ("SITE1", VrrpState.backup, None, 150)


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ([], True),  # the reading has it as MASTER
        ([("SITE1", VrrpState.master, None, 150)], True),
        ([("SITE1", VrrpState.backup, None, 40), ("SITE1", VrrpState.master, None, 150)], True),
        ([("SITE1", None, FifoEvent.priority_as_master, 170)], False),  # a weight that is lost since
        ([("SITE1", None, FifoEvent.priority_as_master, 40)], True),  # and given back
        ([("SITE1", VrrpState.fault, None, 150)], False),
        ([("SITE1", VrrpState.shutdown, None, 0)], False),
        ([BACK], False),
        ([("SITE2", VrrpState.fault, None, 150)], True),
    ],
)
def test_a_priority_is_kept_only_from_master_to_backup(before, kept):
    facts = Facts()
    facts.of_reading(reading(SITE1=51, SITE2=52))
    for number, cells in enumerate(before, 1):
        facts.of_line(FifoLine(*cells), float(number))
    facts.of_line(FifoLine(*BACK), 10.0)
    found = [fact for fact in facts.about("SITE1") if fact.kind is FactKind.priorityKept and fact.at == 10.0]
    assert [fact.what for fact in found] == ["the priority of SITE1 is 150 as before"] * kept
    facts.of_line(FifoLine(*BACK), 11.0)
    assert not [fact for fact in facts.recent if fact.kind is FactKind.priorityKept and fact.at == 11.0]
