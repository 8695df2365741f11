"""How long a change of role waits for what explains it, and which trap is its own."""

from haproxy_agentx.health.correlation import (
    EARLY,
    FIRST_WAIT,
    READ_WAIT,
    REASON_WAIT,
    TRAP_WAIT,
    Pending,
    Traps,
    TrapSeen,
)
from haproxy_agentx.health.instances import RoleChange
from haproxy_agentx.health.model import Role
from haproxy_agentx.vrrp.model import StateTrap, VrrpState

CHANGE = RoleChange("SITE1", Role.backup, Role.master, 100.0)


def trap(name="SITE1", state=VrrpState.master) -> StateTrap:
    return StateTrap(name, state, VrrpState.master, "lb1", 4711)


def ready(pending, now, traps, read=True, reason=True):
    return pending.is_ready(now, traps, read=read, reason=reason)


def test_it_is_told_when_trap_reading_and_reason_are_there():
    traps, pending = Traps(), Pending(CHANGE, listening=True)
    assert not ready(pending, 100.0, traps)
    assert pending.deadline(100.0) == 100.0 + TRAP_WAIT
    traps.take(trap(), 100.01)
    assert not ready(pending, 100.01, traps, read=False)
    assert not ready(pending, 100.01, traps, reason=False)
    assert ready(pending, 100.01, traps)
    assert pending.seen is TrapSeen.seen


def test_nothing_is_waited_for_for_long():
    traps, pending = Traps(), Pending(CHANGE, listening=True)
    traps.take(trap(), 100.0)
    assert not ready(pending, 100.0, traps, read=False, reason=False)
    assert pending.deadline(100.0) == 100.0 + REASON_WAIT
    later = pending.deadline(100.0)
    assert ready(pending, later, traps, reason=False)
    assert not ready(pending, later, traps, read=False)
    assert pending.deadline(later) == 100.0 + READ_WAIT
    assert ready(pending, pending.deadline(later), traps, read=False, reason=False)


def test_a_trap_that_does_not_come_is_not_seen():
    traps, pending = Traps(), Pending(CHANGE, listening=True)
    traps.take(trap("SITE2"), 100.0)
    traps.take(trap(state=VrrpState.backup), 100.0)
    traps.take(trap(), 100.0 - EARLY - 0.1)
    assert not ready(pending, 100.0 + TRAP_WAIT - 0.01, traps)
    assert ready(pending, 100.0 + TRAP_WAIT, traps)
    assert pending.seen is TrapSeen.notSeen


def test_where_no_trap_ever_came_none_is_waited_for_for_long_nor_a_reason():
    pending = Pending(CHANGE, listening=False)
    assert not ready(pending, 100.0, Traps(), reason=False)
    assert ready(pending, pending.deadline(100.0), Traps(), reason=False)
    assert pending.deadline(100.0) >= 100.0 + FIRST_WAIT
    assert pending.seen is TrapSeen.notObserved


def test_the_first_trap_ever_is_seen_and_its_reason_waited_for():
    traps, pending = Traps(), Pending(CHANGE, listening=False)
    traps.take(trap(), 100.01)
    assert not ready(pending, 100.01, traps, reason=False)
    assert ready(pending, 100.01, traps)
    assert pending.seen is TrapSeen.seen


# Fifty changes a second leave their queue as fast: what one has waited behind others is not waited again.
def test_a_queue_is_emptied_at_once():
    traps = Traps()
    queue = [Pending(RoleChange("SITE1", Role.backup, Role.master, 100 + n / 50), listening=True) for n in range(60)]
    now = 102.0
    assert sum(ready(pending, now, traps, read=False, reason=False) for pending in queue) == 60
