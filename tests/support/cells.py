"""The cells of a row that is a record, as people read them."""

import struct
from typing import TypeVar

from haproxy_agentx.agentx.oid import from_key
from haproxy_agentx.agentx.pdu import Tag
from haproxy_agentx.objects.declaration import Column, RowColumn, Table

R = TypeVar("R")
Shown = str | int | bytes | tuple[int, ...]


def cells(table: Table[RowColumn[R]], row: R) -> dict[str, Shown]:
    """Return the cells of a row that have an instance, by name of the column, each read back from the wire.

    A label for an enumeration, a text, a number, an identifier; BITS and DateAndTime are octets.
    """
    found = {column.name: (column, column.wire(row)) for column in table.columns}
    return {name: shown(column, wire) for name, (column, wire) in found.items() if wire is not None}


def shown(column: Column, wire: bytes) -> Shown:
    """Read the v.data of a column (RFC 2741 5.4)."""
    syntax = column.syntax
    if syntax.tag == Tag.OBJECT_IDENTIFIER:
        head = (1, 3, 6, 1, wire[1]) if wire[1] else ()
        return (*head, *from_key(wire[4:]))
    if syntax.tag == Tag.OCTET_STRING:
        (length,) = struct.unpack(">I", wire[:4])
        octets = wire[4 : 4 + length]
        return octets if syntax.labels or syntax.name == "DateAndTime" else octets.decode()
    number = int.from_bytes(wire, "big", signed=syntax.tag == Tag.INTEGER)
    return {value: label for label, value in (syntax.labels or {}).items()}.get(number, number)
