"""Which number an event gets, which waits to be sent, and which is one too many: the rule of the event log. Pure.

Invariants: numbers grow in the order of the events, and no number is used twice; they have no holes but where
``rise_to`` leaves one; each event is settled once; of those that wait there are no more than MAX_QUEUED. Counters only
grow.

An event that reports a problem, or its end, names the event whose problem ends with it: the last one of its subject
that is not cleared. Those are remembered, with the events, until they are (OPEN).

What changes here is kept in ``Changes`` until somebody has written it: memory decides, a file remembers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.vocabulary.event import Counts, Delivery, Kind

MAX_QUEUED = 1000
"""Events that wait for snmpd. Of more, the oldest are dropped, and counted."""

MAX_LOG = 5000
"""Events that the log keeps: the last ones, and what waits."""

RESERVE = 10_000
"""Numbers that a process may give above the last one on disk."""

RECENT = 500
"""Events that are at hand without a look into the file: the last ones."""

OPEN = "problem/"
"""Keys of what is remembered begin with it where it is the number of an event whose problem lasts."""

SUBJECTS = {
    Kind.serviceFailover: "service",
    Kind.serviceHealthChange: "service",
    Kind.sourceChange: "source",
    Kind.backendChange: "backend",
    Kind.serverChange: "server",
    Kind.pairChange: "pair",
    Kind.pairMismatch: "mismatch",
}
"""What the subject of each kind is; the others have none."""

WAITING = frozenset({Delivery.queued, Delivery.sent})
"""An event that is neither is settled."""


@dataclass(slots=True)
class Changes:
    """What is not on disk: events as they are now, and the last report of each key, None for nothing any more."""

    events: dict[int, Event] = field(default_factory=dict)
    memory: dict[str, str | None] = field(default_factory=dict)
    counted: bool = False

    def __bool__(self) -> bool:
        return self.counted or bool(self.events) or bool(self.memory)


class Ledger:
    """The state of the log. ``memory`` has texts by key, ``recent`` the last events by number, in order."""

    def __init__(
        self, counts: Counts | None = None, events: Iterable[Event] = (), memory: Mapping[str, str] | None = None
    ) -> None:
        self.changes = Changes()
        self.memory = dict(memory or {})
        self.recent: dict[int, Event] = {}
        self._counts = counts or Counts()
        self._waiting: dict[int, Event] = {}
        for event in sorted(events, key=lambda event: event.sequence):
            self._place(event)
        self._forget_the_oldest()

    @property
    def counts(self) -> Counts:
        """The counters as they are now."""
        return replace(self._counts, queued=len(self._waiting))

    @property
    def at_hand(self) -> dict[int, Event]:
        """All events that are known without a file, by number; in no order."""
        return self.changes.events | self._waiting | self.recent

    @property
    def next_number(self) -> int:
        """The number of the next event."""
        return self._counts.last_sequence + 1

    def rise_to(self, number: int) -> None:
        """Pass over the numbers up to ``number``, which may have been given by an earlier process."""
        if number > self._counts.last_sequence:
            self._count(last_sequence=number - self._counts.last_sequence)

    def append(
        self,
        drafts: Sequence[EventDraft],
        moment: float | None = None,
        most: int | None = None,
        date: float | None = None,
    ) -> list[Event]:
        """Assign numbers to events; they wait. The oldest that were not sent are dropped when too many do.

        ``moment`` is now in monotonic seconds, and ``date`` in seconds since 1970: without it they happened now.
        Numbers above ``most`` are not given: such events are counted as lost.
        """
        first = self.next_number
        fit = drafts if most is None else drafts[: max(0, most + 1 - first)]
        if len(fit) < len(drafts):
            self._count(lost=len(drafts) - len(fit))
        if not fit:
            return []
        drafts = fit
        self._count(last_sequence=first + len(drafts) - 1 - self._counts.last_sequence)
        for number, item in enumerate(drafts, first):
            happened = None if moment is None else moment - (max(0.0, date - item.at) if date is not None else 0.0)
            self._change(Event(number, self._linked(item, number), moment=happened))
        too_many = len(self._waiting) - MAX_QUEUED
        if too_many > 0:
            queued = [number for number, event in self._waiting.items() if event.delivery is Delivery.queued]
            for number in queued[:too_many]:
                self.settle(number, Delivery.dropped, 0.0)
        self._forget_the_oldest()
        return [event for event in (self._find(first + place) for place in range(len(drafts))) if event is not None]

    def find(self, number: int) -> Event | None:
        """Return an event that is at hand, None for others."""
        return self._find(number)

    def pending(self) -> Event | None:
        """Return the oldest event that waits."""
        return next(iter(self._waiting.values()), None)

    def tried(self, sequence: int) -> Event | None:
        """Record that an event is about to be given to snmpd. None if it does not wait."""
        event = self._waiting.get(sequence)
        if event is None:
            return None
        self._count(sent=1)
        return self._change(replace(event, delivery=Delivery.sent, tries=event.tries + 1))

    def unkept(self, sequence: int) -> Event | None:
        """Mark an event that leaves though it is not on disk. None if it does not wait."""
        event = self._waiting.get(sequence)
        return None if event is None else self._change(replace(event, unkept=True))

    def returned(self, sequence: int) -> Event | None:
        """Undo ``tried``: there was no session to send it on. None if it does not wait to be answered."""
        event = self._waiting.get(sequence)
        if event is None or event.delivery is not Delivery.sent:
            return None
        delivery = Delivery.sent if event.tries > 1 else Delivery.queued
        return self._change(replace(event, delivery=delivery, tries=event.tries - 1))

    def settle(self, sequence: int, delivery: Delivery, at: float) -> Event | None:
        """Record how an event ended, and its date. None if it is already settled or not known: nothing happens."""
        event = self._waiting.get(sequence)
        if event is None or delivery in WAITING:
            return None
        taken = delivery is Delivery.acknowledged
        self._count(acknowledged=int(taken), lost=int(not taken))
        return self._change(replace(event, delivery=delivery, acknowledged_at=at if taken else None))

    def suppress(self, number: int) -> None:
        """Count events that are not reported."""
        self._count(suppressed=number)

    def remember(self, memory: Mapping[str, str]) -> None:
        """Keep texts by key, in place of what was kept."""
        self.memory.update(memory)
        self.changes.memory.update(memory)

    def forget(self, keys: Iterable[str]) -> None:
        """Keep nothing by these keys any more."""
        for key in [key for key in keys if key in self.memory]:
            del self.memory[key]
            self.changes.memory[key] = None

    def saved(self) -> None:
        """All changes have been written."""
        self.changes = Changes()

    def absorb(self, changes: Changes, counts: Counts) -> None:
        """Adopt what another ledger, which continued this one, has changed since; its counters are ``counts``."""
        if changes.counted:
            self._counts = replace(counts, queued=0)
            self.changes.counted = True
        for number in sorted(changes.events):
            self._change(changes.events[number])
        self.forget([key for key, text in changes.memory.items() if text is None])
        self.remember({key: text for key, text in changes.memory.items() if text is not None})
        self._forget_the_oldest()

    def continue_with(self, later: "Ledger") -> bool:
        """Add another log, which began because this one was not known. Return whether its events were renumbered.

        They keep their numbers where all are above those here; else their numbers go on from here. Which problems they
        end is found anew, as those of this log were not known to them.
        """
        more = later.counts
        numbers = sorted(later.changes.events)
        clash = bool(numbers) and numbers[0] <= self._counts.last_sequence
        base = self._counts.last_sequence if clash else 0
        if later.changes.counted:
            last = max(self._counts.last_sequence, base + more.last_sequence)
            self._count(
                sent=more.sent,
                acknowledged=more.acknowledged,
                suppressed=more.suppressed,
                lost=more.lost,
                last_sequence=last - self._counts.last_sequence,
            )
        for number in numbers:
            event = later.changes.events[number]
            self._change(replace(event, sequence=base + number, draft=self._linked(event.draft, base + number)))
        self._forget_the_oldest()
        memory = {key: text for key, text in later.changes.memory.items() if not key.startswith(OPEN)}
        self.forget([key for key, text in memory.items() if text is None])
        self.remember({key: text for key, text in memory.items() if text is not None})
        return clash

    def since(self, sequence: int, number: int, older: Iterable[Event] = ()) -> list[Event]:
        """Return the first events with numbers above ``sequence``, ``number`` at most; ``older`` come from a file."""
        number = max(0, min(number, MAX_LOG))
        found = {event.sequence: event for event in older}
        found |= self.at_hand
        return [found[key] for key in sorted(key for key in found if key > sequence)[:number]]

    def last(self, number: int, older: Iterable[Event] = ()) -> list[Event]:
        """Return the last events in their order, ``number`` at most; ``older`` come from a file."""
        number = max(0, min(number, MAX_LOG))
        found = {event.sequence: event for event in older}
        found |= self.at_hand
        return [found[key] for key in sorted(found)[-number:]] if number else []

    def _linked(self, draft: EventDraft, number: int) -> EventDraft:
        """Return an event, which gets ``number``, with the number of the event that it clears, 0 for none.

        One of no subject, or that reports no state of its subject, neither ends a problem nor begins one; nor does a
        reminder, and so it is the first report of a problem that is cleared.
        """
        what = SUBJECTS.get(draft.kind)
        if what is None or draft.severity is None or not draft.reports_state:
            return draft
        key = f"{OPEN}{what}/{draft.subject or ''}"
        known = self.memory.get(key, "")
        if draft.reminder:
            return replace(draft, clears=0)
        if draft.severity is not Severity.cleared:
            self.remember({key: str(number)})
        elif known:
            self.forget([key])
        return replace(draft, clears=int(known) if known.isdecimal() else 0)

    def _change(self, event: Event) -> Event:
        self._place(event)
        self.changes.events[event.sequence] = event
        return event

    def _place(self, event: Event) -> None:
        if event.delivery in WAITING:
            self._waiting[event.sequence] = event
        else:
            self._waiting.pop(event.sequence, None)
        if event.sequence in self.recent or event.sequence > next(reversed(self.recent), 0):
            self.recent[event.sequence] = event

    def _find(self, number: int) -> Event | None:
        return self.recent.get(number) or self._waiting.get(number) or self.changes.events.get(number)

    def _count(self, **grown: int) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + by for name, by in grown.items()})
        self.changes.counted = True

    def _forget_the_oldest(self) -> None:
        for number in list(islice(self.recent, max(0, len(self.recent) - RECENT))):
            del self.recent[number]
        too_many = len(self.changes.events) - MAX_LOG
        if too_many > 0:  # a file could not be written for long
            for number in sorted(self.changes.events)[:too_many]:
                if number not in self._waiting:
                    del self.changes.events[number]
