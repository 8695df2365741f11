"""Whether notifications may leave this node now. Pure; times are monotonic seconds.

snmpd acknowledges a notification when it has given it to the network, which drops it silently while the cable is out.
So events are put on hold while no route leads out of the machine, or to any of its sinks where they are configured, and
for a moment more: a switch takes that long to forward again. A route is no proof, and none is no proof either (a sink
on this machine): the hold is bounded in time.

| the kernel has | an event that waits | at the longest for |
|---|---|---|
| a route, for ``SETTLE`` seconds or from the start | leaves | - |
| a route that has just come | is on hold | ``SETTLE``, and not beyond the ``hold`` that has begun |
| no route | is on hold | ``hold``, from the first event that had to wait |
| no route, and ``hold`` is over | leaves, and so do those behind it until there is a route | - |
"""

from collections.abc import Callable

SETTLE = 1.0
"""Seconds after a route has come."""

RECHECK = 0.01
"""Seconds for which an answer of the kernel is believed, unless an interface or an address has changed: a route goes
without a word to us. The question costs some 30 microseconds."""

NO_ROUTE = "no route leads out of this machine: events are on hold"
NO_ROUTE_TO_SINKS = "no route leads to an address of notifications.sinks: events are on hold"
SETTLING = "a route out of this machine has just come: events are on hold for a moment"


class EgressGate:
    """Asks ``has_route`` when it is asked itself. ``hold`` are the seconds that events wait at most; with 0 never.

    ``no_route`` says why they wait.
    """

    def __init__(self, has_route: Callable[[], bool], hold: float, no_route: str = NO_ROUTE) -> None:
        self._has_route = has_route
        self._hold = hold
        self._no_route = no_route
        self._is_way = True
        self._asked_at: float | None = None
        self._settled_at: float | None = None
        """When the route that came last may be used; None for one that was there from the start."""
        self._release_at: float | None = None
        """When events leave anyway; None when there is no hold."""

    def take_change(self, now: float) -> None:
        """Record that an interface or an address has changed: the kernel is asked for a route again."""
        self._asked_at = None
        self._look(now)

    def is_open(self, now: float) -> bool:
        """Whether an event that came now would leave at once. To ask begins no hold."""
        self._look(now)
        return not self._hold or (self._is_way and (self._settled_at is None or now >= self._settled_at))

    def obstacle(self, now: float) -> str | None:
        """Return in words why an event that waits should not leave now; None when it may."""
        if self.is_open(now):
            self._release_at = None
            return None
        if self._release_at is None:
            self._release_at = now + self._hold
        if now >= self._release_at:
            return None
        return SETTLING if self._is_way else self._no_route

    def _look(self, now: float) -> None:
        if not self._hold or (self._asked_at is not None and now < self._asked_at + RECHECK):
            return
        was_way, self._is_way, self._asked_at = self._is_way, self._has_route(), now
        if self._is_way and not was_way:
            self._settled_at = now + SETTLE
