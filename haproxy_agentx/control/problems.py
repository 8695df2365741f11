"""What is wrong with the monitoring and with what it monitors: one table of rules. Pure.

``problems`` judges a snapshot (``Report.snapshot``). The screen and the exit status of ``haproxy-agentx status`` and
the scalars haxAgentProblems, haxAgentProblemSeverity and haxAgentProblemText all come from it, and so agree.

A rule is a function from the snapshot to problems. A part that a snapshot of an older daemon lacks raises no problem;
one that every version has raises KeyError, TypeError or AttributeError where it is missing or another thing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.health.severity import ProblemSeverity, Severity, severity_of
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vocabulary.source import SourceKind, SourceState

OLDEST_WARNING = 60.0
OLDEST_CRITICAL = 900.0
"""Seconds that the oldest event may be queued: longer is a warning, critical."""

SILENCE = 10.0
"""Seconds after a line in the FIFO in which its notification must have arrived: it takes milliseconds."""

LINES = 2
"""Lines in the FIFO whose notifications must be missing: one may be lost while snmpd restarts."""

REFUSALS = 3
"""Messages refused in a row that are a problem of a source that could use others before; of another one each is."""

LATELY = 3600.0
"""Seconds for which a notification that was given up, or left out, is a problem."""

FIFO, TRAPS, MIB = SourceKind.keepalivedFifo.name, SourceKind.keepalivedTraps.name, SourceKind.keepalivedMib.name

OPTIONAL = frozenset({SourceKind.kernelAddresses.name, FIFO, TRAPS, MIB})
"""Kinds of sources (haxSourceKind) that may be missing."""

MINOR = OPTIONAL | {SourceKind.haproxyMaster.name}
"""Kinds of sources without which no service is judged otherwise."""

OK = SourceState.ok.name

MISSING = frozenset({SourceState.absent.name, SourceState.disabled.name})
"""States in which an optional source is missing, and nothing is wrong with it."""

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``remedy`` is empty where ``why`` holds it already: texts of sources do."""

    severity: ProblemSeverity
    what: str
    why: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """Return ``WHAT: WHY: REMEDY``."""
        return ": ".join(part for part in (self.what, self.why, self.remedy) if part)


Rule = Callable[[Part], Iterator[Problem]]


def problems(snapshot: Part) -> list[Problem]:
    """Return all problems ordered by severity, the worst first; an empty list when all is well."""
    found = [problem for rule in RULES for problem in rule(snapshot)]
    return sorted(found, key=lambda problem: -problem.severity)


def worst(found: list[Problem]) -> ProblemSeverity:
    """Return the severity of the worst problem."""
    return max((problem.severity for problem in found), default=ProblemSeverity.none)


def notes(snapshot: Part) -> list[str]:
    """Return what is not as it could be, and not wrong."""
    known = _is_bypassed(snapshot)
    missing = [
        source["error"]
        for source in snapshot["sources"]
        if is_missing(source) and not (known and _is_unwritten(source))
    ]
    contradictions = [
        f"{instance['name']}: {instance['contradiction']}"
        for instance in snapshot.get("vrrp", [])
        if instance.get("contradiction")
    ]
    events = snapshot.get("events", {})
    waiting = [f"{events['queued']} events wait: {events['held']}"] if events.get("held") else []
    return [text for text in contradictions + waiting + missing if text]


def is_missing(source: Part) -> bool:
    """Whether a source is optional and is not there."""
    return source["kind"] in OPTIONAL and source["state"] in MISSING


def _services(snapshot: Part) -> Iterator[Problem]:
    for service in snapshot.get("services", []):
        health = Health.__members__.get(str(service["health"]), Health.conflict)
        if health > Health.standby:
            severity = ProblemSeverity.warning if health <= Health.stopped else ProblemSeverity.critical
            yield Problem(
                severity,
                f"{service['name']} is {service['health']}",
                service.get("details") or service.get("cause_text") or "",
            )


def _pairs(snapshot: Part) -> Iterator[Problem]:
    """Yield what is wrong with the services over all nodes; without peers, a node has its own problems only."""
    pair = snapshot.get("pair") or {}
    for service in pair.get("services", []) if pair.get("peers") else []:
        severity = severity_of(Kind.pairChange, str(service["state"]))
        if severity is not Severity.cleared and not service.get("settling"):
            critical = severity is Severity.critical
            yield Problem(
                ProblemSeverity.critical if critical else ProblemSeverity.warning,
                f"the pair of {service['name']} is {service['state']}",
                service.get("text") or "",
            )
    for peer in pair.get("peers", []):
        if peer.get("error"):
            yield Problem(ProblemSeverity.warning, f"peer {peer['name']} is {peer['state']}", str(peer["error"]))


def _agentx(snapshot: Part) -> Iterator[Problem]:
    if snapshot["agentx"]["problem"]:
        yield Problem(ProblemSeverity.critical, "SNMP is not served", snapshot["agentx"]["problem"])


def _store(snapshot: Part) -> Iterator[Problem]:
    if snapshot["store"]["problem"]:
        yield Problem(ProblemSeverity.warning, "the store is not written", snapshot["store"]["problem"])


def _sources(snapshot: Part) -> Iterator[Problem]:
    for source in snapshot["sources"]:
        if source["state"] == OK or is_missing(source):
            continue
        if not source["error"]:
            yield Problem(ProblemSeverity.warning, source["name"], "no reading yet")
        elif source["kind"] in MINOR or source["state"] == SourceState.stale.name:
            yield Problem(ProblemSeverity.warning, source["name"], source["error"])
        else:
            yield Problem(ProblemSeverity.critical, source["name"], source["error"])


