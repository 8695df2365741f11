"""haxServiceTable and haxServiceMemberTable: VRRP and HAProxy as one, and what a service is made of."""

from haproxy_agentx.health.time_in_state import KEPT_EACH
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.agent_objects import SURVIVES
from haproxy_agentx.objects.declaration import Column, Table
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, ROW_POINTER, TEXT, TIMESTAMP, UNSIGNED32

SERVICE_INDEX = Column(
    1,
    "haxServiceIndex",
    tc.INDEX,
    "",
    "Number of the service; it belongs to haxServiceName for ever.",
    access="not-accessible",
)

MEMBER_INDEX = Column(
    1,
    "haxServiceMemberIndex",
    tc.INDEX,
    "",
    "Number of the frontend or backend; it belongs to its process, kind and name within the service for ever.",
    access="not-accessible",
)


def _seconds(sub_id: int, name: str, what: str) -> Column:
    """Return the column of the time for which a service was in some states of health."""
    return Column(
        sub_id,
        f"haxServiceSeconds{name}",
        COUNTER32,
        "",
        f"The number of seconds during which {what}. {SURVIVES} A crash of the subagent loses the last {KEPT_EACH} "
        "seconds at most.",
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
            "",
            "Name of the service: that of the configuration of the subagent, or that of the VRRP instance.",
        ),
        Column(3, "haxServiceHealth", htc.HEALTH, "", "Health of the service on this node."),
        Column(
            4,
            "haxServicePreviousHealth",
            htc.HEALTH,
            "",
            "Health before its last change. No instance before the first change.",
        ),
        Column(
            5,
            "haxServiceSince",
            tc.DATE_AND_TIME,
            "",
            "When health became what it is, by the host's clock; it is kept over a restart of the subagent.",
        ),
        Column(
            6,
            "haxServiceLastChange",
            TIMESTAMP,
            "",
            "The value of sysUpTime when health last changed; 0 when that was before sysUpTime began.",
        ),
        Column(
            7,
            "haxServiceTransitions",
            COUNTER32,
            "",
            f"Changes of health, also those that were too short to be told. {SURVIVES}",
            "transitions",
        ),
        Column(
            8,
            "haxServiceRoleChanges",
            COUNTER32,
            "",
            f"Changes of the VRRP role. {SURVIVES}",
            "transitions",
        ),
        Column(9, "haxServiceRole", htc.ROLE, "", "What this node is for the service now."),
        Column(
            10,
            "haxServiceIntendedRole",
            htc.ROLE,
            "",
            "What this node is meant to be when all is well: as configured for the subagent; master(2) where that is "
            "the initial state of the VRRP instance, and the node was not seen to stay BACKUP though it was well; "
            "none(1) where nothing shows it. Priorities decide, and an initial state of BACKUP is that of both nodes "
            "where only they do, and with nopreempt.",
        ),
        Column(
            11,
            "haxServiceServedAsIntended",
            tc.FLAG,
            "",
            "false(2) when the role is not the intended one, such as on the first node while the second one serves in "
            "its place. true(1) also where no role is intended.",
        ),
        Column(12, "haxServiceReadiness", htc.READINESS, "", "Whether HAProxy serves, or would."),
        Column(
            13,
            "haxServiceUsableServers",
            GAUGE32,
            "",
            "Servers of the service's backends that get traffic, or would: up, with weight, and checked, or in a "
            "backend without any checked server.",
            "servers",
        ),
        Column(
            14,
            "haxServiceEligibleServers",
            GAUGE32,
            "",
            "Servers of the service's backends that are not in maintenance and not drained.",
            "servers",
        ),
        Column(15, "haxServiceReasons", htc.REASONS, "", "Why health and readiness are what they are."),
        Column(16, "haxServiceCause", htc.CAUSE, "", "Why the service last changed."),
        Column(
            17,
            "haxServiceCauseText",
            tc.MESSAGE,
            "",
            "The cause in words, which name what it was. Empty before the first change.",
        ),
        Column(
            18,
            "haxServiceVrrpInstance",
            TEXT,
            "",
            "Name of the VRRP instance, as vrrpInstanceName of KEEPALIVED-MIB and haxVrrpName. No instance where the "
            "service has none.",
        ),
        Column(
            19,
            "haxServiceAddressesExpected",
            GAUGE32,
            "",
            "Virtual addresses that belong to the service. No instance while they are not known.",
            "addresses",
        ),
        Column(
            20,
            "haxServiceAddressesHeld",
            GAUGE32,
            "",
            "Those of them that an interface of this host has, as the kernel says. No instance while that is not "
            "known.",
            "addresses",
        ),
        Column(
            21,
            "haxServiceMaintenance",
            tc.FLAG,
            "",
            "Whether servers of the service are in maintenance or drained. It is of no influence on health while the "
            "others are enough.",
        ),
        Column(
            22,
            "haxServiceDetails",
            tc.MESSAGE,
            "",
            "The reasons in words: which backend, which source. Empty when there is nothing to say.",
        ),
        Column(
            23,
            "haxServiceProbe",
            htc.PROBE,
            "",
            "What requests like a client's have shown, which the configuration of the subagent asks for. A service "
            "without a probe does not instantiate it.",
        ),
        Column(
            24,
            "haxServiceReasonMask",
            UNSIGNED32,
            "",
            "The reasons of haxServiceReasons as a number: the sum of 2^n for each named bit n that is set. 0 when "
            "there is no reason.",
        ),
        Column(
            25,
            "haxServiceReasonText",
            tc.MESSAGE,
            "",
            "The names of the bits that are set in haxServiceReasons, in their order, separated by a comma and a "
            "space. '...' stands for names for which there is not enough space. Empty when there is no reason.",
        ),
        Column(
            26,
            "haxServiceAge",
            GAUGE32,
            "",
            "The time since haxServiceHealth became what it is, including the time before a restart of the subagent. "
            "A step of the host's clock while the subagent runs does not change it.",
            "seconds",
        ),
        Column(
            27,
            "haxServiceRoleAge",
            GAUGE32,
            "",
            "The time since haxServiceRole became what it is, including the time before a restart of the subagent "
            "over which the role stayed the same. A step of the host's clock while the subagent runs does not change "
            "it.",
            "seconds",
        ),
        *_SECONDS,
    ),
    "The services of this node: each is a VRRP instance with the frontends and backends behind its addresses, as the "
    "configuration of the subagent has it; else there is one for each VRRP instance over all of HAProxy, and one for "
    "the node where there is no keepalived.",
    "One service.",
)

