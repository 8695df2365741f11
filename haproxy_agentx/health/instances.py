"""VRRP instances as this node knows them, from sources that may contradict each other. Pure.

Whose word counts for a role: ``belief``. Who holds an address is never asked of keepalived: the kernel knows. All times
are monotonic seconds.
"""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from haproxy_agentx.health.belief import Keepalived, believe
from haproxy_agentx.health.instance import ROLES, SETTLE, Instance, InstanceStanding, Remembered, RoleChange
from haproxy_agentx.health.model import Role
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vrrp.model import FifoEvent, FifoLine, Kernel, MibFailure, MibReading, StateTrap, VrrpState
from haproxy_agentx.vrrp.routers import matched
from haproxy_agentx.vrrp.trust import PROVEN, Community, May, Sender, Speaker, TrapEvidence, decide

_UNHEARD = (
    "keepalived has not reported the role yet: KEEPALIVED-MIB would (keepalived.snmp, and keepalived's option -x)"
)
_NAMELESS = (
    "keepalived was seen here, and no VRRP instance of it is known: KEEPALIVED-MIB would name them (keepalived.snmp)"
)

MAX_INSTANCES = 256
"""Instances that the FIFO and traps may make known: VRRP has 255 virtual routers on a network. The configuration and
KEEPALIVED-MIB have bounds of their own."""

MAX_PROPOSED = 16
"""Instances among them that are unconfirmed."""

PROPOSED_CHANGES, PROPOSED_PER = 2, 60.0
"""Changes of role of unconfirmed instances in so many seconds: too few to use up the limit of any service."""


@dataclass(slots=True)
class LeftOut:
    """What was left out because there was no room: how many, and when the last one came; None before the first."""

    number: int = 0
    at: float | None = None

    def add(self, at: float) -> None:
        """Count one more."""
        self.number, self.at = self.number + 1, at


