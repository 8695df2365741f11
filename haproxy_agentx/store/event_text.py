"""An event as a row of the file, and back: the only place where its fields are texts. Pure.

The texts are JSON objects by name of the column in haxEventTable, or of the object in KEEPALIVED-MIB. An enumeration is
its label, a flag true or false, BITS the sum of 2^n of those that are set. A text that is no value, as another version
may have left it, counts as missing.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from haproxy_agentx.agentx.oid import Oid, dotted, parse
from haproxy_agentx.health.correlation import KeepalivedObjects
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Reason, known_reasons
from haproxy_agentx.objects.event_objects import FIELDS
from haproxy_agentx.vocabulary.event import Delivery, Kind
from haproxy_agentx.vrrp.model import VrrpState

TEXT_LIMIT = 2000
"""Characters of one text of an event: names of HAProxy's are of any length, and SNMP shows 255 octets."""

EventTuple = tuple[int, float, int, str, str, int, int, float | None, int]
"""Sequence, date, kind, cells, keepalived, delivery, tries, date of the acknowledgement, unkept.

The texts are JSON, ASCII."""

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Codec(Generic[V]):
    """How values of a type become texts, and back; ``read`` raises ValueError or KeyError for what is none."""

    write: Callable[[V], str]
    read: Callable[[str], V]


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text]


_CODECS: Mapping[object, _Codec[Any]] = {
    str: _Codec(lambda text: text[:TEXT_LIMIT], str),
    int: _Codec(str, int),
    bool: _Codec(lambda flag: "true" if flag else "false", _flag),
    Oid: _Codec(dotted, parse),
    Reason: _Codec(lambda reasons: str(int(reasons)), lambda text: known_reasons(int(text))),
}


def _codec(hint: object) -> _Codec[Any]:
    """Return how a field of this type, which may be None, is written."""
    (kind,) = (one for one in get_args(hint) if one is not NoneType) if isinstance(hint, UnionType) else (hint,)
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return _Codec(lambda member: str(member.name), kind.__getitem__)
    return _CODECS[kind]


_HINTS = get_type_hints(EventDraft)
_FIELDS: Mapping[str, tuple[str, _Codec[Any]]] = {
    name: (field, _codec(_HINTS[field])) for field, name in FIELDS.items()
}
"""By name of the column; that each field can be written is proven when this module is imported."""


def _vrrp_state(text: str) -> VrrpState:
    """Read a state of keepalived, by its number or its label."""
    return VrrpState(int(text)) if text.isdecimal() else VrrpState[text]


_NAME, _STATE, _INITIAL, _ROUTER = "vrrpInstanceName", "vrrpInstanceState", "vrrpInstanceInitialState", "routerId"


def to_row(event: Event) -> EventTuple:
    """Return the row of an event."""
    draft = event.draft
    texts = (_to_json(cell_texts(draft)), _to_json(keepalived_texts(draft.keepalived)))
    return (
        event.sequence,
        draft.at,
        draft.kind,
        *texts,
        event.delivery,
        event.tries,
        event.acknowledged_at,
        int(event.unkept),
    )


def from_row(row: EventTuple) -> Event | None:
    """Return the event of a row, None if there is none in it: somebody has edited the file."""
    sequence, at, kind, cells, keepalived, delivery, tries, acknowledged_at, unkept = row
    try:
        draft = draft_of(float(at), Kind(kind), _from_json(cells), _from_json(keepalived))
        when = None if acknowledged_at is None else float(acknowledged_at)
        return Event(int(sequence), draft, Delivery(delivery), int(tries), when, bool(unkept))
    except (ValueError, TypeError):
        return None


def cell_texts(draft: EventDraft) -> dict[str, str]:
    """Return the fields of a draft that are known as texts, by name of the column."""
    values = ((name, getattr(draft, field), codec) for name, (field, codec) in _FIELDS.items())
    return {name: codec.write(value) for name, value, codec in values if value is not None}


def keepalived_texts(objects: KeepalivedObjects | None) -> dict[str, str]:
    """Return the objects that are known as texts, by their names; states are numbers."""
    if objects is None:
        return {}
    states = {_STATE: objects.state, _INITIAL: objects.initial}
    texts = {
        _NAME: objects.name[:TEXT_LIMIT],
        **{name: str(int(state)) for name, state in states.items() if state is not None},
        _ROUTER: objects.router_id[:TEXT_LIMIT],
    }
    return {name: text for name, text in texts.items() if text}


def draft_of(at: float, kind: Kind, cells: Mapping[str, str], keepalived: Mapping[str, str]) -> EventDraft:
    """Return the draft of these texts; names that are not known are passed over."""
    found = {field: _read(codec.read, cells.get(name)) for name, (field, codec) in _FIELDS.items()}
    known = {field: value for field, value in found.items() if value is not None}
    return EventDraft(at, kind, keepalived=_keepalived(keepalived), **known)


def _keepalived(texts: Mapping[str, str]) -> KeepalivedObjects | None:
    found = KeepalivedObjects(
        texts.get(_NAME, ""),
        _read(_vrrp_state, texts.get(_STATE)),
        _read(_vrrp_state, texts.get(_INITIAL)),
        texts.get(_ROUTER, ""),
    )
    return None if found == KeepalivedObjects("", None) else found


def _read(read: Callable[[str], V], text: str | None) -> V | None:
    try:
        return None if text is None else read(text)
    except (ValueError, KeyError):
        return None


def _to_json(texts: Mapping[str, str]) -> str:
    return json.dumps(texts, separators=(",", ":"))


def _from_json(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"{text} is no object of texts")
    return found
