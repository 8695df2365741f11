"""What clients of a frontend got lately, and whether new ones get in: from counters, reading by reading. Pure.

Counters are compared with those of the reading before. An answer that HAProxy made itself, since it had no server, no
connection or no answer of one (503, 502, 504), is evidence that it does not serve; a server's own 5xx is not, nor what
a rule denied, what HAProxy answered as configured (redirects, ``monitor-uri``, its statistics), nor what it did not
understand. No traffic is no evidence. Where a counter went back HAProxy was reloaded, and the next reading is compared.
"""

from dataclasses import dataclass, field
from enum import Enum

from haproxy_agentx.health.counters import Answers, BackendCounters, FrontendCounters
from haproxy_agentx.health.refusals import Refusals

FAILED_REQUESTS = 3
"""Requests that have to fail before a frontend does not serve."""

FAILED_READINGS = 2
"""Readings in a row in which all did."""

FAILED_SECONDS = 1.0
"""Seconds that these have to span."""

FORGOTTEN = 60.0
"""Seconds without a request after which errors are no evidence any more."""

MUTE = 2.0
"""Seconds in which clients have to come, over TCP, none of whom gets an octet."""

SERVED = 5.0
"""Seconds for which good answers of servers are evidence."""

PART = 5
"""One request of so many has to fail for a part of clients not to be served."""

TOLERANCE = 10
"""One request of so many may be served all the same, or be counted in one row and not yet in the other."""

STUCK = 10.0
"""Seconds in which no client that waits for a server got one, though no wait has timed out."""

TIMED_OUT = 3.0
"""Likewise, where waits have timed out."""


class ClientOutcome(Enum):
    """What a frontend, or a backend's queue, is to clients."""

    fine = "fine"
    crowded = "crowded"
    """At its limit, and some get through."""
    partly = "partly"
    """A part of the requests end in HAProxy's own errors."""
    full = "full"
    """At its limit, and no client gets in."""
    failing = "failing"
    """Every request, but one of ten at most, ended in an error of HAProxy's own."""
    refusing = "refusing"
    """A rule denies every request since HAProxy was reloaded (health/refusals.py)."""
    unread = "unread"
    """Its row is missing or cannot be understood."""


class Damped:
    """Something that has to be seen twice in a row to be, and to be over."""

    __slots__ = ("_seen", "_times")

    def __init__(self) -> None:
        self._seen = False
        self._times = 0

    def __bool__(self) -> bool:
        """Whether it is."""
        return self._seen

    def take(self, *, seen: bool) -> None:
        """Record whether it was seen in a reading."""
        self._times = self._times + 1 if seen is not self._seen else 0
        if self._times == 2:  # noqa: PLR2004  twice
            self._seen, self._times = seen, 0


@dataclass(frozen=True, slots=True)
class Delta:
    """What happened between two readings at a frontend. ``own`` are errors of HAProxy's own, as far as is known."""

    requests: int
    """Those that were ended and are evidence: denied and intercepted ones are not."""
    errors: int
    """Those that may be HAProxy's own errors."""
    all_failed: bool
    """All may be, but for one of ``TOLERANCE``; no other client got an answer of a server, unless that was a 5xx."""
    pages: int = 0
    """Errors that HAProxy was configured to answer with: a page of 503 for everybody."""
    is_guess: bool = False
    """TCP has no statuses: that no octet came back is all there is."""
    is_quiet: bool = True
    """No octet came back, over TCP."""

    @property
    def matters(self) -> bool:
        """Whether so many failed that it is worth knowing by whose errors."""
        return self.errors > 0 and self.errors * PART >= self.requests


NO_TRAFFIC = Delta(0, 0, all_failed=False)


