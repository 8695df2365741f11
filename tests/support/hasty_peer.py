"""Peers that accept a connection and are gone: at once, with a reset, after an octet, or in the middle."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from tests.support.wait import HANG

Manner = Callable[[socket.socket], None]

HALF = b"# pxname,svname,\nbe,web1,\nbe,we"
"""The beginning of an answer, cut inside a row."""


def closes(_: socket.socket) -> None:
    """Close at once."""


def resets(connection: socket.socket) -> None:
    """Reset: TCP by SO_LINGER, a Unix socket by closing with something unread."""
    if connection.family == socket.AF_UNIX:
        connection.settimeout(1)
        with contextlib.suppress(TimeoutError):
            connection.recv(1, socket.MSG_PEEK)
    else:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def sends_an_octet(connection: socket.socket) -> None:
    connection.send(b"#")


def sends_half(connection: socket.socket) -> None:
    connection.send(HALF)


MANNERS: Mapping[str, Manner] = {
    "closes": closes,
    "resets": resets,
    "an octet": sends_an_octet,
    "half": sends_half,
}


class HastyPeer(AbstractContextManager["HastyPeer"]):
    """Listens at ``path``, or on a free port of 127.0.0.1 without one, and treats each connection in its manner."""

    def __init__(self, manner: Manner, path: Path | None = None) -> None:
        self.accepted = 0
        self._manner = manner
        self._listener = socket.socket(socket.AF_INET if path is None else socket.AF_UNIX)
        self._listener.bind(("127.0.0.1", 0) if path is None else str(path))
        self._listener.listen(64)
        self.port = 0 if path is not None else int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(HANG)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            with connection, contextlib.suppress(OSError):
                self._manner(connection)
