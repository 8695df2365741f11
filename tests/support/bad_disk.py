"""Disks and files that fail."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 1 KiB: what SQLite then gets is an error of the disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Lock a database as nobody should, against readers as well."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("CREATE TABLE IF NOT EXISTS lock_it (a)")
        yield
        connection.execute("ROLLBACK")
