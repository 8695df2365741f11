"""What happened, as it is kept, reported and reread. Pure."""
# ruff: noqa: N815  -- members' names are the labels of the MIB

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class EventDraft:
    """An event before it has a number.

    ``at`` is its date in seconds since 1970; ``cells`` are the texts of its columns in haxEventTable by name of the
    column (without those that an Event adds); ``keepalived`` are the texts of KEEPALIVED-MIB's objects that its
    notification repeats, by their name.
    """

    at: float
    kind: Kind
    cells: Mapping[str, str]
    keepalived: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the log. ``sequence`` grows with the events, and no number is used twice, across restarts too."""

    sequence: int
    draft: EventDraft
    delivery: Delivery = Delivery.queued
    tries: int = 0
    """Times that it was given to snmpd."""
    acknowledged_at: float | None = None
    """A date in seconds since 1970."""
    unkept: bool = False
    """Whether it was given to snmpd while it could not be written to disk: a restart may send it again."""
    moment: float | None = field(default=None, compare=False)
    """When it happened, by the monotonic clock of this process."""

    @property
    def maybe_repeated(self) -> bool:
        """Whether its notification may arrive twice: given to snmpd more than once, or while it was not on disk."""
        return self.tries > 1 or self.unkept


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
