"""One daemon per store: two would register the same subtree and write the same file."""

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from haproxy_agentx.vocabulary.shown import printable

MODE = 0o644
"""Of the lock file: who may read it can see that it is locked, and by whom."""


class AlreadyRunning(Exception):  # noqa: N818  it is a state; the text is for the operator
    """Another daemon holds the lock. ``pid`` is its process, None when that cannot be seen from here."""

    def __init__(self, store: str, pid: int | None) -> None:
        self.pid = pid
        who = "in a process that cannot be seen from here" if pid is None else f"as pid {pid}"
        super().__init__(
            f"haproxy-agentx is already running, {who}, with the store {printable(store)}; stop that one first "
            "(systemctl stop haproxy-agentx), or set the key store of this one to another path"
        )


@contextmanager
def single_instance(store: str, take: Callable[[], bool] | None = None, where: str | None = None) -> Iterator[None]:
    """Hold the lock that belongs to the path of a store. Raises AlreadyRunning, at once.

    ``take`` takes the lock elsewhere, keeps it, and returns whether there can be one; without ``take`` it is done here
    by ``lock_file``, and the file is emptied at the end. ``where`` is ``place(store)``, if that is known.

    It is a lock on ``STORE.lock``, which holds the pid, and ends with the process however that ends; the file stays.
    Where no such file can be opened a name in the abstract namespace of Unix sockets serves, which every user of the
    machine could take: it only prevents mistakes.
    """
    descriptor = lock_file(store) if take is None else None
    if descriptor is None and (take is None or not take()):
        with _abstract_name(store, place(store) if where is None else where):
            yield
        return
    if descriptor is not None:
        note_holder(store, os.getpid())
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
            os.close(descriptor)


def note_holder(store: str, pid: int) -> None:
    """Write into the lock file who holds it.

    By another descriptor than that of the lock: a writer that hangs would keep the lock from its successor.
    """
    with suppress(OSError, ValueError):  # for reading only, or the disk is full: it is locked all the same
        descriptor = os.open(f"{store}.lock", os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % pid, 0)
        finally:
            os.close(descriptor)


def lock_file(store: str) -> int | None:
    """Return the descriptor that holds the lock, or None where there can be no lock file.

    Raises AlreadyRunning.
    """
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
def _abstract_name(store: str, where: str) -> Iterator[None]:
    address = f"\0haproxy-agentx/{_digest(store, where)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise AlreadyRunning(store, _peer(address)) from None
        sock.listen()
        yield


def place(store: str) -> str:
    """Name the folder of a store, whatever leads there, as containers share paths; empty if there is none."""
    try:
        folder = os.stat(os.path.dirname(os.path.realpath(store)))  # noqa: PTH116, PTH120  a path as text
    except (OSError, ValueError):
        return ""
    return f"{folder.st_dev}:{folder.st_ino}"


def _digest(store: str, where: str) -> str:
    """Return a name for a store: that of its folder and its name there, or of its path."""
    name = os.path.basename(store) if where else os.path.abspath(store)  # noqa: PTH100, PTH119  a path as text
    return sha256(f"{where}:{name}".encode(errors="surrogatepass")).hexdigest()[:32]


def _peer(address: str) -> int | None:
    """Return the pid of who listens, as the kernel knows it (unix(7), SO_PEERCRED)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        sock.setblocking(False)  # noqa: FBT003  the name says it
        try:
            sock.connect(address)
            pid: int = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        except OSError:
            return None
    return pid or None
