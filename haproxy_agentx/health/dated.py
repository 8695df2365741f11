"""The date of a moment, as the wall clock had it first: a later step of that clock does not move it. Pure."""


def seconds(moment: float, now: float) -> int:
    """Return the whole seconds from ``moment`` to ``now``, both by one clock; 0 where that is ahead of us."""
    return max(0, int(now - moment))


class Dated:
    """The date of one moment; another moment gets its date when it is first asked for."""

    def __init__(self) -> None:
        self._moment: float | None = None
        self._date = 0.0

    def of(self, moment: float, now: float, date: float) -> float:
        """Return the date of ``moment`` in seconds since 1970; ``now`` and ``date`` are the same on two clocks."""
        if moment != self._moment:
            self._moment, self._date = moment, date - (now - moment)
        return self._date