@dataclass(slots=True)
class FrontendTraffic:
    """One frontend, reading by reading. Times are monotonic seconds."""

    used: bool = False
    """Whether it ever had requests that HAProxy did not answer by itself."""
    failures: int | None = None
    """Errors of HAProxy's own at all backends when it was last read, where they were added up."""
    _served_at: float | None = None
    """When servers last answered requests, unless all have ended in errors since."""
    _last: FrontendCounters | None = None
    seen_at: float = 0.0
    """When it was last read."""
    _limit: Damped = field(default_factory=Damped)
    _shut: Damped = field(default_factory=Damped)
    _part: Damped = field(default_factory=Damped)
    _refusals: Refusals = field(default_factory=Refusals)
    _is_refusing: bool = False
    _mute_since: float | None = None
    """Since when clients have come, in TCP mode, and none of them has got an octet."""
    _mute_clients: int = 0
    _since: float | None = None
    """Since when every request has failed."""
    _requests: int = 0
    _readings: int = 0
    _failed_at: float = 0.0

    @property
    def is_failing(self) -> bool:
        """Whether every request of a while ended in an error of HAProxy's own."""
        return (
            self._since is not None
            and self._requests >= FAILED_REQUESTS
            and self._readings >= FAILED_READINGS
            and self._failed_at - self._since >= FAILED_SECONDS
        )

    @property
    def standing(self) -> ClientOutcome:
        """Return what it is to clients."""
        if self.is_failing:
            return ClientOutcome.failing
        if self._shut:
            return ClientOutcome.full
        if self._is_refusing:
            return ClientOutcome.refusing
        if self._limit:
            return ClientOutcome.crowded
        return ClientOutcome.partly if self._part else ClientOutcome.fine

    def is_served(self, now: float) -> bool:
        """Whether servers answered requests in the last seconds, and not all have ended in errors since."""
        return self._served_at is not None and now - self._served_at <= SERVED

    @property
    def is_tcp(self) -> bool:
        """Whether it counts connections only, and no answers; False where it was never read."""
        return self._last is not None and self._last.answers is None

    @property
    def is_mute(self) -> bool:
        """Whether clients came over TCP for a while and none got an octet: they may wait, or be served by no server."""
        lasts = self.seen_at - self._mute_since if self._mute_since is not None else 0.0
        return self._mute_clients >= FAILED_REQUESTS and lasts >= MUTE

    def delta(self, counters: FrontendCounters | None) -> tuple[Delta, int]:
        """Return what happened since the last reading, and how many sessions came in."""
        before = self._last
        if counters is None or before is None or _went_back(before, counters):
            return NO_TRAFFIC, 0
        accepted = counters.sessions - before.sessions
        if counters.answers is None or before.answers is None:
            silent = counters.octets == before.octets and accepted > 0
            is_quiet = counters.octets == before.octets
            errors = accepted if silent else 0
            return Delta(accepted, errors, all_failed=silent, is_guess=True, is_quiet=is_quiet), accepted
        gained = Answers(*(now - then for now, then in zip(counters.answers, before.answers, strict=True)))
        pages = min(gained.bad, max(0, gained.intercepted - gained.good))  # those that can only have been 5xx
        requests = max(0, gained.good + gained.bad - gained.excused + pages)
        served = gained.good - gained.excused + pages
        all_failed = gained.bad > 0 and served * TOLERANCE <= gained.bad
        return Delta(requests, min(gained.bad, requests), all_failed=all_failed, pages=min(pages, requests)), accepted

    def went_back(self, counters: FrontendCounters) -> bool:
        """Whether a counter is less than in the last reading."""
        return self._last is not None and _went_back(self._last, counters)

    def take(
        self, counters: FrontendCounters | None, now: float, *, at_limit: bool, let_in: bool, some_full: bool
    ) -> None:
        """Record a reading. ``let_in`` says whether anybody got in since the last one, as far as the limit goes.

        ``some_full`` says that one of its sockets takes no connection.
        """
        if counters is not None or at_limit:
            self._limit.take(seen=at_limit or some_full)
            self._shut.take(seen=at_limit and not let_in)
        if counters is not None:
            self._take_refusals(counters, now)
            self._last, self.used = counters, self.used or _is_used(counters)
            self.seen_at = now
        if self._since is not None and now - max(self._since, self._failed_at) > FORGOTTEN:
            self._since = None

    def _take_refusals(self, counters: FrontendCounters, now: float) -> None:
        before = self._last
        if counters.answers is not None and before is not None and before.answers is not None:
            if _went_back(before, counters):
                self._refusals.reloaded(counters.answers, now)
            else:
                gained = Answers(*(after - then for after, then in zip(counters.answers, before.answers, strict=True)))
                self._refusals.grew(gained, now)
        self._is_refusing = self._refusals.stands(now)

    def _hear(self, delta: Delta) -> None:
        """Record whether clients who came over TCP got anything. To be called before ``take``."""
        if delta.is_guess and delta.all_failed:
            self._mute_since = self.seen_at if self._mute_since is None else self._mute_since
            self._mute_clients += delta.requests
        elif delta.requests or not delta.is_quiet:
            self._mute_since, self._mute_clients = None, 0

    def failed(self, delta: Delta, own: int | None, now: float) -> None:
        """Record requests, of which ``own`` ended in errors of HAProxy's own; None where that is not known.

        To be called before ``take``.
        """
        self._hear(delta)
        if not delta.requests:
            return
        if not delta.is_guess:
            self._served_at = None if delta.all_failed else now
        if not delta.matters or delta.pages == delta.errors:
            own = 0  # or there are no others than pages
        if own is None:
            self._since = self._since if delta.all_failed else None
            return
        own = delta.pages + min(own, delta.errors - delta.pages)
        if delta.is_guess and delta.all_failed and not own:
            return  # connections that wait, or that nobody has said anything on
        if own and delta.all_failed and (delta.is_guess or (delta.requests - own) * TOLERANCE <= own):
            if self._since is None:
                self._since, self._requests, self._readings = self.seen_at, 0, 0
            self._requests += own
            self._readings += 1
            self._failed_at = now
            self._part.take(seen=False)
        else:
            self._since = None
            self._part.take(seen=own > 0 and own * PART >= delta.requests)


def _went_back(before: FrontendCounters, after: FrontendCounters) -> bool:
    if after.sessions < before.sessions or after.octets < before.octets:
        return True
    if after.answers is None or before.answers is None:
        return False
    return any(now < then for now, then in zip(after.answers, before.answers, strict=True))


def _is_used(counters: FrontendCounters) -> bool:
    if counters.answers is None:
        return counters.sessions > 0
    return counters.answers.good + counters.answers.bad > counters.answers.excused


@dataclass(slots=True)
class Queue:
    """Those who wait for a server of a backend, since there is one who does."""

    since: float
    first: BackendCounters
    last: BackendCounters
    seen_at: float = 0.0
    _empty: int = 0
    """Readings in a row in which no client waited."""
    _timeouts: Damped = field(default_factory=Damped)
    _standing: ClientOutcome = ClientOutcome.fine

    @property
    def is_over(self) -> bool:
        """Whether no client waits any more, seen twice."""
        return self._empty > 1

    def take(self, counters: BackendCounters, waiting: int, now: float) -> ClientOutcome:
        """Record a reading in which so many wait, and return what the backend is to clients."""
        self.seen_at = now
        self._empty = 0 if waiting else self._empty + 1
        self._timeouts.take(seen=counters.failures > self.last.failures)
        if counters.given != self.last.given or counters.failures < self.last.failures:
            self.since, self.first = now, counters
        self.last = counters
        wait = TIMED_OUT if counters.failures > self.first.failures else STUCK
        if now - self.since >= wait:
            return ClientOutcome.full
        return ClientOutcome.crowded if self._timeouts else ClientOutcome.fine
