"""The cells of rows that are records, as people read them."""

import struct
from datetime import UTC, datetime
from typing import TypeVar

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import dotted, from_key
from haproxy_agentx.objects.declaration import Column, RowColumn, Table

R = TypeVar("R")


def cells(table: Table[RowColumn[R]], row: R) -> dict[str, str]:
    """Return the cells of a row that have an instance, by name of the column, each read back from the wire."""
    found = {column.name: (column, column.wire(row)) for column in table.columns}
    return {name: shown(column, wire) for name, (column, wire) in found.items() if wire is not None}


def shown(column: Column, wire: bytes) -> str:
    """Read the v.data of a column (RFC 2741 5.4) as a text.

    That is a label, a text, a number, a dotted identifier; of BITS the sum of 2^n of those that are set, of a date the
    seconds since 1970 with tenths.
    """
    syntax = column.syntax
    if syntax.tag == Tag.OBJECT_IDENTIFIER:
        head = (1, 3, 6, 1, wire[1]) if wire[1] else ()
        return dotted((*head, *from_key(wire[4:])))
    if syntax.tag == Tag.OCTET_STRING:
        (length,) = struct.unpack(">I", wire[:4])
        octets = wire[4 : 4 + length]
        if syntax.name == "DateAndTime":
            return date(octets)
        if syntax.labels:
            return str(sum(1 << bit for bit in range(8 * length) if octets[bit // 8] & 0x80 >> bit % 8))
        return octets.decode()
    number = int.from_bytes(wire, "big", signed=syntax.tag == Tag.INTEGER)
    return {value: label for label, value in (syntax.labels or {}).items()}.get(number, str(number))


def date(octets: bytes) -> str:
    """Read a DateAndTime of RFC 2579, in UTC."""
    year, month, day, hour, minute, second, tenths = struct.unpack(">HBBBBBB", octets[:8])
    at = datetime(year, month, day, hour, minute, second, tenths * 100_000, UTC)
    return f"{at.timestamp():.1f}"
