"""Whose word counts for the role of a VRRP instance, where sources contradict each other. Pure.

The first that applies:

1. the writer of the FIFO is gone and KEEPALIVED-MIB has not been read since (or, where no FIFO is written to,
   KEEPALIVED-MIB has been missing for longer than keepalived takes to come back to a restarted snmpd): keepalived does
   not run, the role is ``stopped``. A FIFO without a writer is out of use once the MIB is read, or a trap reports a
   role: keepalived runs, and its configuration has no such line any more;
2. KEEPALIVED-MIB hangs while snmpd answers: keepalived is frozen, the role is ``unknown``; likewise where keepalived
   answers and its part for VRRP does not, for longer than a process takes to be started again;
3. the last line of the FIFO, unless KEEPALIVED-MIB, asked after it, has contradicted it CONTRADICTIONS times in a row:
   then a line was lost, and the MIB is right; or, where neither the FIFO nor the MIB speaks, the last trap that may set
   a role (vrrp/trust.py);
4. KEEPALIVED-MIB, as it was last read since keepalived's start;
5. for a moment after keepalived has come back: ``stopped``, as before;
6. what was known when this program ended, if the kernel's addresses do not speak against it.

All times are monotonic seconds.
"""

from dataclasses import dataclass

from haproxy_agentx.health.instance import ROLES, Instance
from haproxy_agentx.health.model import Held, Role
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vrrp.model import MibFailure, VrrpState

CONTRADICTIONS = 2
"""Readings of KEEPALIVED-MIB, begun after an event, that must contradict it before they are believed."""

RECONNECT = 20.0
"""Seconds for which KEEPALIVED-MIB may be missing: keepalived looks for a restarted snmpd each 15 s."""

START = 5.0
"""Seconds that keepalived has to report its first state."""

_MISSING = (MibFailure.not_there, MibFailure.no_vrrp)
"""Troubles in which no process answers for VRRP."""


@dataclass(frozen=True, slots=True)
class Belief:
    """A role, the kind of source (haxSourceKind) that it comes from, and who says otherwise."""

    role: Role
    source: SourceKind | None = None
    contradiction: str = ""


