"""A connection to the master, kept up permanently. This module and ``transport`` do the IO of this package."""

import asyncio
import errno
import logging
import os
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import cast

from haproxy_agentx.agentx.backoff import Backoff
from haproxy_agentx.agentx.clock import UpTime
from haproxy_agentx.agentx.events import Closed, Event, Ready, Settings
from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.prefetch import Prefetch
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.transport import READ_SIZE, LingeringTransport
from haproxy_agentx.system.descriptors import connect_tcp, connect_unix, connected_tcp, connected_unix, opens_itself
from haproxy_agentx.system.patience import MOMENT, STEP, lateness

log = logging.getLogger(__name__)

MAX_UNSENT = 1 << 20
"""Octets that wait for a master that does not read, before it is given up."""

LAST_WORDS = 1.0
"""Seconds for what is written at the end to leave."""

TCP_PREFIX = "tcp:"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between tries: while no process listens (a local socket costs nothing to try), and after a refusal."""

    first: float = 0.5
    absent_most: float = 2.0
    refused_most: float = 30.0


def explain(address: str, error: OSError) -> str:
    """Return why the master cannot be reached at ``address`` and what to do, in one line."""
    if error.errno == errno.ENOENT:
        why = (
            "there is no such socket: is snmpd running, does snmpd.conf hold `master agentx` alone on its line, and "
            "does `agentXSocket` (or -x) name another one?"
        )
    elif error.errno == errno.ECONNREFUSED:
        why = "no process listens there: is snmpd running, and does snmpd.conf hold `master agentx` alone on its line?"
    elif error.errno == errno.EACCES:
        why = (
            f"permission denied for uid {os.geteuid()}: snmpd.conf needs `agentXPerms 0660 0755 Debian-snmp "
            f"haproxy-agentx`, and {os.path.dirname(address)} must be open to others (chmod 0755)"  # noqa: PTH120
        )
    elif isinstance(error, TimeoutError | BlockingIOError):
        why = "it does not take the connection: is snmpd frozen or overloaded?"
    else:
        why = error.strerror or str(error)
    return f"cannot connect to the AgentX master at {address}: {why}"


class Connection:
    """Keeps a session with the master at ``address``: a path, or ``tcp:HOST:PORT`` of the loopback.

    ``on_event`` is called with each event of the sessions. ``problem`` says in words what is wrong now, or is None
    while all subtrees are served.
    """

    def __init__(
        self,
        address: str,
        settings: Settings,
        responder: Responder,
        on_event: Callable[[Event], None],
        pace: Pace | None = None,
    ) -> None:
        self.master: tuple[int, int] | None = None
        """Process id and uid of who listens at the master's socket (SO_PEERCRED), as last connected; None over TCP."""
        self.problem: str | None = f"not yet connected to the AgentX master at {address}"
        self._address = address
        self._settings = settings
        self._responder = responder
        self._on_event = on_event
        pace = pace or Pace()
        self._absent = Backoff(pace.first, pace.absent_most)
        self._refused = Backoff(pace.first, pace.refused_most)
        self._link: _Link | None = None
        self._up_time = UpTime()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve, and connect again, until ``stop``ped or cancelled."""
        while not self._stopped.is_set():
            session = Session(self._settings, self._responder, monotonic())
            link = _Link(session, self._take_event)
            try:
                self.master = await _connect(self._address, link, self._settings.timeout) or self.master
            except OSError as error:
                self._report(explain(self._address, error))
                await self._pause(self._absent.next())
                continue
            self._absent.reset()
            self._link = link
            try:
                link.begin()
                closed = await link.over
            finally:
                link.close()
                self._link = None
            if not self._stopped.is_set():
                self._report(closed.reason)
                backoff = self._absent if session.session_id and not closed.refused else self._refused
                await self._pause(backoff.next())

    async def stop(self) -> None:
        """Close the session to the master; ``run`` returns when it has answered, or soon."""
        self._stopped.set()
        link = self._link
        if link is not None:
            link.stop()
            await asyncio.wait([link.over])

    async def _pause(self, seconds: float) -> None:
        """Wait, unless stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    def notify(self, varbinds: Sequence[VarBind], token: object) -> bool:
        """Send a notification (see Session.notify). False when there is no open session."""
        return self._link is not None and self._link.notify(varbinds, token)

    def serve_subtrees(self, subtrees: Sequence[Key]) -> None:
        """Register and unregister what differs (see Session.serve_subtrees)."""
        self._settings = replace(self._settings, subtrees=tuple(subtrees))
        if self._link is not None:
            self._link.serve_subtrees(subtrees)

    def yield_cpu(self) -> None:
        """Let the master have the processor if it was answered since the last call: between two pieces of other work.

        Delivering a response does not schedule its recipient: where one core is shared, the kernel lets a busy process
        continue for up to 4 ms (sched_yield(2), ADR 0010).
        """
        if self._link is not None and self._link.answered:
            self._link.answered = False
            os.sched_yield()

    def time_stamp(self, at: float) -> int | None:
        """Return the value that sysUpTime had at a monotonic time, 0 if that was before it began; None if not known."""
        clock = self._link.session.clock if self._link else None
        if clock is None:
            return None
        self._up_time.learn(*clock)
        return self._up_time.at(at)

    def _take_event(self, event: Event) -> None:
        if isinstance(event, Ready):
            self._refused.reset()
            if self.problem:
                log.info("registered with the AgentX master at %s", self._address)
            self.problem = None
        elif not isinstance(event, Closed) and hasattr(event, "reason"):
            self._report(event.reason)
        self._on_event(event)

    def _report(self, problem: str) -> None:
        """Log a problem once, until it changes."""
        if problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem


async def _connect(address: str, link: "_Link", within: float) -> tuple[int, int] | None:
    """Connect ``link``; return process id and uid of the peer of a Unix socket. Raise OSError, TimeoutError too."""
    loop = asyncio.get_running_loop()
    peer = None
    async with asyncio.timeout(within):
        if address.startswith(TCP_PREFIX):
            name, _, number = address.removeprefix(TCP_PREFIX).rpartition(":")
            host, port = name.strip("[]"), int(number)
            if opens_itself(loop):
                await connect_tcp(host, port, link)
            else:
                link.connection_made(LingeringTransport(loop, await connected_tcp(host, port), link))
        elif opens_itself(loop):
            transport = await connect_unix(address, link)
            peer = _peer(transport.get_extra_info("socket"))
        else:
            sock = connected_unix(address)
            peer = _peer(sock)
            link.connection_made(LingeringTransport(loop, sock, link))
    return peer


def _peer(sock: socket.socket) -> tuple[int, int]:
    process, uid, _ = struct.unpack("=3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return process, uid


class _Link(asyncio.BufferedProtocol):
    """One connection and its session. ``over`` is done when the session is, and its owner calls ``close``.

    A protocol with one buffer for good: a plain one has each read allocated, at several times the cost of an answer.
    ``answered`` says that something was answered since somebody looked.
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
        self._planned = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._working: asyncio.Handle | None = None

    def stop(self) -> None:
        self.session.stop(monotonic())
        self._settle()

    def notify(self, varbinds: Sequence[VarBind], token: object) -> bool:
        sent = self.session.notify(varbinds, token, monotonic())
        self._settle()
        return sent

    def serve_subtrees(self, subtrees: Sequence[Key]) -> None:
        self.session.serve_subtrees(subtrees, monotonic())
        self._settle()

    def close(self) -> None:
        """Let what is written leave, but do not wait indefinitely for a master that does not read."""
        for handle in (self._timer, self._working):
            if handle is not None:
                handle.cancel()
        if self._transport is not None:
            self._transport.close()
            self._loop.call_later(LAST_WORDS, self._transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)

    def begin(self) -> None:
        """Write the Open-PDU, once the connection is made. One that is over already is ``over``."""
        self._settle()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  the signature is asyncio's
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
        session = self.session
        answer = session.answer_at_once(data)
        if answer:
            self._transport.write(answer)  # type: ignore[union-attr]
        else:
            session.receive(data, monotonic())
            if session.quiet:
                self._flush()
            else:
                self._settle()
        session.prepare()

    @property
    def prefetch(self) -> Prefetch:
        return self.session.prefetch

    @property
    def walking(self) -> bool:
        return self.session.walking

    def eof_received(self) -> None:
        self._lost("the AgentX master has closed the connection: snmpd stopped, or found us too slow")

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(f"the connection to the AgentX master broke: {exc or 'closed'}")

    def pause_writing(self) -> None:
        self._lost("the AgentX master does not read our answers")
        if self._transport is not None:
            self._transport.abort()

    def _lost(self, reason: str) -> None:
        self.session.lost(reason)
        self._settle()

    def _flush(self) -> None:
        output = self.session.take_output()
        if output and self._transport is not None and not self._transport.is_closing():
            self._transport.write(output)

    def _settle(self) -> None:
        """Write, deliver the events, set the timer, and go on with answers that take long."""
        self._flush()
        session = self.session
        for event in session.take_events():
            self._on_event(event)
            if isinstance(event, Closed) and not self.over.done():
                self.over.set_result(event)
        due = session.deadline()
        if due != self._due:
            self._due = due
            self._arm(monotonic())
        if session.busy and self._working is None:
            self._working = self._loop.call_soon(self._work)

    def _arm(self, now: float) -> None:
        """Set the timer: in short steps while the master owes an answer, as its silence is a verdict (``patience``)."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._due is not None:
            delay = max(MOMENT, self._due - now)
            self._planned = now + (min(STEP, delay) if self.session.waits else delay)
            self._timer = self._loop.call_later(self._planned - now, self._tick)

    def _tick(self) -> None:
        """Do what is due. Where we are late ourselves the master gets that time in addition."""
        now = monotonic()
        self._due = None
        late = lateness(self._planned, now)
        if late:
            self.session.excuse(late)
        else:
            self.session.tick(now)
        self._settle()

    def _work(self) -> None:
        self._working = None
        self.session.work()
        self._settle()
        self.session.prepare()
