"""The requests of a master in one session, and our answers (RFC 2741 7.2).

Most requests are answered by their octets alone: those of a walk out of what is prefetched, a Get by its names. All
others are parsed and answered in steps, so that a request that asks for a lot leaves the others their turn.
"""

import logging
from collections import deque
from collections.abc import Callable

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.codec import decode_in_steps
from haproxy_agentx.agentx.constants import ErrorStatus, PduType
from haproxy_agentx.agentx.errors import PayloadError
from haproxy_agentx.agentx.header import Header, prefix
from haproxy_agentx.agentx.prefetch import NO_PREFETCH, Prefetch
from haproxy_agentx.agentx.responder import Answer, Responder
from haproxy_agentx.agentx.response import error_body, response

log = logging.getLogger(__name__)


class Requests:
    """Answers requests between ``begin`` and ``end``, and refuses them outside. ``on_close`` gets c.reason of a Close.

    ``prefetch`` is what answers the next requests of a walk; ``walking`` says whether the last request that was not
    prefetched is one of a walk, so that the next will follow at once.
    """

    def __init__(self, responder: Responder, on_close: Callable[[int], None]) -> None:
        self.prefetch = NO_PREFETCH
        self.walking = False
        self._responder = responder
        self._on_close = on_close
        self._session_id: int | None = None
        self._get_prefix = b""
        self._slow: deque[tuple[Header, Answer]] = deque()
        """What takes long, and how far its answer has come."""
        self._complaint = logging.WARNING

    def begin(self, session_id: int) -> None:
        """Answer requests from now on: the session is open."""
        self._session_id = session_id
        self._get_prefix = prefix(PduType.GET, session_id)
        self.prefetch = Prefetch(
            self._responder.prefetched.answers,
            request_prefix=prefix(PduType.GET_NEXT, session_id),
            response_prefix=prefix(PduType.RESPONSE, session_id),
        )

    def end(self) -> None:
        """Answer no more, and forget what takes long."""
        self._session_id = None
        self._get_prefix = b""
        self._slow.clear()
        self.prefetch = NO_PREFETCH
        self.walking = False

    @property
    def has_more(self) -> bool:
        """Whether there is something to ``go_on`` with."""
        return bool(self._slow) or self._responder.upcoming is not None

    def prepare(self) -> None:
        """Prefetch what a walk needs next."""
        self._responder.prepare()

    def go_on(self) -> bytes:
        """Prefetch, and take one step of what takes long, each in turn. Return the Response, b"" if it is not ready."""
        self._responder.prepare()
        return self._step(*self._slow.popleft()) if self._slow else b""

    def answer_at_once(self, frame: bytes) -> bytes:
        """Return the Response to a request whose octets suffice to answer it; b"" for all others.

        Those are the prefetched ones of a walk, of which the last leads to prefetching more, and a Get.
        """
        found = self.prefetch.answer(frame)
        if found is not None:
            return found
        self.walking = False
        head, request, answer = frame[:8], frame[16:], b""
        if head == self.prefetch.request_prefix:
            answer = self._responder.get_next_at_once(request)
            self.walking = bool(answer)
        elif head == self._get_prefix and int.from_bytes(request[:4], "big") == len(request) - 4:
            answer = self._responder.get_at_once(request[4:])
        return answer and self.prefetch.response_prefix + frame[8:16] + answer

    def answer(self, header: Header, payload: bytes) -> bytes:
        """Return the Response to any request; b"" where it takes long (``go_on``), or none is due."""
        return self._step(header, self._answer(header, payload))

    def complain(self, header: Header, error: PayloadError) -> None:
        """Log a PDU that does not parse: the first one of a session is news."""
        log.log(self._complaint, "AgentX master: it sent a %s that does not parse: %s", header.type.name, error)
        self._complaint = logging.DEBUG

    def _answer(self, header: Header, payload: bytes) -> Answer:
        """Make the body of the Response to a request (7.2.2), b"" for no Response."""
        try:
            request = yield from decode_in_steps(header, payload)
        except PayloadError as error:
            self.complain(header, error)
            return error_body(ErrorStatus.PARSE_ERROR)
        if isinstance(request, p.CleanupSet):
            return b""  # 7.2.4.4: the one request that is not answered
        if header.session_id != self._session_id:
            return error_body(ErrorStatus.NOT_OPEN)
        if isinstance(request, p.Close):
            self._on_close(request.reason)
            return b""
        return (yield from self._responder.answer(request))

    def _step(self, header: Header, answer: Answer) -> bytes:
        """Let an answer go on to its next pause, or return the Response."""
        try:
            next(answer)
        except StopIteration as done:
            return response(header, done.value) if done.value else b""
        except Exception:  # a bug of ours is reported to the manager (7.2.3) and in the log, and ends nothing else
            log.exception("internal error while answering a %s", header.type.name)
            return response(header, error_body(ErrorStatus.GEN_ERR, 1))
        self._slow.append((header, answer))
        return b""
