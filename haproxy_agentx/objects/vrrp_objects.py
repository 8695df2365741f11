"""haxVrrpTable: what is known of each VRRP instance, and who says so; and where KEEPALIVED-MIB has the same."""

from dataclasses import dataclass

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.dated import seconds
from haproxy_agentx.health.instance import ROLES, Instance
from haproxy_agentx.health.model import Role
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.syntax import COUNTER32, COUNTER64, GAUGE32, ROW_POINTER, TEXT, TIMESTAMP, UNSIGNED32
from haproxy_agentx.vrrp.model import MibInstance

KEEPALIVED: Oid = (1, 3, 6, 1, 4, 1, 9586, 100, 5)
"""keepalived, the root of KEEPALIVED-MIB."""

INSTANCE_ENTRY: Oid = (*KEEPALIVED, 2, 3, 1)
"""vrrpInstanceEntry of KEEPALIVED-MIB."""


def keepalived_row(number: int) -> Oid:
    """Return the RowPointer to a row of vrrpInstanceTable: vrrpInstanceName, its first accessible column."""
    return (*INSTANCE_ENTRY, 2, number)


@dataclass(frozen=True, slots=True)
class VrrpRow:
    """A VRRP instance at the monotonic time ``now``.

    ``since`` is the date of its state in seconds since 1970, ``last_change`` the same as a TimeStamp, None where that
    is not known.
    """

    instance: Instance
    now: float
    since: float
    last_change: int | None

    @property
    def initial(self) -> Role | None:
        """The initial state as a role."""
        initial = self.instance.initial
        return None if initial is None else ROLES[initial]

    @property
    def mib(self) -> MibInstance | None:
        """Its row of KEEPALIVED-MIB at the last reading."""
        return None if self.instance.mib_at is None else self.instance.mib

    @property
    def reading_age(self) -> int | None:
        """Milliseconds since the last reading of KEEPALIVED-MIB."""
        at = self.instance.mib_at
        return None if at is None or self.instance.mib is None else int((self.now - at) * 1000)


VRRP_INDEX = Column(
    1,
    "haxVrrpIndex",
    tc.INDEX,
    "The index of the VRRP instance; it is assigned to haxVrrpName permanently, unlike vrrpInstanceIndex of "
    "KEEPALIVED-MIB, which is a position in the configuration.",
    access="not-accessible",
)

