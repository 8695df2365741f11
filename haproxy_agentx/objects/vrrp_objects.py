"""haxVrrpTable: what is known of each VRRP instance, and who says so; and where KEEPALIVED-MIB has the same."""

from haproxy_agentx.agentx.oid import Oid, dotted
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, Table
from haproxy_agentx.objects.syntax import COUNTER32, GAUGE32, ROW_POINTER, TEXT, TIMESTAMP, UNSIGNED32

KEEPALIVED: Oid = (1, 3, 6, 1, 4, 1, 9586, 100, 5)
"""keepalived, the root of KEEPALIVED-MIB."""

INSTANCE_ENTRY: Oid = (*KEEPALIVED, 2, 3, 1)
"""vrrpInstanceEntry of KEEPALIVED-MIB."""


def keepalived_row(number: int) -> str:
    """Return the RowPointer to a row of vrrpInstanceTable: vrrpInstanceName, its first accessible column."""
    return dotted((*INSTANCE_ENTRY, 2, number))


VRRP_INDEX = Column(
    1,
    "haxVrrpIndex",
    tc.INDEX,
    "",
    "Number of the VRRP instance; it belongs to haxVrrpName for ever, unlike vrrpInstanceIndex of KEEPALIVED-MIB, "
    "which is a position in the configuration.",
    access="not-accessible",
)

VRRP_TABLE = Table(
    5,
    "haxVrrpTable",
    "haxVrrpEntry",
    (VRRP_INDEX,),
    (
        Column(2, "haxVrrpName", TEXT, "", "Name of the VRRP instance, as vrrpInstanceName of KEEPALIVED-MIB."),
        Column(3, "haxVrrpState", htc.ROLE, "", "What this node is in the instance, when all sources are weighed."),
        Column(
            4,
            "haxVrrpStateSource",
            tc.SOURCE_KIND,
            "",
            "Who told the state that is shown. No instance while nobody has.",
        ),
        Column(
            5,
            "haxVrrpInitialState",
            htc.ROLE,
            "",
            "The state in which the instance is configured to begin, 'state' of its configuration. No instance while "
            "that is not known.",
        ),
        Column(
            6,
            "haxVrrpLastChange",
            TIMESTAMP,
            "",
            "The value of sysUpTime when the state last changed; 0 when that was before sysUpTime began. "
            "KEEPALIVED-MIB has no such object.",
        ),
        Column(
            7,
            "haxVrrpTransitions",
            COUNTER32,
            "",
            "Changes of the state since haxAgentStartTime.",
            "transitions",
        ),
        Column(
            8,
            "haxVrrpAddressesExpected",
            GAUGE32,
            "",
            "Virtual addresses of the instance. No instance while they are not known.",
            "addresses",
        ),
        Column(
            9,
            "haxVrrpAddressesHeld",
            GAUGE32,
            "",
            "Those of them that an interface of this host has, as the kernel says. No instance while that is not "
            "known.",
            "addresses",
        ),
        Column(
            10,
            "haxVrrpBasePriority",
            UNSIGNED32,
            "",
            "The priority of its configuration. No instance while KEEPALIVED-MIB has not told it.",
        ),
        Column(
            11,
            "haxVrrpEffectivePriority",
            UNSIGNED32,
            "",
            "The priority with what check scripts and interfaces add and take. No instance while it was not told.",
        ),
        Column(
            12,
            "haxVrrpVirtualRouterId",
            UNSIGNED32,
            "",
            "The VRID. No instance while KEEPALIVED-MIB has not told it.",
        ),
        Column(
            13,
            "haxVrrpInterface",
            TEXT,
            "",
            "The interface on which it speaks VRRP. No instance while KEEPALIVED-MIB has not told it.",
        ),
        Column(
            14,
            "haxVrrpReadingAge",
            GAUGE32,
            "",
            "Age of what KEEPALIVED-MIB last told of it. No instance when it never did.",
            "milliseconds",
        ),
        Column(
            15,
            "haxVrrpContradiction",
            tc.MESSAGE,
            "",
            "Which sources contradict each other, and whom we believe, in words; empty when they agree.",
        ),
        Column(
            16,
            "haxVrrpKeepalivedRow",
            ROW_POINTER,
            "",
            "Its row in vrrpInstanceTable of KEEPALIVED-MIB at the last reading. No instance when there was none.",
        ),
        Column(
            17,
            "haxVrrpSince",
            tc.DATE_AND_TIME,
            "",
            "When the state became what it is, by the host's clock. No instance while that is not known.",
        ),
        Column(
            18,
            "haxVrrpOtherMasters",
            COUNTER32,
            "",
            "The number of advertisements of another MASTER, of lower priority, that keepalived reported by its FIFO "
            "since haxAgentStartTime. It stands still while this node is the only MASTER.",
            "advertisements",
        ),
        Column(
            19,
            "haxVrrpAge",
            GAUGE32,
            "",
            "The time since haxVrrpState became what it is, as far as the subagent has seen it since "
            "haxAgentStartTime. A step of the host's clock does not change it.",
            "seconds",
        ),
        Column(
            24,
            "haxVrrpAddressesDigest",
            TEXT,
            "",
            "A digest of the addresses of the instance, in any order: 16 hexadecimal digits, equal on two nodes that "
            "are configured with the same addresses, on whatever interfaces. Not instantiated while the addresses are "
            "not known.",
        ),
    ),
    "The VRRP instances of keepalived, as its FIFO, its notifications, KEEPALIVED-MIB and the kernel tell of them. "
    "haxSourceTable says which of these are there. The kernel alone knows who holds an address.",
    "One VRRP instance.",
)
