"""Changes and facts for tests of causes."""

from haproxy_agentx.health.cause import Change, Fact, FactKind
from haproxy_agentx.health.model import Health, Reason, Role

NOW = 1000.0
SOME = Reason.maintenance
"""A reason that explains nothing."""


def change(before: str, after: str, reasons: Reason = SOME, details: str = "", had: Reason = SOME) -> Change:
    """Make a change of ``role/health`` to another."""
    role_before, health_before = before.split("/")
    role, health = after.split("/")
    return Change(NOW, Role[role_before], Role[role], Health[health_before], Health[health], reasons, details, had)


def ago(seconds: float, kind: str, what: str = "what happened") -> Fact:
    """Make a fact that is so many seconds old."""
    return Fact(NOW - seconds, FactKind[kind], what)