SERVICE_MEMBER_TABLE = Table(
    4,
    "haxServiceMemberTable",
    "haxServiceMemberEntry",
    (SERVICE_INDEX, MEMBER_INDEX),
    (
        Column(2, "haxServiceMemberProcess", TEXT, "", "haxProcessName of its process."),
        Column(3, "haxServiceMemberProxy", TEXT, "", "Name of the frontend or backend in HAProxy."),
        Column(4, "haxServiceMemberKind", htc.MEMBER_KIND, "", "Whether it is a frontend or a backend."),
        Column(5, "haxServiceMemberReadiness", htc.READINESS, "", "Whether it does its part of the service."),
        Column(
            6,
            "haxServiceMemberUsable",
            GAUGE32,
            "",
            "Its servers that get traffic, or would. No instance for a frontend.",
            "servers",
        ),
        Column(
            7,
            "haxServiceMemberEligible",
            GAUGE32,
            "",
            "Its servers that are not in maintenance and not drained. No instance for a frontend.",
            "servers",
        ),
        Column(
            8,
            "haxServiceMemberRequired",
            GAUGE32,
            "",
            "Usable servers below which it is degraded. No instance for a frontend.",
            "servers",
        ),
        Column(
            9,
            "haxServiceMemberRow",
            ROW_POINTER,
            "",
            "Its row in haxFrontendTable or haxBackendTable. No instance while it is not in HAProxy.",
        ),
    ),
    "The frontends and backends that services are made of.",
    "One frontend or backend of one service.",
)
