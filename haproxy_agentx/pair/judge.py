"""From the members of a service to its pair state, with the evidence. Pure.

What is judged here is what the samples show, whenever they were taken; ``settling`` decides whether it counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from haproxy_agentx.health.model import Held, Role
from haproxy_agentx.pair.model import (
    CLAIMS,
    LASTING,
    Difference,
    Evidence,
    PairMember,
    PairState,
    PeerState,
    Standing,
    TrafficEvidence,
)
from haproxy_agentx.pair.rules import Case, Claims, Served, Sight, Spare, rule_of
from haproxy_agentx.pair.standing import standing_of
from haproxy_agentx.pair.traffic import Agreement, agreement

_SERVES = (Standing.serving, Standing.servingReduced)
_READY = (Standing.ready, Standing.readyReduced)
_DARK = (Standing.unread, Standing.unknown)
"""Standings of a node that may hold the addresses for all that is known."""

_NOT_KNOWN = (Standing.unread, Standing.unknown, Standing.readyUnknown, Standing.servingUnknown)

_ASTRAY = (TrafficEvidence.missing, TrafficEvidence.strays)
"""Evidence that one node has by itself; ``none`` may be a service without clients."""

ANY = "*"
"""Any active node."""

NO_DIFFERENCE = Difference(0)
NO_EVIDENCE = Evidence(0)


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """What the samples show. ``active`` is the name of the one node that serves, empty for none or several."""

    case: Case
    state: PairState
    meaning: str
    standings: tuple[tuple[str, Standing], ...]
    active: str = ""
    actives: int = 0
    """Nodes that clients come to."""
    ready: int = 0
    expected: int = 0
    """Nodes that have the service, or may have it."""
    read: int = 0
    evidence: Evidence = NO_EVIDENCE
    differences: Difference = NO_DIFFERENCE
    disputes: int = 0
    traffic: tuple[TrafficEvidence, ...] = ()
    """What each of the nodes that were read sees of the clients' packets."""
    excused: bool = False
    """Whether all that is missing of the redundancy is missing by order."""


def differences(members: Iterable[PairMember]) -> Difference:
    """Return in what the nodes that were read differ now. A digest or number that is not known differs from none."""
    found = NO_DIFFERENCE
    known = [(member, member.sample) for member in members if member.is_read and member.sample is not None]
    for (one, mine), (other, theirs) in combinations(known, 2):
        pairs = (
            (Difference.virtualRouterId, mine.router, theirs.router),
            (Difference.addresses, mine.addresses, theirs.addresses),
            (Difference.configuration, mine.configuration, theirs.configuration),
            (Difference.agentVersion, one.version, other.version),
        )
        for kind, left, right in pairs:
            if left and right and left != right:
                found |= kind
        if mine.priority is not None and mine.priority == theirs.priority:
            found |= Difference.equalPriority
        if mine.intends_master and theirs.intends_master:
            found |= Difference.intendedRole
    for member, sample in known:
        if standing_of(member) in CLAIMS and sample.held is Held.some:
            found |= Difference.addressesHeld
    return found


def judge(members: Sequence[PairMember], lasting: Difference = NO_DIFFERENCE, astray: str = "") -> PairVerdict:
    """Return what the samples show; ``lasting`` are the differences that have lasted.

    ``members`` are this node and each peer that is configured, this node among them. ``astray`` is the active node
    whose packets have arrived elsewhere until now, ANY for whichever is active, empty for none.
    """
    standings = [(member, standing_of(member)) for member in members]
    expected = [(member, each) for member, each in standings if each is not Standing.absent]
    claiming = [(member, each) for member, each in expected if each in CLAIMS]
    is_alone = len(members) == 1
    now_differ = differences(members)
    differ = (now_differ & lasting & LASTING) | (now_differ & Difference.addressesHeld)
    spares = _spares(expected, claiming)
    serving = [(member, each) for member, each in claiming if each in _SERVES]
    case = Case(
        claims=_claims(expected, claiming),
        served=_served([each for _, each in claiming]),
        sight=_sight(expected, is_alone=is_alone),
        spare=_spare(spares, [each for _, each in serving], is_alone=is_alone),
        elsewhere=_elsewhere(expected, claiming, astray),
        differs=bool(differ),
        intended=not any(member.sample is not None and not member.sample.as_intended for member, _ in claiming),
    )
    rule = rule_of(case)
    return PairVerdict(
        case=case,
        state=rule.state,
        meaning=rule.meaning,
        standings=tuple((member.node, each) for member, each in standings),
        active=claiming[0][0].node if len(claiming) == 1 else "",
        actives=len(claiming),
        ready=sum(1 for _, each in spares if each in _READY or each in _SERVES),
        expected=len(expected),
        read=sum(1 for member, _ in expected if member.is_read),
        evidence=_evidence(expected, claiming, is_alone=is_alone),
        differences=now_differ,
        disputes=sum(member.sample.disputes for member, _ in expected if member.is_read and member.sample is not None),
        traffic=tuple(member.sample.traffic for member, _ in expected if member.is_read and member.sample is not None),
        excused=_is_excused(spares, rule.state),
    )


