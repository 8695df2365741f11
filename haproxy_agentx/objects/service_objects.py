"""haxServiceTable and haxServiceMemberTable: VRRP and HAProxy as one, and what a service is made of."""

from haproxy_agentx.health.time_in_state import KEPT_EACH
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.agent_objects import SURVIVES
from haproxy_agentx.objects.declaration import Column, Table
from haproxy_agentx.objects.syntax import COUNTER32, FLAG, GAUGE32, ROW_POINTER, TEXT, TIMESTAMP, UNSIGNED32

SERVICE_INDEX = Column(
    1,
    "haxServiceIndex",
    tc.INDEX,
    "The index of the service; it is assigned to haxServiceName permanently.",
    access="not-accessible",
)

MEMBER_INDEX = Column(
    1,
    "haxServiceMemberIndex",
    tc.INDEX,
    "The index of the frontend or backend; it is assigned to its process, kind and name within the service "
    "permanently.",
    access="not-accessible",
)


def _seconds(sub_id: int, name: str, what: str) -> Column:
    """Return the column of the time for which a service was in some states of health."""
    return Column(
        sub_id,
        f"haxServiceSeconds{name}",
        COUNTER32,
        f"The number of seconds during which {what}. {SURVIVES} A crash of the subagent loses the last {KEPT_EACH} "
        "seconds at most: a value that is lower, where haxAgentStartTime has changed, has not wrapped.",
        "seconds",
    )


_SECONDS = (
    _seconds(
        30,
        "Served",
        "this node served the service: haxServiceHealth was active(1) or activeDegraded(3). The sum of "
        "haxServiceSecondsServed, haxServiceSecondsReady, haxServiceSecondsNotReady, haxServiceSecondsNotServed and "
        "haxServiceSecondsUnknown is the time during which the subagent watched the service; the time during which it "
        "did not run is not counted. A state that begins and ends between two polls is counted",
    ),
    _seconds(
        31,
        "Ready",
        "this node did not serve the service and was ready to take over: haxServiceHealth was standby(2) or "
        "standbyDegraded(4)",
    ),
    _seconds(
        32,
        "NotReady",
        "this node did not serve the service and could not have taken over: haxServiceHealth was standbyNotReady(5), "
        "fault(6) or stopped(7)",
    ),
    _seconds(
        33,
        "NotServed",
        "clients came to this node and were not served, or it was not certain that one node served them: "
        "haxServiceHealth was blackhole(9) or conflict(10)",
    ),
    _seconds(34, "Unknown", "the state of the service was not known: haxServiceHealth was unknown(8)"),
)

