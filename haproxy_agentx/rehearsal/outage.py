"""How long a service was not served, by requests that were made at intervals. Pure; times are monotonic seconds.

Between two requests nothing is known, so the answer is a least and a most: from the first request that failed to the
last, and from the last that passed before to the first that passed after.
"""

from dataclasses import dataclass, field

from haproxy_agentx.haproxy.probe_target import ProbeOutcome


@dataclass(frozen=True, slots=True)
class Unserved:
    """Seconds without service. ``most`` is None while requests fail at the end: it is not over.

    With no failed request, ``least`` is 0 and ``most`` the longest time between two that passed.
    """

    least: float
    most: float | None
    asked: int
    failed: int
    not_asked: int


@dataclass(slots=True)
class Outage:
    """Adds up the times in which requests failed."""

    _least: float = 0.0
    _most: float = 0.0
    _asked: int = 0
    _failed: int = 0
    _not_asked: int = 0
    _passed_at: float | None = None
    """When the last request that passed ended."""
    _first_failed: float | None = None
    """When the first of the failures began that have not ended; None while requests pass."""
    _last_failed: float = 0.0
    _began: float | None = field(default=None)
    """When the first request was made."""
    _longest: float = 0.0
    """The longest time between two requests that passed, with no failure between them."""

    def add(self, outcome: ProbeOutcome, began: float, ended: float) -> None:
        """Record one request, in the order in which they began."""
        if outcome is ProbeOutcome.not_asked:
            self._not_asked += 1
            return
        self._asked += 1
        if self._began is None:
            self._began = began
        if outcome is ProbeOutcome.failed:
            self._failed += 1
            self._first_failed = began if self._first_failed is None else self._first_failed
            self._last_failed = ended
            return
        before = self._began if self._passed_at is None else self._passed_at
        if self._first_failed is None:
            self._longest = max(self._longest, ended - before)
        else:
            self._least += self._last_failed - self._first_failed
            self._most += ended - before
            self._first_failed = None
        self._passed_at = ended

    def result(self) -> Unserved | None:
        """Return what is known of it; None when nothing was asked."""
        if not self._asked:
            return None
        least, most = self._least, self._most if self._failed else self._longest
        if self._first_failed is not None:
            return Unserved(
                least + self._last_failed - self._first_failed, None, self._asked, self._failed, self._not_asked
            )
        return Unserved(least, most, self._asked, self._failed, self._not_asked)
