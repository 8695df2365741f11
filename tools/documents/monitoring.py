"""What a person sees in each monitoring system, as tables for docs/monitoring.md. Pure."""

from collections.abc import Callable, Mapping

from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import OF_HEALTH, Severity, severity_of
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.vocabulary.event import Kind
from integration.packs.alarms import ALARMS, SITE_ALARMS, THRESHOLDS, Alarm, SiteAlarm, of_health, of_pair
from integration.packs.opennms import SEVERITIES
from integration.packs.operations import anchor
from integration.packs.pack import NAGIOS, macro_case
from integration.packs.prometheus import alert_name
from integration.packs.prometheus_text import LEVELS
from integration.packs.zabbix_parts import PRIORITIES
from tools.documents.parts import Parts, table

_BY_NAME = {alarm.name: alarm for alarm in ALARMS}
WELL = "no problem"


def states() -> str:
    """Return what a person sees in each system for each health of a service."""
    rows = []
    for health in Health:
        severity = OF_HEALTH[health]
        alarm = _BY_NAME.get(of_health(health))
        shown = [system(severity, alarm) for system in SYSTEMS.values()]
        rows.append((f"[{health.name} ({health.value})](operations.md#health-{health.name.lower()})", *shown))
    return table(("health", *SYSTEMS), rows)


def pair_states() -> str:
    """Return what a person sees in each system for each state of a service on all nodes."""
    rows = []
    for state in PairState:
        severity = severity_of(Kind.pairChange, state.name)
        alarm = _BY_NAME.get(of_pair(state))
        shown = [system(severity, alarm) for system in SYSTEMS.values()]
        rows.append((f"[{state.name} ({state.value})](operations.md#pair-{state.name.lower()})", *shown))
    return table(("pair state", *SYSTEMS), rows)


def alarms() -> str:
    """Return all alarms: of what, when, severity and section."""
    rows = [(one.name, one.kind, one.summary, one.severity.name, _section(one)) for one in ALARMS]
    rows += [(one.name, "service, on all nodes", one.summary, one.severity.name, _section(one)) for one in SITE_ALARMS]
    return table(("alarm", "of a", "is raised when it", "severity", "what to do"), rows)


def thresholds() -> str:
    """Return the thresholds: name in Zabbix, default and meaning."""
    rows = [(f"`{{$HAX.{macro_case(one.name)}}}`", f"{one.default} {one.unit}", one.meaning) for one in THRESHOLDS]
    return table(("threshold", "default", "meaning"), rows)


def _section(alarm: Alarm | SiteAlarm) -> str:
    return f"[{alarm.section}](operations.md#{anchor(alarm.section)})"


def _prometheus(severity: Severity, alarm: Alarm | None) -> str:
    return f"{alert_name(alarm)}, {LEVELS[severity]}" if alarm else WELL


def _icinga(severity: Severity, alarm: Alarm | None) -> str:
    return NAGIOS[severity].upper() if alarm else "OK"


def _snmptt(severity: Severity, _: Alarm | None) -> str:
    return severity.name.upper()


def _zabbix(severity: Severity, alarm: Alarm | None) -> str:
    return PRIORITIES[severity].capitalize() if alarm else WELL


def _opennms(severity: Severity, _: Alarm | None) -> str:
    return SEVERITIES[severity]


SYSTEMS: Mapping[str, Callable[[Severity, Alarm | None], str]] = {
    "Prometheus": _prometheus,
    "Zabbix": _zabbix,
    "Icinga 2, Nagios, LibreNMS, Checkmk": _icinga,
    "SNMPTT": _snmptt,
    "OpenNMS": _opennms,
}


PARTS: Parts = {"states": states, "pair_states": pair_states, "alarms": alarms, "thresholds": thresholds}
"""What is generated, by name."""
