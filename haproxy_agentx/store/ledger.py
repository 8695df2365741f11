"""Which number an event gets, which waits to be sent, and which is one too many: the rule of the event log. Pure.

Invariants: numbers are 1.., without holes, in the order of the events; each event is settled once; of those that wait
there are no more than MAX_QUEUED. Counters only grow.

What changes here is kept in ``Changes`` until somebody has written it: memory decides, a file remembers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from haproxy_agentx.event import Delivery, Event, News

MAX_QUEUED = 1000
"""Events that wait for snmpd. Of more, the oldest are dropped, and counted."""

MAX_LOG = 5000
"""Events that the log keeps: the last ones, and what waits."""

RECENT = 500
"""Events that are at hand without a look into the file: the last ones."""

WAITING = frozenset({Delivery.queued, Delivery.sent})
"""An event that is neither is settled."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the log has counted since it was begun; but ``queued`` is how many wait now, for an answer or at all.

    ``sent`` counts each time that an event was on its way to snmpd; ``lost`` the events that were dropped or refused;
    ``suppressed`` what is not told (``suppress``). ``last_sequence`` is 0 before the first event.
    """

    sent: int = 0
    acknowledged: int = 0
    queued: int = 0
    suppressed: int = 0
    lost: int = 0
    last_sequence: int = 0


@dataclass(slots=True)
class Changes:
    """What is not on disk: events as they are now, and what is told of each key, None for nothing any more."""

    events: dict[int, Event] = field(default_factory=dict)
    told: dict[str, str | None] = field(default_factory=dict)
    counted: bool = False

    def __bool__(self) -> bool:
        return self.counted or bool(self.events) or bool(self.told)


class Ledger:
    """The state of the log. ``told`` is what was remembered by key, ``recent`` the last events by number, in order."""

    def __init__(
        self, counts: Counts | None = None, events: Iterable[Event] = (), told: Mapping[str, str] | None = None
    ) -> None:
        self.changes = Changes()
        self.told = dict(told or {})
        self.recent: dict[int, Event] = {}
        self._counts = counts or Counts()
        self._waiting: dict[int, Event] = {}
        for event in sorted(events, key=lambda event: event.sequence):
            self._place(event)

    @property
    def counts(self) -> Counts:
        """The counters as they are now."""
        return replace(self._counts, queued=len(self._waiting))

    @property
    def at_hand(self) -> dict[int, Event]:
        """All events that are known without a file, by number; in no order."""
        return self.changes.events | self._waiting | self.recent

    def append(self, news: Sequence[News]) -> list[Event]:
        """Give events their numbers; they wait. The oldest that were not sent are dropped when too many do."""
        first = self._counts.last_sequence + 1
        self._count(last_sequence=len(news))
        for number, item in enumerate(news, first):
            self._change(Event(number, item))
        too_many = len(self._waiting) - MAX_QUEUED
        if too_many > 0:
            queued = [number for number, event in self._waiting.items() if event.delivery is Delivery.queued]
            for number in queued[:too_many]:
                self.settle(number, Delivery.dropped, 0.0)
        self._forget_the_oldest()
        return [event for event in (self._find(first + place) for place in range(len(news))) if event is not None]

    def pending(self) -> Event | None:
        """Give the oldest event that waits."""
        return next(iter(self._waiting.values()), None)

    def tried(self, sequence: int) -> Event | None:
        """Take note that an event is about to be given to snmpd. None if it does not wait."""
        event = self._waiting.get(sequence)
        if event is None:
            return None
        self._count(sent=1)
        return self._change(replace(event, delivery=Delivery.sent, tries=event.tries + 1))

    def returned(self, sequence: int) -> Event | None:
        """Take back ``tried``: there was nobody to give it to. None if it does not wait to be answered."""
        event = self._waiting.get(sequence)
        if event is None or event.delivery is not Delivery.sent:
            return None
        delivery = Delivery.sent if event.tries > 1 else Delivery.queued
        return self._change(replace(event, delivery=delivery, tries=event.tries - 1))

    def settle(self, sequence: int, delivery: Delivery, at: float) -> Event | None:
        """Say how an event ended, and when as a date. None if it is settled already, or not known: nothing happens."""
        event = self._waiting.get(sequence)
        if event is None or delivery in WAITING:
            return None
        taken = delivery is Delivery.acknowledged
        self._count(acknowledged=int(taken), lost=int(not taken))
        return self._change(replace(event, delivery=delivery, acknowledged_at=at if taken else None))

    def suppress(self, number: int) -> None:
        """Count events that are not told."""
        self._count(suppressed=number)

    def remember(self, told: Mapping[str, str]) -> None:
        """Keep texts by key, in place of what was kept."""
        self.told.update(told)
        self.changes.told.update(told)

    def forget(self, keys: Iterable[str]) -> None:
        """Keep nothing by these keys any more."""
        for key in [key for key in keys if key in self.told]:
            del self.told[key]
            self.changes.told[key] = None

    def saved(self) -> None:
        """All changes have been written."""
        self.changes = Changes()

    def continue_with(self, later: "Ledger") -> None:
        """Add another log, which began anew because this one was not known: its numbers go on from here."""
        base, more = self._counts.last_sequence, later.counts
        if later.changes.counted:
            self._count(
                sent=more.sent,
                acknowledged=more.acknowledged,
                suppressed=more.suppressed,
                lost=more.lost,
                last_sequence=more.last_sequence,
            )
        for number in sorted(later.changes.events):
            self._change(replace(later.changes.events[number], sequence=base + number))
        self.forget([key for key, told in later.changes.told.items() if told is None])
        self.remember({key: told for key, told in later.changes.told.items() if told is not None})

    def _change(self, event: Event) -> Event:
        self._place(event)
        self.changes.events[event.sequence] = event
        return event

    def _place(self, event: Event) -> None:
        if event.delivery in WAITING:
            self._waiting[event.sequence] = event
        else:
            self._waiting.pop(event.sequence, None)
        if event.sequence > self._counts.last_sequence - RECENT:
            self.recent[event.sequence] = event

    def _find(self, number: int) -> Event | None:
        return self.recent.get(number) or self._waiting.get(number) or self.changes.events.get(number)

    def _count(self, **grown: int) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + by for name, by in grown.items()})
        self.changes.counted = True

    def _forget_the_oldest(self) -> None:
        last = self._counts.last_sequence
        for number in [number for number in self.recent if number <= last - RECENT]:
            del self.recent[number]
        if len(self.changes.events) > MAX_LOG:  # a file could not be written for long
            for number in [number for number in self.changes.events if number <= last - MAX_LOG]:
                if number not in self._waiting:
                    del self.changes.events[number]
