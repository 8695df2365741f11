"""haxEventTable: the log of events, in which a manager reads what it has missed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from haproxy_agentx.health.correlation import TrapSeen
from haproxy_agentx.health.dated import seconds
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Cause, Health, Reason, Role, reason_text
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.notification_objects import OBJECTS_OF
from haproxy_agentx.objects.syntax import FLAG, GAUGE32, ROW_POINTER, TIMESTAMP, UNSIGNED32
from haproxy_agentx.vocabulary.event import Kind

NUMBER = replace(UNSIGNED32, name="Unsigned32 (1..2147483647)")
"""The number of an event."""

REFERENCE = replace(UNSIGNED32, name="Unsigned32 (0..2147483647)")
"""The number of an event or of a row, 0 for none."""

EVENT_INDEX = Column(1, "haxEventIndex", NUMBER, "The number of the event.", access="not-accessible")


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event; ``said`` is its draft, complete for its kind, and ``now`` gives monotonic seconds."""

    event: Event
    said: EventDraft
    now: Callable[[], float]

    @property
    def reason_text(self) -> str | None:
        """The names of its reasons."""
        return None if self.said.reasons is None else reason_text(self.said.reasons)

    @property
    def age(self) -> int | None:
        """Seconds since it happened, None where that is not known."""
        return None if self.event.moment is None else seconds(self.event.moment, self.now())


EVENT_TABLE: Table[RowColumn[EventRow]] = Table(
    11,
    "haxEventTable",
    "haxEventEntry",
    (EVENT_INDEX,),
    (
        column(
            2,
            "haxEventSequence",
            NUMBER,
            lambda row: row.event.sequence,
            "The number of the event, the same as its index, for managers that read values only. The numbers of the "
            "events of a node have no gaps: a missing notification was lost on its way. After a start that could not "
            "rely on the store (haxAgentStoreState, a crash of the machine) they continue from a higher number.",
        ),
        column(
            3,
            "haxEventTime",
            tc.DATE_AND_TIME,
            lambda row: row.said.at,
            "The date and time at which the event occurred, by the host's clock, however much later it was sent.",
        ),
        column(4, "haxEventKind", htc.EVENT_KIND, lambda row: row.said.kind, "The kind of the event."),
        column(
            5,
            "haxEventSubject",
            tc.MESSAGE,
            lambda row: row.said.subject,
            "The subject of the event: the name of a service or a source, PROCESS/BACKEND or PROCESS/BACKEND/SERVER; "
            "(several) for the sum of changes that were not reported one by one.",
        ),
        column(
            6, "haxEventHealth", htc.HEALTH, lambda row: row.said.health, "The health of the service after the event."
        ),
        column(
            7,
            "haxEventPreviousHealth",
            htc.HEALTH,
            lambda row: row.said.previous_health,
            "The health of the service as last reported before; unknown(8) when none was.",
        ),
        column(8, "haxEventRole", htc.ROLE, lambda row: row.said.role, "The VRRP role of this node after the event."),
        column(
            9,
            "haxEventPreviousRole",
            htc.ROLE,
            lambda row: row.said.previous_role,
            "The VRRP role as last reported before; unknown(6) when none was.",
        ),
        column(
            10,
            "haxEventServedAsIntended",
            FLAG,
            lambda row: row.said.served_as_intended,
            "The value of haxServiceServedAsIntended at the event.",
        ),
        column(
            11,
            "haxEventReasons",
            htc.REASONS,
            lambda row: row.said.reasons,
            "The value of haxServiceReasons at the event.",
        ),
        column(12, "haxEventCause", htc.CAUSE, lambda row: row.said.cause, "The cause of the event."),
        column(
            13,
            "haxEventCauseText",
            tc.MESSAGE,
            lambda row: row.said.cause_text,
            "A description of the cause, which names the objects concerned.",
        ),
        column(
            14,
            "haxEventSuppressed",
            GAUGE32,
            lambda row: row.said.suppressed,
            "The number of changes before this one that were not reported one by one, because there were too many: of "
            "the same service, or of the same kind where the subject is (several).",
            "events",
        ),
        column(
            15,
            "haxEventMaybeRepeated",
            FLAG,
            lambda row: row.event.maybe_repeated,
            "true(1) when the notification is a possible duplicate: it was passed to the master agent before and not "
            "acknowledged, or it was passed while the store could not keep it, so that a restart of the subagent may "
            "send it again.",
        ),
        column(
            16,
            "haxEventKeepalivedTrap",
            htc.TRAP_SEEN,
            lambda row: row.said.keepalived_trap,
            "Whether keepalived's own vrrpInstanceStateChange was seen. Not instantiated where none is due.",
        ),
        column(
            17,
            "haxEventKeepalivedUpTime",
            TIMESTAMP,
            lambda row: row.said.keepalived_up_time,
            "The sysUpTime in that vrrpInstanceStateChange. Not instantiated when it was not seen.",
        ),
        column(
            18,
            "haxEventState",
            tc.MESSAGE,
            lambda row: row.said.state,
            "The state of a source, or the status of a backend or server, after the event; removed when it no longer "
            "exists or is no longer reported. Not instantiated for a service.",
        ),
        column(
            19,
            "haxEventPreviousState",
            tc.MESSAGE,
            lambda row: row.said.previous_state,
            "The state or status as last reported before, an empty string when none was. Not instantiated for a "
            "service.",
        ),
        column(
            20,
            "haxEventSubjectRow",
            ROW_POINTER,
            lambda row: row.said.subject_row,
            "The row of the subject in its table at the event. Not instantiated when it had none.",
        ),
        column(
            21,
            "haxEventDelivery",
            htc.DELIVERY,
            lambda row: row.event.delivery,
            "The state of delivery of the notification.",
        ),
        column(
            22,
            "haxEventAcknowledgedTime",
            tc.DATE_AND_TIME,
            lambda row: row.event.acknowledged_at,
            "The date and time at which the master agent acknowledged the notification, by the host's clock. Not "
            "instantiated before.",
        ),
        column(
            23,
            "haxEventSeverity",
            htc.SEVERITY,
            lambda row: row.said.severity,
            "The severity of what the event reports.",
        ),
        column(
            24,
            "haxEventClears",
            REFERENCE,
            lambda row: row.said.clears,
            "The haxEventSequence of the earlier event whose problem ends with this event. The problem has ended where "
            "haxEventSeverity of this event is cleared(1); else it has become another one, which this event reports. "
            "An event is named so by one later event of the same subject at most; the two may be of different runs of "
            "the subagent. 0 when no problem ends.",
        ),
        column(
            25,
            "haxEventSubjectIndex",
            REFERENCE,
            lambda row: row.said.subject_index,
            "The index of the subject in its own table: haxServiceIndex, haxSourceIndex, haxBackendIndex or "
            "haxServerIndex. It belongs to the name of the subject, also after the subject was removed. An index of a "
            "backend is unique within its process, and that of a server within its backend: haxEventSubjectRow has all "
            "indexes. 0 when the subject has no index, as (several) has none.",
        ),
        column(
            26,
            "haxEventReasonMask",
            UNSIGNED32,
            lambda row: row.said.reasons,
            "The reasons of haxEventReasons as a number: the sum of 2^n for each named bit n that is set.",
        ),
        column(
            27,
            "haxEventReasonText",
            tc.MESSAGE,
            lambda row: row.reason_text,
            "The names of the bits that are set in haxEventReasons, in their order, separated by a comma and a space. "
            "'...' stands for names for which there is not enough space. Empty when there is no reason.",
        ),
        column(
            28,
            "haxEventAge",
            GAUGE32,
            lambda row: row.age,
            "The time since haxEventTime. It does not depend on the host's clock while the subagent runs. It is not in "
            "the notification.",
            "seconds",
        ),
        column(
            29,
            "haxEventReminder",
            FLAG,
            lambda row: row.said.reminder,
            "true(1) when the event reports no change: the problem that the last event of the subject reported lasts "
            "('notifications: remind' of the configuration). The states of a reminder are both the current one, and it "
            "clears no event.",
        ),
        column(
            30,
            "haxEventPairKey",
            tc.MESSAGE,
            lambda row: row.said.pair_key,
            "The name of the service and its virtual router identifier, NAME/VRID, NAME/- where that is not known: the "
            "same in the events of all nodes about one pair. Not instantiated for other events.",
        ),
        column(
            31,
            "haxEventNode",
            tc.MESSAGE,
            lambda row: row.said.node,
            "The name of the host of this node, which distinguishes the events of several nodes about one pair. Not "
            "instantiated for other events.",
        ),
    ),
    "The most recent events, including those whose notification was lost or is still queued. They are kept on disk: "
    "numbering continues after any restart, and restarts when haxAgentIndexDiscontinuityTime changes. A number is used "
    "once; after a crash, numbers that may have been assigned to events that are not on disk are skipped. A manager "
    "that misses numbers should read them here; the objects of a notification are those of its row. An object that "
    "does not apply to an event is not instantiated.",
    "One event, oldest first.",
)

