"""How many notifications one subject may cause, and what becomes of the others: they are counted. Pure."""

from collections import deque

CALM = 5.0
"""Seconds without news after which a storm is over."""


class Limiter:
    """``limit`` in ``per`` seconds; what is more is a storm, told in one: when it is over, or each ``per``.

    Times are monotonic seconds.
    """

    def __init__(self, limit: int, per: float) -> None:
        self.suppressed = 0
        self._limit = limit
        self._per = per
        self._told: deque[float] = deque(maxlen=limit)
        self._storm_since: float | None = None
        self._last_news = 0.0

    def allows(self, now: float) -> bool:
        """Say whether something may be told now; if not, it is counted, and ``due`` says when to tell the sum."""
        busy = len(self._told) == self._limit and now - self._told[0] < self._per
        if busy or self._storm_since is not None:
            self.count(now)
            return False
        self._last_news = now
        self._told.append(now)
        return True

    def count(self, now: float) -> None:
        """Take that something is not told: that is a storm."""
        self._last_news = now
        self.suppressed += 1
        if self._storm_since is None:
            self._storm_since = now

    def due(self) -> float | None:
        """Give when the sum of a storm is to be told, None without a storm."""
        if self._storm_since is None:
            return None
        return min(self._last_news + CALM, self._storm_since + self._per)

    def sum(self, now: float) -> int:
        """Give how many were suppressed and begin anew: the sum is told. A storm that goes on stays one."""
        count, self.suppressed = self.suppressed, 0
        calm = now >= self._last_news + CALM
        self._storm_since = None if calm else now
        self._told.append(now)
        return count
