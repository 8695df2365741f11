"""What of the MIB is worth watching: which tables are discovered, by which names, and which of their columns. A table.

A value is kept as a number; a text is for people only, and packs without a place for texts leave it out.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Watched:
    """A discovered table.

    ``kind`` is what a row is, in one word. ``name`` is the column that names a row within the rows above it. ``above``
    names the table whose rows these belong to, an empty text where there is none; ``same_rows`` names a table whose
    index it shares. ``values`` and ``texts`` are columns.
    ``asked`` is whether rows are discovered only where the administrator asks for them, as they are many.
    """

    table: str
    kind: str
    name: str
    values: tuple[str, ...]
    texts: tuple[str, ...] = ()
    above: str = ""
    asked: bool = False
    same_rows: str = ""


SCALARS: tuple[str, ...] = (
    "haxHealth",
    "haxPair",
    "haxAgentUpTime",
    "haxAgentServices",
    "haxAgentServicesActive",
    "haxAgentProblems",
    "haxAgentProblemSeverity",
    "haxAgentStoreState",
    "haxAgentEventsQueued",
    "haxAgentEventsLost",
    "haxAgentEventsSuppressed",
    "haxAgentLastEventSequence",
    "haxAgentOldestEventAge",
    "haxAgentStalls",
    "haxAgentInputsRefused",
)
"""The scalars that are kept as numbers."""

SCALAR_TEXTS: tuple[str, ...] = ("haxAgentVersion", "haxAgentProblemText", "haxAgentStoreProblem", "haxAgentOutboxHeld")

WATCHED: tuple[Watched, ...] = (
    Watched(
        "haxServiceTable",
        "service",
        "haxServiceName",
        (
            "haxServiceHealth",
            "haxServiceRole",
            "haxServiceIntendedRole",
            "haxServiceReadiness",
            "haxServiceServedAsIntended",
            "haxServiceMaintenance",
            "haxServiceCause",
            "haxServiceProbe",
            "haxServiceUsableServers",
            "haxServiceEligibleServers",
            "haxServiceAddressesExpected",
            "haxServiceAddressesHeld",
            "haxServiceReasonMask",
            "haxServiceAge",
            "haxServiceRoleAge",
            "haxServiceTransitions",
            "haxServiceRoleChanges",
            "haxServiceSecondsServed",
            "haxServiceSecondsReady",
            "haxServiceSecondsNotReady",
            "haxServiceSecondsNotServed",
            "haxServiceSecondsUnknown",
        ),
        ("haxServiceCauseText", "haxServiceReasonText", "haxServiceDetails"),
    ),
    Watched(
        "haxPairTable",
        "pair",
        "haxPairService",
        (
            "haxPairState",
            "haxPairNodesActive",
            "haxPairNodesReady",
            "haxPairNodesExpected",
            "haxPairNodesRead",
            "haxPairEvidenceMask",
            "haxPairCause",
            "haxPairDisputes",
            "haxPairAge",
            "haxPairTransitions",
        ),
        ("haxPairActiveNode", "haxPairText", "haxPairDifferenceText"),
        same_rows="haxServiceTable",
    ),
    Watched(
        "haxPeerTable",
        "peer",
        "haxPeerName",
        (
            "haxPeerState",
            "haxPeerReadingAge",
            "haxPeerRoundTrip",
            "haxPeerSuccesses",
            "haxPeerFailures",
            "haxPeerReadsUs",
            "haxPeerClockOffset",
            "haxPeerUpTime",
        ),
        ("haxPeerNode", "haxPeerAgentVersion", "haxPeerLastError"),
    ),
    Watched(
        "haxVrrpTable",
        "instance",
        "haxVrrpName",
        (
            "haxVrrpState",
            "haxVrrpEffectivePriority",
            "haxVrrpBasePriority",
            "haxVrrpAddressesExpected",
            "haxVrrpAddressesHeld",
            "haxVrrpTransitions",
            "haxVrrpOtherMasters",
            "haxVrrpDisputes",
            "haxVrrpAdvertsReceived",
            "haxVrrpAge",
        ),
        ("haxVrrpContradiction",),
    ),
    Watched(
        "haxSourceTable",
        "source",
        "haxSourceName",
        ("haxSourceState", "haxSourceReadingAge", "haxSourceSuccesses", "haxSourceFailures"),
        ("haxSourceLastError",),
    ),
    Watched(
        "haxProcessTable",
        "process",
        "haxProcessName",
        (
            "haxProcessUptime",
            "haxProcessConnectionsCurrent",
            "haxProcessConnectionLimit",
            "haxProcessConnectionsTotal",
            "haxProcessRequestsTotal",
            "haxProcessBytesOut",
            "haxProcessSslConnectionsCurrent",
            "haxProcessPoolFailures",
            "haxProcessIdle",
            "haxProcessRunQueue",
            "haxProcessReloads",
            "haxProcessReloadResult",
            "haxProcessPeersDown",
            "haxProcessBadRows",
        ),
        ("haxProcessVersion",),
    ),
    Watched(
        "haxFrontendTable",
        "frontend",
        "haxFrontendName",
        (
            "haxFrontendStatus",
            "haxFrontendSessionsCurrent",
            "haxFrontendSessionsLimit",
            "haxFrontendSessionsTotal",
            "haxFrontendRequestsTotal",
            "haxFrontendBytesIn",
            "haxFrontendBytesOut",
            "haxFrontendRequestErrors",
            "haxFrontendRequestsDenied",
            "haxFrontendHttp2xx",
            "haxFrontendHttp4xx",
            "haxFrontendHttp5xx",
        ),
        above="haxProcessTable",
    ),
    Watched(
        "haxBackendTable",
        "backend",
        "haxBackendName",
        (
            "haxBackendStatus",
            "haxBackendActiveServers",
            "haxBackendBackupServers",
            "haxBackendSessionsCurrent",
            "haxBackendSessionsTotal",
            "haxBackendQueueCurrent",
            "haxBackendBytesIn",
            "haxBackendBytesOut",
            "haxBackendConnectErrors",
            "haxBackendResponseErrors",
            "haxBackendRetries",
            "haxBackendHttp5xx",
            "haxBackendResponseTime",
        ),
        above="haxProcessTable",
    ),
    Watched(
        "haxServerTable",
        "server",
        "haxServerName",
        (
            "haxServerStatus",
            "haxServerWeight",
            "haxServerSessionsCurrent",
            "haxServerSessionsTotal",
            "haxServerQueueCurrent",
            "haxServerBytesIn",
            "haxServerBytesOut",
            "haxServerConnectErrors",
            "haxServerCheckFailures",
            "haxServerResponseTime",
        ),
        ("haxServerAddress",),
        above="haxBackendTable",
        asked=True,
    ),
    Watched(
        "haxCertificateTable",
        "certificate",
        "haxCertificateName",
        ("haxCertificateDaysLeft",),
        ("haxCertificateFrontend", "haxCertificateFile"),
        above="haxProcessTable",
    ),
)
"""The discovered tables, the most important first."""

OF_TABLE = {watched.table: watched for watched in WATCHED}


def namer(watched: Watched) -> Watched:
    """Return the watched table whose name is that of a row: itself, or the one whose index it shares."""
    return OF_TABLE[watched.same_rows] if watched.same_rows else watched


def lineage(watched: Watched) -> tuple[Watched, ...]:
    """Return the watched tables that name a row of ``watched``: the outermost first, itself last."""
    above = lineage(OF_TABLE[watched.above]) if watched.above else ()
    return (*above, watched)
