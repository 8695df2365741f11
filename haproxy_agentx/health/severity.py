"""How severe what an event reports is, by the perceived severities of ITU-T X.733 (RFC 3877 5.4). A table, and pure.

The first row that matches decides; an empty cell matches anything. The table is total: that is proven when this module
is imported. What a subject was before is of no influence: it decides which event this one clears (store/ledger).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from haproxy_agentx.health.model import Health
from haproxy_agentx.vocabulary.event import Kind


class PluginStatus(IntEnum):
    """The exit status of a plugin (Monitoring Plugins Development Guidelines, 2.3)."""

    ok = 0
    warning = 1
    critical = 2
    unknown = 3


class ProblemSeverity(IntEnum):
    """HaxProblemSeverity. The exit status of ``status`` is one less."""

    none = 1
    warning = 2
    critical = 3


class Severity(IntEnum):
    """HaxSeverity; names and numbers are those of ItuPerceivedSeverity (RFC 3877)."""

    cleared = 1
    indeterminate = 2
    critical = 3
    major = 4
    minor = 5
    warning = 6


SILENT = (Severity.cleared, Severity.warning)
"""Severities of which there is no reminder: a warning is of what was ordered."""

REMOVED = "removed"
"""State of a subject that is not there any more, whatever it was."""

MAINTAINED = "maintenance"
"""State of a pair whose redundancy is missing by order."""

SERVICE_KINDS = (Kind.serviceFailover, Kind.serviceHealthChange)
"""Kinds whose state is a health."""


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """A row: an event of one of ``kinds`` that reports one of ``states`` has ``severity``."""

    kinds: Sequence[Kind]
    states: Sequence[str]
    severity: Severity
    meaning: str

    def matches(self, kind: Kind, state: str) -> bool:
        """Whether the row applies."""
        return (not self.kinds or kind in self.kinds) and (not self.states or state in self.states)


def _health(*states: Health) -> tuple[str, ...]:
    return tuple(state.name for state in states)


_SOURCE, _BACKEND, _SERVER = (Kind.sourceChange,), (Kind.backendChange,), (Kind.serverChange,)
_PAIR, _MISMATCH = (Kind.pairChange,), (Kind.pairMismatch,)

RULES: tuple[SeverityRule, ...] = (
    SeverityRule((), (REMOVED,), Severity.cleared, "the subject no longer exists, so its problem has ended"),
    SeverityRule(
        SERVICE_KINDS,
        _health(Health.active, Health.standby),
        Severity.cleared,
        "the node does what its role requires",
    ),
    SeverityRule(
        SERVICE_KINDS,
        _health(Health.activeDegraded, Health.standbyDegraded),
        Severity.minor,
        "the node serves, or would serve, with reduced capacity",
    ),
    SeverityRule(
        SERVICE_KINDS,
        _health(Health.standbyNotReady, Health.fault, Health.stopped),
        Severity.major,
        "the node does not serve and could not take over: redundancy is lost",
    ),
    SeverityRule(
        SERVICE_KINDS,
        _health(Health.unknown, Health.blackhole, Health.conflict),
        Severity.critical,
        "clients are not served or may reach the wrong node, or the health is not known",
    ),
    SeverityRule(_SOURCE, ("ok",), Severity.cleared, "it is read"),
    SeverityRule(_SOURCE, ("disabled",), Severity.warning, "it is not read, by configuration"),
    SeverityRule(_SOURCE, ("stale",), Severity.minor, "its last reading is no longer current"),
    SeverityRule(
        _SOURCE,
        ("refused", "denied", "absent"),
        Severity.major,
        "it cannot be read; the health of the services shows the effect",
    ),
    SeverityRule(_BACKEND, ("UP",), Severity.cleared, "it has a usable server"),
    SeverityRule(_BACKEND, ("MAINT",), Severity.warning, "all its servers are in maintenance"),
    SeverityRule(_BACKEND, ("DOWN", "EMPTY"), Severity.major, "it has no usable server"),
    SeverityRule(_SERVER, ("UP",), Severity.cleared, "it is in use, and passes its checks"),
    SeverityRule(
        _SERVER, ("MAINT", "DRAIN"), Severity.warning, "it is out of use by order of an administrator or an agent"
    ),
    SeverityRule(
        _SERVER, ("DOWN", "NOLB", "MAINT (resolution)"), Severity.minor, "it fails, and others may serve in its place"
    ),
    SeverityRule(
        _PAIR, ("redundant", "failedOver", MAINTAINED), Severity.cleared, "it is served, with all that orders have left"
    ),
    SeverityRule(
        _PAIR, ("redundancyReduced", "mismatch"), Severity.minor, "it is served, with less in reserve than is intended"
    ),
    SeverityRule(
        _PAIR,
        ("notRedundant", "redundancyUnknown"),
        Severity.major,
        "it is served, and nothing could take over, as far as is known",
    ),
    SeverityRule(
        _PAIR,
        ("unknown", "unreachable", "dualActive", "notServed"),
        Severity.critical,
        "clients are not served or may reach the wrong node, or that is not known",
    ),
    SeverityRule(_MISMATCH, ("same",), Severity.cleared, "the nodes agree"),
    SeverityRule(_MISMATCH, ("differs",), Severity.minor, "the nodes differ, and a failover would show it"),
    SeverityRule(
        (), (), Severity.indeterminate, "the severity cannot be determined, or the event stands for several subjects"
    ),
)


def severity_of(kind: Kind, state: str) -> Severity:
    """Return the severity of an event that reports ``state``: a health, a haxSourceState, a status, or REMOVED."""
    return next(rule.severity for rule in RULES if rule.matches(kind, state))


OF_HEALTH: Mapping[Health, Severity] = {health: severity_of(Kind.serviceHealthChange, health.name) for health in Health}
"""The severity of each health."""

if Severity.indeterminate in OF_HEALTH.values() or RULES[-1].kinds or RULES[-1].states:
    raise AssertionError("the severities do not cover each health and each kind")
