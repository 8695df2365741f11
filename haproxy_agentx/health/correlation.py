"""Which trap of keepalived's belongs to a change of role, and when a change is explained well enough to report. Pure.

A notification of a failover repeats keepalived's vrrpInstanceStateChange, so it waits for that: keepalived sends it
just after the line of its FIFO. It also waits for HAProxy to be read anew, and on the way to MASTER for
vrrpv3NewMaster, which says whether the other node gave way or is silent. None may hold it up for long.

    what is waited for                       at most                     what is said without it
    vrrpInstanceStateChange, with listener   TRAP_WAIT after the change  notSeen
    the same, while snmpd is silent          SILENT_WAIT                 notSeen
    the same, before there was ever a trap   FIRST_WAIT                  notObserved
    a reading of HAProxy begun after it      READ_WAIT after that        what was read last
    vrrpv3NewMaster, with listener           REASON_WAIT after that      what is known without it of the cause

Times are monotonic seconds.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from haproxy_agentx.health.instance import ROLES, Instance, RoleChange
from haproxy_agentx.health.model import Role
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vrrp.model import StateTrap, VrrpState

TRAP_WAIT = 0.5
"""Seconds for keepalived's trap: 67 ms was the longest seen in 260, and a loaded machine takes longer."""

SILENT_WAIT = 15.0
"""Seconds for it while snmpd keeps its connections and answers nothing: a frozen one sends it when it thaws."""

FIRST_WAIT = 0.25
"""Seconds for the first trap there ever was: that none came before may mean that none was sent."""

READ_WAIT = 0.2
"""Seconds for HAProxy to be read anew: a few milliseconds unless it hangs, or the machine has much to do."""

REASON_WAIT = 0.25
"""Seconds for vrrpv3NewMaster: keepalived sends it at once after its trap, if it was built to, and 5 ms is the longest
seen. A loaded machine takes longer."""

EARLY = 1.0
"""Seconds by which a trap may come before the change is known by other means."""

EARLY_FOR_MIB = 8.0
"""The same where KEEPALIVED-MIB has to be read to know of the change: for as long as a reading may take."""

_STATES = {
    Role.backup: VrrpState.backup,
    Role.master: VrrpState.master,
    Role.fault: VrrpState.fault,
    Role.stopped: VrrpState.shutdown,
}
"""The state for a role, where keepalived did not say it itself."""

LIKELY_BEFORE = {Role.master: Role.backup, Role.backup: Role.master}
"""The role before another one, where no source has reported it."""

MAX_TRAPS = 256
"""Traps that wait for their change."""


class TrapSeen(IntEnum):
    """HaxTrapSeen."""

    seen = 1
    notSeen = 2  # noqa: N815  the labels of the MIB
    """keepalived's trap was lost: this notification replaces it."""
    notObserved = 3  # noqa: N815
    """There is no listener, or it has never received anything: not known."""


@dataclass(frozen=True, slots=True)
class KeepalivedObjects:
    """The objects of keepalived's vrrpInstanceStateChange that a notification repeats; an empty text for none."""

    name: str
    state: VrrpState | None
    initial: VrrpState | None = None
    router_id: str = ""


class Traps:
    """keepalived's traps that have not found their change."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[StateTrap, float]] = deque(maxlen=MAX_TRAPS)

    def take(self, trap: StateTrap, at: float) -> None:
        """Keep a trap."""
        if not trap.group:
            self._waiting.append((trap, at))

    def match(self, change: RoleChange) -> tuple[StateTrap, float] | None:
        """Return the trap of a change and when it came; it is used up by that, as are older ones of the instance."""
        for place, (trap, at) in enumerate(self._waiting):
            if trap.name == change.instance and ROLES[trap.state] is change.after and at >= change.at - early(change):
                used = [self._waiting[index] for index in range(place + 1)]
                for item in used:
                    if item[0].name == change.instance:
                        self._waiting.remove(item)
                return trap, at
        return None


def early(change: RoleChange) -> float:
    """Return the seconds by which the trap of a change may have come before the change was known."""
    return EARLY_FOR_MIB if change.source is SourceKind.keepalivedMib else EARLY


@dataclass(slots=True)
class Pending:
    """A change of role that must be reported. ``listening`` says that keepalived's traps come to us."""

    change: RoleChange
    listening: bool
    trap: StateTrap | None = None
    patience: float = TRAP_WAIT
    waits_until: float = 0.0
    """Until when more evidence of what it is may come (monitor/waits.py)."""
    is_known: bool = False
    """Whether that has come, or will not."""
    explained_at: float | None = None
    """When keepalived's trap was there, or was not waited for any longer."""

    @property
    def seen(self) -> TrapSeen:
        """Whether keepalived's trap was there."""
        if self.trap is not None:
            return TrapSeen.seen
        return TrapSeen.notSeen if self.listening else TrapSeen.notObserved

    @property
    def _patient_until(self) -> float:
        return self.change.at + (self.patience if self.listening else FIRST_WAIT)

    def is_ready(self, now: float, traps: Traps, *, read: bool, reason: bool, silent: bool = False) -> bool:
        """Whether it must be reported now.

        ``read`` says that HAProxy was read since; ``reason`` that keepalived gave one, or there is none to give;
        ``silent`` that snmpd keeps our session and has shown no sign of life since the change.
        """
        self.patience = SILENT_WAIT if silent else TRAP_WAIT
        if self.trap is None and (found := traps.match(self.change)) is not None:
            self.trap, came = found
            self.explained_at = max(came, self.change.at)
        if self.explained_at is None:
            # it may have had to wait for others behind which it is told: that time counts
            end = self._patient_until
            if now < end:
                return False
            self.explained_at = end
        hears = self.listening or self.trap is not None
        has_reason = reason or not hears or now >= self.explained_at + REASON_WAIT
        return has_reason and (read or now >= self.explained_at + READ_WAIT)

    def deadline(self, now: float) -> float:
        """Return when ``is_ready`` changes without news."""
        if not self.is_known and now < self.waits_until:
            return self.waits_until
        if self.explained_at is None:
            return self._patient_until
        waits = [self.explained_at + wait for wait in (READ_WAIT, REASON_WAIT)]
        return next((moment for moment in waits if moment > now), max(waits))


def as_keepalived(instance: Instance, role: Role, pending: Pending) -> KeepalivedObjects:
    """Return the objects of vrrpInstanceStateChange, with the values of keepalived's trap where that was seen."""
    trap = pending.trap
    return KeepalivedObjects(
        instance.name,
        trap.state if trap else _STATES.get(role, VrrpState.unknown),
        trap.initial if trap and trap.initial is not None else instance.initial,
        trap.router_id if trap else instance.router_id,
    )
