"""A pair state in words, and its cause, for a line of a notification. Pure."""

from collections.abc import Mapping, Sequence

from haproxy_agentx.health.model import Cause, Held
from haproxy_agentx.health.words import line
from haproxy_agentx.pair.judge import PairVerdict
from haproxy_agentx.pair.model import (
    CLAIMS,
    Difference,
    Evidence,
    PairMember,
    PairState,
    PeerState,
    Standing,
    TrafficEvidence,
)
from haproxy_agentx.pair.standing import standing_of

_OF_STANDING: Mapping[Standing, str] = {
    Standing.serving: "serves",
    Standing.servingReduced: "serves with reduced capacity",
    Standing.servingUnknown: "is active, and whether it serves is not known",
    Standing.notServing: "is active and does not serve",
    Standing.ready: "is ready",
    Standing.readyReduced: "is ready with reduced capacity",
    Standing.readyUnknown: "is not active, and whether it could take over is not known",
    Standing.notReady: "could not take over",
    Standing.unknown: "does not know whether it holds the addresses",
    Standing.absent: "has no such service",
    Standing.unread: "cannot be read",
}

_OF_PEER: Mapping[PeerState, str] = {
    PeerState.unreachable: "cannot be read: its snmpd does not answer, which does not show that the node is down",
    PeerState.denied: "cannot be read: its snmpd denies access",
    PeerState.noAgent: "cannot be read: its snmpd answers, and haproxy-agentx is not connected to it",
    PeerState.incompatible: "cannot be read: its haproxy-agentx is of another version",
}

_OF_TRAFFIC: Mapping[TrafficEvidence, str] = {
    TrafficEvidence.missing: ", and the connections have ceased that used to come",
    TrafficEvidence.strays: ", and packets for addresses that it does not have arrive since it lost those",
}

_OF_DIFFERENCE: Mapping[Difference, str] = {
    Difference.virtualRouterId: "virtual router IDs",
    Difference.addresses: "virtual addresses",
    Difference.configuration: "configurations of HAProxy",
    Difference.agentVersion: "versions of haproxy-agentx",
    Difference.equalPriority: "the priorities are equal",
    Difference.intendedRole: "several nodes are meant to be MASTER",
    Difference.addressesHeld: "the active node has only some of the addresses",
}

_OF_STATE: Mapping[PairState, Cause] = {
    PairState.dualActive: Cause.roleDisputed,
    PairState.mismatch: Cause.configurationChanged,
    PairState.unreachable: Cause.trafficElsewhere,
    PairState.redundancyUnknown: Cause.sourceLost,
    PairState.redundant: Cause.recovered,
}
"""States whose cause is in themselves; of the others it is that of the node that changed last."""


def _words_of(member: PairMember) -> str:
    standing = standing_of(member)
    if standing is Standing.unread:
        words = _OF_PEER.get(member.state, _OF_STANDING[standing])
    else:
        words = _OF_STANDING[standing]
    if member.is_read and member.sample is not None:
        words += _OF_TRAFFIC.get(member.sample.traffic, "")
    if standing in CLAIMS and member.sample is not None and member.sample.held is Held.disputed:
        words = f"{words}, and hears another MASTER"
    return f"{member.node} {words}{', in maintenance' if member.maintenance else ''}"


def difference_words(found: Difference) -> str:
    """Return the differences in words, an empty text for none."""
    differing = [text for kind, text in _OF_DIFFERENCE.items() if kind in found and kind <= Difference.agentVersion]
    others = [text for kind, text in _OF_DIFFERENCE.items() if kind in found and kind > Difference.agentVersion]
    return "; ".join([*([f"different {', '.join(differing)}"] if differing else []), *others])


def sentence(verdict: PairVerdict, members: Sequence[PairMember]) -> str:
    """Return one line: what is the case, which node does what, and what is not known."""
    parts = [verdict.meaning, *(_words_of(member) for member in members if standing_of(member) is not Standing.absent)]
    if Evidence.noPeer in verdict.evidence:
        parts.append("no peer is configured")
    if verdict.state is PairState.mismatch:
        parts.insert(1, difference_words(verdict.differences))
    return line("; ".join(filter(None, parts)))


def cause_of(verdict: PairVerdict, members: Sequence[PairMember]) -> Cause:
    """Return why the pair is as it is: a cause of the state itself, or that of the node that changed last."""
    if verdict.state in _OF_STATE:
        return _OF_STATE[verdict.state]
    lacking = [
        member
        for member in members
        if member.is_read
        and member.sample is not None
        and standing_of(member) not in (Standing.ready, Standing.serving)
    ]
    latest = max(lacking, key=lambda member: max(member.health_at, member.role_at), default=None)
    if latest is not None and latest.sample is not None and latest.sample.cause is not Cause.none:
        return latest.sample.cause
    return Cause.sourceLost if any(not member.is_read for member in members) else Cause.unknown
