"""The store process as a thread of the test's own, which may be made to hang."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from haproxy_agentx.store.process import StoreProcess
from haproxy_agentx.store.worker import serve
from tests.support.wait import HANG, eventually, soon


class _Gated(socket.socket):
    """A socket whose reader stands still while ``gate`` is not set."""

    gate: threading.Event

    def recv(self, size: int, flags: int = 0) -> bytes:
        piece = super().recv(size, flags)
        self.gate.wait(60)
        return piece


class Stored(StoreProcess):
    """A store whose operations hang from ``freeze`` to ``thaw``."""

    def __init__(self, path: Path | str) -> None:
        ours, theirs = socket.socketpair()
        gated = _Gated(fileno=theirs.detach())
        self._gate = gated.gate = threading.Event()
        self._gate.set()
        super().__init__(ours, str(path))
        self._thread = threading.Thread(target=self._serve, args=(gated, str(path)), daemon=True)
        self._thread.start()

    @staticmethod
    def _serve(sock: socket.socket, path: str) -> None:
        with sock:
            serve(sock, path)

    def open(self) -> None:
        """Have the store opened, and its answer waiting if it does not hang: a busy machine may take a while for it.

        So a journal that begins now has what is in the file.
        """
        super().open()
        if self._gate.is_set():
            eventually(self._has_answered)

    def freeze(self) -> None:
        self._gate.clear()

    def thaw(self) -> None:
        self._gate.set()

    def die(self) -> None:
        """Be gone as after kill -9: what was sent is still done."""
        self.thaw()
        self._sock.shutdown(socket.SHUT_WR)
        self._thread.join(HANG)
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sock)
        loop.remove_writer(self._sock)
        self._sock.close()

    async def settled(self) -> None:
        """Wait until all that was asked is answered."""
        await soon(lambda: not self._asked)


@asynccontextmanager
async def stored(path: Path | str) -> AsyncIterator[Stored]:
    """Give an open store; it is closed in order at the end, if it still answers."""
    store = Stored(path)
    store.attach()
    store.open()
    try:
        yield store
    finally:
        store.thaw()
        await store.close(complete=True, unlink=f"{path}.sock")
        store._thread.join(HANG)
