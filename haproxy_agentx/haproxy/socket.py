"""HAProxy's statistics socket (management guide 9.3): one command, one connection, one answer that ends with EOF.

The loop that reads it also answers snmpd, so an answer is taken in slices of one read each: a ``BufferedProtocol``
with one buffer for the whole exchange, and the loop serves others between two slices.
"""

import asyncio
import os
import re
import socket
import struct
from collections.abc import Callable
from time import monotonic
from typing import cast

from haproxy_agentx.haproxy.diagnosis import explain, refuse_long_path, stats_socket_line
from haproxy_agentx.haproxy.liveness import Peer
from haproxy_agentx.system import lag
from haproxy_agentx.system.descriptors import connect_unix, opens_itself
from haproxy_agentx.system.patience import Look, Patience
from haproxy_agentx.vocabulary.source import Invalid, LevelTooLow, OverLimit, SourceError, UnknownCommand, Unresponsive

Take = Callable[[bytes], None]

SLICE = 32 * 1024
"""Bytes in a slice at most: parsing one holds the loop for well under a millisecond."""

WHOLE = 3
"""Timeouts that an answer may take that keeps coming. Slow is not silent."""

# One command, and one that only reads: ';' and line breaks would start another one.
_READING = re.compile(rb"show [a-z]+(?: [A-Za-z0-9_.:-]+)*")

_CREDENTIALS = struct.Struct("3i")
"""struct ucred (unix(7)): process, user, group."""

_PERMISSION = b"Permission denied"
_UNKNOWN = b"Unknown command"


class SocketClient:
    """Reads the statistics of one HAProxy process.

    ``path`` of its socket; ``timeout`` in seconds for which it may be silent, ``WHOLE`` times as long for a whole
    exchange; ``max_bytes`` in an answer.
    """

    def __init__(self, path: str, timeout: float, max_bytes: int) -> None:
        self.path = path
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.peer: Peer | None = None
        """Who listens, as the kernel said it when the last connection was made."""

    async def exchange(self, command: bytes, take: Take, max_bytes: int | None = None) -> None:
        """Send ``command`` (``b"show stat"``, no line end) and hand its answer to ``take``, in slices, as it comes.

        ``max_bytes``, where given, is the limit of this answer. What ``take`` raises ends the exchange and is raised
        here. An answer that ends without an error may still be torn: that is for its parser to see. The connection is
        closed in every case, also when cancelled.

        Raise a SourceError: Absent, Refused, Denied, Unresponsive (silent for ``timeout``), UnknownCommand, Invalid (no
        answer at all, not HAProxy, or not whole in time), OverLimit (over ``max_bytes``); ValueError for a command that
        could do more than show. Time in which this process did not run does not count, and a failure after such time is
        ``excused``.
        """
        if not _READING.fullmatch(command):
            raise ValueError(f"not a command that only shows: {command!r}")
        patience = lag.patience(self.timeout, whole=WHOLE * self.timeout)
        limit = self.max_bytes if max_bytes is None else max_bytes
        conversation = _Conversation(self, command, take, patience, limit)
        try:
            await lag.answered(self._converse(conversation), patience)
        except lag.Silence as silence:
            raise conversation.late(silence.look) from silence
        except SourceError as error:
            error.excused = patience.lost > 0
            raise

    async def _converse(self, conversation: "_Conversation") -> None:
        refuse_long_path(self.path)
        try:
            transport = await connect_unix(self.path, conversation)
        except OSError as error:
            conversation.done.cancel()
            raise explain(self.path, error) from error
        try:
            self.peer = _peer(transport)
            conversation.ask()
            await conversation.done
        finally:
            transport.abort()


def _peer(transport: asyncio.Transport) -> Peer | None:
    """Return who listens at the other end of a connection: the process of listen(2), and the name that it bound."""
    sock = transport.get_extra_info("socket")
    try:
        pid, _, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        name = sock.getpeername()
    except (OSError, AttributeError, struct.error):
        return None
    return int(pid), os.fsencode(name)


class _Conversation(asyncio.BufferedProtocol):
    """The connection of one exchange; ``done`` is its outcome."""

    def __init__(self, client: SocketClient, command: bytes, take: Take, patience: Patience, max_bytes: int) -> None:
        loop = asyncio.get_running_loop()
        self._patience = patience
        self._max_bytes = max_bytes
        self.done: asyncio.Future[None] = loop.create_future()
        self.done.add_done_callback(lag.looked_at)
        self._client = client
        self._command = command
        self._take = take
        self._buffer = bytearray(SLICE)
        self._view = memoryview(self._buffer)
        self._received = 0
        self._head = b""  # the beginning, kept back for as long as it can be the beginning of a refusal
        self._decided = False
        self._greedy = opens_itself(loop)
        self._transport: asyncio.Transport | None = None

    def late(self, outcome: Look) -> SourceError:
        """Return the error for an answer that did not come to its end."""
        client = self._client
        if outcome is Look.starved:
            return Invalid(
                f"{client.path}: not read, as haproxy-agentx itself hardly ran: look at the load of this machine, and"
                " at CPUQuota and CPUWeight of the service"
            )
        if outcome is Look.slow:
            return Invalid(
                f"{self._name()} comes slowly and is not whole within {WHOLE * client.timeout:g} s"
                f" ({self._received} bytes came): HAProxy is overloaded, or `timeout` too short for so many rows"
            )
        if not self._received:
            return Unresponsive(
                f"{client.path}: accepts connections and answers nothing within {client.timeout:g} s: HAProxy is frozen"
                " or overloaded, or its statistics connections are used up (`stats maxconn`): look at its process"
            )
        return Unresponsive(
            f"{self._name()} stopped after {self._received} bytes, and nothing more came within {client.timeout:g} s:"
            " HAProxy is frozen or overloaded, look at its process"
        )

    def _name(self) -> str:
        return f"{self._client.path}: the answer to {self._command.decode()!r}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self) -> None:
        """Send the command, once the connection is made. One that is over already has its outcome."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._command + b"\n")
            self._transport.write_eof()  # the CLI of a HAProxy master answers only then

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  -- the signature is asyncio's
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if self.done.done():
            return
        self._received += nbytes
        self._patience.heard(monotonic())
        if self._received > self._max_bytes:
            self._fail(OverLimit(f"{self._name()} is over the limit of {self._max_bytes} bytes and was refused"))
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

    def _refusal(self, refusal: bytes) -> SourceError:
        path, command = self._client.path, self._command.decode()
        if refusal == _PERMISSION:
            return LevelTooLow(
                f"{path}: HAProxy denies {command!r} on this socket: its level must be at least 'user':"
                f" {stats_socket_line(path)}",
            )
        return UnknownCommand(
            f"{path}: HAProxy does not know {command!r} here: is it the socket of the master process (-S)? give a"
            " 'stats socket' of haproxy.cfg",
        )

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
        if self._transport is not None:
            self._transport.abort()
