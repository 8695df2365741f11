"""haxVrrpTable: what is known of each VRRP instance, and who says so; and where KEEPALIVED-MIB has the same."""

from haproxy_agentx.agentx.oid import Oid, dotted
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, Table
from haproxy_agentx.objects.syntax import COUNTER32, COUNTER64, GAUGE32, ROW_POINTER, TEXT, TIMESTAMP, UNSIGNED32

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
    "The index of the VRRP instance; it is assigned to haxVrrpName permanently, unlike vrrpInstanceIndex of "
    "KEEPALIVED-MIB, which is a position in the configuration.",
    access="not-accessible",
)

VRRP_TABLE = Table(
    5,
    "haxVrrpTable",
    "haxVrrpEntry",
    (VRRP_INDEX,),
    (
        Column(2, "haxVrrpName", TEXT, "The name of the VRRP instance, as vrrpInstanceName of KEEPALIVED-MIB."),
        Column(3, "haxVrrpState", htc.ROLE, "The role of this node in the instance, according to all sources."),
        Column(
            4,
            "haxVrrpStateSource",
            tc.SOURCE_KIND,
            "The source of haxVrrpState. Not instantiated while no source has reported a state.",
        ),
        Column(
            5,
            "haxVrrpInitialState",
            htc.ROLE,
            "The initial state of the instance ('state' of its configuration). Not instantiated while that is not "
            "known.",
        ),
        Column(
            6,
            "haxVrrpLastChange",
            TIMESTAMP,
            "The value of sysUpTime when the state last changed; 0 when that was before sysUpTime began. "
            "KEEPALIVED-MIB has no such object.",
        ),
        Column(
            7,
            "haxVrrpTransitions",
            COUNTER32,
            "The number of changes of the state since haxAgentStartTime.",
            "transitions",
        ),
        Column(
            8,
            "haxVrrpAddressesExpected",
            GAUGE32,
            "The number of virtual addresses of the instance. Not instantiated while they are not known.",
            "addresses",
        ),
        Column(
            9,
            "haxVrrpAddressesHeld",
            GAUGE32,
            "The number of those that an interface of this host has, according to the kernel. Not instantiated while "
            "that is not known.",
            "addresses",
        ),
        Column(
            10,
            "haxVrrpBasePriority",
            UNSIGNED32,
            "The configured priority. Not instantiated until KEEPALIVED-MIB has reported it.",
        ),
        Column(
            11,
            "haxVrrpEffectivePriority",
            UNSIGNED32,
            "The priority including the weights of check scripts and interfaces. Not instantiated until KEEPALIVED-MIB "
            "has reported it.",
        ),
        Column(
            12,
            "haxVrrpVirtualRouterId",
            UNSIGNED32,
            "The virtual router identifier (VRID). Not instantiated until KEEPALIVED-MIB has reported it.",
        ),
        Column(
            13,
            "haxVrrpInterface",
            TEXT,
            "The interface on which the instance runs VRRP. Not instantiated until KEEPALIVED-MIB has reported it.",
        ),
        Column(
            14,
            "haxVrrpReadingAge",
            GAUGE32,
            "The age of the last reading of the instance in KEEPALIVED-MIB. Not instantiated when there was none.",
            "milliseconds",
        ),
        Column(
            15,
            "haxVrrpContradiction",
            tc.MESSAGE,
            "A description of which sources contradict each other, and which one is believed; an empty string when "
            "they agree.",
        ),
        Column(
            16,
            "haxVrrpKeepalivedRow",
            ROW_POINTER,
            "The row in vrrpInstanceTable of KEEPALIVED-MIB at the last reading. Not instantiated when there was none.",
        ),
        Column(
            17,
            "haxVrrpSince",
            tc.DATE_AND_TIME,
            "The date and time at which haxVrrpState took its current value, by the host's clock. Not instantiated "
            "while that is not known.",
        ),
        Column(
            18,
            "haxVrrpOtherMasters",
            COUNTER32,
            "The number of advertisements of another MASTER, of lower priority, that keepalived reported by its FIFO "
            "since haxAgentStartTime. It does not increase while this node is the only MASTER.",
            "advertisements",
        ),
        Column(
            19,
            "haxVrrpAge",
            GAUGE32,
            "The time since haxVrrpState became what it is, as far as the subagent has seen it since "
            "haxAgentStartTime. A step of the host's clock does not change it.",
            "seconds",
        ),
        Column(
            20,
            "haxVrrpBelievedMaster",
            TEXT,
            "The address of the node that keepalived of this node takes for the MASTER, as "
            "vrrpv3OperationsMasterIpAddr of VRRPV3-MIB had it at the last reading: where haxVrrpState is backup(3), "
            "the source of the last advertisement; where it is master(2), the address of this node. Not instantiated "
            "in any other state and while it is not known.",
        ),
        Column(
            21,
            "haxVrrpAdvertsReceived",
            COUNTER64,
            "The number of advertisements that keepalived of this node has received in the instance, as "
            "vrrpv3StatisticsRcvdAdvertisements of VRRPV3-MIB had it at the last reading. It restarts at 0 with "
            "keepalived. Not instantiated while it is not known.",
            "advertisements",
        ),
        Column(
            23,
            "haxVrrpDisputes",
            COUNTER32,
            "The number of times that a second MASTER was heard since haxAgentStartTime: keepalived reported by its "
            "FIFO advertisements of another MASTER, of lower priority, for longer than a node needs to withdraw. "
            "haxVrrpOtherMasters counts the advertisements.",
            "disputes",
        ),
        Column(
            24,
            "haxVrrpAddressesDigest",
            TEXT,
            "A digest of the addresses of the instance, in any order: 16 hexadecimal digits, equal on two nodes that "
            "are configured with the same addresses, on whatever interfaces. Not instantiated while the addresses are "
            "not known.",
        ),
    ),
    "The VRRP instances of keepalived, according to its FIFO, its notifications, KEEPALIVED-MIB and the kernel. "
    "haxSourceTable holds which of these are available. Which node holds an address is known from the kernel only.",
    "One VRRP instance.",
)
