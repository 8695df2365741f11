"""The way of an answer from a worker thread to the event loop, with back-pressure and a way to stop the thread."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable

from haproxy_agentx.system.lag import looked_at

_RESET = struct.pack("ii", 1, 0)
"""struct linger that makes close() send a reset (socket(7))."""


class Stopped(Exception):  # noqa: N818  -- not an error: the loop has no more use for the answer
    """Raised in the worker when the loop has stopped waiting."""


class Bridge:
    """One answer under way, made on the loop.

    ``begin``, ``hold``, ``release``, ``offer`` and ``finish`` belong to the worker.

    At most IN_FLIGHT slices wait for the loop, so a fast server costs no memory and cannot flood the loop's queue.
    """

    IN_FLIGHT = 2

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._free = threading.Semaphore(self.IN_FLIGHT)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._finished = asyncio.Event()
        self.begun = asyncio.Event()
        """The worker has done its preparations, or has ended: from now on it waits for others."""
        self.outcome: asyncio.Future[None] = self._loop.create_future()
        self.outcome.add_done_callback(looked_at)
        self.delivered = False
        """Whether anything was handed over."""
        self.on_piece: Callable[[], None] = lambda: None
        """Called for each piece, on the loop, before it is handed over."""
        self.ended = False
        """The worker has let go of everything; its thread is gone or about to be."""

    def begin(self) -> None:
        """Report that the preparations are done: loading of modules and certificates, which is our own time."""
        self._check()
        try:
            self._loop.call_soon_threadsafe(self.begun.set)
        except RuntimeError as error:  # the loop is closed
            raise Stopped from error

    def hold(self, connection: socket.socket) -> None:
        """Name the connection that ``stop`` cuts, so that a worker blocked in a read of it ends at once."""
        with self._lock:
            self._connection = connection
        self._check()

    def release(self) -> None:
        """Forget the connection; call it before closing it."""
        with self._lock:
            self._connection = None

    def offer(self, piece: bytes) -> None:
        """Hand ``piece`` to the loop, waiting while too many are on their way. Raises Stopped."""
        self._check()
        self._free.acquire()  # given back by _deliver, or by stop
        self._check()
        try:
            self._loop.call_soon_threadsafe(self._deliver, piece)
        except RuntimeError as error:  # the loop is closed
            raise Stopped from error

    def finish(self, error: Exception | None) -> None:
        """Settle the outcome, after all pieces. Does not raise."""
        self.ended = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._settle, error)

    def stop(self) -> None:
        """Let the worker end: on the loop, at any time, also when it has ended."""
        self._stopping.set()
        self._free.release()
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    # closed with a reset: after a FIN alone, a server whose window is full waits for a minute
                    self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    # not SSLSocket.shutdown, which takes the TLS state away under the reading thread
                    socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    async def gone(self, within: float) -> bool:
        """Whether the worker has ended, waiting for it for so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if self.ended else within):
                await self._finished.wait()
        return self.ended

    def _check(self) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _deliver(self, piece: bytes) -> None:
        try:
            if not self.outcome.done():
                self.delivered = True
                self.on_piece()
                self._take(piece)
        except Exception as error:  # noqa: BLE001  -- the consumer's own, whatever it is: raised where it waits
            self.outcome.set_exception(error)
        finally:
            self._free.release()

    def _settle(self, error: Exception | None) -> None:
        self._finished.set()
        self.begun.set()
        if self.outcome.done():
            return
        if error is None:
            self.outcome.set_result(None)
        else:
            self.outcome.set_exception(error)
