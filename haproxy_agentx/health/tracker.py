"""Which changes of a service are reported, and when. Pure.

A change of health is reported when it has held for a while, counted from when its evidence began. A change of role is
reported at once: who knows of it calls ``report_role`` as soon as it is explained. Many changes in a short time are a
burst, reported in one notification with their number. All times are monotonic seconds.
"""

from dataclasses import dataclass, field, replace

from haproxy_agentx.health.model import Condition, Health, Held, Reason, Role
from haproxy_agentx.health.rate_limiter import RateLimiter
from haproxy_agentx.health.rules import decide

NO_REASON = Reason(0)

PATIENCE = 5
"""Holds after which a health that does not settle is reported nonetheless."""


@dataclass(frozen=True, slots=True)
class ReportedService:
    """What a manager knows by the last notification."""

    role: Role
    health: Health
    reasons: Reason = NO_REASON
    raised: bool = field(default=False, compare=False)
    """Whether an event reported it: what is known from the first sight is no report."""


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """Something to be reported: from what the manager knows to how it is. ``at`` is when it changed."""

    before: ReportedService
    after: Condition
    at: float
    suppressed: int = 0

    @property
    def is_failover(self) -> bool:
        """Whether the role is another one. That it is not known now is not another one."""
        return self.after.role not in (self.before.role, Role.unknown)


class Tracker:
    """One service. ``reported`` is what was reported before this program started; None: nothing was ever reported."""

    def __init__(self, hold: float, limiter: RateLimiter, reported: ReportedService | None = None) -> None:
        self.reported = reported
        self.condition: Condition | None = None
        self.previous: Health | None = reported.health if reported else None
        """The health before the present one."""
        self.since = 0.0
        """When the present health began."""
        self.transitions = 0
        self.failovers = 0
        self._hold = hold
        self._rate_limiter = limiter
        self._departed: float | None = None
        """Since when health is not what was reported."""
        self._waiting_role = 0
        """Role changes whose report is under way."""
        self._fresh = False
        """Whether nothing is known yet: that it is well then is no change."""

    def observe(self, condition: Condition, now: float, began: float | None = None) -> None:
        """Record how the service is now; ``began`` is when the evidence for it began, if that was before."""
        before, self.condition = self.condition, condition
        began = now if began is None else min(began, now)
        is_well = condition.health <= Health.standby
        if before is None and self.reported is None:
            known = is_well and not self._waiting_role
            self.reported = ReportedService(
                Role.unknown if self._waiting_role else condition.role, condition.health if known else Health.unknown
            )  # all is well: nothing to tell
            self.since = began
            self._fresh = condition.health is Health.unknown
        elif before is None and self.reported is not None and self.reported.health is not condition.health:
            self.previous, self.since = self.reported.health, began
            self.transitions += 1
        elif before is None:
            pass  # as it was when this program ended
        elif condition.health is not before.health:
            self.previous, self.since = before.health, began
            self.transitions += 1
        if self._fresh and is_well and not self._waiting_role:
            self.reported, self._fresh = ReportedService(condition.role, condition.health), False
        if self.reported is None or condition.health is self.reported.health:
            self._departed = None
        elif self._departed is None:
            self._departed = began

    @property
    def uncounted(self) -> int:
        """Changes that no event has reported or counted yet: suppressed ones, and roles that wait."""
        return self._rate_limiter.suppressed + self._waiting_role

    def role_changed(self) -> None:
        """Record that the role has changed: ``report_role`` will follow, and reports the health, too."""
        self.failovers += 1
        self._waiting_role += 1

    def count_role(self, now: float) -> None:
        """Record that the role has changed, and that it is not reported but counted: there are too many."""
        self.failovers += 1
        self._rate_limiter.count(now)

    def forget_role(self) -> None:
        """Record that a change of role that waits was none: its instance was removed."""
        self.failovers -= 1
        self._waiting_role = max(0, self._waiting_role - 1)

    def learn_role(self, role: Role) -> None:
        """Record a role where none was ever known: that is no change."""
        if self.reported is not None:
            self.reported = replace(self.reported, role=role)

    def deadline(self) -> float | None:
        """Return when ``report`` must be called next, None when there is nothing to report."""
        moments = [self._rate_limiter.due(), self._ripe_at()]
        return min((moment for moment in moments if moment is not None), default=None)

    def report_role(self, after: Role, at: float, now: float) -> ServiceReport | None:
        """Return what must be reported of a role change that happened at ``at``; None when it is one of a burst."""
        self._waiting_role = max(0, self._waiting_role - 1)
        if self.condition is None or self.reported is None:
            return None
        if after is self.reported.role and self._rate_limiter.due() is None:
            return None
        if not self._rate_limiter.allows(now):
            return None
        return self._make_report(_as(self.condition, after), at)

    def report(self, now: float) -> ServiceReport | None:
        """Return what must be reported now: a health that has held, or the sum of a burst."""
        if self.condition is None or self.reported is None or self._waiting_role:
            return None
        due = self._rate_limiter.due()
        return self._report_health(now) if due is None else self._report_sum(now) if now >= due else None

    def flush(self, now: float) -> ServiceReport | None:
        """Return the sum of a burst that is not over, None without one: the program ends, or what it judges by."""
        return self._report_sum(now) if self._rate_limiter.suppressed else None

    def _report_sum(self, now: float) -> ServiceReport | None:
        """Return the sum of a burst, unless it is as the last sum reported it, and the burst is over."""
        count = self._rate_limiter.sum(now)
        if self.condition is None or self.reported is None:
            return None
        if not count and self._departed is None and self.condition.role in (self.reported.role, Role.unknown):
            return None
        return self._make_report(self.condition, self._departed if self._departed is not None else now, count)

    def _report_health(self, now: float) -> ServiceReport | None:
        """Return a health that has held."""
        ripe = self._ripe_at()
        if self.condition is None or self._departed is None or ripe is None or now < ripe:
            return None
        return self._make_report(self.condition, self._departed) if self._rate_limiter.allows(now) else None

    def _ripe_at(self) -> float | None:
        """Return when the present health has held long enough to be reported."""
        if self._departed is None or self._waiting_role or self._rate_limiter.due() is not None:
            return None
        return min(self.since + self._hold, self._departed + PATIENCE * self._hold)

    def _make_report(self, condition: Condition, at: float, suppressed: int = 0) -> ServiceReport:
        before = self.reported or ReportedService(condition.role, Health.unknown)
        role = before.role if condition.role is Role.unknown else condition.role
        self.reported = ReportedService(role, condition.health, condition.reasons, raised=True)
        self._departed = None
        self._fresh = False
        return ServiceReport(before, condition, at, suppressed)


def _as(condition: Condition, role: Role) -> Condition:
    """Return the condition as it was with a role that may be over by now."""
    if condition.role is role:
        return condition
    health = decide(role, Held.unknown, condition.readiness)
    reasons = condition.reasons & ~(Reason.addressMissing | Reason.addressHeld)
    return replace(condition, role=role, held=Held.unknown, health=health, reasons=reasons)
