"""The policy of the outbox: each row of its tables, and that no event is tried without an end."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.agentx.constants import ErrorStatus
from haproxy_agentx.delivery.attempts import (
    ABOUT_THE_EVENT,
    MAX_TRIES,
    PATIENCE,
    RULES,
    Attempts,
    LearnedSize,
    Outcome,
    outcome_of,
)
from haproxy_agentx.vocabulary.event import Delivery

ERRORS = [*(int(error) for error in ErrorStatus if error), 1, 2, 9999]


@pytest.mark.parametrize("error", ERRORS)
def test_each_error_is_about_the_event_or_about_the_master(error):
    expected = Outcome.EVENT_REFUSED if error in {1, ErrorStatus.PARSE_ERROR} else Outcome.MASTER_REFUSES
    assert outcome_of(error) is expected
    assert (error in ABOUT_THE_EVENT) == (expected is Outcome.EVENT_REFUSED)


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_its_end_and_its_form(outcome):
    rule, attempts = RULES[outcome], Attempts()
    attempts.look_at(1)
    for number in range(1, rule.tries):
        assert attempts.take(outcome, number, 0.0) is None
        assert attempts.shortened == (rule.shortened is not None and number >= rule.shortened)
    if rule.patience:
        assert attempts.take(outcome, rule.tries, rule.patience - 0.01) is None
    assert attempts.take(outcome, rule.tries + 1, rule.patience) is rule.settled
    attempts.look_at(2)
    assert not attempts.shortened, "nothing is known of the next event"


def test_patience_is_for_a_series_of_refusals_without_an_acknowledgement():
    for begins_anew in (Attempts.acknowledged, Attempts.session_began):
        attempts = Attempts()
        attempts.look_at(1)
        for number in range(1, 10):
            assert attempts.take(Outcome.MASTER_REFUSES, number, 0.0) is None
        begins_anew(attempts)
        assert attempts.take(Outcome.MASTER_REFUSES, 10, PATIENCE + 1) is None
        assert attempts.take(Outcome.MASTER_REFUSES, 11, 2 * PATIENCE + 1) is Delivery.refused


def test_a_master_that_has_refused_for_long_gets_the_next_ones_a_few_times_only():
    attempts, tries = Attempts(), []
    attempts.look_at(1)
    assert attempts.take(Outcome.MASTER_REFUSES, 1, 0.0) is None
    for sequence in (1, 2, 3):
        attempts.look_at(sequence)
        settled = (attempts.take(Outcome.MASTER_REFUSES, number, PATIENCE) for number in range(1, MAX_TRIES))
        tries.append(next(number for number, delivery in enumerate(settled, 1) if delivery))
    most = RULES[Outcome.MASTER_REFUSES].tries
    assert tries == [most - 1, most, most]


# Whatever happens in whatever order, and however time goes: the event is settled.
@pytest.mark.parametrize("seed", range(200))
def test_no_event_is_tried_without_an_end(seed):
    chance = random.Random(seed)
    likely = chance.choices(list(Outcome), k=chance.randint(1, 4))
    attempts, now = Attempts(), 0.0
    attempts.look_at(1)
    for tries in range(1, MAX_TRIES + 1):
        now += chance.uniform(0, 30)
        if chance.random() < 0.2:
            attempts.session_began()
        settled = attempts.take(chance.choice(likely), tries, now)
        if settled is not None:
            assert settled in {Delivery.refused, Delivery.unanswered}
            return
    raise AssertionError("it is tried without an end")


# A master with any limit: each notification that can be shortened to it is acknowledged at the second try at the
# latest, and after the first such one all are acknowledged at once.
@given(st.integers(484, 3000), st.lists(st.integers(100, 2000), min_size=1))
def test_any_limit_of_the_master_is_learned_at_once(limit, sizes):
    learned, shown = LearnedSize(1400, 484), 0
    for size in sizes:
        attempts = 0
        while True:
            octets = min(size, learned.budget(shortened=attempts > 0))
            attempts += 1
            if octets <= limit:
                shown += bool(learned.take_answered(octets))
                break
            learned.take_passed_over(octets)
        assert attempts == 1 or (attempts == 2 and shown == 1)
    assert shown == (any(min(size, 1400) > limit for size in sizes))
