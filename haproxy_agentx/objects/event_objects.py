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

EVENT_INDEX = Column(1, "haxEventIndex", NUMBER, "", "Number of the event.", access="not-accessible")

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
            "Number of the event, the same as its index, for those who look at values only. The numbers of the events "
            "of a node have no gaps: a notification that is missing was lost on its way. After a start that could not "
            "rely on the store (haxAgentStoreState, a crash of the machine) they continue from a higher number.",
        ),
        Column(
            3,
            "haxEventTime",
            tc.DATE_AND_TIME,
            "",
            "When it happened, by the host's clock, however much later it was sent.",
        ),
        Column(4, "haxEventKind", htc.EVENT_KIND, "", "What it is."),
        Column(
            5,
            "haxEventSubject",
            tc.MESSAGE,
            "",
            "To whom it happened: the name of a service or a source, PROCESS/BACKEND or PROCESS/BACKEND/SERVER; "
            "(several) for the sum of changes that were not told one by one.",
        ),
        Column(6, "haxEventHealth", htc.HEALTH, "", "Health of the service from then on."),
        Column(
            7,
            "haxEventPreviousHealth",
            htc.HEALTH,
            "",
            "Health of the service as it was told before; unknown(8) when nothing was.",
        ),
        Column(8, "haxEventRole", htc.ROLE, "", "VRRP role of this node from then on."),
        Column(
            9,
            "haxEventPreviousRole",
            htc.ROLE,
            "",
            "VRRP role as it was told before; unknown(6) when nothing was.",
        ),
        Column(
            10,
            "haxEventServedAsIntended",
            tc.FLAG,
            "",
            "As haxServiceServedAsIntended was then.",
        ),
        Column(11, "haxEventReasons", htc.REASONS, "", "As haxServiceReasons was then."),
        Column(12, "haxEventCause", htc.CAUSE, "", "Why it happened."),
        Column(
            13,
            "haxEventCauseText",
            tc.MESSAGE,
            "",
            "Why it happened, in words, which name what it was.",
        ),
        Column(
            14,
            "haxEventSuppressed",
            GAUGE32,
            "",
            "Changes before this one that were not told one by one, as there were too many: of the same service, or of "
            "the same kind where the subject is (several).",
            "events",
        ),
        Column(
            15,
            "haxEventMaybeRepeated",
            tc.FLAG,
            "",
            "true(1) when its notification may arrive twice: it was given to the master agent before and not "
            "acknowledged, or it was given to it while the store could not keep it, so that a restart of the subagent "
            "may send it again.",
        ),
        Column(
            16,
            "haxEventKeepalivedTrap",
            htc.TRAP_SEEN,
            "",
            "Whether keepalived's own vrrpInstanceStateChange was seen to leave. No instance where none is due.",
        ),
        Column(
            17,
            "haxEventKeepalivedUpTime",
            TIMESTAMP,
            "",
            "The sysUpTime in that vrrpInstanceStateChange. No instance when it was not seen.",
        ),
        Column(
            18,
            "haxEventState",
            tc.MESSAGE,
            "",
            "State of a source, or status of a backend or server, from then on; removed when it is not there any more. "
            "No instance for a service.",
        ),
        Column(
            19,
            "haxEventPreviousState",
            tc.MESSAGE,
            "",
            "State or status as it was told before, empty when nothing was. No instance for a service.",
        ),
        Column(
            20,
            "haxEventSubjectRow",
            ROW_POINTER,
            "",
            "The row of the subject in its table then. No instance when it had none.",
        ),
        Column(21, "haxEventDelivery", htc.DELIVERY, "", "How far its notification has come."),
        Column(
            22,
            "haxEventAcknowledgedTime",
            tc.DATE_AND_TIME,
            "",
            "When the master agent acknowledged its notification, by the host's clock. No instance before.",
        ),
    ),
    "The last events, those too whose notification is lost or still waits. They are kept on disk: their numbers go on "
    "after a restart of anything, and begin anew when haxAgentIndexDiscontinuityTime changes. A number is used once; "
    "after a crash, numbers that may have been given to events that are not on disk are passed over. A manager that "
    "misses numbers reads them here; what it sees of a notification is what it sees here. An object that does not "
    "apply to an event is no instance.",
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
