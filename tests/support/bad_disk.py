"""Disks and files that fail."""

import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Self

from tests.support.wait import HANG, eventually


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


@contextmanager
def write_locked(path: str) -> Iterator[None]:
    """Lock a database against writers, as a program does that forgets its transaction."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


class Image(AbstractContextManager["Image"]):
    """A file system of its own in a file, mounted at ``folder``; it needs root. While frozen, whatever writes hangs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._image = folder.with_suffix(".img")

    def __enter__(self) -> Self:
        self.folder.mkdir()
        with self._image.open("wb") as file:
            file.truncate(16 << 20)
        run("mkfs.ext4", "-q", str(self._image))
        run("mount", "-o", "loop", str(self._image), str(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["fsfreeze", "-u", str(self.folder)], capture_output=True, check=False)
        unmount(self.folder)
        self._image.unlink()

    def freeze(self) -> None:
        run("fsfreeze", "-f", str(self.folder))

    def thaw(self) -> None:
        run("fsfreeze", "-u", str(self.folder))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a file system of so many octets in memory; it needs root."""
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        unmount(folder)


def fill(folder: Path) -> Path:
    """Leave no room on a file system; return the file that has it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))
    return filler


def unmount(folder: Path) -> None:
    """Unmount as soon as the last process that was stuck there has ended."""
    eventually(lambda: subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode == 0, 10)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=HANG)
