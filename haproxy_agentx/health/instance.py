"""One VRRP instance as this node knows it, a change of its role, and what is remembered of it. Pure.

All times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from haproxy_agentx.health.dated import Dated
from haproxy_agentx.health.model import Held, Role
from haproxy_agentx.vocabulary.digest import digest
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vrrp.model import AddressPlace, Kernel, MibInstance, MibRouter, RouterState, VrrpState

SETTLE = 1.0
"""Seconds after a change in which role and addresses may disagree without it being a conflict."""

ADVERTISEMENT = 1.0
"""Seconds between two advertisements where it is not known: the default (RFC 9568 6.1, keepalived.conf(5))."""

MASTER_DOWN = 4
"""Advertisement intervals of silence after which a MASTER counts as gone: three and a skew (RFC 9568 6.1)."""

PREEMPTS = 10
"""Intervals after which a node of higher priority has become MASTER, its own start included."""

PROPOSAL_LIFE = 600.0
"""Seconds for which an unconfirmed instance is known after the last trap that named it."""

ROLES: Mapping[VrrpState, Role | None] = {
    VrrpState.init: None,  # a moment of its start
    VrrpState.backup: Role.backup,
    VrrpState.master: Role.master,
    VrrpState.fault: Role.fault,
    VrrpState.unknown: None,  # what a poll sees for a second while keepalived stops
    VrrpState.shutdown: Role.stopped,
    VrrpState.deleted: Role.stopped,
}
"""What a state of keepalived's says of the role; None says nothing."""


_ROUTER_ROLES = {RouterState.backup: Role.backup, RouterState.master: Role.master}
"""The roles in which there is a master to believe in; in FAULT or at a start, the last one may be long gone."""


class InstanceStanding(IntEnum):
    """How well an instance is known to exist. The better ones win where there is no room for all."""

    confirmed = 0
    """The FIFO, the MIB, the configuration with a trap, or a proven trap has named it in this run."""
    recalled = 1
    """One of them has, in an earlier run."""
    proposed = 2
    """Only traps whose sender is not proven have."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """The role of an instance has changed."""

    instance: str
    before: Role
    after: Role
    at: float
    source: SourceKind | None = None
    """The kind of source that is believed on it, None where none has reported it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of an instance from before this program's start."""

    role: Role
    addresses: tuple[AddressPlace, ...] = ()
    initial: VrrpState | None = None
    router_id: str = ""
    by_fifo: bool = False
    """Whether a FIFO reported of it."""
    confirmed: bool = True
    """Whether it was ever confirmed. What was not waits until it is."""


