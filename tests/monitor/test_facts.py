"""What sources tell, as facts that explain changes: which, and about whom."""

import pytest

from haproxy_agentx.health.facts import FactKind
from haproxy_agentx.monitor.facts import Facts
from haproxy_agentx.vrrp.model import (
    FifoLine,
    MibInstance,
    MibReading,
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
    assert kinds(facts, "FIRST") == [FactKind.keepalivedBack]
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
