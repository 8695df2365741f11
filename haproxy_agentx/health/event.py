"""An event: what happened, as it is kept, reported and read again. Pure.

An event is a row of haxEventTable, and so a draft has a field for each column whose value is known when it happens: the
name of the field is that of the column, in lower case with underscores. What does not apply is None.
"""

from dataclasses import KW_ONLY, dataclass, field

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.correlation import KeepalivedObjects, TrapSeen
from haproxy_agentx.health.model import Cause, Health, Reason, Role
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.vocabulary.event import Delivery, Kind


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has a number. ``at`` is its date in seconds since 1970."""

    at: float
    kind: Kind
    _: KW_ONLY
    subject: str | None = None
    health: Health | None = None
    previous_health: Health | None = None
    role: Role | None = None
    previous_role: Role | None = None
    served_as_intended: bool | None = None
    reasons: Reason | None = None
    cause: Cause | None = None
    cause_text: str | None = None
    suppressed: int | None = None
    """Changes before it that were not reported one by one."""
    keepalived_trap: TrapSeen | None = None
    keepalived_up_time: int | None = None
    """The sysUpTime in keepalived's own notification, in hundredths of a second."""
    state: str | None = None
    previous_state: str | None = None
    subject_row: Oid | None = None
    severity: Severity | None = None
    clears: int | None = None
    """The number of the event whose problem ends, 0 for none."""
    subject_index: int | None = None
    reminder: bool | None = None
    pair_key: str | None = None
    """NAME/VRID of the pair, the same in the events of all its nodes."""
    node: str | None = None
    """The host that reports a pair."""
    keepalived: KeepalivedObjects | None = None

    @property
    def reports_state(self) -> bool:
        """Whether it reports what its subject has become; a sum of changes does not."""
        return self.health is not None or self.state is not None


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
