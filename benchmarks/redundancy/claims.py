"""What nodes say of the pair, compared with what was seen from outside. Pure. Times are monotonic seconds.

Two pair states are alarms: ``dualActive`` and ``notServed``. Who says one is right where it was so for as long as a
state has to hold, before it was said. Anything else is a false alarm.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from haproxy_agentx.pair.model import PairState

ALARMS = (PairState.dualActive, PairState.notServed)

LOOKS_MISS = 0.3
"""Seconds of a span that two looks at its ends may have missed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A node says that a service, or the worst one of all, is in a state. ``how`` is 'GET' or 'notification'."""

    at: float
    host: str
    how: str
    state: PairState
    service: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a service was seen to be in the state of an alarm."""

    state: PairState
    service: str
    began: float
    ended: float

    @property
    def lasted(self) -> float:
        """Seconds."""
        return self.ended - self.began


@dataclass(slots=True)
class Seen:
    """Gathers looks at services from outside into spans."""

    spans: list[Span] = field(default_factory=list)
    """Those that are over."""
    open: dict[tuple[PairState, str], float] = field(default_factory=dict)
    """When those began that are not."""

    def look(self, state: PairState, service: str, *, is_so: bool, began: float, ended: float) -> None:
        """Record one look, which took from ``began`` until ``ended``."""
        key = (state, service)
        if is_so:
            self.open.setdefault(key, began)
        elif (since := self.open.pop(key, None)) is not None:
            self.spans.append(Span(state, service, since, ended))

    def until(self, now: float) -> list[Span]:
        """Return all spans, those that are not over as if they ended now."""
        return [*self.spans, *(Span(*key, since, now) for key, since in self.open.items())]

    def longest(self, state: PairState) -> float:
        """Return the seconds of the longest span of a state that is over; 0 without one."""
        return max((span.lasted for span in self.spans if span.state is state), default=0.0)


def is_right(claim: Claim, spans: Iterable[Span], hold: float, late: float) -> bool:
    """Whether an alarm was so for ``hold`` seconds, until ``late`` seconds before it was said at the earliest."""
    return any(
        span.state is claim.state
        and claim.service in ("", span.service)
        and span.began + hold - LOOKS_MISS <= claim.at <= span.ended + late
        and span.lasted >= hold - LOOKS_MISS
        for span in spans
    )


def false_alarms(claims: Iterable[Claim], spans: list[Span], hold: float, late: float) -> Iterator[Claim]:
    """Yield each claim of an alarm that is not right."""
    for claim in claims:
        if claim.state in ALARMS and not is_right(claim, spans, hold, late):
            yield claim
