"""The SQLite file of the store: opening it whatever state it is in, and the rows of the indexes.

No number that can be read is ever thrown away. A file that is damaged is renamed to ``PATH.corrupt-N`` (N counts how
often that happened; the newest is kept), one that is somebody else's or of a newer version is not touched.

What is committed outlives ``kill -9`` and a power cut: a write-ahead log with synchronous = FULL. That costs one fsync
for each commit, 0.2 ms where the disk has a cache of its own that it can be trusted with, against 0.02 ms with NORMAL,
which after a power cut would use a number of an event twice. ``python -m benchmarks.commits FOLDER`` measures it.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from haproxy_agentx.store.errors import NotOurs, StoreError, Superseded, explain, remedy
from haproxy_agentx.store.numbering import PROVISIONAL
from haproxy_agentx.vocabulary.shown import printable

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE row_index (
        scope BLOB NOT NULL,
        name BLOB NOT NULL,
        number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 2147483647),
        PRIMARY KEY (scope, name),
        UNIQUE (scope, number)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE event (
        sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
        at REAL NOT NULL,
        kind INTEGER NOT NULL,
        cells TEXT NOT NULL,
        keepalived TEXT NOT NULL,
        delivery INTEGER NOT NULL,
        tries INTEGER NOT NULL,
        acknowledged_at REAL
    );
    CREATE INDEX event_waiting ON event (sequence) WHERE delivery IN (1, 2);
    CREATE TABLE told (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE tally (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE event ADD COLUMN unkept INTEGER NOT NULL DEFAULT 0;
    """,
)
"""What each version adds to the one before; user_version counts those that are done. Never changed, only added to."""

APPLICATION = 0x68617861
"""PRAGMA application_id of our files: 'haxa'."""

BUSY_TIMEOUT = 0.4
"""Seconds to wait for somebody who has locked the file: a backup, or sqlite3 by hand. At the end of the daemon it may
be waited for twice, and for the master as well: two seconds is all the time there is."""

CHECK_TIME = 0.25
"""Seconds of the check for damage at the opening: what is not checked in this time shows when it is read."""

Row = tuple[str, str, int]
"""Scope, name, number."""


