"""haxServiceTable: VRRP and HAProxy as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from haproxy_agentx.health.model import Cause, Condition, Health, Role, reason_text
from haproxy_agentx.health.probe import ProbeState
from haproxy_agentx.health.time_in_state import KEPT_EACH, Share
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.agent_objects import SURVIVES
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.syntax import COUNTER32, FLAG, GAUGE32, TEXT, TIMESTAMP, UNSIGNED32

SERVICE_INDEX = Column(
    1,
    "haxServiceIndex",
    tc.INDEX,
    "The index of the service; it is assigned to haxServiceName permanently.",
    access="not-accessible",
)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service at a moment."""

    name: str
    condition: Condition
    previous: Health | None
    since: float
    """When it got its health, in seconds since 1970."""
    last_change: int | None
    """The same as a TimeStamp, None where that is not known."""
    age: int
    """Seconds since then."""
    role_age: int
    transitions: int
    role_changes: int
    intended: Role | None
    as_intended: bool
    cause: Cause
    cause_text: str
    instance: str | None
    """The VRRP instance."""
    expected: Sequence[str]
    """Its addresses, as far as they are known."""
    held: Sequence[str]
    """Those of them that the kernel has."""
    probe: ProbeState | None
    seconds: Sequence[int]
    """By Share."""


def _seconds(sub_id: int, share: Share, what: str) -> RowColumn[ServiceRow]:
    """Return the column of the time for which a service was in some states of health."""
    return column(
        sub_id,
        f"haxServiceSeconds{share.name[0].upper()}{share.name[1:]}",
        COUNTER32,
        lambda row: row.seconds[share],
        f"The number of seconds during which {what}. {SURVIVES} A crash of the subagent loses the last {KEPT_EACH} "
        "seconds at most: a value that is lower, where haxAgentStartTime has changed, has not wrapped.",
        "seconds",
    )


_SECONDS: tuple[RowColumn[ServiceRow], ...] = (
    _seconds(
        30,
        Share.served,
        "this node served the service: haxServiceHealth was active(1) or activeDegraded(3). The sum of "
        "haxServiceSecondsServed, haxServiceSecondsReady, haxServiceSecondsNotReady, haxServiceSecondsNotServed and "
        "haxServiceSecondsUnknown is the time during which the subagent watched the service; the time during which it "
        "did not run is not counted. A state that begins and ends between two polls is counted",
    ),
    _seconds(
        31,
        Share.ready,
        "this node did not serve the service and was ready to take over: haxServiceHealth was standby(2) or "
        "standbyDegraded(4)",
    ),
    _seconds(
        32,
        Share.notReady,
        "this node did not serve the service and could not have taken over: haxServiceHealth was standbyNotReady(5), "
        "fault(6) or stopped(7)",
    ),
    _seconds(
        33,
        Share.notServed,
        "clients came to this node and were not served, or it was not certain that one node served them: "
        "haxServiceHealth was blackhole(9) or conflict(10)",
    ),
    _seconds(34, Share.unknown, "the state of the service was not known: haxServiceHealth was unknown(8)"),
)

