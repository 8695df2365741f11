"""haxPairTable and haxPairMemberTable: a service over all nodes that have it, and each of these nodes."""

from dataclasses import dataclass

from haproxy_agentx.health.dated import seconds
from haproxy_agentx.health.model import Cause
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects import pair_conventions as ptc
from haproxy_agentx.objects.agent_objects import SURVIVES, AgentRow
from haproxy_agentx.objects.declaration import Column, RowColumn, Scalar, Table, column, scalar
from haproxy_agentx.objects.service_objects import SERVICE_INDEX
from haproxy_agentx.objects.syntax import COUNTER32, FLAG, GAUGE32, TEXT, UNSIGNED32
from haproxy_agentx.pair.model import PairMember
from haproxy_agentx.pair.sample import sample_line
from haproxy_agentx.pair.settling import Settled
from haproxy_agentx.pair.standing import standing_of
from haproxy_agentx.pair.words import difference_words

PAIR_SCALARS: tuple[Scalar[AgentRow], ...] = (
    scalar(
        22,
        "haxPair",
        ptc.PAIR_STATE,
        lambda row: row.pair,
        "The worst haxPairState of the services of this node, by the evidence of all its nodes that can be read. It is "
        "the one object to poll for a site: any node has it.",
    ),
    scalar(
        23,
        "haxPairSelf",
        ptc.PAIR_LINE,
        lambda row: row.pair_self,
        "A description of this subagent, for the subagents of the other nodes, which read it with haxPairSample.",
    ),
    scalar(
        24,
        "haxAgentMaintenance",
        GAUGE32,
        lambda row: row.maintenance,
        "The time for which this node remains in maintenance by order of an administrator ('haproxy-agentx "
        "maintenance'); 0 when it is not. Redundancy that is missing because of it is shown and not reported.",
        "seconds",
    ),
)

MEMBER_INDEX = Column(
    1,
    "haxPairMemberIndex",
    tc.INDEX,
    "The index of the node; it is assigned to haxPairMemberNode permanently. A peer has the same index in "
    "haxPeerTable.",
    access="not-accessible",
)


@dataclass(frozen=True, slots=True)
class PairRow:
    """A service over all its nodes at the monotonic time ``now``; ``own`` is this node with its sample."""

    service: str
    settled: Settled
    cause: Cause
    text: str
    own: PairMember
    now: float


@dataclass(frozen=True, slots=True)
class PairMemberRow:
    """A node of a service at the monotonic time ``now``."""

    member: PairMember
    now: float

    @property
    def age(self) -> int | None:
        """Milliseconds since its sample was taken, at most."""
        return None if self.member.sample is None else max(0, int((self.now - self.member.taken) * 1000))