@dataclass(slots=True)
class Instances:
    """All instances of this node, by name. Each method takes what a source reports and gives the roles that changed."""

    known: dict[str, Instance] = field(default_factory=dict)
    kernel: Kernel | None = None
    shown: bool = False
    """Whether anything ever showed a keepalived on this node, in this run or an earlier one."""
    keepalived: Keepalived = field(default_factory=Keepalived)
    router_id: str = ""
    configured: frozenset[str] = frozenset()
    """Instances that the configuration names."""
    traps_left_out: LeftOut = field(default_factory=LeftOut)
    """Traps whose instance or change of role found no room."""
    lines_left_out: LeftOut = field(default_factory=LeftOut)
    """Lines of the FIFO whose instance found no room."""
    _mib_spoke: bool = False
    _trap_spoke: bool = False
    """Whether a proven trap has made an instance known."""
    _unconfirmed: dict[str, Remembered] = field(default_factory=dict)
    _proposed_changes: deque[float] = field(default_factory=lambda: deque(maxlen=PROPOSED_CHANGES))

    def recall(self, remembered: Mapping[str, Remembered], now: float) -> None:
        """Begin with what was known at the last end."""
        self.shown |= bool(remembered)
        for name, memory in remembered.items():
            if not memory.confirmed:
                self._unconfirmed[name] = memory
                continue
            self._remember(self._new(name, now, InstanceStanding.recalled), memory)

    def admits(self, line: FifoLine, at: float) -> bool:
        """Whether there is room for the instance that a line of the FIFO names; counts the line where there is none.

        An instance that is known worse makes room. What the configuration names needs none.
        """
        needs_room = not (line.group or line.state is VrrpState.deleted or line.name in {*self.known, *self.configured})
        if needs_room and not self._has_room(InstanceStanding.confirmed):
            self.lines_left_out.add(at)
            return False
        return True

    def take_line(self, line: FifoLine, at: float) -> list[RoleChange]:
        """Record a line of the FIFO that was admitted."""
        self.shown = True
        if line.group:
            return []
        if line.state is VrrpState.deleted:
            self.known.pop(line.name, None)
            return []
        self.keepalived.take_life()
        instance = self._named(line.name, at)
        if line.priority:
            instance.priority = line.priority
        if line.event is FifoEvent.lower_priority_seen:
            instance.dispute(at)
        if line.state is None or ROLES[line.state] is None:
            return []
        return self._event(instance, line.state, SourceKind.keepalivedFifo, at)

    def speaker(self) -> Speaker:
        """Return the best source beside traps that speaks of VRRP."""
        if self._mib_spoke:
            return Speaker.mib
        if self.keepalived.writer or self.keepalived.in_use:
            return Speaker.fifo
        return Speaker.configuration if self.configured else Speaker.none

    def may(self, evidence: TrapEvidence, name: str) -> May:
        """Return what a trap with this evidence about an instance may do now."""
        known = self.known.get(name)
        named = name in self.configured or (known is not None and known.standing is not InstanceStanding.proposed)
        speaker = self.speaker()
        if speaker is Speaker.configuration:
            named = name in self.configured
        return decide(evidence, speaker, named=named)

    def take_trap(self, trap: StateTrap, at: float, evidence: TrapEvidence = PROVEN) -> list[RoleChange]:
        """Record a trap of keepalived, as far as it may do something (vrrp/trust.py)."""
        if self.keepalived.runs_without_fifo(at) and _shows_it_runs(trap, evidence):
            self._leave_fifo()
        may = self.may(evidence, trap.name)
        self.shown |= bool(may & (May.match | May.create))
        if May.detail in may:
            self.router_id = trap.router_id or self.router_id
        if trap.group:
            return []
        instance = self._of_trap(trap.name, may, at)
        if instance is None:
            return []
        if May.detail in may:
            instance.initial = trap.initial if trap.initial is not None else instance.initial
            instance.router_id = trap.router_id or instance.router_id
        role = ROLES[trap.state]
        if May.role not in may or role is None:
            return []
        if trap.state is VrrpState.deleted:
            self.known.pop(trap.name, None)
            return []
        if instance.standing is InstanceStanding.proposed and role is not instance.role:
            if len(self._proposed_changes) == PROPOSED_CHANGES and at < self._proposed_changes[0] + PROPOSED_PER:
                self.traps_left_out.add(at)
                return []
            self._proposed_changes.append(at)
        return self._event(instance, trap.state, SourceKind.keepalivedTraps, at)

    def take_writer(self, present: bool, at: float) -> list[RoleChange]:  # noqa: FBT001  it is what the FIFO shows
        """Record whether somebody has the FIFO open for writing."""
        if self.keepalived.take_writer(present, at):
            self._forget_events()
        if present:
            self.shown = True
            self._drop_proposed()
        return self.settle(at)

    def take_reading(self, reading: MibReading) -> list[RoleChange]:
        """Record KEEPALIVED-MIB: instances that are not in it any more are gone."""
        self.keepalived.take_reading(reading.began, has_instances=bool(reading.instances))
        self._mib_spoke = self.shown = True
        self._drop_proposed()
        if self.keepalived.runs_without_fifo(reading.began):
            self._leave_fifo()
        self.router_id = reading.router_id or self.router_id
        rows = {row.name: row for row in reading.instances}
        found = matched(reading.instances, reading.routers, self.kernel.links if self.kernel else {})
        for name in [name for name, known in self.known.items() if name not in rows and known.since < reading.began]:
            del self.known[name]
        for name, row in rows.items():
            instance = self._named(name, reading.ended)
            instance.mib, instance.mib_began, instance.mib_at = row, reading.began, reading.ended
            instance.router = found.get(name)
            instance.router_id = reading.router_id or instance.router_id
            instance.initial = instance.initial if row.initial is None else row.initial
            instance.priority = instance.priority if row.effective_priority is None else row.effective_priority
            # a reload of a broken configuration leaves a MASTER without addresses: no better than one without some
            instance.is_bare = bool(instance.addresses) and not row.addresses
            instance.addresses = tuple(address.place for address in row.addresses) or instance.addresses
            if instance.event is not None and instance.event[1] == SourceKind.keepalivedTraps:
                instance.event = None  # the MIB speaks: traps only confirm
            if instance.event is not None and reading.began > instance.event_at:
                says = ROLES[row.state]
                agrees = says is None or says is ROLES[instance.event[0]]
                instance.contradicted = 0 if agrees else instance.contradicted + 1
        self._look_at_addresses(reading.ended)
        changes = self.settle(reading.ended)
        for instance in self.known.values():
            instance.learn_intention(reading.ended)
        return changes

    def take_mib_failure(self, failure: MibFailure, at: float) -> list[RoleChange]:
        """Record that KEEPALIVED-MIB could not be read.

        snmpd drops a frozen keepalived after some seconds, so that its MIB is not there any more: it is frozen still,
        until it says something.
        """
        self.shown |= failure in (MibFailure.frozen, MibFailure.no_vrrp)
        self.keepalived.take_mib_failure(failure, at)
        return self.settle(at)

    def lose_kernel(self, at: float) -> None:
        """Record that the kernel can not be asked."""
        self.kernel = None
        self._look_at_addresses(at)

    def take_refused(self, refused: Collection[str]) -> None:
        """Record from which addresses the kernel lets no packet leave."""
        for instance in self.known.values():
            instance.is_refused = any(place.ip in refused for place in instance.held)

    def mastered(self) -> frozenset[str]:
        """Return the addresses that this node has as MASTER."""
        masters = (known for known in self.known.values() if known.role is Role.master)
        return frozenset(place.ip for known in masters for place in known.held)

    def take_kernel(self, kernel: Kernel, at: float) -> list[RoleChange]:
        """Record who holds which address."""
        self.kernel = kernel
        self._look_at_addresses(at)
        return self.settle(at)

    def settle(self, now: float) -> list[RoleChange]:
        """Look again at all of them: also when only time has passed."""
        for name in [name for name, known in self.known.items() if known.expires_at <= now]:
            del self.known[name]
        return [change for instance in list(self.known.values()) for change in self._believe(instance, now)]

    def deadline(self, now: float) -> float | None:
        """Return the next moment at which something may be different without news."""
        moments = [instance.settled_at() for instance in self.known.values()]
        moments += self.keepalived.deadlines()
        moments += [known.expires_at for known in self.known.values() if known.standing is InstanceStanding.proposed]
        moments += [known.dispute_ends_at for known in self.known.values() if known.is_disputed(now)]
        return min((moment for moment in moments if moment > now), default=None)

    def interfaces(self) -> frozenset[str] | None:
        """Return the interfaces that VRRP uses, also those that it tracks; None without KEEPALIVED-MIB."""
        return frozenset(name for known in self.known.values() if known.mib for name in known.mib.interfaces) or None

    def addresses(self) -> frozenset[str]:
        """Return the addresses of all instances, also those that are not advertised; empty where none is known."""
        return frozenset(place.ip for known in self.known.values() for place in known.addresses)

    @property
    def has_mib(self) -> bool:
        """Whether KEEPALIVED-MIB was read in this run."""
        return self._mib_spoke

    def _named(self, name: str, at: float) -> Instance:
        """Return the instance that a source other than an unproven trap names."""
        instance = self.known.get(name) or self._new(name, at, InstanceStanding.confirmed)
        instance.standing = InstanceStanding.confirmed
        if (memory := self._unconfirmed.pop(name, None)) is not None:
            self._remember(instance, memory)
        return instance

    def _new(self, name: str, at: float, standing: InstanceStanding) -> Instance:
        made = Instance(name, since=at, held_since=at, agree_from=at, router_id=self.router_id, standing=standing)
        self.known[name] = made
        return made

    def _of_trap(self, name: str, may: May, at: float) -> Instance | None:
        """Return the instance that a trap names; None where it is not known and the trap may not make it known."""
        known = self.known.get(name)
        if May.create in may:
            self._trap_spoke = True
            self._drop_proposed(but=name)
            if known is None and not self._has_room(InstanceStanding.confirmed):
                self.traps_left_out.add(at)
                return None
            return self._named(name, at)
        if May.propose in may and (known is None or known.standing is InstanceStanding.proposed):
            if self._trap_spoke:
                return None  # one that is believed has come: what only proposes has nothing to say
            if known is None and not self._has_room(InstanceStanding.proposed):
                self.traps_left_out.add(at)
                return None
            known = known or self._new(name, at, InstanceStanding.proposed)
            known.proposed_at = at
        return known

    def _has_room(self, standing: InstanceStanding) -> bool:
        """Whether there is room for one more; the worst known that is worse than it makes room.

        Of the confirmed ones, worse is one that keepalived has not named since it was started or reloaded.
        """
        if standing is InstanceStanding.proposed:
            return len(self.proposed) < MAX_PROPOSED and len(self.known) < MAX_INSTANCES
        if len(self.known) >= MAX_INSTANCES:
            others = (known for name, known in self.known.items() if name not in self.configured)
            worst = max(others, key=_rank, default=None)
            if worst is not None and _rank(worst) > (standing, False):
                del self.known[worst.name]
        return len(self.known) < MAX_INSTANCES

    @property
    def proposed(self) -> frozenset[str]:
        """The names of the instances that only unproven traps name."""
        return frozenset(name for name, known in self.known.items() if known.standing is InstanceStanding.proposed)

    def _drop_proposed(self, but: str = "") -> None:
        """Forget what only unproven traps name: better evidence has come."""
        for name in self.proposed - {but}:
            del self.known[name]

    def _remember(self, instance: Instance, memory: Remembered) -> None:
        instance.addresses, instance.initial = memory.addresses, memory.initial
        instance.router_id, instance.remembered = memory.router_id, memory.role
        self.keepalived.in_use |= memory.by_fifo

    def _event(self, instance: Instance, state: VrrpState, source: SourceKind, at: float) -> list[RoleChange]:
        instance.event, instance.event_at, instance.contradicted = (state, source), at, 0
        return self._believe(instance, at)

    def _leave_fifo(self) -> None:
        """Record that keepalived does not use the FIFO any more: it runs, and no process has it open."""
        if self.keepalived.in_use:
            self.keepalived.in_use = False
            for instance in self.known.values():
                if instance.event is not None and instance.event[1] == SourceKind.keepalivedFifo:
                    instance.event = None

    def _forget_events(self) -> None:
        """Forget what a keepalived reported that runs no more."""
        for instance in self.known.values():
            instance.event = instance.remembered = None

    def _look_at_addresses(self, at: float) -> None:
        for instance in self.known.values():
            instance.look(self.kernel, at)

    def _believe(self, instance: Instance, now: float) -> list[RoleChange]:
        belief = believe(instance, self.keepalived, now)
        before = instance.role
        instance.source, instance.contradiction = belief.source, belief.contradiction
        if belief.role is before:
            return []
        instance.role, instance.since = belief.role, now
        dead = belief.role is Role.stopped and self.keepalived.is_stopped(now)
        instance.agree_from = now - SETTLE if dead else now  # a dead keepalived moves no address any more
        instance.transitions += before is not Role.unknown and belief.role is not Role.unknown
        return [RoleChange(instance.name, before, belief.role, now, belief.source)]

    def missing(self, instance: Instance | None) -> str:
        """Return which evidence of a role is missing, and who would supply it."""
        if instance is not None:
            return instance.contradiction or _UNHEARD
        return _NAMELESS if self.shown else ""


def _rank(known: Instance) -> tuple[InstanceStanding, bool]:
    """Return how well an instance is known: less is better."""
    return known.standing, known.event is None and known.mib is None


def _shows_it_runs(trap: StateTrap, evidence: TrapEvidence) -> bool:
    """Whether a trap proves that keepalived runs now."""
    is_proven = evidence.sender is Sender.proven and evidence.community is not Community.wrong
    return is_proven and ROLES[trap.state] not in (None, Role.stopped)
