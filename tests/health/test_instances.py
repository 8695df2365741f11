"""Who is believed on the role of an instance; the rule stands in haproxy_agentx/health/instances.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.belief import RECONNECT, START
from haproxy_agentx.health.instance import Remembered
from haproxy_agentx.health.instances import Instances
from haproxy_agentx.health.model import Held, Role
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vrrp.model import (
    Address,
    AddressPlace,
    FifoEvent,
    FifoLine,
    Kernel,
    Link,
    MibFailure,
    MibInstance,
    MibReading,
    StateTrap,
    VrrpState,
)

IP = "192.0.2.1"


def line(state: VrrpState | None, priority: int = 150, event: FifoEvent | None = None) -> FifoLine:
    return FifoLine("SITE", state, event, priority)


def trap(state: VrrpState) -> StateTrap:
    return StateTrap("SITE", state, VrrpState.master, "lb1", 100)


def reading(state: VrrpState, at: float, name: str = "SITE") -> MibReading:
    row = MibInstance(1, name, 51, state, VrrpState.master, state, 150, 150, "eth0", (Address(IP, is_set=True),))
    return MibReading("lb1", "2.2.7", (row,), at, at + 0.01)


def kernel(*addresses: str, up: bool = True) -> Kernel:
    return Kernel({ip: frozenset({"eth0"}) for ip in addresses}, {"eth0": Link("eth0", up, loopback=False)})


def role(known: Instances) -> Role:
    return known.known["SITE"].role


def test_a_line_of_the_fifo_changes_the_role_at_once():
    known = Instances()
    known.take_writer(True, 0.0)
    (first,) = known.take_line(line(VrrpState.backup), 1.0)
    (second,) = known.take_line(line(VrrpState.master), 2.0)
    assert (first.before, first.after) == (Role.unknown, Role.backup)
    assert (second.before, second.after, second.at) == (Role.backup, Role.master, 2.0)
    assert known.known["SITE"].transitions == 1
    assert known.take_line(line(VrrpState.master), 3.0) == []


def test_a_line_that_tells_an_event_changes_the_priority_only():
    known = Instances()
    known.take_line(line(VrrpState.backup), 0.0)
    assert known.take_line(line(None, 90, FifoEvent.priority_as_backup), 1.0) == []
    assert known.known["SITE"].priority == 90
    assert role(known) is Role.backup


def test_with_a_fifo_a_trap_adds_what_the_line_does_not_tell_and_is_no_change():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.backup), 1.0)
    known.take_line(line(VrrpState.master), 1.1)
    assert known.take_trap(trap(VrrpState.backup), 1.2) == [], "it is of the change before"
    assert role(known) is Role.master
    assert (known.known["SITE"].router_id, known.known["SITE"].initial) == ("lb1", VrrpState.master)


def test_without_a_fifo_traps_tell_the_role():
    known = Instances()
    (change,) = known.take_trap(trap(VrrpState.master), 1.0)
    assert change.after is Role.master
    assert known.known["SITE"].source is SourceKind.keepalivedTraps


def test_the_mib_tells_the_role_where_there_was_no_event():
    known = Instances()
    (change,) = known.take_reading(reading(VrrpState.master, 1.0))
    assert change.after is Role.master
    assert known.known["SITE"].source is SourceKind.keepalivedMib


def test_a_mib_that_contradicts_an_event_twice_is_believed():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.backup), 1.0)
    assert known.take_reading(reading(VrrpState.master, 2.0)) == []
    assert "believed for now" in known.known["SITE"].contradiction
    (change,) = known.take_reading(reading(VrrpState.master, 7.0))
    assert change.after is Role.master
    assert "was an event lost" in known.known["SITE"].contradiction
    known.take_line(line(VrrpState.fault), 8.0)
    assert role(known) is Role.fault, "news is news"


def test_a_mib_that_was_asked_before_the_event_contradicts_nothing():
    known = Instances()
    known.take_line(line(VrrpState.master), 1.0)
    for began in (0.5, 0.6, 0.7):
        known.take_reading(reading(VrrpState.backup, began))
    assert role(known) is Role.master
    assert known.known["SITE"].contradiction == ""


def test_the_end_of_the_writer_is_the_end_of_keepalived_after_a_moment():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_reading(reading(VrrpState.master, 0.1))
    known.take_line(line(VrrpState.master), 1.0)
    known.take_kernel(kernel(IP), 1.0)
    (change,) = known.take_writer(False, 10.0)
    assert change.after is Role.stopped
    instance = known.known["SITE"]
    assert instance.holds is Held.all
    assert instance.settled_at() <= 10.0, "a dead keepalived moves no address any more"


def test_a_reload_that_opens_the_fifo_anew_is_nothing():
    """Fifo says again that there is a writer when there was none for less than its GRACE."""
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.master), 1.0)
    assert known.take_writer(True, 10.1) == []
    assert known.settle(20.0) == []
    assert role(known) is Role.master


def test_keepalived_that_comes_back_is_stopped_until_it_tells_its_state():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_reading(reading(VrrpState.master, 0.1))
    known.take_line(line(VrrpState.shutdown), 1.0)
    known.take_writer(False, 1.5)
    known.settle(3.0)
    assert known.take_writer(True, 10.0) == []
    assert role(known) is Role.stopped, "what the MIB said of the run before is nothing now"
    (change,) = known.take_line(line(VrrpState.backup), 10.04)
    assert (change.before, change.after) == (Role.stopped, Role.backup)


def test_keepalived_that_comes_back_and_tells_nothing_is_not_known():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.master), 1.0)
    known.take_writer(False, 2.0)
    known.settle(3.0)
    known.take_writer(True, 10.0)
    (change,) = known.settle(10.0 + START)
    assert change.after is Role.unknown


def test_a_frozen_keepalived_makes_the_role_unknown_until_it_writes_again():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.master), 1.0)
    (change,) = known.take_mib_failure(MibFailure.frozen, 5.0)
    assert change.after is Role.unknown
    (change,) = known.take_line(line(VrrpState.backup), 9.0)
    assert change.after is Role.backup
    assert known.known["SITE"].transitions == 0, "what lay between is not known"


def test_a_frozen_keepalived_that_snmpd_has_dropped_is_frozen_still():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.master), 1.0)
    known.take_mib_failure(MibFailure.frozen, 5.0)
    assert known.take_mib_failure(MibFailure.not_there, 9.0) == []
    assert known.settle(100.0) == []
    assert role(known) is Role.unknown
    (change,) = known.take_reading(reading(VrrpState.master, 120.0))
    assert change.after is Role.master


def test_a_restarted_snmpd_says_nothing_of_keepalived():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_reading(reading(VrrpState.master, 1.0))
    for trouble in (MibFailure.snmpd, MibFailure.not_there, MibFailure.denied, MibFailure.invalid):
        assert known.take_mib_failure(trouble, 5.0) == []
    assert known.settle(5.0 + 2 * RECONNECT) == []
    assert role(known) is Role.master


def test_without_a_fifo_a_mib_that_stays_away_means_that_keepalived_stopped():
    known = Instances()
    known.take_reading(reading(VrrpState.master, 1.0))
    known.take_mib_failure(MibFailure.not_there, 5.0)
    assert known.settle(5.0 + RECONNECT - 0.1) == []
    known.settle(5.0 + RECONNECT)
    assert role(known) is Role.stopped


def test_a_fifo_that_is_not_used_any_more_says_nothing_while_the_mib_answers():
    known = Instances()
    known.take_writer(True, 0.0)
    known.take_line(line(VrrpState.master), 1.0)
    known.take_writer(False, 10.0)
    known.take_reading(reading(VrrpState.master, 10.1))
    known.settle(30.0)
    assert role(known) is Role.master


def test_an_instance_that_is_configured_no_more_is_gone():
    known = Instances()
    known.take_reading(reading(VrrpState.master, 1.0, "OLD"))
    known.take_reading(reading(VrrpState.master, 2.0))
    assert list(known.known) == ["SITE"]
    known.take_line(line(VrrpState.deleted), 3.0)
    assert known.known == {}


def test_the_kernel_says_who_holds_an_address():
    known = Instances()
    known.take_reading(reading(VrrpState.master, 1.0))
    assert known.known["SITE"].holds is Held.unseen
    known.take_kernel(kernel(IP), 2.0)
    assert known.known["SITE"].holds is Held.all
    assert known.interfaces() == {"eth0"}
    known.take_kernel(kernel(up=False), 3.0)
    assert known.known["SITE"].holds is Held.none


@pytest.mark.parametrize(
    ("before", "held", "now"),
    [
        (Role.master, True, Role.master),
        (Role.master, False, Role.unknown),
        (Role.backup, False, Role.backup),
        (Role.backup, True, Role.unknown),
        (Role.fault, False, Role.unknown),
    ],
)
def test_what_was_known_at_the_last_end_counts_if_the_kernel_agrees(before, held, now):
    known = Instances()
    known.recall({"SITE": Remembered(before, (AddressPlace(IP),))}, 0.0)
    known.take_kernel(kernel(*[IP] if held else []), 0.1)
    assert role(known) is now


def test_what_was_known_by_a_fifo_that_nobody_writes_to_now_has_stopped():
    known = Instances()
    known.recall({"SITE": Remembered(Role.master, (AddressPlace(IP),), by_fifo=True)}, 0.0)
    known.take_writer(False, 0.1)
    assert role(known) is Role.stopped


STATES = st.sampled_from([state for state in VrrpState if state is not VrrpState.deleted])


@given(
    st.lists(
        st.one_of(
            st.builds(lambda state: ("line", state), STATES),
            st.builds(lambda state: ("trap", state), STATES),
            st.builds(lambda state: ("mib", state), STATES),
            st.builds(lambda trouble: ("trouble", trouble), st.sampled_from(list(MibFailure))),
            st.builds(lambda present: ("writer", present), st.booleans()),
            st.builds(lambda held: ("kernel", held), st.booleans()),
        ),
        max_size=30,
    )
)
def test_whatever_comes_in_whatever_order_changes_are_told_once_and_in_order(steps):
    known = Instances()
    last = {"SITE": Role.unknown}
    now = 0.0
    for what, value in steps:
        now += 0.7
        changes = {
            "line": lambda value=value, now=now: known.take_line(line(value), now),
            "trap": lambda value=value, now=now: known.take_trap(trap(value), now),
            "mib": lambda value=value, now=now: known.take_reading(reading(value, now)),
            "trouble": lambda value=value, now=now: known.take_mib_failure(value, now),
            "writer": lambda value=value, now=now: known.take_writer(value, now),
            "kernel": lambda value=value, now=now: known.take_kernel(kernel(*[IP] if value else []), now),
        }[what]()
        for change in changes:
            assert change.before is last[change.instance]
            assert change.after is not change.before
            last[change.instance] = change.after
        if "SITE" in known.known:
            assert role(known) is last["SITE"]
        assert (known.deadline(now) or now + 1) > now
