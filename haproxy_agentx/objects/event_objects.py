"""haxEventTable: the log of events, in which a manager reads what it has missed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from haproxy_agentx.health.dated import seconds
from haproxy_agentx.health.reasons import known_reasons, reason_text
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, Table, encoder
from haproxy_agentx.objects.notification_objects import OBJECTS_OF
from haproxy_agentx.objects.syntax import FLAG, GAUGE32, ROW_POINTER, TIMESTAMP, UNSIGNED32
from haproxy_agentx.vocabulary.event import Event

NUMBER = replace(UNSIGNED32, name="Unsigned32 (1..2147483647)")
"""The number of an event."""

REFERENCE = replace(UNSIGNED32, name="Unsigned32 (0..2147483647)")
"""The number of an event or of a row, 0 for none."""

EVENT_INDEX = Column(1, "haxEventIndex", NUMBER, "The number of the event.", access="not-accessible")

EVENT_TABLE = Table(
    11,
    "haxEventTable",
    "haxEventEntry",
    (EVENT_INDEX,),
    (
        Column(
            2,
            "haxEventSequence",
            NUMBER,
            "The number of the event, the same as its index, for managers that read values only. The numbers of the "
            "events of a node have no gaps: a missing notification was lost on its way. After a start that could not "
            "rely on the store (haxAgentStoreState, a crash of the machine) they continue from a higher number.",
        ),
        Column(
            3,
            "haxEventTime",
            tc.DATE_AND_TIME,
            "The date and time at which the event occurred, by the host's clock, however much later it was sent.",
        ),
        Column(4, "haxEventKind", htc.EVENT_KIND, "The kind of the event."),
        Column(
            5,
            "haxEventSubject",
            tc.MESSAGE,
            "The subject of the event: the name of a service or a source, PROCESS/BACKEND or PROCESS/BACKEND/SERVER; "
            "(several) for the sum of changes that were not reported one by one.",
        ),
        Column(6, "haxEventHealth", htc.HEALTH, "The health of the service after the event."),
        Column(
            7,
            "haxEventPreviousHealth",
            htc.HEALTH,
            "The health of the service as last reported before; unknown(8) when none was.",
        ),
        Column(8, "haxEventRole", htc.ROLE, "The VRRP role of this node after the event."),
        Column(
            9,
            "haxEventPreviousRole",
            htc.ROLE,
            "The VRRP role as last reported before; unknown(6) when none was.",
        ),
        Column(
            10,
            "haxEventServedAsIntended",
            FLAG,
            "The value of haxServiceServedAsIntended at the event.",
        ),
        Column(11, "haxEventReasons", htc.REASONS, "The value of haxServiceReasons at the event."),
        Column(12, "haxEventCause", htc.CAUSE, "The cause of the event."),
        Column(
            13,
            "haxEventCauseText",
            tc.MESSAGE,
            "A description of the cause, which names the objects concerned.",
        ),
        Column(
            14,
            "haxEventSuppressed",
            GAUGE32,
            "The number of changes before this one that were not reported one by one, because there were too many: of "
            "the same service, or of the same kind where the subject is (several).",
            "events",
        ),
        Column(
            15,
            "haxEventMaybeRepeated",
            FLAG,
            "true(1) when the notification is a possible duplicate: it was passed to the master agent before and not "
            "acknowledged, or it was passed while the store could not keep it, so that a restart of the subagent may "
            "send it again.",
        ),
        Column(
            16,
            "haxEventKeepalivedTrap",
            htc.TRAP_SEEN,
            "Whether keepalived's own vrrpInstanceStateChange was seen. Not instantiated where none is due.",
        ),
        Column(
            17,
            "haxEventKeepalivedUpTime",
            TIMESTAMP,
            "The sysUpTime in that vrrpInstanceStateChange. Not instantiated when it was not seen.",
        ),
        Column(
            18,
            "haxEventState",
            tc.MESSAGE,
            "The state of a source, or the status of a backend or server, after the event; removed when it no longer "
            "exists or is no longer reported. Not instantiated for a service.",
        ),
        Column(
            19,
            "haxEventPreviousState",
            tc.MESSAGE,
            "The state or status as last reported before, an empty string when none was. Not instantiated for a "
            "service.",
        ),
        Column(
            20,
            "haxEventSubjectRow",
            ROW_POINTER,
            "The row of the subject in its table at the event. Not instantiated when it had none.",
        ),
        Column(21, "haxEventDelivery", htc.DELIVERY, "The state of delivery of the notification."),
        Column(
            22,
            "haxEventAcknowledgedTime",
            tc.DATE_AND_TIME,
            "The date and time at which the master agent acknowledged the notification, by the host's clock. Not "
            "instantiated before.",
        ),
        Column(23, "haxEventSeverity", htc.SEVERITY, "The severity of what the event reports."),
        Column(
            24,
            "haxEventClears",
            REFERENCE,
            "The haxEventSequence of the earlier event whose problem ends with this event. The problem has ended where "
            "haxEventSeverity of this event is cleared(1); else it has become another one, which this event reports. "
            "An event is named so by one later event of the same subject at most; the two may be of different runs of "
            "the subagent. 0 when no problem ends.",
        ),
        Column(
            25,
            "haxEventSubjectIndex",
            REFERENCE,
            "The index of the subject in its own table: haxServiceIndex, haxSourceIndex, haxBackendIndex or "
            "haxServerIndex. It belongs to the name of the subject, also after the subject was removed. An index of a "
            "backend is unique within its process, and that of a server within its backend: haxEventSubjectRow has all "
            "indexes. 0 when the subject has no index, as (several) has none.",
        ),
        Column(
            26,
            "haxEventReasonMask",
            UNSIGNED32,
            "The reasons of haxEventReasons as a number: the sum of 2^n for each named bit n that is set.",
        ),
        Column(
            27,
            "haxEventReasonText",
            tc.MESSAGE,
            "The names of the bits that are set in haxEventReasons, in their order, separated by a comma and a space. "
            "'...' stands for names for which there is not enough space. Empty when there is no reason.",
        ),
        Column(
            28,
            "haxEventAge",
            GAUGE32,
            "The time since haxEventTime. It does not depend on the host's clock while the subagent runs. It is not in "
            "the notification.",
            "seconds",
        ),
        Column(
            29,
            "haxEventReminder",
            FLAG,
            "true(1) when the event reports no change: the problem that the last event of the subject reported lasts "
            "('notifications: remind' of the configuration). The states of a reminder are both the current one, and it "
            "clears no event.",
        ),
        Column(
            30,
            "haxEventPairKey",
            tc.MESSAGE,
            "The name of the service and its virtual router identifier, NAME/VRID, NAME/- where that is not known: the "
            "same in the events of all nodes about one pair. Not instantiated for other events.",
        ),
        Column(
            31,
            "haxEventNode",
            tc.MESSAGE,
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

_NOTHING_KNOWN = {
    "haxEventSubject": b"",
    "haxEventHealth": b"unknown",
    "haxEventPreviousHealth": b"unknown",
    "haxEventRole": b"unknown",
    "haxEventPreviousRole": b"unknown",
    "haxEventServedAsIntended": b"true",
    "haxEventReasons": b"0",
    "haxEventCause": b"unknown",
    "haxEventCauseText": b"",
    "haxEventSuppressed": b"0",
    "haxEventKeepalivedTrap": b"notObserved",
    "haxEventState": b"",
    "haxEventPreviousState": b"",
    "haxEventSeverity": b"indeterminate",
    "haxEventClears": b"0",
    "haxEventSubjectIndex": b"0",
    "haxEventReminder": b"false",
    "haxEventPairKey": b"",
    "haxEventNode": b"",
}
"""What an object of a notification says when its event has nothing to say: each has to be in it (RFC 2578 8.1)."""

COLUMNS = {column.name: column for column in EVENT_TABLE.columns}

_REASONS, _MASK, _TEXT, _AGE = "haxEventReasons", "haxEventReasonMask", "haxEventReasonText", "haxEventAge"
_GIVEN = COLUMNS.keys() - {_MASK, _TEXT, _AGE}
"""Columns whose texts an event brings along."""


def cells(event: Event) -> Mapping[str, bytes]:
    """Return the cells of an event's row by name of the column; each object of its notification has one.

    haxEventAge is not among them. A text of the event that is no value of its column, as another version may have left
    it, counts as missing.
    """
    given = {name: text.encode(errors="replace") for name, text in event.draft.cells.items() if name in _GIVEN}
    usable = {name: cell for name, cell in given.items() if encoder(COLUMNS[name])([cell]) != [None]}
    own = {
        "haxEventSequence": b"%d" % event.sequence,
        "haxEventTime": b"%.3f" % event.draft.at,
        "haxEventKind": event.draft.kind.name.encode(),
        "haxEventMaybeRepeated": b"true" if event.maybe_repeated else b"false",
        "haxEventDelivery": event.delivery.name.encode(),
    }
    if event.acknowledged_at is not None:
        own["haxEventAcknowledgedTime"] = b"%.3f" % event.acknowledged_at
    due = {name: _NOTHING_KNOWN[name] for name in OBJECTS_OF[event.draft.kind] if name in _NOTHING_KNOWN}
    known = {**due, **usable, **own}
    if _REASONS in known:
        reasons = known_reasons(int(known[_REASONS]))
        known[_MASK], known[_TEXT] = b"%d" % reasons, reason_text(reasons).encode()
    return known


class EventRow(Mapping[str, bytes]):
    """The row of an event for ``tables.small_columns``: itself when it is called.

    Its cells are made once, when they are first asked for; haxEventAge each time, by ``now`` in monotonic seconds.
    """

    __slots__ = ("_event", "_known", "_now")

    def __init__(self, event: Event, now: Callable[[], float]) -> None:
        self._event = event
        self._now = now
        self._known: Mapping[str, bytes] | None = None

    def __call__(self) -> "EventRow":
        """Return the row itself."""
        return self

    def __getitem__(self, name: str) -> bytes:
        if name == _AGE and self._event.moment is not None:
            return b"%d" % seconds(self._event.moment, self._now())
        return self._cells()[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._cells()
        if self._event.moment is not None:
            yield _AGE

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _cells(self) -> Mapping[str, bytes]:
        if self._known is None:
            self._known = cells(self._event)
        return self._known
