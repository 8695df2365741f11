"""The events of a service: what changed, and the cells of haxEventTable that say it. Pure."""

from dataclasses import replace

from haproxy_agentx.event import EventDraft, Kind
from haproxy_agentx.health.cause import Change
from haproxy_agentx.health.correlation import LIKELY_BEFORE, Pending, TrapSeen
from haproxy_agentx.health.instance import MASTER_DOWN, Instance
from haproxy_agentx.health.model import Cause, Health, Role
from haproxy_agentx.health.severity import OF_HEALTH, REMOVED, SILENT, Severity, severity_of
from haproxy_agentx.health.tracker import ReportedService, Tell
from haproxy_agentx.health.words import line
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.monitor.suppressed import not_told


def change_of(tell: Tell, pending: Pending | None) -> Change:
    """Return the change to explain; ``pending`` is that of the role, which makes a role before it likely."""
    role_before = tell.before.role
    if pending is not None and role_before is Role.unknown:
        role_before = LIKELY_BEFORE.get(tell.after.role, role_before)
    return Change(
        at=tell.at,
        role_before=role_before,
        role=tell.after.role,
        health_before=tell.before.health,
        health=tell.after.health,
        reasons=tell.after.reasons,
        details=tell.after.details,
        reasons_before=tell.before.reasons,
    )


def with_times(change: Change, instance: Instance | None) -> Change:
    """Return the change with the times that keepalived takes, as far as they are known."""
    row = instance.mib if instance else None
    if instance is None or row is None:
        return change
    delay = row.preempt_delay + MASTER_DOWN * instance.advertises_each
    return replace(change, checks=max((one.takes for one in row.scripts), default=0.0), delay=delay)


def ended(name: str, told: ReportedService | None, uncounted: int, date: float) -> list[EventDraft]:
    """Return the event that ends a service which is not there any more, an empty list where there is nothing to end.

    That is a problem that was reported, ``stopped`` too, or ``uncounted`` changes. No other event has the health
    stopped and the cause configurationChanged. ``date`` is now in seconds since 1970.
    """
    if told is None:
        return []
    is_problem = told.raised and OF_HEALTH[told.health] is not Severity.cleared
    if not is_problem and not uncounted:
        return []
    role = Role.none if told.role is Role.none else Role.stopped
    words = [
        f"{name} is no longer a service of this node, and was last reported as {told.health.name}",
        *([not_told(uncounted)] if uncounted else []),
    ]
    cells = {
        "haxEventSubject": name,
        "haxEventHealth": Health.stopped.name,
        "haxEventPreviousHealth": told.health.name,
        "haxEventRole": role.name,
        "haxEventPreviousRole": told.role.name,
        "haxEventServedAsIntended": "true",
        "haxEventReasons": "0",
        "haxEventCause": Cause.configurationChanged.name,
        "haxEventCauseText": "; ".join(words),
        "haxEventSuppressed": str(uncounted),
        "haxEventSeverity": severity_of(Kind.serviceHealthChange, REMOVED).name,
    }
    if role is told.role:
        return [EventDraft(date, Kind.serviceHealthChange, cells)]
    return [EventDraft(date, Kind.serviceFailover, {**cells, "haxEventKeepalivedTrap": TrapSeen.notObserved.name})]


def reminder(service: Service, now: float, date: float) -> EventDraft | bool:
    """Return the event that reports the problem of a service again; True while it may be over, False for none.

    It is over, or about to be reported as another one, when the service is judged otherwise than was last reported.
    """
    told, condition = service.tracker.told, service.tracker.condition
    if told is None or not told.raised or OF_HEALTH[told.health].name in SILENT:
        return False
    if condition is None or condition.health is not told.health or condition.role not in (told.role, Role.unknown):
        return True
    minutes = int(now - service.tracker.since) // 60
    words = f"still {told.health.name} after {minutes} min: {condition.details or service.cause_text}"
    cells = event_cells(service, Tell(replace(told, role=condition.role), condition, now))
    return EventDraft(
        date, Kind.serviceHealthChange, {**cells, "haxEventCauseText": line(words), "haxEventReminder": "true"}
    )


def event_cells(service: Service, tell: Tell) -> dict[str, str]:
    """Return the cells of haxEventTable that a notification of a service has, all but its correlation."""
    after = tell.after
    return {
        "haxEventSubject": service.plan.name,
        "haxEventHealth": after.health.name,
        "haxEventPreviousHealth": tell.before.health.name,
        "haxEventRole": after.role.name,
        "haxEventPreviousRole": tell.before.role.name,
        "haxEventServedAsIntended": "true" if service.served_as_intended(after.role) else "false",
        "haxEventReasons": str(int(after.reasons)),
        "haxEventCause": service.cause.name,
        "haxEventCauseText": service.cause_text,
        "haxEventSuppressed": str(tell.suppressed),
        "haxEventSeverity": OF_HEALTH[after.health].name,
    }
