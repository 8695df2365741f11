"""How long to wait before the next try to connect."""

import random


class Backoff:
    """Doubling delays in seconds with jitter, from ``first`` to ``most``.

    The jitter (half to all of the delay) keeps the subagents of many hosts from coming in step.
    """

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._delay = first

    def reset(self) -> None:
        """Restart at the first delay: the last try was a success."""
        self._delay = self._first

    def next(self) -> float:
        """Return the next delay."""
        delay = self._delay
        self._delay = min(2 * delay, self._most)
        return delay * random.uniform(0.5, 1.0)  # noqa: S311  a delay is no secret
