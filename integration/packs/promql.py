"""The alarms as PromQL expressions over the series of snmp_exporter. Pure."""

from haproxy_agentx.health.model import Health
from integration.packs.alarms import (
    ALARMS,
    SERVING,
    Above,
    Alarm,
    Below,
    Condition,
    Grows,
    OneOf,
    Share,
    Silent,
)
from integration.packs.mib import Mib
from integration.packs.snmp_exporter import LABELS, STATE_SETS
from integration.packs.watched import WATCHED, Watched, lineage, namer

JOB = 'job=~"haproxy-agentx.*"'
"""Selects the scrapes of nodes; the job of the examples is haproxy-agentx."""

NODE_LABELS = ("job", "site", "instance")
SITE_LABELS = ("job", "site", "haxServiceName")

_OF_KIND = {watched.kind: watched for watched in WATCHED}
_BY_NAME = {alarm.name: alarm for alarm in ALARMS}
_MAY_SERVE = (*SERVING, Health.conflict, Health.unknown)


def row_labels(kind: str) -> tuple[str, ...]:
    """Return the labels that identify a row of a kind, within all series of a metric."""
    if kind == "node":
        return NODE_LABELS
    names = [label for one in lineage(_OF_KIND[kind]) for label in names_of(namer(one))]
    return (*NODE_LABELS, *names)


def names_of(watched: Watched) -> tuple[str, ...]:
    """Return the labels that name a row within the rows above it."""
    return (*LABELS.get(watched.table, ()), watched.name)


def expression(mib: Mib, alarm: Alarm) -> str:
    """Return the expression that has a series for each row for which the alarm is raised."""
    raised = condition(mib, alarm.when)
    if alarm.only:
        raised = f"({raised}) and on ({', '.join(row_labels(alarm.kind))}) ({condition(mib, alarm.only)})"
    reasons = [condition(mib, _BY_NAME[name].when) for name in alarm.explained_by]
    if not reasons:
        return raised
    labels = ", ".join(row_labels(alarm.kind))
    return f"({raised}) unless on ({labels}) ({_any(_merged(alarm, reasons))})"


def condition(mib: Mib, when: Condition) -> str:  # noqa: PLR0911  one for each kind
    """Return the expression of a condition."""
    match when:
        case OneOf(name, labels) if name in STATE_SETS:
            return f"{state(name, labels)} == 1"
        case OneOf(name, labels):
            return _any([f"{name} == {mib.value(name, label)}" for label in labels])
        case Above(name, threshold):
            return f"{name} > {threshold if isinstance(threshold, int) else threshold.default}"
        case Below(name, threshold):
            return f"{name} < {threshold if isinstance(threshold, int) else threshold.default}"
        case Share(name, limit, threshold):
            return f"100 * {name} / ({limit} > 0) > {threshold.default}"
        case Grows(name, window):
            return f"increase({name}[{window.default}s]) > 0"
        case Silent(name):
            # the value is 1 where snmpd answers and 0 where it does not: either way nothing is known
            return f'up{{{JOB}}} unless on ({", ".join(NODE_LABELS)}) {name}{{{name}="active"}}'


def state(name: str, labels: tuple[str, ...]) -> str:
    """Return the series of some labels of a state set."""
    return f'{name}{{{name}="{labels[0]}"}}' if len(labels) == 1 else f'{name}{{{name}=~"{"|".join(labels)}"}}'


def not_served() -> str:
    """Return an expression with a series for each service that no node serves, while all nodes answer."""
    by = ", ".join(SITE_LABELS)
    out = tuple(health.name for health in Health if health not in _MAY_SERVE)
    silent = condition(Mib(), Silent("haxHealth"))
    known = f"count by ({by}) ({state('haxServiceHealth', ('active',))})"
    return f"(sum by ({by}) ({state('haxServiceHealth', out)}) == {known}) unless on (job, site) ({silent})"


def dual_active() -> str:
    """Return an expression with a series for each service that several nodes serve."""
    by = ", ".join(SITE_LABELS)
    return f"sum by ({by}) ({state('haxServiceHealth', tuple(health.name for health in SERVING))}) > 1"


def health_number() -> str:
    """Return the health of each service as its number in the MIB."""
    by = ", ".join((*NODE_LABELS, "haxServiceName"))
    terms = [f"{state('haxServiceHealth', (one.name,))} * {one.value}" for one in Health]
    return f"sum by ({by}) ({_any(terms)})"


def _merged(alarm: Alarm, reasons: list[str]) -> list[str]:
    """Return the reasons; those that are states of one state set as a single selection."""
    labels: dict[str, list[str]] = {}
    others = []
    for name, reason in zip(alarm.explained_by, reasons, strict=True):
        when = _BY_NAME[name].when
        if isinstance(when, OneOf) and when.object in STATE_SETS:
            labels.setdefault(when.object, []).extend(when.labels)
        else:
            others.append(reason)
    return [*(f"{state(name, tuple(found))} == 1" for name, found in labels.items()), *others]


def _any(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else " or ".join(f"({one})" for one in expressions)
