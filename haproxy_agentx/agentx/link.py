"""One connection to the master and its session, on an event loop."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import cast

from haproxy_agentx.agentx.events import Closed, Event
from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.prefetch import Prefetch
from haproxy_agentx.agentx.session import AT_ONCE, Session
from haproxy_agentx.agentx.transport import READ_SIZE

MAX_UNSENT = 1 << 20
"""Octets that wait for a master that does not read, before it is given up."""

LAST_WORDS = 1.0
"""Seconds for what is written at the end to leave."""


class SessionLink(asyncio.BufferedProtocol):
    """One connection and its session. ``over`` is done when the session is, and its owner calls ``close``.

    A protocol with one buffer for good: a plain one has each read allocated, at several times the cost of an answer.
    ``answered`` says that something was answered since it was last cleared.
    """

    def __init__(self, session: Session, on_event: Callable[[Event], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[Closed] = self._loop.create_future()
        self.session = session
        self.answered = False
        self._on_event = on_event
        self._buffer = memoryview(bytearray(READ_SIZE))
        self._transport: asyncio.Transport | None = None
        self._due: float | None = None
        self._timer: asyncio.Handle | None = None

    def open(self) -> None:
        """Open the session, once the connection is made. One that is over already is ``over``."""
        self._settle(self.session.open(monotonic()))

    def stop(self) -> None:
        """Close the session: it is ``over`` when the master has answered, or soon."""
        self._settle(self.session.close(monotonic()))

    def notify(self, varbinds: Sequence[VarBind], token: object) -> bool:
        """Send a notification (``Session.notify``). Whether the session is open."""
        output = self.session.notify(varbinds, token, monotonic())
        self._settle(output)
        return bool(output)

    def serve_subtrees(self, subtrees: Sequence[Key]) -> None:
        """Register and unregister what differs (``Session.serve_subtrees``)."""
        self._settle(self.session.serve_subtrees(subtrees, monotonic()))

    def close(self) -> None:
        """Let what is written leave, but do not wait indefinitely for a master that does not read."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
            self._loop.call_later(LAST_WORDS, self._transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Record the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  the signature is asyncio's
        """Return the buffer for the next octets."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Answer what has come: the next request of a walk the shortest way."""
        data = bytes(self._buffer[:nbytes])
        answer = self.session.prefetch.answer(data)
        if answer is None:
            self.data_received(data)
        else:
            self.answered = True
            self._transport.write(answer)  # type: ignore[union-attr]  # there is one where something was read

    def data_received(self, data: bytes) -> None:
        """Answer what has come and was not prefetched."""
        self.answered = True
        session, now = self.session, monotonic()
        output = session.receive(data, now)
        if output:
            self._transport.write(output)  # type: ignore[union-attr]  # there is one where something was read
        due = session.deadline()
        if due == AT_ONCE:  # the next request of a walk follows soon
            self._settle(session.advance(now))
        elif due != self._due or session.has_events:
            self._settle(b"")

    @property
    def prefetch(self) -> Prefetch:
        """What is answered without the session."""
        return self.session.prefetch

    @property
    def walking(self) -> bool:
        """Whether the last request that was not prefetched is one of a walk."""
        return self.session.walking

    def eof_received(self) -> None:
        """Record that the master has closed the connection."""
        self._lost("the AgentX master has closed the connection: it stopped, or found us too slow")

    def connection_lost(self, exc: Exception | None) -> None:
        """Record that the connection is gone."""
        self._lost(f"the connection to the AgentX master broke: {exc or 'closed'}")

    def pause_writing(self) -> None:
        """End the session: the master does not read."""
        self._lost("the AgentX master does not read our answers")
        if self._transport is not None:
            self._transport.abort()

    def _lost(self, reason: str) -> None:
        self.session.connection_lost(reason)
        self._settle(b"")

    def _settle(self, output: bytes) -> None:
        """Write, deliver the events, and set the timer."""
        if output and self._transport is not None and not self._transport.is_closing():
            self._transport.write(output)
        session = self.session
        while (event := session.next_event()) is not None:
            self._on_event(event)
            if isinstance(event, Closed) and not self.over.done():
                self.over.set_result(event)
        due = session.deadline()
        if due != self._due:
            self._due = due
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if due == AT_ONCE:
                self._timer = self._loop.call_soon(self._advance)
            elif due is not None:
                self._timer = self._loop.call_later(max(0.0, due - monotonic()), self._advance)

    def _advance(self) -> None:
        self._due = self._timer = None
        self._settle(self.session.advance(monotonic()))
