"""What is told of backends and servers whose status changed. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator

from haproxy_agentx.event import Kind, News
from haproxy_agentx.health.farm import StatusChange
from haproxy_agentx.health.limiter import Limiter
from haproxy_agentx.monitor.storm import storm

MAX_WAITING = 2000
"""Changes between two calls of ``tell``."""


class FarmNews:
    """Changes of the farms of all HAProxy processes, as far as they are wanted."""

    def __init__(self, backends: bool, servers: bool, of_backends: Limiter, of_servers: Limiter) -> None:  # noqa: FBT001
        self._limiters = {Kind.backendChange: of_backends, Kind.serverChange: of_servers}
        self._wanted = {Kind.backendChange: backends, Kind.serverChange: servers}
        self._waiting: deque[tuple[str, StatusChange]] = deque(maxlen=MAX_WAITING)

    def take(self, process: str, changes: Iterable[StatusChange]) -> None:
        """Take the changes that a reading of ``process`` has shown."""
        self._waiting.extend((process, change) for change in changes if self._wanted[_kind(change)])

    def deadline(self) -> float | None:
        """Give when ``tell`` has something though nothing comes."""
        return min((due for limiter in self._limiters.values() if (due := limiter.due()) is not None), default=None)

    def tell(self, now: float, date: float) -> Iterator[News]:
        """Give what is to be told now."""
        while self._waiting:
            process, change = self._waiting.popleft()
            kind = _kind(change)
            if self._limiters[kind].allows(now):
                subject = "/".join(part for part in (process, change.backend, change.server) if part)
                cells = {
                    "haxEventSubject": subject,
                    "haxEventState": change.after,
                    "haxEventPreviousState": change.before,
                    "haxEventCauseText": f"{subject} went from {change.before} to {change.after}",
                    "haxEventSuppressed": "0",
                }
                yield News(date, kind, cells)
        for kind, limiter in self._limiters.items():
            yield from storm(limiter, kind, now, date)


def _kind(change: StatusChange) -> Kind:
    return Kind.backendChange if change.server is None else Kind.serverChange
