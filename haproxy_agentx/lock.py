"""One daemon per store: two would register the same subtree and write the same file."""

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from haproxy_agentx.printable import printable

MODE = 0o644
"""Of the lock file: who may read it can see that it is locked, and by whom."""


class AlreadyRunning(Exception):  # noqa: N818  it is a state; the text is for the operator
    """Another daemon holds the lock. ``pid`` is its process, None when that cannot be seen from here."""

    def __init__(self, store: str, pid: int | None) -> None:
        self.pid = pid
        who = "in a process that cannot be seen from here" if pid is None else f"as pid {pid}"
        super().__init__(
            f"haproxy-agentx runs already, {who}, with the store {printable(store)}; stop that one first "
            "(systemctl stop haproxy-agentx), or set the key store of this one to another path"
        )


@contextmanager
def single_instance(store: str) -> Iterator[None]:
    """Hold the lock that belongs to the path of a store. Raises AlreadyRunning, at once.

    It is a lock on ``STORE.lock``, which holds the pid, and ends with the process however that ends; the file stays.
    Where no such file can be opened a name in the abstract namespace of Unix sockets serves, which every user of the
    machine could take: it only prevents mistakes.
    """
    descriptor = _lock_file(store)
    if descriptor is None:
        with _abstract_name(store):
            yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _lock_file(store: str) -> int | None:
    """Give the descriptor that holds the lock, or None where there can be no lock file."""
    path = f"{store}.lock"
    while True:
        try:
            descriptor = _open(path)
        except (OSError, ValueError):
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = _read_pid(descriptor)
            os.close(descriptor)
            if error.errno == errno.EWOULDBLOCK:
                raise AlreadyRunning(store, pid) from None
            return None  # a file system without locks
        if _is_at(descriptor, path):
            break
        os.close(descriptor)  # it was removed in between: what is locked is not what others will see
    with suppress(OSError):  # for reading only, or the disk is full: it is locked all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    return descriptor


def _open(path: str) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, MODE)
    except FileNotFoundError:
        os.mkdir(os.path.dirname(path), 0o750)  # noqa: PTH102, PTH120  the store's folder, as the store makes it
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, MODE)
    except OSError:
        return os.open(path, os.O_RDONLY | flags)


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))  # noqa: PTH116
    except OSError:
        return False


def _read_pid(descriptor: int) -> int | None:
    try:
        text = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and Path(f"/proc/{text}").exists() else None


@contextmanager
def _abstract_name(store: str) -> Iterator[None]:
    address = f"\0haproxy-agentx/{_digest(store)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise AlreadyRunning(store, _peer(address)) from None
        sock.listen()
        yield


def _digest(store: str) -> str:
    """Give a name for a store: that of its path, and of its folder, as containers may share the namespace of names."""
    path = os.path.realpath(store) if "\0" not in store else store
    try:
        folder = os.stat(os.path.dirname(path))  # noqa: PTH116, PTH120  a path of the configuration, as text
        place = f"{folder.st_dev}:{folder.st_ino}"
    except (OSError, ValueError):
        place = ""
    return sha256(f"{place}:{path}".encode(errors="surrogatepass")).hexdigest()[:32]


def _peer(address: str) -> int | None:
    """Give the pid of who listens, as the kernel knows it (unix(7), SO_PEERCRED)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        sock.setblocking(False)  # noqa: FBT003  the name says it
        try:
            sock.connect(address)
            pid: int = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        except OSError:
            return None
    return pid or None
