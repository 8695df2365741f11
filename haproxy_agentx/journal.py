"""The event log as the daemon uses it: in the store's thread, with what SNMP and ``status`` show at hand."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from haproxy_agentx.event import Delivery, Event, News
from haproxy_agentx.store.events import NOTHING
from haproxy_agentx.store.ledger import Counts
from haproxy_agentx.store_thread import P, StoreThread, T


class Journal:
    """``EventLog`` by its methods' names, each as an awaitable, in the order of the calls: awaited or not.

    ``counts`` and ``recent`` are as the last use of the store left them: ``recent`` are the last 500 events in their
    order, each with how far it has come; the same object while nothing about them is new. ``on_queued`` is called, on
    the loop, when events have been appended, ``on_change`` when ``recent`` is another.
    """

    def __init__(self, thread: StoreThread) -> None:
        self.on_queued: Callable[[], None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self._thread = thread
        self._log = thread.store.events
        self.counts: Counts = self._log.counts()
        self.recent: tuple[Event, ...] = self._log.recent
        self.oldest: Event | None = self._log.pending()
        """The event that has waited longest."""
        self._told = self.recent
        thread.after = self._look

    def append(self, news: Sequence[News], memory: Mapping[str, str] = NOTHING) -> asyncio.Future[list[Event]]:
        """Give events their numbers; when it is done they are on disk, and wait to be sent."""
        appended = self._call(self._log.append, tuple(news), dict(memory))
        appended.add_done_callback(lambda _: self.on_queued())
        return appended

    async def recall(self) -> dict[str, str]:
        """Give all that is remembered."""
        return await self._call(self._log.recall)

    def forget(self, keys: Iterable[str]) -> asyncio.Future[None]:
        """Remember nothing by these keys any more."""
        return self._call(self._log.forget, tuple(keys))

    def add_suppressed(self, number: int) -> asyncio.Future[None]:
        """Count events that are not told."""
        return self._call(self._log.add_suppressed, number)

    async def try_next(self) -> Event | None:
        """Mark the oldest event that waits as sent once more, and give it."""
        return await self._call(self._log.try_next)

    async def returned(self, sequence: int) -> Event | None:
        """Take back the last try of an event."""
        return await self._call(self._log.returned, sequence)

    async def settle(self, sequence: int, delivery: Delivery, at: float) -> Event | None:
        """Take an event out of the queue; None if it did not wait."""
        return await self._call(self._log.settle, sequence, delivery, at)

    async def settle_and_try(self, sequence: int, delivery: Delivery, at: float) -> tuple[Event | None, Event | None]:
        """Do ``settle`` and ``try_next`` in one transaction."""
        return await self._call(self._log.settle_and_try, sequence, delivery, at)

    async def last(self, number: int) -> list[Event]:
        """Give the last events, in their order."""
        return await self._call(self._log.last, number)

    async def since(self, sequence: int, number: int) -> list[Event]:
        """Give the first events with numbers above ``sequence``, that many at most, in their order."""
        return await self._call(self._log.since, sequence, number)

    async def find(self, sequence: int) -> Event | None:
        """Give one event, None if the log does not have it (any more)."""
        return await self._call(self._log.find, sequence)

    def _call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        called = self._thread.call(function, *arguments, **named)
        called.add_done_callback(lambda _: self._tell())
        return called

    def _tell(self) -> None:
        if self.recent is not self._told:
            self._told = self.recent
            self.on_change()

    def _look(self) -> None:
        self.counts = self._log.counts()  # whole objects, of which the loop sees the one or the other
        self.oldest = self._log.pending()
        recent = self._log.recent
        if recent != self.recent:
            self.recent = recent
