"""The kinds of events, how far one has come, and what is counted of them. Pure."""
# ruff: noqa: N815  -- members' names are the labels of the MIB

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """HaxNotificationKind; the number is that of the notification, too (haxNotifications.N)."""

    serviceFailover = 1
    serviceHealthChange = 2
    sourceChange = 3
    backendChange = 4
    serverChange = 5
    test = 6
    pairChange = 7
    pairMismatch = 8


class Delivery(IntEnum):
    """HaxDelivery: how far an event has come."""

    queued = 1
    sent = 2
    """Given to snmpd, which has not acknowledged it yet. What is found so after a restart may be sent twice."""
    acknowledged = 3
    refused = 4
    """snmpd would not have it, several times."""
    dropped = 5
    """Too many were waiting: it was not sent, and can be read in the log only."""
    unanswered = 6
    """snmpd was given it several times and answered none of them: it may have been sent, and is not tried again."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the log has counted since it was begun; but ``queued`` is how many wait now, for an answer or at all.

    ``sent`` counts each time that an event was on its way to snmpd; ``lost`` the events that were dropped or refused;
    ``suppressed`` what is not reported (``suppress``). ``last_sequence`` is 0 before the first event.
    """

    sent: int = 0
    acknowledged: int = 0
    queued: int = 0
    suppressed: int = 0
    lost: int = 0
    last_sequence: int = 0