PAIR_TABLE: Table[RowColumn[PairRow]] = Table(
    14,
    "haxPairTable",
    "haxPairEntry",
    (SERVICE_INDEX,),
    (
        column(2, "haxPairService", TEXT, lambda row: row.service, "The name of the service, as haxServiceName."),
        column(
            3,
            "haxPairState",
            ptc.PAIR_STATE,
            lambda row: row.settled.state,
            "The state of the service over all its nodes. It changes when what the nodes show has held for three "
            "advertisement intervals and the skew, and for two polls of a peer, by samples that were all taken after "
            "the last change of role of any node: a failover does not show as dualActive(9) or notServed(10).",
        ),
        column(
            4,
            "haxPairPreviousState",
            ptc.PAIR_STATE,
            lambda row: row.settled.previous,
            "The state before its last change. Not instantiated before the first change.",
        ),
        column(
            5,
            "haxPairAge",
            GAUGE32,
            lambda row: seconds(row.settled.since, row.now),
            "The time since haxPairState began, by the ages that the nodes report. A step of any clock does not change "
            "it.",
            "seconds",
        ),
        column(
            6,
            "haxPairTransitions",
            COUNTER32,
            lambda row: row.settled.transitions,
            f"The number of changes of haxPairState. {SURVIVES}",
            "transitions",
        ),
        column(
            7,
            "haxPairActiveNode",
            TEXT,
            lambda row: row.settled.verdict.active or None,
            "The name of the node that clients come to. Not instantiated where no node is known to have the addresses, "
            "or several have them.",
        ),
        column(
            8,
            "haxPairNodesActive",
            GAUGE32,
            lambda row: row.settled.verdict.actives,
            "The number of nodes that clients come to: those that are MASTER or have an address of the service.",
            "nodes",
        ),
        column(
            9,
            "haxPairNodesReady",
            GAUGE32,
            lambda row: row.settled.verdict.ready,
            "The number of other nodes that could take over.",
            "nodes",
        ),
        column(
            10,
            "haxPairNodesExpected",
            GAUGE32,
            lambda row: row.settled.verdict.expected,
            "The number of nodes that have the service, this one included; a peer that cannot be read counts unless "
            "it had no such service when it was last read.",
            "nodes",
        ),
        column(
            11,
            "haxPairNodesRead",
            GAUGE32,
            lambda row: row.settled.verdict.read,
            "The number of those that can be read, this one included.",
            "nodes",
        ),
        column(
            12,
            "haxPairEvidence",
            ptc.EVIDENCE,
            lambda row: row.settled.verdict.evidence,
            "What is known, and what the state is derived from.",
        ),
        column(
            13,
            "haxPairEvidenceMask",
            UNSIGNED32,
            lambda row: int(row.settled.verdict.evidence),
            "The evidence of haxPairEvidence as a number: the sum of 2^n for each named bit n that is set.",
        ),
        column(
            14,
            "haxPairDisputes",
            GAUGE32,
            lambda row: row.settled.verdict.disputes,
            "The number of times that a second MASTER was heard, as haxVrrpDisputes of all nodes that were read.",
            "disputes",
        ),
        column(15, "haxPairCause", htc.CAUSE, lambda row: row.cause, "The cause of what the nodes show."),
        column(
            16,
            "haxPairText",
            tc.MESSAGE,
            lambda row: row.text,
            "A description of what the nodes show: what each of them does, and what is not known. It is current, also "
            "while haxPairState waits for it to hold.",
        ),
        column(
            17,
            "haxPairDifferences",
            ptc.DIFFERENCES,
            lambda row: row.settled.verdict.differences,
            "The settings in which the nodes differ that were read.",
        ),
        column(
            18,
            "haxPairDifferenceText",
            tc.MESSAGE,
            lambda row: difference_words(row.settled.verdict.differences),
            "A description of haxPairDifferences; an empty string when there are none.",
        ),
        column(
            19,
            "haxPairVirtualRouterId",
            UNSIGNED32,
            lambda row: row.own.sample.router if row.own.sample is not None else None,
            "The virtual router identifier (VRID) of the service on this node; with haxPairService it is the key by "
            "which the reports of several nodes belong together. Not instantiated while it is not known.",
        ),
        column(
            20,
            "haxPairSample",
            ptc.PAIR_LINE,
            lambda row: sample_line(row.own.sample) if row.own.sample is not None else None,
            "The evidence of this node alone about the service, for the subagents of the other nodes. Nothing in it "
            "was read from a peer.",
        ),
    ),
    "The services of this node over all nodes that have them: what this node and the peers of its configuration show "
    "together. Each node derives it by itself, and sees what it can read. Without peers it has what one node can know.",
    "One service.",
    shares_index=True,
)

