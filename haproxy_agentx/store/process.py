"""The store process, as the daemon sees it: requests go there in order, and nothing here waits for a disk."""

import asyncio
import gc
import logging
import os
import select
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Self

from haproxy_agentx.store.messages import (
    Claimed,
    CloseStore,
    Loaded,
    Mend,
    OpenStore,
    Reply,
    Request,
    Status,
    frame,
    unframe,
)
from haproxy_agentx.store.worker import serve
from haproxy_agentx.system.lock import AlreadyRunning
from haproxy_agentx.vocabulary.shown import printable

log = logging.getLogger(__name__)

LATE = 1.0
"""Seconds that a request may take: beyond that the store hangs. SQLite waits for a lock for less than half of it."""

END_WAIT = 1.0
"""Seconds that the end waits for what is being written. The master may be waited for as long: that is all there is."""


class StoreGone(Exception):  # noqa: N818  it is a state
    """The store process has ended."""


@dataclass(slots=True)
class _Asked:
    answer: asyncio.Future[Reply] | None = None
    found: list[object] | None = None
    """Where somebody waits for the result who has no loop yet."""


class StoreProcess:
    """Its half of a socket pair is ``sock``; ``path`` is that of the store, for words.

    ``status`` is how the store was after its last answer. ``on_loaded`` is called once, when the event log could be
    read, ``on_status`` with each answer, ``on_gone`` when the process has ended without being asked to.
    """

    def __init__(self, sock: socket.socket, path: str) -> None:
        self.path = path
        self.status = Status()
        self.on_loaded: Callable[[Loaded], None] = lambda _: None
        self.on_status: Callable[[], None] = lambda: None
        self.on_gone: Callable[[Exception], None] = lambda _: None
        self._sock = sock
        self._asked: deque[_Asked] = deque()
        self._head_since = 0.0
        self._received = bytearray()
        self._descriptors: list[int] = []
        self._outgoing = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._complained = False
        self._gone: Exception | None = None
        self._closing = False
        sock.setblocking(False)  # noqa: FBT003  the name says it

    @classmethod
    def fork(cls, path: str) -> Self:
        """Start the process. To be called before there are threads, sockets or a loop: it gets a copy of all."""
        ours, theirs = socket.socketpair()
        gc.freeze()  # so that the two share their memory
        if os.fork() == 0:
            code = 1
            try:
                ours.close()
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)  # sent to the whole service: the daemon decides
                serve(theirs, path)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        theirs.close()
        return cls(ours, path)

    @property
    def hangs(self) -> bool:
        """Whether the store is working on one thing for longer than LATE. An answer that waits for us is one."""
        return bool(self._asked) and monotonic() - self._head_since > LATE and not self._has_answered()

    def _has_answered(self) -> bool:
        if self._sock.fileno() < 0:
            return False
        looking = select.poll()
        looking.register(self._sock, select.POLLIN)
        return bool(looking.poll(0))

    @property
    def problem(self) -> str | None:
        """What is wrong with the store, in a line, or None."""
        if not self.hangs:
            return self.status.problem
        return (
            f"store {printable(self.path)} has not answered for {monotonic() - self._head_since:.0f} s: its disk or "
            "file system hangs (frozen, a network file system, a dying disk), or it is very large; look at dmesg, or "
            "set the key store to another path; events are sent without being kept and may be repeated, new rows have "
            "provisional numbers"
        )

    def attach(self) -> None:
        """Let the running loop take the answers from now on."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._sock, self._read)
        self._flush()

    def call(self, request: Request) -> asyncio.Future[Reply]:
        """Send a request, after all that were sent before. The answer may never come, and nothing may need it.

        Raises StoreGone when it is awaited and there is no process.
        """
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if self._gone is not None:
            answer.set_exception(StoreGone(str(self._gone)))
            answer.exception()  # who does not want it need not look
            return answer
        self._put(request, _Asked(answer))
        self._flush()
        return answer

    def ask(self, request: Request, seconds: float) -> object | None:
        """Return the result, before there is a loop; None if that takes longer.

        A descriptor that comes with it stays open. A lock that shows to be taken later makes ``on_gone`` be called.
        """
        found: list[object] = []
        asked = self._put(request, _Asked(found=found))
        ends = monotonic() + seconds
        while not found and self._gone is None and (left := ends - monotonic()) > 0:
            self._flush()
            if select.select([self._sock], [], [], left)[0]:
                self._read()
        asked.found = None
        return found[0] if found else None

    def open(self) -> None:
        """Have the store opened."""
        self._put(OpenStore(), _Asked())
        self._flush()

    def mend(self) -> None:
        """Let the store catch up with what it could not write, if it does nothing else; and say when it hangs."""
        if self.hangs and not self._complained:
            self._complained = True
            log.error("%s", self.problem)
        if not self._asked and self._gone is None:
            self._put(Mend(), _Asked())
            self._flush()

    async def close(self, *, complete: bool, unlink: str) -> None:
        """Have all written and the store closed; for END_WAIT at most."""
        self._closing = True
        closed = self.call(CloseStore(complete, unlink))
        if not self.hangs:
            with suppress(TimeoutError, StoreGone):
                async with asyncio.timeout(END_WAIT):
                    await closed
        if self._loop is not None:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
        self._sock.close()

    def take_descriptor(self) -> int:
        """Return the descriptor that came with the answer that was just taken."""
        return self._descriptors.pop(0)

    def _put(self, request: Request, asked: _Asked) -> _Asked:
        if not self._asked:
            self._head_since = monotonic()
        self._asked.append(asked)
        self._outgoing += frame(request)
        return asked

    def _flush(self) -> None:
        try:
            while self._outgoing:
                del self._outgoing[: self._sock.send(self._outgoing)]
        except BlockingIOError:
            if self._loop is not None:
                self._loop.add_writer(self._sock, self._flush)
            return
        except OSError as error:
            self._end(error)
        if self._loop is not None:
            self._loop.remove_writer(self._sock)

    def _read(self) -> None:
        try:
            piece, descriptors, _, _ = socket.recv_fds(self._sock, 1 << 18, 4)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error)
            return
        self._descriptors += descriptors
        if not piece:
            self._end(StoreGone("the store process has ended: the kernel's log says whether memory was short"))
            return
        self._received += piece
        while isinstance(reply := unframe(self._received), Reply):
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        if reply.bug:
            self._end(StoreGone(f"the store process fails: {reply.bug}"))
            return
        asked = self._asked.popleft()
        self._head_since = monotonic()
        if self._complained:
            self._complained = False
            log.warning("store %s answers again", printable(self.path))
        self.status = reply.status
        for descriptor in self._descriptors[: reply.descriptors]:
            os.set_inheritable(descriptor, False)  # noqa: FBT003  the name says it
        if reply.loaded is not None:
            self.on_loaded(reply.loaded)
        if isinstance(reply.result, Claimed):
            del self._descriptors[: reply.descriptors]  # open as long as we live: that is the lock
            if reply.result.taken and asked.found is None:
                self._end(AlreadyRunning(self.path, reply.result.pid))
                return
        if asked.found is not None:
            asked.found.append(reply.result)
        if asked.answer is not None and not asked.answer.done():
            asked.answer.set_result(reply)
        self.on_status()

    def _end(self, error: Exception) -> None:
        if self._gone is not None:
            return
        self._gone = error
        if self._loop is not None:
            self._loop.remove_reader(self._sock)
        for asked in self._asked:
            if asked.answer is not None and not asked.answer.done():
                asked.answer.set_exception(StoreGone(str(error)))
                asked.answer.exception()
        self._asked.clear()
        self._outgoing.clear()
        if not self._closing:
            self.on_gone(error)
