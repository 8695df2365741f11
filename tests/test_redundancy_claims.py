"""How the long series tells a false alarm from a true one (benchmarks/redundancy)."""

import pytest

from benchmarks.redundancy.claims import Claim, Seen, Span, false_alarms, is_right
from haproxy_agentx.pair.model import PairState

HOLD, LATE = 2.0, 5.0
SPLIT = Span(PairState.dualActive, "SITE1", 100.0, 110.0)


def claim(at: float, state: PairState = PairState.dualActive, service: str = "SITE1") -> Claim:
    return Claim(at, "lb1", "GET", state, service)


@pytest.mark.parametrize("at", [102.0, 106.0, 110.0, 114.9])
def test_an_alarm_that_held_is_right_until_its_end_can_be_known(at):
    assert is_right(claim(at), [SPLIT], HOLD, LATE)


@pytest.mark.parametrize("at", [99.0, 101.0, 115.1])
def test_an_alarm_before_it_held_or_long_after_its_end_is_false(at):
    assert not is_right(claim(at), [SPLIT], HOLD, LATE)


def test_an_alarm_of_the_moment_of_a_failover_is_false():
    brief = Span(PairState.dualActive, "SITE1", 100.0, 101.0)
    assert not is_right(claim(102.5), [brief], HOLD, LATE)


def test_an_alarm_is_of_its_own_state_and_service():
    assert not is_right(claim(105.0, PairState.notServed), [SPLIT], HOLD, LATE)
    assert not is_right(claim(105.0, service="SITE2"), [SPLIT], HOLD, LATE)
    assert is_right(claim(105.0, service=""), [SPLIT], HOLD, LATE), "the worst of all services"


def test_states_that_are_no_alarms_are_not_judged():
    said = [claim(1.0, state) for state in PairState]
    assert {one.state for one in false_alarms(said, [], HOLD, LATE)} == {PairState.dualActive, PairState.notServed}


def test_looks_become_spans_from_the_first_that_is_so_to_the_first_that_is_not():
    seen = Seen()
    for at, is_so in ((1.0, False), (2.0, True), (3.0, True), (4.0, False), (5.0, True)):
        seen.look(PairState.notServed, "SITE1", is_so=is_so, began=at, ended=at + 0.1)
    assert seen.spans == [Span(PairState.notServed, "SITE1", 2.0, 4.1)]
    assert seen.until(7.0)[1:] == [Span(PairState.notServed, "SITE1", 5.0, 7.0)]
    assert seen.longest(PairState.notServed) == pytest.approx(2.1)
    assert seen.longest(PairState.dualActive) == 0.0
