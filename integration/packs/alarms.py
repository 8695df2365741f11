"""What a person is called for: each alarm with its condition, severity, threshold and what explains it. Tables.

Severities are those of the notifications (health/severity): an alarm of a health value has the severity that the
notification of it has. An alarm is not raised while one that explains it is raised for the same row, or for the node.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import OF_HEALTH, Severity, severity_of
from haproxy_agentx.pair.model import PairState, PeerState
from haproxy_agentx.vocabulary.event import Kind


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a site may change: ``name`` in camelCase, ``default`` in ``unit``."""

    name: str
    default: int
    unit: str
    meaning: str


CERTIFICATE_DAYS = Threshold("certificateDays", 14, "d", "Days before its end at which a certificate is reported")
LIMIT_PERCENT = Threshold("limitPercent", 90, "%", "Share of a limit of connections or sessions that is reported")
EVENT_AGE = Threshold("eventAge", 300, "s", "Age at which an event that waits to be sent is reported")
WINDOW = Threshold("window", 600, "s", "Time for which an alarm of a counter stays raised after it grew")
DISPUTE_WINDOW = Threshold("disputeWindow", 10, "s", "Time for which a second MASTER is reported after it was heard")

THRESHOLDS = (CERTIFICATE_DAYS, LIMIT_PERCENT, EVENT_AGE, WINDOW, DISPUTE_WINDOW)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The enumeration ``object`` has one of ``labels``."""

    object: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Above:
    """The number ``object`` is greater than the threshold."""

    object: str
    threshold: Threshold | int


@dataclass(frozen=True, slots=True)
class Below:
    """The number ``object`` is less than the threshold."""

    object: str
    threshold: Threshold | int


@dataclass(frozen=True, slots=True)
class Share:
    """``object`` is more than the threshold, in percent, of ``limit``; a limit of 0 is none."""

    object: str
    limit: str
    threshold: Threshold


@dataclass(frozen=True, slots=True)
class Grows:
    """The counter ``object`` has grown within ``window``."""

    object: str
    window: Threshold


@dataclass(frozen=True, slots=True)
class Silent:
    """``object`` of the node cannot be read."""

    object: str


Condition = OneOf | Above | Below | Share | Grows | Silent


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm. ``summary`` is a clause about a row, whose kind and name stand before it: 'service SITE1 ...'.

    ``kind`` is that of the row (watched), 'node' for the node itself. ``section`` is the heading in docs/operations.md;
    ``shown`` are objects of the row that say more. ``explained_by`` are names of alarms; ``only`` has to
    hold as well.
    """

    name: str
    kind: str
    when: Condition
    severity: Severity
    summary: str
    section: str
    shown: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    only: Above | None = None


_HEALTH_SAYS = {
    Health.activeDegraded: "serves with reduced capacity",
    Health.standbyDegraded: "could take over with reduced capacity only",
    Health.standbyNotReady: "could not take over: redundancy is lost",
    Health.fault: "is in VRRP FAULT: redundancy is lost",
    Health.stopped: "is stopped, keepalived does not run it: redundancy is lost",
    Health.unknown: "is in an unknown state",
    Health.blackhole: "gets clients and does not serve them",
    Health.conflict: "contradicts VRRP: addresses and role do not agree, or a second MASTER is heard",
}

_SOURCE_SAYS = {
    "stale": "does not answer in time: its last reading is no longer current",
    "refused": "refuses the connection",
    "denied": "denies access",
    "absent": "does not exist",
}

_PAIR_SAYS = {
    PairState.redundancyReduced: "is served, with reduced redundancy",
    PairState.notRedundant: "is served, and no other node could take over",
    PairState.redundancyUnknown: "is served, and whether another node could take over is not known",
    PairState.mismatch: "is served, and its nodes differ in their configuration",
    PairState.unknown: "may not be served: that is not known",
    PairState.unreachable: "is served on paper, while the packets of clients arrive at another node",
    PairState.dualActive: "is served by two nodes: a split brain",
    PairState.notServed: "is served by no node",
}

_PEER_SAYS = {
    PeerState.unreachable: "does not answer",
    PeerState.denied: "denies access",
    PeerState.noAgent: "does not run haproxy-agentx",
    PeerState.incompatible: "runs another version, which cannot be compared",
}

AGENT_SILENT = "agentSilent"


def of_health(health: Health) -> str:
    """Return the name of the alarm of a health."""
    return f"service{health.name[0].upper()}{health.name[1:]}"


def of_pair(state: PairState) -> str:
    """Return the name of the alarm of a pair state."""
    return f"pair{state.name[0].upper()}{state.name[1:]}"


def of_source(state: str) -> str:
    """Return the name of the alarm of a state of a source."""
    return f"source{state.title()}"


def _services() -> Iterator[Alarm]:
    for health, said in _HEALTH_SAYS.items():
        yield Alarm(
            of_health(health),
            "service",
            OneOf("haxServiceHealth", (health.name,)),
            OF_HEALTH[health],
            said,
            f"Health: {health.name}",
            ("haxServiceCauseText", "haxServiceReasonText"),
        )
    yield Alarm(
        "serviceNotAsIntended",
        "service",
        OneOf("haxServiceServedAsIntended", ("false",)),
        Severity.warning,
        "is not in its intended role",
        "Alarm: serviceNotAsIntended",
        ("haxServiceCauseText",),
        tuple(of_health(health) for health in _HEALTH_SAYS),
    )


