"""A backend, as the sum of what its servers can do. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

from haproxy_agentx.health.evidence import Evidence

_KINDS = len(Evidence)


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
    """Nothing but the lack of checks speaks for it."""
    status: str
    """UP, DOWN, MAINT (all that could serve is taken out) or EMPTY.

    Not what HAProxy says: it calls a backend UP after a reload before anything is checked, and UP without servers.
    """


@dataclass(slots=True)
class Backend:
    """What a backend's servers can do. ``counts`` has their number for each Evidence.

    A backend that is not published gets no traffic: all of it is in maintenance.
    """

    name: str
    counts: list[int] = field(default_factory=lambda: [0] * _KINDS)
    unpublished: bool = False
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

    def move(self, before: int, after: int) -> None:
        """Count a server as another Evidence than before."""
        self.counts[before] -= 1
        self.counts[after] += 1
        self._summary = None

    def publish(self, unpublished: bool) -> None:  # noqa: FBT001  it is what HAProxy shows
        """Take whether it is published."""
        self.unpublished = unpublished
        self._summary = None

    @property
    def summary(self) -> Summary:
        """Sum up; it is kept, since most backends stay as they are for long."""
        if self._summary is None:
            self._summary = self._sum_up()
        return self._summary

    def _sum_up(self) -> Summary:
        _, up, down, nolb, other, unchecked, drain, maint, unresolved = self.counts
        servers = sum(self.counts)
        if self.unpublished:
            return Summary(servers, 0, 0, servers, is_assumed=False, status="MAINT" if servers else "EMPTY")
        checked = up + down + nolb + other
        counted = checked or unchecked
        usable = up if checked else unchecked
        taken_out = drain + maint
        if usable:
            status = "UP"
        elif counted or (unresolved and not taken_out):
            status = "DOWN"
        else:
            status = "MAINT" if taken_out else "EMPTY"
        return Summary(servers, counted, usable, taken_out, is_assumed=not checked and unchecked > 0, status=status)
