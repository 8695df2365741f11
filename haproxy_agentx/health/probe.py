"""What probes say of a service, and how that settles what HAProxy's statistics leave open. Pure.

* A probe that fails ``fall`` times one after the other has failed: the service does not serve, whatever rows say.
* A probe that passes settles a HAProxy whose statistics are not answered, if the request was made after that began and
  none has failed since: the service is ready. It never outweighs what fresh rows say.
* A request that could not be made says nothing. Times are monotonic seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from haproxy_agentx.haproxy.probe_target import Answer, ProbeOutcome
from haproxy_agentx.health.model import Readiness, Reason, Role
from haproxy_agentx.health.readiness import Verdict
from haproxy_agentx.health.words import line


class ProbeState(IntEnum):
    """HaxProbeState."""

    passing = 1
    failing = 2
    unknown = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """What the probes of a service have shown. ``passed_at`` is when the last request began that was answered well.

    ``failures`` are those since then, ``words`` why it does not pass, or cannot be asked.
    """

    state: ProbeState = ProbeState.unknown
    passed_at: float | None = None
    failures: int = 0
    words: str = ""
    roles: tuple[Role, ...] = ()
    """The roles in which this place is asked; empty is all. In another one it says nothing."""

    def fits(self, role: Role) -> bool:
        """Whether it says something of a service with this role."""
        return not self.roles or role in self.roles


def take(probe: Probe, answer: Answer, began: float, fall: int) -> Probe:
    """Return what is known after one more request, which ``began`` then."""
    if answer.outcome is ProbeOutcome.passed:
        return Probe(ProbeState.passing, began)
    if answer.outcome is ProbeOutcome.not_asked:
        return Probe(words=answer.words)
    failures = probe.failures + 1
    state = ProbeState.failing if failures >= fall else probe.state
    return Probe(state, probe.passed_at, failures, answer.words)


TROUBLE = Reason.haproxyGone | Reason.haproxyUnresponsive | Reason.haproxyUnreadable | Reason.statisticsSilent
"""Why rows say nothing."""

_ROWS = (
    Reason.frontendClosed
    | Reason.noUsableBackend
    | Reason.backendDown
    | Reason.belowMinimum
    | Reason.memberMissing
    | Reason.noMember
)
"""What rows say that were read."""


def settle(verdict: Verdict, probe: Probe | None, troubles: Sequence[float]) -> Verdict:
    """Return a verdict with what the probe adds; ``troubles`` are since when each HAProxy is in trouble."""
    if probe is None:
        return verdict
    if probe.state is ProbeState.failing:
        details = line("; ".join(filter(None, (probe.words, verdict.details))))
        reasons = verdict.reasons | Reason.probeFailed
        return replace(verdict, readiness=Readiness.notReady, reasons=reasons, details=details)
    if not verdict.reasons & TROUBLE or verdict.reasons & _ROWS or not _settles(probe, troubles):
        return verdict
    reasons = verdict.reasons & ~TROUBLE | Reason.statisticsSilent
    details = line(f"the probe passes; {verdict.details}")
    return replace(verdict, readiness=Readiness.ready, reasons=reasons, details=details)


def _settles(probe: Probe, troubles: Sequence[float]) -> bool:
    if probe.state is not ProbeState.passing or probe.failures or probe.passed_at is None:
        return False
    return probe.passed_at > max(troubles, default=float("inf"))
