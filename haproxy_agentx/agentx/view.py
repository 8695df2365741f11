"""An immutable snapshot of the managed objects, in lexicographic order (RFC 2741 7.2.3).

A view is a sequence of columns, and a column is a name, the instances below it in ascending order, and a way to make
the values of a stretch of them. Values are made when they are asked for, in windows, and only names are compared; so
a view of millions of instances costs nothing until somebody walks it. Columns stay from one reading to the next: what
is read anew are the tables below them, and to make the next view is to put other tables there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.values import Wire
from haproxy_agentx.agentx.wire import encode_oid

WINDOW = 256
"""Rows of a column that are made at once: few enough that no request waits for them, many enough to share the cost of
beginning: with 64, `make bench` shows a walk that is 3 % slower."""

FEW = 64
"""Rows that a column begins with, and goes on with while they have no values: to find none takes longer."""

Cells = Callable[[int, int], Sequence[Wire | None]]
"""Values of the rows first..last-1 as v.data of RFC 2741 5.4; None where the row has no such instance."""


def _never() -> bool:
    return False


class ServedColumn:
    """The instances of one object.

    ``name`` is the object's identifier; ``rows`` the instance parts of the names, ascending and all of one length;
    ``cells`` gives the values. A scalar is a column with the one row ``0``. ``known_empty`` says that it
    is known that no row has a value: a walk passes by. ``live`` says that values change while the view stays, as ages
    do: no answer is made of them before it is asked for.
    A column with a ``table`` is one of a table of the view with that key, which gives it its rows and values.
    """

    __slots__ = ("cells", "known_empty", "live", "name", "name_head", "rows", "table", "tag", "varbind_head")

    def __init__(
        self,
        name: Key,
        tag: int,
        rows: Sequence[Key],
        cells: Cells,
        known_empty: Callable[[], bool] = _never,
        *,
        live: bool = False,
        table: Hashable = None,
    ) -> None:
        self.name = name
        self.tag = tag
        self.rows = rows
        self.cells = cells
        self.known_empty = known_empty
        self.live = live
        self.table = table
        size = len(rows[0]) if rows else 0
        self.name_head = encode_oid(name + bytes(size))[: -size or None]
        self.varbind_head = bytes((0, tag, 0, 0)) + self.name_head

    def over(self, rows: Sequence[Key], cells: Cells, known_empty: Callable[[], bool] = _never) -> "ServedColumn":
        """Return the same column with other rows, of parts as long as its own, and their values."""
        column = ServedColumn.__new__(ServedColumn)
        column.name = self.name
        column.tag = self.tag
        column.rows = rows
        column.cells = cells
        column.known_empty = known_empty
        column.live = self.live
        column.table = None
        column.name_head = self.name_head
        column.varbind_head = self.varbind_head
        return column


class ServedTable(Protocol):
    """The rows that columns share, at one moment."""

    def column(self, column: ServedColumn) -> ServedColumn:
        """Return a column of the table with its rows and values."""


class Place(NamedTuple):
    """A position between instances: the number of the column, and of the row in it."""

    column: int
    row: int


class Walk:
    """The instances from a place on whose name is below ``end`` (b"": no bound).

    ``parts`` and ``values`` hold, in step, what ends the names of those that are made and not yet taken, and their
    values; all are of ``column``. ``end_wire`` is the end of the search range as it travels. ``fill`` makes more of
    them, in windows that begin with one row and double, so that a single GetNext makes a single value.
    """

    __slots__ = (
        "_end", "_next", "_row", "_start", "_stop", "_view", "_window", "column", "end_wire", "parts", "values",
    )  # fmt: skip

    column: ServedColumn

    def __init__(self, view: "MibView", start: Place, end: Key) -> None:
        self.parts: Sequence[Key] = ()
        self.values: Sequence[Wire] = ()
        self.end_wire = encode_oid(end)
        self._view = view
        self._next = start.column
        self._start = start.row
        """The row to begin with in the next column."""
        self._row = self._stop = 0
        """The rows of this column that are to come."""
        self._end = end
        self._window = 1

    def fill(self, most: int = WINDOW) -> bool:
        """Make the instances of the next window of at most ``most`` rows, when all are taken. False at the end.

        A window may hold none: then go on, or let others have their turn before.
        """
        if self._row == self._stop and not self._enter():
            return False
        column, first = self.column, self._row
        self._row = last = min(first + min(self._window, most), self._stop)
        self.parts, values = column.rows[first:last], column.cells(first, last)
        if all(values):
            self.values = cast("Sequence[Wire]", values)
            self._window = min(2 * self._window, WINDOW)
        else:
            self.values = [value for value in values if value is not None]
            self.parts = [part for part, value in zip(self.parts, values, strict=True) if value is not None]
            self._window = min(2 * self._window, FEW)
        if column.known_empty():
            self._stop = self._row
        return True

    def _enter(self) -> bool:
        """Go to the next column that has rows to come; False at the end."""
        end = self._end
        while (column := self._view.column(self._next)) is not None and (not end or column.name < end):
            rows = column.rows
            stop = bisect_left(rows, end[len(column.name) :]) if end.startswith(column.name) else len(rows)
            start, self._start = self._start, 0
            self._next += 1
            if start < stop and not column.known_empty():
                self.column, self._row, self._stop = column, start, stop
                self._window = min(self._window, FEW)
                return True
        return False

    def take(self, count: int) -> "Stretch":
        """Return the next ``count`` of those that are made."""
        stretch = Stretch(self.column, self.parts[:count], self.values[:count], self.end_wire)
        self.parts, self.values = self.parts[count:], self.values[count:]
        return stretch


class Stretch(NamedTuple):
    """Instances of a column that follow each other: what ends their names, and their values."""

    column: ServedColumn
    parts: Sequence[Key]
    values: Sequence[Wire]
    end_wire: Wire

    def ranges(self) -> list[Wire]:
        """Return the search ranges that ask for what follows each instance (5.2, include clear)."""
        head, tail = self.column.name_head, self.end_wire
        return [head + part + tail for part in self.parts]

    def varbinds(self) -> list[Wire]:
        """Return the variable bindings (5.4)."""
        head = self.column.varbind_head
        return [head + part + value for part, value in zip(self.parts, self.values, strict=True)]


class MibView:
    """Columns in ascending order of their names, none below another. Raises ValueError when they are not.

    ``objects`` are the names, ascending, of objects that exist although no column of theirs may be there: those of
    tables without rows, and of tables whose rows come from several sources, each with columns of its own. ``tables``
    are those that columns name.
    """

    def __init__(
        self,
        columns: Iterable[ServedColumn] = (),
        objects: Sequence[Key] = (),
        tables: Mapping[Hashable, ServedTable] | None = None,
    ) -> None:
        self._columns = tuple(columns)
        self._objects = objects
        self._tables = tables or {}
        self._filled: dict[int, ServedColumn] = {}
        self._names = [column.name for column in self._columns]
        for name, after in zip(self._names, self._names[1:], strict=False):
            if name >= after or after.startswith(name):
                raise ValueError(f"columns {name.hex()} and {after.hex()} are not in order")

    def over(self, tables: Mapping[Hashable, ServedTable]) -> "MibView":
        """Return a view of the same columns over other tables."""
        view = MibView.__new__(MibView)
        view._columns = self._columns  # noqa: SLF001  its own kind
        view._objects = self._objects  # noqa: SLF001
        view._names = self._names  # noqa: SLF001
        view._tables = tables  # noqa: SLF001
        view._filled = {}  # noqa: SLF001
        return view

    @property
    def columns(self) -> tuple[ServedColumn, ...]:
        """All columns, with their rows and values."""
        return tuple(map(self._with_rows, range(len(self._columns))))

    def column(self, at: int) -> ServedColumn | None:
        """Return a column by its number, with its rows and values; None beyond the last."""
        return self._with_rows(at) if at < len(self._columns) else None

    def _with_rows(self, at: int) -> ServedColumn:
        column = self._filled.get(at)
        if column is None:
            column = self._columns[at]
            if column.table is not None:
                column = self._tables[column.table].column(column)
            self._filled[at] = column
        return column

    def get(self, name: Key) -> tuple[int, Wire]:
        """Return the type and value of an instance, or an exception with no value.

        noSuchInstance below a column, also where the table has no rows; noSuchObject elsewhere (RFC 3416 4.2.1).
        """
        at = bisect_right(self._names, name) - 1
        column = self.column(at) if at >= 0 else None
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
        """Return the first position beyond ``start``, or at it when ``include``."""
        at = bisect_right(self._names, start)
        if at and start.startswith(self._names[at - 1]):
            column = self._with_rows(at - 1)
            part = start[len(column.name) :]
            return Place(at - 1, bisect_left(column.rows, part) if include else bisect_right(column.rows, part))
        return Place(at, 0)

    def walk(self, start: Place, end: Key) -> Walk:
        """Start a walk."""
        return Walk(self, start, end)
