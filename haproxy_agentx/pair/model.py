"""The vocabulary of the pair: states, standings, evidence, and what one node reports of one service. Pure.

A pair is two or more nodes that hold a service for each other. The members' names are the labels of the MIB, and their
numbers are part of it. Times are monotonic seconds of this node's clock; ages are seconds.
"""
# ruff: noqa: N815  -- SMIv2 wants labels in camelCase

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from operator import attrgetter

from haproxy_agentx.health.model import Cause, Health, Held, Readiness, Role


class PairState(IntEnum):
    """HaxRedundancyState: the state of a service over all its nodes, ordered by severity."""

    redundant = 1
    failedOver = 2
    redundancyReduced = 3
    notRedundant = 4
    redundancyUnknown = 5
    mismatch = 6
    unknown = 7
    unreachable = 8
    dualActive = 9
    notServed = 10


class PeerState(IntEnum):
    """HaxPeerReading: the result of reading a peer."""

    ok = 1
    stale = 2
    """The last reading failed, or none was made yet; the one before it still counts."""
    unreachable = 3
    denied = 4
    noAgent = 5
    """Its snmpd answers, without HAPROXY-AGENTX-MIB."""
    incompatible = 6


class Standing(IntEnum):
    """HaxPairStanding: what a node is for a service. Those up to ``notServing`` have the clients come to them."""

    serving = 1
    servingReduced = 2
    servingUnknown = 3
    """Clients come to it, and whether they are served is not known."""
    notServing = 4
    """Clients come to it, or none can come as the MASTER lacks its addresses, and it does not serve."""
    ready = 5
    readyReduced = 6
    readyUnknown = 7
    """It does not hold the addresses; whether it could take over is not known."""
    notReady = 8
    unknown = 9
    """Not even whether it holds the addresses is known."""
    absent = 10
    """It was read, and has no such service."""
    unread = 11


class TrafficEvidence(IntEnum):
    """HaxPairTraffic: what a node sees of the clients' packets by itself, where the virtual addresses are concerned."""

    unknown = 1
    """Nothing to compare with."""
    arrives = 2
    """It has an address, and clients connect."""
    missing = 3
    """It has an address, and the connections have ceased that used to come."""
    none = 4
    """It has an address, and no client has connected since it has it, or since it is watched."""
    strays = 5
    """It had clients and lost the addresses, and since then packets for addresses that it does not have arrive."""
    clear = 6
    """It has no address, and no such packets arrive."""


CLAIMS = frozenset({Standing.serving, Standing.servingReduced, Standing.servingUnknown, Standing.notServing})
"""Standings of a node that clients come to."""


class Evidence(IntFlag):
    """HaxEvidence (BITS): what a pair state is worked out from. Bit N is value 1 << N."""

    ownNode = 1 << 0
    peersRead = 1 << 1
    """Each peer that the service concerns was read after the last change of role."""
    peerStale = 1 << 2
    peerUnread = 1 << 3
    noPeer = 1 << 4
    """No peer is configured."""
    masterHeard = 1 << 5
    """A node is BACKUP: keepalived hears a MASTER."""
    secondMasterHeard = 1 << 6
    addressesSeen = 1 << 7
    """The kernel of the node that serves reports the addresses."""
    maintenance = 1 << 8
    """A node is in maintenance by order."""
    trafficElsewhere = 1 << 9
    settling = 1 << 10
    """What is seen now has not held for long enough: the state is the one before."""


class Difference(IntFlag):
    """HaxDifferences (BITS): what two nodes do not have in common. Bit N is value 1 << N."""

    virtualRouterId = 1 << 0
    addresses = 1 << 1
    configuration = 1 << 2
    agentVersion = 1 << 3
    equalPriority = 1 << 4
    """Two nodes have one priority: which of them becomes MASTER depends on their addresses."""
    intendedRole = 1 << 5
    """Two nodes are meant to be MASTER."""
    addressesHeld = 1 << 6
    """The node that serves has only some of the addresses."""


LASTING = Difference.virtualRouterId | Difference.addresses | Difference.configuration | Difference.agentVersion
"""Differences that make a mismatch once they have lasted; ``addressesHeld`` makes one at once."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a node knows of one service by itself, at the moment of asking. Nothing in it comes from a peer.

    The digests are compared, never understood; an empty one is not known.
    """

    service: str
    role: Role
    held: Held
    readiness: Readiness
    health: Health
    as_intended: bool = True
    intends_master: bool = False
    router: int | None = None
    """The virtual router ID; None where it is not known."""
    priority: int | None = None
    expected: int = 0
    present: int = 0
    """Addresses that belong to it, and those of them that the kernel has."""
    addresses: str = ""
    configuration: str = ""
    advertises_each: float = 1.0
    disputes: int = 0
    traffic: TrafficEvidence = TrafficEvidence.unknown
    cause: Cause = Cause.none
    """Why the service last changed on that node."""
    age: float = 0.0
    """The age of the oldest evidence in it for the role."""
    role_age: float = 0.0
    health_age: float = 0.0
    traffic_age: float = 0.0
    """For how long ``traffic`` has been so."""


_AGES = {"age", "role_age", "health_age", "traffic_age"}
_FACTS = attrgetter(*sorted({each.name for each in fields(Sample)} - _AGES))


def facts(sample: Sample | None) -> object:
    """Return what a sample says but for its ages."""
    return None if sample is None else _FACTS(sample)


@dataclass(frozen=True, slots=True)
class PairMember:
    """A node of a service as this node knows it. A peer that was never read is ``unreachable`` here.

    ``taken`` is the earliest moment that its sample can be of; ``role_at``, ``health_at`` and ``traffic_at`` are the
    latest at which role, health and traffic can have changed. They are set where there is a sample.
    """

    node: str
    is_own: bool = False
    state: PeerState = PeerState.ok
    state_at: float = 0.0
    """When it became readable, or unreadable."""
    sample: Sample | None = None
    taken: float = 0.0
    role_at: float = 0.0
    health_at: float = 0.0
    traffic_at: float = 0.0
    maintenance: bool = False
    version: str = ""
    """That of its agent."""
    is_absent: bool = False
    """Whether it had no such service when it was last read."""

    @property
    def is_read(self) -> bool:
        """Whether what was last read of it counts."""
        return self.state in (PeerState.ok, PeerState.stale)
