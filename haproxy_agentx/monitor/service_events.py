"""The events of a service: what changed, and the cells of haxEventTable that say it. Pure."""

from dataclasses import replace

from haproxy_agentx.health.cause import Change
from haproxy_agentx.health.correlation import LIKELY_BEFORE, Pending, TrapSeen
from haproxy_agentx.health.instance import MASTER_DOWN, Instance
from haproxy_agentx.health.model import Cause, Health, Role
from haproxy_agentx.health.rate_limiter import not_reported
from haproxy_agentx.health.severity import OF_HEALTH, REMOVED, SILENT, Severity, severity_of
from haproxy_agentx.health.tracker import ReportedService, ServiceReport
from haproxy_agentx.health.words import line
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.vocabulary.event import EventDraft, Kind


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
    cells = {
        "haxEventSubject": name,
        "haxEventHealth": Health.stopped.name,
        "haxEventPreviousHealth": reported.health.name,
        "haxEventRole": role.name,
        "haxEventPreviousRole": reported.role.name,
        "haxEventServedAsIntended": "true",
        "haxEventReasons": "0",
        "haxEventCause": Cause.configurationChanged.name,
        "haxEventCauseText": "; ".join(words),
        "haxEventSuppressed": str(uncounted),
        "haxEventSeverity": severity_of(Kind.serviceHealthChange, REMOVED).name,
    }
    if role is reported.role:
        return [EventDraft(date, Kind.serviceHealthChange, cells)]
    return [EventDraft(date, Kind.serviceFailover, {**cells, "haxEventKeepalivedTrap": TrapSeen.notObserved.name})]


def reminder(service: Service, now: float, date: float) -> EventDraft | bool:
    """Return the event that reports the problem of a service again; True while it may be over, False for none.

    It is over, or about to be reported as another one, when the service is judged otherwise than was last reported.
    """
    reported, condition = service.tracker.reported, service.tracker.condition
    if reported is None or not reported.raised or OF_HEALTH[reported.health].name in SILENT:
        return False
    if (
        condition is None
        or condition.health is not reported.health
        or condition.role not in (reported.role, Role.unknown)
    ):
        return True
    minutes = int(now - service.tracker.since) // 60
    words = f"still {reported.health.name} after {minutes} min: {condition.details or service.cause_text}"
    cells = event_cells(service, ServiceReport(replace(reported, role=condition.role), condition, now))
    return EventDraft(
        date, Kind.serviceHealthChange, {**cells, "haxEventCauseText": line(words), "haxEventReminder": "true"}
    )


def event_cells(service: Service, report: ServiceReport) -> dict[str, str]:
    """Return the cells of haxEventTable that a notification of a service has, all but its correlation."""
    after = report.after
    return {
        "haxEventSubject": service.plan.name,
        "haxEventHealth": after.health.name,
        "haxEventPreviousHealth": report.before.health.name,
        "haxEventRole": after.role.name,
        "haxEventPreviousRole": report.before.role.name,
        "haxEventServedAsIntended": "true" if service.served_as_intended(after.role) else "false",
        "haxEventReasons": str(int(after.reasons)),
        "haxEventCause": service.cause.name,
        "haxEventCauseText": service.cause_text,
        "haxEventSuppressed": str(report.suppressed),
        "haxEventSeverity": OF_HEALTH[after.health].name,
    }
