"""The tree, every object, notification and convention of the MIB as tables, for docs/mib.md. Pure.

Numbers are relative to the root, so that the document holds for a site that moved it.
"""

import re
from collections.abc import Iterable, Iterator

from haproxy_agentx.agentx.oid import Oid, dotted
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.agent_objects import AgentRow
from haproxy_agentx.objects.declaration import Column, Convention, Scalar, Table
from tools.documents.parts import Parts, table

_MARKUP = re.compile(r"([\\*_<>|\[\]])")
"""What Markdown would read in a DESCRIPTION outside of backquotes, which mean in both that a text is literal."""


def tree() -> str:
    """Return the nodes below the root that hold objects: number, name, indexes, description."""
    rows = [
        (_number(schema.NOTIFICATIONS_NODE), "haxNotifications", "", "[The notifications](#notifications)."),
        (_number(schema.AGENT), _link("haxAgent"), "", "The subagent itself, and the health of the node."),
    ]
    rows += [
        (
            _number((*schema.OBJECTS, table.sub_id)),
            _link(table.name),
            ", ".join(index.name for index in table.indexes),
            _plain(table.description),
        )
        for table in schema.TABLES
    ]
    return table(("OID below the root", "name", "index", "description"), rows)


def objects() -> str:
    """Return a table of the scalars and one of each table's columns: number, name, type, unit, description."""
    scalars = ((_below(schema.scalar_oid(scalar)), scalar) for scalar in schema.SCALARS)
    parts = [f"### haxAgent\n\nScalars: the only instance is .0.\n\n{_objects(scalars)}"]
    parts += [f"### {table.name}\n\n{_plain(table.row)}\n\n{_objects(_columns(table))}" for table in schema.TABLES]
    return "\n\n".join(parts)


def notifications() -> str:
    """Return the notifications: number, name, objects in their order, description."""
    rows = (
        (
            _number((*schema.NOTIFICATIONS_NODE, one.sub_id)),
            one.name,
            ", ".join(one.objects),
            _plain(one.description),
        )
        for one in schema.NOTIFICATIONS
    )
    return table(("OID below the root", "name", "objects", "description"), rows)


def conventions() -> str:
    """Return the textual conventions: name, base type, named numbers or bits, description."""
    rows = ((one.name, one.syntax, _labels(one), _plain(one.description)) for one in schema.CONVENTIONS)
    return table(("name", "base type", "values", "description"), rows)


def _objects(numbered: Iterable[tuple[Oid, Column | Scalar[AgentRow]]]) -> str:
    rows = ((_number(oid), one.name, _type(one), one.units or "", _plain(one.description)) for oid, one in numbered)
    return table(("OID below the root", "name", "type", "unit", "description"), rows)


def _columns(table: Table[Column]) -> Iterator[tuple[Oid, Column]]:
    for column in table.defined:
        yield _below(schema.column_oid(table, column)), column


def _type(one: Column | Scalar[AgentRow]) -> str:
    hidden = isinstance(one, Column) and one.access == "not-accessible"
    return f"{one.syntax.name}, not-accessible" if hidden else one.syntax.name


def _labels(convention: Convention) -> str:
    return ", ".join(f"{label}({number})" for label, number in (convention.labels or {}).items())


def _below(oid: Oid) -> Oid:
    return oid[len(schema.ROOT) :]


def _number(oid: Oid) -> str:
    return f".{dotted(oid)}"


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _plain(text: str) -> str:
    """Return a DESCRIPTION as Markdown that reads the same."""
    pieces = text.split("`")
    pieces[::2] = [_MARKUP.sub(r"\\\1", piece) for piece in pieces[::2]]
    pieces[1::2] = [piece.replace("|", r"\|") for piece in pieces[1::2]]
    return "`".join(pieces)


PARTS: Parts = {
    "tree": tree,
    "objects": objects,
    "notifications": notifications,
    "conventions": conventions,
}
"""What is generated, by name."""
