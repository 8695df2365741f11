"""Whether clients' packets arrive where the addresses are: two tables, and what is watched for them. Pure.

The first table says what one node sees by itself, the second whether the nodes agree that packets arrive elsewhere. In
both the first row that matches decides; an empty cell matches anything. Both are total: that is proven when this module
is imported.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import product

from haproxy_agentx.pair.arrivals import Arrivals, ArrivalWatch
from haproxy_agentx.pair.astray import Strays, StrayWatch
from haproxy_agentx.pair.model import TrafficEvidence

CLIENTS = 3
"""Connections that make a node one that clients have used."""


class Tenure(IntEnum):
    """Whether a node has an address of a service."""

    has = 1
    lacks = 2
    unknown = 3


@dataclass(frozen=True, slots=True)
class SightRule:
    """A row of the first table."""

    tenure: Sequence[Tenure]
    arrivals: Sequence[Arrivals]
    strays: Sequence[Strays]
    evidence: TrafficEvidence
    meaning: str

    def matches(self, tenure: Tenure, arrivals: Arrivals, strays: Strays) -> bool:
        """Whether the row applies."""
        return (
            tenure in self.tenure
            and (not self.arrivals or arrivals in self.arrivals)
            and (not self.strays or strays in self.strays)
        )


_HAS, _LACKS = (Tenure.has,), (Tenure.lacks,)

SIGHT: tuple[SightRule, ...] = (
    SightRule(_HAS, (Arrivals.few,), (), TrafficEvidence.missing, "connections that used to come have ceased"),
    SightRule(_HAS, (Arrivals.none,), (), TrafficEvidence.none, "no client has connected since it has an address"),
    SightRule(_HAS, (Arrivals.usual,), (), TrafficEvidence.arrives, "clients connect"),
    SightRule(_HAS, (), (), TrafficEvidence.unknown, "too few clients connect to compare"),
    SightRule(_LACKS, (), (Strays.astray,), TrafficEvidence.strays, "packets come since it lost the addresses"),
    SightRule(_LACKS, (), (Strays.clear,), TrafficEvidence.clear, "no such packets come"),
    SightRule(_LACKS, (), (), TrafficEvidence.unknown, "it has not been watched for long enough"),
    SightRule((Tenure.unknown,), (), (), TrafficEvidence.unknown, "whether it has an address is not known"),
)


class Agreement(IntEnum):
    """What the nodes make of it together."""

    arrives = 1
    elsewhere = 2
    asBefore = 3  # noqa: N815  a label of docs/pair.md
    """What is missing says nothing new: they arrive elsewhere if they did before, at the same active node."""


@dataclass(frozen=True, slots=True)
class AgreementRule:
    """A row of the second table: of the active node, and of all others together (``together``)."""

    active: Sequence[TrafficEvidence]
    others: Sequence[TrafficEvidence]
    agreement: Agreement
    meaning: str

    def matches(self, active: TrafficEvidence, others: TrafficEvidence) -> bool:
        """Whether the row applies."""
        return (not self.active or active in self.active) and (not self.others or others in self.others)


_CEASED = (TrafficEvidence.missing, TrafficEvidence.none)

AGREEMENTS: tuple[AgreementRule, ...] = (
    AgreementRule((TrafficEvidence.arrives,), (), Agreement.arrives, "clients connect to the active node"),
    AgreementRule((), (TrafficEvidence.clear,), Agreement.arrives, "no other node gets packets that are not for it"),
    AgreementRule(_CEASED, (TrafficEvidence.strays,), Agreement.elsewhere, "both nodes show that packets go astray"),
    AgreementRule((), (), Agreement.asBefore, "one of them shows nothing"),
)

_SIGHTS = {
    case: next(rule.evidence for rule in SIGHT if rule.matches(*case)) for case in product(Tenure, Arrivals, Strays)
}
_AGREED = {
    case: next(rule.agreement for rule in AGREEMENTS if rule.matches(*case))
    for case in product(TrafficEvidence, TrafficEvidence)
}


def together(others: Iterable[TrafficEvidence]) -> TrafficEvidence:
    """Return what the nodes that are not active show: strays if one does, clear if all do."""
    found = set(others)
    if TrafficEvidence.strays in found:
        return TrafficEvidence.strays
    return TrafficEvidence.clear if found == {TrafficEvidence.clear} else TrafficEvidence.unknown


def agreement(active: TrafficEvidence, others: Iterable[TrafficEvidence]) -> Agreement:
    """Return what the active node and the others make of it."""
    return _AGREED[active, together(others)]


@dataclass(slots=True)
class TrafficWatch:
    """The traffic of one service on one node, look by look. ``since`` is since when ``evidence`` is so."""

    evidence: TrafficEvidence = TrafficEvidence.unknown
    since: float = 0.0
    _arrivals: ArrivalWatch = field(default_factory=ArrivalWatch)
    _strays: StrayWatch = field(default_factory=StrayWatch)
    _tenure: Tenure = Tenure.unknown

    def look(
        self,
        tenure: Tenure,
        arrived: tuple[int, float] | None,
        strays: int | None,
        noise: float,
        now: float,
    ) -> TrafficEvidence:
        """Record what is seen now; ``arrived`` are all connections ever, with the time of the reading.

        ``strays`` are all packets for foreign addresses ever, ``noise`` those of a second lately. None: not known.
        """
        if tenure is not Tenure.unknown and tenure is not self._tenure:
            if tenure is Tenure.has:
                self._arrivals.begin(now)
            else:
                had_clients = self._tenure is Tenure.has and self._arrivals.came >= CLIENTS
                self._strays.begin(now, noise, lost=had_clients)
            self._tenure = tenure
        if tenure is Tenure.has and arrived is not None:
            self._arrivals.look(*arrived)
        if tenure is Tenure.lacks and strays is not None:
            self._strays.look(strays, now)
        since = {}
        arrivals, astray = Arrivals.unmeasured, Strays.unknown  # what is not read now shows nothing
        if arrived is not None:
            arrivals, since[Tenure.has] = self._arrivals.level, self._arrivals.since
        if strays is not None:
            astray, since[Tenure.lacks] = self._strays.level, self._strays.since
        found = _SIGHTS[tenure, arrivals, astray]
        if found is not self.evidence:
            self.evidence, self.since = found, min(now, since.get(tenure, now))
        return found
