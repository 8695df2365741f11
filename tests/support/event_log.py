"""The event log of a store, used without the daemon: a ledger decides, and the store is given each change at once."""

from collections.abc import Iterable, Mapping, Sequence

from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.store.database import Store
from haproxy_agentx.store.ledger import MAX_LOG, Ledger
from haproxy_agentx.vocabulary.event import Counts, Delivery


class Log:
    """The verbs of the journal, of a store."""

    def __init__(self, store: Store) -> None:
        self._events = store.events

    @property
    def _ledger(self) -> Ledger:
        return self._events.ledger

    @property
    def recent(self) -> tuple[Event, ...]:
        return tuple(self._ledger.recent.values())

    def append(self, drafts: Sequence[EventDraft], memory: Mapping[str, str] | None = None) -> list[Event]:
        events = self._ledger.append(drafts)
        self._ledger.remember(memory or {})
        self._events.save()
        return events

    def recall(self) -> dict[str, str]:
        return dict(self._ledger.memory)

    def forget(self, keys: Iterable[str]) -> None:
        self._ledger.forget(keys)
        self._events.save()

    def pending(self) -> Event | None:
        return self._ledger.pending()

    def tried(self, sequence: int) -> Event | None:
        event = self._ledger.tried(sequence)
        self._events.save()
        return event

    def try_next(self) -> Event | None:
        event = self._ledger.pending()
        return None if event is None else self.tried(event.sequence)

    def settle(self, sequence: int, delivery: Delivery, at: float) -> Event | None:
        event = self._ledger.settle(sequence, delivery, at)
        self._events.save()
        return event

    def add_suppressed(self, number: int) -> None:
        self._ledger.suppress(number)
        self._events.save()

    def counts(self) -> Counts:
        return self._ledger.counts

    def last(self, number: int) -> list[Event]:
        return self._ledger.last(number, self._events.read_last(min(number, MAX_LOG)))

    def since(self, sequence: int, number: int) -> list[Event]:
        return self._ledger.since(sequence, number, self._events.read(sequence, min(number, MAX_LOG)))

    def find(self, sequence: int) -> Event | None:
        return next((event for event in self.since(sequence - 1, 1) if event.sequence == sequence), None)