@dataclass(slots=True)
class Instance:
    """One VRRP instance."""

    name: str
    role: Role = Role.unknown
    source: SourceKind | None = None
    contradiction: str = ""
    since: float = 0.0
    since_date: Dated = field(default_factory=Dated, compare=False, repr=False)
    transitions: int = 0
    initial: VrrpState | None = None
    router_id: str = ""
    priority: int | None = None
    """Effective priority, as the FIFO or the MIB last reported it."""
    mib: MibInstance | None = None
    router: MibRouter | None = None
    """Its row of VRRPV3-MIB at the last reading; None where there was none, or not without doubt."""
    mib_began: float = 0.0
    mib_at: float | None = None
    addresses: tuple[AddressPlace, ...] = ()
    held: tuple[AddressPlace, ...] = ()
    is_seen: bool = True
    """Whether the kernel can be asked."""
    is_refused: bool = False
    """Whether the kernel lets no packet leave from one of those that it has."""
    is_bare: bool = False
    """Whether KEEPALIVED-MIB lists none of its addresses any more."""
    held_since: float = 0.0
    agree_from: float = 0.0
    """Since when the role has been due to agree with the addresses."""
    event: tuple[VrrpState, SourceKind] | None = None
    """The last state that was reported by an event, and by which kind of source."""
    event_at: float = 0.0
    contradicted: int = 0
    remembered: Role | None = None
    standing: InstanceStanding = InstanceStanding.confirmed
    proposed_at: float = 0.0
    disputes: int = 0
    """Advertisements of another MASTER, of lower priority, that keepalived reported."""
    second_masters: int = 0
    """Times that such advertisements came for longer than those of a MASTER that gives way."""
    disputed_at: float | None = None
    disputed_from: float | None = None
    """When the last of them came, and the first of those that came without a pause."""
    priority_decides: bool = False
    """Whether it was seen that its initial state is not what it becomes when all is well."""
    well_from: float | None = None
    """Since when it has been BACKUP with all of its priority; None where it is not."""

    @property
    def holds(self) -> Held:
        """Return which of its addresses the kernel has."""
        if not self.addresses:
            return Held.unknown
        if not self.is_seen or self.is_bare:
            return Held.unseen
        if len(self.held) == len(self.addresses):
            return Held.all
        return Held.some if self.held else Held.none

    @property
    def addresses_digest(self) -> str:
        """The digest of its addresses, wherever they belong; empty while none is known."""
        return digest(place.ip for place in self.addresses) if self.addresses else ""

    def holds_at(self, now: float) -> Held:
        """Return what its addresses are worth: as ``holds``, unless others claim them or packets to them are dropped.

        While role and addresses may still be on their way to each other, nothing is known of them, but that packets to
        them are dropped wherever they are.
        """
        held = self.holds if now >= self.settled_at() else Held.unknown
        if self.role is not Role.master or held not in (Held.all, Held.unknown, Held.unseen):
            return held
        if self.is_disputed(now):
            return Held.disputed
        drops = self.is_refused or (self.mib is not None and not self.mib.accepts)
        return Held.filtered if drops and held is not Held.unseen else held

    def look(self, kernel: Kernel | None, at: float) -> None:
        """See which of its addresses the kernel has; None where it cannot be asked."""
        held = tuple(place for place in self.addresses if kernel is not None and kernel.has(place))
        if held != self.held or self.is_seen is not (kernel is not None):
            self.held, self.is_seen, self.held_since = held, kernel is not None, at

    @property
    def advertises_each(self) -> float:
        """Return the seconds between two advertisements; keepalived's default where it is not known."""
        return (self.mib.advertises_each if self.mib else None) or ADVERTISEMENT

    @property
    def dispute_ends_at(self) -> float:
        """Return when a second MASTER counts as gone: three intervals and the skew (RFC 9568 6.1) of silence."""
        return float("-inf") if self.disputed_at is None else self.disputed_at + MASTER_DOWN * self.advertises_each

    def dispute(self, at: float) -> None:
        """Record an advertisement of another MASTER, of lower priority."""
        if self.disputed_from is None or at >= self.dispute_ends_at:
            self.disputed_from = at
        was_disputed = self.is_disputed(at)
        self.disputes, self.disputed_at = self.disputes + 1, at
        self.second_masters += self.is_disputed(at) and not was_disputed

    def is_disputed(self, now: float) -> bool:
        """Whether a second MASTER is heard, which does not give way within an interval as one does at a preemption."""
        if self.disputed_at is None or self.disputed_from is None or now >= self.dispute_ends_at:
            return False
        return self.disputed_at - self.disputed_from >= self.advertises_each / 2

    @property
    def believed_master(self) -> str:
        """Return the address of the node that keepalived takes for the MASTER, an empty text where it is not known.

        That is what the last reading says, if the role is still the same.
        """
        if self.router is None or self.router.state is None:
            return ""
        return self.router.master if _ROUTER_ROLES.get(self.router.state) is self.role else ""

    def learn_intention(self, reading_at: float) -> None:
        """See by a reading whether priorities decide: one that preempts stays BACKUP behind a higher one only."""
        row = self.mib
        is_well = row is not None and (row.effective_priority or 0) >= (row.base_priority or 1)
        if row is None or self.role is not Role.backup or not is_well:
            self.well_from = None
            return
        self.well_from = reading_at if self.well_from is None else self.well_from
        waits = row.preempt_delay + PREEMPTS * self.advertises_each
        self.priority_decides |= reading_at >= max(self.since, self.well_from) + waits

    @property
    def intended(self) -> Role | None:
        """Return the role that this node is meant to have, as far as keepalived's configuration shows it.

        Priorities decide, and of those only the own one is known here: an initial BACKUP is also the state of both
        nodes of a pair that leaves all to priorities, or of one with ``nopreempt``. An initial MASTER is meant, unless
        the node was seen to stay BACKUP though nothing was wrong with it.
        """
        if self.initial is not VrrpState.master or self.priority_decides:
            return None
        return None if self.mib is not None and not self.mib.preempts else Role.master

    def settled_at(self) -> float:
        """Return the moment from which role and addresses have to agree."""
        return max(self.agree_from, self.held_since) + SETTLE

    def memory(self) -> Remembered:
        """Return what is worth keeping for the next start."""
        return Remembered(
            self.role, self.addresses, self.initial, self.router_id, self.source is SourceKind.keepalivedFifo
        )

    @property
    def expires_at(self) -> float:
        """Return when it is forgotten if nothing names it again; infinity where it is not just proposed."""
        return self.proposed_at + PROPOSAL_LIFE if self.standing is InstanceStanding.proposed else float("inf")
