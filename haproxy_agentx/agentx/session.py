"""One session with a master, from Open to Close, without IO (RFC 2741 7.1 and 7.2).

A session lives as long as its connection and no longer: a new connection takes a new one, so no octet, packet number
or session number of an old stream can reach it. The verbs: ``receive`` what was read, ``take_output`` to write it,
``take_events`` to learn what happened, and ``tick`` when ``deadline`` is reached. Its states are in ``states``.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.codec import HEADER_SIZE, Header, decode, encode
from haproxy_agentx.agentx.errors import FrameError, PayloadError
from haproxy_agentx.agentx.events import (
    Acknowledged,
    Closed,
    Event,
    MasterRefused,
    Ready,
    Settings,
    Unanswered,
    refusal,
)
from haproxy_agentx.agentx.framing import Framer
from haproxy_agentx.agentx.oid import Key, dotted, from_key
from haproxy_agentx.agentx.pdu import CloseReason, ErrorStatus, Pdu, PduType, VarBind
from haproxy_agentx.agentx.prefetch import NO_PREFETCH, Prefetch
from haproxy_agentx.agentx.responder import Answer, Responder, error_payload, response
from haproxy_agentx.agentx.states import OPEN, Signal, State, step
from haproxy_agentx.agentx.unanswered import Waiting, Waitlist

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Subtree:
    """A subtree that we want to serve. ``retry_at`` is when a refused one is tried again."""

    name: Key
    acknowledged: bool = False
    retry_at: float | None = None


class Session:
    """See the module. ``responder`` answers; ``now`` is the reading of a monotonic clock in seconds, in all verbs.

    The first output, an Open-PDU, is there at once.
    """

    def __init__(self, settings: Settings, responder: Responder, now: float) -> None:
        self.state = State.OPENING
        self.session_id = 0
        self.clock: tuple[int, float] | None = None
        """The master's sysUpTime in hundredths of a second, and when it reported it."""
        self._settings = settings
        self._responder = responder
        self._between_frames = True
        self._framer = Framer()
        self._output: list[bytes] = []
        self._events: list[Event] = []
        self._pending = Waitlist()
        self._subtrees = [_Subtree(name) for name in settings.subtrees]
        self._slow: deque[tuple[Pdu, Answer]] = deque()
        self._ping_at = now + settings.ping_interval
        self._description = settings.description.encode()[:255].decode(errors="ignore").encode()
        self.walking = False
        """Whether the last request was one of a walk, so that the next will follow at once."""
        self._prefetch = NO_PREFETCH
        self._get_head = b""
        self._complaint = logging.WARNING
        self._send(p.Open(id=settings.identity, descr=self._description, timeout=int(settings.timeout)), now)

    def receive(self, data: bytes, now: float) -> None:
        """Receive octets from the master."""
        self._framer.feed(data)
        self._between_frames = True
        try:
            while self.state is not State.CLOSED and (framed := self._framer.next_frame()) is not None:
                self.prepare()  # for the walk of the frame before: several managers walk at once
                header, frame = framed
                answer = self._prefetch.answer(frame) or self.answer_at_once(frame)
                if answer:
                    self._output.append(answer)
                else:
                    self._take_frame(header, frame, now)
            self._between_frames = self._framer.empty
        except FrameError as error:
            if self.state in OPEN:
                self._send(p.Close(session_id=self.session_id, reason=CloseReason.PARSE_ERROR), now)
            self._over(f"the master sends what is not AgentX: {error}", refused=True)

    @property
    def prefetch(self) -> Prefetch:
        """Return what answers the next requests of a walk, until something else was read.

        It is for a caller that has read one PDU and has nothing else to write: the shortest way past ``receive``,
        which leaves nothing to be done behind it.
        """
        return self._prefetch if self._between_frames else NO_PREFETCH

    def answer_at_once(self, frame: bytes) -> bytes:
        """Return the Response to a request whose octets suffice to answer it; b"" for all others.

        Those are a Get, and the last prefetched request of a walk. ``prepare`` is to follow.
        """
        self.walking = False
        if not self._between_frames:
            return b""
        head, request, answer = frame[:8], frame[16:], b""
        if head == self._prefetch.request_prefix:
            answer = self._responder.get_next_at_once(request)
            self.walking = bool(answer)
        elif head == self._get_head and int.from_bytes(request[:4], "big") == len(request) - 4:
            answer = self._responder.get_at_once(request[4:])
        return answer and self._prefetch.response_prefix + frame[8:16] + answer

    def take_output(self) -> bytes:
        """Return the octets to write."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def take_events(self) -> list[Event]:
        """Return what has happened since the last call."""
        events, self._events = self._events, []
        return events

    def prepare(self) -> None:
        """Make the answers that a walk needs next. Call it when the output is written, so that nothing waits for it."""
        self._responder.prepare()

    @property
    def quiet(self) -> bool:
        """Whether nothing but output is waiting: no event, no answer to go on with, no deadline that has moved."""
        return self.state is State.READY and not self._events and not self._slow

    @property
    def busy(self) -> bool:
        """Whether ``work`` has an answer to go on with."""
        return bool(self._slow)

    def work(self) -> None:
        """Go on for a moment with the answers that take long, each in turn."""
        if self._slow:
            self._advance(*self._slow.popleft())

    def deadline(self) -> float | None:
        """Return when ``tick`` is due."""
        due = [self._pending.deadline(), *(subtree.retry_at for subtree in self._subtrees)]
        if self.state in OPEN:
            due.append(self._ping_at)
        return None if self.state is State.CLOSED else min((at for at in due if at is not None), default=None)

    def tick(self, now: float) -> None:
        """Do what is due: notice silence, try refused subtrees again, ping. ``unanswered`` has what silence means."""
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

    @property
    def waits(self) -> bool:
        """Whether the master owes an answer."""
        return bool(self._pending)

    def excuse(self, seconds: float) -> None:
        """Grant the master so much more time for what it owes: this process was late itself."""
        self._pending.excuse(seconds)

    def notify(self, varbinds: Sequence[VarBind], token: object, now: float) -> bool:
        """Send a notification; an Acknowledged or Unanswered with ``token`` follows, or the Closed of the session.

        Return False when the session is not open.
        """
        if self.state not in OPEN:
            return False
        notify = p.Notify(session_id=self.session_id, varbinds=varbinds)
        self._send(notify, now, token=token, within=self._settings.notify_timeout)
        return True

    def stop(self, now: float) -> None:
        """Close the session: a Closed event follows when the master has answered, or soon (RFC 2741 7.1.9)."""
        if self.state in OPEN:
            self._pending.clear()
            self._slow.clear()
            self._prefetch, self._get_head = NO_PREFETCH, b""
            close = p.Close(session_id=self.session_id, reason=CloseReason.SHUTDOWN)
            self._send(close, now, within=self._settings.close_timeout)
        elif self.state is State.OPENING:
            self._over("stopped")
        self.state = step(self.state, Signal.STOP)

    def lost(self, reason: str) -> None:
        """Record that the connection is gone: the end of the stream, or an error."""
        if self.state is not State.CLOSED:
            self._over(reason)

    def serve_subtrees(self, names: Sequence[Key], now: float) -> None:
        """Register and unregister what differs from the subtrees that are served (RFC 2741 7.1.4, 7.1.5)."""
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

    def _send(
        self,
        pdu: Pdu,
        now: float,
        *,
        token: object = None,
        within: float | None = None,
        overdue: tuple[int, ...] = (),
    ) -> None:
        """Send a PDU of ours and expect its answer."""
        seconds = self._settings.timeout if within is None else within
        packet_id = self._pending.add(Waiting(pdu, now + seconds, token, overdue))
        self._output.append(encode(replace(pdu, packet_id=packet_id)))

    def _register(self, subtree: _Subtree, now: float) -> None:
        subtree.retry_at = None
        register = p.Register(
            session_id=self.session_id,
            subtree=subtree.name,
            priority=self._settings.priority,
            timeout=int(self._settings.timeout),
        )
        self._send(register, now, token=subtree)

    def _take_frame(self, header: Header, frame: bytes, now: float) -> None:
        try:
            pdu = decode(header, frame[HEADER_SIZE:])
        except PayloadError as error:
            log.log(self._complaint, "AgentX master: it sent a %s that does not parse: %s", header.type.name, error)
            self._complaint = logging.DEBUG  # the first one of a session is news
            if header.type is not PduType.RESPONSE:
                bare = Pdu(
                    session_id=header.session_id,
                    transaction_id=header.transaction_id,
                    packet_id=header.packet_id,
                    flags=header.flags,
                )
                self._output.append(response(bare, error_payload(ErrorStatus.PARSE_ERROR)))
            return
        if isinstance(pdu, p.Response):
            self._take_response(pdu, now)
        elif isinstance(pdu, p.CleanupSet):
            return  # 7.2.4.4: the one request that is not answered
        elif self.state not in OPEN or pdu.session_id != self.session_id:
            self._output.append(response(pdu, error_payload(ErrorStatus.NOT_OPEN)))  # 7.2.2
        elif isinstance(pdu, p.Close):
            known = {reason.value: reason.name.lower() for reason in CloseReason}
            self._over(f"the master has closed the session: {known.get(pdu.reason, pdu.reason)}", refused=True)
        else:
            self._advance(pdu, self._responder.answer(pdu))

    def _advance(self, request: Pdu, answer: Answer) -> None:
        """Let an answer go on to its next pause, or send it."""
        try:
            next(answer)
        except StopIteration as done:
            self._output.append(response(request, done.value))
        except Exception:  # a bug of ours is told to the manager (7.2.3) and to the log, and ends nothing else
            log.exception("internal error while answering a %s", request.type.name)
            self._output.append(response(request, error_payload(ErrorStatus.GEN_ERR, 1)))
        else:
            self._slow.append((request, answer))

    def _take_response(self, answer: p.Response, now: float) -> None:
        """RFC 2741 7.2.2: matched by packetID alone; an answer that no request waits for is dropped."""
        pending = self._pending.take(answer.packet_id)
        if pending is None:
            return
        self.clock = answer.sys_up_time, now
        if answer.error == ErrorStatus.NOT_OPEN and self.state in OPEN:
            self._over("the master does not know this session any more (notOpen)", refused=True)
            return
        self.CONSEQUENCES[type(pending.pdu)](self, pending, answer, now)

    def _opened(self, _pending: Waiting, answer: p.Response, now: float) -> None:
        if answer.error:
            self._over(f"the master opens no session: {refusal(answer.error)}", refused=True)
            return
        self.session_id = answer.session_id
        self.state = step(self.state, Signal.OPENED)
        self._ping_at = now + self._settings.ping_interval
        flags, number = Pdu().flags, self.session_id.to_bytes(4, "big")
        self._get_head, get_next, response = (
            bytes((1, kind, flags, 0)) + number for kind in (PduType.GET, PduType.GET_NEXT, PduType.RESPONSE)
        )
        self._prefetch = Prefetch(self._responder.prefetched.answers, request_prefix=get_next, response_prefix=response)
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
            name = dotted(from_key(subtree.name))
            self._events.append(MasterRefused(subtree.name, f"cannot register {name}: {refusal(answer.error)}"))
        elif self.state is State.REGISTERING and all(known.acknowledged for known in self._subtrees):
            self.state = step(self.state, Signal.ALL_REGISTERED)
            self._events.append(Ready())

    def _capabilities_added(self, _pending: Waiting, answer: p.Response, _now: float) -> None:
        if answer.error:  # sysORTable lacks a line, which is no reason not to serve
            log.info("AgentX master: it lists no capabilities in sysORTable: %s", refusal(answer.error))

    def _acknowledged(self, pending: Waiting, answer: p.Response, _now: float) -> None:
        self._events.append(Acknowledged(pending.token, answer.error))

    def _pinged(self, pending: Waiting, _answer: p.Response, _now: float) -> None:
        self._events += [Unanswered(token) for token in self._pending.pass_over(pending.overdue)]

    def _unmoved(self, _pending: Waiting, _answer: p.Response, _now: float) -> None:
        """Process the answer to an Unregister: that it came is all there is to it."""

    def _goodbye(self, _pending: Waiting, _answer: p.Response, _now: float) -> None:
        self._over("stopped")

    def _over(self, reason: str, *, refused: bool = False) -> None:
        self.state = step(self.state, Signal.OVER)
        self._pending.clear()
        self._slow.clear()
        self._prefetch, self._get_head, self.walking = NO_PREFETCH, b"", False
        self._events.append(Closed(reason, refused))

    CONSEQUENCES: ClassVar[dict[type[Pdu], Callable[["Session", Waiting, p.Response, float], None]]] = {
        p.Open: _opened,
        p.AddAgentCaps: _capabilities_added,
        p.Register: _registered,
        p.Unregister: _unmoved,
        p.Ping: _pinged,
        p.Notify: _acknowledged,
        p.Close: _goodbye,
    }
    """What the answer to each PDU of ours leads to."""