SERVICE_TABLE: Table[RowColumn[ServiceRow]] = Table(
    3,
    "haxServiceTable",
    "haxServiceEntry",
    (SERVICE_INDEX,),
    (
        column(
            2,
            "haxServiceName",
            TEXT,
            lambda row: row.name,
            "The name of the service: that of the configuration of the subagent, or that of the VRRP instance.",
        ),
        column(
            3,
            "haxServiceHealth",
            htc.HEALTH,
            lambda row: row.condition.health,
            "The health of the service on this node.",
        ),
        column(
            4,
            "haxServicePreviousHealth",
            htc.HEALTH,
            lambda row: row.previous,
            "The health before its last change. Not instantiated before the first change.",
        ),
        column(
            5,
            "haxServiceSince",
            tc.DATE_AND_TIME,
            lambda row: row.since,
            "The date and time at which health took its current value, by the host's clock; it survives a restart of "
            "the subagent.",
        ),
        column(
            6,
            "haxServiceLastChange",
            TIMESTAMP,
            lambda row: row.last_change,
            "The value of sysUpTime when health last changed; 0 when that was before sysUpTime began.",
        ),
        column(
            7,
            "haxServiceTransitions",
            COUNTER32,
            lambda row: row.transitions,
            f"The number of changes of health, including those that were too short to be reported. {SURVIVES}",
            "transitions",
        ),
        column(
            8,
            "haxServiceRoleChanges",
            COUNTER32,
            lambda row: row.role_changes,
            f"The number of changes of the VRRP role. {SURVIVES}",
            "transitions",
        ),
        column(
            9,
            "haxServiceRole",
            htc.ROLE,
            lambda row: row.condition.role,
            "The current VRRP role of this node for the service.",
        ),
        column(
            10,
            "haxServiceIntendedRole",
            htc.ROLE,
            lambda row: row.intended or Role.none,
            "The role that this node has when all is well: as configured for the subagent; master(2) where that is the "
            "initial state of the VRRP instance, and the node was not seen to stay BACKUP without a fault; none(1) "
            "where nothing shows it. An initial state of BACKUP shows no intention: both nodes have it where only "
            "priorities decide, and with nopreempt.",
        ),
        column(
            11,
            "haxServiceServedAsIntended",
            FLAG,
            lambda row: row.as_intended,
            "false(2) when the role is not the intended one, such as on the first node while the second one serves in "
            "its place. true(1) also where no role is intended.",
        ),
        column(
            12,
            "haxServiceReadiness",
            htc.READINESS,
            lambda row: row.condition.readiness,
            "Whether HAProxy serves, or would serve if this node became MASTER.",
        ),
        column(
            13,
            "haxServiceUsableServers",
            GAUGE32,
            lambda row: row.condition.usable,
            "The number of servers of the service's backends that receive traffic, or would: up, with weight, and "
            "checked, or in a backend without any checked server.",
            "servers",
        ),
        column(
            14,
            "haxServiceEligibleServers",
            GAUGE32,
            lambda row: row.condition.configured,
            "The number of servers of the service's backends that are not in maintenance and not drained.",
            "servers",
        ),
        column(
            15,
            "haxServiceReasons",
            htc.REASONS,
            lambda row: row.condition.reasons,
            "The reasons for the values of health and readiness.",
        ),
        column(16, "haxServiceCause", htc.CAUSE, lambda row: row.cause, "The cause of the last change of the service."),
        column(
            17,
            "haxServiceCauseText",
            tc.MESSAGE,
            lambda row: row.cause_text,
            "A description of the cause, which names the objects concerned. An empty string before the first change.",
        ),
        column(
            18,
            "haxServiceVrrpInstance",
            TEXT,
            lambda row: row.instance,
            "The name of the VRRP instance, as vrrpInstanceName of KEEPALIVED-MIB and haxVrrpName. Not instantiated "
            "where the service has none.",
        ),
        column(
            19,
            "haxServiceAddressesExpected",
            GAUGE32,
            lambda row: len(row.expected) or None,
            "The number of virtual addresses of the service. Not instantiated while they are not known.",
            "addresses",
        ),
        column(
            20,
            "haxServiceAddressesHeld",
            GAUGE32,
            lambda row: len(row.held) if row.expected else None,
            "The number of those that an interface of this host has, according to the kernel. Not instantiated while "
            "that is not known.",
            "addresses",
        ),
        column(
            21,
            "haxServiceMaintenance",
            FLAG,
            lambda row: row.condition.maintenance,
            "Whether servers of the service are in maintenance or drained. It does not affect health while the others "
            "are enough.",
        ),
        column(
            22,
            "haxServiceDetails",
            tc.MESSAGE,
            lambda row: row.condition.details,
            "A description of the reasons: which backend, which source. An empty string when there is none.",
        ),
        column(
            23,
            "haxServiceProbe",
            htc.PROBE,
            lambda row: row.probe,
            "The state of the probe, which makes requests as a client does. Not instantiated for a service without a "
            "probe.",
        ),
        column(
            24,
            "haxServiceReasonMask",
            UNSIGNED32,
            lambda row: row.condition.reasons,
            "The reasons of haxServiceReasons as a number: the sum of 2^n for each named bit n that is set. 0 when "
            "there is no reason.",
        ),
        column(
            25,
            "haxServiceReasonText",
            tc.MESSAGE,
            lambda row: reason_text(row.condition.reasons),
            "The names of the bits that are set in haxServiceReasons, in their order, separated by a comma and a "
            "space. '...' stands for names for which there is not enough space. Empty when there is no reason.",
        ),
        column(
            26,
            "haxServiceAge",
            GAUGE32,
            lambda row: row.age,
            "The time since haxServiceHealth became what it is, including the time before a restart of the subagent. A "
            "step of the host's clock while the subagent runs does not change it.",
            "seconds",
        ),
        column(
            27,
            "haxServiceRoleAge",
            GAUGE32,
            lambda row: row.role_age,
            "The time since haxServiceRole became what it is, including the time before a restart of the subagent over "
            "which the role stayed the same. A step of the host's clock while the subagent runs does not change it.",
            "seconds",
        ),
        *_SECONDS,
    ),
    "The services of this node: each is a VRRP instance with the frontends and backends behind its addresses, as "
    "configured for the subagent; without such a configuration there is one for each VRRP instance over all of "
    "HAProxy, or one for the node where keepalived does not run.",
    "One service.",
)
