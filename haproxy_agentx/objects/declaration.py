"""The vocabulary of the declaration: what a managed object is, before any of them is named.

Pure records. SMIv2 clauses: OBJECT-TYPE RFC 2578 section 7, NOTIFICATION-TYPE RFC 2578 section 8, TEXTUAL-CONVENTION
RFC 2579 section 3, OBJECT-GROUP and NOTIFICATION-GROUP RFC 2580 sections 3 and 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.objects.syntax import Syntax

Access = Literal["read-only", "not-accessible"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    ``sub_id`` is its number under the entry; ``field`` is the CSV or ``show info`` field that its text comes from, or
    "" where the daemon itself makes the value; ``aliases`` are other spellings of that field in other versions.
    """

    sub_id: int
    name: str
    syntax: Syntax
    field: str
    description: str
    units: str | None = None
    access: Access = "read-only"
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table under haxObjects.

    ``indexes`` are all its index columns in order, those of the tables above it first and its own last. ``columns``
    are the accessible ones, sorted by number. ``rows`` says in the module what a row is.
    """

    sub_id: int
    name: str
    entry: str
    indexes: tuple[Column, ...]
    columns: tuple[Column, ...]
    description: str
    row: str

    @property
    def index(self) -> Column:
        """The index column that this table itself defines."""
        return self.indexes[-1]

    @property
    def oid(self) -> Oid:
        """The table's entry, relative to haxObjects: a cell is this, the column's sub_id and the index."""
        return (self.sub_id, 1)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar under haxAgent; its only instance is .0."""

    sub_id: int
    name: str
    syntax: Syntax
    description: str
    units: str | None = None


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
