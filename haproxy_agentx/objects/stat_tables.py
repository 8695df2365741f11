"""The four tables of `show stat`: frontends, backends, servers, listeners.

CSV field N is column 10 + N in each of them (management guide 9.1 numbers the fields), so a number means the same
everywhere and a field that a later version adds never shifts another. What is derived from a field starts at 201.
"""

from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.declaration import Column, FieldColumn, Table
from haproxy_agentx.objects.process_columns import PROCESS_INDEX
from haproxy_agentx.objects.stat_fields import KINDS, STAT_FIELDS, StatField
from haproxy_agentx.objects.syntax import TEXT

FIRST_FIELD = 10
"""The column of field 0."""


def _column(stat: StatField, kind: str) -> FieldColumn:
    return FieldColumn(
        FIRST_FIELD + stat.number,
        f"hax{KINDS[kind].title()}{stat.suffix_for(kind)}",
        stat.syntax_for(kind),
        f"{stat.description_for(kind)} Field {stat.number}, '{stat.name}', of show stat.",
        stat.units,
        field=stat.name,
    )


def _status_text(kind: str) -> FieldColumn:
    return FieldColumn(
        201,
        f"hax{KINDS[kind].title()}StatusText",
        TEXT,
        "The status as HAProxy wrote it, such as 'UP 2/3'. Field 17, 'status', of show stat.",
        field="status",
    )


_SERVER_DERIVED = (
    FieldColumn(
        202,
        "haxServerStatusStep",
        tc.STATUS_STEP,
        "The x of a status such as 'UP x/y' or 'DOWN x/y'. A server that is UP 2/3 goes down after 2 more failed "
        "checks in a row; one that is DOWN 1/3 has passed 1 of the 3 checks that bring it up. Not instantiated when "
        "the status is not on the way to another. Derived from field 17, 'status', of show stat.",
        "checks",
        field="status",
    ),
    FieldColumn(
        203,
        "haxServerStatusSteps",
        tc.STATUS_STEPS,
        "The y of a status such as 'UP x/y' or 'DOWN x/y': 'fall' of a server that is up, 'rise' of one that is down. "
        "Not instantiated when the status is not on the way to another. Derived from field 17, 'status', of show stat.",
        "checks",
        field="status",
    ),
    FieldColumn(
        204,
        "haxServerAdminState",
        tc.ADMIN_STATE,
        "The administrative state of the server, as far as its status shows it. Derived from field 17, 'status', of "
        "show stat.",
        field="status",
    ),
    FieldColumn(
        205,
        "haxServerCheckInProgress",
        tc.IN_PROGRESS,
        "Whether a health check runs at this moment. Not instantiated for a server that is not checked. Derived from "
        "field 36, 'check_status', of show stat.",
        field="check_status",
    ),
    FieldColumn(
        206,
        "haxServerAgentInProgress",
        tc.IN_PROGRESS,
        "Whether an agent check runs at this moment. Not instantiated without 'agent-check'. Derived from field 62, "
        "'agent_status', of show stat.",
        field="agent_status",
    ),
)


def _columns(kind: str, *derived: FieldColumn) -> tuple[FieldColumn, ...]:
    fields = (_column(stat, kind) for stat in STAT_FIELDS if kind in stat.kinds)
    return (*fields, _status_text(kind), *derived)


def _index(kind: str, named_by: str) -> Column:
    word = KINDS[kind]
    return Column(
        1,
        f"hax{word.title()}Index",
        tc.INDEX,
        f"The index of the {word}; it is assigned to {named_by} permanently.",
        access="not-accessible",
    )


FRONTEND_INDEX = _index("F", "haxFrontendName within its process")
BACKEND_INDEX = _index("B", "haxBackendName within its process")
SERVER_INDEX = _index("S", "haxServerName within its backend")
LISTENER_INDEX = _index("L", "haxListenerName within its frontend")

_COMMON = (
    "CSV field N of show stat (HAProxy management guide, 9.1) is column 10 + N; columns from 201 on are derived from a "
    "field. Not instantiated where HAProxy leaves the field empty, because it does not apply, or where this version "
    "does not have it. Discontinuities of counters occur when haxProcessDiscontinuityTime changes; 'clear counters "
    "all' on HAProxy's socket resets them without one."
)

FRONTEND_TABLE: Table[FieldColumn] = Table(
    7,
    "haxFrontendTable",
    "haxFrontendEntry",
    (PROCESS_INDEX, FRONTEND_INDEX),
    _columns("F"),
    f"The frontends, and the front sides of listen sections. {_COMMON}",
    "One frontend of one HAProxy process.",
)
BACKEND_TABLE: Table[FieldColumn] = Table(
    8,
    "haxBackendTable",
    "haxBackendEntry",
    (PROCESS_INDEX, BACKEND_INDEX),
    _columns("B"),
    f"The backends, and the back sides of listen sections, which have the number of their front side. {_COMMON}",
    "One backend of one HAProxy process. HAProxy reports a backend without servers as UP, and one whose servers are "
    "not checked as UP even when they are dead.",
)
SERVER_TABLE: Table[FieldColumn] = Table(
    9,
    "haxServerTable",
    "haxServerEntry",
    (PROCESS_INDEX, BACKEND_INDEX, SERVER_INDEX),
    _columns("S", *_SERVER_DERIVED),
    f"The servers of the backends. {_COMMON}",
    "One server of one backend.",
)
LISTENER_TABLE: Table[FieldColumn] = Table(
    10,
    "haxListenerTable",
    "haxListenerEntry",
    (PROCESS_INDEX, FRONTEND_INDEX, LISTENER_INDEX),
    _columns("L"),
    f"The listening sockets of frontends that have 'option socket-stats'. {_COMMON}",
    "One listening socket of one frontend.",
)
