"""A scriptable HAProxy for tests: its statistics socket, and a web server for its statistics page.

A *script* is a function that gets the connection and what the client sent, and does as it likes; when it returns, the
connection is closed. The scripts below are the faults of F1-F12. ``server.script`` may be changed at any
time; ``server.asked`` is all that clients have sent.

    with FakeSocket(path, answers({b"show stat": CSV, b"show info": INFO})) as server: ...
    with FakeWeb(web_answer(CSV), tls=context) as server: client = HttpClient(server.url, ...)
"""

import contextlib
import select
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

Script = Callable[["Connection", bytes], None]

LIMIT = 15.0
"""Seconds after which anything a fake does is over, whatever its script."""


class Connection:
    """One accepted connection."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self._poll = select.poll()
        # the statistics client half-closes at once, which over TCP would look like hanging up
        self._poll.register(raw, 0 if raw.family == socket.AF_UNIX else select.POLLRDHUP)

    def send(self, data: bytes) -> None:
        """Send all of ``data``; BrokenPipeError and the like when the client has gone."""
        self.raw.sendall(data)

    def wait(self, seconds: float = LIMIT) -> bool:
        """Wait; False as soon as the client hangs up or the server is being stopped."""
        return not self._poll.poll(seconds * 1000)

    def reset(self) -> None:
        """Close so that the client's read fails (TCP only)."""
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.raw.close()


class _Server(ABC):
    """Accepts on ``listener`` and runs the script in a thread for each connection."""

    def __init__(self, listener: socket.socket, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.asked: list[bytes] = []
        self.closed = threading.Semaphore(0)
        """Released each time a connection has been dealt with."""
        self._listener = listener
        self._tls = tls
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and cut all connections."""
        self._stop.set()
        for each in (self._listener, *tuple(self._open)):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
        self._thread.join(LIMIT)
        self._listener.close()

    def wait_closed(self) -> bool:
        """Wait until one more connection has ended, from the server's point of view."""
        return self.closed.acquire(timeout=LIMIT)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        connection = raw
        with contextlib.suppress(OSError, ValueError):
            raw.settimeout(LIMIT)
            if self._tls is not None:
                connection = self._tls.wrap_socket(raw, server_side=True)
            self._open.add(connection)
            asked = self._read(connection)
            self.asked.append(asked)
            self.script(Connection(connection), asked)
        self._open.discard(connection)
        connection.close()
        self.closed.release()

    @abstractmethod
    def _read(self, connection: socket.socket) -> bytes:
        """Take what is asked."""


class FakeSocket(_Server):
    """A statistics socket at ``path``; the file goes with the server, unless ``close(keep=True)`` leaves it stale."""

    def __init__(self, path: str | Path, script: Script, backlog: int = 64) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen(backlog)
        super().__init__(listener, script)
        self.path = str(path)

    def close(self, *, keep: bool = False) -> None:
        super().close()
        if not keep:
            Path(self.path).unlink(missing_ok=True)

    def _read(self, connection: socket.socket) -> bytes:
        """Read a line, without its end."""
        asked = b""
        while not asked.endswith(b"\n") and (piece := connection.recv(4096)):
            asked += piece
        return asked.removesuffix(b"\n")


class FakeWeb(_Server):
    """A web server on a free port of 127.0.0.1; ``asked`` are whole request heads."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        super().__init__(listener, script, tls)
        self.port = listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}/stats"

    def _read(self, connection: socket.socket) -> bytes:
        """Read the head of a request, or the beginning of TLS where that is not spoken."""
        asked = b""
        while b"\r\n\r\n" not in asked and not asked.startswith(b"\x16") and (piece := connection.recv(4096)):
            asked += piece
        return asked


# Scripts for both


def sends(data: bytes) -> Script:
    """Send ``data`` and close: whole answers, torn ones, garbage."""
    return lambda connection, _: connection.send(data)


def answers(by_command: Mapping[bytes, bytes]) -> Script:
    """Answer as HAProxy does, by command."""
    return lambda connection, asked: connection.send(by_command.get(asked, b"Unknown command. Try 'help'.\n\n"))


def never_writes(connection: Connection, _: bytes) -> None:
    """F2: accept, read and never answer."""
    connection.wait()


def drips(data: bytes, interval: float, first: bytes = b"") -> Script:
    """F3: send ``first`` at once, then one byte of ``data`` each ``interval`` seconds."""

    def script(connection: Connection, _: bytes) -> None:
        connection.send(first)
        for at in range(len(data)):
            if not connection.wait(interval):
                return
            connection.send(data[at : at + 1])

    return script


def stalls_after(data: bytes) -> Script:
    """Send ``data`` and then nothing, without closing."""

    def script(connection: Connection, _: bytes) -> None:
        connection.send(data)
        connection.wait()

    return script


def floods(size: int, pattern: bytes = b"x,y\n", first: bytes = b"") -> Script:
    """F7: send ``size`` bytes as fast as they are taken."""

    def script(connection: Connection, _: bytes) -> None:
        block = pattern * (65536 // len(pattern))
        connection.send(first)
        for _block in range(size // len(block) + 1):
            connection.send(block)

    return script


def closes(_connection: Connection, _: bytes) -> None:
    """Close without an answer."""


# Scripts for the web


def web_answer(
    body: bytes,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    then: Script = closes,
) -> Script:
    """Answer with ``body`` and its Content-Length, unless ``headers`` give another; then do as ``then`` says."""
    fields = {"Content-Type": "text/plain", "Content-Length": str(len(body))} | dict(headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)

    def script(connection: Connection, asked: bytes) -> None:
        connection.send(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)
        then(connection, asked)

    return script


def web_chunks(pieces: list[bytes], *, end: bool = True) -> Script:
    """Answer in chunks, as HAProxy does; without ``end`` the answer is torn."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + (b"0\r\n\r\n" if end else b"")
    return sends(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)


# Files that are no HAProxy


@contextlib.contextmanager
def full_queue(path: str | Path) -> Iterator[None]:
    """Listen at ``path`` with a queue that is full: what a frozen HAProxy comes to after a while."""
    waiting: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, contextlib.ExitStack() as stack:
        listener.bind(str(path))
        listener.listen(0)
        with contextlib.suppress(BlockingIOError):
            for _ in range(64):
                waiting.append(stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)))
                waiting[-1].setblocking(False)
                waiting[-1].connect(str(path))
        yield
