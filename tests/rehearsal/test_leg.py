"""A way of a rehearsal as a story: what is seen, what time does, and the verdict."""

from itertools import product

import pytest

from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.rehearsal.leg import NEXT, VERDICTS, Leg, LegVerdict, Limits, Phase
from haproxy_agentx.rehearsal.sight import NodeView, Whereabouts, server_of, sight_of

LIMITS = Limits(begin=100.0, move=30.0, quiet=5.0)


def node(name, health="unknown", role="unknown", **more):
    return NodeView(name, Health[health], Role[role], **more)


SERVES1 = [node("lb1", "active", "master"), node("lb2", "standby", "backup")]
SERVES2 = [node("lb1", "stopped", "stopped"), node("lb2", "active", "master")]
NOBODY = [node("lb1", "stopped", "stopped"), node("lb2", "standby", "backup")]
BOTH = [node("lb1", "active", "master"), node("lb2", "active", "master")]
DARK = [node("lb1", problem="no answer"), node("lb2", "standby", "backup")]
OFF = [node("lb1", problem="no answer"), node("lb2", "active", "master")]
BLACKHOLE = [node("lb1", "blackhole", "master"), node("lb2", "standby", "backup")]


def leg(*steps):
    """Return a way that began at 0 and has seen these nodes at these moments."""
    found = Leg("lb1", 0.0, LIMITS)
    for at, nodes in steps:
        found.see(nodes, at)
    return found


@pytest.mark.parametrize(
    ("nodes", "sight"),
    [
        (SERVES1, Whereabouts.here),
        (SERVES2, Whereabouts.elsewhere),
        (NOBODY, Whereabouts.nowhere),
        (BOTH, Whereabouts.disputed),
        (DARK, Whereabouts.unknown),
        (OFF, Whereabouts.elsewhere),
        (BLACKHOLE, Whereabouts.nowhere),
        ([node("lb1", "unknown", "unknown"), node("lb2", "standby", "backup")], Whereabouts.unknown),
        ([node("lb1", "active", "master", problem="old"), node("lb2", "standby", "backup")], Whereabouts.unknown),
        ([node("lb1", "conflict", "master"), node("lb2", "active", "master")], Whereabouts.disputed),
        ([node("lb1", "activeDegraded", "none"), node("lb2", "standby", "backup")], Whereabouts.here),
    ],
)
def test_where_the_service_is(nodes, sight):
    assert sight_of(nodes, "lb1") is sight


@pytest.mark.parametrize(("nodes", "name"), [(SERVES1, "lb1"), (SERVES2, "lb2"), (BOTH, None), (NOBODY, None)])
def test_who_serves(nodes, name):
    assert server_of(nodes) == name


def test_each_sight_leads_somewhere_and_each_phase_that_stays_has_a_verdict():
    living = [phase for phase in Phase if phase is not Phase.ended]
    assert set(NEXT) == set(product(living, Whereabouts))
    staying = {(following, sight) for (_, sight), following in NEXT.items() if NEXT[following, sight] is following}
    assert set(VERDICTS) == staying
    assert set(VERDICTS.values()) == set(LegVerdict)


def test_a_failover():
    found = leg((1.0, SERVES1), (2.0, NOBODY), (3.0, BOTH), (4.0, SERVES2))
    assert (found.phase, found.taker, found.left_at, found.served_at) == (Phase.settling, "lb2", 2.0, 4.0)
    assert found.deadline() == 9.0
    found.advance(8.9)
    assert found.phase is Phase.settling
    found.advance(9.0)
    assert (found.phase, found.verdict, found.deadline()) == (Phase.ended, LegVerdict.moved, None)


def test_events_that_come_prolong_it_up_to_a_limit():
    found = leg((1.0, SERVES2))
    for at in range(2, 31, 4):
        found.heard(float(at))
        found.see(SERVES2, float(at))
    assert found.deadline() == 31.0
    found.advance(31.0)
    assert found.verdict is LegVerdict.moved


@pytest.mark.parametrize(
    ("steps", "end", "verdict"),
    [
        ([(1.0, SERVES1)], 100.0, LegVerdict.not_moved),
        ([], 100.0, LegVerdict.not_known),
        ([(1.0, DARK)], 100.0, LegVerdict.not_known),
        ([(1.0, NOBODY)], 31.0, LegVerdict.not_served),
        ([(1.0, BLACKHOLE)], 31.0, LegVerdict.not_served),
        ([(1.0, NOBODY), (2.0, SERVES1)], 31.0, LegVerdict.returned),
        ([(1.0, BOTH)], 31.0, LegVerdict.disputed),
        ([(1.0, NOBODY), (2.0, DARK)], 31.0, LegVerdict.not_known),
        ([(1.0, SERVES2), (3.0, SERVES1)], 33.0, LegVerdict.returned),
        ([(1.0, SERVES2), (3.0, NOBODY)], 33.0, LegVerdict.not_served),
        ([(1.0, OFF)], 6.0, LegVerdict.moved),
    ],
)
def test_the_verdict_when_time_is_over(steps, end, verdict):
    found = leg(*steps)
    assert found.deadline() == end
    found.advance(end - 0.01)
    assert found.verdict is None
    found.advance(end)
    assert found.verdict is verdict


def test_a_service_that_comes_back_and_moves_again_counts_from_the_last_time():
    found = leg((1.0, SERVES2), (2.0, SERVES1))
    assert (found.served_at, found.taker) == (None, None)
    found.see(SERVES2, 7.0)
    assert (found.left_at, found.served_at, found.taker) == (1.0, 7.0, "lb2")


def test_a_node_that_is_off_is_named():
    assert leg((1.0, OFF)).unread == ("lb1",)


def test_nothing_counts_after_the_end():
    found = leg((1.0, SERVES2), (6.0, SERVES1))
    assert (found.verdict, found.taker) == (LegVerdict.moved, "lb2")
