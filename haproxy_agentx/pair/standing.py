"""What a node is for a service: a table over role, addresses held and readiness. Pure.

The first row that matches decides; an empty cell matches anything. It differs from the table of health in one thing:
it says whether clients come to the node, whatever is wrong with it besides.
"""

from dataclasses import dataclass

from haproxy_agentx.health.model import Held, Readiness, Role
from haproxy_agentx.health.rules import Conditions
from haproxy_agentx.pair.model import PairMember, Standing


@dataclass(frozen=True, slots=True)
class StandingRow(Conditions):
    """A row: where its conditions hold, the node is ``standing``."""

    standing: Standing
    meaning: str


_SERVES = (Role.master, Role.none)
_HERE = (Held.all, Held.some, Held.filtered, Held.disputed)
_VRRP = (Role.master, Role.backup, Role.fault, Role.stopped, Role.unknown)
_OFF = (Role.fault, Role.stopped)

RULES: tuple[StandingRow, ...] = (
    StandingRow((Role.master,), (Held.none,), (), Standing.notServing, "MASTER, and has none of the addresses"),
    StandingRow(_VRRP, (Held.filtered,), (), Standing.notServing, "has the addresses, and their packets are dropped"),
    StandingRow((), _HERE, (Readiness.notReady,), Standing.notServing, "has an address, and HAProxy does not serve"),
    StandingRow((), _HERE, (Readiness.unknown,), Standing.servingUnknown, "has an address; HAProxy is not known"),
    StandingRow((), _HERE, (Readiness.degraded,), Standing.servingReduced, "serves, with reduced capacity"),
    StandingRow((), _HERE, (Readiness.ready,), Standing.serving, "serves"),
    StandingRow(_SERVES, (), (Readiness.notReady,), Standing.notServing, "clients come, and HAProxy does not serve"),
    StandingRow(_SERVES, (Held.unseen,), (), Standing.servingUnknown, "MASTER; its addresses are not known"),
    StandingRow(_SERVES, (), (Readiness.unknown,), Standing.servingUnknown, "clients come; HAProxy is not known"),
    StandingRow(_SERVES, (), (Readiness.degraded,), Standing.servingReduced, "serves, with reduced capacity"),
    StandingRow(_SERVES, (), (), Standing.serving, "serves"),
    StandingRow((), (Held.unseen,), (), Standing.unknown, "whether it has an address is not known"),
    StandingRow((Role.unknown,), (Held.unknown,), (), Standing.unknown, "whether it has an address is not known"),
    StandingRow(_OFF, (), (), Standing.notReady, "VRRP does not let it take over"),
    StandingRow((), (), (Readiness.notReady,), Standing.notReady, "HAProxy would not serve"),
    StandingRow((Role.unknown,), (), (), Standing.readyUnknown, "its role is not known"),
    StandingRow((), (), (Readiness.unknown,), Standing.readyUnknown, "whether HAProxy would serve is not known"),
    StandingRow((), (), (Readiness.degraded,), Standing.readyReduced, "would take over, with reduced capacity"),
    StandingRow((), (), (Readiness.ready,), Standing.ready, "would take over"),
)


def standing(role: Role, held: Held, readiness: Readiness) -> Standing:
    """Return what a node is that was read and has the service."""
    return next(rule.standing for rule in RULES if rule.matches(role, held, readiness))


def standing_of(member: PairMember) -> Standing:
    """Return what a member is."""
    if member.is_absent:
        return Standing.absent
    if not member.is_read:
        return Standing.unread
    if member.sample is None:
        return Standing.unknown  # its agent has just started
    return standing(member.sample.role, member.sample.held, member.sample.readiness)
