"""What the pairs of the last run were, for the next one."""

import json

import pytest

from haproxy_agentx.monitor.memory import outdated
from haproxy_agentx.monitor.pair_memory import PREFIX, PairMemory
from haproxy_agentx.pair.judge import judge
from haproxy_agentx.pair.model import PairMember, PairState
from haproxy_agentx.pair.settling import PairSettling, RecalledPair, Settled
from tests.pair.world import sample_of

NOW, DATE = 1000.0, 1_800_000_000.0
GOOD = {"state": "redundant", "since": DATE - 60, "previous": None, "transitions": 3}


def members(state_at=0.0):
    own = PairMember("lb1", is_own=True, sample=sample_of(), taken=NOW, role_at=state_at, health_at=state_at)
    return (own,)


def settled(state=PairState.redundant, **more):
    return Settled(state, NOW - 100, PairState.dualActive, 7, judge(members()), **more)


def after(memory, seconds, step=0.0):
    """Return what a run that starts some seconds later recalls; the wall clock was stepped meanwhile."""
    found = PairMemory()
    found.recall(memory, 5.0, DATE + seconds + step)
    return found.recalled


def test_state_age_previous_and_transitions_are_kept():
    memory = PairMemory().texts({"site": settled()}, NOW, DATE)
    assert after(memory, 20) == {"site": RecalledPair(PairState.redundant, 5.0 - 120, PairState.dualActive, 7)}


def test_a_step_of_the_clock_in_a_run_does_not_move_what_is_kept():
    memory = PairMemory()
    first = memory.texts({"site": settled()}, NOW, DATE)
    assert memory.texts({"site": settled()}, NOW + 10, DATE + 3610) == first


def test_a_clock_that_was_set_back_makes_no_age_negative():
    memory = PairMemory().texts({"site": settled()}, NOW, DATE)
    assert after(memory, 20, step=-3600)["site"].since == 5.0


def test_what_has_not_counted_yet_is_not_kept_unless_it_is_of_the_last_run():
    memory = PairMemory()
    first = settled(is_first=True)
    assert memory.texts({"site": first}, NOW, DATE) == {}
    memory.recall({f"{PREFIX}site": json.dumps(GOOD)}, NOW, DATE)
    assert set(memory.texts({"site": first}, NOW, DATE)) == {f"{PREFIX}site"}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", "[" * 100_000, *(json.dumps(GOOD | {key: "x"}) for key in GOOD)],
)
def test_what_is_no_memory_is_left_out(text):
    assert after({f"{PREFIX}site": text, "service/site": "{}"}, 0) == {}


@pytest.mark.parametrize("change", [{"since": float("nan")}, {"transitions": -1}, {"since": 1e999}])
def test_numbers_that_cannot_be_are_left_out(change):
    assert after({f"{PREFIX}site": json.dumps(GOOD | change)}, 0) == {}


def test_the_next_run_counts_on():
    last = RecalledPair(PairState.dualActive, NOW - 50, PairState.redundant, 4)
    found = PairSettling(last).look(members(NOW - 10), 0.0, NOW)
    assert (found.state, found.previous, found.transitions) == (PairState.redundancyUnknown, PairState.dualActive, 5)


def test_the_next_run_goes_on_where_nothing_has_changed():
    last = RecalledPair(PairState.redundancyUnknown, NOW - 50, PairState.redundant, 4)
    found = PairSettling(last).look(members(), 0.0, NOW)
    assert (found.since, found.previous, found.transitions) == (NOW - 50, PairState.redundant, 4)


def test_a_pair_that_is_gone_is_forgotten():
    assert outdated([f"{PREFIX}site", f"{PREFIX}other", "maintenance"], {f"{PREFIX}other"}) == [f"{PREFIX}site"]
