"""HAPROXY-AGENTX-MIB as Python: the single declaration that the module text and the answering tables come from.

OIDs here are relative: a table to haxObjects, a scalar to haxAgent, a node to the root. ``ROOT`` is where the module
is rooted unless the configuration says otherwise.
"""

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.objects import conventions, health_conventions, pair_conventions
from haproxy_agentx.objects.agent_objects import (
    EVENT_SCALARS,
    HEALTH_SCALARS,
    PROBLEM_SCALARS,
    SELF_SCALARS,
    AgentRow,
)
from haproxy_agentx.objects.certificate_objects import CERTIFICATE_TABLE
from haproxy_agentx.objects.declaration import Access, Column, Convention, Group, MibNode, Notification, Scalar, Table
from haproxy_agentx.objects.event_objects import EVENT_TABLE
from haproxy_agentx.objects.member_objects import SERVICE_MEMBER_TABLE
from haproxy_agentx.objects.notification_objects import NOTIFICATIONS
from haproxy_agentx.objects.pair_objects import PAIR_MEMBER_TABLE, PAIR_SCALARS, PAIR_TABLE
from haproxy_agentx.objects.peer_objects import PEER_TABLE
from haproxy_agentx.objects.process_columns import PROCESS_TABLE
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.objects.service_objects import SERVICE_TABLE
from haproxy_agentx.objects.source_objects import SOURCE_TABLE
from haproxy_agentx.objects.stat_tables import BACKEND_TABLE, FRONTEND_TABLE, LISTENER_TABLE, SERVER_TABLE
from haproxy_agentx.objects.vrrp_objects import VRRP_TABLE

__all__ = [
    "AGENT",
    "BACKEND_TABLE",
    "CERTIFICATE_TABLE",
    "CONVENTIONS",
    "EVENT_TABLE",
    "FRONTEND_TABLE",
    "GROUPS",
    "LISTENER_TABLE",
    "NODES",
    "NOTIFICATIONS",
    "NOTIFICATIONS_NODE",
    "OBJECTS",
    "PAIR_MEMBER_TABLE",
    "PAIR_TABLE",
    "PEER_TABLE",
    "PROCESS_TABLE",
    "ROOT",
    "SCALARS",
    "SERVER_TABLE",
    "SERVICE_MEMBER_TABLE",
    "SERVICE_TABLE",
    "SOURCE_TABLE",
    "TABLES",
    "VRRP_TABLE",
    "Access",
    "Column",
    "Convention",
    "Group",
    "MibNode",
    "Notification",
    "Scalar",
    "Table",
    "column_oid",
    "index_oid",
    "row_pointer",
    "scalar_oid",
]

NOTIFICATIONS_NODE: Oid = (0,)
"""haxNotifications, relative to the root."""

OBJECTS: Oid = (1,)
"""haxObjects, relative to the root."""

AGENT: Oid = (1, 1)
"""haxAgent, relative to the root."""

NODES: tuple[MibNode, ...] = (
    MibNode("haxNotifications", NOTIFICATIONS_NODE),
    MibNode("haxObjects", OBJECTS),
    MibNode("haxConformance", (2,)),
    MibNode("haxAgent", AGENT),
    MibNode("haxCompliances", (2, 1)),
    MibNode("haxGroups", (2, 2)),
)

CONVENTIONS: tuple[Convention, ...] = (
    *conventions.CONVENTIONS,
    *health_conventions.CONVENTIONS,
    *pair_conventions.CONVENTIONS,
)

TABLES: tuple[Table[Column], ...] = (
    SOURCE_TABLE,
    SERVICE_TABLE,
    SERVICE_MEMBER_TABLE,
    VRRP_TABLE,
    PROCESS_TABLE,
    FRONTEND_TABLE,
    BACKEND_TABLE,
    SERVER_TABLE,
    LISTENER_TABLE,
    EVENT_TABLE,
    CERTIFICATE_TABLE,
    PEER_TABLE,
    PAIR_TABLE,
    PAIR_MEMBER_TABLE,
)

SCALARS: tuple[Scalar[AgentRow], ...] = tuple(
    sorted(
        (*SELF_SCALARS, *HEALTH_SCALARS, *PAIR_SCALARS, *EVENT_SCALARS, *PROBLEM_SCALARS),
        key=lambda scalar: scalar.sub_id,
    )
)


def scalar_oid(scalar: Scalar[AgentRow], root: Oid = ROOT) -> Oid:
    """Return the object identifier of a scalar, without its instance 0."""
    return (*root, *AGENT, scalar.sub_id)


def column_oid(table: Table[Column], column: Column, root: Oid = ROOT) -> Oid:
    """Return the object identifier of a column, without an index."""
    return (*root, *OBJECTS, *table.oid, column.sub_id)


def index_oid(table: Table[Column], root: Oid = ROOT) -> Oid:
    """Return the object identifier of a table's own index column."""
    return column_oid(table, table.index, root)


def row_pointer(table: Table[Column], index: Oid, root: Oid = ROOT) -> Oid:
    """Return the RowPointer to a row: the instance of its first accessible column (RFC 2579)."""
    return (*column_oid(table, table.columns[0], root), *index)


def _of(table: Table[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def _names(scalars: tuple[Scalar[AgentRow], ...]) -> tuple[str, ...]:
    return tuple(scalar.name for scalar in scalars)


GROUPS: tuple[Group, ...] = (
    Group(1, "haxAgentGroup", _names(SELF_SCALARS), "The objects that describe the subagent itself."),
    Group(2, "haxSourceGroup", _of(SOURCE_TABLE), "The sources that the subagent reads, and the results."),
    Group(
        3,
        "haxProcessGroup",
        _of(PROCESS_TABLE),
        "The objects of an HAProxy process. Most of them need its socket: over HTTP there is no show info.",
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
    Group(
        8,
        "haxServiceGroup",
        (*_names(HEALTH_SCALARS), *_of(SERVICE_TABLE), *_of(SERVICE_MEMBER_TABLE)),
        "The health of services, and their members.",
    ),
    Group(
        9,
        "haxVrrpGroup",
        _of(VRRP_TABLE),
        "The VRRP instances of keepalived.",
        "Only where keepalived runs beside the subagent.",
    ),
    Group(10, "haxEventGroup", (*_names(EVENT_SCALARS), *_of(EVENT_TABLE)), "The log of events and its outbox."),
    Group(
        11,
        "haxNotificationGroup",
        (),
        "The notifications.",
        notifications=tuple(notification.name for notification in NOTIFICATIONS),
    ),
    Group(12, "haxProblemGroup", _names(PROBLEM_SCALARS), "The problems of services and of their monitoring."),
    Group(
        13,
        "haxCertificateGroup",
        _of(CERTIFICATE_TABLE),
        "The certificates of frontends.",
        "Only where HAProxy is of version 3.2 or later.",
    ),
    Group(
        14,
        "haxPairGroup",
        (*_names(PAIR_SCALARS), *_of(PAIR_TABLE), *_of(PAIR_MEMBER_TABLE)),
        "The services over all nodes that have them.",
    ),
    Group(15, "haxPeerGroup", _of(PEER_TABLE), "The other nodes.", "Only where peers are configured."),
)
