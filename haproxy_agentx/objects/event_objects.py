"""haxEventTable: the log of events, in which a manager reads what it has missed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

from haproxy_agentx.event import Event
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects.declaration import Column, Table
from haproxy_agentx.objects.notification_objects import OBJECTS_OF
from haproxy_agentx.objects.syntax import GAUGE32, ROW_POINTER, TIMESTAMP, UNSIGNED32

NUMBER = replace(UNSIGNED32, name="Unsigned32 (1..2147483647)")
"""The number of an event."""

EVENT_INDEX = Column(1, "haxEventIndex", NUMBER, "", "The number of the event.", access="not-accessible")

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
            "",
            "The number of the event, the same as its index, for managers that read values only. The numbers of the "
            "events of a node have no gaps: a missing notification was lost on its way. After a start that could not "
            "rely on the store (haxAgentStoreState, a crash of the machine) they continue from a higher number.",
        ),
        Column(
            3,
            "haxEventTime",
            tc.DATE_AND_TIME,
            "",
            "The date and time at which the event occurred, by the host's clock, however much later it was sent.",
        ),
        Column(4, "haxEventKind", htc.EVENT_KIND, "", "The kind of the event."),
        Column(
            5,
            "haxEventSubject",
            tc.MESSAGE,
            "",
            "The subject of the event: the name of a service or a source, PROCESS/BACKEND or PROCESS/BACKEND/SERVER; "
            "(several) for the sum of changes that were not reported one by one.",
        ),
        Column(6, "haxEventHealth", htc.HEALTH, "", "The health of the service after the event."),
        Column(
            7,
            "haxEventPreviousHealth",
            htc.HEALTH,
            "",
            "The health of the service as last reported before; unknown(8) when none was.",
        ),
        Column(8, "haxEventRole", htc.ROLE, "", "The VRRP role of this node after the event."),
        Column(
            9,
            "haxEventPreviousRole",
            htc.ROLE,
            "",
            "The VRRP role as last reported before; unknown(6) when none was.",
        ),
        Column(
            10,
            "haxEventServedAsIntended",
            tc.FLAG,
            "",
            "The value of haxServiceServedAsIntended at the event.",
        ),
        Column(11, "haxEventReasons", htc.REASONS, "", "The value of haxServiceReasons at the event."),
        Column(12, "haxEventCause", htc.CAUSE, "", "The cause of the event."),
        Column(
            13,
            "haxEventCauseText",
            tc.MESSAGE,
            "",
            "A description of the cause, which names the objects concerned.",
        ),
        Column(
            14,
            "haxEventSuppressed",
            GAUGE32,
            "",
            "The number of changes before this one that were not reported one by one, because there were too many: of "
            "the same service, or of the same kind where the subject is (several).",
            "events",
        ),
        Column(
            15,
            "haxEventMaybeRepeated",
            tc.FLAG,
            "",
            "true(1) when the notification is a possible duplicate: it was passed to the master agent before and not "
            "acknowledged, or it was passed while the store could not keep it, so that a restart of the subagent may "
            "send it again.",
        ),
        Column(
            16,
            "haxEventKeepalivedTrap",
            htc.TRAP_SEEN,
            "",
            "Whether keepalived's own vrrpInstanceStateChange was seen. Not instantiated where none is due.",
        ),
        Column(
            17,
            "haxEventKeepalivedUpTime",
            TIMESTAMP,
            "",
            "The sysUpTime in that vrrpInstanceStateChange. Not instantiated when it was not seen.",
        ),
        Column(
            18,
            "haxEventState",
            tc.MESSAGE,
            "",
            "The state of a source, or the status of a backend or server, after the event; removed when it no longer "
            "exists. Not instantiated for a service.",
        ),
        Column(
            19,
            "haxEventPreviousState",
            tc.MESSAGE,
            "",
            "The state or status as last reported before, an empty string when none was. Not instantiated for a "
            "service.",
        ),
        Column(
            20,
            "haxEventSubjectRow",
            ROW_POINTER,
            "",
            "The row of the subject in its table at the event. Not instantiated when it had none.",
        ),
        Column(21, "haxEventDelivery", htc.DELIVERY, "", "The state of delivery of the notification."),
        Column(
            22,
            "haxEventAcknowledgedTime",
            tc.DATE_AND_TIME,
            "",
            "The date and time at which the master agent acknowledged the notification, by the host's clock. Not "
            "instantiated before.",
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
}
"""What an object of a notification says when its event has nothing to say: each has to be in it (RFC 2578 8.1)."""

COLUMNS = {column.name: column for column in EVENT_TABLE.columns}


def cells(event: Event) -> Mapping[str, bytes]:
    """Return the cells of an event's row by name of the column; each object of its notification has one.

    A text of the event that is no value of its column, as another version may have left it, counts as missing.
    """
    given = {name: text.encode(errors="replace") for name, text in event.news.cells.items() if name in COLUMNS}
    told = {name: cell for name, cell in given.items() if COLUMNS[name].syntax.encode([cell]) != [None]}
    own = {
        "haxEventSequence": b"%d" % event.sequence,
        "haxEventTime": b"%.3f" % event.news.at,
        "haxEventKind": event.news.kind.name.encode(),
        "haxEventMaybeRepeated": b"true" if event.maybe_repeated else b"false",
        "haxEventDelivery": event.delivery.name.encode(),
    }
    if event.acknowledged_at is not None:
        own["haxEventAcknowledgedTime"] = b"%.3f" % event.acknowledged_at
    due = {name: _NOTHING_KNOWN[name] for name in OBJECTS_OF[event.news.kind] if name not in own}
    return {**due, **told, **own}


def row(event: Event) -> Callable[[], Mapping[str, bytes]]:
    """Return the row of an event for ``tables.small_columns``; its cells are made once, at the first request."""
    return cache(partial(cells, event))
