"""Which objects ``watch`` asks a node for, below the root, and their cells as rows. Pure.

The numbers are those of the MIB, which a test compares: to load its declaration takes longer than to ask.
"""

from collections.abc import Mapping
from enum import Enum

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.pair.plugin import COLUMNS

Row = Mapping["Asked", object]
"""The cells of a row by column."""


class Asked(Enum):
    """Objects of the MIB, without their instances."""

    version = (1, 1, 1)
    """haxAgentVersion"""
    pair_self = (1, 1, 23)
    """haxPairSelf"""
    last_event = (1, 1, 35)
    """haxAgentLastEventSequence"""

    service_name = (1, 3, 1, 2)
    service_readiness = (1, 3, 1, 12)
    service_usable = (1, 3, 1, 13)
    service_eligible = (1, 3, 1, 14)
    service_age = (1, 3, 1, 26)
    pair_age = (1, 14, 1, 5)
    pair_active = (1, 14, 1, 7)

    member_node = (1, 15, 1, 2)
    member_local = (1, 15, 1, 3)
    member_standing = (1, 15, 1, 4)
    member_addresses = (1, 15, 1, 11)
    member_age = (1, 15, 1, 13)
    member_router = (1, 15, 1, 16)

    peer_name = (1, 13, 1, 2)
    peer_address = (1, 13, 1, 3)
    peer_state = (1, 13, 1, 4)
    peer_age = (1, 13, 1, 5)
    peer_error = (1, 13, 1, 9)
    peer_node = (1, 13, 1, 11)
    peer_reads_us = (1, 13, 1, 14)
    peer_maintenance = (1, 13, 1, 18)

    event_kind = (1, 11, 1, 4)
    event_subject = (1, 11, 1, 5)
    event_health = (1, 11, 1, 6)
    event_cause = (1, 11, 1, 12)
    event_cause_text = (1, 11, 1, 13)
    event_state = (1, 11, 1, 18)
    event_severity = (1, 11, 1, 23)
    event_age = (1, 11, 1, 28)


SCALARS = (Asked.version, Asked.pair_self, Asked.last_event)
SERVICES = tuple(one for one in Asked if one.name.startswith(("service_", "pair_")) and one not in SCALARS)
MEMBERS = tuple(one for one in Asked if one.name.startswith("member_"))
PEERS = tuple(one for one in Asked if one.name.startswith("peer_"))
EVENTS = tuple(one for one in Asked if one.name.startswith("event_"))


def scalars_below(root: Oid) -> list[Oid]:
    """Return the names of the scalars."""
    return [(*root, *one.value) for one in SCALARS]


def columns_below(root: Oid) -> list[Oid]:
    """Return the names of all columns but those of events: of what ``check`` judges, and of what is drawn besides."""
    drawn = [one.value for one in (*SERVICES, *MEMBERS, *PEERS) if one.value not in COLUMNS]
    return [(*root, *column) for column in (*COLUMNS, *drawn)]


def events_below(root: Oid) -> list[Oid]:
    """Return the names of the columns of events."""
    return [(*root, *one.value) for one in EVENTS]


def rows_of(cells: Mapping[Oid, object], root: Oid, columns: tuple[Asked, ...]) -> dict[Oid, Row]:
    """Return the rows of a table that have its first column, by their index and in its order."""
    first = (*root, *columns[0].value)
    indexes = sorted(name[len(first) :] for name in cells if name[: len(first)] == first)
    return {
        index: {one: cells[name] for one in columns if (name := (*root, *one.value, *index)) in cells}
        for index in indexes
    }
