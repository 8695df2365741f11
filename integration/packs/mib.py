"""The declaration of the MIB, as a pack asks for it: objects by their name, with any root. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from haproxy_agentx.agentx.oid import Oid, dotted
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.agent_objects import AgentRow
from haproxy_agentx.objects.declaration import Column, Notification, Scalar, Table

COUNTERS = ("Counter32", "Counter64")
TEXTS = ("SnmpAdminString", "RowPointer")

_SCALARS: Mapping[str, Scalar[AgentRow]] = {scalar.name: scalar for scalar in schema.SCALARS}
_COLUMNS: Mapping[str, tuple[Table[Column], Column]] = {
    column.name: (table, column) for table in schema.TABLES for column in table.columns
}
_NOTIFICATIONS: Mapping[str, Notification] = {one.name: one for one in schema.NOTIFICATIONS}
TABLES: Mapping[str, Table[Column]] = {table.name: table for table in schema.TABLES}


@dataclass(frozen=True, slots=True)
class Object:
    """A scalar or a column. ``oid`` is without the instance; ``instance`` is '0' of a scalar, '' of a column."""

    name: str
    oid: str
    syntax: str
    description: str
    units: str
    labels: Mapping[str, int]
    table: str

    @property
    def instance(self) -> str:
        """The only instance of a scalar, an empty text for a column."""
        return "" if self.table else "0"

    @property
    def is_counter(self) -> bool:
        """Whether it counts, so that its rate is of interest."""
        return self.syntax in COUNTERS

    @property
    def is_text(self) -> bool:
        """Whether its value is a text."""
        return self.syntax in TEXTS

    @property
    def is_enumeration(self) -> bool:
        """Whether its value is one of named numbers."""
        return bool(self.labels) and self.syntax != "HaxReasons"


@dataclass(frozen=True, slots=True)
class Mib:
    """The module with a root."""

    root: Oid = schema.ROOT

    def object(self, name: str) -> Object:
        """Return a scalar or a column by its name. KeyError where the module has none of that name."""
        if scalar := _SCALARS.get(name):
            return self._made(scalar, schema.scalar_oid(scalar, self.root), "")
        table, column = _COLUMNS[name]
        return self._made(column, schema.column_oid(table, column, self.root), table.name)

    def entry(self, table: str) -> str:
        """Return the OID of a table's entry."""
        return dotted((*self.root, *schema.OBJECTS, *TABLES[table].oid))

    def notification(self, name: str) -> str:
        """Return the OID of a notification."""
        return dotted((*self.root, *schema.NOTIFICATIONS_NODE, _NOTIFICATIONS[name].sub_id))

    def value(self, name: str, label: str) -> int:
        """Return the number of a label of an enumeration."""
        return self.object(name).labels[label]

    @property
    def base(self) -> str:
        """The root, dotted."""
        return dotted(self.root)

    def _made(self, one: Scalar[AgentRow] | Column, oid: Oid, table: str) -> Object:
        syntax = one.syntax
        return Object(
            one.name, dotted(oid), syntax.name, one.description, one.units or "", dict(syntax.labels or {}), table
        )


NOTIFICATIONS = tuple(_NOTIFICATIONS)
"""The names of all notifications."""


def carried(notification: str) -> tuple[str, ...]:
    """Return the names of the objects of a notification, in their permanent order."""
    return _NOTIFICATIONS[notification].objects


def index_names(table: str) -> tuple[str, ...]:
    """Return the names of the index columns of a table, the outermost first."""
    return tuple(index.name for index in TABLES[table].indexes)
