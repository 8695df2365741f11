"""The rule of the event log: numbers, what waits, what is dropped."""

from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.event import Event
from haproxy_agentx.store.ledger import MAX_LOG, MAX_QUEUED, RECENT, WAITING, Ledger
from haproxy_agentx.vocabulary.event import Counts, Delivery
from tests.support.draft import draft, several

AT = 1_800_000_100.5


def numbers(events: list[Event]) -> list[int]:
    return [event.sequence for event in events]


def test_numbers_begin_at_1_and_have_no_holes():
    ledger = Ledger()
    assert numbers(ledger.append(several(1, 3))) == [1, 2, 3]
    assert numbers(ledger.append(several(4, 4))) == [4]
    assert ledger.counts == Counts(queued=4, last_sequence=4)
    assert [event.draft for event in ledger.recent.values()] == several(1, 4)


def test_an_event_is_queued_sent_and_acknowledged():
    ledger = Ledger()
    (event,) = ledger.append(several(1, 1))
    assert (event.delivery, event.tries) == (Delivery.queued, 0)
    event = ledger.tried(1)
    assert event is not None
    assert (event.delivery, event.tries) == (Delivery.sent, 1)
    assert ledger.pending() == event
    event = ledger.settle(1, Delivery.acknowledged, AT)
    assert event is not None
    assert (event.delivery, event.tries, event.acknowledged_at) == (Delivery.acknowledged, 1, AT)
    assert ledger.pending() is None
    assert ledger.counts == Counts(sent=1, acknowledged=1, last_sequence=1)


def test_an_event_is_settled_once():
    ledger = Ledger()
    ledger.append(several(1, 1))
    ledger.settle(1, Delivery.refused, AT)
    assert ledger.settle(1, Delivery.acknowledged, AT) is None
    assert ledger.tried(1) is None
    assert ledger.returned(1) is None
    assert ledger.settle(7, Delivery.acknowledged, AT) is None
    assert ledger.counts == Counts(lost=1, last_sequence=1)
    assert ledger.recent[1].acknowledged_at is None


def test_a_try_that_is_taken_back_leaves_no_mark():
    ledger = Ledger()
    ledger.append(several(1, 1))
    ledger.tried(1)
    assert ledger.returned(1) == Event(1, draft(1))
    assert ledger.returned(1) is None
    ledger.tried(1)
    ledger.tried(1)
    assert ledger.returned(1) == Event(1, draft(1), Delivery.sent, 1)


def test_beyond_the_bound_the_oldest_are_dropped_and_counted():
    ledger = Ledger()
    ledger.append(several(1, MAX_QUEUED))
    ledger.append(several(1, 3))
    assert ledger.counts == Counts(queued=MAX_QUEUED, lost=3, last_sequence=MAX_QUEUED + 3)
    pending = ledger.pending()
    assert pending is not None
    assert pending.sequence == 4
    assert [ledger.changes.events[number].delivery for number in (1, 2, 3, 4)] == [
        *[Delivery.dropped] * 3,
        Delivery.queued,
    ]


def test_what_is_in_flight_is_not_dropped():
    ledger = Ledger()
    ledger.append(several(1, MAX_QUEUED))
    ledger.tried(1)
    ledger.append(several(1, 2))
    pending = ledger.pending()
    assert pending is not None
    assert pending.sequence == 1
    assert [ledger.changes.events[number].delivery for number in (2, 3, 4)] == [
        Delivery.dropped,
        Delivery.dropped,
        Delivery.queued,
    ]


def test_more_at_once_than_may_wait():
    ledger = Ledger()
    events = ledger.append(several(1, MAX_QUEUED + 5))
    assert [event.delivery for event in events[:6]] == [*[Delivery.dropped] * 5, Delivery.queued]
    assert ledger.counts == Counts(queued=MAX_QUEUED, lost=5, last_sequence=MAX_QUEUED + 5)


def test_memory_is_bounded_when_nothing_can_be_written():
    ledger = Ledger()
    for _ in range(3 * MAX_LOG // 500):
        ledger.append(several(1, 500))
    assert len(ledger.recent) == RECENT
    assert len(ledger.changes.events) == MAX_LOG
    assert min(ledger.changes.events) == 2 * MAX_LOG + 1
    assert len(ledger.at_hand) == MAX_LOG


def test_what_is_told_is_remembered_and_forgotten():
    ledger = Ledger(memory={"a": "1", "b": "2"})
    ledger.remember({"b": "3", "c": "4"})
    ledger.forget(["a", "unknown"])
    assert ledger.memory == {"b": "3", "c": "4"}
    assert ledger.changes.memory == {"a": None, "b": "3", "c": "4"}


def test_two_logs_become_one():
    earlier = Ledger(Counts(sent=5, acknowledged=4, last_sequence=9), [Event(9, draft(9))], {"a": "1", "b": "2"})
    later = Ledger()
    later.append(several(1, 2))
    later.tried(1)
    later.suppress(7)
    later.remember({"a": "new"})
    earlier.continue_with(later)
    assert list(earlier.recent) == [9, 10, 11]
    assert earlier.counts == Counts(sent=6, acknowledged=4, queued=3, suppressed=7, last_sequence=11)
    assert earlier.memory == {"a": "new", "b": "2"}
    assert set(earlier.changes.events) == {10, 11}
    assert earlier.changes.events[10].delivery is Delivery.sent


def test_a_log_that_is_continued_by_nothing_is_unchanged():
    ledger = Ledger(Counts(last_sequence=9), [Event(9, draft(9))])
    ledger.continue_with(Ledger())
    assert not ledger.changes


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["tried", "returned", "acknowledged", "refused"]), st.integers(0, 12)),
    ),
    max_size=40,
)


@settings(max_examples=200)
@given(STEPS)
def test_invariants(steps):
    ledger = Ledger()
    ended: dict[int, Delivery] = {}
    appended = 0
    for verb, number in steps:
        if verb == "append":
            events = ledger.append(several(1, number))
            assert numbers(events) == list(range(appended + 1, appended + number + 1))
            appended += number
        elif verb in {"tried", "returned"}:
            getattr(ledger, verb)(number)
        elif ledger.settle(number, Delivery[verb], AT):
            assert number not in ended
            ended[number] = Delivery[verb]
        events = list(ledger.recent.values())
        assert numbers(events) == list(range(1, appended + 1))
        assert {event.sequence: event.delivery for event in events if event.delivery not in WAITING} == ended
        counts = ledger.counts
        assert counts.queued == appended - len(ended)
        assert counts.acknowledged + counts.lost == len(ended)
        waiting = [event.sequence for event in events if event.delivery in WAITING]
        pending = ledger.pending()
        assert (pending and pending.sequence) == min(waiting, default=None)