_Standings = Sequence[tuple[PairMember, Standing]]


def _is_exclusive(member: PairMember) -> bool:
    """Whether only one node is to have the service: it has a VRRP instance."""
    return member.sample is None or member.sample.role is not Role.none


def _claims(expected: _Standings, claiming: _Standings) -> Claims:
    exclusive = [member for member, _ in claiming if _is_exclusive(member)]
    disputed = any(member.sample is not None and member.sample.held is Held.disputed for member in exclusive)
    if len(exclusive) > 1 or disputed:
        return Claims.several
    if claiming:
        return Claims.one
    hears = any(member.is_read and member.sample and member.sample.role is Role.backup for member, _ in expected)
    return Claims.heard if hears else Claims.none


def _served(claiming: Sequence[Standing]) -> Served:
    if any(each in _SERVES for each in claiming):
        return Served.yes
    return Served.unknown if Standing.servingUnknown in claiming else Served.no


def _sight(expected: _Standings, *, is_alone: bool) -> Sight:
    if is_alone and any(_is_exclusive(member) for member, _ in expected):
        return Sight.alone
    return Sight.part if any(each in _DARK for _, each in expected) else Sight.all


def _spares(expected: _Standings, claiming: _Standings) -> _Standings:
    """Return the nodes that could take over from the one that serves."""
    first = next((member for member, each in claiming if each in _SERVES), claiming[0][0] if claiming else None)
    return [(member, each) for member, each in expected if member is not first]


def _spare(spares: _Standings, serving: Sequence[Standing], *, is_alone: bool) -> Spare:
    found = [each for _, each in spares]
    if is_alone or any(each in _NOT_KNOWN for each in found):
        return Spare.unknown
    full = sum(1 for each in found if each in (Standing.ready, Standing.serving))
    usable = sum(1 for each in found if each in _READY or each in _SERVES)
    if not usable:
        return Spare.none
    return Spare.enough if full == len(found) and serving[:1] != [Standing.servingReduced] else Spare.reduced


def _elsewhere(expected: _Standings, claiming: _Standings, astray: str) -> bool:
    """Whether the one active node and another one agree that packets arrive elsewhere."""
    if len(claiming) != 1:
        return False
    active = claiming[0][0]
    found = agreement(_traffic(active), [_traffic(member) for member, _ in expected if member is not active])
    if found is Agreement.asBefore:
        return astray in (active.node, ANY)
    return found is Agreement.elsewhere


def _traffic(member: PairMember) -> TrafficEvidence:
    return member.sample.traffic if member.is_read and member.sample is not None else TrafficEvidence.unknown


def _evidence(expected: _Standings, claiming: _Standings, *, is_alone: bool) -> Evidence:
    peers = [member for member, _ in expected if not member.is_own]
    known = [member.sample for member, _ in expected if member.is_read and member.sample is not None]
    serving = [member.sample for member, _ in claiming if member.sample is not None]
    found = {
        Evidence.ownNode: True,
        Evidence.noPeer: is_alone,
        Evidence.peersRead: not is_alone and all(member.state is PeerState.ok for member in peers),
        Evidence.peerStale: any(member.state is PeerState.stale for member in peers),
        Evidence.peerUnread: any(not member.is_read for member in peers),
        Evidence.maintenance: any(member.maintenance for member, _ in expected),
        Evidence.masterHeard: any(sample.role is Role.backup for sample in known),
        Evidence.secondMasterHeard: any(sample.held is Held.disputed for sample in known),
        Evidence.trafficElsewhere: any(sample.traffic in _ASTRAY for sample in known),
        Evidence.addressesSeen: any(sample.held in (Held.all, Held.some, Held.disputed) for sample in serving),
    }
    return Evidence(sum(kind.value for kind, is_so in found.items() if is_so))


def _is_excused(spares: _Standings, state: PairState) -> bool:
    """Whether the redundancy is what orders have left of it."""
    if state not in (PairState.redundancyReduced, PairState.notRedundant, PairState.redundancyUnknown):
        return False
    lacking = [member for member, each in spares if each not in (Standing.ready, Standing.serving)]
    return bool(lacking) and all(member.maintenance for member in lacking)
