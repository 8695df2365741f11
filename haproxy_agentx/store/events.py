"""The event log as it outlives the daemon: numbers without holes, what waits to be sent, and what was last told.

``ledger`` decides, in memory; the file remembers. What cannot be written is kept, and written when ``Store.retry`` has
found the file well again.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from haproxy_agentx.event import Delivery, Event, News
from haproxy_agentx.store import event_rows
from haproxy_agentx.store.file import StoreFile
from haproxy_agentx.store.ledger import MAX_LOG, Counts, Ledger

NOTHING: Mapping[str, str] = MappingProxyType({})


class Home(Protocol):
    """Whoever looks after the file."""

    def writable(self) -> StoreFile | None:
        """Give the file if it is well, without trying again what failed before."""

    def readable(self) -> StoreFile | None:
        """Give the file if there is one that may be read."""

    def fail(self, error: sqlite3.Error) -> None:
        """Take note of an error of the file."""


class EventLog:
    """A part of ``Store``, which says what is wrong in ``problem``; used by one thread at a time. Nothing raises.

    What a method has changed is on disk when it returns, in one transaction, unless the store's ``problem`` says
    otherwise.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._ledger = Ledger()
        self._loaded = False
        """What is in memory goes on from what a file had. Until then, numbers begin at 1."""

    @property
    def unsaved(self) -> bool:
        """Whether something would be forgotten if the process ended now."""
        return bool(self._ledger.changes)

    @property
    def recent(self) -> tuple[Event, ...]:
        """The last events in their order, ``ledger.RECENT`` at most, without a look into the file."""
        return tuple(self._ledger.recent.values())

    def append(self, news: Sequence[News], memory: Mapping[str, str] = NOTHING) -> list[Event]:
        """Give events their numbers and let them wait to be sent; remember ``memory`` in the same transaction.

        What is appended beyond ``ledger.MAX_QUEUED`` makes the oldest dropped, which may be one of these.
        """
        events = self._ledger.append(news) if news else []
        self._ledger.remember(memory)
        self.save()
        return events

    def recall(self) -> dict[str, str]:
        """Give all that is remembered."""
        return dict(self._ledger.told)

    def forget(self, keys: Iterable[str]) -> None:
        """Remember nothing by these keys any more."""
        self._ledger.forget(keys)
        self.save()

    def pending(self) -> Event | None:
        """Give the oldest event that is not settled."""
        return self._ledger.pending()

    def tried(self, sequence: int) -> Event | None:
        """Mark an event as sent once more, which is to be done before it is. None if it does not wait any more."""
        event = self._ledger.tried(sequence)
        self.save()
        return event

    def try_next(self) -> Event | None:
        """Mark the oldest event that is not settled as sent once more, and give it."""
        event = self._ledger.pending()
        return None if event is None else self.tried(event.sequence)

    def returned(self, sequence: int) -> Event | None:
        """Take back the last ``tried``: nobody was there to be given it."""
        event = self._ledger.returned(sequence)
        self.save()
        return event

    def settle(self, sequence: int, delivery: Delivery, at: float) -> Event | None:
        """Take an event out of the queue; ``at`` is the date, in seconds since 1970. None if it did not wait."""
        event = self._ledger.settle(sequence, delivery, at)
        self.save()
        return event

    def settle_and_try(self, sequence: int, delivery: Delivery, at: float) -> tuple[Event | None, Event | None]:
        """Do ``settle`` and ``try_next`` in one transaction: a commit is what a long queue costs."""
        settled = self._ledger.settle(sequence, delivery, at)
        following = self._ledger.pending()
        tried = None if following is None else self._ledger.tried(following.sequence)
        self.save()
        return settled, tried

    def add_suppressed(self, number: int) -> None:
        """Count events that are not told."""
        self._ledger.suppress(number)
        self.save()

    def counts(self) -> Counts:
        """Give the counters."""
        return self._ledger.counts

    def last(self, number: int) -> list[Event]:
        """Give the last events, in their order; ``ledger.MAX_LOG`` are kept."""
        number = min(number, MAX_LOG)
        return self.since(self._ledger.counts.last_sequence - number, number)

    def since(self, sequence: int, number: int) -> list[Event]:
        """Give the first events with numbers above ``sequence``, that many at most, in their order."""
        number = max(0, min(number, MAX_LOG))
        found = {event.sequence: event for event in self._read(sequence, number)}
        found |= {event.sequence: event for event in self._ledger.at_hand.values() if event.sequence > sequence}
        return [found[key] for key in sorted(found)[:number]]

    def find(self, sequence: int) -> Event | None:
        """Give one event, None if the log does not have it (any more)."""
        return next((event for event in self.since(sequence - 1, 1) if event.sequence == sequence), None)

    def take_file(self, file: StoreFile, previous: StoreFile | None) -> None:
        """Have the log in a file that was opened in place of ``previous``. Raises sqlite3.Error, and nothing is done.

        What has become known in this process stands, as with row indexes: a file that took the place of ours gets our
        log. The first file that can be read gives what is before it; then the numbers of events that came earlier in
        this process (there was no file) go on from there, so that none is lost.
        """
        if not self._loaded:
            self.look(file)
        elif previous is None or not file.is_same_as(previous):
            event_rows.rewrite(file, self._ledger, previous)
            self._ledger.saved()
        else:
            self._write(file, self._ledger)

    def look(self, file: StoreFile) -> None:
        """Learn what is in a file, if none was known so far. Raises sqlite3.Error, and nothing is done."""
        if not self._loaded:
            ledger = event_rows.load(file)
            ledger.continue_with(self._ledger)
            if file.refusal is None:
                self._write(file, ledger)
            self._ledger = ledger
            self._loaded = True

    def save(self) -> None:
        """Write what is not on disk, if the file is well."""
        if not self._ledger.changes:
            return
        file = self._home.writable()
        if file is None:
            return
        try:
            self._write(file, self._ledger)
        except sqlite3.Error as error:
            self._home.fail(error)

    @staticmethod
    def _write(file: StoreFile, ledger: Ledger) -> None:
        if ledger.changes:
            event_rows.write(file, ledger.changes, ledger.counts)
            ledger.saved()

    def _read(self, after: int, most: int) -> list[Event]:
        """Give what is in the file only; nothing if it need not or cannot be asked."""
        oldest = next(iter(self._ledger.recent), 0)
        file = self._home.readable()
        if file is None or not self._loaded or after + 1 >= oldest:
            return []
        try:
            return event_rows.read(file, after, most)
        except sqlite3.Error as error:
            self._home.fail(error)
            return []
