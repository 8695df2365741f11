"""A connection to the master, kept up permanently."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter

from haproxy_agentx.agentx.backoff import Backoff
from haproxy_agentx.agentx.clock import UpTime
from haproxy_agentx.agentx.dial import dial, unreachable
from haproxy_agentx.agentx.events import Event, MasterProblem, Ready, RegistrationRefused, Settings
from haproxy_agentx.agentx.link import SessionLink
from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between tries: while no process listens (a local socket costs nothing to try), and after a refusal."""

    first: float = 0.5
    absent_most: float = 2.0
    refused_most: float = 30.0


def _ignore(_event: Event) -> None:
    """Do nothing about an event."""


class Connection:
    """Keeps a session with the master at ``address``: a path, or ``tcp:HOST:PORT`` of the loopback.

    ``on_event`` is called with each event of the sessions. ``explain`` returns the line for a problem that is logged
    and shown, in which the application may add what to do about it. ``problem`` is that line for what is wrong now, or
    None while all subtrees are served.
    """

    def __init__(
        self,
        address: str,
        settings: Settings,
        responder: Responder,
        on_event: Callable[[Event], None] = _ignore,
        *,
        pace: Pace | None = None,
        explain: Callable[[MasterProblem], str] = attrgetter("text"),
    ) -> None:
        self.master: tuple[int, int] | None = None
        """Process id and uid of who listens at the master's socket (SO_PEERCRED), as last connected; None over TCP."""
        self.problem: str | None = f"not yet connected to the AgentX master at {address}"
        self._address = address
        self._settings = settings
        self._responder = responder
        self._on_event = on_event
        self._explain = explain
        pace = pace or Pace()
        self._absent = Backoff(pace.first, pace.absent_most)
        self._refused = Backoff(pace.first, pace.refused_most)
        self._link: SessionLink | None = None
        self._up_time = UpTime()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve, and connect again, until ``stop``ped or cancelled."""
        while not self._stopped.is_set():
            session = Session(self._settings, self._responder)
            link = SessionLink(session, self._take_event)
            try:
                self.master = await dial(self._address, link, self._settings.timeout) or self.master
            except OSError as error:
                self._report(unreachable(self._address, error))
                await self._pause(self._absent.next())
                continue
            self._absent.reset()
            self._link = link
            try:
                link.open()
                closed = await link.over
            finally:
                link.close()
                self._link = None
            if not self._stopped.is_set():
                self._report(closed.problem)
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
        reported = self._link.session.sys_up_time if self._link else None
        if reported is None:
            return None
        self._up_time.learn(*reported)
        return self._up_time.at(at)

    def _take_event(self, event: Event) -> None:
        if isinstance(event, Ready):
            self._refused.reset()
            if self.problem:
                log.info("registered with the AgentX master at %s", self._address)
            self.problem = None
        elif isinstance(event, RegistrationRefused):
            self._report(event.problem)
        self._on_event(event)

    def _report(self, problem: MasterProblem) -> None:
        """Log a problem once, until it changes."""
        line = self._explain(problem)
        if line != self.problem:
            log.warning("%s", line)
        self.problem = line
