"""The text of HAPROXY-AGENTX-MIB, rendered from the declaration. Pure.

``python -m haproxy_agentx.objects.module > mib/HAPROXY-AGENTX-MIB.txt`` makes the file that is committed.
"""

from collections import defaultdict
from collections.abc import Iterator

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.objects import smi
from haproxy_agentx.objects.agent_objects import AgentRow
from haproxy_agentx.objects.root import LAST_UPDATED
from haproxy_agentx.objects.schema import (
    CONVENTIONS,
    GROUPS,
    NODES,
    NOTIFICATIONS,
    ROOT,
    SCALARS,
    TABLES,
    Column,
    Convention,
    Group,
    Notification,
    Scalar,
    Table,
)

NAME = "HAPROXY-AGENTX-MIB"
IDENTITY = "haproxyAgentxMIB"
_FIRST = (
    "First version: the subagent and its sources, the statistics of HAProxy, the health of services with VRRP, and the "
    "events with their notifications."
)
REVISIONS = ((LAST_UPDATED, _FIRST),)
"""Newest first (RFC 2578 5.5)."""

_HOMES = {
    "Counter32": "SNMPv2-SMI",
    "Counter64": "SNMPv2-SMI",
    "Gauge32": "SNMPv2-SMI",
    "Integer32": "SNMPv2-SMI",
    "Unsigned32": "SNMPv2-SMI",
    "TimeTicks": "SNMPv2-SMI",
    "DateAndTime": "SNMPv2-TC",
    "RowPointer": "SNMPv2-TC",
    "TimeStamp": "SNMPv2-TC",
    "TruthValue": "SNMPv2-TC",
    "CounterBasedGauge64": "HCNUM-TC",
    "SnmpAdminString": "SNMP-FRAMEWORK-MIB",
}
"""Where a syntax is defined that this module does not define itself."""

CONTACT = (
    "The haproxy-agentx project has no postal or electronic address of its own. Report problems to the party that you "
    "obtained this software from."
)
"""CONTACT-INFO. It names what ``authors`` and ``urls`` of pyproject.toml have, once there are any."""

_ABOUT = (
    "The MIB module for HAProxy and keepalived, implemented by the AgentX subagent haproxy-agentx on the host of the "
    "load balancer: the statistics of HAProxy about processes, frontends, backends, servers and listeners; the role of "
    "this node in VRRP; and both combined, the health of each service, with notifications of each change and its "
    "cause. Begin with haxHealth. All objects are read-only. An object that does not apply to a row, that this version "
    "of HAProxy does not have, or whose value is not known is not instantiated; it is never made up as 0. Row indexes "
    "are assigned to names permanently: see HaxIndex. Names longer than 255 octets are cut."
)


def _base(syntax: str) -> str:
    """Return a syntax without its range."""
    return syntax.partition(" ")[0]


def _imports(anchor: str, home: str) -> str:
    wanted = defaultdict(
        set,
        {
            "SNMPv2-SMI": {"MODULE-IDENTITY", "NOTIFICATION-TYPE", "OBJECT-TYPE"},
            "SNMPv2-TC": {"TEXTUAL-CONVENTION"},
            "SNMPv2-CONF": {"MODULE-COMPLIANCE", "NOTIFICATION-GROUP", "OBJECT-GROUP"},
        },
    )
    if home:
        wanted[home].add(anchor)
    used = [scalar.syntax.name for scalar in SCALARS]
    used += [column.syntax.name for table in TABLES for column in (*table.indexes, *table.columns)]
    used += [convention.syntax for convention in CONVENTIONS]
    for name in map(_base, used):
        if name in _HOMES:
            wanted[_HOMES[name]].add(name)
    parts = (f"{smi.listed(sorted(names), 4)}\n        FROM {module}" for module, names in wanted.items())
    return "IMPORTS\n" + "\n".join(parts) + ";"


def _identity(parent: str, last: int) -> Iterator[str]:
    yield f"{IDENTITY} MODULE-IDENTITY"
    yield f'    LAST-UPDATED "{REVISIONS[0][0]}"'
    yield '    ORGANIZATION "The haproxy-agentx project"'
    yield "    CONTACT-INFO"
    yield smi.quoted(CONTACT, 8)
    yield "    DESCRIPTION"
    yield smi.quoted(_ABOUT, 8)
    for date, said in REVISIONS:
        yield f'    REVISION "{date}"'
        yield "    DESCRIPTION"
        yield smi.quoted(said, 8)
    yield f"    ::= {{ {parent} {last} }}"


def _arcs(anchor: str, arcs: Oid) -> tuple[str, list[str]]:
    """Return the name of the root's parent and the definitions of the nodes between it and the anchor."""
    lines = []
    for depth, arc in enumerate(arcs[:-1], 1):
        lines.append(f"haxSite{depth} OBJECT IDENTIFIER ::= {{ {anchor} {arc} }}")
        anchor = f"haxSite{depth}"
    return anchor, lines


def _nodes() -> Iterator[str]:
    names = {(): IDENTITY} | {node.oid: node.name for node in NODES}
    for node in NODES:
        yield f"{node.name:<16} OBJECT IDENTIFIER ::= {{ {names[node.oid[:-1]]} {node.oid[-1]} }}"