def _pairs() -> Iterator[Alarm]:
    for state, said in _PAIR_SAYS.items():
        yield Alarm(
            of_pair(state),
            "pair",
            OneOf("haxPairState", (state.name,)),
            severity_of(Kind.pairChange, state.name),
            said,
            f"Pair: {state.name}",
            ("haxPairText", "haxPairDifferenceText"),
            only=Above("haxPairNodesExpected", 1),  # a node without peers knows nothing of a pair
        )
    for peer, said in _PEER_SAYS.items():
        yield Alarm(
            f"peer{peer.name[0].upper()}{peer.name[1:]}",
            "peer",
            OneOf("haxPeerState", (peer.name,)),
            Severity.minor,
            said,
            "Alarm: peerNotRead",
            ("haxPeerLastError",),
        )


def _sources() -> Iterator[Alarm]:
    for state, said in _SOURCE_SAYS.items():
        yield Alarm(
            of_source(state),
            "source",
            OneOf("haxSourceState", (state,)),
            severity_of(Kind.sourceChange, state),
            said,
            "Cause: sourceLost",
            ("haxSourceLastError",),
        )


_OTHERS = (
    Alarm(
        AGENT_SILENT,
        "node",
        Silent("haxHealth"),
        Severity.major,
        "does not answer: nothing is known of its services",
        "Alarm: agentSilent",
    ),
    Alarm(
        "storeDegraded",
        "node",
        OneOf("haxAgentStoreState", ("memoryOnly", "hangs")),
        Severity.minor,
        "cannot keep events on disk",
        "Alarm: storeDegraded",
        ("haxAgentStoreProblem",),
    ),
    Alarm(
        "eventsLost",
        "node",
        Grows("haxAgentEventsLost", WINDOW),
        Severity.minor,
        "has given up notifications",
        "Alarm: eventsLost",
        ("haxAgentOutboxHeld",),
    ),
    Alarm(
        "eventsWaiting",
        "node",
        Above("haxAgentOldestEventAge", EVENT_AGE),
        Severity.minor,
        "has notifications that wait to be sent",
        "Alarm: eventsWaiting",
        ("haxAgentOutboxHeld",),
        ("eventsLost",),
    ),
    Alarm(
        "vrrpDisputed",
        "instance",
        Grows("haxVrrpDisputes", DISPUTE_WINDOW),
        Severity.minor,
        "heard a second MASTER",
        "Cause: roleDisputed",
        ("haxVrrpContradiction",),
    ),
    Alarm(
        "reloadFailed",
        "process",
        OneOf("haxProcessReloadResult", ("failed",)),
        Severity.minor,
        "could not reload its configuration",
        "Alarm: reloadFailed",
    ),
    Alarm(
        "processNearLimit",
        "process",
        Share("haxProcessConnectionsCurrent", "haxProcessConnectionLimit", LIMIT_PERCENT),
        Severity.minor,
        "is near its limit of connections",
        "Cause: saturated",
    ),
    Alarm(
        "frontendClosed",
        "frontend",
        OneOf("haxFrontendStatus", ("stop", "paused", "full")),
        Severity.major,
        "does not accept connections",
        "Cause: frontendClosed",
    ),
    Alarm(
        "frontendNearLimit",
        "frontend",
        Share("haxFrontendSessionsCurrent", "haxFrontendSessionsLimit", LIMIT_PERCENT),
        Severity.minor,
        "is near its limit of sessions",
        "Cause: saturated",
        (),
        ("frontendClosed",),
    ),
    Alarm(
        "backendDown",
        "backend",
        OneOf("haxBackendStatus", ("down",)),
        severity_of(Kind.backendChange, "DOWN"),
        "has no usable server",
        "Cause: noUsableBackend",
    ),
    Alarm(
        "serverDown",
        "server",
        OneOf("haxServerStatus", ("down", "downGoingUp", "downAgent")),
        severity_of(Kind.serverChange, "DOWN"),
        "fails its checks",
        "Alarm: serverDown",
        ("haxServerAddress",),
    ),
    Alarm(
        "certificateExpired",
        "certificate",
        Below("haxCertificateDaysLeft", 0),
        Severity.major,
        "has expired",
        "Alarm: certificateExpiring",
    ),
    Alarm(
        "certificateExpiring",
        "certificate",
        Below("haxCertificateDaysLeft", CERTIFICATE_DAYS),
        Severity.warning,
        "expires soon",
        "Alarm: certificateExpiring",
        (),
        ("certificateExpired",),
    ),
)

ALARMS: tuple[Alarm, ...] = tuple(chain(_services(), _pairs(), _sources(), _OTHERS))
"""All alarms of one node."""


@dataclass(frozen=True, slots=True)
class SiteAlarm:
    """An alarm about one service on all nodes of a site together, for systems that can compare nodes."""

    name: str
    severity: Severity
    summary: str
    section: str


SERVING = (Health.active, Health.activeDegraded)
"""The health of a node that serves."""

NOT_SERVED = SiteAlarm("siteNotServed", Severity.critical, "is served by no node", "Alarm: siteNotServed")
DUAL_ACTIVE = SiteAlarm("siteDualActive", Severity.critical, "is served by two nodes", "Alarm: siteDualActive")
SITE_ALARMS = (NOT_SERVED, DUAL_ACTIVE)

SECTIONS = tuple(dict.fromkeys([*(one.section for one in ALARMS), *(one.section for one in SITE_ALARMS)]))
"""The headings of docs/operations.md that the packs link to."""
