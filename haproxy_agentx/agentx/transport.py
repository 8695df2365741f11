"""A transport for asyncio's own event loop that stays on the line while a walk goes on (docs/adr/0003).

Behind snmpd a bulk walk is one request after the other, so what stands between the arrival of a request and its
answer is the speed of the walk, and a turn of asyncio's loop costs as much as answering. uvloop's transports need
no such help.
"""

import asyncio
import socket
import struct
from typing import Protocol

from haproxy_agentx.agentx.prefetch import Prefetch

BURST = 32
"""Requests of a walk after which the event loop has its turn: about half a millisecond."""

LINGER = struct.pack("@ll", 0, 1000)
"""The struct timeval for which recv waits for the next request of a walk: 1 ms, the least that the kernel's clock
has; it is spent once at the end of each walk."""

AT_ONCE = socket.MSG_DONTWAIT
"""The flag for sending what the peer takes now."""

READ_SIZE = 8192
"""Octets taken from the socket at once: a request of 60 columns, and not many of others."""


class Answering(Protocol):
    """What this transport serves: an asyncio.Protocol that knows what is asked next."""

    answered: bool
    """Whether something was answered since somebody looked."""

    @property
    def walking(self) -> bool:
        """Whether the last request that was not prefetched is one of a walk, so that the next will follow at once."""

    @property
    def prefetch(self) -> Prefetch:
        """What is answered without asking the protocol."""

    def data_received(self, data: bytes) -> None:
        """Record what was read and was not prefetched."""

    def eof_received(self) -> None:
        """Record the end of the stream."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Record that the connection is gone."""

    def pause_writing(self) -> None:
        """Record that the peer does not read."""


class LingeringTransport(asyncio.Transport):
    """Moves octets between a connected socket and a protocol. It owns the socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, protocol: Answering) -> None:
        super().__init__()
        sock.settimeout(None)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, LINGER)
        self._loop = loop
        self._sock = sock
        self._protocol = protocol
        self._unsent = bytearray()
        self._most_unsent = 1 << 16
        self._closing = False
        loop.add_reader(sock, self._readable)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002
        """Set how many octets may wait for the peer to read; ``low`` is not used."""
        self._most_unsent = self._most_unsent if high is None else high

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send what the peer takes now, and the rest when it reads again."""
        sent = 0
        if not self._unsent and not self._closing:
            try:
                sent = self._sock.send(data, AT_ONCE)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._loop.call_soon(self._end, error)
                return
        if sent < len(data):
            self._keep(data[sent:])

    def is_closing(self) -> bool:
        """Whether ``close`` or ``abort`` was called."""
        return self._closing

    def close(self) -> None:
        """Read no more, and end when all is sent."""
        if not self._closing:
            self._closing = True
            self._loop.remove_reader(self._sock)
            if not self._unsent:
                self._loop.call_soon(self._end, None)

    def abort(self) -> None:
        """End at once."""
        self.close()
        self._end(None)

    def _keep(self, rest: bytes | bytearray | memoryview) -> None:
        """Send a rest when the peer reads again; what is written after the end is dropped."""
        if self._sock.fileno() < 0:
            return
        self._unsent += rest
        self._loop.add_writer(self._sock, self._writable)
        if len(self._unsent) > self._most_unsent:
            self._protocol.pause_writing()

    def _readable(self) -> None:
        """Read, and answer what is prefetched: ``Prefetch.answer`` and ``write`` are written out, 4 % of a walk."""
        protocol = self._protocol
        recv, send = self._sock.recv, self._sock.send
        answers, request_prefix, response_prefix = protocol.prefetch
        protocol.answered = True
        for _ in range(BURST):
            try:
                data = recv(READ_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                self._end(error)
                return
            answer = answers.get(data[16:])
            if answer is not None and data[:8] == request_prefix:
                answer = response_prefix + data[8:16] + answer
                try:
                    sent = 0 if self._unsent else send(answer, AT_ONCE)
                except OSError:  # if it is more than that nothing is taken now, ``_writable`` will meet it again
                    sent = 0
                if sent < len(answer):
                    self._keep(answer[sent:])
            elif not data:
                self._loop.remove_reader(self._sock)
                protocol.eof_received()
                return
            else:
                protocol.data_received(data)
                if not protocol.walking or self._closing:
                    return
                answers, request_prefix, response_prefix = protocol.prefetch

    def _writable(self) -> None:
        output = bytes(self._unsent)
        self._unsent.clear()
        self._loop.remove_writer(self._sock)
        closing, self._closing = self._closing, False
        self.write(output)
        self._closing = closing
        if closing and not self._unsent:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._sock.fileno() < 0:
            return
        self._closing = True
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()
        self._protocol.connection_lost(error)
