"""Whether a frontend denies every client since HAProxy was reloaded, though it did not before. Pure.

That a rule denies requests is what it is there for, and no outage. But where at least half of the requests were
answered until a reload, and of many since then none, the reload brought a rule that denies everybody. Of ten requests
or more that happens by chance once in a thousand times. A rule that changes without a reload (a map, an ACL by the
statistics socket) is not seen: an abuser who is denied looks the same.
"""

from dataclasses import dataclass

from haproxy_agentx.health.counters import Answers

REFUSED_REQUESTS = 10
"""Requests that have to be denied since a reload."""

REFUSED_SECONDS = 3.0
"""Seconds that have to be over since it was seen."""

FORGOTTEN = 60.0
"""Seconds without a request after which what was counted is no evidence any more."""

TOLERANCE = 10
"""One request of so many may be answered all the same."""

FADES = 0.9
"""What counts of earlier requests in each reading with some: the last ten or so decide."""

_NOTHING = Answers(0, 0, 0, 0)


@dataclass(slots=True)
class Refusals:
    """One frontend, reading by reading. Times are monotonic seconds."""

    _answered: float = 0.0
    _refused: float = 0.0
    """Requests before the reload, if there is one: the older, the less they count."""
    _seen_at: float | None = None
    """When there was a request at last; None before the first one."""
    _reloaded_at: float | None = None
    """When a reload was seen, if most requests were answered until then; None where nothing can follow from it."""
    _since: Answers = _NOTHING
    """What was counted since then."""

    def stands(self, now: float) -> bool:
        """Whether every client is denied."""
        if self._reloaded_at is None or self._seen_at is None or now - self._seen_at > FORGOTTEN:
            return False
        is_long = now - self._reloaded_at >= REFUSED_SECONDS and self._since.refused >= REFUSED_REQUESTS
        return is_long and self._since.answered * TOLERANCE <= self._since.refused

    def reloaded(self, counters: Answers, now: float) -> None:
        """Record that the counters restart; ``counters`` are what has been counted since."""
        was_used = self._seen_at is not None and now - self._seen_at <= FORGOTTEN
        if self._reloaded_at is None or self._since.answered:
            usual = was_used and self._answered >= 1 and self._answered >= self._refused
            self._reloaded_at = now if usual else None
        self._since = _NOTHING
        self._add(counters, now)

    def grew(self, gained: Answers, now: float) -> None:
        """Record what was counted between two readings of the same HAProxy."""
        self._add(gained, now)

    def _add(self, gained: Answers, now: float) -> None:
        if not gained.refused and not gained.answered:
            return
        self._seen_at = now
        if self._reloaded_at is not None:
            self._since = Answers(*(then + more for then, more in zip(self._since, gained, strict=True)))
            if gained.answered * TOLERANCE <= gained.refused:
                return  # what was usual before stays what it is compared with
            self._reloaded_at = None
        self._answered = FADES * self._answered + gained.answered
        self._refused = FADES * self._refused + gained.refused
