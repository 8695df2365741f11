"""VRRP instances as this node knows them, from sources that may contradict each other. Pure.

Who is believed on the role of an instance, the first that applies:

1. the writer of the FIFO is gone and KEEPALIVED-MIB has not been read since (or, where no FIFO was ever written to,
   KEEPALIVED-MIB has been missing for longer than keepalived takes to come back to a restarted snmpd): keepalived does
   not run, the role is ``stopped``;
2. KEEPALIVED-MIB hangs while snmpd answers: keepalived is frozen, the role is ``unknown``;
3. the last line of the FIFO, or without a FIFO the last trap, unless KEEPALIVED-MIB, asked after it, has contradicted
   it CONTRADICTIONS times in a row: then a line was lost, and the MIB is right;
4. KEEPALIVED-MIB, as it was last read since keepalived's start;
5. for a moment after keepalived has come back: ``stopped``, as before;
6. what was known when this program ended, if the kernel's addresses do not speak against it.

Who holds an address is never asked of keepalived: the kernel knows. All times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from haproxy_agentx.health.model import Held, Role
from haproxy_agentx.vrrp.model import FifoLine, Kernel, MibInstance, MibReading, StateTrap, Trouble, VrrpState

SETTLE = 1.0
"""Seconds after a change in which role and addresses may disagree without it being a conflict."""

CONTRADICTIONS = 2
"""Readings of KEEPALIVED-MIB, begun after an event, that must contradict it before they are believed."""

RECONNECT = 20.0
"""Seconds for which KEEPALIVED-MIB may be missing: keepalived looks for a restarted snmpd each 15 s."""

START = 5.0
"""Seconds that keepalived has to tell its first state."""

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


@dataclass(frozen=True, slots=True)
class RoleChange:
    """The role of an instance has changed."""

    instance: str
    before: Role
    after: Role
    at: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of an instance from before this program's start."""

    role: Role
    addresses: tuple[str, ...] = ()
    initial: VrrpState | None = None
    router_id: str = ""
    by_fifo: bool = False
    """Whether a FIFO told of it."""


@dataclass(frozen=True, slots=True)
class Belief:
    """A role, the kind of source (haxSourceKind) that it comes from, and who says otherwise."""

    role: Role
    source: str = ""
    contradiction: str = ""


@dataclass(slots=True)
class Instance:
    """One VRRP instance."""

    name: str
    role: Role = Role.unknown
    source: str = ""
    contradiction: str = ""
    since: float = 0.0
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


