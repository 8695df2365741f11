"""The event log in the file: its tables ``event``, ``told`` and ``tally``. All raise sqlite3.Error."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress

from haproxy_agentx.health.event import Event
from haproxy_agentx.store.event_text import EventTuple, from_row, to_row
from haproxy_agentx.store.file import StoreFile, blob, text
from haproxy_agentx.store.ledger import MAX_LOG, RECENT, WAITING, Changes, Ledger
from haproxy_agentx.vocabulary.event import Counts, Delivery

_BEFORE_UNKEPT = "sequence, at, kind, cells, keepalived, delivery, tries, acknowledged_at"
_COLUMNS = f"{_BEFORE_UNKEPT}, unkept"
_INSERT = f"INSERT OR REPLACE INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  constants
_WAITING = f"delivery IN ({', '.join(str(int(delivery)) for delivery in sorted(WAITING))})"
_SETTLE = f"UPDATE event SET delivery = {int(Delivery.acknowledged)} WHERE {_WAITING}"  # noqa: S608  constants
"""For an old copy of the log: all that waits is at hand, so what waits there has been settled since."""

_TALLIES = ("sent", "acknowledged", "suppressed", "lost", "last_sequence")


TRIMMED_EVERY = 100
"""Events after which the log is cut to its length."""


def load(file: StoreFile) -> Ledger:
    """Return the log as it is in the file; one that has none, being of an earlier version, gives an empty one."""
    connection = file.connection
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "tally" not in tables:
        return Ledger()
    tally = {name: int(value) for name, value in connection.execute("SELECT name, value FROM tally")}
    counts = Counts(**{name: tally.get(name, 0) for name in _TALLIES})
    events = [
        *_events(connection.execute(f"SELECT {_columns(file)} FROM event WHERE {_WAITING}")),  # noqa: S608  constants
        *last(file, RECENT),
    ]
    memory = {}
    for key, value in connection.execute("SELECT key, value FROM told"):
        with suppress(UnicodeDecodeError):  # somebody has edited the file
            memory[text(key)] = text(value)
    return Ledger(counts, events, memory)


def read(file: StoreFile, after: int, most: int) -> list[Event]:
    """Return at most so many events with a number above ``after``, in their order."""
    query = f"SELECT {_columns(file)} FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"  # noqa: S608  constants
    return list(_events(file.connection.execute(query, (after, most))))


def last(file: StoreFile, most: int) -> list[Event]:
    """Return the last events, ``most`` at most, the newest first."""
    query = f"SELECT {_columns(file)} FROM event ORDER BY sequence DESC LIMIT ?"  # noqa: S608  constants
    return list(_events(file.connection.execute(query, (most,))))


def write(file: StoreFile, changes: Changes, counts: Counts) -> None:
    """Write what has changed, in one transaction; and keep MAX_LOG events and those that wait."""
    with file.transaction():
        _write(file.connection, changes, counts)


def rewrite(file: StoreFile, ledger: Ledger, previous: StoreFile | None) -> None:
    """Put our log, all of it, in place of the one in the file: what can be read of the previous, and the ledger.

    Where the file's log is ours, of a while ago perhaps, what is older than the ledger stays.
    """
    connection = file.connection
    at_hand = ledger.at_hand
    with file.transaction():
        last = next(_events(connection.execute(f"SELECT {_COLUMNS} FROM event ORDER BY sequence DESC LIMIT 1")), None)  # noqa: S608
        ours = last and at_hand.get(last.sequence)
        if not (last and ours and ours.draft.at == last.draft.at):
            connection.execute("DELETE FROM event")
        connection.execute("DELETE FROM told")
        if previous is not None:
            with suppress(sqlite3.Error):  # what can no longer be read is not all: what follows comes from memory
                connection.executemany(_INSERT, previous.connection.execute(f"SELECT {_columns(previous)} FROM event"))  # noqa: S608
        connection.execute(_SETTLE)
        _write(connection, Changes(at_hand, dict(ledger.memory), counted=True), ledger.counts)


def _write(connection: sqlite3.Connection, changes: Changes, counts: Counts) -> None:
    connection.executemany(_INSERT, map(to_row, changes.events.values()))
    for key, value in changes.memory.items():
        if value is None:
            connection.execute("DELETE FROM told WHERE key = ?", (blob(key),))
        else:
            connection.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (blob(key), blob(value)))
    if changes.counted:
        tallies = ((name, getattr(counts, name)) for name in _TALLIES)
        connection.executemany("INSERT OR REPLACE INTO tally VALUES (?, ?)", tallies)
    if not any(number % TRIMMED_EVERY == 0 for number in changes.events):
        return
    beyond = connection.execute("SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1 OFFSET ?", (MAX_LOG,))
    if (oldest := beyond.fetchone()) is not None:
        connection.execute(f"DELETE FROM event WHERE sequence <= ? AND NOT {_WAITING}", oldest)  # noqa: S608


def _columns(file: StoreFile) -> str:
    """Return the columns of an event; a file of an earlier version that cannot be written has one less."""
    known = {name for _, name, *_ in file.connection.execute("PRAGMA table_info(event)")}
    return _COLUMNS if "unkept" in known else f"{_BEFORE_UNKEPT}, 0"


def _events(rows: Iterable[EventTuple]) -> Iterator[Event]:
    return (event for event in map(from_row, rows) if event is not None)
