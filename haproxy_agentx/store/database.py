"""What outlives the daemon, in SQLite: the row indexes that belong to names, and the event log.

The store never stops the daemon, and what was given out in this process stands. Memory is what decides
(``numbering``, ``ledger``), the file is what remembers: a corrupt file is set aside and recreated;
while the file is read-only, changes are buffered and flushed when it becomes writable; one that was removed is written
again. ``problem`` describes it meanwhile.

A store may be made in one thread and used in another, but by one thread at a time. ``problem``, ``memory_only``,
``created`` and ``created_at`` may be read from any.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from haproxy_agentx.store.errors import StoreError, explain
from haproxy_agentx.store.events import EventLog
from haproxy_agentx.store.file import Row, StoreFile, is_damage, open_file
from haproxy_agentx.store.numbering import choose
from haproxy_agentx.vocabulary.shown import printable

MAX_UNSAVED = 200_000
"""Numbers that are held while they cannot be written: some tens of megabytes."""


class Store:
    """Return one with ``open``.

    ``problem`` is one line 'store PATH what; remedy; consequence', or None. ``created`` says that the numbering began
    with this process: what a manager knows of row indexes is void. ``created_at`` is when it began, a date in seconds
    since 1970. ``events`` is the event log, in the same file.
    """

    def __init__(self, path: str, is_orphan: Callable[[], bool] = lambda: False) -> None:
        self.path = path
        self._is_orphan = is_orphan
        self.problem: str | None = None
        self.created = False
        self.created_at = time.time()
        self._notice: str | None = None
        """A problem that is over and has left a mark: it is reported until the process ends."""
        self._file: StoreFile | None = None
        self._failed = True
        """The file is not open, or was not as it should be: look again before it is used."""
        self._held: dict[str, dict[str, int]] = {}
        """The numbers that were asked for in this process and are still in use: what was given out stands."""
        self._unsaved: list[Row] = []
        self.events = EventLog(self)

    @classmethod
    def open(cls, path: str, is_orphan: Callable[[], bool] = lambda: False) -> "Store":
        """Open or make the store at ``path``: see ``problem``.

        All methods that use the file may raise Superseded, when another process has opened it since, or when
        ``is_orphan`` says that this one has no daemon any more; and nothing else.
        """
        store = cls(path, is_orphan)
        store._open()
        return store

    @property
    def memory_only(self) -> bool:
        """Whether what is given out now would be forgotten at the end."""
        unsaved = bool(self._unsaved) or self.events.unsaved  # without a failure it is being written just now
        return self._file is None or self._file.refusal is not None or (self._failed and unsaved)

    def assign(self, scope: str, wanted: Sequence[tuple[str, int]]) -> dict[str, int]:
        """Return the number of each name in ``scope``: 1..2^31-1, unique there, permanently the same, never used again.

        ``wanted`` are names and the number that each would like, 0 for none: ``numbering.choose`` has the rule. New
        numbers are on disk, in one transaction, when this returns, unless ``problem`` says otherwise. Of names that
        are not among those asked for only the file knows. Beyond MAX_UNSAVED numbers that could not be written no
        more are given: such names are missing. Never raises.
        """
        self._attend()
        held = self._held.setdefault(scope, {})
        held.update(self._find(scope, [name for name, _ in wanted if name not in held]))
        new = [(name, first) for name, first in wanted if name not in held]
        if new and len(self._unsaved) <= MAX_UNSAVED:
            taken = set(held.values())
            given = choose(new, lambda number: number in taken or self._is_taken(scope, number), self._largest(scope))
            held.update(given)
            self._unsaved += [(scope, name, number) for name, number in given.items()]
            self._save()
        return {name: held[name] for name, _ in wanted if name in held}

    def release(self, names: Mapping[str, Iterable[str]]) -> None:
        """Hold the numbers of these names, by scope, no longer: they are not in use. The file keeps them."""
        unsaved = {(scope, name) for scope, name, _ in self._unsaved}
        for scope, gone in names.items():
            held = self._held.get(scope, {})
            for name in gone:
                if (scope, name) not in unsaved:
                    held.pop(name, None)
            if not held:
                self._held.pop(scope, None)

    def retry(self) -> None:
        """Write what could not be written before, and see that the file is still there. To be called now and then."""
        self._attend()
        self._save()
        self.events.save()

    def writable(self) -> StoreFile | None:
        """Return the file if it is well, None after a failure: ``assign`` and ``retry`` check whether that is over."""
        if not self._failed:
            self._attend()
        return None if self._failed else self._file

    def readable(self) -> StoreFile | None:
        """Return the file, which may be one that cannot be written."""
        return self._file

    def fail(self, error: sqlite3.Error) -> None:
        """Record an error of the file."""
        self._complain(f"store {printable(self.path)} {explain(self.path, error)}")
        if is_damage(error) and self._file is not None:
            self._lose()

    def close(self, *, complete: bool = True) -> None:
        """Write what could not be written before, and let go of the file.

        ``complete`` says that nothing was given out that this store has not been given.
        """
        self.retry()
        if self._file is not None:
            if complete and not self._failed and not self._unsaved and not self.events.unsaved:
                with suppress(sqlite3.Error):  # then the next start passes over some numbers
                    self._file.mark_closed()
            self._file.close()
            self._file = None

    def _open(self) -> None:
        """Open for the first time: a file that cannot be read is recreated."""
        try:
            file = open_file(self.path, self._is_orphan)
        except StoreError as error:
            self.created = True
            self._complain(str(error))
            return
        self._file = file
        self._failed = file.refusal is not None
        self.created = file.is_new
        self.created_at = file.began_at
        if file.aside is not None:
            self._notice_damage(file.aside)
        if file.refusal is not None:
            self._complain(f"store {printable(self.path)} {file.refusal}")
        try:
            self.events.look(file)
        except sqlite3.Error as error:
            if file.refusal is None:
                self.fail(error)

    def _attend(self) -> None:
        """Open the file again when it was not as it should be, or is not where it was."""
        if not self._failed and self._file is not None and self._file.is_in_place:
            return
        before = self._file
        if before is not None and before.refusal is not None and before.is_in_place:
            before.close()  # while this process has it open for reading only, SQLite refuses every write from it
            self._file = None
        try:
            file = open_file(self.path, self._is_orphan)
        except StoreError as error:
            self._complain(str(error))
            return
        if file.refusal is not None:
            self._complain(f"store {printable(self.path)} {file.refusal}")
            if self._file is None:
                self._file = file  # what can be read is better than nothing
                with suppress(sqlite3.Error):  # why it is not as it should be has been reported
                    self.events.look(file)
            else:
                file.close()
            return
        try:
            self._catch_up(file, before)
            self.events.take_file(file, before)
        except sqlite3.Error as error:
            self._complain(f"store {printable(self.path)} {explain(self.path, error)}")
            file.close()
            return
        if self._file is not None:
            self._file.close()
        self._file = file
        self._failed = False
        self._unsaved.clear()
        if file.aside is not None:
            self._notice_damage(file.aside)
        self.problem = self._notice

    def _catch_up(self, file: StoreFile, before: StoreFile | None) -> None:
        """Write into a file that was opened again what it lacks: what was given out stands."""
        if before is not None and file.is_same_as(before):
            file.write(self._unsaved)
            return
        if before is not None and file.is_new:
            with suppress(sqlite3.Error):  # what can no longer be read is not all: what follows comes from memory
                file.copy_from(before)
        rows = [(scope, name, number) for scope, names in self._held.items() for name, number in names.items()]
        file.write(rows, began_at=self.created_at)

    def _find(self, scope: str, names: Sequence[str]) -> dict[str, int]:
        """Return the numbers that the file has for names."""
        if self._file is None:
            return {}
        try:
            return self._file.find(scope, names)
        except sqlite3.Error as error:
            self._lose()
            self._complain(f"store {printable(self.path)} {explain(self.path, error)}")
            return {}

    def _is_taken(self, scope: str, number: int) -> bool:
        try:
            return self._file is not None and self._file.is_taken(scope, number)
        except sqlite3.Error as error:
            self._lose()
            self._complain(f"store {printable(self.path)} {explain(self.path, error)}")
            return False

    def _largest(self, scope: str) -> Callable[[], int]:
        def largest() -> int:
            of_file = 0
            try:
                of_file = self._file.largest(scope) if self._file is not None else 0
            except sqlite3.Error as error:
                self._lose()
                self._complain(f"store {printable(self.path)} {explain(self.path, error)}")
            return max([of_file, *self._held.get(scope, {}).values()])

        return largest

    def _lose(self) -> None:
        """Let go of a file of which no more can be had: the numbers that were not asked for are gone."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.created = True
        self.created_at = time.time()

    def _save(self) -> None:
        if not self._unsaved or self._failed or self._file is None:
            return
        try:
            self._file.write(self._unsaved)
        except sqlite3.Error as error:
            self.fail(error)
        else:
            self._unsaved.clear()

    def _complain(self, problem: str) -> None:
        self._failed = True
        self.problem = f"{problem}; row indexes and events are kept in memory meanwhile: a restart may lose them"

    def _notice_damage(self, aside: str) -> None:
        self._notice = (
            f"store {printable(self.path)} was damaged and is kept as {printable(aside)}; row indexes and "
            "the numbers of events restarted, so look at what keeps them (graphs); a sound backup can be put in its "
            "place while the daemon is stopped"
        )
        self.problem = self._notice
