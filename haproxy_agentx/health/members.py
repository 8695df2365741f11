"""What the frontends, and the backends, of a service amount to together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self

from haproxy_agentx.haproxy.status import FrontendStatus
from haproxy_agentx.health.model import Readiness, Reason
from haproxy_agentx.health.traffic import ClientOutcome


class Part(Enum):
    """What a frontend or backend contributes."""

    serves = "serves"
    assumed = "may serve: it has no checks"
    out = "serves no client"
    full = "serves no new client: its servers are used up"
    unread = "is not known"
    idle = "all its servers are in maintenance"
    bare = "never had servers"


@dataclass(frozen=True, slots=True)
class BackendPart:
    """A backend: what it contributes, and its own readiness."""

    state: Part
    readiness: Readiness


_FRONTENDS: Mapping[ClientOutcome, tuple[Part, Readiness]] = {
    ClientOutcome.fine: (Part.serves, Readiness.ready),
    ClientOutcome.crowded: (Part.serves, Readiness.degraded),
    ClientOutcome.partly: (Part.serves, Readiness.degraded),
    ClientOutcome.full: (Part.out, Readiness.notReady),
    ClientOutcome.failing: (Part.out, Readiness.notReady),
    ClientOutcome.refusing: (Part.out, Readiness.notReady),
    ClientOutcome.unread: (Part.unread, Readiness.unknown),
}
_OPEN = (FrontendStatus.open, FrontendStatus.full)


@dataclass(frozen=True, slots=True)
class FrontendPart:
    """A frontend. ``used`` says whether it ever had requests that HAProxy did not answer by itself.

    ``served`` says that servers answered such requests in the last seconds; ``mute`` that clients came and got nothing,
    which shows nothing by itself: they may be waiting.
    """

    state: Part
    readiness: Readiness
    used: bool
    served: bool
    is_open: bool
    mute: bool = False

    @classmethod
    def of(
        cls, status: FrontendStatus, standing: ClientOutcome, *, used: bool, served: bool, mute: bool = False
    ) -> Self:
        """Return it by its status and by what its clients get."""
        is_open = status in _OPEN
        if standing is ClientOutcome.unread or is_open:
            state, readiness = _FRONTENDS[standing]
        else:
            state, readiness = Part.out, Readiness.notReady
        return cls(state, readiness, used, served and state is Part.serves, is_open, mute)

    @classmethod
    def gone(cls, *, used: bool) -> Self:
        """Return one whose HAProxy is gone."""
        return cls(Part.out, Readiness.notReady, used, served=False, is_open=False)


def of_frontends(parts: Sequence[FrontendPart]) -> Readiness:
    """Return what the frontends of a service allow at best.

    One that serves no client leaves the others degraded. But where clients came to such a one and to none of the
    others, what is left is no site: a statistics page, a redirect, metrics. Nor is it where clients come to the others
    and get nothing: those pass on to the one that is out.
    """
    serving = [part for part in parts if part.state is Part.serves]
    out = [part for part in parts if part.state is Part.out]
    unread = [part for part in parts if part.state is Part.unread]
    is_site_left = any(part.used and not part.mute for part in serving)
    if out and (not serving or (any(part.used for part in out) and not is_site_left)):
        return Readiness.unknown if unread and not serving else Readiness.notReady
    if unread and not is_site_left:
        return Readiness.unknown
    if out or unread or any(part.readiness is Readiness.degraded for part in serving):
        return Readiness.degraded
    return Readiness.ready


def of_backends(parts: Sequence[BackendPart], frontends: Sequence[FrontendPart]) -> tuple[Readiness, Reason]:
    """Return what the backends of a service allow at best, and the reason when that is for none being usable.

    One without checks does not speak for the service beside those that are known to be out, unless clients are served
    nonetheless.
    """
    states = {part.state for part in parts}
    is_served = any(part.served for part in frontends)
    if Part.serves in states:
        is_less = states & {Part.out, Part.full, Part.unread} or any(
            part.readiness is Readiness.degraded for part in parts
        )
        return (Readiness.degraded if is_less else Readiness.ready), Reason(0)
    if Part.unread in states:
        return Readiness.unknown, Reason(0)
    if states & {Part.out, Part.full} or (Part.idle in states and Part.assumed not in states):
        if is_served and states & {Part.assumed, Part.bare}:
            return Readiness.degraded, Reason(0)
        return Readiness.notReady, Reason(0) if Part.full in states else Reason.noUsableBackend
    if states == {Part.bare} and not is_served and any(part.is_open for part in frontends):
        return Readiness.notReady, Reason.backendEmpty
    is_less = any(part.readiness is Readiness.degraded for part in parts)
    return (Readiness.degraded if is_less else Readiness.ready), Reason(0)
