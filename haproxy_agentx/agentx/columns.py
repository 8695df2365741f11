"""Columns for a view, from values as Python has them."""

from collections.abc import Callable, Mapping, Sequence

from haproxy_agentx.agentx.oid import Oid, key
from haproxy_agentx.agentx.values import Value, Wire, encode_value
from haproxy_agentx.agentx.view import ServedColumn


def scalar(name: Oid, tag: int, value: Callable[[], Value]) -> ServedColumn:
    """Return the column of a scalar object: its one instance is ``name`` with .0.

    ``value`` is called at each request, None for no instance.
    """

    def cells(first: int, last: int) -> Sequence[Wire | None]:
        return [_wire(tag, value())][first:last]

    return ServedColumn(key(name), tag, [key((0,))], cells, live=True)


def column(name: Oid, tag: int, rows: Mapping[Oid, Value]) -> ServedColumn:
    """Return the column ``name`` of a table: its value by the index of the row, None for no instance.

    The indexes of a column have as many sub-identifiers each: raise ValueError. Raise LocalError for a value that
    ``tag`` cannot carry.
    """
    if len({len(index) for index in rows}) > 1:
        raise ValueError("the indexes of a column have different lengths")
    indexes = sorted(rows)
    wires = [_wire(tag, rows[index]) for index in indexes]
    return ServedColumn(key(name), tag, [key(index) for index in indexes], lambda first, last: wires[first:last])


def _wire(tag: int, value: Value) -> Wire | None:
    return None if value is None else encode_value(tag, value)
