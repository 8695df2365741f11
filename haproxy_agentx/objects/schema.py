"""HAPROXY-AGENTX-MIB as Python: the single declaration that the module text and the answering tables come from.

OIDs here are relative: a table to haxObjects, a scalar to haxAgent, a node to the root. ``ROOT`` is where the module
is rooted unless the configuration says otherwise.
"""

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.objects.agent_objects import RESERVED_SCALARS, SCALARS, SOURCE_TABLE
from haproxy_agentx.objects.conventions import CONVENTIONS
from haproxy_agentx.objects.declaration import Access, Column, Convention, Group, Node, Scalar, Table
from haproxy_agentx.objects.process_columns import PROCESS_TABLE
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.objects.stat_tables import BACKEND_TABLE, FRONTEND_TABLE, LISTENER_TABLE, SERVER_TABLE

__all__ = [
    "AGENT",
    "BACKEND_TABLE",
    "CONVENTIONS",
    "FRONTEND_TABLE",
    "GROUPS",
    "LISTENER_TABLE",
    "NODES",
    "OBJECTS",
    "PROCESS_TABLE",
    "RESERVED_SCALARS",
    "RESERVED_TABLES",
    "ROOT",
    "SCALARS",
    "SERVER_TABLE",
    "SOURCE_TABLE",
    "TABLES",
    "Access",
    "Column",
    "Convention",
    "Group",
    "Node",
    "Scalar",
    "Table",
    "column_oid",
    "index_oid",
    "scalar_oid",
]

OBJECTS: Oid = (1,)
"""haxObjects, relative to the root."""

AGENT: Oid = (1, 1)
"""haxAgent, relative to the root."""

NODES: tuple[Node, ...] = (
    Node("haxNotifications", (0,)),
    Node("haxObjects", OBJECTS),
    Node("haxConformance", (2,)),
    Node("haxAgent", AGENT),
    Node("haxCompliances", (2, 1)),
    Node("haxGroups", (2, 2)),
)

TABLES: tuple[Table, ...] = (
    SOURCE_TABLE,
    PROCESS_TABLE,
    FRONTEND_TABLE,
    BACKEND_TABLE,
    SERVER_TABLE,
    LISTENER_TABLE,
)

RESERVED_TABLES = (
    (3, "haxServiceTable"),
    (4, "haxServiceMemberTable"),
    (5, "haxVrrpTable"),
    (11, "haxEventTable"),
)
"""Numbers under haxObjects that are kept free, and for what; the module says so."""


def scalar_oid(scalar: Scalar, root: Oid = ROOT) -> Oid:
    """Give the object identifier of a scalar, without its instance 0."""
    return (*root, *AGENT, scalar.sub_id)


def column_oid(table: Table, column: Column, root: Oid = ROOT) -> Oid:
    """Give the object identifier of a column, without an index."""
    return (*root, *OBJECTS, *table.oid, column.sub_id)


def index_oid(table: Table, root: Oid = ROOT) -> Oid:
    """Give the object identifier of a table's own index column."""
    return column_oid(table, table.index, root)


def _of(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


GROUPS: tuple[Group, ...] = (
    Group(1, "haxAgentGroup", tuple(scalar.name for scalar in SCALARS), "What the subagent tells of itself."),
    Group(2, "haxSourceGroup", _of(SOURCE_TABLE), "What the subagent reads, and how that goes."),
    Group(
        3,
        "haxProcessGroup",
        _of(PROCESS_TABLE),
        "What an HAProxy process tells of itself. Most of it needs its socket: over HTTP there is no show info.",
    ),
    Group(4, "haxFrontendGroup", _of(FRONTEND_TABLE), "The statistics of frontends."),
    Group(5, "haxBackendGroup", _of(BACKEND_TABLE), "The statistics of backends."),
    Group(6, "haxServerGroup", _of(SERVER_TABLE), "The statistics of servers."),
    Group(
        7,
        "haxListenerGroup",
        _of(LISTENER_TABLE),
        "The statistics of listening sockets.",
        "Only where frontends have 'option socket-stats'.",
    ),
)