VRRP_TABLE: Table[RowColumn[VrrpRow]] = Table(
    5,
    "haxVrrpTable",
    "haxVrrpEntry",
    (VRRP_INDEX,),
    (
        column(
            2,
            "haxVrrpName",
            TEXT,
            lambda row: row.instance.name,
            "The name of the VRRP instance, as vrrpInstanceName of KEEPALIVED-MIB.",
        ),
        column(
            3,
            "haxVrrpState",
            htc.ROLE,
            lambda row: row.instance.role,
            "The role of this node in the instance, according to all sources.",
        ),
        column(
            4,
            "haxVrrpStateSource",
            tc.SOURCE_KIND,
            lambda row: row.instance.source,
            "The source of haxVrrpState. Not instantiated while no source has reported a state.",
        ),
        column(
            5,
            "haxVrrpInitialState",
            htc.ROLE,
            lambda row: row.initial,
            "The initial state of the instance ('state' of its configuration). Not instantiated while that is not "
            "known.",
        ),
        column(
            6,
            "haxVrrpLastChange",
            TIMESTAMP,
            lambda row: row.last_change,
            "The value of sysUpTime when the state last changed; 0 when that was before sysUpTime began. "
            "KEEPALIVED-MIB has no such object.",
        ),
        column(
            7,
            "haxVrrpTransitions",
            COUNTER32,
            lambda row: row.instance.transitions,
            "The number of changes of the state since haxAgentStartTime.",
            "transitions",
        ),
        column(
            8,
            "haxVrrpAddressesExpected",
            GAUGE32,
            lambda row: len(row.instance.addresses) or None,
            "The number of virtual addresses of the instance. Not instantiated while they are not known.",
            "addresses",
        ),
        column(
            9,
            "haxVrrpAddressesHeld",
            GAUGE32,
            lambda row: len(row.instance.held) if row.instance.addresses else None,
            "The number of those that an interface of this host has, according to the kernel. Not instantiated while "
            "that is not known.",
            "addresses",
        ),
        column(
            10,
            "haxVrrpBasePriority",
            UNSIGNED32,
            lambda row: row.mib.base_priority if row.mib else None,
            "The configured priority. Not instantiated until KEEPALIVED-MIB has reported it.",
        ),
        column(
            11,
            "haxVrrpEffectivePriority",
            UNSIGNED32,
            lambda row: row.instance.priority,
            "The priority including the weights of check scripts and interfaces. Not instantiated until KEEPALIVED-MIB "
            "has reported it.",
        ),
        column(
            12,
            "haxVrrpVirtualRouterId",
            UNSIGNED32,
            lambda row: row.mib.router_number if row.mib else None,
            "The virtual router identifier (VRID). Not instantiated until KEEPALIVED-MIB has reported it.",
        ),
        column(
            13,
            "haxVrrpInterface",
            TEXT,
            lambda row: row.mib.interface if row.mib else None,
            "The interface on which the instance runs VRRP. Not instantiated until KEEPALIVED-MIB has reported it.",
        ),
        column(
            14,
            "haxVrrpReadingAge",
            GAUGE32,
            lambda row: row.reading_age,
            "The age of the last reading of the instance in KEEPALIVED-MIB. Not instantiated when there was none.",
            "milliseconds",
        ),
        column(
            15,
            "haxVrrpContradiction",
            tc.MESSAGE,
            lambda row: row.instance.contradiction,
            "A description of which sources contradict each other, and which one is believed; an empty string when "
            "they agree.",
        ),
        column(
            16,
            "haxVrrpKeepalivedRow",
            ROW_POINTER,
            lambda row: keepalived_row(row.mib.row) if row.mib else None,
            "The row in vrrpInstanceTable of KEEPALIVED-MIB at the last reading. Not instantiated when there was none.",
        ),
        column(
            17,
            "haxVrrpSince",
            tc.DATE_AND_TIME,
            lambda row: row.since,
            "The date and time at which haxVrrpState took its current value, by the host's clock. Not instantiated "
            "while that is not known.",
        ),
        column(
            18,
            "haxVrrpOtherMasters",
            COUNTER32,
            lambda row: row.instance.disputes,
            "The number of advertisements of another MASTER, of lower priority, that keepalived reported by its FIFO "
            "since haxAgentStartTime. It does not increase while this node is the only MASTER.",
            "advertisements",
        ),
        column(
            19,
            "haxVrrpAge",
            GAUGE32,
            lambda row: seconds(row.instance.since, row.now),
            "The time since haxVrrpState became what it is, as far as the subagent has seen it since "
            "haxAgentStartTime. A step of the host's clock does not change it.",
            "seconds",
        ),
        column(
            20,
            "haxVrrpBelievedMaster",
            TEXT,
            lambda row: row.instance.believed_master,
            "The address of the node that keepalived of this node takes for the MASTER, as "
            "vrrpv3OperationsMasterIpAddr of VRRPV3-MIB had it at the last reading: where haxVrrpState is backup(3), "
            "the source of the last advertisement; where it is master(2), the address of this node. Not instantiated "
            "in any other state and while it is not known.",
        ),
        column(
            21,
            "haxVrrpAdvertsReceived",
            COUNTER64,
            lambda row: row.instance.router.received if row.instance.router else None,
            "The number of advertisements that keepalived of this node has received in the instance, as "
            "vrrpv3StatisticsRcvdAdvertisements of VRRPV3-MIB had it at the last reading. It restarts at 0 with "
            "keepalived. Not instantiated while it is not known.",
            "advertisements",
        ),
        column(
            23,
            "haxVrrpDisputes",
            COUNTER32,
            lambda row: row.instance.second_masters,
            "The number of times that a second MASTER was heard since haxAgentStartTime: keepalived reported by its "
            "FIFO advertisements of another MASTER, of lower priority, for longer than a node needs to withdraw. "
            "haxVrrpOtherMasters counts the advertisements.",
            "disputes",
        ),
        column(
            24,
            "haxVrrpAddressesDigest",
            TEXT,
            lambda row: row.instance.addresses_digest,
            "A digest of the addresses of the instance, in any order: 16 hexadecimal digits, equal on two nodes that "
            "are configured with the same addresses, on whatever interfaces. Not instantiated while the addresses are "
            "not known.",
        ),
    ),
    "The VRRP instances of keepalived, according to its FIFO, its notifications, KEEPALIVED-MIB and the kernel. "
    "haxSourceTable holds which of these are available. Which node holds an address is known from the kernel only.",
    "One VRRP instance.",
)
