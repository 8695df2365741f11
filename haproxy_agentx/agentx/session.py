"""One session with a master, from Open to Close, without IO (RFC 2741 7.1 and 7.2).

A session lives as long as its connection and no longer: a new connection takes a new one, so no octet, packet number
or session number of an old stream can reach it. Its verbs return the octets to send to the master, often none:

| verb | when to call it |
|---|---|
| ``open`` | first |
| ``receive`` | with what was read |
| ``advance`` | when ``deadline`` is reached, after the output was sent |
| ``notify``, ``serve_subtrees``, ``close`` | as the application wants |

After each of them, ``next_event`` returns what has happened, until it is None, and ``deadline`` may have changed.
``connection_lost`` ends the session from our side of the socket. ``now`` is the reading of a monotonic clock in
seconds, in all of them. The states of a session are in ``states``, what a missing answer means is in ``unanswered``.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.codec import encode
from haproxy_agentx.agentx.constants import HEADER_SIZE, CloseReason, ErrorStatus, PduType, label, meaning
from haproxy_agentx.agentx.errors import FrameError, PayloadError
from haproxy_agentx.agentx.events import (
    Acknowledged,
    Closed,
    Event,
    MasterProblem,
    Ready,
    RegistrationRefused,
    Settings,
    Unanswered,
)
from haproxy_agentx.agentx.framing import Framer
from haproxy_agentx.agentx.header import Header
from haproxy_agentx.agentx.oid import Key, dotted, from_key
from haproxy_agentx.agentx.pdu import Pdu, VarBind
from haproxy_agentx.agentx.prefetch import NO_PREFETCH
from haproxy_agentx.agentx.requests import Requests
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.states import OPEN, Signal, State, step
from haproxy_agentx.agentx.unanswered import MOMENT, STEP, TOLERANCE, Waiting, Waitlist
from haproxy_agentx.agentx.wire import Reader

log = logging.getLogger(__name__)

AT_ONCE = 0.0
"""A deadline that is always over: there is more to do."""


@dataclass(slots=True)
class _Subtree:
    """A subtree that we want to serve. ``retry_at`` is when a refused one is tried again."""

    name: Key
    acknowledged: bool = False
    retry_at: float | None = None


class Session:
    """See the module. ``responder`` answers the requests of the master.

    ``prefetch`` is for a transport with a shorter way than ``receive`` (``transport``): it answers the next requests of
    a walk, until something else was read, and leaves nothing to do behind it.
    """

    def __init__(self, settings: Settings, responder: Responder) -> None:
        self.state = State.OPENING
        self.session_id = 0
        self.sys_up_time: tuple[int, float] | None = None
        """The master's sysUpTime in hundredths of a second, and when it reported it."""
        self.prefetch = NO_PREFETCH
        self._settings = settings
        self._requests = Requests(responder, self._closed)
        self._framer = Framer()
        self._output: list[bytes] = []
        self._events: deque[Event] = deque()
        self._pending = Waitlist()
        self._subtrees = [_Subtree(name) for name in settings.subtrees]
        self._description = settings.description.encode()[:255].decode(errors="ignore").encode()
        self._ping_at = 0.0
        self._look_at = 0.0
        """When to look next whether the master has answered: while it owes an answer."""
        self._due: float | None = None
        """The deadline, but for requests that wait."""

    def open(self, now: float) -> bytes:
        """Open the session (7.1.1)."""
        self._send(
            p.Open(id=self._settings.identity, descr=self._description, timeout=int(self._settings.timeout)), now
        )
        return self._planned()

    def receive(self, data: bytes, now: float) -> bytes:
        """Receive octets from the master."""
        if self.prefetch is not NO_PREFETCH:
            answer = self._requests.answer_at_once(data)
            if answer:
                return answer
        self._framer.feed(data)
        planned = True
        try:
            while self.state is not State.CLOSED and (framed := self._framer.next_frame()) is not None:
                self._requests.prepare()  # for the walk of the frame before: several managers walk at once
                header, frame = framed
                if answer := self._requests.answer_at_once(frame):
                    self._output.append(answer)
                elif header.type is PduType.RESPONSE:
                    self._take_response(header, frame[HEADER_SIZE:], now)
                    planned = False
                else:
                    self._output.append(self._requests.answer(header, frame[HEADER_SIZE:]))
        except FrameError as error:
            if self.state in OPEN:
                self._send(p.Close(session_id=self.session_id, reason=CloseReason.PARSE_ERROR), now)
            self._over(f"the master sends what is not AgentX: {error}", refused=True)
        self.prefetch = self._requests.prefetch if self._framer.empty else NO_PREFETCH
        return self._flushed() if planned else self._planned()

    @property
    def walking(self) -> bool:
        """Whether the last request that was not prefetched is one of a walk, so that the next will follow at once."""
        return self._requests.walking

    @property
    def has_events(self) -> bool:
        """Whether ``next_event`` has one to return."""
        return bool(self._events)

    def next_event(self) -> Event | None:
        """Return what has happened, one at a time, oldest first; None when there is no more."""
        return self._events.popleft() if self._events else None

    def deadline(self) -> float | None:
        """Return when ``advance`` is due: ``AT_ONCE`` when there is more to do now, None when nothing is planned."""
        return AT_ONCE if self._requests.has_more else self._due

    def advance(self, now: float) -> bytes:
        """Do what is due, at most one slice of each kind.

        That is to prefetch the answers that a walk needs next, to go on with an answer that takes long, to notice
        silence, to try refused subtrees again, and to ping. A call that comes later than ``deadline`` shows that this
        process did not run: that time is granted to the master, and ``receive`` is expected before the next look.
        """
        self._output.append(self._requests.go_on())
        if self._due is None or now < self._due:
            return self._flushed()
        late = now - self._due
        if self._pending and late > TOLERANCE:
            self._pending.excuse(late)
            self._due = now + MOMENT
            return self._flushed()
        self._look(now)
        return self._planned()

    def notify(self, varbinds: Sequence[VarBind], token: object, now: float) -> bytes:
        """Send a notification; an Acknowledged or Unanswered with ``token`` follows, or the Closed of the session.

        Return b"" when the session is not open: then nothing follows.
        """
        if self.state not in OPEN:
            return b""
        notify = p.Notify(session_id=self.session_id, varbinds=varbinds)
        self._send(notify, now, token=token, within=self._settings.notify_timeout)
        return self._planned()

    def serve_subtrees(self, names: Sequence[Key], now: float) -> bytes:
        """Register and unregister what differs from the subtrees that are served (7.1.4, 7.1.5)."""
        for subtree in [subtree for subtree in self._subtrees if subtree.name not in names]:
            self._subtrees.remove(subtree)
            if self.state in OPEN:  # also when its Register is not answered yet: the master takes them in order
                unregister = p.Unregister(
                    session_id=self.session_id, subtree=subtree.name, priority=self._settings.priority
                )
                self._send(unregister, now)
        known = {subtree.name for subtree in self._subtrees}
        for subtree in [_Subtree(name) for name in names if name not in known]:
            self._subtrees.append(subtree)
            if self.state in OPEN:
                self._register(subtree, now)
            self.state = step(self.state, Signal.SUBTREE_ADDED)
        return self._planned()

    def close(self, now: float) -> bytes:
        """Close the session (7.1.8): a Closed event follows when the master has answered, or soon."""
        if self.state in OPEN:
            self._forget()
            close = p.Close(session_id=self.session_id, reason=CloseReason.SHUTDOWN)
            self._send(close, now, within=self._settings.close_timeout)
        was_opening = self.state is State.OPENING
        self.state = step(self.state, Signal.STOP)
        if was_opening:
            self._end(MasterProblem("stopped"))
        return self._planned()

    def connection_lost(self, reason: str) -> None:
        """Record that the connection is gone: the end of the stream, or an error."""
        if self.state is not State.CLOSED:
            self._over(reason)
            self._output.clear()

    def _flushed(self) -> bytes:
        """Return the output."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def _planned(self) -> bytes:
        """Return the output, with the deadline up to date."""
        due = [self._pending.deadline(), *(subtree.retry_at for subtree in self._subtrees)]
        if self.state in OPEN:
            due.append(self._ping_at)
        if self._pending:
            due.append(self._look_at)
        self._due = None if self.state is State.CLOSED else min((at for at in due if at is not None), default=None)
        return self._flushed()

    def _send(
        self, pdu: Pdu, now: float, *, token: object = None, within: float | None = None, overdue: Sequence[int] = ()
    ) -> None:
        """Send a PDU of ours and expect its answer."""
        if not self._pending:
            self._look_at = now + STEP
        seconds = self._settings.timeout if within is None else within
        packet_id = self._pending.add(Waiting(pdu, now + seconds, token, overdue))
        self._output.append(encode(replace(pdu, packet_id=packet_id)))

    def _look(self, now: float) -> None:
        """Notice silence, try refused subtrees again, and ping."""
        self._look_at = now + STEP
        silent = self._pending.silence(now)
        if silent is not None:
            self._over(f"the master has not answered our {silent.name}: is it frozen or overloaded?", refused=True)
            return
        overdue = self._pending.overdue(now)
        for subtree in self._subtrees:
            if subtree.retry_at is not None and subtree.retry_at <= now:
                self._register(subtree, now)
        if self.state in OPEN and (overdue or self._ping_at <= now):
            self._ping_at = now + self._settings.ping_interval
            self._send(p.Ping(session_id=self.session_id), now, overdue=overdue)

    def _register(self, subtree: _Subtree, now: float) -> None:
        subtree.retry_at = None
        register = p.Register(
            session_id=self.session_id,
            subtree=subtree.name,
            priority=self._settings.priority,
            timeout=int(self._settings.timeout),
        )
        self._send(register, now, token=subtree)

    def _take_response(self, header: Header, payload: bytes, now: float) -> None:
        """Process a Response (7.2.2): matched by packetID alone, dropped when no PDU of ours waits for it.

        Its variable bindings repeat ours, so they are not read, however many there are.
        """
        try:
            sys_up_time, error, _index = Reader(payload, header.order).integers("IHH")
        except PayloadError as malformed:
            self._requests.complain(header, malformed)
            return
        pending = self._pending.take(header.packet_id)
        if pending is None:
            return
        self.sys_up_time = sys_up_time, now
        if error == ErrorStatus.NOT_OPEN and self.state in OPEN:
            self._over("the master does not know this session any more (notOpen)", refused=True, cause=error)
            return
        answer = p.Response(session_id=header.session_id, sys_up_time=sys_up_time, error=error)
        self._CONSEQUENCES[type(pending.pdu)](self, pending, answer, now)

    def _opened(self, _pending: Waiting, answer: p.Response, now: float) -> None:
        if answer.error:
            self._over(f"the master opens no session: {meaning(answer.error)}", refused=True, cause=answer.error)
            return
        self.session_id = answer.session_id
        self.state = step(self.state, Signal.OPENED)
        self._ping_at = now + self._settings.ping_interval
        self._requests.begin(self.session_id)
        capabilities = p.AddAgentCaps(session_id=self.session_id, id=self._settings.identity, descr=self._description)
        self._send(capabilities, now)
        for subtree in self._subtrees:
            self._register(subtree, now)

    def _registered(self, pending: Waiting, answer: p.Response, now: float) -> None:
        subtree = pending.token
        if not isinstance(subtree, _Subtree) or self.state not in OPEN:
            return
        subtree.acknowledged = not answer.error
        if answer.error:
            subtree.retry_at = now + self._settings.retry_interval
            text = f"cannot register {dotted(from_key(subtree.name))}: {meaning(answer.error)}"
            self._events.append(RegistrationRefused(subtree.name, MasterProblem(text, answer.error)))
        self._check_ready(pending, answer, now)

    def _check_ready(self, _pending: Waiting, _answer: p.Response, _now: float) -> None:
        """Report when all subtrees are registered: with the last one, or when one that is not was withdrawn."""
        if self.state is State.REGISTERING and all(subtree.acknowledged for subtree in self._subtrees):
            self.state = step(self.state, Signal.ALL_REGISTERED)
            self._events.append(Ready())

    def _capabilities_added(self, _pending: Waiting, answer: p.Response, _now: float) -> None:
        if answer.error:  # sysORTable lacks a line, which is no reason not to serve
            log.info("AgentX master: it lists no capabilities in sysORTable: %s", meaning(answer.error))

    def _acknowledged(self, pending: Waiting, answer: p.Response, _now: float) -> None:
        self._events.append(Acknowledged(pending.token, answer.error))

    def _pinged(self, pending: Waiting, _answer: p.Response, _now: float) -> None:
        self._events += [Unanswered(token) for token in self._pending.pass_over(pending.overdue)]

    def _goodbye(self, _pending: Waiting, _answer: p.Response, _now: float) -> None:
        self._over("stopped")

    def _closed(self, reason: int) -> None:
        """Process the master's Close (7.1.8)."""
        known = {reason.value: label(reason) for reason in CloseReason}
        self._over(f"the master has closed the session: {known.get(reason, reason)}", refused=True)

    def _over(self, reason: str, *, refused: bool = False, cause: int | None = None) -> None:
        self.state = step(self.state, Signal.OVER)
        self._end(MasterProblem(reason, cause), refused=refused)

    def _end(self, problem: MasterProblem, *, refused: bool = False) -> None:
        self._forget()
        self._due = None
        self._events.append(Closed(problem, refused))

    def _forget(self) -> None:
        """Answer no more, and expect no answers."""
        self._pending.clear()
        self._requests.end()
        self.prefetch = NO_PREFETCH

    _CONSEQUENCES: ClassVar[dict[type[Pdu], Callable[["Session", Waiting, p.Response, float], None]]] = {
        p.Open: _opened,
        p.AddAgentCaps: _capabilities_added,
        p.Register: _registered,
        p.Unregister: _check_ready,
        p.Ping: _pinged,
        p.Notify: _acknowledged,
        p.Close: _goodbye,
    }
    """What the answer to each PDU of ours leads to."""
