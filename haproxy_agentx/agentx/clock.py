"""sysUpTime by our own clock."""

TICKS = 100
"""Of sysUpTime in a second."""

WRAP = 1 << 32
"""sysUpTime begins again at 0 here, after 497 days, without a restart (RFC 2579, TimeStamp)."""

LATENESS = 5.0
"""Seconds that an answer may be late (``Settings.timeout``): beyond that it is of another start of the master."""


class UpTime:
    """What sysUpTime was at moments of a monotonic clock.

    A moment has the same sysUpTime whenever it is asked for, however late the master's answers are: managers take a
    TimeStamp that moves by a hundredth of a second for a discontinuity. Only a restart of the master changes it: then
    sysUpTime is far from what it should be, or less than it was, which shows the restart of a master that was young.
    """

    def __init__(self) -> None:
        self._began: float | None = None
        self._last = 0

    def learn(self, ticks: int, now: float) -> None:
        """Record the sysUpTime of an answer that came ``now``."""
        before, self._last = self._last, ticks
        if self._began is not None:
            expected = int((now - self._began) * TICKS)
            off = abs((ticks - expected + WRAP // 2) % WRAP - WRAP // 2)
            if off <= LATENESS * TICKS and not ticks < before <= expected % WRAP:
                return
        self._began = now - ticks / TICKS

    def at(self, moment: float) -> int | None:
        """Return sysUpTime at a moment, 0 if that was before it began; None if not known."""
        return None if self._began is None else max(0, int((moment - self._began) * TICKS)) % WRAP
