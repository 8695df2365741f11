"""How many notifications one subject may cause, and what becomes of the others: they are counted. Pure."""

from collections import deque
from typing import NamedTuple

CALM = 5.0
"""Seconds without a change after which a burst is over."""


class Rate(NamedTuple):
    """At most ``limit`` in any ``per`` seconds."""

    limit: int
    per: float


class RateWindow:
    """At most ``limit`` reports in any ``per`` seconds. Times are monotonic seconds."""

    def __init__(self, limit: int, per: float) -> None:
        self.limit = limit
        self.per = per
        self._reported: deque[float] = deque(maxlen=limit)

    def free_at(self) -> float | None:
        """Return the moment from which one more report is allowed, None if it is allowed at any time."""
        return self._reported[0] + self.per if len(self._reported) == self.limit else None

    def is_free(self, now: float) -> bool:
        """Whether one more report is allowed now."""
        free_at = self.free_at()
        return free_at is None or now >= free_at

    def report(self, now: float) -> None:
        """Record a report. One that was not allowed counts as well: those that follow wait for longer."""
        self._reported.append(now)


class RateLimiter:
    """``limit`` in ``per`` seconds; what is more is a burst, reported in one: when it is over, or each ``per``.

    Times are monotonic seconds.
    """

    def __init__(self, limit: int, per: float) -> None:
        self.suppressed = 0
        self._window = RateWindow(limit, per)
        self._burst_since: float | None = None
        self._last_change = 0.0

    def allows(self, now: float) -> bool:
        """Whether something may be reported now; if not, it is counted, and ``due`` says when to report the sum."""
        if self._burst_since is not None or not self._window.is_free(now):
            self.count(now)
            return False
        self._last_change = now
        self._window.report(now)
        return True

    def count(self, now: float) -> None:
        """Record that something is not reported: that is a burst."""
        self._last_change = now
        self.suppressed += 1
        if self._burst_since is None:
            self._burst_since = now

    def due(self) -> float | None:
        """Return when the sum of a burst must be reported, None without a burst."""
        if self._burst_since is None:
            return None
        return min(self._last_change + CALM, self._burst_since + self._window.per)

    def sum(self, now: float) -> int:
        """Return how many were suppressed and restart: the sum is reported. A burst that goes on stays one."""
        count, self.suppressed = self.suppressed, 0
        calm = now >= self._last_change + CALM
        self._burst_since = None if calm else now
        self._window.report(now)
        return count


MANY = "(several)"
"""Subject of an event that stands for events of different subjects."""


def not_reported(count: int) -> str:
    """Return the clause that says how many changes were suppressed."""
    return f"{count} changes in a short time were not reported one by one"


def still_waiting(count: int) -> str:
    """Return the clause that says how many subjects wait for the limit, although nothing of theirs is suppressed."""
    return f"{count} more have changed and are reported one by one as the limit of notifications allows"
