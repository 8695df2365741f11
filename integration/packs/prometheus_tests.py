"""Tests of the alerting rules for promtool, made of the alarms: each is raised by its condition and by nothing else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from haproxy_agentx.health.model import Health
from integration.packs import promql
from integration.packs.alarms import (
    ALARMS,
    DUAL_ACTIVE,
    NOT_SERVED,
    Above,
    Alarm,
    Below,
    Condition,
    Grows,
    OneOf,
    Share,
    Silent,
    SiteAlarm,
    Threshold,
)
from integration.packs.mib import Mib
from integration.packs.pack import Source
from integration.packs.snmp_exporter import STATE_SETS

Name = Callable[[Alarm | SiteAlarm], str]
Series = tuple[str, dict[str, str], str]
"""A metric, its labels, and its values as promtool writes them."""

NODE = {"job": "haproxy-agentx", "instance": "192.0.2.11"}
OTHER = {**NODE, "instance": "192.0.2.12"}

AT = "1m"
STEADY = "x20"
"""What follows a value that stays for the whole test."""


@dataclass(frozen=True, slots=True)
class Case:
    """A site with its series, and the alerts of which it must raise exactly the ``raised`` ones of ``asked``."""

    site: str
    series: tuple[Series, ...]
    asked: tuple[str, ...]
    raised: tuple[str, ...]


def tests(source: Source, rules: str, name: Name) -> dict[str, object]:
    """Return the file of tests: all cases side by side in one, as sites do not affect each other."""
    cases = [*_of_alarms(source, name), *_of_health(name), *_of_sites(name)]
    alerts = sorted({alert for case in cases for alert in case.asked})
    return {
        "rule_files": [rules],
        "evaluation_interval": "5s",
        "tests": [
            {
                "interval": "5s",
                "input_series": [
                    {"series": _written(metric, {**labels, "site": case.site}), "values": values}
                    for case in cases
                    for metric, labels, values in case.series
                ],
                "promql_expr_test": [_expected(alert, cases) for alert in alerts],
            }
        ],
    }


def _expected(alert: str, cases: Sequence[Case]) -> dict[str, object]:
    asked = [case for case in cases if alert in case.asked]
    sites = "|".join(case.site for case in asked)
    return {
        "expr": f'count by (site) (ALERTS{{alertname="{alert}", alertstate="firing", site=~"{sites}"}} == 1) > 0',
        "eval_time": AT,
        "exp_samples": [{"labels": f'{{site="{case.site}"}}', "value": 1} for case in asked if alert in case.raised],
    }


def _of_alarms(source: Source, name: Name) -> Iterator[Case]:
    """Yield for each alarm a row for which it is raised, and one that is at the limit of its condition."""
    for alarm in ALARMS:
        for raised in (True, False):
            series = tuple(_series(source.mib, alarm.when, _row(alarm), raised=raised))
            series += tuple(_series(source.mib, alarm.only, _row(alarm), raised=True)) if alarm.only else ()
            site = f"{alarm.name}-{'raised' if raised else 'not'}"
            yield Case(site, series, (name(alarm),), (name(alarm),) if raised else ())
        if alarm.only:
            series = tuple(_series(source.mib, alarm.when, _row(alarm), raised=True))
            series += tuple(_series(source.mib, alarm.only, _row(alarm), raised=False))
            yield Case(f"{alarm.name}-only", series, (name(alarm),), ())


def _of_health(name: Name) -> Iterator[Case]:
    """Yield each health of a service: it raises its own alarm, and a node that is well raises none."""
    own = {alarm.when: alarm for alarm in ALARMS}
    asked = tuple(name(alarm) for alarm in ALARMS if alarm.kind in {"service", "node"})
    for health in Health:
        alarm = own.get(OneOf("haxServiceHealth", (health.name,)))
        series = (*_answers(NODE), *_health(NODE, health))
        yield Case(f"health-{health.name}", series, asked, (name(alarm),) if alarm else ())


def _of_sites(name: Name) -> Iterator[Case]:
    """Yield each pair of health values, and a site of which one node is silent."""
    asked = (name(NOT_SERVED), name(DUAL_ACTIVE))
    for one, two in product(Health, Health):
        both = {one, two}
        series = (*_answers(NODE), *_answers(OTHER), *_health(NODE, one), *_health(OTHER, two))
        raised = []
        if both.isdisjoint({Health.active, Health.activeDegraded, Health.unknown, Health.conflict}):
            raised.append(name(NOT_SERVED))
        if both <= {Health.active, Health.activeDegraded}:
            raised.append(name(DUAL_ACTIVE))
        yield Case(f"pair-{one.name}-{two.name}", series, asked, tuple(raised))
    silent = (*_answers(NODE), *_health(NODE, Health.standby), ("up", OTHER, f"0{STEADY}"))
    yield Case("pair-silent", silent, asked, ())


def _written(metric: str, labels: dict[str, str]) -> str:
    inner = ", ".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{metric}{{{inner}}}"


def _row(alarm: Alarm) -> dict[str, str]:
    own = promql.row_labels(alarm.kind)[len(promql.NODE_LABELS) :]
    return {**NODE, **{label: f"a {label}" for label in own}}


def _answers(node: dict[str, str]) -> list[Series]:
    return [("up", node, f"1{STEADY}"), ("haxHealth", {**node, "haxHealth": "active"}, f"1{STEADY}")]


def _health(node: dict[str, str], now: Health) -> Iterator[Series]:
    for health in Health:
        labels = {**node, "haxServiceName": "SITE1", "haxServiceHealth": health.name}
        yield "haxServiceHealth", labels, f"{int(health is now)}{STEADY}"


def _series(mib: Mib, when: Condition, labels: dict[str, str], *, raised: bool) -> Iterator[Series]:
    match when:
        case OneOf(name, chosen) if name in STATE_SETS:
            yield name, {**labels, name: chosen[0]}, f"{int(raised)}{STEADY}"
        case OneOf(name, chosen):
            numbers = mib.object(name).labels
            other = next(number for label, number in numbers.items() if label not in chosen)
            yield name, labels, f"{numbers[chosen[0]] if raised else other}{STEADY}"
        case Above(name, threshold):
            limit = threshold.default if isinstance(threshold, Threshold) else threshold
            yield name, labels, f"{limit + int(raised)}{STEADY}"
        case Below(name, threshold):
            limit = threshold.default if isinstance(threshold, Threshold) else threshold
            yield name, labels, f"{limit - int(raised)}{STEADY}"
        case Share(name, limit, threshold):
            yield name, labels, f"{threshold.default + int(raised)}{STEADY}"
            yield limit, labels, f"100{STEADY}"
        case Grows(name, _):
            yield name, labels, f"7x11 {7 + int(raised)}x8"  # at AT
        case Silent(name):
            yield "up", labels, f"{int(not raised)}{STEADY}"
            if not raised:
                yield name, {**labels, name: "active"}, f"0{STEADY}"
