"""An immutable snapshot of the managed objects, in lexicographic order (RFC 2741 7.2.3).

A view is a sequence of columns, and a column is a name, the instances below it in ascending order, and a way to make
the values of a stretch of them. Values are made when they are asked for, in windows, and only names are compared; so
a view of millions of instances costs nothing until somebody walks it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.pdu import Tag
from haproxy_agentx.agentx.wire import encode_oid

WINDOW = 64
"""Rows of a column that are made at once: few enough that nobody waits for them, many enough to share the cost."""

Wire = bytes
Cells = Callable[[int, int], Sequence[Wire | None]]
"""Values of the rows first..last-1 as v.data of RFC 2741 5.4; None where the row has no such instance."""


def _never() -> bool:
    return False


class Column:
    """The instances of one object.

    ``name`` is the object's identifier; ``rows`` the instance parts of the names, ascending and all of one length;
    ``cells`` gives the values. A scalar is a column with the one row ``0``. ``barren`` says that no row has a value,
    when that is known already: a walk passes by. ``live`` says that values change while the view stays, as ages do.
    """

    __slots__ = ("barren", "cells", "live", "name", "name_head", "rows", "tag", "varbind_head")

    def __init__(
        self,
        name: Key,
        tag: int,
        rows: Sequence[Key],
        cells: Cells,
        barren: Callable[[], bool] = _never,
        *,
        live: bool = False,
    ) -> None:
        self.name = name
        self.tag = tag
        self.rows = rows
        self.cells = cells
        self.barren = barren
        self.live = live
        size = len(rows[0]) if rows else 0
        self.name_head = encode_oid(name + bytes(size))[: -size or None]
        self.varbind_head = bytes((0, tag, 0, 0)) + self.name_head

    def over(self, cells: Cells, barren: Callable[[], bool] = _never) -> "Column":
        """Give the same column with other values."""
        column = Column.__new__(Column)
        column.name = self.name
        column.tag = self.tag
        column.rows = self.rows
        column.cells = cells
        column.barren = barren
        column.live = self.live
        column.name_head = self.name_head
        column.varbind_head = self.varbind_head
        return column


class Place(NamedTuple):
    """A position between instances: the number of the column, and of the row in it."""

    column: int
    row: int


class Walk:
    """The instances from a place on whose name is below ``end`` (b"": no bound).

    ``ranges`` and ``varbinds`` hold, in step, those that are made and not yet taken: the search range that asks for
    what follows the instance (5.2, include clear), and its variable binding (5.4). ``fill`` makes more of them, in
    windows that begin with one row and double, so that a single GetNext makes a single value. ``live`` says that
    what was made last are values of the moment, which another answer is not to be made of.
    """

    __slots__ = ("_column", "_columns", "_end", "_end_wire", "_row", "_window", "live", "ranges", "varbinds")

    def __init__(self, columns: Sequence[Column], start: Place, end: Key) -> None:
        self.ranges: list[Wire] = []
        self.varbinds: list[Wire] = []
        self.live = False
        self._columns = columns
        self._column = start.column
        self._row = start.row
        self._end = end
        self._end_wire = encode_oid(end)
        self._window = 1

    def fill(self, most: int = WINDOW) -> bool:
        """Make the instances of the next window of at most ``most`` rows. False at the end of the walk.

        A window may hold none: then go on, or let others have their turn before.
        """
        columns = self._columns
        while self._column < len(columns) and columns[self._column].barren():
            self._column += 1
            self._row = 0
        if self._column >= len(columns):
            return False
        column = columns[self._column]
        end = self._end
        if end and column.name >= end:
            return False
        rows = column.rows
        stop = bisect_left(rows, end[len(column.name) :]) if end.startswith(column.name) else len(rows)
        first, last = self._row, min(self._row + min(self._window, most), stop)
        self._row = last
        if last >= stop:
            self._column += 1
            self._row = 0
        if first < last:
            self._window = min(2 * self._window, WINDOW)
            self.live = column.live
            made = list(zip(rows[first:last], column.cells(first, last), strict=True))
            head, tail = column.name_head, self._end_wire
            self.ranges += [head + part + tail for part, value in made if value is not None]
            head = column.varbind_head
            self.varbinds += [head + part + value for part, value in made if value is not None]
        return True

    def take(self) -> tuple[Wire, Wire]:
        """Take the next of ``ranges`` and ``varbinds``. Raises IndexError when none is made."""
        return self.ranges.pop(0), self.varbinds.pop(0)


class MibView:
    """Columns in ascending order of their names, none below another. Raises ValueError when they are not.

    ``objects`` are the names, ascending, of objects that exist although no column of theirs may be there: those of
    tables without rows, and of tables whose rows come from several sources, each with columns of its own.
    """

    def __init__(self, columns: Iterable[Column] = (), objects: Sequence[Key] = ()) -> None:
        self.columns = tuple(columns)
        self._objects = objects
        self._names = [column.name for column in self.columns]
        for name, after in zip(self._names, self._names[1:], strict=False):
            if name >= after or after.startswith(name):
                raise ValueError(f"columns {name.hex()} and {after.hex()} are not in order")

    def get(self, name: Key) -> tuple[int, Wire]:
        """Give the type and value of an instance, or an exception with no value.

        noSuchInstance below a column, also where the table has no rows; noSuchObject elsewhere (RFC 3416 4.2.1).
        """
        at = bisect_right(self._names, name) - 1
        column = self.columns[at] if at >= 0 else None
        if column is None or not name.startswith(column.name):
            at = bisect_right(self._objects, name) - 1
            declared = at >= 0 and name.startswith(self._objects[at])
            return Tag.NO_SUCH_INSTANCE if declared else Tag.NO_SUCH_OBJECT, b""
        part = name[len(column.name) :]
        row = bisect_left(column.rows, part)
        if row < len(column.rows) and column.rows[row] == part:
            (value,) = column.cells(row, row + 1)
            if value is not None:
                return column.tag, value
        return Tag.NO_SUCH_INSTANCE, b""

    def place(self, start: Key, *, include: bool) -> Place:
        """Give the first position beyond ``start``, or at it when ``include``."""
        at = bisect_right(self._names, start)
        if at and start.startswith(self._names[at - 1]):
            column = self.columns[at - 1]
            part = start[len(column.name) :]
            return Place(at - 1, bisect_left(column.rows, part) if include else bisect_right(column.rows, part))
        return Place(at, 0)

    def walk(self, start: Place, end: Key) -> Walk:
        """Start a walk."""
        return Walk(self.columns, start, end)
