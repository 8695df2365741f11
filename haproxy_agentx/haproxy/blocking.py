"""A blocking exchange in a thread of its own, made step by step as the event loop asks, and cut by it at any time."""

import asyncio
import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from haproxy_agentx.system.lag import looked_at

Item = TypeVar("Item")

_RESET = struct.pack("ii", 1, 0)
"""struct linger that makes close() send a reset (socket(7))."""


class HeldConnection:
    """The connection of an exchange. ``hold`` belongs to the thread, ``cut`` to the loop."""

    def __init__(self) -> None:
        self._connection: socket.socket | None = None
        self._is_cut = False

    def hold(self, connection: socket.socket) -> None:
        """Name the connection. Raise ConnectionAbortedError when it was cut before it was there."""
        self._connection = connection
        if self._is_cut:
            raise ConnectionAbortedError

    def cut(self) -> None:
        """End the connection, if it is open, so that a thread blocked in a read of it ends at once."""
        self._is_cut = True
        if self._connection is not None:
            with contextlib.suppress(OSError):  # it is closed
                # closed with a reset: after a FIN alone, a server whose window is full waits for a minute
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # not SSLSocket.shutdown, which takes the TLS state away under the reading thread
                socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


class Pulled(Generic[Item]):
    """The items of a blocking generator. A daemon thread makes each of them when the loop asks for it, so none waits.

    Made on the loop, at whose end the generator is closed, in the thread. Raises RuntimeError where no thread can be
    started.
    """

    def __init__(self, items: Generator[Item, None, None], name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._items = items
        self._asked: queue.SimpleQueue[asyncio.Future[Item | None] | None] = queue.SimpleQueue()
        self._finished = asyncio.Event()
        self.count = 0
        """Items that were made."""
        self.ended = False
        """The thread has let go of everything, and is gone or about to be."""
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def next(self) -> Item | None:
        """Return the next item, or None after the last one. Raise what the generator raises."""
        made: asyncio.Future[Item | None] = self._loop.create_future()
        self._asked.put(made)
        return await made

    def end(self) -> None:
        """Let the thread end once it has made what was asked for."""
        self._asked.put(None)

    async def gone(self) -> None:
        """Wait until the thread has ended."""
        if not self.ended:
            await self._finished.wait()

    def _run(self) -> None:
        with contextlib.closing(self._items):
            while (made := self._asked.get()) is not None:
                try:
                    item = next(self._items, None)
                except Exception as error:  # noqa: BLE001  -- raised on the loop by ``next``
                    self._on_loop(_settle, made, made.set_exception, error)
                else:
                    self.count += item is not None
                    self._on_loop(_settle, made, made.set_result, item)
        self.ended = True
        self._on_loop(self._finished.set)

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: no caller waits
            self._loop.call_soon_threadsafe(call, *arguments)


def _settle(made: asyncio.Future[Item], settle: Callable[[Item], None], outcome: Item) -> None:
    """Settle what was asked for, unless the caller has stopped waiting."""
    if not made.done():
        settle(outcome)
        looked_at(made)