def _refusals(snapshot: Part) -> Iterator[Problem]:
    for source in snapshot["sources"]:
        enough = 1 if source["age"] is None else REFUSALS
        if source["state"] == OK and source.get("refused", 0) >= enough:
            yield Problem(
                ProblemSeverity.warning,
                f"{source['name']} refuses all messages",
                f"{source['refused']} messages in a row: {source['refusal']}",
            )


def _silent_traps(snapshot: Part) -> Iterator[Problem]:
    heard = [source for source in snapshot["sources"] if source["kind"] == FIFO]
    lines = sum(source.get("messages", 0) for source in heard if (source.get("message_age") or 0.0) >= SILENCE)
    for source in snapshot["sources"]:
        if source["kind"] != TRAPS or source["state"] != OK or source["age"] is not None:
            continue
        if lines >= LINES and not source.get("refused"):
            yield Problem(
                ProblemSeverity.warning,
                f"{source['name']} has never received a notification",
                f"keepalived wrote {lines} lines to its FIFO, so snmpd.conf does not send notifications to "
                f"{source['target']}, or keepalived runs without -x, or snmpd was not running",
                f'add `trap2sink {source["target"]}` to snmpd.conf and restart snmpd; on Debian set DAEMON_ARGS="-x" '
                "in /etc/default/keepalived and restart keepalived",
            )


def _unwritten_fifo(snapshot: Part) -> Iterator[Problem]:
    for source in snapshot["sources"]:
        if _is_unwritten(source) and _is_bypassed(snapshot):
            yield Problem(
                ProblemSeverity.warning,
                f"{source['name']} has never been written to",
                f"keepalived runs, but has not opened {source['target']}: keepalived.conf lacks the line or names "
                "another path, keepalived has not been reloaded since, or it may not open what it finds there",
                f"add `vrrp_notify_fifo {source['target']}` to global_defs and reload keepalived; its log has details",
            )


def _is_unwritten(source: Part) -> bool:
    """Whether it is a FIFO that has never had a writer."""
    return source["kind"] == FIFO and is_missing(source) and source["age"] is None


def _is_bypassed(snapshot: Part) -> bool:
    """Whether keepalived is known to run by another way than its FIFO."""
    kinds = {MIB, TRAPS}
    alive = {Role.master.name, Role.backup.name, Role.fault.name}
    read = any(source["kind"] == MIB and source["state"] == OK for source in snapshot["sources"])
    return read or any(
        instance.get("source") in kinds and instance["role"] in alive for instance in snapshot.get("vrrp", [])
    )


def _old_events(snapshot: Part) -> Iterator[Problem]:
    events = snapshot.get("events", {})
    age = events.get("oldest_age") or 0.0
    if age >= OLDEST_WARNING:
        yield Problem(
            ProblemSeverity.critical if age >= OLDEST_CRITICAL else ProblemSeverity.warning,
            f"{events['queued']} events are not delivered, the oldest for {age:.0f} s",
            events.get("held") or "snmpd does not acknowledge them",
            "see journalctl -u haproxy-agentx; the events are in haxEventTable and in `haproxy-agentx events`",
        )


def _given_up(snapshot: Part) -> Iterator[Problem]:
    number = snapshot.get("events", {}).get("given_up", 0)
    if number:
        yield Problem(
            ProblemSeverity.warning,
            f"{number} notifications of the last hour were given up",
            "snmpd refused them, or too many were queued",
            "see journalctl -u haproxy-agentx for the reason, and `haproxy-agentx events` for their contents",
        )


def _exposed(snapshot: Part) -> Iterator[Problem]:
    for exposure in snapshot.get("exposed", ()):
        severity = ProblemSeverity.critical if exposure["writable"] else ProblemSeverity.warning
        yield Problem(severity, exposure["what"], exposure["why"], exposure["remedy"])


def _too_many_services(snapshot: Part) -> Iterator[Problem]:
    number = snapshot.get("services_left_out", 0)
    if number:
        yield Problem(
            ProblemSeverity.warning,
            f"{number} VRRP instances have no health",
            "each instance is a service without services in the configuration, and there are too many",
            "name the services that matter in the configuration (services)",
        )


def _left_out(snapshot: Part) -> Iterator[Problem]:
    for key, (what, why, remedy) in _LEFT_OUT.items():
        ignored = snapshot.get(key, {})
        if ignored.get("age") is not None and ignored["age"] < LATELY:
            text = f"{ignored['number']} {what} were ignored, the last one {ignored['age']:.0f} s ago"
            yield Problem(ProblemSeverity.warning, text, why, remedy)


_LEFT_OUT = {
    "traps_ignored": (
        "notifications of VRRP",
        (
            "their instances are more than notifications alone may make known, or change their roles too often: an "
            "instance may be missing, or forged ones take the room"
        ),
        "let keepalived's FIFO or KEEPALIVED-MIB name the instances (keepalived.fifo, keepalived.snmp)",
    ),
    "lines_ignored": (
        "lines of keepalived's FIFO",
        "their instances are more than lines alone may make known: instances are missing",
        "let KEEPALIVED-MIB name the instances (keepalived.snmp), or name those that matter in services",
    ),
}
"""What, why and the remedy, by the part of the snapshot that counts what was left out."""


RULES: tuple[Rule, ...] = (
    _services,
    _pairs,
    _agentx,
    _store,
    _sources,
    _refusals,
    _silent_traps,
    _unwritten_fifo,
    _old_events,
    _given_up,
    _exposed,
    _too_many_services,
    _left_out,
)
"""All rules; a new one needs a line here and a test."""
