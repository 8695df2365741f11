"""Whether clients' connections come to a node as they used to, by their number. Pure; times are monotonic seconds.

The usual rate is measured while connections come. Where one of FEW comes, it is kept, and how many would have come by
it is counted: from EXPECTED on, that they do not come is no chance. A lull of a service with few clients proves
nothing for so long, and a service that is seldom asked is never missed.
"""

from dataclasses import dataclass
from enum import IntEnum

USUAL = 60.0
"""Seconds over which the usual rate is measured, at least."""

MEASURED = 60
"""Connections over which it is measured, at least: of a few the rate is not known."""

LATELY = 5.0
"""Likewise the present one."""

FEW = 10
"""One of so many that used to come, or less, is few."""

EXPECTED = 20
"""Connections that would have come. If they come at random, not one in ten million lulls looks like this."""

SOME = 5
"""Connections that show that clients come."""

FIRST = 15.0
"""Seconds without any connection from the first on, after which none come."""


class Arrivals(IntEnum):
    """How clients' connections come to a node."""

    unmeasured = 1
    """Too few have come to say anything, be it that they come or that they are missed, or they cannot be counted."""
    usual = 2
    few = 3
    """Those that used to come have ceased, but for one of FEW at most."""
    none = 4
    """Not one has come since they are counted."""


@dataclass(slots=True)
class ArrivalWatch:
    """Connections since ``begin``: that is when the node gets the addresses."""

    came: int = 0
    level: Arrivals = Arrivals.unmeasured
    since: float = 0.0
    """Since when it is ``level``; of few, since they have ceased."""
    _began: float = 0.0
    _usual: float = 0.0
    _lately: float = 0.0
    _ceased_at: float | None = None
    _came_since: int = 0
    """Connections since then."""
    _count: int | None = None
    _at: float = 0.0

    def begin(self, now: float) -> None:
        """Count anew."""
        self.came, self._usual, self._lately = 0, 0.0, 0.0
        self._began, self._ceased_at, self._count, self._at = now, None, None, now
        self.level, self.since = Arrivals.unmeasured, now

    def look(self, count: int, at: float) -> None:
        """Record how many connections there have ever been, by a reading that was made at a time."""
        seconds = at - self._at
        if seconds <= 0:
            return
        before, self._count, self._at = self._count, count, at
        if before is None or count < before:
            return
        gained = count - before
        self.came += gained
        self._lately += (gained / seconds - self._lately) * min(1.0, seconds / LATELY)
        if self._ceased_at is None:
            longest = max(USUAL, MEASURED / self._usual) if self._usual else USUAL
            span = max(seconds, min(longest, at - self._began))
            self._usual += (gained / seconds - self._usual) * seconds / span
        self._look_for_less(gained, at)
        level = self._judge(at)
        if level is not self.level:
            self.level, self.since = level, self._ceased_at or at if level is Arrivals.few else at

    def _look_for_less(self, gained: int, at: float) -> None:
        if self.came < EXPECTED or self._lately * FEW > self._usual:
            self._ceased_at = None
        elif self._ceased_at is None:
            self._ceased_at, self._came_since = at, 0
        else:
            self._came_since += gained

    def _judge(self, at: float) -> Arrivals:
        expected = 0.0 if self._ceased_at is None else self._usual * (at - self._ceased_at)
        if expected >= EXPECTED and self._came_since * FEW <= expected:
            return Arrivals.few
        if not self.came:
            return Arrivals.none if at - self._began >= FIRST else Arrivals.unmeasured
        has_ceased = self._lately * FEW <= self._usual
        if self.came < SOME or (has_ceased and self.came < EXPECTED):
            return Arrivals.unmeasured
        return Arrivals.usual
