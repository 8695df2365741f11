"""The decision table of health: role, addresses and readiness make one state. Pure.

The first row that matches decides; an empty cell matches anything. The rows are ordered so that where two states apply
the worse one wins. The table is total: that is proven when this module is imported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from haproxy_agentx.health.model import Health, Held, Readiness, Role


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a row of a table over role, held and readiness applies to: those named, or any where none is."""

    roles: Sequence[Role]
    held: Sequence[Held]
    readiness: Sequence[Readiness]

    def matches(self, role: Role, held: Held, readiness: Readiness) -> bool:
        """Whether the row applies."""
        return (
            (not self.roles or role in self.roles)
            and (not self.held or held in self.held)
            and (not self.readiness or readiness in self.readiness)
        )


@dataclass(frozen=True, slots=True)
class Rule(Conditions):
    """A row of the table: where its conditions hold, it is ``health``."""

    health: Health
    meaning: str


_SERVING = (Role.master, Role.none)
_HERE = (Held.all, Held.some, Held.filtered)
_NOT_ALL_HERE = (Held.some, Held.none)

RULES: tuple[Rule, ...] = (
    Rule((Role.master,), _NOT_ALL_HERE, (), Health.conflict, "MASTER without all its addresses"),
    Rule((Role.master,), (Held.disputed,), (), Health.conflict, "MASTER, and another MASTER is heard"),
    Rule((Role.backup, Role.fault, Role.stopped), _HERE, (), Health.conflict, "not MASTER, but holds an address"),
    Rule(
        (Role.backup, Role.fault, Role.stopped),
        (Held.unseen,),
        (),
        Health.unknown,
        "whether it holds an address is not known",
    ),
    Rule((Role.fault,), (), (), Health.fault, "VRRP is in FAULT"),
    Rule((Role.stopped,), (), (), Health.stopped, "keepalived does not run the instance"),
    Rule(
        _SERVING,
        (),
        (Readiness.notReady,),
        Health.blackhole,
        "clients come here, but HAProxy does not serve them",
    ),
    Rule((Role.master,), (Held.filtered,), (), Health.blackhole, "clients come here, but their packets are dropped"),
    Rule(_SERVING, (Held.unseen,), (), Health.unknown, "whether it holds its addresses is not known"),
    Rule(_SERVING, (), (Readiness.unknown,), Health.unknown, "whether HAProxy serves is not known"),
    Rule(_SERVING, (), (Readiness.degraded,), Health.activeDegraded, "serves, with reduced capacity"),
    Rule(_SERVING, (), (Readiness.ready,), Health.active, "serves"),
    Rule((Role.backup,), (), (Readiness.notReady,), Health.standbyNotReady, "could not take over"),
    Rule((Role.backup,), (), (Readiness.unknown,), Health.unknown, "whether it could take over is not known"),
    Rule((Role.backup,), (), (Readiness.degraded,), Health.standbyDegraded, "would take over, with reduced capacity"),
    Rule((Role.backup,), (), (Readiness.ready,), Health.standby, "would take over"),
    Rule(
        (Role.unknown,), _HERE, (Readiness.notReady,), Health.blackhole, "holds an address, but HAProxy does not serve"
    ),
    Rule((Role.unknown,), (), (), Health.unknown, "the role is not known"),
)


_DECISIONS = {
    case: next(rule.health for rule in RULES if rule.matches(*case)) for case in product(Role, Held, Readiness)
}


def decide(role: Role, held: Held, readiness: Readiness) -> Health:
    """Return the health. While role and addresses may still be on their way to each other, ``held`` is unknown."""
    return _DECISIONS[role, held, readiness]
