"""Servers that track others (keyword ``track``): as proven as what they track. Pure.

A server without a check of its own shows the state of the one that it tracks. After a reload HAProxy calls both UP
before it has checked anything, and with ``fall 1`` in the very words of a server that was checked. So where a tracking
server is UP, the row of the one at the end of its chain decides whether that is proven.
"""

from collections.abc import Generator, Sequence

from haproxy_agentx.haproxy.stat import SEPARATOR, Reading
from haproxy_agentx.health.server_standing import UNSURE, shown

BELIEVED = 60.0
"""Seconds after which UP is believed though nothing shows what is tracked, or that was checked."""

DEPTH = 16
"""Servers in a chain."""

PAUSE = 128
"""Rows between two pauses."""


class Tracking:
    """The tracking servers of a reading's rows, by their places, and where the rows are that prove them."""

    def __init__(self) -> None:
        self.held: dict[int, float] = {}
        """Places of servers that are UP without proof, and since when."""
        self._roots: dict[int, int | None] = {}

    def survey(self, reading: Reading, places: Sequence[int]) -> Generator[None, None, None]:
        """Find what the servers at ``places`` track, for rows that are others than before."""
        self.held, self._roots = {}, dict.fromkeys(places)
        field = reading.fields.get("tracked")
        if not places or field is None:
            return
        names: dict[bytes, int] = {}
        for place, signature in enumerate(reading.signatures):
            if not place % PAUSE:
                yield
            proxy, name, _rest = signature.split(SEPARATOR, 2)
            names.setdefault(proxy + b"/" + name, place)
        for number, place in enumerate(places):
            if not number % PAUSE:
                yield
            self._roots[place] = _root(reading, field, place, names)

    def root(self, place: int) -> int | None:
        """Return the place of the row that proves the server at ``place``, None where that was not found."""
        return self._roots.get(place)

    def is_strange(self, place: int) -> bool:
        """Whether it was not found out what the server at ``place`` tracks."""
        return place not in self._roots

    def is_proven(self, reading: Reading, place: int, now: float, *, known: bool) -> bool:
        """Whether the UP of the tracking server at ``place`` is proven, or is believed by now.

        ``known`` says that it was known not to be UP: then it is held to that, and for how long is counted.
        """
        root = self._roots.get(place)
        if root is not None:
            seen = shown(reading.signatures[root].split(SEPARATOR, 5)[5])
            if not seen & UNSURE:
                self.held.pop(place, None)
                return True
        if not known:
            self.held.pop(place, None)
            return False
        return now - self.held.setdefault(place, now) > BELIEVED


def _root(reading: Reading, field: int, place: int, names: dict[bytes, int]) -> int | None:
    """Return the place of the server at the end of a chain, None where there is none."""
    at: int | None = place
    for _ in range(DEPTH):
        (tracked,) = reading.cut(field, [at or 0])
        if not tracked:
            return at if at != place else None
        at = names.get(tracked)
        if at is None:
            return None
    return None