SERVICE_TABLE = Table(
    3,
    "haxServiceTable",
    "haxServiceEntry",
    (SERVICE_INDEX,),
    (
        Column(
            2,
            "haxServiceName",
            TEXT,
            "The name of the service: that of the configuration of the subagent, or that of the VRRP instance.",
        ),
        Column(3, "haxServiceHealth", htc.HEALTH, "The health of the service on this node."),
        Column(
            4,
            "haxServicePreviousHealth",
            htc.HEALTH,
            "The health before its last change. Not instantiated before the first change.",
        ),
        Column(
            5,
            "haxServiceSince",
            tc.DATE_AND_TIME,
            "The date and time at which health took its current value, by the host's clock; it survives a restart of "
            "the subagent.",
        ),
        Column(
            6,
            "haxServiceLastChange",
            TIMESTAMP,
            "The value of sysUpTime when health last changed; 0 when that was before sysUpTime began.",
        ),
        Column(
            7,
            "haxServiceTransitions",
            COUNTER32,
            f"The number of changes of health, including those that were too short to be reported. {SURVIVES}",
            "transitions",
        ),
        Column(
            8,
            "haxServiceRoleChanges",
            COUNTER32,
            f"The number of changes of the VRRP role. {SURVIVES}",
            "transitions",
        ),
        Column(9, "haxServiceRole", htc.ROLE, "The current VRRP role of this node for the service."),
        Column(
            10,
            "haxServiceIntendedRole",
            htc.ROLE,
            "The role that this node has when all is well: as configured for the subagent; master(2) where that is the "
            "initial state of the VRRP instance, and the node was not seen to stay BACKUP without a fault; none(1) "
            "where nothing shows it. An initial state of BACKUP shows no intention: both nodes have it where only "
            "priorities decide, and with nopreempt.",
        ),
        Column(
            11,
            "haxServiceServedAsIntended",
            FLAG,
            "false(2) when the role is not the intended one, such as on the first node while the second one serves in "
            "its place. true(1) also where no role is intended.",
        ),
        Column(
            12,
            "haxServiceReadiness",
            htc.READINESS,
            "Whether HAProxy serves, or would serve if this node became MASTER.",
        ),
        Column(
            13,
            "haxServiceUsableServers",
            GAUGE32,
            "The number of servers of the service's backends that receive traffic, or would: up, with weight, and "
            "checked, or in a backend without any checked server.",
            "servers",
        ),
        Column(
            14,
            "haxServiceEligibleServers",
            GAUGE32,
            "The number of servers of the service's backends that are not in maintenance and not drained.",
            "servers",
        ),
        Column(15, "haxServiceReasons", htc.REASONS, "The reasons for the values of health and readiness."),
        Column(16, "haxServiceCause", htc.CAUSE, "The cause of the last change of the service."),
        Column(
            17,
            "haxServiceCauseText",
            tc.MESSAGE,
            "A description of the cause, which names the objects concerned. An empty string before the first change.",
        ),
        Column(
            18,
            "haxServiceVrrpInstance",
            TEXT,
            "The name of the VRRP instance, as vrrpInstanceName of KEEPALIVED-MIB and haxVrrpName. Not instantiated "
            "where the service has none.",
        ),
        Column(
            19,
            "haxServiceAddressesExpected",
            GAUGE32,
            "The number of virtual addresses of the service. Not instantiated while they are not known.",
            "addresses",
        ),
        Column(
            20,
            "haxServiceAddressesHeld",
            GAUGE32,
            "The number of those that an interface of this host has, according to the kernel. Not instantiated while "
            "that is not known.",
            "addresses",
        ),
        Column(
            21,
            "haxServiceMaintenance",
            FLAG,
            "Whether servers of the service are in maintenance or drained. It does not affect health while the others "
            "are enough.",
        ),
        Column(
            22,
            "haxServiceDetails",
            tc.MESSAGE,
            "A description of the reasons: which backend, which source. An empty string when there is none.",
        ),
        Column(
            23,
            "haxServiceProbe",
            htc.PROBE,
            "The state of the probe, which makes requests as a client does. Not instantiated for a service without a "
            "probe.",
        ),
        Column(
            24,
            "haxServiceReasonMask",
            UNSIGNED32,
            "The reasons of haxServiceReasons as a number: the sum of 2^n for each named bit n that is set. 0 when "
            "there is no reason.",
        ),
        Column(
            25,
            "haxServiceReasonText",
            tc.MESSAGE,
            "The names of the bits that are set in haxServiceReasons, in their order, separated by a comma and a "
            "space. '...' stands for names for which there is not enough space. Empty when there is no reason.",
        ),
        Column(
            26,
            "haxServiceAge",
            GAUGE32,
            "The time since haxServiceHealth became what it is, including the time before a restart of the subagent. A "
            "step of the host's clock while the subagent runs does not change it.",
            "seconds",
        ),
        Column(
            27,
            "haxServiceRoleAge",
            GAUGE32,
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

SERVICE_MEMBER_TABLE = Table(
    4,
    "haxServiceMemberTable",
    "haxServiceMemberEntry",
    (SERVICE_INDEX, MEMBER_INDEX),
    (
        Column(2, "haxServiceMemberProcess", TEXT, "The haxProcessName of its process."),
        Column(3, "haxServiceMemberProxy", TEXT, "The name of the frontend or backend in HAProxy."),
        Column(4, "haxServiceMemberKind", htc.MEMBER_KIND, "Whether it is a frontend or a backend."),
        Column(5, "haxServiceMemberReadiness", htc.READINESS, "Whether the member does its part of the service."),
        Column(
            6,
            "haxServiceMemberUsable",
            GAUGE32,
            "The number of its servers that receive traffic, or would. Not instantiated for a frontend.",
            "servers",
        ),
        Column(
            7,
            "haxServiceMemberEligible",
            GAUGE32,
            "The number of its servers that are not in maintenance and not drained. Not instantiated for a frontend.",
            "servers",
        ),
        Column(
            8,
            "haxServiceMemberRequired",
            GAUGE32,
            "The number of usable servers below which it is degraded. Not instantiated for a frontend.",
            "servers",
        ),
        Column(
            9,
            "haxServiceMemberRow",
            ROW_POINTER,
            "The row in haxFrontendTable or haxBackendTable. Not instantiated while it is not in HAProxy.",
        ),
    ),
    "The frontends and backends of each service.",
    "One frontend or backend of one service.",
)
