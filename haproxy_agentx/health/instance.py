"""One VRRP instance as this node knows it, a change of its role, and what is remembered of it. Pure.

All times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from haproxy_agentx.health.dated import Dated
from haproxy_agentx.health.model import Held, Role
from haproxy_agentx.vrrp.model import MibInstance, VrrpState

SETTLE = 1.0
"""Seconds after a change in which role and addresses may disagree without it being a conflict."""

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


class Standing(IntEnum):
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
    source: str = ""
    """The kind of source (haxSourceKind) that is believed on it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of an instance from before this program's start."""

    role: Role
    addresses: tuple[str, ...] = ()
    initial: VrrpState | None = None
    router_id: str = ""
    by_fifo: bool = False
    """Whether a FIFO told of it."""
    confirmed: bool = True
    """Whether it was ever confirmed. What was not waits until it is."""


@dataclass(slots=True)
class Instance:
    """One VRRP instance."""

    name: str
    role: Role = Role.unknown
    source: str = ""
    contradiction: str = ""
    since: float = 0.0
    since_date: Dated = field(default_factory=Dated, compare=False, repr=False)
    transitions: int = 0
    initial: VrrpState | None = None
    router_id: str = ""
    priority: int | None = None
    """Effective priority, as the FIFO or the MIB last told it."""
    mib: MibInstance | None = None
    mib_began: float = 0.0
    mib_at: float | None = None
    addresses: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    held_since: float = 0.0
    agree_from: float = 0.0
    """Since when the role has been due to agree with the addresses."""
    event: tuple[VrrpState, str] | None = None
    """The last state that was told by an event, and by which kind of source."""
    event_at: float = 0.0
    contradicted: int = 0
    remembered: Role | None = None
    standing: Standing = Standing.confirmed
    proposed_at: float = 0.0

    @property
    def holds(self) -> Held:
        """Say which of its addresses the kernel has."""
        if not self.addresses:
            return Held.unknown
        if len(self.held) == len(self.addresses):
            return Held.all
        return Held.some if self.held else Held.none

    @property
    def intended(self) -> Role | None:
        """Give the role that keepalived's configuration gives this node when all is well.

        With ``nopreempt`` the initial state is BACKUP on both nodes and whoever came first stays: none is meant.
        """
        if self.initial is None or (self.mib is not None and not self.mib.preempts):
            return None
        return ROLES[self.initial]

    def settled_at(self) -> float:
        """Give the moment from which role and addresses have to agree."""
        return max(self.agree_from, self.held_since) + SETTLE

    def memory(self) -> Remembered:
        """Give what is worth keeping for the next start."""
        return Remembered(self.role, self.addresses, self.initial, self.router_id, self.source == "keepalivedFifo")

    @property
    def expires_at(self) -> float:
        """Return when it is forgotten if nothing names it again; infinity where it is not just proposed."""
        return self.proposed_at + PROPOSAL_LIFE if self.standing is Standing.proposed else float("inf")
