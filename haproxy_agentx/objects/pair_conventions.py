"""The textual conventions of the pair. Their named numbers are the enumerations of ``pair``."""

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.objects.conventions import enumerated
from haproxy_agentx.objects.declaration import Convention
from haproxy_agentx.objects.syntax import Syntax, bits, named
from haproxy_agentx.pair.model import Difference, Evidence, PairState, PeerState, Standing, TrafficEvidence
from haproxy_agentx.pair.sample import MAX_LINE

PAIR_STATE = named("HaxRedundancyState", PairState)
PEER_STATE = named("HaxPeerReading", PeerState)
STANDING = named("HaxPairStanding", Standing)
TRAFFIC = named("HaxPairTraffic", TrafficEvidence)
EVIDENCE = bits("HaxEvidence", Evidence)
DIFFERENCES = bits("HaxDifferences", Difference)
PAIR_LINE: Syntax[str] = Syntax("HaxPairLine", Tag.OCTET_STRING, lambda line: line.encode(errors="replace")[:MAX_LINE])

CONVENTIONS: tuple[Convention, ...] = (
    enumerated(
        PAIR_STATE,
        "The state of a service over all its nodes, ordered by severity. redundant: one node serves, and each other "
        "one could take over. failedOver: as redundant, and the node that serves is not the intended one. "
        "redundancyReduced: it is served, and some of the other nodes could take over, or the node that serves has "
        "reduced capacity. notRedundant: it is served, and no other node could take over. redundancyUnknown: it is "
        "served, or a node hears a MASTER, and whether another node could take over is not known. mismatch: it is "
        "served, and the nodes have differed for long in their addresses, virtual router identifier, configuration or "
        "version. unknown: whether it is served is not known. unreachable: it is served by all reports, while no "
        "connections come to the node that serves, and packets arrive at another node for addresses that it has lost. "
        "dualActive: two nodes are MASTER, or have an address, at the same time. notServed: all nodes are known, and "
        "none of them serves. A peer that cannot be read makes redundancy unknown; it is never taken for a peer that "
        "is down.",
    ),
    enumerated(
        PEER_STATE,
        "The result of reading a peer. ok: success. stale: the last reading failed, or there was none yet; what was "
        "read before still counts. unreachable: its SNMP agent has not answered for three intervals and a timeout. "
        "denied: its SNMP agent denies access. noAgent: its SNMP agent answers, and has no objects of this module. "
        "incompatible: its subagent is of another version, which cannot be compared, or it is this node itself.",
    ),
    enumerated(
        STANDING,
        "What a node is for a service. serving: clients come to it, and it serves. servingReduced: it serves with "
        "reduced capacity. servingUnknown: clients come to it, and whether it serves is not known. notServing: clients "
        "come to it, or it is MASTER without the addresses, and it does not serve. ready: it could take over. "
        "readyReduced: it could take over with reduced capacity. readyUnknown: it does not have the addresses, and "
        "whether it could take over is not known. notReady: it could not take over. unknown: not even whether it has "
        "the addresses is known. absent: it has no such service. unread: it cannot be read.",
    ),
    enumerated(
        TRAFFIC,
        "What a node sees of the packets of clients of a service. unknown: too little to compare with, or it cannot be "
        "counted. arrives: the node has an address, and clients connect. missing: it has an address, and the "
        "connections have ceased that used to come. none: it has an address, and no client has connected since it has "
        "it, or since it is watched. strays: clients used the node, it lost the addresses, and since then packets "
        "arrive for addresses that it does not have. clear: it has no address, and no such packets arrive.",
    ),
    Convention(
        EVIDENCE.name,
        "What a pair state is derived from. ownNode: this node. peersRead: each peer that has the service. peerStale: "
        "an earlier reading of a peer. peerUnread: a peer cannot be read. noPeer: no peer is configured, so this node "
        "is all that is known. masterHeard: a node is BACKUP, so it hears a MASTER. secondMasterHeard: a MASTER hears "
        "another one. addressesSeen: the kernel of the node that serves has the addresses. maintenance: a node is in "
        "maintenance by order. trafficElsewhere: a node shows that packets of clients arrive at another node; "
        "it makes a state when both show it. settling: what the nodes show has not held for long enough, and the state "
        "is the one before.",
        "BITS",
        EVIDENCE.labels,
    ),
    Convention(
        DIFFERENCES.name,
        "What nodes of a service do not have in common. virtualRouterId: the virtual router identifier. addresses: the "
        "virtual addresses. configuration: the configuration of HAProxy. agentVersion: the version of this subagent. "
        "equalPriority: two nodes have the same VRRP priority. intendedRole: two nodes are intended to be MASTER. "
        "addressesHeld: the node that serves has only some of the addresses. The first four become the state mismatch "
        "when they have lasted for 30 seconds, the last one at once; equalPriority and intendedRole do not.",
        "BITS",
        DIFFERENCES.labels,
    ),
    Convention(
        PAIR_LINE.name,
        "What a subagent reports of itself to those of other nodes: a list of KEY=VALUE in UTF-8, separated by blanks, "
        "of which the last may hold blanks. The first key is the version of the form. Its content is for the "
        "subagents; managers should read the other objects.",
        f"OCTET STRING (SIZE (0..{MAX_LINE}))",
        hint=f"{MAX_LINE}t",
    ),
)