COLUMNS = {column.name: column for column in EVENT_TABLE.columns}


def _column_of(name: str) -> str:
    """Return the name of the column that a field of a draft has, which is declared."""
    column = f"haxEvent{''.join(part.capitalize() for part in name.split('_'))}"
    return COLUMNS[column].name


FIELDS = {one.name: _column_of(one.name) for one in fields(EventDraft) if one.name not in ("at", "kind", "keepalived")}
"""The columns of the fields of a draft. That each has one is proven when this module is imported."""

_UNKNOWN = EventDraft(
    0.0,
    Kind.test,
    subject="",
    health=Health.unknown,
    previous_health=Health.unknown,
    role=Role.unknown,
    previous_role=Role.unknown,
    served_as_intended=True,
    reasons=Reason(0),
    cause=Cause.unknown,
    cause_text="",
    suppressed=0,
    keepalived_trap=TrapSeen.notObserved,
    state="",
    previous_state="",
    severity=Severity.indeterminate,
    clears=0,
    subject_index=0,
    reminder=False,
    pair_key="",
    node="",
)
"""What an object of a notification says when its event has nothing to say: each has to be in it (RFC 2578 8.1)."""

_DUE: Mapping[Kind, Mapping[str, Any]] = {
    kind: {name: getattr(_UNKNOWN, name) for name, column in FIELDS.items() if column in objects}
    for kind, objects in OBJECTS_OF.items()
}
"""For each kind, what the fields of its notification are when they are not known."""


def complete(draft: EventDraft) -> EventDraft:
    """Return a draft in which each object that a notification of its kind has is known."""
    missing = {name: value for name, value in _DUE[draft.kind].items() if getattr(draft, name) is None}
    return replace(draft, **missing) if missing else draft


class EventRowMaker:
    """Makes the row of an event when it is first asked for: most events never are."""

    __slots__ = ("_event", "_now", "_row")

    def __init__(self, event: Event, now: Callable[[], float]) -> None:
        self._event = event
        self._now = now
        self._row: EventRow | None = None

    def __call__(self) -> EventRow:
        """Return the row."""
        if self._row is None:
            self._row = EventRow(self._event, complete(self._event.draft), self._now)
        return self._row
