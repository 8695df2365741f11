"""The events of a service: what changed, as a draft of its event. Pure."""

from dataclasses import replace

from haproxy_agentx.health.cause import Change
from haproxy_agentx.health.correlation import LIKELY_BEFORE, Pending, TrapSeen
from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.instance import MASTER_DOWN, Instance
from haproxy_agentx.health.model import Cause, Health, Reason, Role
from haproxy_agentx.health.rate_limiter import not_reported
from haproxy_agentx.health.severity import OF_HEALTH, REMOVED, SILENT, Severity, severity_of
from haproxy_agentx.health.tracker import ReportedService, ServiceReport
from haproxy_agentx.health.words import line
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.vocabulary.event import Kind


def change_of(report: ServiceReport, pending: Pending | None) -> Change:
    """Return the change to explain; ``pending`` is that of the role, which makes a role before it likely."""
    role_before = report.before.role
    if pending is not None and role_before is Role.unknown:
        role_before = LIKELY_BEFORE.get(report.after.role, role_before)
    return Change(
        at=report.at,
        role_before=role_before,
        role=report.after.role,
        health_before=report.before.health,
        health=report.after.health,
        reasons=report.after.reasons,
        details=report.after.details,
        reasons_before=report.before.reasons,
    )


def with_times(change: Change, instance: Instance | None) -> Change:
    """Return the change with the times that keepalived takes, as far as they are known."""
    row = instance.mib if instance else None
    if instance is None or row is None:
        return change
    delay = row.preempt_delay + MASTER_DOWN * instance.advertises_each
    return replace(change, checks=max((one.takes for one in row.scripts), default=0.0), delay=delay)


def ended(name: str, reported: ReportedService | None, uncounted: int, date: float) -> list[EventDraft]:
    """Return the event that ends a service which is not there any more, an empty list where there is nothing to end.

    That is a problem that was reported, ``stopped`` too, or ``uncounted`` changes. No other event has the health
    stopped and the cause configurationChanged. ``date`` is now in seconds since 1970.
    """
    if reported is None:
        return []
    is_problem = reported.raised and OF_HEALTH[reported.health] is not Severity.cleared
    if not is_problem and not uncounted:
        return []
    role = Role.none if reported.role is Role.none else Role.stopped
    words = [
        f"{name} is no longer a service of this node, and was last reported as {reported.health.name}",
        *([not_reported(uncounted)] if uncounted else []),
    ]
    draft = EventDraft(
        date,
        Kind.serviceHealthChange,
        subject=name,
        health=Health.stopped,
        previous_health=reported.health,
        role=role,
        previous_role=reported.role,
        served_as_intended=True,
        reasons=Reason(0),
        cause=Cause.configurationChanged,
        cause_text="; ".join(words),
        suppressed=uncounted,
        severity=severity_of(Kind.serviceHealthChange, REMOVED),
    )
    if role is reported.role:
        return [draft]
    return [replace(draft, kind=Kind.serviceFailover, keepalived_trap=TrapSeen.notObserved)]


def reminder(service: Service, now: float, date: float) -> EventDraft | bool:
    """Return the event that reports the problem of a service again; True while it may be over, False for none.

    It is over, or about to be reported as another one, when the service is judged otherwise than was last reported.
    """
    reported, condition = service.tracker.reported, service.tracker.condition
    if reported is None or not reported.raised or OF_HEALTH[reported.health] in SILENT:
        return False
    if (
        condition is None
        or condition.health is not reported.health
        or condition.role not in (reported.role, Role.unknown)
    ):
        return True
    minutes = int(now - service.tracker.since) // 60
    words = f"still {reported.health.name} after {minutes} min: {condition.details or service.cause_text}"
    report = ServiceReport(replace(reported, role=condition.role), condition, now)
    return replace(draft_of(service, report, date), cause_text=line(words), reminder=True)


def draft_of(service: Service, report: ServiceReport, at: float) -> EventDraft:
    """Return the event of a change of a service, all but its correlation; ``at`` is its date."""
    after = report.after
    return EventDraft(
        at,
        Kind.serviceFailover if report.is_failover else Kind.serviceHealthChange,
        subject=service.plan.name,
        health=after.health,
        previous_health=report.before.health,
        role=after.role,
        previous_role=report.before.role,
        served_as_intended=service.served_as_intended(after.role),
        reasons=after.reasons,
        cause=service.cause,
        cause_text=service.cause_text,
        suppressed=report.suppressed,
        severity=OF_HEALTH[after.health],
    )