def _convention(convention: Convention) -> Iterator[str]:
    yield f"{convention.name} ::= TEXTUAL-CONVENTION"
    if convention.hint:
        yield f'    DISPLAY-HINT "{convention.hint}"'
    yield "    STATUS current"
    yield "    DESCRIPTION"
    yield smi.quoted(convention.description, 8)
    if convention.labels is None:
        yield f"    SYNTAX {convention.syntax}"
    else:
        yield f"    SYNTAX {convention.syntax} {{\n{smi.labels(convention.labels, 8)}\n    }}"


def _object(thing: Column | Scalar[AgentRow], parent: str) -> Iterator[str]:
    yield f"{thing.name} OBJECT-TYPE"
    yield f"    SYNTAX {thing.syntax.name}"
    if thing.units:
        yield f'    UNITS "{thing.units}"'
    yield f"    MAX-ACCESS {thing.access if isinstance(thing, Column) else 'read-only'}"
    yield "    STATUS current"
    yield "    DESCRIPTION"
    yield smi.quoted(thing.description, 8)
    yield f"    ::= {{ {parent} {thing.sub_id} }}"


def _table(table: Table[Column]) -> Iterator[str]:
    row = table.entry[0].upper() + table.entry[1:]
    cells = table.defined
    yield f"{table.name} OBJECT-TYPE"
    yield f"    SYNTAX SEQUENCE OF {row}"
    yield "    MAX-ACCESS not-accessible\n    STATUS current\n    DESCRIPTION"
    yield smi.quoted(table.description, 8)
    yield f"    ::= {{ haxObjects {table.sub_id} }}\n"
    yield f"{table.entry} OBJECT-TYPE"
    yield f"    SYNTAX {row}"
    yield "    MAX-ACCESS not-accessible\n    STATUS current\n    DESCRIPTION"
    yield smi.quoted(table.row, 8)
    yield f"    INDEX {{ {', '.join(index.name for index in table.indexes)} }}"
    yield f"    ::= {{ {table.name} 1 }}\n"
    yield f"{row} ::= SEQUENCE {{"
    yield smi.listed((f"{cell.name:<34} {_base(cell.syntax.name)}" for cell in cells), 4)
    yield "}"
    for cell in cells:
        yield ""
        yield from _object(cell, table.entry)


def _notification(notification: Notification) -> Iterator[str]:
    yield f"{notification.name} NOTIFICATION-TYPE"
    yield f"    OBJECTS {{\n{smi.listed(notification.objects, 8)}\n    }}"
    yield "    STATUS current\n    DESCRIPTION"
    yield smi.quoted(notification.description, 8)
    yield f"    ::= {{ haxNotifications {notification.sub_id} }}"


def _group(group: Group) -> Iterator[str]:
    kind, clause = ("NOTIFICATION-GROUP", "NOTIFICATIONS") if group.notifications else ("OBJECT-GROUP", "OBJECTS")
    yield f"{group.name} {kind}"
    yield f"    {clause} {{\n{smi.listed(group.notifications or group.objects, 8)}\n    }}"
    yield "    STATUS current\n    DESCRIPTION"
    yield smi.quoted(group.description, 8)
    yield f"    ::= {{ haxGroups {group.sub_id} }}"


def _compliance() -> Iterator[str]:
    yield "haxCompliance MODULE-COMPLIANCE\n    STATUS current\n    DESCRIPTION"
    yield smi.quoted(
        "The compliance statement of the subagent. An object is instantiated only where it has a value.", 8
    )
    yield "    MODULE"
    mandatory = (group.name for group in GROUPS if group.condition is None)
    yield f"        MANDATORY-GROUPS {{\n{smi.listed(mandatory, 12)}\n        }}"
    for group in GROUPS:
        if group.condition:
            yield f"        GROUP {group.name}\n        DESCRIPTION"
            yield smi.quoted(group.condition, 12)
    yield "    ::= { haxCompliances 1 }"


def _body() -> Iterator[str]:
    yield smi.section("Textual conventions", "The numbers of an enumeration never change; new ones may be added.")
    for convention in CONVENTIONS:
        yield "\n".join(_convention(convention))
    yield smi.section("The tree", "The number 0 of haxNotifications is what SNMPv1 traps need (RFC 2578 8.5).")
    yield "\n".join(_nodes())
    yield smi.section("haxAgent", "The subagent itself.")
    for scalar in SCALARS:
        yield "\n".join(_object(scalar, "haxAgent"))
    for table in TABLES:
        yield smi.section(table.name, table.row)
        yield "\n".join(_table(table))
    yield smi.section("haxNotifications", "A notification is the row of its event in haxEventTable.")
    for notification in NOTIFICATIONS:
        yield "\n".join(_notification(notification))
    yield smi.section("Conformance", "Every object and notification is in one group (RFC 2580 3.1, 4.1).")
    for group in GROUPS:
        yield "\n".join(_group(group))
    yield "\n".join(_compliance())


def render(root: Oid = ROOT) -> str:
    """Return the text of the module, rooted at ``root``. Raises ValueError for a root that is not below iso (1)."""
    anchor, home, arcs = smi.anchor(root)
    parent, between = _arcs(anchor, arcs)
    parts = [f"{NAME} DEFINITIONS ::= BEGIN", _imports(anchor, home), "\n".join(_identity(parent, arcs[-1]))]
    if between:
        parts.append("\n".join(between))
    return "\n\n".join([*parts, *_body(), "END"]) + "\n"
