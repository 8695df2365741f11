"""What is told of sources: one that is lost, one that is back. Pure."""

from collections.abc import Iterator

from haproxy_agentx.event import Kind, News
from haproxy_agentx.health.limiter import Limiter
from haproxy_agentx.health.model import Cause
from haproxy_agentx.health.steady import Steady
from haproxy_agentx.monitor.storm import storm

OK = "ok"


class SourceNews:
    """The states of all sources; a change is told when it has held for ``hold`` seconds."""

    def __init__(self, hold: float, limiter: Limiter) -> None:
        self._hold = hold
        self._limiter = limiter
        self._states: dict[str, Steady[str]] = {}
        self._errors: dict[str, str] = {}

    def take(self, name: str, state: str, error: str, now: float) -> None:
        """Take a state (a label of haxSourceState). The first one of a source is no change."""
        if name not in self._states:
            self._states[name] = Steady(state, self._hold)
        self._states[name].observe(state, now)
        self._errors[name] = error

    def deadline(self) -> float | None:
        """Give when ``tell`` may have something."""
        moments = [self._limiter.due(), *(steady.deadline() for steady in self._states.values())]
        return min((moment for moment in moments if moment is not None), default=None)

    def tell(self, now: float, date: float) -> Iterator[News]:
        """Give what is to be told now."""
        for name, steady in self._states.items():
            since = steady.since
            change = steady.tell(now)
            if change is None or not self._limiter.allows(now):
                continue
            before, after = change
            cause = Cause.recovered if after == OK else Cause.sourceLost
            words = f"{name} can be read again" if after == OK else self._errors[name]
            cells = {
                "haxEventSubject": name,
                "haxEventState": after,
                "haxEventPreviousState": before,
                "haxEventCause": cause.name,
                "haxEventCauseText": words,
                "haxEventSuppressed": "0",
            }
            yield News(date - (now - (since or now)), Kind.sourceChange, cells)
        yield from storm(self._limiter, Kind.sourceChange, now, date)
