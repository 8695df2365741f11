"""The vocabulary of the declaration: what a managed object is, before any of them is named.

Pure records. SMIv2 clauses: OBJECT-TYPE RFC 2578 section 7, NOTIFICATION-TYPE RFC 2578 section 8, TEXTUAL-CONVENTION
RFC 2579 section 3, OBJECT-GROUP and NOTIFICATION-GROUP RFC 2580 sections 3 and 4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.values import Value
from haproxy_agentx.objects.syntax import Syntax, TextSyntax, V, Wire

Access = Literal["read-only", "not-accessible"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``sub_id`` is its number under the entry."""

    sub_id: int
    name: str
    syntax: Syntax[Any]
    description: str
    units: str | None = None
    access: Access = "read-only"


@dataclass(frozen=True, slots=True)
class FieldColumn(Column):
    """A column that shows a field of HAProxy's CSV; ``field`` is its name."""

    syntax: TextSyntax[Any]
    field: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class RowColumn(Column, Generic[R]):
    """A column of a table whose rows are records of the type ``R``.

    ``value`` returns what a variable binding of a row holds, None where the row has no such instance.
    """

    value: Callable[[R], Value] = field(kw_only=True)

    def wire(self, row: R) -> Wire | None:
        """Return the cell of a row as it travels."""
        found = self.value(row)
        return None if found is None else self.syntax.pack(found)


def column(
    sub_id: int,
    name: str,
    syntax: Syntax[V],
    read: Callable[[R], V | None],
    description: str,
    units: str | None = None,
) -> RowColumn[R]:
    """Return a column of records: ``read`` returns the field of a record that it shows, None for no instance.

    mypy sees to it that the record has this field, and that it is of the type that the syntax takes.
    """
    return RowColumn(sub_id, name, syntax, description, units, value=_reader(syntax, read))


def _reader(syntax: Syntax[V], read: Callable[[R], V | None]) -> Callable[[R], Value]:
    value = syntax.value

    def reader(row: R) -> Value:
        found = read(row)
        return None if found is None else value(found)

    return reader


C_co = TypeVar("C_co", bound=Column, covariant=True)


@dataclass(frozen=True, slots=True)
class Table(Generic[C_co]):
    """A table under haxObjects.

    ``indexes`` are all its index columns in order, those of the tables above it first and its own last. ``columns``
    are the accessible ones, sorted by number. ``row`` says in the module what a row is. With ``shares_index`` its last
    index column is that of another table, whose rows it extends.
    """

    sub_id: int
    name: str
    entry: str
    indexes: tuple[Column, ...]
    columns: tuple[C_co, ...]
    description: str
    row: str
    shares_index: bool = False

    @property
    def defined(self) -> "tuple[Column, ...]":
        """The columns that this table defines, in the order of their numbers."""
        return self.columns if self.shares_index else (self.index, *self.columns)

    @property
    def index(self) -> Column:
        """The last index column, which this table itself defines unless it shares it."""
        return self.indexes[-1]

    @property
    def oid(self) -> Oid:
        """The table's entry, relative to haxObjects: a cell is this, the column's sub_id and the index."""
        return (self.sub_id, 1)


@dataclass(frozen=True, slots=True)
class Scalar(Generic[R]):
    """A scalar under haxAgent, whose only instance is .0; ``value`` reads it from the one record of all scalars."""

    sub_id: int
    name: str
    syntax: Syntax[Any]
    description: str
    units: str | None = None
    value: Callable[[R], Value] = field(kw_only=True)

    def wire(self, row: R) -> Wire | None:
        """Return its value as it travels."""
        found = self.value(row)
        return None if found is None else self.syntax.pack(found)


def scalar(
    sub_id: int,
    name: str,
    syntax: Syntax[V],
    read: Callable[[R], V | None],
    description: str,
    units: str | None = None,
) -> Scalar[R]:
    """Return a scalar: ``read`` returns the field of the record that it shows, None for no instance."""
    return Scalar(sub_id, name, syntax, description, units, value=_reader(syntax, read))


@dataclass(frozen=True, slots=True)
class MibNode:
    """A name in the tree that holds no value; ``oid`` is relative to the root of the module."""

    name: str
    oid: Oid


@dataclass(frozen=True, slots=True)
class Convention:
    """A TEXTUAL-CONVENTION of this module; ``labels`` are the named numbers of INTEGER or the named bits of BITS."""

    name: str
    description: str
    syntax: str
    labels: Mapping[str, int] | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification under haxNotifications; ``objects`` are the names of those that each of its kind carries."""

    sub_id: int
    name: str
    objects: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of ``objects`` or of ``notifications``, by their names, of which one is given.

    ``sub_id`` is its number under haxGroups; without ``condition`` it is mandatory.
    """

    sub_id: int
    name: str
    objects: tuple[str, ...]
    description: str
    condition: str | None = None
    notifications: tuple[str, ...] = ()
