"""The decision table of the pair: from what all nodes are for a service to its state. Pure.

The first row that matches decides; an empty cell matches anything. The worse states come first, but for what is not
known, which no row takes for an outage. The tests go through all cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from haproxy_agentx.pair.model import PairState


class Claims(IntEnum):
    """Which nodes clients come to."""

    none = 1
    """None of those that were read, and no MASTER is heard by them."""
    heard = 2
    """None of those that were read; but one is BACKUP, so it hears a MASTER."""
    one = 3
    several = 4
    """Two or more have an address that belongs to one of them, or are MASTER; or one hears a second MASTER."""


class Served(IntEnum):
    """Whether the nodes that clients come to serve them."""

    yes = 1
    """One of them does."""
    no = 2
    unknown = 3


class Sight(IntEnum):
    """How many of the nodes are known."""

    all = 1
    """Each node that has the service, as far as configured."""
    part = 2
    """At least one cannot be read, or does not know whether it holds the addresses."""
    alone = 3
    """No peer is configured, and the service has a VRRP instance, which needs one."""


class Spare(IntEnum):
    """Whether the other nodes could take over."""

    enough = 1
    """Each of them, and none has reduced capacity."""
    reduced = 2
    """At least one of them, and not each of them in full."""
    none = 3
    unknown = 4
    """Of at least one it is not known."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the state is decided by."""

    claims: Claims
    served: Served
    sight: Sight
    spare: Spare
    elsewhere: bool
    """Whether the clients' packets go elsewhere, by all the evidence."""
    differs: bool
    """Whether the nodes have differed for long in what they should have in common."""
    intended: bool
    """Whether the node that serves is the one that is meant to."""


@dataclass(frozen=True, slots=True)
class PairRule:
    """A row of the table."""

    claims: Sequence[Claims]
    served: Sequence[Served]
    sight: Sequence[Sight]
    spare: Sequence[Spare]
    state: PairState
    meaning: str
    elsewhere: bool | None = None
    differs: bool | None = None
    intended: bool | None = None

    def matches(self, case: Case) -> bool:
        """Whether the row applies."""
        return (
            (not self.claims or case.claims in self.claims)
            and (not self.served or case.served in self.served)
            and (not self.sight or case.sight in self.sight)
            and (not self.spare or case.spare in self.spare)
            and self.elsewhere in (None, case.elsewhere)
            and self.differs in (None, case.differs)
            and self.intended in (None, case.intended)
        )


_ONE, _SEVERAL, _NONE, _HEARD = (Claims.one,), (Claims.several,), (Claims.none,), (Claims.heard,)
_YES, _NO = (Served.yes,), (Served.no,)
_ALL, _NOT_ALL = (Sight.all,), (Sight.part, Sight.alone)

RULES: tuple[PairRule, ...] = (
    PairRule((Claims.one, Claims.several), _NO, _ALL, (), PairState.notServed, "no node serves the clients it gets"),
    PairRule(_NONE, (), _ALL, (), PairState.notServed, "no node has the addresses"),
    PairRule(_SEVERAL, (), (), (), PairState.dualActive, "two nodes have an address, or are MASTER, at once"),
    PairRule(_NONE, (), _NOT_ALL, (), PairState.unknown, "no node that can be read has the addresses"),
    PairRule(_HEARD, (), _ALL, (), PairState.unknown, "a MASTER is heard that is none of the nodes"),
    PairRule(_HEARD, (), _NOT_ALL, (), PairState.redundancyUnknown, "a MASTER is heard that cannot be read"),
    PairRule(_ONE, _NO, (), (), PairState.unknown, "the node that was read does not serve; others cannot be read"),
    PairRule(_ONE, (Served.unknown,), (), (), PairState.unknown, "whether the active node serves is not known"),
    PairRule(_ONE, _YES, (), (), PairState.unreachable, "served, but packets arrive elsewhere", elsewhere=True),
    PairRule(_ONE, _YES, (), (), PairState.mismatch, "served, but the nodes differ", differs=True),
    PairRule(
        _ONE, _YES, (), (Spare.unknown,), PairState.redundancyUnknown, "served; whether another could is not known"
    ),
    PairRule(_ONE, _YES, (), (Spare.none,), PairState.notRedundant, "served, and no other node could take over"),
    PairRule(_ONE, _YES, (), (Spare.reduced,), PairState.redundancyReduced, "served, with less than all in reserve"),
    PairRule(_ONE, _YES, (), (), PairState.failedOver, "redundant, by a node that is not meant to", intended=False),
    PairRule(_ONE, _YES, (), (), PairState.redundant, "served, and each other node could take over"),
)


def rule_of(case: Case) -> PairRule:
    """Return the row that decides."""
    return next(rule for rule in RULES if rule.matches(case))
