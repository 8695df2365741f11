"""An event as the variable bindings of its notification (RFC 2741 6.2.10, RFC 3416 4.2.6). Pure."""

from collections.abc import Collection, Iterator

from haproxy_agentx.agentx.oid import Oid, key
from haproxy_agentx.agentx.pdu import VarBind, notification
from haproxy_agentx.health.correlation import KeepalivedObjects
from haproxy_agentx.health.event import Event
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.declaration import RowColumn, column
from haproxy_agentx.objects.event_objects import COLUMNS, EVENT_TABLE, EventRow, complete
from haproxy_agentx.objects.notification_objects import OBJECTS_OF
from haproxy_agentx.objects.notification_size import DATAGRAM, FULL, VarbindPart, fitted
from haproxy_agentx.objects.syntax import TEXT, named
from haproxy_agentx.objects.vrrp_objects import INSTANCE_ENTRY, KEEPALIVED
from haproxy_agentx.vrrp.model import VrrpState

_OF_THE_LOG = {"haxEventKind", "haxEventDelivery", "haxEventAcknowledgedTime", "haxEventAge"}
"""Columns without a use in a notification: snmpTrapOID.0 is the kind, and the others are of what follows it."""

_VRRP_STATE = named("VrrpState", VrrpState)

KEEPALIVED_OBJECTS: dict[str, tuple[Oid, RowColumn[KeepalivedObjects]]] = {
    "vrrpInstanceName": ((*INSTANCE_ENTRY, 2), column(2, "vrrpInstanceName", TEXT, lambda row: row.name, "")),
    "vrrpInstanceState": (
        (*INSTANCE_ENTRY, 4),
        column(4, "vrrpInstanceState", _VRRP_STATE, lambda row: row.state, ""),
    ),
    "vrrpInstanceInitialState": (
        (*INSTANCE_ENTRY, 5),
        column(5, "vrrpInstanceInitialState", _VRRP_STATE, lambda row: row.initial, ""),
    ),
    "routerId": ((*KEEPALIVED, 1, 2, 0), column(2, "routerId", TEXT, lambda row: row.router_id, "")),
}
"""The objects of vrrpInstanceStateChange as keepalived names them: columns without an instance, and a scalar."""

_ALWAYS = None

_ROOM: dict[str, tuple[int | None, int | None]] = {
    "haxEventSequence": (_ALWAYS, _ALWAYS),
    "haxEventSubject": (16, 32),
    "haxEventHealth": (_ALWAYS, _ALWAYS),
    "haxEventState": (8, 32),
    "haxEventSeverity": (_ALWAYS, _ALWAYS),
    "haxEventClears": (_ALWAYS, _ALWAYS),
    "haxEventRole": (_ALWAYS, _ALWAYS),
    "haxEventCause": (_ALWAYS, _ALWAYS),
    "haxEventCauseText": (12, 64),
    "haxEventMaybeRepeated": (_ALWAYS, _ALWAYS),
    "haxEventReminder": (_ALWAYS, _ALWAYS),
    "haxEventTime": (_ALWAYS, _ALWAYS),
    "haxEventPreviousHealth": (_ALWAYS, _ALWAYS),
    "haxEventPreviousRole": (_ALWAYS, _ALWAYS),
    "haxEventPreviousState": (16, 32),
    "haxEventPairKey": (16, 32),
    "haxEventNode": (16, 32),
    "vrrpInstanceName": (16, 32),
    "vrrpInstanceState": (_ALWAYS, _ALWAYS),
    "haxEventReasons": (_ALWAYS, _ALWAYS),
    "haxEventSubjectIndex": (_ALWAYS, _ALWAYS),
    "haxEventReasonMask": (_ALWAYS, _ALWAYS),
    "haxEventServedAsIntended": (_ALWAYS, _ALWAYS),
    "haxEventSuppressed": (_ALWAYS, _ALWAYS),
    "haxEventKeepalivedTrap": (_ALWAYS, _ALWAYS),
    "haxEventKeepalivedUpTime": (_ALWAYS, _ALWAYS),
    "routerId": (16, 32),
    "vrrpInstanceInitialState": (_ALWAYS, _ALWAYS),
    "haxEventReasonText": (16, 32),
    "haxEventSubjectRow": (_ALWAYS, _ALWAYS),
}
"""What a notification carries where there is not room for all, the first before the last; and of a text the least
octets, in a shortened form and in the full one. In the full form the objects of its OBJECTS clause come first."""

_RANKS = {name: rank for rank, name in enumerate(_ROOM)}

_NAMES = {"haxEventSubject", "vrrpInstanceName", "routerId"}
"""Texts whose end distinguishes them."""


def notification_oid(event: Event, root: Oid) -> Oid:
    """Return the value of snmpTrapOID.0."""
    return (*root, *schema.NOTIFICATIONS_NODE, event.draft.kind.value)


def varbinds(
    event: Event, root: Oid, up_time: int | None = None, budget: int = FULL, datagram: int = DATAGRAM
) -> list[VarBind]:
    """Return what a Notify of an event holds, in at most ``budget`` octets (``notification_size.octets``).

    ``datagram`` are the octets of the SNMP message that a sink gets, at most.

    That is sysUpTime.0 with ``up_time`` in hundredths of a second, if one is given (else the master sets it);
    snmpTrapOID.0; the objects of the notification in their order; the other cells of the event, by column; and
    keepalived's objects. The values are those of haxEventTable at that moment, long texts cut to the budget. With FULL
    and the default root all are there. With less, or with a longer root, those are left out that ``_ROOM`` has last.
    """
    head = notification(notification_oid(event, root), up_time=up_time)
    due = OBJECTS_OF[event.draft.kind] if budget >= FULL else ()
    found = [*_of_the_row(event, root), *_of_keepalived(event)]
    return fitted(head, [_part(name, varbind, due, budget) for name, varbind in found], budget, datagram)


def _part(name: str, varbind: VarBind, due: Collection[str], budget: int) -> VarbindPart:
    rank = _RANKS.get(name, len(_RANKS)) + (0 if name in due else len(_RANKS) + 1)
    return VarbindPart(varbind, rank, _ROOM.get(name, (None, None))[budget >= FULL], is_name=name in _NAMES)


def _of_the_row(event: Event, root: Oid) -> Iterator[tuple[str, VarBind]]:
    row, due = EventRow(event, complete(event.draft), lambda: 0.0), OBJECTS_OF[event.draft.kind]
    for name in (*due, *(name for name in COLUMNS if name not in due and name not in _OF_THE_LOG)):
        shown = COLUMNS[name]
        value = shown.value(row)
        if value is not None:
            oid = (*schema.column_oid(EVENT_TABLE, shown, root), event.sequence)
            yield name, VarBind(shown.syntax.tag, key(oid), value)


def _of_keepalived(event: Event) -> Iterator[tuple[str, VarBind]]:
    objects = event.draft.keepalived
    if objects is None:
        return
    for name, (oid, one) in KEEPALIVED_OBJECTS.items():
        value = one.value(objects)
        if value is not None:
            yield name, VarBind(one.syntax.tag, key(oid), value)
