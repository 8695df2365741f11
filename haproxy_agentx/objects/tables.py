"""Managed objects as the columns of a MibView: what stands in the view for each declared table.

The four tables of ``show stat`` answer out of the text of a reading, cell by cell. The small ones (haxAgent, sources,
processes, services, VRRP, events) answer out of records that are made when they are asked for, so that an age is the
age at that moment.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from operator import attrgetter

from haproxy_agentx.agentx.oid import Key, Oid, key
from haproxy_agentx.agentx.values import Wire
from haproxy_agentx.agentx.view import ServedColumn, ServedTable
from haproxy_agentx.haproxy.records import split_row
from haproxy_agentx.haproxy.stat import Reading, RowKind
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.agent_objects import AgentRow
from haproxy_agentx.objects.declaration import R, RowColumn, Scalar
from haproxy_agentx.objects.layout import Layout, Rows
from haproxy_agentx.objects.syntax import Encoder

STAT_TABLES = {
    RowKind.FRONTEND: schema.FRONTEND_TABLE,
    RowKind.BACKEND: schema.BACKEND_TABLE,
    RowKind.SERVER: schema.SERVER_TABLE,
    RowKind.LISTENER: schema.LISTENER_TABLE,
}

MakeRow = Callable[[], R | None]
"""Returns a row as it is now; None for one that has just gone."""


class _Table:
    """One table in one reading: its texts, cut into cells when they are asked for.

    A stretch of rows that is asked for again at once, for another column, is split into its fields, which are kept
    until another stretch is asked for: so it is when many columns are walked side by side. While a walk looks through
    a column that is empty, all columns are surveyed, so that it looks through a table once and not once for each empty
    column.
    """

    __slots__ = ("_fields", "_last", "_missing", "_parts", "_places", "_reading", "_split", "_surveyed")

    def __init__(self, reading: Reading, rows: Rows, fields: "_Fields", width: int) -> None:
        self._reading = reading
        self._parts = rows.parts
        self._places = rows.places
        self._fields = fields
        self._last: tuple[int, int] | None = None
        self._split: list[list[bytes]] = []
        """The fields of the last stretch, once it was asked for again."""
        self._surveyed = 0
        self._missing = list(range(width))
        """Fields without a text in the rows that are surveyed."""

    def column(self, column: ServedColumn) -> ServedColumn:
        """Return a column over the texts."""
        field, encode = self._fields[column.name]
        return column.over(self._parts, partial(self._cells, encode, field), partial(self._barren, field))

    def _cells(self, encode: Encoder, field: int, first: int, last: int) -> list[Wire | None]:
        return encode(self._texts(field, first, last))

    def _texts(self, field: int, first: int, last: int) -> list[bytes]:
        """Return a field of the rows first..last-1."""
        stretch = (first, last)
        if stretch != self._last:
            self._last, self._split = stretch, []
            texts = self._reading.cut(field, self._places[first:last])
        else:
            self._split = self._split or self._split_rows(first, last)
            texts = [row[field] for row in self._split]
        if first <= self._surveyed < last and not any(texts):
            self._survey(first, last)
        return texts

    def _barren(self, field: int) -> bool:
        """Whether a field is known to be empty in all rows."""
        return self._surveyed == len(self._places) and field in self._missing

    def _split_rows(self, first: int, last: int) -> list[list[bytes]]:
        return [split_row(self._reading.lines[place]) for place in self._places[first:last]]

    def _survey(self, first: int, last: int) -> None:
        columns = list(zip(*self._split_rows(first, last), strict=True))
        self._missing = [field for field in self._missing if not any(columns[field])]
        self._surveyed = last


_Fields = Mapping[Key, tuple[int, Encoder]]
"""For the name of each column the field of a row that it shows, and how."""


def _nothing(first: int, last: int) -> list[Wire | None]:
    return [None] * (last - first)


class StatColumns:
    """The columns of one process, for as long as the same ``fields`` and ``kinds`` of rows are there.

    ``columns`` are in the order of their names. ``tables`` gives what is below them at a reading.
    """

    def __init__(self, root: Oid, process: int, kinds: Collection[RowKind], fields: Mapping[str, int]) -> None:
        self.columns: list[ServedColumn] = []
        self.kinds = kinds
        self.fields = fields
        self._process = process
        self._cut: dict[RowKind, dict[Key, tuple[int, Encoder]]] = {kind: {} for kind in kinds}
        self._width = max(fields.values()) + 1
        for kind, cut in self._cut.items():
            table = STAT_TABLES[kind]
            like = [bytes(4 * (len(table.indexes) - 1))]  # as long as the parts, which begin after the process
            for column in table.columns:
                if column.field in fields:
                    name = key((*schema.column_oid(table, column, root), process))
                    cut[name] = fields[column.field], column.syntax.encode
                    self.columns.append(ServedColumn(name, column.syntax.tag, like, _nothing, table=(process, kind)))
        self.columns.sort(key=attrgetter("name"))

    def tables(self, layout: Layout, reading: Reading) -> dict[Hashable, ServedTable]:
        """Return the tables of ``reading``, whose rows are in this layout."""
        return {
            (self._process, kind): _Table(reading, layout.rows[kind], cut, self._width)
            for kind, cut in self._cut.items()
        }


def row_columns(
    root: Oid, table: schema.Table[RowColumn[R]], rows: Mapping[Oid, MakeRow[R]], below: Oid = ()
) -> list[ServedColumn]:
    """Return the columns of a table of few rows, by the indexes of a row in their order behind those in ``below``."""
    indexes = sorted(rows)
    parts = [key(index) for index in indexes]
    makers = [rows[index] for index in indexes]
    return [
        ServedColumn(
            key((*schema.column_oid(table, column, root), *below)),
            column.syntax.tag,
            parts,
            partial(_row_cells, makers, column),
            live=True,
        )
        for column in table.columns
        if parts
    ]


def _row_cells(
    makers: Sequence[MakeRow[R]], column: RowColumn[R] | Scalar[R], first: int, last: int
) -> list[Wire | None]:
    rows = (make() for make in makers[first:last])
    return [None if row is None else column.wire(row) for row in rows]


def scalar_columns(root: Oid, make: Callable[[], AgentRow]) -> list[ServedColumn]:
    """Return the scalars of haxAgent; each is a column with the one row 0."""
    return [
        ServedColumn(
            key(schema.scalar_oid(scalar, root)),
            scalar.syntax.tag,
            [key((0,))],
            partial(_row_cells, [make], scalar),
            live=True,
        )
        for scalar in schema.SCALARS
    ]


def object_names(root: Oid) -> list[Key]:
    """Return the names of all accessible objects, also of those that have no instance now."""
    columns = [key(schema.column_oid(table, column, root)) for table in schema.TABLES for column in table.columns]
    return sorted(columns + [key(schema.scalar_oid(scalar, root)) for scalar in schema.SCALARS])
