"""Changes of role whose report waits until it is known what they are. Pure; times are monotonic seconds.

change                            waits for                                      at most
to FAULT, by FIFO or trap         KEEPALIVED-MIB, read since: a reload that      DELETION_WAIT
                                  removes an instance writes FAULT for it
MASTER to BACKUP, unexplained     whether it stays BACKUP: then another MASTER   the interval of
                                  is heard. A node whose address was taken away  advertisements
                                  is MASTER again within a skew (RFC 9568 6.1)   and LATE
"""

from collections.abc import Iterable

from haproxy_agentx.health.facts import SAME, Fact, FactKind
from haproxy_agentx.health.instance import Instance, RoleChange
from haproxy_agentx.health.model import Role
from haproxy_agentx.vocabulary.source import SourceKind

DELETION_WAIT = 2.5
"""Seconds for KEEPALIVED-MIB, which is asked at once: a reading takes some 20 ms, and a loaded machine takes longer."""

LATE = 0.25
"""Seconds by which keepalived and we may be late."""

MAX_WAIT = 3.0
"""Seconds that are waited for an advertisement, however long the interval is."""

NEAR = 1.0
"""Seconds between the loss of an address and keepalived's reaction to it."""

GONE = (Role.fault, Role.stopped)
"""What an instance is said to be when it is removed."""


def wait_for(change: RoleChange, instance: Instance | None, *, mib_speaks: bool) -> float:
    """Return until when the report of a change waits; a moment that is over where it does not."""
    if change.after is Role.fault and mib_speaks and change.source is not SourceKind.keepalivedMib:
        return change.at + DELETION_WAIT
    if is_leaving(change):
        interval = instance.advertises_each if instance else 1.0
        return change.at + min(interval + LATE, MAX_WAIT)
    return change.at


def is_leaving(change: RoleChange) -> bool:
    """Whether it is one from MASTER to BACKUP."""
    return (change.before, change.after) == (Role.master, Role.backup)


def conclusion(
    change: RoleChange, instance: Instance | None, facts: Iterable[Fact], now: float, *, is_last: bool
) -> Fact | None:
    """Return what is known of one from MASTER to BACKUP when its wait is over; None where nothing is.

    Only an instance that has been BACKUP ever since shows another MASTER: behind FAULT it waits for three intervals.
    ``is_last`` says that no other change of it has come since, at the same moment neither.
    """
    if instance is None:
        return None
    if instance.role is Role.backup and instance.since <= change.at and is_last:
        kept = [fact.what for fact in facts if fact.kind is FactKind.priorityKept and abs(fact.at - change.at) <= SAME]
        stays = "it stays BACKUP, so another node of higher priority is heard as MASTER"
        return Fact(now, FactKind.otherMaster, ", and ".join([*kept[-1:], stays]), change.instance)
    lost = [fact for fact in facts if fact.kind is FactKind.addressLost and abs(fact.at - change.at) <= NEAR]
    if instance.role is not Role.master or not lost:
        return None
    taken = lost[-1].what.partition(" is not on ")
    where = taken[2].partition(" any more")[0]
    words = f"{taken[0]} was removed from {where}, and not by keepalived, which has put it back"
    return Fact(now, FactKind.addressTaken, words, change.instance)
