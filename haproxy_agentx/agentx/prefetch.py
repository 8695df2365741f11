"""Answers to the GetNext requests that a walk sends next, made before they are asked.

A master turns a bulk walk into one GetNext after the other (RFC 2741 7.1.1.3 lets it; net-snmp does), and each starts
from the names that the answer before it returned. So the payload of the next request is known to the octet, and
finding its answer is one look into a table instead of parsing, searching and encoding. What is remembered is bounded,
and forgotten whenever the view changes: an answer is always one of the view that is served.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from haproxy_agentx.agentx.response import MAX_ANSWER, bodies
from haproxy_agentx.agentx.values import Wire
from haproxy_agentx.agentx.view import WINDOW, Stretch, Walk

WIDE_WINDOW = 1024
"""Cells that the windows of one request's walks hold together: few enough that no request waits for them."""

MAX_OCTETS = 1 << 20
"""Bound on the requests and answers that are remembered: sixteen managers that walk at once have as much. As octets of
Python they take four times that."""


def window_of(ranges: int) -> int:
    """Return the window of each walk of a request of so many ranges."""
    return min(WINDOW, max(1, WIDE_WINDOW // max(1, ranges)))


_length = struct.Struct(">I").pack


def request_payload(ranges: Iterable[Wire]) -> bytes:
    """Return h.payload_length and the payload of a request."""
    octets = b"".join(ranges)
    return _length(len(octets)) + octets


class Walks:
    """One request's walks over its ranges, side by side: a row of them is what one repetition returns.

    ``request`` is the payload that asks for the next row.
    """

    __slots__ = ("_most", "_request", "_walks")

    def __init__(self, walks: Sequence[Walk], request: bytes) -> None:
        self._walks = walks
        self._request = request
        self._most = window_of(len(walks))

    def rows(self) -> list[tuple[bytes, bytes]]:
        """Return the requests that come next and their answers.

        None when a walk is at its end, has to look far, or stands among current values, and none that does not
        fit in an answer.
        """
        walks = self._walks
        for walk in walks:
            if not walk.parts and not walk.column.live:
                walk.fill(self._most)
            if walk.column.live or not walk.parts:
                return []
        count = min([len(walk.parts) for walk in walks])
        stretches = [walk.take(count) for walk in walks]
        parts = stretches[0].parts
        alike = all(stretch.parts == parts for stretch in stretches)
        requests, varbinds = (_of_the_same_rows if alike else _of_any_rows)(stretches)
        answers = bodies(varbinds)
        if max(map(len, answers)) > MAX_ANSWER:
            return []
        requests.insert(0, self._request)
        self._request = requests.pop()
        return list(zip(requests, answers, strict=True))


def _of_any_rows(stretches: Sequence[Stretch]) -> tuple[list[bytes], list[bytes]]:
    """Return the requests that follow each row of instances, and the variable bindings of each row."""
    ranges = zip(*[stretch.ranges() for stretch in stretches], strict=True)
    varbinds = zip(*[stretch.varbinds() for stretch in stretches], strict=True)
    return list(map(request_payload, ranges)), list(map(b"".join, varbinds))


def _of_the_same_rows(stretches: Sequence[Stretch]) -> tuple[list[bytes], list[bytes]]:
    """Return the same for columns of one table, walked in step.

    What ends a name is then the same in all columns, and so all of a request, or of an answer, is one ``join`` with
    that between the pieces: a quarter of the time that it takes to put each name together.
    """
    parts = stretches[0].parts
    tails = [b"", *(stretch.end_wire for stretch in stretches)]
    heads = [*(stretch.column.name_head for stretch in stretches), b""]
    between = [tail + head for tail, head in zip(tails, heads, strict=True)]
    between[0] = _length(sum(map(len, between)) + len(stretches) * len(parts[0])) + between[0]
    first, *others = [stretch.column.varbind_head for stretch in stretches]
    values = [[value + head for value in stretch.values] for stretch, head in zip(stretches, others, strict=False)]
    rows = zip(repeat(first), *values, stretches[-1].values, strict=False)
    return [part.join(between) for part in parts], list(map(bytes.join, parts, rows))


class PrefetchTable:
    """The table of answers: from the octets of a request after its h.packetID to those of its Response.

    Of each walk two windows are there, as many as MAX_OCTETS allows: the one that is asked for now, and the one before,
    for those who walk there a little behind. ``answers`` is public because looking into it is what every request of a
    walk does. The last request of a window is in ``ends`` instead, with its answer and the walk: its manager wants
    the walk to go on.
    """

    def __init__(self) -> None:
        self.answers: dict[bytes, bytes] = {}
        self.ends: dict[bytes, tuple[bytes, Walks]] = {}
        self._windows: dict[Walks, tuple[_Window, _Window]] = {}
        self._octets = 0

    def clear(self) -> None:
        """Forget everything: the view has changed."""
        self.answers.clear()
        self.ends.clear()
        self._windows.clear()
        self._octets = 0

    def follow(self, walks: Walks) -> None:
        """Make the answers that come next on ``walks``, and forget those before the last ones, and the oldest ones."""
        before, last = self._windows.pop(walks, ([], []))
        self._forget(before)
        rows = walks.rows()
        if not rows:
            self._forget(last)
            return
        self._windows[walks] = last, rows
        self.answers.update(rows)
        end, answer = rows[-1]
        del self.answers[end]
        self.ends[end] = answer, walks
        self._octets += _octets(rows)
        while self._octets > MAX_OCTETS and len(self._windows) > 1:
            for window in self._windows.pop(next(iter(self._windows))):
                self._forget(window)

    def take_end(self, request: bytes) -> tuple[bytes, Walks] | None:
        """Return the answer to the last request of a window, and its walk, which is then to be ``follow``ed."""
        found = self.ends.pop(request, None)
        if found is not None:
            self.answers[request] = found[0]
        return found

    def _forget(self, rows: "_Window") -> None:
        """Forget a window, but for what is another's by now."""
        self._octets -= _octets(rows)
        for request, answer in rows:
            if self.answers.get(request) is answer:
                del self.answers[request]
            elif request in self.ends and self.ends[request][0] is answer:
                del self.ends[request]


_Window = list[tuple[bytes, bytes]]
"""Requests that follow each other, with their answers."""


def _octets(rows: _Window) -> int:
    """Return the octets of a window, estimated by its first row."""
    return len(rows) * (len(rows[0][0]) + len(rows[0][1])) if rows else 0


class Prefetch(NamedTuple):
    """What it takes to answer the requests whose answers are prefetched in a session, and nothing else."""

    answers: Mapping[bytes, bytes]
    """Those of the PrefetchTable."""
    request_prefix: bytes
    """The first 8 octets of such a request: those of its header up to h.sessionID."""
    response_prefix: bytes
    """The first 8 octets of its Response."""

    def answer(self, frame: bytes) -> bytes | None:
        """Return the Response to a frame that is such a request, None for all others."""
        answer = self.answers.get(frame[16:])
        return (
            None if answer is None or frame[:8] != self.request_prefix else self.response_prefix + frame[8:16] + answer
        )


NO_PREFETCH = Prefetch({}, b"", b"")
