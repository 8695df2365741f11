"""An event as the variable bindings of its notification (RFC 2741 6.2.10, RFC 3416 4.2.6). Pure."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import Oid, key
from haproxy_agentx.agentx.pdu import VarBind, notification
from haproxy_agentx.agentx.values import Value
from haproxy_agentx.agentx.wire import Reader
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.declaration import encoder
from haproxy_agentx.objects.event_objects import COLUMNS, EVENT_TABLE, cells
from haproxy_agentx.objects.notification_objects import OBJECTS_OF
from haproxy_agentx.objects.notification_size import DATAGRAM, FULL, VarbindPart, fitted
from haproxy_agentx.objects.syntax import TEXT, Syntax, TextSyntax, Wire, enumeration
from haproxy_agentx.objects.vrrp_objects import INSTANCE_ENTRY, KEEPALIVED
from haproxy_agentx.vocabulary.event import Event
from haproxy_agentx.vrrp.model import VrrpState

_OF_THE_LOG = {"haxEventKind", "haxEventDelivery", "haxEventAcknowledgedTime"}
"""Columns without a use in a notification: snmpTrapOID.0 is the kind, and the others are of what follows it."""

_VRRP_STATES = {state.name: state.value for state in VrrpState}
_VRRP_STATE_TEXTS = {text.encode(): state for state in VrrpState for text in (state.name, str(state.value))}
_VRRP_STATE = enumeration("VrrpState", _VRRP_STATES, _VRRP_STATE_TEXTS.get)
"""A text of it is the label or the number."""

KEEPALIVED_OBJECTS: dict[str, tuple[Oid, TextSyntax[Any]]] = {
    "vrrpInstanceName": ((*INSTANCE_ENTRY, 2), TEXT),
    "vrrpInstanceState": ((*INSTANCE_ENTRY, 4), _VRRP_STATE),
    "vrrpInstanceInitialState": ((*INSTANCE_ENTRY, 5), _VRRP_STATE),
    "routerId": ((*KEEPALIVED, 1, 2, 0), TEXT),
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

_READERS: dict[int, Callable[[Reader], Any]] = {
    Tag.OCTET_STRING: Reader.octets,
    Tag.OBJECT_IDENTIFIER: lambda reader: reader.oid()[0],
    Tag.INTEGER: lambda reader: reader.integers("i")[0],
    Tag.GAUGE32: lambda reader: reader.integers("I")[0],
    Tag.TIME_TICKS: lambda reader: reader.integers("I")[0],
}
"""There is no Counter64: snmpd complains of each in a notification."""


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
    texts = cells(event)
    due = OBJECTS_OF[event.draft.kind]
    more = (name for name in COLUMNS if name in texts and name not in due and name not in _OF_THE_LOG)
    for name in (*due, *more):
        column = COLUMNS[name]
        oid = (*schema.column_oid(EVENT_TABLE, column, root), event.sequence)
        (wire,) = encoder(column)([texts[name]])
        if wire is not None:
            yield name, _varbind(oid, column.syntax, wire)


def _of_keepalived(event: Event) -> Iterator[tuple[str, VarBind]]:
    for name, (oid, syntax) in KEEPALIVED_OBJECTS.items():
        (wire,) = syntax.encode([event.draft.keepalived.get(name, "").encode(errors="replace")])
        if wire is not None:
            yield name, _varbind(oid, syntax, wire)


def _varbind(oid: Oid, syntax: Syntax[Any], wire: Wire) -> VarBind:
    value: Value = _READERS[syntax.tag](Reader(wire, ">"))
    return VarBind(syntax.tag, key(oid), value)