PAIR_MEMBER_TABLE: Table[RowColumn[PairMemberRow]] = Table(
    15,
    "haxPairMemberTable",
    "haxPairMemberEntry",
    (SERVICE_INDEX, MEMBER_INDEX),
    (
        column(
            2,
            "haxPairMemberNode",
            TEXT,
            lambda row: row.member.node,
            "The name of the node: haxPeerName, or for this node the name of its host.",
        ),
        column(
            3,
            "haxPairMemberLocal",
            FLAG,
            lambda row: row.member.is_own,
            "true(1) for this node. What the rows of other nodes show was read from those.",
        ),
        column(
            4,
            "haxPairMemberStanding",
            ptc.STANDING,
            lambda row: standing_of(row.member),
            "What the node is for the service, as far as is known.",
        ),
        column(
            5,
            "haxPairMemberHealth",
            htc.HEALTH,
            lambda row: None if row.member.sample is None else row.member.sample.health,
            "The haxServiceHealth of the node when it was last read. Not instantiated where it was not read, or has no "
            "such service; likewise the objects that follow.",
        ),
        column(
            6,
            "haxPairMemberRole",
            htc.ROLE,
            lambda row: None if row.member.sample is None else row.member.sample.role,
            "The haxServiceRole of the node when it was last read.",
        ),
        column(
            7,
            "haxPairMemberReadiness",
            htc.READINESS,
            lambda row: None if row.member.sample is None else row.member.sample.readiness,
            "The haxServiceReadiness of the node when it was last read.",
        ),
        column(
            8,
            "haxPairMemberPriority",
            UNSIGNED32,
            lambda row: None if row.member.sample is None else row.member.sample.priority,
            "The effective VRRP priority of the node. Not instantiated while it is not known.",
        ),
        column(
            9,
            "haxPairMemberAddressesExpected",
            GAUGE32,
            lambda row: None if row.member.sample is None else row.member.sample.expected,
            "The number of virtual addresses of the service on the node.",
            "addresses",
        ),
        column(
            10,
            "haxPairMemberAddressesHeld",
            GAUGE32,
            lambda row: None if row.member.sample is None else row.member.sample.present,
            "The number of those that an interface of the node has, according to its kernel.",
            "addresses",
        ),
        column(
            11,
            "haxPairMemberAddressesDigest",
            TEXT,
            lambda row: None if row.member.sample is None else row.member.sample.addresses,
            "The haxVrrpAddressesDigest of the node. Not instantiated while it is not known.",
        ),
        column(
            12,
            "haxPairMemberConfigurationDigest",
            TEXT,
            lambda row: None if row.member.sample is None else row.member.sample.configuration,
            "A digest of the haxProcessConfigurationDigest of the HAProxy processes of the node. Not instantiated "
            "while it is not known.",
        ),
        column(
            13,
            "haxPairMemberAge",
            GAUGE32,
            lambda row: row.age,
            "The age of what was read, at most.",
            "milliseconds",
        ),
        column(
            14,
            "haxPairMemberRoleAge",
            GAUGE32,
            lambda row: None if row.member.sample is None else seconds(row.member.role_at, row.now),
            "The time since the role of the node last changed.",
            "seconds",
        ),
        column(
            15,
            "haxPairMemberServedAsIntended",
            FLAG,
            lambda row: None if row.member.sample is None else row.member.sample.as_intended,
            "The haxServiceServedAsIntended of the node when it was last read.",
        ),
        column(
            16,
            "haxPairMemberVirtualRouterId",
            UNSIGNED32,
            lambda row: None if row.member.sample is None else row.member.sample.router,
            "The virtual router identifier (VRID) of the service on the node. Not instantiated while it is not known.",
        ),
        column(
            17,
            "haxPairMemberTraffic",
            ptc.TRAFFIC,
            lambda row: None if row.member.sample is None else row.member.sample.traffic,
            "What the node sees of the packets of clients, by its HAProxy and its kernel alone.",
        ),
        column(
            18,
            "haxPairMemberTrafficAge",
            GAUGE32,
            lambda row: None if row.member.sample is None else seconds(row.member.traffic_at, row.now),
            "The time for which haxPairMemberTraffic has been so.",
            "seconds",
        ),
    ),
    "The nodes of each service: this node, and each peer of its configuration. The rows of peers show what those "
    "reported of themselves, with its age; they are never evidence for any other node.",
    "One node of one service.",
)

PAIR_SELF = next(one for one in PAIR_SCALARS if one.name == "haxPairSelf")
PAIR_SAMPLE = next(one for one in PAIR_TABLE.columns if one.name == "haxPairSample")
"""What the other nodes read."""