@dataclass(slots=True)
class Instances:
    """All instances of this node, by name. Each method takes what a source tells and gives the roles that changed."""

    known: dict[str, Instance] = field(default_factory=dict)
    kernel: Kernel | None = None
    writer: bool | None = None
    """Whether somebody has the FIFO open for writing; None where there is no FIFO or it is not known yet."""
    trouble: Trouble | None = None
    router_id: str = ""
    _had_writer: bool = False
    _writer_changed_at: float = 0.0
    _missing_since: float | None = None

    def recall(self, remembered: Mapping[str, Remembered], now: float) -> None:
        """Begin with what was known at the last end."""
        for name, memory in remembered.items():
            instance = self._named(name, now)
            instance.addresses, instance.initial = memory.addresses, memory.initial
            instance.router_id, instance.remembered = memory.router_id, memory.role
            self._had_writer |= memory.by_fifo

    def take_line(self, line: FifoLine, at: float) -> list[RoleChange]:
        """Take a line of the FIFO."""
        if line.group:
            return []
        if line.state is VrrpState.deleted:
            self.known.pop(line.name, None)
            return []
        if self.trouble is Trouble.frozen:
            self.trouble = None  # it writes: it lives
        instance = self._named(line.name, at)
        if line.priority:
            instance.priority = line.priority
        if line.state is None or ROLES[line.state] is None:
            return []
        return self._event(instance, line.state, "keepalivedFifo", at)

    def take_trap(self, trap: StateTrap, at: float) -> list[RoleChange]:
        """Take a trap of keepalived. With a FIFO it only adds to what the FIFO told: it comes later."""
        self.router_id = trap.router_id or self.router_id
        if trap.group:
            return []
        instance = self._named(trap.name, at)
        instance.initial = trap.initial if trap.initial is not None else instance.initial
        instance.router_id = trap.router_id
        if self.writer or ROLES[trap.state] is None:
            return []
        return self._event(instance, trap.state, "keepalivedTraps", at)

    def take_writer(self, present: bool, at: float) -> list[RoleChange]:  # noqa: FBT001  it is what the FIFO tells
        """Take whether somebody has the FIFO open for writing."""
        if present is not self.writer:
            if present and self._is_stopped(at):
                self._forget_events()
            self.writer, self._writer_changed_at = present, at
            self._had_writer |= present
        return self.settle(at)

    def take_reading(self, reading: MibReading) -> list[RoleChange]:
        """Take KEEPALIVED-MIB: instances that are not in it any more are gone."""
        self.trouble = self._missing_since = None
        self.router_id = reading.router_id or self.router_id
        rows = {row.name: row for row in reading.instances}
        for name in [name for name, known in self.known.items() if name not in rows and known.since < reading.began]:
            del self.known[name]
        for name, row in rows.items():
            instance = self._named(name, reading.ended)
            instance.mib, instance.mib_began, instance.mib_at = row, reading.began, reading.ended
            instance.initial, instance.router_id = row.initial, reading.router_id
            instance.priority = row.effective_priority
            instance.addresses = tuple(address.ip for address in row.addresses)
            if instance.event is not None and reading.began > instance.event_at:
                says = ROLES[row.state]
                agrees = says is None or says is ROLES[instance.event[0]]
                instance.contradicted = 0 if agrees else instance.contradicted + 1
        self._look_at_addresses(reading.ended)
        return self.settle(reading.ended)

    def take_trouble(self, trouble: Trouble, at: float) -> list[RoleChange]:
        """Take that KEEPALIVED-MIB could not be read.

        snmpd drops a frozen keepalived after some seconds, so that its MIB is not there any more: it is frozen still,
        until it says something.
        """
        if trouble is Trouble.not_there and self.trouble is Trouble.frozen:
            return self.settle(at)
        self.trouble = trouble
        if trouble is not Trouble.not_there:
            self._missing_since = None
        elif self._missing_since is None:
            self._missing_since = at
        return self.settle(at)

    def take_kernel(self, kernel: Kernel, at: float) -> list[RoleChange]:
        """Take who holds which address."""
        self.kernel = kernel
        self._look_at_addresses(at)
        return self.settle(at)

    def settle(self, now: float) -> list[RoleChange]:
        """Look again at all of them: also when only time has passed."""
        return [change for instance in list(self.known.values()) for change in self._believe(instance, now)]

    def deadline(self, now: float) -> float | None:
        """Give the next moment at which something may be different without news."""
        moments = [instance.settled_at() for instance in self.known.values()]
        moments.append(self._writer_changed_at + START)
        if self._missing_since is not None:
            moments.append(self._missing_since + RECONNECT)
        return min((moment for moment in moments if moment > now), default=None)

    def interfaces(self) -> frozenset[str] | None:
        """Give the interfaces that VRRP runs on; None where KEEPALIVED-MIB has not told them."""
        return frozenset(known.mib.interface for known in self.known.values() if known.mib) or None

    def _named(self, name: str, at: float) -> Instance:
        if name not in self.known:
            self.known[name] = Instance(name, since=at, held_since=at, agree_from=at, router_id=self.router_id)
        return self.known[name]

    def _event(self, instance: Instance, state: VrrpState, source: str, at: float) -> list[RoleChange]:
        instance.event, instance.event_at, instance.contradicted = (state, source), at, 0
        return self._believe(instance, at)

    def _forget_events(self) -> None:
        """Forget what a keepalived told that runs no more."""
        for instance in self.known.values():
            instance.event = instance.remembered = None

    def _look_at_addresses(self, at: float) -> None:
        here = self.kernel.addresses if self.kernel else {}
        for instance in self.known.values():
            held = tuple(ip for ip in instance.addresses if ip in here)
            if held != instance.held:
                instance.held, instance.held_since = held, at

    def _believe(self, instance: Instance, now: float) -> list[RoleChange]:
        belief = self._belief(instance, now)
        before = instance.role
        instance.source, instance.contradiction = belief.source, belief.contradiction
        if belief.role is before:
            return []
        instance.role, instance.since = belief.role, now
        dead = belief.role is Role.stopped and self._is_stopped(now)
        instance.agree_from = now - SETTLE if dead else now  # a dead keepalived moves no address any more
        instance.transitions += before is not Role.unknown and belief.role is not Role.unknown
        return [RoleChange(instance.name, before, belief.role, now)]

    def _belief(self, instance: Instance, now: float) -> Belief:
        """Apply the rule of this module."""
        if self._is_stopped(now):
            return Belief(Role.stopped, "keepalivedFifo" if self._had_writer else "keepalivedMib")
        if self.trouble is Trouble.frozen:
            return Belief(Role.unknown, "keepalivedMib", "KEEPALIVED-MIB does not answer though snmpd does")
        mib = self._mib_role(instance)
        if instance.event is not None:
            return _weigh(*instance.event, mib, instance.contradicted)
        if mib is not None:
            return Belief(mib, "keepalivedMib")
        if instance.role is Role.stopped and now < self._writer_changed_at + START:
            return Belief(Role.stopped, instance.source)
        return Belief(self._from_memory(instance))

    def _mib_role(self, instance: Instance) -> Role | None:
        """Give what KEEPALIVED-MIB last said of this run of keepalived.

        That stands while the MIB is missing, as after a restart of snmpd: of a change, events would have told.
        """
        if instance.mib is None or instance.mib_began < self._writer_changed_at:
            return None
        return ROLES[instance.mib.state]

    def _is_stopped(self, now: float) -> bool:
        if self._had_writer:
            read_since = any(known.mib_began > self._writer_changed_at for known in self.known.values())
            return self.writer is False and (self.trouble is Trouble.not_there or not read_since)
        return self._missing_since is not None and now >= self._missing_since + RECONNECT

    def _from_memory(self, instance: Instance) -> Role:
        """Give the role of the last start, unless the kernel speaks against it."""
        role = instance.remembered
        if role is Role.master and instance.holds is Held.all:
            return role
        if role is Role.backup and instance.holds is Held.none:
            return role
        return Role.unknown


def _weigh(state: VrrpState, source: str, mib: Role | None, contradicted: int) -> Belief:
    """Believe an event, or the MIB that contradicted it so many times."""
    told = ROLES[state] or Role.unknown
    if contradicted == 0 or mib is None:
        return Belief(told, source)
    words = f"{source} said {told.name}, KEEPALIVED-MIB says {mib.name}"
    if contradicted < CONTRADICTIONS:
        return Belief(told, source, f"{words}; the event is believed for now")
    return Belief(mib, "keepalivedMib", f"{words}, again; the MIB is believed: was an event lost?")
