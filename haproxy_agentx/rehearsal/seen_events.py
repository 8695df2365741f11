"""The events of a rehearsal, from all nodes: as the daemon here and the agent of a peer show them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from itertools import islice
from typing import Any

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.correlation import TrapSeen
from haproxy_agentx.health.model import Cause, Health, Role
from haproxy_agentx.objects.event_objects import EVENT_TABLE, FIELDS
from haproxy_agentx.objects.schema import column_oid
from haproxy_agentx.vocabulary.event import Delivery, Kind

_COLUMNS = {column.name: column for column in EVENT_TABLE.columns}
_ENUMS: Mapping[str, type[IntEnum]] = {
    "kind": Kind,
    "health": Health,
    "previous_health": Health,
    "role": Role,
    "previous_role": Role,
    "cause": Cause,
    "keepalived_trap": TrapSeen,
    "delivery": Delivery,
}
_TEXTS = ("subject", "cause_text", "state", "previous_state")
COUNT = 1 + len(_ENUMS) + len(_TEXTS)
"""Objects that are asked for."""

_LOST = (Delivery.refused, Delivery.dropped, Delivery.unanswered)


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event of a node. Labels are those of ``haproxy-agentx events --json``, empty where one does not apply."""

    node: str
    sequence: int
    time: str
    kind: str
    subject: str = ""
    before: str = ""
    after: str = ""
    role: str = ""
    cause: str = ""
    cause_text: str = ""
    trap: str = ""
    """Whether keepalived's own trap was seen."""
    delivery: str = ""


def from_answer(node: str, event: Mapping[str, Any]) -> SeenEvent:
    """Return an event that the daemon here has answered. Raises KeyError or TypeError where it is none."""
    of_service = event["health"] is not None
    moved = event["role"] is not None and event["role"] != event["previous_role"]
    return SeenEvent(
        node=node,
        sequence=int(event["sequence"]),
        time=str(event["time"] or ""),
        kind=str(event["kind"]),
        subject=str(event["subject"] or ""),
        before=str((event["previous_health"] if of_service else event["previous_state"]) or ""),
        after=str((event["health"] if of_service else event["state"]) or ""),
        role=f"{event['previous_role']} -> {event['role']}" if moved else "",
        cause=str(event["cause"] or ""),
        cause_text=str(event["cause_text"] or ""),
        trap=str(event["trap"] or ""),
        delivery=str(event["delivery"]),
    )


def _column_name(field_name: str) -> str:
    """Return the column of a field; those that are no field of a draft have the same form of name."""
    return FIELDS.get(field_name) or f"{EVENT_TABLE.entry.removesuffix('Entry')}{field_name.capitalize()}"


def names(sequence: int, root: Oid) -> tuple[Oid, ...]:
    """Return what to get of one event from the agent of a peer."""
    wanted = ("time", *_ENUMS, *_TEXTS)
    return tuple((*column_oid(EVENT_TABLE, _COLUMNS[_column_name(name)], root), sequence) for name in wanted)


def from_cells(node: str, sequence: int, values: Sequence[object]) -> SeenEvent | None:
    """Return an event by the values of ``names``; None where the agent has no such event (any more)."""
    if len(values) != COUNT:  # an error, as of an answer that would be too long
        return None
    time, *rest = values
    labels = {name: _label(kind, value) for (name, kind), value in zip(_ENUMS.items(), rest, strict=False)}
    texts = {name: _text(value) for name, value in zip(_TEXTS, rest[len(_ENUMS) :], strict=True)}
    if not labels["kind"]:
        return None
    moved = labels["role"] and labels["role"] != labels["previous_role"]
    return SeenEvent(
        node=node,
        sequence=sequence,
        time=date_of(time),
        kind=labels["kind"],
        subject=texts["subject"],
        before=labels["previous_health"] or texts["previous_state"],
        after=labels["health"] or texts["state"],
        role=f"{labels['previous_role']} -> {labels['role']}" if moved else "",
        cause=labels["cause"],
        cause_text=texts["cause_text"],
        trap=labels["keepalived_trap"],
        delivery=labels["delivery"],
    )


def _label(kind: type[IntEnum], value: object) -> str:
    if not isinstance(value, int):
        return ""
    return next((label.name for label in kind if label == value), str(value))


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def date_of(value: object) -> str:
    """Return a DateAndTime (RFC 2579) in UTC, as the agent writes it, as ISO 8601; an empty text for another one."""
    if not isinstance(value, bytes) or value[8:] != b"+\0\0":
        return ""
    try:
        month, day, hour, minute, second, tenths = value[2:8]
        date = datetime(int.from_bytes(value[:2]), month, day, hour, minute, second, tenths * 100_000, UTC)
    except ValueError:
        return ""
    return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class NodeEvents:
    """The events of a node after ``first``, the number of the last one before the rehearsal."""

    node: str
    first: int
    last: int
    """The number of the last event that the node is known to have."""
    found: dict[int, SeenEvent] = field(default_factory=dict)

    def add(self, event: SeenEvent) -> bool:
        """Record an event, also how far it has come since; return whether it is new."""
        if event.sequence <= self.first:
            return False
        is_new = event.sequence not in self.found
        self.found[event.sequence] = event
        self.last = max(self.last, event.sequence)
        return is_new

    @property
    def missing(self) -> int:
        """How many are there and were not read."""
        return max(0, self.last - self.first) - len(self.found)

    def newest_missing(self, most: int) -> list[int]:
        """Return the numbers of at most so many of them, the newest: a node may say that it has any number."""
        if not self.missing:
            return []
        numbers = (number for number in range(self.last, self.first, -1) if number not in self.found)
        return sorted(islice(numbers, most))

    @property
    def given_up(self) -> list[int]:
        """The numbers of events whose notification was given up."""
        return [number for number, one in sorted(self.found.items()) if one.delivery in {each.name for each in _LOST}]

    @property
    def pending(self) -> list[int]:
        """The numbers of events whose notification snmpd has neither acknowledged nor is given up."""
        done = {Delivery.acknowledged.name, *(each.name for each in _LOST)}
        return [number for number, one in sorted(self.found.items()) if one.delivery not in done]
