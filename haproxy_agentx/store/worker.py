"""The store process: it alone touches the file system of the store, one request after the other.

A disk that hangs keeps it in the kernel, where not even SIGKILL reaches it; the daemon is another process, and holds
nothing that this one would keep from its successor. It ends when the daemon does, with what it was given written.
"""

import logging
import os
import socket
import traceback
from contextlib import suppress

from haproxy_agentx.store.database import Store
from haproxy_agentx.store.errors import Superseded
from haproxy_agentx.store.messages import (
    Assign,
    Claim,
    Claimed,
    CloseStore,
    Listen,
    Loaded,
    Locate,
    Mend,
    OpenStore,
    Read,
    Release,
    Reply,
    Request,
    Status,
    Write,
    frame,
    unframe,
)
from haproxy_agentx.system.bound_socket import bound
from haproxy_agentx.system.lock import AlreadyRunning, lock_file, note_holder, place

log = logging.getLogger(__name__)


class Worker:
    """Does what is asked, with the store at ``path``."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._store: Store | None = None
        self._daemon = os.getppid()
        self._has_sent_loaded = False
        self._holder: int | None = None
        """The owner noted in the lock file."""

    def answer(self, request: Request) -> tuple[Reply, list[int]]:
        """Return the answer and the file descriptors that go with it, which are then to be closed here."""
        descriptors: list[int] = []
        before = self._store.problem if self._store else None
        result = self._do(request, descriptors)
        store = self._store
        if store is None:
            return Reply(result, descriptors=len(descriptors)), descriptors
        if store.problem and store.problem != before:
            log.error("%s", store.problem)
        return Reply(result, self._status(store), self._loaded(store), len(descriptors)), descriptors

    def answered(self) -> None:
        """Do what may be done when the answer has gone, and the descriptors with it."""
        holder, self._holder = self._holder, None
        if holder is not None:
            note_holder(self._path, holder)

    def end(self) -> None:
        """Write what is left; the daemon has gone without a word, and its successor may be waiting for the file."""
        if self._store is not None and self._status(self._store).unsaved:
            self._store.retry()

    def _do(self, request: Request, descriptors: list[int]) -> object:
        match request:
            case Locate():
                return place(self._path)
            case Claim(pid):
                return self._claim(pid, descriptors)
            case Listen(path):
                return _listen(path, descriptors)
            case OpenStore():
                self._store = self._store or Store.open(self._path, lambda: os.getppid() != self._daemon)
                return None
            case CloseStore(complete, path):
                with suppress(OSError):
                    os.unlink(path)  # noqa: PTH108  a path of the configuration, as text
                if self._store is not None:
                    self._store.close(complete=complete)
                return None
        return self._use(request)

    def _use(self, request: Request) -> object:
        store = self._store
        if store is None:
            return None
        match request:
            case Assign(wanted):
                return {scope: store.assign(scope, list(names.items())) for scope, names in wanted.items()}
            case Release(names):
                store.release(names)
            case Write(changes, counts):
                store.events.absorb(changes, counts)
            case Read(None, most):
                return store.events.read_last(most)
            case Read(int() as after, most):
                return store.events.read(after, most)
            case Mend():
                store.retry()
        return None

    def _claim(self, pid: int, descriptors: list[int]) -> Claimed:
        try:
            descriptor = lock_file(self._path)
        except AlreadyRunning as error:
            return Claimed(taken=True, pid=error.pid)
        if descriptor is not None:
            descriptors.append(descriptor)
            self._holder = pid
        return Claimed(locked=descriptor is not None)

    @staticmethod
    def _status(store: Store) -> Status:
        unsaved = store.events.unsaved or not store.events.is_loaded
        return Status(store.problem, store.memory_only, store.created, store.created_at, unsaved)

    def _loaded(self, store: Store) -> Loaded | None:
        if self._has_sent_loaded or not store.events.is_loaded:
            return None
        self._has_sent_loaded = True
        ledger = store.events.ledger
        return Loaded(ledger.counts, tuple(ledger.at_hand.values()), dict(ledger.memory), store.events.closed_at)


def _listen(path: str, descriptors: list[int]) -> str:
    """Bind the control socket; return why that is not possible, or an empty text."""
    try:
        descriptors.append(bound(path).detach())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def serve(sock: socket.socket, path: str) -> None:
    """Answer requests until there are no more."""
    worker = Worker(path)
    received = bytearray()
    try:
        while piece := sock.recv(1 << 16):
            received += piece
            while (request := unframe(received)) is not None:
                reply, descriptors = worker.answer(request)  # type: ignore[arg-type]
                try:
                    _send(sock, frame(reply), descriptors)
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
                worker.answered()
        worker.end()
    except (BrokenPipeError, ConnectionResetError):
        worker.end()
    except Superseded:
        log.warning("store %s: a later daemon has opened it: what this one has not written is left to it", path)
    except Exception as error:  # a bug of ours: logged here, and the daemon reports it as its store's problem
        log.exception("the store process fails")
        with suppress(OSError):
            _send(sock, frame(Reply(None, bug=traceback.format_exception_only(error)[-1].strip())), [])


def _send(sock: socket.socket, octets: bytes, descriptors: list[int]) -> None:
    sent = socket.send_fds(sock, [octets], descriptors) if descriptors else 0
    sock.sendall(octets[sent:])