class StoreFile:
    """An open file. Methods raise sqlite3.Error. One thread at a time may use it, any thread.

    ``refusal`` says why it cannot be written, if so; ``aside`` where a damaged one is kept that this one replaces;
    ``is_new`` that no number was in it; ``began_at`` when the numbering began, a date in seconds since 1970;
    ``closed_at`` when its last writer has closed it, so that it held all that was ever given out: a date in
    seconds since 1970, that of its beginning for a new one, and None where it was not closed or cannot be written.

    Of several processes the one that opened it last may write (``Superseded``): one that a hanging disk held up cannot
    add to what its successor has read. ``is_orphan`` says that this process has no daemon any more: then it may not.
    """

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        refusal: str | None = None,
        is_orphan: Callable[[], bool] = lambda: False,
    ) -> None:
        self.path = path
        self.refusal = refusal
        self.aside: str | None = None
        self.connection = connection
        self._is_orphan = is_orphan
        self.identity = _identity(path)
        self.is_new = connection.execute("SELECT 1 FROM row_index LIMIT 1").fetchone() is None
        self.began_at: float = time.time()
        self.closed_at: float | None = None
        if refusal is not None:
            self.began_at = self._meta("began_at", self.began_at)
            return
        with self.transaction(takes_over=True):
            self.began_at = self._meta("began_at", self.began_at)
            self.closed_at = None if self._meta("open", 0.0) else self._meta("closed_at", self.began_at)
            self._set_meta(began_at=self.began_at, owner=_owner(), open=1.0)

    @property
    def is_in_place(self) -> bool:
        """Whether the path still leads to this file."""
        return self.identity is not None and _identity(self.path) == self.identity

    def is_same_as(self, other: "StoreFile") -> bool:
        """Whether both are one file."""
        return self.identity is not None and self.identity == other.identity

    def find(self, scope: str, names: Iterable[str]) -> dict[str, int]:
        """Return the numbers of those names that have one in a scope."""
        query = "SELECT number FROM row_index WHERE scope = ? AND name = ?"
        of = blob(scope)
        found = {name: self.connection.execute(query, (of, blob(name))).fetchone() for name in names}
        return {name: row[0] for name, row in found.items() if row is not None}

    def is_taken(self, scope: str, number: int) -> bool:
        """Whether a number is that of a name, of the scope."""
        query = "SELECT 1 FROM row_index WHERE scope = ? AND number = ?"
        return self.connection.execute(query, (blob(scope), number)).fetchone() is not None

    def largest(self, scope: str) -> int:
        """Return the largest number of a scope below PROVISIONAL, 0 for none."""
        query = "SELECT max(number) FROM row_index WHERE scope = ? AND number < ?"
        return int(self.connection.execute(query, (blob(scope), PROVISIONAL)).fetchone()[0] or 0)

    def write(self, rows: Iterable[Row], began_at: float | None = None) -> None:
        """Write rows in one transaction; they replace what contradicts them."""
        with self.transaction():
            self.connection.executemany(
                "INSERT OR REPLACE INTO row_index VALUES (?, ?, ?)",
                ((blob(scope), blob(name), number) for scope, name, number in rows),
            )
            if began_at is not None:
                self._set_meta(began_at=began_at)

    def mark_closed(self) -> None:
        """Note that it holds all that was given out until now."""
        with self.transaction():
            self._set_meta(open=0.0, closed_at=time.time())

    def copy_from(self, other: "StoreFile") -> None:
        """Adopt all that is in another file, which may have been deleted since it was opened."""
        other.connection.backup(self.connection)
        with self.transaction(takes_over=True):
            self._set_meta(owner=_owner(), open=1.0)

    def close(self) -> None:
        """Let go of it."""
        with suppress(sqlite3.Error):
            self.connection.close()

    @contextmanager
    def transaction(self, *, takes_over: bool = False) -> Iterator[None]:
        """Have what is done inside done in whole or not at all. Raise Superseded if another process has taken over."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            superseded = self._is_orphan() if takes_over else self._meta("owner", 0.0) != _owner()
            if superseded:
                raise Superseded(self.path)  # noqa: TRY301  rolled back like all else
            yield
            self.connection.execute("COMMIT")
        except BaseException:  # whatever it is, no transaction stays open
            with suppress(sqlite3.Error):  # some errors have rolled back already
                self.connection.execute("ROLLBACK")
            raise

    def _meta(self, name: str, default: float) -> float:
        found = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return float(found[0]) if found else default

    def _set_meta(self, **values: float) -> None:
        self.connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


_owners: dict[int, float] = {}


def _owner() -> float:
    """Return a number that this process has made up: no other has it."""
    return _owners.setdefault(os.getpid(), float(int.from_bytes(os.urandom(6), "big")))


def open_file(path: str, is_orphan: Callable[[], bool] = lambda: False) -> StoreFile:
    """Open or make the file; a damaged one is set aside and replaced, one that cannot be written is open for reading.

    Raises StoreError when there is nothing to read from, and Superseded.
    """
    _prepare_place(path)
    try:
        return _open_to_write(path, is_orphan)
    except sqlite3.Error as error:
        if not is_damage(error):
            return _open_to_read(path, explain(path, error))
        what = str(error)
    aside = _put_aside(path, what)
    try:
        file = _open_to_write(path, is_orphan)
    except sqlite3.Error as error:
        raise StoreError(f"store {printable(path)} {explain(path, error)}") from error
    file.aside = aside
    return file


def _prepare_place(path: str) -> None:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  a path of the configuration, as text
    except OSError:
        with suppress(OSError):  # whoever is asked next says why
            Path(path).parent.mkdir(mode=0o750)
        return
    if not stat.S_ISREG(mode):
        raise StoreError(f"store {printable(path)} is no file; set the key store to the path of one, or remove that")


def _open_to_write(path: str, is_orphan: Callable[[], bool]) -> StoreFile:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    try:
        version = version_of(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _check(connection)
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {number};"
            connection.executescript(f"BEGIN IMMEDIATE; {script}; {marks} COMMIT;")
        return StoreFile(path, connection, is_orphan=is_orphan)
    except BaseException:  # also when cancelled: nobody else would close it
        connection.close()
        raise


def _open_to_read(path: str, refusal: str) -> StoreFile:
    """Open for reading: with all that belongs to it, or without locks, or (where there is no journal) without that.

    Who holds the locks is no writer of ours: ``lock.single_instance`` sees to that.
    """
    for options, locking in (("mode=ro", "NORMAL"), ("mode=ro&vfs=unix-none", "EXCLUSIVE"), ("immutable=1", "NORMAL")):
        try:
            connection = sqlite3.connect(
                f"file:{quote(path)}?{options}",
                uri=True,
                timeout=BUSY_TIMEOUT,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error:
            continue
        try:
            connection.execute(f"PRAGMA locking_mode = {locking}")
            return StoreFile(path, connection, refusal)
        except sqlite3.Error:
            connection.close()
    raise StoreError(f"store {printable(path)} {refusal}")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of our tables, 0 for none. Raises NotOurs, and what SQLite finds wrong with the file."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if application not in {0, APPLICATION} or (tables and "row_index" not in tables):
        raise NotOurs("is a database of another program; set the key store to another path")
    if version > len(MIGRATIONS):
        raise NotOurs(
            f"is of a newer haproxy-agentx (its tables are version {version}, {len(MIGRATIONS)} is known here); "
            "install that one again, or move the file away"
        )
    return int(version)


def _check(connection: sqlite3.Connection) -> None:
    """Look for damage, for CHECK_TIME at most: millions of names take longer than a start may."""
    ends = time.monotonic() + CHECK_TIME
    connection.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
    try:
        (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
            raise
        return
    finally:
        connection.set_progress_handler(None, 0)
    if result != "ok":
        damage = sqlite3.DatabaseError(result)
        damage.sqlite_errorname = "SQLITE_CORRUPT"
        raise damage


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error means that the content of the file is not what was written."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _put_aside(path: str, what: str) -> str:
    """Rename a damaged file and its journal, and give its new name. An older one gives way."""
    older = [(int(file.suffix.removeprefix(".corrupt-")), file) for file in _asides(path)]
    aside = f"{path}.corrupt-{max((number for number, _ in older), default=0) + 1}"
    try:
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                os.rename(path + suffix, aside + suffix)  # noqa: PTH104  paths of the configuration, as text
        for _, file in older:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{file}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"store {printable(path)} is damaged ({printable(what)}) and cannot be set aside: {error.strerror}; "
            f"{remedy(path)}"
        ) from error
    return aside


def _asides(path: str) -> Iterator[Path]:
    place = Path(path)
    for file in place.parent.iterdir():
        name, _, number = file.name.rpartition(".corrupt-")
        if name == place.name and number.isascii() and number.isdigit():
            yield file


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  a path of the configuration, as text
    except OSError:
        return None
    return found.st_dev, found.st_ino


def blob(text: str) -> bytes:
    """Names may hold any octets, and so a text any surrogate: each text has its own blob."""
    return text.encode("utf-8", "surrogatepass")


def text(octets: bytes) -> str:
    """Return the text of a blob. Raises UnicodeDecodeError."""
    return octets.decode("utf-8", "surrogatepass")
