"""The event log as the daemon uses it: a ledger in memory decides at once, and the store remembers it.

Nothing is known of an event outside before it is on disk, or before it is certain that the store keeps it waiting: for
KEEP seconds, and not at all while it is known to hang or to fail. What leaves then is marked (``Event.unkept``), and
its number is noted by the witness first. ``store/first_number`` has the rule by which no number is used twice: which
one a start goes on from, and that a number which is not on disk leaves when the clock has come to it. An event waits
for that only after a start that could be sure of nothing and cannot write.

A process gives no more than RESERVE numbers above the last one that is on disk.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from types import MappingProxyType

from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.store.first_number import Noted, Start, first_number
from haproxy_agentx.store.ledger import MAX_LOG, RESERVE, Ledger
from haproxy_agentx.store.messages import Loaded, Read, Reply, Write
from haproxy_agentx.store.process import StoreGone, StoreProcess
from haproxy_agentx.store.witness import Witness
from haproxy_agentx.vocabulary.event import Counts, Delivery

NOTHING: Mapping[str, str] = MappingProxyType({})

KEEP = 1.0
"""Seconds that an event waits for the disk before it is sent without."""

START_WAIT = 1.0
"""Seconds that a start waits for the store."""

TICK = 1.0
"""Seconds after which one number more may leave without being on disk."""


class Journal:
    """All verbs decide at once, in the order of the calls; what is awaited is the disk, for KEEP at most.

    ``counts`` and ``recent`` are what is known outside: ``recent`` are the last 500 events in their order, each with
    how far it has come; the same object while nothing about them is new. ``on_queued`` is called when events may be
    sent, ``on_change`` when ``recent`` is another, ``on_renumbered`` when events that were known outside have got other
    numbers, because those that they had are on disk already.
    """

    def __init__(
        self, store: StoreProcess, witness: Witness | None = None, date: Callable[[], float] = time.time
    ) -> None:
        self.on_queued: Callable[[], None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self.on_renumbered: Callable[[], None] = lambda: None
        self.counts = Counts()
        self.recent: tuple[Event, ...] = ()
        self.oldest: Event | None = None
        """The event that has waited longest."""
        self._store = store
        self._witness = witness
        self._date = date
        self._ledger = Ledger()
        self._loaded = asyncio.Event()
        self._begun = False
        self._first = Start(0, 0)
        self._began_at = monotonic()
        self._is_marked = False
        """The file says that it is open."""
        self._noted: Noted | None = None
        self._released = 0
        """Numbers up to here are known outside."""
        self._on_disk = 0
        self._generation = self._answered = self._kept = 0
        """Of the last change, of the last one that the store has, and of the last one that is on disk."""
        self._writing = False
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        store.on_loaded = self._take_loaded
        store.on_status = self._look

    async def begin(self) -> None:
        """Wait for what the file has, for START_WAIT at most; then events can be numbered."""
        if self._begun:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(START_WAIT):
                await self._loaded.wait()
        self._begin_without()

    def append(self, drafts: Sequence[EventDraft], memory: Mapping[str, str] = NOTHING) -> asyncio.Future[list[Event]]:
        """Assign numbers to events and remember ``memory``; both is done when this returns.

        The future has the events when they may be sent. What is appended beyond ``ledger.MAX_QUEUED`` makes the oldest
        dropped, which may be one of these.
        """
        self._begin_without()
        if drafts:
            self._ledger.rise_to(self._first.floor)
        events = self._ledger.append(drafts, monotonic(), max(self._on_disk, self._first.floor) + RESERVE, self._date())
        last = self._ledger.counts.last_sequence
        self._ledger.remember(memory)
        self._note()
        generation = self._changed()
        appended: asyncio.Future[list[Event]] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._release_appended(generation, last, events, appended))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return appended

    async def recall(self) -> dict[str, str]:
        """Return all that is remembered."""
        await self.begin()
        return dict(self._ledger.memory)

    def forget(self, keys: Iterable[str]) -> None:
        """Remember nothing by these keys any more."""
        self._ledger.forget(keys)
        self._changed()

    def add_suppressed(self, number: int) -> None:
        """Count events that are not reported."""
        self._ledger.suppress(number)
        self._changed()

    @property
    def has_next(self) -> bool:
        """Whether there is an event that may be sent now."""
        return self._next() is not None

    async def try_next(self) -> Event | None:
        """Mark the oldest event that waits as sent once more, and return it; None where none may be sent now."""
        event = self._next()
        return None if event is None else await self._tried(event.sequence)

    async def returned(self, sequence: int) -> Event | None:
        """Undo the last try of an event."""
        event = self._ledger.returned(sequence)
        self._changed()
        return event

    async def settle(self, sequence: int, delivery: Delivery, at: float) -> Event | None:
        """Remove an event from the queue; None if it did not wait."""
        event = self._ledger.settle(sequence, delivery, at)
        await self._is_kept(self._changed())
        return event

    async def settle_and_try(self, sequence: int, delivery: Delivery, at: float) -> tuple[Event | None, Event | None]:
        """Do ``settle`` and ``try_next`` in one transaction."""
        settled = self._ledger.settle(sequence, delivery, at)
        following = self._next()
        if following is None:
            await self._is_kept(self._changed())
            return settled, None
        return settled, await self._tried(following.sequence)

    async def last(self, number: int) -> list[Event]:
        """Return the last events, in their order; ``ledger.MAX_LOG`` are kept."""
        number = min(number, MAX_LOG)
        older = [] if number <= len(self._ledger.recent) else await self._read(Read(None, number))
        return self._known_outside(self._ledger.last(number, older))

    async def since(self, sequence: int, number: int) -> list[Event]:
        """Return the first events with numbers above ``sequence``, that many at most, in their order."""
        oldest = next(iter(self._ledger.recent), 0)
        older = [] if sequence + 1 >= oldest else await self._read(Read(sequence, max(0, min(number, MAX_LOG))))
        return self._known_outside(self._ledger.since(sequence, number, older))

    async def find(self, sequence: int) -> Event | None:
        """Return one event, None if the log does not have it (any more)."""
        known = self._ledger.find(sequence)
        if known is not None:
            return known
        return next((event for event in await self.since(sequence - 1, 1) if event.sequence == sequence), None)

    @property
    def is_complete(self) -> bool:
        """Whether the store has been given all that was given out."""
        return self._loaded.is_set() and not self._ledger.changes and self._answered == self._generation

    async def flush(self) -> None:
        """Wait until all is on disk, for KEEP at most."""
        await self._is_kept(self._generation)

    def end(self) -> bool:
        """Assign no more numbers: the file is about to be closed. Return whether the next start can go on from it.

        It cannot where the store lacks something, or where no event was appended above the first number of this start.
        """
        self._is_marked = False
        self._note()
        return self.is_complete and self._ledger.counts.last_sequence >= self._first.floor

    def _next(self) -> Event | None:
        event = self._ledger.pending()
        return event if event is not None and event.sequence <= self._released else None

    async def _tried(self, sequence: int) -> Event | None:
        event = self._ledger.tried(sequence)
        if not await self._is_kept(self._changed()):
            event = self._ledger.unkept(sequence)
            self._changed()
        return event

    async def _read(self, request: Read) -> list[Event]:
        if self._store.hangs:
            return []
        try:
            async with asyncio.timeout(KEEP):
                found = (await self._store.call(request)).result
        except (TimeoutError, StoreGone):
            return []
        return list(found) if isinstance(found, list) else []

    def _known_outside(self, events: list[Event]) -> list[Event]:
        return [event for event in events if event.sequence <= self._released]

    async def _release_appended(
        self, generation: int, last: int, events: Sequence[Event], appended: asyncio.Future[list[Event]]
    ) -> None:
        """Let events up to the number ``last`` be known outside: when they are on disk, or one after the other."""
        kept = await self._is_kept(generation)
        while not kept and (edge := self._first.edge + int((monotonic() - self._began_at) / TICK)) < last:
            self._release(edge)
            self.on_queued()
            await asyncio.sleep(TICK)
            kept = self._kept >= generation
        self._release(last)
        if not appended.done():
            appended.set_result([self._ledger.find(event.sequence) or event for event in events])
        self.on_queued()

    def _release(self, last: int) -> None:
        """Let events up to a number be known outside; the witness knows first."""
        if last > self._released:
            self._released = last
            self._note()
        self._show()

    def _note(self) -> None:
        floor = self._first.floor
        noted = Noted(max(floor, self._released), max(floor, self._ledger.counts.last_sequence), int(self._is_marked))
        if self._witness is not None and noted != self._noted and self._begun:
            self._noted = noted if self._witness.write(noted) else None

    def _show(self) -> None:
        self.counts = replace(self._ledger.counts, last_sequence=self._released)
        self.oldest = self._ledger.pending()
        recent = tuple(self._ledger.recent.values())
        if recent and recent[-1].sequence > self._released:
            recent = tuple(event for event in recent if event.sequence <= self._released)
        if recent != self.recent:
            self.recent = recent
            self.on_change()

    def _changed(self) -> int:
        """Have what was changed written, and return its generation."""
        if self._ledger.changes:
            self._generation += 1
            self._show()
            self._write()
        return self._generation

    def _write(self) -> None:
        """Send the store what it does not have. Meanwhile more may be changed: it goes together, next time."""
        if self._writing or not self._loaded.is_set() or not self._ledger.changes:
            return
        changes, counts, generation = self._ledger.changes, self._ledger.counts, self._generation
        self._ledger.saved()
        self._writing = True

        def written(reply: asyncio.Future[Reply]) -> None:
            self._writing = False
            if reply.exception() is not None:
                return
            self._answered = generation
            if not reply.result().status.unsaved:
                self._on_disk = max(self._on_disk, counts.last_sequence)
            self._settle_waiting()
            self._write()

        self._store.call(Write(changes, counts)).add_done_callback(written)

    def _look(self) -> None:
        """See whether all that the store has is on disk by now."""
        if not self._store.status.unsaved and not self._writing and self._loaded.is_set():
            self._settle_waiting()

    def _settle_waiting(self) -> None:
        kept = not self._store.status.unsaved
        if kept:
            self._kept = self._answered
        waiting, self._waiting = self._waiting, []
        for generation, future in waiting:
            if generation > self._answered:
                self._waiting.append((generation, future))
            elif not future.done():
                future.set_result(kept)

    async def _is_kept(self, generation: int) -> bool:
        """Wait until a change is on disk, for KEEP at most. Return whether it is."""
        if self._kept >= generation:
            return True
        if self._answered >= generation or not self._loaded.is_set() or self._store.hangs:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((generation, future))
        try:
            async with asyncio.timeout(KEEP):
                return await future
        except TimeoutError:
            return False

    def _begin_without(self) -> None:
        """Let events be numbered though the file is not known yet."""
        if not self._begun:
            self._start(None)

    def _start(self, loaded: Loaded | None) -> None:
        self._begun = True
        noted = self._noted = self._witness.read() if self._witness is not None else None
        writable = not self._store.status.memory_only
        self._began_at = monotonic()
        self._first = first_number(loaded, noted, self._date(), writable=writable)
        self._is_marked = noted is not None and bool(noted.marked)

    def _take_loaded(self, loaded: Loaded) -> None:
        """Go on from what the file has; what was numbered before it could be read follows it."""
        now, date = monotonic(), self._date()
        events = [replace(event, moment=now - max(0.0, date - event.draft.at)) for event in loaded.events]
        ledger = Ledger(loaded.counts, events, loaded.memory)
        before, self._ledger = self._ledger, ledger
        self._on_disk = loaded.counts.last_sequence
        self._released = max(self._released, loaded.counts.last_sequence)
        renumbered = False
        if self._begun:
            renumbered = ledger.continue_with(before)
        else:
            self._start(loaded)
        if renumbered:
            self._released = ledger.counts.last_sequence
        self._is_marked = self._is_marked or not self._store.status.memory_only
        self._loaded.set()
        if ledger.changes:
            self._generation += 1
        self._note()
        self._show()
        self._write()
        if renumbered:
            self.on_renumbered()
        self.on_queued()
