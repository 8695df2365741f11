"""Silence counts only while we listen."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.system import lag
from haproxy_agentx.system.patience import MOMENT, STARVED, STEP, TOLERANCE, Look, Patience, lateness

LATENESS = st.one_of(st.just(0.0), st.floats(0, TOLERANCE * 0.99), st.floats(TOLERANCE, 3600))


def ended(patience, now):
    return patience.look(now) is not Look.waiting


def looks(patience, now, latenesses):
    """Wait with looks that are so late, then punctually. Give the time at the end, and how many looks it took."""
    lates, count = iter(latenesses), 0
    while True:
        now += patience.wait(now) + next(lates, 0.0)
        count += 1
        if ended(patience, now):
            return now, count


@given(st.floats(0.01, 60), st.lists(LATENESS, max_size=50))
def test_silence_lasts_its_whole_time_without_lateness(seconds, latenesses):
    patience = Patience(seconds, 1000.0)
    ended, count = looks(patience, 1000.0, latenesses)
    used = latenesses[:count]
    assert ended - 1000.0 >= seconds + sum(late for late in used if late > TOLERANCE + 1e-6) - 1e-3
    assert count <= len(used) + seconds / STEP + 3


@given(st.floats(0.01, 60), st.lists(LATENESS, max_size=50))
def test_a_late_look_is_never_a_verdict(seconds, latenesses):
    patience, now = Patience(seconds, 0.0), 0.0
    for late in latenesses:
        now += patience.wait(now) + late
        outcome = patience.look(now)
        assert outcome in (Look.waiting, Look.starved if lateness(now - late, now) else Look.silent)
        if outcome is not Look.waiting:
            return


@given(st.floats(0.3, 10), st.floats(TOLERANCE * 2, 100))
def test_who_is_always_late_ends_without_a_verdict(seconds, late):
    patience, now, count = Patience(seconds, 0.0), 0.0, 0
    outcome = Look.waiting
    while outcome is Look.waiting:
        now += patience.wait(now) + late
        outcome = patience.look(now)
        count += 1
    assert outcome is Look.starved
    assert count <= seconds / STEP + STEP / MOMENT + STARVED + 4


def test_signs_that_keep_coming_are_slow_and_not_silent():
    patience, now = Patience(1.0, 0.0, whole=3.0), 0.0
    outcome = Look.waiting
    while outcome is Look.waiting:
        now += patience.wait(now)
        patience.heard(now)
        outcome = patience.look(now)
    assert outcome is Look.slow
    assert now == pytest.approx(3.0, abs=0.01)


def test_a_stop_of_an_hour_just_before_the_end_leaves_the_rest():
    patience = Patience(2.0, 0.0)
    now = 0.0
    for _ in range(7):
        now += patience.wait(now)
        assert not ended(patience, now)
    now += patience.wait(now) + 3600
    assert not ended(patience, now)
    assert patience.lost == pytest.approx(3600)
    now += patience.wait(now)
    assert ended(patience, now)


def test_what_is_heard_begins_it_anew():
    patience = Patience(1.0, 0.0)
    patience.wait(0.9)
    patience.heard(0.9)
    assert patience.wait(1.8) == pytest.approx(0.1)
    assert ended(patience, 1.9)


def test_an_answer_that_came_while_the_loop_was_held_up_is_taken():
    """A callback blocks the loop beyond the timeout; the answer was there all the time."""

    async def late() -> str:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()
        loop.call_soon(time.sleep, 0.6)
        loop.call_later(0.05, future.set_result, "answer")
        return await lag.answered(future, lag.patience(0.3))

    assert asyncio.run(late()) == "answer"


def test_silence_is_raised_and_what_was_waited_for_is_cancelled():
    async def silent() -> bool:
        cancelled = False

        async def never() -> None:
            nonlocal cancelled
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                cancelled = True

        with pytest.raises(lag.Silence):
            await lag.answered(never(), lag.patience(0.05))
        return cancelled

    assert asyncio.run(silent())
