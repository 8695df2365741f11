"""Answers to the requests of a master, from a MibView (RFC 2741 7.2).

Answering is a generator that pauses (yields) whenever a request asks for a lot, so that its caller can answer
others in between; each answer is of one view from beginning to end.
"""

import logging
from collections.abc import Callable, Generator, Sequence

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.codec import PAUSE_AFTER
from haproxy_agentx.agentx.constants import ErrorStatus, Tag
from haproxy_agentx.agentx.pdu import Pdu, SearchRange
from haproxy_agentx.agentx.prefetch import WIDE_WINDOW, PrefetchTable, Walks, request_payload, window_of
from haproxy_agentx.agentx.response import MAX_ANSWER, body, error_body
from haproxy_agentx.agentx.values import Wire
from haproxy_agentx.agentx.view import WINDOW, MibView, Walk
from haproxy_agentx.agentx.wire import encode_oid, expanded

Answer = Generator[None, None, bytes]
"""Pauses, and returns the body of a Response (``response``)."""

log = logging.getLogger(__name__)

_NULL = bytes(4)
"""The null Object Identifier (RFC 2741 5.1), which ends the search ranges of a Get."""


class _RangeError(Exception):
    """A search range cannot be answered: its answer does not fit, or making it failed. ``index`` counts from 1."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def _exception(tag: Tag, name: Wire) -> Wire:
    """Return a variable binding that has no value."""
    return bytes((0, tag, 0, 0)) + name


class Responder:
    """Answers from the view that is served now."""

    def __init__(self) -> None:
        self.view = MibView()
        self.prefetched = PrefetchTable()
        self.upcoming: Walks | None = None

    def serve(self, view: MibView) -> None:
        """Answer from ``view`` from now on. Requests that are being answered keep theirs."""
        self.view = view
        self.prefetched.clear()
        self.upcoming = None

    def prepare(self) -> None:
        """Make the answers that the walk of the last GetNext needs next."""
        upcoming, self.upcoming = self.upcoming, None
        if upcoming is not None:
            try:
                self.prefetched.follow(upcoming)
            except Exception as error:  # noqa: BLE001  a bug of ours: ``answer`` will meet it again, and tell
                log.debug("nothing is prefetched: %r", error)

    def get_next_at_once(self, request: bytes) -> bytes:
        """Answer the last GetNext that is known of a walk, with which ``prepare`` then goes on; b"" for others."""
        found = self.prefetched.take_end(request)
        if found is None:
            return b""
        answer, self.upcoming = found
        return answer

    def get_at_once(self, ranges: bytes) -> bytes:
        """Answer a Get out of its search ranges as they came, in network byte order.

        Return the body of the Response, or b"" for what needs a closer look: ``get`` is for that. This is the short
        way of what managers ask most.
        """
        if len(ranges) % 4:
            return b""
        view, at = self.view, 0
        varbinds: list[Wire] = []
        while at < len(ranges):
            count, prefix, include, reserved = ranges[at : at + 4]
            end = at + 4 + 4 * count
            if include or reserved or ranges[end : end + 4] != _NULL or len(varbinds) == PAUSE_AFTER:
                return b""
            try:
                tag, value = view.get(expanded(prefix, ranges[at + 4 : end]))
            except Exception:  # noqa: BLE001  ``get`` will meet it again, and tell
                return b""
            varbinds.append(bytes((0, tag, 0, 0)) + ranges[at:end] + value)
            at = end + 4
        answer = body(varbinds)
        return answer if len(answer) <= MAX_ANSWER else b""

    def answer(self, request: Pdu) -> Answer:
        """Answer any request of a master but Close and CleanupSet."""
        if request.context:
            return error_body(ErrorStatus.UNSUPPORTED_CONTEXT)  # 7.2.2: we register in the default context only
        error, index = _REFUSED.get(type(request), (ErrorStatus.PROCESSING_ERROR, 0))
        answer = _ANSWERS.get(type(request))
        if answer is None:
            return error_body(error, index)
        try:
            return (yield from answer(self, self.view, request))
        except _RangeError as error:
            if error.__cause__ is not None:
                log.exception("internal error while answering range %d of a request", error.index)
            return error_body(ErrorStatus.GEN_ERR, error.index)  # 7.2.3

    def get(self, view: MibView, request: p.Get) -> Answer:
        """RFC 2741 7.2.3.1."""
        varbinds: list[Wire] = []
        octets = 0
        for index, search in enumerate(request.ranges, 1):
            try:
                tag, value = view.get(search.start)
            except Exception as error:  # a bug of ours: told by ``answer``, in the log and to the manager
                raise _RangeError(index) from error
            varbind = bytes((0, tag, 0, 0)) + encode_oid(search.start) + value
            octets += len(varbind)
            if octets > MAX_ANSWER:
                raise _RangeError(index)
            varbinds.append(varbind)
            if index % PAUSE_AFTER == 0:
                yield
        return body(varbinds)

    def get_next(self, view: MibView, request: p.GetNext) -> Answer:
        """RFC 2741 7.2.3.2."""
        walks, more = yield from _start(view, request.ranges)
        if not all(more):
            return body(_row(walks, more, [encode_oid(search.start) for search in request.ranges]))
        row = [walk.take(1) for walk in walks]
        if view is self.view and 0 < len(walks) <= WIDE_WINDOW:
            self.upcoming = Walks(walks, request_payload([wire for stretch in row for wire in stretch.ranges()]))
        return body([wire for stretch in row for wire in stretch.varbinds()])

    def get_bulk(self, view: MibView, request: p.GetBulk) -> Answer:
        """RFC 2741 7.2.3.3: the non-repeaters once, the others up to max-repetitions times, as many as fit."""
        walks, more = yield from _start(view, request.ranges)
        names = [encode_oid(search.start) for search in request.ranges]
        single, most = min(request.non_repeaters, len(walks)), window_of(len(walks))
        varbinds = _row(walks[:single], more[:single], names[:single])
        walks, more, names = walks[single:], more[single:], names[single:]
        octets = sum(map(len, varbinds))
        for repetition in range(request.max_repetitions if walks else 0):
            if repetition:
                for at, walk in enumerate(walks):
                    more[at] = more[at] and (yield from _fill(walk, most))
                yield
            row = _row(walks, more, names)
            octets += sum(map(len, row))
            if octets > MAX_ANSWER:
                if not varbinds:
                    raise _RangeError(single + 1)
                break
            varbinds += row
            if not any(more):
                break
        return body(varbinds)


def _fill(walk: Walk, window: int) -> Generator[None, None, bool]:
    """See that a walk has an instance to take; False at its end. Pauses after each window that holds none."""
    while not walk.parts:
        if not walk.fill(window):
            return False
        if not walk.parts:
            yield
    return True


def _start(view: MibView, ranges: Sequence[SearchRange]) -> Generator[None, None, tuple[list[Walk], list[bool]]]:
    """Start a walk for each range, and say of each whether it has an instance to take."""
    walks: list[Walk] = []
    more: list[bool] = []
    octets = 0
    for index, search in enumerate(ranges, 1):
        walk = view.walk(view.place(search.start, include=search.include), search.end)
        try:
            more.append((yield from _fill(walk, WINDOW)))
        except Exception as error:  # a bug of ours: told by ``answer``, in the log and to the manager
            raise _RangeError(index) from error
        walks.append(walk)
        octets += len(walk.column.varbind_head + walk.parts[0] + walk.values[0]) if walk.parts else 0
        if octets > MAX_ANSWER:
            raise _RangeError(index)
        if index % PAUSE_AFTER == 0:
            yield
    return walks, more


def _row(walks: Sequence[Walk], more: Sequence[bool], names: list[Wire]) -> list[Wire]:
    """Remove one variable binding of each walk, endOfMibView at its end; ``names`` are the last ones returned."""
    varbinds = []
    for at, walk in enumerate(walks):
        if more[at]:
            (varbind,) = walk.take(1).varbinds()
            names[at] = varbind[4 : 8 + 4 * varbind[4]]
        else:
            varbind = _exception(Tag.END_OF_MIB_VIEW, names[at])
        varbinds.append(varbind)
    return varbinds


_ANSWERS: dict[type[Pdu], Callable[..., Answer]] = {
    p.Get: Responder.get,
    p.GetNext: Responder.get_next,
    p.GetBulk: Responder.get_bulk,
}
_REFUSED: dict[type[Pdu], tuple[ErrorStatus, int]] = {
    p.TestSet: (ErrorStatus.NOT_WRITABLE, 1),  # 7.2.4.1: all objects are read-only, so the first one offends
    p.CommitSet: (ErrorStatus.COMMIT_FAILED, 1),  # 7.2.4.2: nothing was tested that could be committed
    p.UndoSet: (ErrorStatus.UNDO_FAILED, 1),  # 7.2.4.3
}
"""Error and index of the answers that say no; other types are no requests to a subagent (7.2.2)."""
