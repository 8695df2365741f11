"""How long a service was served, ready, not ready and not served by this node. Pure; times are monotonic seconds.

Each state of health counts as one thing, by a table that is total. The sum of all is the time in which this program
watched the service.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum

from haproxy_agentx.health.model import Health

AWAY = 5.0
"""Seconds without a look after which nothing is known of the time between: this program was stopped or did not run."""

KEPT_EACH = 300
"""Seconds after which it is written for the next start at the latest. A crash loses what came since."""


class Share(IntEnum):
    """What a second counts as; the number is its place in ``TimeInState.seconds``."""

    served = 0
    ready = 1
    notReady = 2  # noqa: N815  as the objects of the MIB are named
    notServed = 3  # noqa: N815
    unknown = 4


_TABLE = {
    Health.active: Share.served,
    Health.activeDegraded: Share.served,
    Health.standby: Share.ready,
    Health.standbyDegraded: Share.ready,
    Health.standbyNotReady: Share.notReady,
    Health.fault: Share.notReady,
    Health.stopped: Share.notReady,
    Health.blackhole: Share.notServed,
    Health.conflict: Share.notServed,
    Health.unknown: Share.unknown,
}

SHARES: Mapping[Health, Share] = {health: _TABLE[health] for health in Health}
"""The table. That it is total is proven when this module is imported."""


MEANINGS = {
    Share.served: "this node served the service",
    Share.ready: "this node was ready to take over",
    Share.notReady: "this node did not serve the service and could not have taken over",
    Share.notServed: "clients came to this node and were not served, or it was not certain that one node served them",
    Share.unknown: "nothing was known",
}
"""What each share means, in words."""


class TimeInState:
    """The seconds of each ``Share``, counted from look to look. None of them ever decreases."""

    def __init__(self) -> None:
        self._seconds = [0.0] * len(Share)
        self._health: Health | None = None
        self._looked_at = 0.0

    def look(self, health: Health, now: float) -> None:
        """Record what the health is now. Until now it was what the last look showed."""
        self._seconds = self._at(now)
        self._health, self._looked_at = health, now

    def seconds(self, now: float) -> tuple[int, ...]:
        """Return the whole seconds of each share until now, in the order of ``Share``."""
        return tuple(map(int, self._at(now)))

    def memory(self) -> list[float]:
        """Return what the next start has to know: the seconds until the last look."""
        return [round(each, 3) for each in self._seconds]

    def recall(self, memory: object) -> None:
        """Go on from what ``memory`` returned; anything else counts as nothing."""
        if not isinstance(memory, Sequence) or len(memory) != len(Share):
            return
        if all(isinstance(each, int | float) and 0 <= each < float("inf") for each in memory):
            self._seconds = list(map(float, memory))

    def _at(self, now: float) -> list[float]:
        """Return the seconds until now. A time without a look that is longer than ``AWAY`` counts as nothing."""
        passed = now - self._looked_at
        if self._health is None or not 0 < passed <= AWAY:
            return self._seconds
        seconds = list(self._seconds)
        seconds[SHARES[self._health]] += passed
        return seconds
