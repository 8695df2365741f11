"""HAProxy's statistics socket (management guide 9.3): one command, one connection, one answer that ends with EOF.

The loop that reads it also answers snmpd, so an answer is taken in slices of one read each: a ``BufferedProtocol``
with one buffer for the whole exchange, and the loop serves others between two slices.
"""

import asyncio
import re
import socket
from collections.abc import Callable
from typing import cast

from haproxy_agentx.haproxy.diagnosis import explain, refuse_long_path, stats_socket_line
from haproxy_agentx.source import Denied, Invalid, Unresponsive

Take = Callable[[bytes], None]

SLICE = 32 * 1024
"""Bytes in a slice at most: parsing one holds the loop for well under a millisecond."""

# One command, and one that only reads: ';' and line breaks would start another one.
_READING = re.compile(rb"show [a-z]+(?: [A-Za-z0-9_.:-]+)*")

_PERMISSION = b"Permission denied"
_UNKNOWN = b"Unknown command"


class SocketClient:
    """Reads the statistics of one HAProxy process.

    ``path`` of its socket; ``timeout`` in seconds for a whole exchange; ``max_bytes`` in an answer.
    """

    def __init__(self, path: str, timeout: float, max_bytes: int) -> None:
        self.path = path
        self.timeout = timeout
        self.max_bytes = max_bytes

    async def exchange(self, command: bytes, take: Take) -> None:
        """Send ``command`` (``b"show stat"``, no line end) and hand its answer to ``take``, in slices, as it comes.

        What ``take`` raises ends the exchange and is raised here. An answer that ends without an error may still be
        torn: that is for its parser to see. The connection is closed in every case, also when cancelled.

        Raises a SourceError: Absent, Refused, Denied, Unresponsive (after ``timeout``), Invalid (over ``max_bytes``,
        no answer at all, or not HAProxy); ValueError for a command that could do more than show.
        """
        if not _READING.fullmatch(command):
            raise ValueError(f"not a command that only shows: {command!r}")
        conversation = _Conversation(self, command, take)
        try:
            async with asyncio.timeout(self.timeout) as deadline:
                await self._converse(conversation)
        except TimeoutError as error:
            if not deadline.expired():  # ``take``'s own
                raise
            raise Unresponsive(conversation.late()) from error

    async def _converse(self, conversation: "_Conversation") -> None:
        refuse_long_path(self.path)
        loop = asyncio.get_running_loop()
        connection = _connect(self.path)
        try:
            transport, _ = await loop.create_unix_connection(lambda: conversation, sock=connection)
        except BaseException:  # also when cancelled: nobody else would close it
            connection.close()
            raise
        try:
            await conversation.done
        finally:
            transport.abort()


def _connect(path: str) -> socket.socket:
    """Connect at once or not at all.

    A Unix socket never connects later: EAGAIN means that the queue of the listener is full, which asyncio would take
    for a connection under way.
    """
    connection = None
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        connection.connect(path)
    except OSError as error:
        if connection is not None:
            connection.close()
        raise explain(path, error) from error
    return connection


class _Conversation(asyncio.BufferedProtocol):
    """The connection of one exchange; ``done`` is its outcome."""

    def __init__(self, client: SocketClient, command: bytes, take: Take) -> None:
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()
        self._client = client
        self._command = command
        self._take = take
        self._buffer = bytearray(SLICE)
        self._view = memoryview(self._buffer)
        self._received = 0
        self._head = b""  # the beginning, kept back for as long as it can be the beginning of a refusal
        self._decided = False
        self._greedy = not isinstance(loop, asyncio.SelectorEventLoop)
        self._transport: asyncio.Transport | None = None

    def late(self) -> str:
        """Say what came before the deadline."""
        client = self._client
        if not self._received:
            return (
                f"{client.path}: accepts connections and answers nothing within {client.timeout:g} s: HAProxy is frozen"
                " or overloaded, look at its process"
            )
        return (
            f"{self._name()} is not whole within {client.timeout:g} s ({self._received} bytes came): HAProxy is"
            " overloaded, or the timeout too short"
        )

    def _name(self) -> str:
        return f"{self._client.path}: the answer to {self._command.decode()!r}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._command + b"\n")
        self._transport.write_eof()  # the CLI of a HAProxy master answers only then

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  -- the signature is asyncio's
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if self.done.done():
            return
        self._received += nbytes
        if self._received > self._client.max_bytes:
            self._fail(Invalid(f"{self._name()} is over the limit of {self._client.max_bytes} bytes and was refused"))
            return
        self._accept(bytes(self._view[:nbytes]))
        if self._greedy and nbytes == SLICE and self._transport is not None and not self.done.done():
            # more is waiting, and uvloop would read 32 times before anybody else has a turn
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> None:
        if self.done.done():
            return
        if not self._received:
            self._fail(Invalid(f"{self._client.path}: the connection was closed without an answer: is this HAProxy?"))
            return
        if not self._decided:
            self._hand_over(self._head)
        if not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            cause = f"{exc or 'closed'}: HAProxy was stopped or reloaded meanwhile"
            self._fail(Invalid(f"{self._name()} broke off after {self._received} bytes ({cause})"))

    def _accept(self, piece: bytes) -> None:
        if self._decided:
            self._hand_over(piece)
            return
        self._head += piece
        for refusal in (_PERMISSION, _UNKNOWN):
            if self._head.startswith(refusal):
                self._fail(self._refusal(refusal))
                return
            if refusal.startswith(self._head):
                return
        self._decided = True
        head, self._head = self._head, b""
        self._hand_over(head)

    def _hand_over(self, piece: bytes) -> None:
        try:
            for start in range(0, len(piece), SLICE):
                self._take(piece[start : start + SLICE])
        except Exception as error:  # noqa: BLE001  -- the caller's own, whatever it is: raised by ``exchange``
            self._fail(error)

    def _refusal(self, refusal: bytes) -> Denied | Invalid:
        path, command = self._client.path, self._command.decode()
        if refusal == _PERMISSION:
            return Denied(
                f"{path}: HAProxy denies {command!r} on this socket: its level must be at least 'user':"
                f" {stats_socket_line(path)}",
            )
        return Invalid(
            f"{path}: HAProxy does not know {command!r} here: is it the socket of the master process (-S)? give a"
            " 'stats socket' of haproxy.cfg",
        )

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
        if self._transport is not None:
            self._transport.abort()
