"""The time in each state: every second that was watched counts as one thing, and no other does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.model import Health
from haproxy_agentx.health.time_in_state import AWAY, SHARES, Share, TimeInState

SHOULD_BE = {
    "served": {"active", "activeDegraded"},
    "ready": {"standby", "standbyDegraded"},
    "notReady": {"standbyNotReady", "fault", "stopped"},
    "notServed": {"blackhole", "conflict"},
    "unknown": {"unknown"},
}


def test_each_state_of_health_counts_as_one_thing():
    assert {share.name: {health.name for health in Health if SHARES[health] is share} for share in Share} == SHOULD_BE


@given(st.lists(st.tuples(st.sampled_from(Health), st.floats(0.0, AWAY)), min_size=1, max_size=30), st.floats(0, 1e6))
def test_the_sum_is_the_time_watched_and_nothing_decreases(looks, start):
    time, now = TimeInState(), start
    expected, before = [0.0] * len(Share), (0,) * len(Share)
    for health, passes in looks:
        time.look(health, now)
        now += passes
        expected[SHARES[health]] += passes
        after = time.seconds(now)
        assert all(one <= other for one, other in zip(before, after, strict=True))
        assert all(abs(one - other) <= 1.001 for one, other in zip(after, expected, strict=True))
        before = after
    time.look(Health.active, now)
    assert abs(sum(time.memory()) - (now - start)) < 0.01


def test_a_flip_between_two_polls_is_not_lost():
    time = TimeInState()
    for tick in range(40):  # a second of each: active but for a quarter
        time.look(Health.active, float(tick))
        time.look(Health.blackhole, tick + 0.75)
    time.look(Health.active, 40.0)
    assert time.seconds(40.0) == (30, 0, 0, 10, 0)


@pytest.mark.parametrize("gap", [AWAY + 0.1, 3600.0])
def test_time_in_which_nobody_looked_counts_as_nothing(gap):
    time = TimeInState()
    time.look(Health.active, 100.0)
    time.look(Health.active, 103.0)
    assert time.seconds(103.0 + gap) == (3, 0, 0, 0, 0)
    time.look(Health.standby, 103.0 + gap)
    time.look(Health.standby, 105.0 + gap)
    assert time.seconds(105.0 + gap) == (3, 2, 0, 0, 0)


def test_before_the_first_look_nothing_counts():
    assert TimeInState().seconds(1e9) == (0, 0, 0, 0, 0)


def test_it_goes_on_after_a_restart_and_the_time_between_counts_as_nothing():
    first, second = TimeInState(), TimeInState()
    first.look(Health.conflict, 1000.0)
    first.look(Health.active, 1002.5)
    first.look(Health.active, 1004.0)
    second.recall(json.loads(json.dumps(first.memory())))
    second.look(Health.active, 7.0)  # another clock
    second.look(Health.active, 8.5)
    assert second.seconds(8.5) == (3, 0, 0, 2, 0)


@pytest.mark.parametrize(
    "memory", [None, "12345", [1.0], [1, 2, 3, 4, -1], [1, 2, 3, 4, "5"], [1, 2, 3, 4, float("nan")], {}, 5]
)
def test_a_memory_that_makes_no_sense_counts_as_nothing(memory):
    time = TimeInState()
    time.recall(memory)
    assert time.memory() == [0.0] * 5
