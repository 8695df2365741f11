"""How long somebody has been silent, counting only time in which we listened. Pure.

A timeout that passes while this process did not run (SIGSTOP, a paused virtual machine, a long callback, no processor)
says nothing about the other side: its answer may have been waiting for us. So silence is looked at in short steps. A
look that comes later than planned moves the deadline by what it was late, and is never the last one: before that the
loop reads once more what has come.
"""

from enum import Enum
from typing import Final

STEP: Final = 0.25
"""Seconds between two looks at most."""

TOLERANCE: Final = 0.1
"""Seconds that a look may be late: a busy scheduler's, not a stopped process."""

MOMENT: Final = 0.02
"""Seconds at least until the look after a late one, in which the loop reads what has come meanwhile."""


def lateness(planned: float, now: float) -> float:
    """Return the seconds that a look planned for ``planned`` is late, 0.0 when it is within ``TOLERANCE``."""
    late = now - planned
    return late if late > TOLERANCE else 0.0


STARVED: Final = 8
"""Late looks one after the other, once the time is over, after which it ends without a verdict."""


class Look(Enum):
    """What a look finds."""

    waiting = "there is time left"
    silent = "no sign for the whole time, in which we listened: a verdict on the other side"
    slow = "signs keep coming, and what they are parts of has not come to its end: no verdict"
    starved = "we hardly ran: no verdict"


class Patience:
    """Waits ``seconds`` for a sign from somebody, beginning at ``now`` (monotonic seconds, as in all methods).

    Call ``wait`` for how long to wait, ``look`` when that time has passed, and ``heard`` at each sign, from which on
    the silence counts anew. ``whole`` is the most that all of it may take, in seconds; without it there is no such end.
    """

    def __init__(self, seconds: float, now: float, whole: float = float("inf")) -> None:
        self.lost = 0.0
        """Seconds that we were late, since the beginning."""
        self._seconds = seconds
        self._ends = now + seconds
        self._whole_ends = now + whole
        self._planned = now
        self._late_looks = 0

    def wait(self, now: float) -> float:
        """Return the seconds until the next look: at most ``STEP``, and more than 0."""
        least = MOMENT if self._late_looks else 0.001
        step = min(STEP, max(least, min(self._ends, self._whole_ends) - now))
        self._planned = now + step
        return step

    def look(self, now: float) -> Look:
        """Return what has become of it. A look that is late is no verdict, and gives its lateness back."""
        late = lateness(self._planned, now)
        self._late_looks = self._late_looks + 1 if late else 0
        self._ends += late
        self._whole_ends += late
        self.lost += late
        if now < min(self._ends, self._whole_ends):
            return Look.waiting
        if late:
            return Look.starved if self._late_looks >= STARVED else Look.waiting
        return Look.silent if now >= self._ends else Look.slow

    def heard(self, now: float) -> None:
        """Record a sign."""
        self._ends = now + self._seconds