@dataclass(slots=True)
class Keepalived:
    """What shows whether keepalived runs and can say something of roles, apart from any instance."""

    writer: bool | None = None
    """Whether a process has the FIFO open for writing; None where there is no FIFO or it is not known yet."""
    in_use: bool = False
    """Whether the FIFO is in use: it was written to, and nothing has shown since that it is out of use."""
    changed_at: float = 0.0
    """When ``writer`` last changed."""
    mib_failure: MibFailure | None = None
    """Why KEEPALIVED-MIB could not be read last; None where it could, or was not asked."""
    missing_since: float | None = None
    read_began: float = 0.0
    """When the last reading of KEEPALIVED-MIB that had an instance began."""

    def take_writer(self, present: bool, at: float) -> bool:  # noqa: FBT001  it is what the FIFO reports
        """Record whether a process has the FIFO open for writing. Return whether a stopped keepalived is back."""
        if present is self.writer:
            return False
        is_back = present and self.is_stopped(at)
        self.writer, self.changed_at = present, at
        self.in_use |= present
        return is_back

    def take_reading(self, began: float, *, has_instances: bool) -> None:
        """Record a reading of KEEPALIVED-MIB."""
        self.mib_failure = self.missing_since = None
        self.read_began = began if has_instances else 0.0

    def take_mib_failure(self, mib_failure: MibFailure, at: float) -> None:
        """Record that KEEPALIVED-MIB could not be read.

        snmpd drops a frozen keepalived after some seconds, so that its MIB is not there any more: it is frozen still,
        until it says something.
        """
        if mib_failure in _MISSING and self.mib_failure is MibFailure.frozen:
            return
        self.mib_failure = mib_failure
        if mib_failure not in _MISSING:
            self.missing_since = None
        elif self.missing_since is None:
            self.missing_since = at

    def take_life(self) -> None:
        """Record that it has written to the FIFO: it is not frozen."""
        if self.mib_failure is MibFailure.frozen:
            self.mib_failure = None

    def runs_without_fifo(self, at: float) -> bool:
        """Whether what shows at ``at`` that keepalived runs, also shows that it does not use the FIFO."""
        return self.writer is False and at > self.changed_at + START

    def is_stopped(self, now: float) -> bool:
        """Whether keepalived does not run."""
        if self.in_use:
            read_since = self.read_began > self.changed_at
            return self.writer is False and (self.mib_failure in _MISSING or not read_since)
        missing = self.missing_since is not None and self.mib_failure is MibFailure.not_there
        return missing and now >= (self.missing_since or now) + RECONNECT

    def silence(self, now: float) -> str | None:
        """Return why keepalived can say nothing of roles though it is there; None where it can.

        Its part for VRRP may be missing while another one answers. A FIFO that a process has open is open by that part.
        """
        if self.mib_failure is MibFailure.frozen:
            return "KEEPALIVED-MIB does not answer though snmpd does"
        lasts = self.missing_since is not None and now >= self.missing_since + START
        if self.mib_failure is MibFailure.no_vrrp and lasts and not (self.in_use and self.writer):
            return "keepalived answers, and its part for VRRP shows no instance"
        return None

    def deadlines(self) -> list[float]:
        """Return the moments at which something may be different without news."""
        since = self.missing_since
        return [self.changed_at + START, *(() if since is None else (since + START, since + RECONNECT))]

    @property
    def gone(self) -> Belief:
        """Return what is known of a keepalived of which no instance is known: that it was there, or is there."""
        stopped = self.in_use and self.writer is False
        return Belief(Role.stopped if stopped else Role.unknown, SourceKind.keepalivedFifo if self.in_use else None)


def believe(instance: Instance, keepalived: Keepalived, now: float) -> Belief:
    """Return the role of an instance: the rule of this module."""
    if keepalived.is_stopped(now):
        return Belief(Role.stopped, SourceKind.keepalivedFifo if keepalived.in_use else SourceKind.keepalivedMib)
    if (why := keepalived.silence(now)) is not None:
        return Belief(Role.unknown, SourceKind.keepalivedMib, why)
    mib = _mib_role(instance, keepalived)
    if instance.event is not None:
        return _weigh(*instance.event, mib, instance.contradicted)
    if mib is not None:
        return Belief(mib, SourceKind.keepalivedMib)
    if instance.role is Role.stopped and now < keepalived.changed_at + START:
        return Belief(Role.stopped, instance.source)
    return Belief(_from_memory(instance))


def _mib_role(instance: Instance, keepalived: Keepalived) -> Role | None:
    """Return what KEEPALIVED-MIB last said of this run of keepalived.

    That stands while the MIB is missing, as after a restart of snmpd: events would have reported a change.
    """
    if instance.mib is None or instance.mib_began < keepalived.changed_at:
        return None
    return ROLES[instance.mib.state]


def _weigh(state: VrrpState, source: SourceKind, mib: Role | None, contradicted: int) -> Belief:
    """Believe an event, or the MIB that contradicted it so many times."""
    reported = ROLES[state] or Role.unknown
    if contradicted == 0 or mib is None:
        return Belief(reported, source)
    words = f"{source.name} said {reported.name}, KEEPALIVED-MIB says {mib.name}"
    if contradicted < CONTRADICTIONS:
        return Belief(reported, source, f"{words}; the event is believed for now")
    return Belief(mib, SourceKind.keepalivedMib, f"{words}, again; the MIB is believed: was an event lost?")


def _from_memory(instance: Instance) -> Role:
    """Return the role of the last start, unless the kernel speaks against it."""
    role = instance.remembered
    if role is Role.master and instance.holds is Held.all:
        return role
    if role is Role.backup and instance.holds is Held.none:
        return role
    return Role.unknown
