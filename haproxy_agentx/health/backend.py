"""A backend, as the sum of what its servers can do and of what HAProxy itself says of it. Pure.

HAProxy's own verdict is the status of the BACKEND row with its ``act`` and ``bck``: the servers that it would send
somebody to now. DOWN, or none of those, serves no client whatever the rows of the servers say. UP is evidence only as
far as the servers behind it are: after a reload HAProxy calls every server UP before it has checked one.
"""

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from haproxy_agentx.haproxy.stat import SEPARATOR
from haproxy_agentx.haproxy.status import BackendStatus, backend_status
from haproxy_agentx.health.server_standing import ServerStanding

_KINDS = len(ServerStanding)


class OwnVerdict(Enum):
    """What HAProxy says of a backend."""

    up = "UP"
    down = "DOWN"
    """DOWN, or UP without a server that it could use."""
    unpublished = "UNPUB"
    """No traffic is sent to it."""
    unread = "unread"
    """Its row is missing or cannot be understood."""


@lru_cache(maxsize=1024)
def verdict_of(condition: bytes) -> OwnVerdict:
    """Return the verdict that a BACKEND row's condition (``stat.CONDITION``) shows."""
    text, _weight, active, backup, _checked = condition.split(SEPARATOR)
    status = backend_status(text)
    if status is BackendStatus.upUnpublished:
        return OwnVerdict.unpublished
    if status is BackendStatus.down:
        return OwnVerdict.down
    if status is not BackendStatus.up or not (active.isdigit() and backup.isdigit()):
        return OwnVerdict.unread
    return OwnVerdict.up if int(active[:9]) + int(backup[:9]) else OwnVerdict.down


class Summary(NamedTuple):
    """What a backend amounts to."""

    servers: int
    """All of them."""
    counted: int
    """Those that are to serve: checked and not in maintenance. Unchecked ones only count where there are no others."""
    usable: int
    """Those of ``counted`` that can serve, as far as anybody knows."""
    maintenance: int
    """Servers that somebody has taken out; those whose names do not resolve are not among them."""
    is_assumed: bool
    """It serves by servers without checks: nothing but that HAProxy uses them speaks for it."""
    is_fallback: bool
    """Likewise, beside checked ones that are down: HAProxy has turned to them."""
    status: str
    """UP, DOWN, MAINT (all that could serve is taken out), EMPTY, or UNKNOWN where rows are missing.

    Not always what HAProxy says: it calls a backend UP after a reload before anything is checked, and UP without
    servers.
    """


@dataclass(slots=True)
class Backend:
    """What a backend's servers can do. ``counts`` has their number for each ServerStanding.

    A backend that is not published gets no traffic: all of it is in maintenance.
    """

    name: str
    counts: list[int] = field(default_factory=lambda: [0] * _KINDS)
    verdict: OwnVerdict = OwnVerdict.unread
    first: int = field(default=0, compare=False)
    """The rows of its servers are from here..."""
    last: int = field(default=-1, compare=False)
    """...up to and with this one."""
    _summary: Summary | None = field(default=None, compare=False)

    def add(self, evidence: int, place: int) -> None:
        """Count a server, in the order of the rows."""
        if self.last < 0:
            self.first = place
        self.last = place
        self.counts[evidence] += 1
        self._summary = None

    def miss(self) -> None:
        """Count a server that has no row that could be understood."""
        self.counts[ServerStanding.unread] += 1
        self._summary = None

    def move(self, before: int, after: int) -> None:
        """Count a server as another ServerStanding than before."""
        self.counts[before] -= 1
        self.counts[after] += 1
        self._summary = None

    def judge(self, verdict: OwnVerdict) -> None:
        """Record HAProxy's own verdict."""
        self.verdict = verdict
        self._summary = None

    @property
    def summary(self) -> Summary:
        """Sum up; it is kept, since most backends stay as they are for long."""
        if self._summary is None:
            self._summary = self._sum_up()
        return self._summary

    def _sum_up(self) -> Summary:
        _, up, down, nolb, other, unchecked, drain, maint, unresolved, unread = self.counts
        servers = sum(self.counts)
        taken_out = drain + maint
        if self.verdict is OwnVerdict.unpublished:
            return Summary(
                servers, 0, 0, servers, is_assumed=False, is_fallback=False, status="MAINT" if servers else "EMPTY"
            )
        checked = up + down + nolb + other + unread
        counted = checked or unchecked
        usable = up if checked else unchecked
        if self.verdict is OwnVerdict.down:
            usable = 0
        is_assumed = unchecked > 0 and not (up if checked else 0) and self.verdict is not OwnVerdict.down
        serves = usable > 0 or is_assumed
        if serves and self.verdict is OwnVerdict.up:
            status = "UP"
        elif (
            serves
            or (unread + other and self.verdict is not OwnVerdict.down)
            or (self.verdict is OwnVerdict.unread and not counted)
        ):
            status = "UNKNOWN"
        elif counted or (unresolved and not taken_out):
            status = "DOWN"
        elif taken_out:
            status = "MAINT"
        else:
            status = "DOWN" if servers else "EMPTY"
        if status == "UNKNOWN":
            usable = 0
        is_assumed = is_assumed and status == "UP"
        return Summary(servers, counted, usable, taken_out, is_assumed, is_assumed and checked > unread, status)
