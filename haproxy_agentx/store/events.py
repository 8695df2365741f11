"""The event log in the store: what the daemon's ledger decides is taken over here, and remembered by the file.

What cannot be written is kept, and written when ``Store.retry`` has found the file well again.
"""

import sqlite3
from typing import Protocol

from haproxy_agentx.health.event import Event
from haproxy_agentx.store import event_rows
from haproxy_agentx.store.file import StoreFile
from haproxy_agentx.store.ledger import Changes, Ledger
from haproxy_agentx.vocabulary.event import Counts


class FileOwner(Protocol):
    """The owner of the file."""

    def writable(self) -> StoreFile | None:
        """Return the file if it is well, without trying again what failed before."""

    def readable(self) -> StoreFile | None:
        """Return the file if there is one that may be read."""

    def fail(self, error: sqlite3.Error) -> None:
        """Record an error of the file."""


class EventLog:
    """A part of ``Store``, which says what is wrong in ``problem``; used by one thread at a time. Nothing raises.

    ``ledger`` is what it holds. What ``absorb`` has taken over is on disk when it returns, in one transaction, unless
    the store's ``problem`` says otherwise.
    """

    def __init__(self, owner: FileOwner) -> None:
        self.ledger = Ledger()
        self.is_loaded = False
        """What is in memory goes on from what a file had."""
        self.closed_at: float | None = None
        """When the file from which it was loaded held all that was ever given out: see ``Loaded``."""
        self._owner = owner

    @property
    def unsaved(self) -> bool:
        """Whether something would be forgotten if the process ended now."""
        return bool(self.ledger.changes)

    def absorb(self, changes: Changes, counts: Counts) -> None:
        """Adopt what the daemon's ledger has changed."""
        self.ledger.absorb(changes, counts)
        self.save()

    def read(self, after: int, most: int) -> list[Event]:
        """Return what only the file has of the events above ``after``, ``most`` at most; empty if it cannot be read."""
        oldest = next(iter(self.ledger.recent), 0)
        file = self._owner.readable()
        if file is None or not self.is_loaded or after + 1 >= oldest:
            return []
        try:
            return event_rows.read(file, after, most)
        except sqlite3.Error as error:
            self._owner.fail(error)
            return []

    def read_last(self, most: int) -> list[Event]:
        """Return what the file has of the last events, ``most`` at most, newest first; empty if it need not be read."""
        file = self._owner.readable()
        if file is None or not self.is_loaded or most <= len(self.ledger.recent):
            return []
        try:
            return event_rows.last(file, most)
        except sqlite3.Error as error:
            self._owner.fail(error)
            return []

    def take_file(self, file: StoreFile, previous: StoreFile | None) -> None:
        """Have the log in a file that was opened in place of ``previous``. Raises sqlite3.Error, and nothing is done.

        What has become known in this process stands, as with row indexes: a file that took the place of ours gets our
        log. The first file that can be read gives what is before it.
        """
        if not self.is_loaded:
            self.look(file)
        elif previous is None or not file.is_same_as(previous):
            event_rows.rewrite(file, self.ledger, previous)
            self.ledger.saved()
        else:
            self._write(file, self.ledger)

    def look(self, file: StoreFile) -> None:
        """Learn what is in a file, if none was known so far. Raises sqlite3.Error, and nothing is done."""
        if not self.is_loaded:
            ledger = event_rows.load(file)
            ledger.continue_with(self.ledger)
            if file.refusal is None:
                self._write(file, ledger)
            self.ledger = ledger
            self.is_loaded = True
            self.closed_at = file.closed_at

    def save(self) -> None:
        """Write what is not on disk, if the file is well."""
        if not self.ledger.changes:
            return
        file = self._owner.writable()
        if file is None:
            return
        try:
            self._write(file, self.ledger)
        except sqlite3.Error as error:
            self._owner.fail(error)

    @staticmethod
    def _write(file: StoreFile, ledger: Ledger) -> None:
        if ledger.changes:
            event_rows.write(file, ledger.changes, ledger.counts)
            ledger.saved()
