"""The kinds of changes of a service, as a table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from haproxy_agentx.health.model import Health, Reason, Role

_NOTHING = Reason(0)


@dataclass(frozen=True, slots=True)
class Change:
    """A service is not what it was. ``reasons`` and ``details`` are those of now.

    ``checks`` are the seconds that keepalived's checks take, ``delay`` those of its preempt_delay and of the
    advertisements that a BACKUP waits for; 0 is not known.
    """

    at: float
    role_before: Role
    role: Role
    health_before: Health
    health: Health
    reasons: Reason = _NOTHING
    details: str = ""
    reasons_before: Reason = _NOTHING
    checks: float = 0.0
    delay: float = 0.0


class Move(Enum):
    """What kind of change it is."""

    unchanged = "nothing"
    becameMaster = "became MASTER"  # noqa: N815
    steppedBack = "MASTER to BACKUP"  # noqa: N815
    becameBackup = "became BACKUP"  # noqa: N815
    failed = "went to FAULT"
    stopped = "stopped"
    roleKnown = "role known again"  # noqa: N815
    roleUnknown = "role not known any more"  # noqa: N815
    unmanaged = "without keepalived"
    foundStopped = "stopped when first seen"  # noqa: N815
    foundFailed = "in FAULT when first seen"  # noqa: N815
    conflict = "same role, conflict"
    worse = "same role, worse"
    better = "same role, better"


_KNOWN = (Role.master, Role.backup)

MOVES: Sequence[tuple[tuple[Role, ...], tuple[Role, ...], Move]] = (
    ((), (Role.unknown,), Move.roleUnknown),
    ((), (Role.none,), Move.unmanaged),
    ((), (Role.stopped,), Move.stopped),
    ((), (Role.fault,), Move.failed),
    ((Role.unknown,), _KNOWN, Move.roleKnown),
    ((), (Role.master,), Move.becameMaster),
    ((Role.master,), (Role.backup,), Move.steppedBack),
    ((), (Role.backup,), Move.becameBackup),
)
"""The move of a role to another, by the roles before (empty: any) and after. The first that matches."""

FOUND: Mapping[Role, tuple[Health, Move]] = {
    Role.stopped: (Health.stopped, Move.foundStopped),
    Role.fault: (Health.fault, Move.foundFailed),
}
"""The move of a role that was there already when its health became known, where health is nothing but the role."""

FINE = (Health.active, Health.standby)
"""Nothing is wrong."""

_UNSAFE = (Health.unknown, Health.blackhole)


def move_of(change: Change) -> Move:
    """Return the move of a change."""
    if change.role is not change.role_before:
        for before, after, move in MOVES:
            if change.role in after and (not before or change.role_before in before):
                return move
    if change.health is change.health_before:
        return Move.unchanged
    if change.health is Health.conflict:
        return Move.conflict
    if change.health_before is Health.unknown and change.role in FOUND:
        health, move = FOUND[change.role]
        if change.health is health:
            return move
    was_unknown = change.health_before is Health.unknown and change.health not in FINE
    is_worse = change.health in _UNSAFE or change.health > change.health_before
    return Move.worse if was_unknown or is_worse else Move.better
