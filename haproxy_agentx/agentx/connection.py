"""The one module of this package that does IO: a socket to the master, kept up for ever.

The socket is read and written by the event loop's readiness callbacks and not by a transport: a bulk walk is one
request after the other, so what stands between the arrival of a request and the departure of its answer is the speed
of the walk (docs/performance.md).
"""

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

from haproxy_agentx.agentx.backoff import Backoff
from haproxy_agentx.agentx.events import Closed, Event, Ready, Settings
from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.states import State

log = logging.getLogger(__name__)

READ_SIZE = 4096
"""Octets taken from the socket at once: a request of 30 columns; more would cost an allocation each time."""

MAX_UNSENT = 1 << 20
"""Octets that wait for a master that does not read, before it is given up."""

BURST = 32
"""Requests of a walk after which the event loop has its turn: about half a millisecond."""

LINGER = struct.pack("@ll", 0, 1000)
"""The struct timeval for which recv waits for the next request of a walk: 1 ms, the least that the kernel's clock
has; it is spent once at the end of each walk."""

TCP_PREFIX = "tcp:"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between tries: while nobody listens (a local socket costs nothing to try), and after a refusal."""

    first: float = 0.5
    absent_most: float = 2.0
    refused_most: float = 30.0


def explain(address: str, error: OSError) -> str:
    """Say why the master cannot be reached at ``address`` and what to do, in one line."""
    if error.errno == errno.ENOENT:
        why = "there is no such socket: is snmpd running, and does snmpd.conf hold `master agentx` alone on its line?"
    elif error.errno == errno.ECONNREFUSED:
        why = "nobody listens there: is snmpd running with `master agentx`?"
    elif error.errno == errno.EACCES:
        why = (
            f"permission denied for uid {os.geteuid()}: snmpd.conf needs `agentXPerms 0660 0755 Debian-snmp "
            f"haproxy-agentx`, and {os.path.dirname(address)} must be open to others (chmod 0755)"  # noqa: PTH120
        )
    elif isinstance(error, TimeoutError):
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
        self.problem: str | None = f"not yet connected to the AgentX master at {address}"
        self._address = address
        self._settings = settings
        self._responder = responder
        self._on_event = on_event
        pace = pace or Pace()
        self._absent = Backoff(pace.first, pace.absent_most)
        self._refused = Backoff(pace.first, pace.refused_most)
        self._link: _Link | None = None
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve, and connect again, until ``stop``ped or cancelled."""
        while not self._stopped.is_set():
            try:
                sock = await _connect(self._address, self._settings.timeout)
            except OSError as error:
                self._report(explain(self._address, error))
                await self._pause(self._absent.next())
                continue
            self._absent.reset()
            session = Session(self._settings, self._responder, monotonic())
            self._link = _Link(sock, session, self._take_event)
            try:
                closed = await self._link.over
            finally:
                self._link.close()
                self._link = None
            if not self._stopped.is_set():
                self._report(closed.reason)
                backoff = self._absent if session.session_id and not closed.refused else self._refused
                await self._pause(backoff.next())

    async def stop(self) -> None:
        """Say goodbye to the master; ``run`` returns when it has answered, or soon."""
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

    def time_stamp(self, at: float) -> int | None:
        """Give the value that sysUpTime had at a monotonic time, 0 if that was before it began; None if not known."""
        clock = self._link.clock if self._link else None
        return None if clock is None else max(0, int(clock[0] + (at - clock[1]) * 100))

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


async def _connect(address: str, within: float) -> socket.socket:
    """Give a connected, non-blocking socket. Raises OSError, TimeoutError among them."""
    family: socket.AddressFamily
    target: object
    if address.startswith(TCP_PREFIX):
        host, _, port = address.removeprefix(TCP_PREFIX).rpartition(":")
        infos = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, target = infos[0][0], infos[0][4]
    else:
        family, target = socket.AF_UNIX, address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        async with asyncio.timeout(within):
            await asyncio.get_running_loop().sock_connect(sock, target)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


class _Link:
    """One socket and its session. ``over`` is done when the session is, and whoever waits for it calls ``close``."""

    def __init__(self, sock: socket.socket, session: Session, on_event: Callable[[Event], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[Closed] = self._loop.create_future()
        self._sock = sock
        sock.settimeout(None)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, LINGER)
        self._session = session
        self._on_event = on_event
        self._unsent = bytearray()
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._working: asyncio.Handle | None = None
        self._loop.add_reader(sock, self._readable)
        self._settle()

    def stop(self) -> None:
        self._session.stop(monotonic())
        self._settle()

    def notify(self, varbinds: Sequence[VarBind], token: object) -> bool:
        sent = self._session.notify(varbinds, token, monotonic())
        self._settle()
        return sent

    def serve_subtrees(self, subtrees: Sequence[Key]) -> None:
        self._session.serve_subtrees(subtrees, monotonic())
        self._settle()

    @property
    def clock(self) -> tuple[int, float] | None:
        return self._session.clock

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        for handle in (self._timer, self._working):
            if handle is not None:
                handle.cancel()
        self._sock.close()

    def _readable(self) -> None:
        """Answer what has come; while a walk goes on, wait here for its next request, for a moment.

        Going back to the event loop between two requests of a walk would cost as much as answering them.
        """
        session, sock = self._session, self._sock
        for _ in range(BURST):
            try:
                data = sock.recv(READ_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                session.lost(f"the connection to the AgentX master broke: {error.strerror}")
                break
            answer = session.answer_at_once(data)
            if not answer or self._unsent:
                self._receive(data)
                return
            self._write(answer)
            session.prepare()
        if session.state is State.CLOSED:
            self._settle()

    def _receive(self, data: bytes) -> None:
        """Take what is not simply the next request of a walk."""
        session = self._session
        if data:
            session.receive(data, monotonic())
        else:
            session.lost("the AgentX master has closed the connection: snmpd stopped, or found us too slow")
        if session.quiet:
            if output := session.take_output():
                self._write(output)
        else:
            self._settle()
        session.prepare()

    def _write(self, output: bytes) -> None:
        """Send what the master takes now, and the rest when it reads again."""
        sent = 0
        if not self._unsent:
            try:
                sent = self._sock.send(output, socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            except OSError as error:
                self._session.lost(f"the connection to the AgentX master broke: {error.strerror}")
                return
        if sent < len(output):
            self._unsent += output[sent:]
            self._loop.add_writer(self._sock, self._writable)
            if len(self._unsent) > MAX_UNSENT:
                self._session.lost("the AgentX master does not read our answers")

    def _writable(self) -> None:
        output = bytes(self._unsent)
        self._unsent.clear()
        self._loop.remove_writer(self._sock)
        self._write(output)
        self._settle()

    def _settle(self) -> None:
        """Write, tell the events, set the timer, and go on with answers that take long."""
        output = self._session.take_output()
        if output:
            self._write(output)
        for event in self._session.take_events():
            self._on_event(event)
            if isinstance(event, Closed) and not self.over.done():
                self.over.set_result(event)
        due = self._session.deadline()
        if due != self._due:
            self._due = due
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None if due is None else self._loop.call_later(max(0.0, due - monotonic()), self._tick)
        if self._session.busy and self._working is None:
            self._working = self._loop.call_soon(self._work)

    def _tick(self) -> None:
        self._due = None
        self._session.tick(monotonic())
        self._settle()

    def _work(self) -> None:
        self._working = None
        self._session.work()
        self._settle()
