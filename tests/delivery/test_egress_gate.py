"""Whether notifications may leave now: each row of the gate's table, and that no hold is without an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.delivery.egress_gate import NO_ROUTE, NO_ROUTE_TO_SINKS, RECHECK, SETTLE, SETTLING, EgressGate

HOLD = 30.0


class World:
    """A gate and the kernel's answer; ``asked`` counts the questions."""

    def __init__(self, hold: float = HOLD, *, way: bool = True) -> None:
        self.way = way
        self.asked = 0
        self.gate = EgressGate(self.has_route, hold)

    def has_route(self) -> bool:
        self.asked += 1
        return self.way

    def at(self, now: float, *, way: bool) -> str | None:
        self.way = way
        return self.gate.obstacle(now)


def test_with_a_route_nothing_waits_from_the_start():
    assert World().at(0.0, way=True) is None


def test_the_reason_names_the_sinks_where_they_are_what_is_asked_for():
    gate = EgressGate(lambda: False, HOLD, NO_ROUTE_TO_SINKS)
    gate.take_change(0.0)
    assert gate.obstacle(1.0) == NO_ROUTE_TO_SINKS


def test_without_a_route_events_are_on_hold_from_the_first_that_waits_and_then_leave():
    world = World()
    world.way = False
    world.gate.take_change(0.0)
    assert world.at(1000.0, way=False) == NO_ROUTE
    assert world.at(1000.0 + HOLD - 0.1, way=False) == NO_ROUTE
    assert world.at(1000.0 + HOLD, way=False) is None
    assert world.at(5000.0, way=False) is None, "and those behind it"


def test_a_route_that_has_just_come_is_not_used_at_once():
    world = World()
    assert world.at(0.0, way=False) == NO_ROUTE
    assert world.at(10.0, way=True) == SETTLING
    assert world.at(10.0 + SETTLE - 0.01, way=True) == SETTLING
    assert world.at(10.0 + SETTLE, way=True) is None
    assert world.at(20.0, way=False) == NO_ROUTE
    assert world.at(20.0 + HOLD - 0.1, way=False) == NO_ROUTE, "another hold has all its time"


def test_a_route_that_came_while_nothing_waited_is_settled_as_well():
    world = World()
    for at, way in ((0.0, False), (10.0, True)):
        world.way = way
        world.gate.take_change(at)
    assert world.at(10.5, way=True) == SETTLING
    assert world.at(10.0 + SETTLE, way=True) is None


def test_a_change_of_an_interface_is_looked_at_at_once():
    world = World()
    assert world.at(0.0, way=True) is None
    world.way = False
    world.gate.take_change(RECHECK / 2)
    assert world.at(RECHECK / 2, way=False) == NO_ROUTE


def test_the_kernel_is_not_asked_for_each_event_of_a_storm():
    world = World()
    for number in range(1000):
        world.at(number * RECHECK / 100, way=True)
    assert world.asked <= 11


def test_without_a_hold_nothing_waits_and_the_kernel_is_not_asked():
    world = World(hold=0)
    world.gate.take_change(0.0)
    assert world.at(1.0, way=False) is None
    assert not world.asked


# Routes that come and go: an event waits no longer than the hold, and with a settled route not at all.
@given(st.lists(st.tuples(st.floats(0.05, 3), st.booleans()), min_size=1, max_size=200))
def test_no_event_waits_longer_than_the_hold(story):
    world, now, since = World(), 0.0, None
    for pause, way in story:
        now += pause
        if world.at(now, way=way) is None:
            since = None
            continue
        since = now if since is None else since
        assert now - since < HOLD
    assert world.at(now + HOLD, way=way) is None or way
    assert world.at(now + HOLD + SETTLE, way=True) is None


@pytest.mark.parametrize("flaps", [3])
def test_a_route_that_flaps_is_waited_for_each_time(flaps):
    world = World()
    for at in range(0, 10 * flaps, 10):
        assert world.at(at, way=False) == NO_ROUTE
        assert world.at(at + 5, way=True) == SETTLING
        assert world.at(at + 5 + SETTLE, way=True) is None
