"""How long a change of role waits for what explains it, and which trap is its own."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.correlation import (
    EARLY,
    FIRST_WAIT,
    MAX_TRAPS,
    READ_WAIT,
    REASON_WAIT,
    TRAP_WAIT,
    KeepalivedObjects,
    Pending,
    Traps,
    TrapSeen,
    as_keepalived,
)
from haproxy_agentx.health.instance import Instance, RoleChange
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
    assert pending.deadline(100.0) == 100.0 + READ_WAIT
    later = pending.deadline(100.0)
    assert ready(pending, later, traps, read=False)
    assert not ready(pending, later, traps, reason=False)
    assert pending.deadline(later) == 100.0 + REASON_WAIT
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


# One trap explains one change; what is older of the same instance explains nothing any more.
def test_a_trap_is_used_up():
    traps = Traps()
    traps.take(trap(state=VrrpState.backup), 99.5)
    traps.take(trap("SITE2"), 99.5)
    traps.take(trap(), 100.0)
    assert traps.match(CHANGE) == (trap(), 100.0)
    assert traps.match(CHANGE) is None
    assert traps.match(RoleChange("SITE1", Role.master, Role.backup, 100.0)) is None
    assert traps.match(RoleChange("SITE2", Role.backup, Role.master, 100.0)) == (trap("SITE2"), 99.5)


def test_the_traps_of_quick_changes_belong_to_them_in_their_order():
    traps = Traps()
    for number, state in enumerate((VrrpState.master, VrrpState.backup, VrrpState.master)):
        traps.take(StateTrap("SITE1", state, None, "lb1", number), 100.0 + number / 10)
    roles = (Role.backup, Role.master, Role.backup, Role.master)
    changes = [RoleChange("SITE1", *pair, 100.0 + number / 10) for number, pair in enumerate(pairwise(roles))]
    assert [traps.match(change)[0].up_time for change in changes] == [0, 1, 2]


def test_a_trap_of_a_sync_group_is_of_no_change():
    traps = Traps()
    traps.take(replace(trap(), group=True), 100.0)
    assert traps.match(CHANGE) is None


def test_only_so_many_traps_wait():
    traps = Traps()
    traps.take(trap(), 100.0)
    for _ in range(MAX_TRAPS):
        traps.take(trap("SITE2"), 100.0)
    assert traps.match(CHANGE) is None


@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(0, 0.4), st.booleans(), st.booleans(), st.sampled_from(VrrpState)), max_size=20),
)
def test_it_is_never_told_later_than_it_may_wait(listening, steps):
    """It is looked at when there is news and at its deadlines, until it is ready. A trap at the last moment counts."""
    traps, pending, now = Traps(), Pending(CHANGE, listening), CHANGE.at
    waits = max(READ_WAIT, REASON_WAIT)
    end = CHANGE.at + (TRAP_WAIT if listening else FIRST_WAIT) + 2 * waits
    is_reported = ready(pending, now, traps, read=False, reason=False)
    for pause, read, reason, state in [*steps, (end, False, False, VrrpState.init)]:
        news_at = now + pause
        while not is_reported and (due := pending.deadline(now)) <= news_at:
            assert due > now
            now = due
            is_reported = ready(pending, now, traps, read=False, reason=False)
        if is_reported:
            break
        now = news_at
        traps.take(trap(state=state), now)
        is_reported = ready(pending, now, traps, read=read, reason=reason)
    assert is_reported
    assert now <= end
    assert (pending.seen is TrapSeen.seen) is (pending.trap is not None)


# What the notification repeats of KEEPALIVED-MIB: keepalived's own values where they were seen.
def test_the_objects_of_keepalived_are_those_of_its_trap():
    seen = Pending(CHANGE, listening=True, trap=StateTrap("SITE1", VrrpState.master, VrrpState.backup, "lb9", 1))
    instance = Instance("SITE1", initial=VrrpState.master, router_id="lb1")
    assert as_keepalived(instance, Role.master, seen) == KeepalivedObjects(
        "SITE1", VrrpState.master, VrrpState.backup, "lb9"
    )


@pytest.mark.parametrize(
    ("role", "state"),
    [(Role.backup, 1), (Role.master, 2), (Role.fault, 3), (Role.stopped, 5), (Role.unknown, 4), (Role.none, 4)],
)
def test_without_its_trap_they_are_what_is_known(role, state):
    unseen = Pending(CHANGE, listening=True)
    bare = as_keepalived(Instance("SITE1"), role, unseen)
    assert bare == KeepalivedObjects("SITE1", VrrpState(state))
    known = as_keepalived(Instance("SITE1", initial=VrrpState.backup, router_id="lb1"), role, unseen)
    assert known == replace(bare, initial=VrrpState.backup, router_id="lb1")
