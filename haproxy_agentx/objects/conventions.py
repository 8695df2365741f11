"""The textual conventions of HAProxy and its sources, and the syntaxes that only the module's own objects use.

The named numbers of statuses are the enumerations of haproxy/, their single source. The conventions end in Type, as
names that differ only in case from an object's are refused by MIB tools (haxServerStatus, HaxServerOperStatus).
"""

import struct
from dataclasses import replace
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from haproxy_agentx.haproxy import status
from haproxy_agentx.haproxy.master import ReloadResult
from haproxy_agentx.health.severity import ProblemSeverity
from haproxy_agentx.objects.declaration import Convention
from haproxy_agentx.objects.syntax import (
    COUNTER64,
    GAUGE32,
    INTEGER32,
    TEXT,
    UNSIGNED32,
    Syntax,
    TextSyntax,
    derived,
    enumeration,
    named,
    printable,
)
from haproxy_agentx.vocabulary.source import SourceKind, SourceState

_MODES = ("tcp", "http", "health", "cli", "syslog", "peers", "spop")
_MODE_LABELS = {mode: number for number, mode in enumerate((*_MODES, "other"), 1)}


class StoreState(IntEnum):
    """HaxStoreState."""

    ok = 1
    memoryOnly = 2  # noqa: N815  the labels of the MIB
    hangs = 3


def _progress(part: int) -> TextSyntax[int]:
    base = (GAUGE32, UNSIGNED32)[part]
    return derived(base, lambda text: b"%d" % found[part] if (found := status.server_progress(text)) else b"")


def _date(seconds: float) -> bytes | None:
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    tenths = at.microsecond // 100_000
    return struct.pack(">HBBBBBBcBB", at.year, at.month, at.day, at.hour, at.minute, at.second, tenths, b"+", 0, 0)


INDEX = replace(UNSIGNED32, name="HaxIndex")
GAUGE64 = replace(COUNTER64, name="CounterBasedGauge64")
AGE_OR_NEVER = replace(INTEGER32, name="Integer32 (-1..2147483647)")
MESSAGE: Syntax[str] = Syntax(TEXT.name, TEXT.tag, lambda text: printable(text) or b"")
"""A text of the daemon that may be empty; in a cell of HAProxy an empty text is not instantiated."""
DATE_AND_TIME = Syntax("DateAndTime", TEXT.tag, _date)
"""Of seconds since 1970; the value is the 11 octets of RFC 2579, in UTC. What is no date has no instance."""

SERVER_STATUS = enumeration("HaxServerOperStatus", status.labels(status.ServerStatus), status.server_status)
BACKEND_STATUS = enumeration("HaxBackendOperStatus", status.labels(status.BackendStatus), status.backend_status)
FRONTEND_STATUS = enumeration("HaxFrontendOperStatus", status.labels(status.FrontendStatus), status.frontend_status)
LISTENER_STATUS = enumeration("HaxListenerOperStatus", status.labels(status.ListenerStatus), status.listener_status)
CHECK_STATUS = enumeration("HaxCheckStatus", status.labels(status.CheckStatus), status.check_status)
ADMIN_STATE = enumeration("HaxAdminState", status.labels(status.AdminState), status.admin_state)
PROXY_MODE = enumeration(
    "HaxProxyMode",
    _MODE_LABELS,
    lambda text: _MODE_LABELS.get(text.decode("ascii", "replace"), _MODE_LABELS["other"]),
)
IN_PROGRESS = enumeration("TruthValue", {"true": 1, "false": 2}, lambda text: 1 if status.check_running(text) else 2)
STATUS_STEP = _progress(0)
STATUS_STEPS = _progress(1)
SOURCE_STATE = named("HaxDataSourceState", SourceState)
SOURCE_KIND = named("HaxDataSourceKind", SourceKind)
STORE_STATE = named("HaxStoreState", StoreState)
RELOAD_RESULT = named("HaxReloadResult", ReloadResult)
PROBLEM_SEVERITY = named("HaxProblemSeverity", ProblemSeverity)


def enumerated(syntax: Syntax[Any], description: str) -> Convention:
    """Return the convention of an enumeration."""
    return Convention(syntax.name, description, "INTEGER", syntax.labels)


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "HaxIndex",
        "The index of a row. It is assigned to the name of the row, within the rows above it, permanently: across "
        "reloads, edits and reorderings of the configuration of HAProxy and keepalived, and across all restarts. For a "
        "row of HAProxy it is HAProxy's own id when that was free when the name was first seen, so that an explicit "
        "'id' makes both nodes of a pair agree; otherwise it is above 1000000. A number is never assigned to another "
        "name, so a graph never changes its server. This holds until haxAgentIndexDiscontinuityTime changes. A number "
        "from 2000000000 on is provisional: it was assigned while haxAgentStoreState was hangs(3), is never kept, and "
        "is replaced by the number that the store has for the name, at which haxAgentIndexDiscontinuityTime changes.",
        "Unsigned32 (1..2147483647)",
        hint="d",
    ),
    enumerated(
        SERVER_STATUS,
        "Status of a server. up: in use. upGoingDown: in use, and failing checks, or not checked yet since a reload. "
        "down: out of use by its checks. downGoingUp: out of use, and passing checks. downAgent: out of use by its "
        "agent. nolb, nolbGoingDown: keeps its sessions and gets no new ones, as its checks answer 404 under "
        "'disable-on-404'. drain, drainGoingDown: the same by order. drainAgent: the same by its agent. maint: in "
        "maintenance. maintVia: in maintenance with the server that it tracks. maintResolution: in maintenance as its "
        "name does not resolve. noCheck: in use and not checked, so nothing is known of its health. other: a status "
        "that this version of the subagent does not know.",
    ),
    enumerated(
        BACKEND_STATUS,
        "Status of a backend. up: some server is in use, or there is none at all. down: no server is in use, also when "
        "all are in maintenance. upUnpublished: up and not published, so that it gets no traffic. other: a status that "
        "this version of the subagent does not know.",
    ),
    enumerated(
        FRONTEND_STATUS,
        "Status of a frontend. open: it accepts. stop: it is stopped for good. paused: it is paused and can be "
        "resumed. full: at its limit of connections (HAProxy up to 1.8). other: a status that this version of the "
        "subagent does not know.",
    ),
    enumerated(
        LISTENER_STATUS,
        "Status of a listening socket. open: it accepts. full: at its limit of connections. waiting: it waits for "
        "resources of its frontend or process. other: a status that this version of the subagent does not know.",
    ),
    enumerated(
        CHECK_STATUS,
        "Result of a health check or agent check, by HAProxy's codes (management guide 9.1, field 36): layer 4, 6 or "
        "7, and ok passed, tout timeout, con connection problem, rsp invalid response, sts status that is an error, "
        "okc passed under a condition. unk: unknown. ini: no check has ended yet, which says nothing of the server. "
        "checked, hana: inner states. sockerr: no socket for the check. procok, procerr, proctout: external checks. "
        "other: a code that this version of the subagent does not know.",
    ),
    enumerated(
        ADMIN_STATE,
        "The administrative state of a server, as far as its status shows it. ready: nothing. drain: no new sessions. "
        "maint: maintenance, ordered, or with the server that it tracks, or as its name does not resolve. other: its "
        "status is not known. A server that was drained and then failed its checks shows DOWN and counts as ready.",
    ),
    enumerated(
        PROXY_MODE,
        "The mode of a proxy, in HAProxy's words. other: one that this version of the subagent does not know.",
    ),
    enumerated(
        SOURCE_STATE,
        "The result of the last attempt to read a source. ok: success. stale: no complete answer in time, or one that "
        "could not be read, so that the values shown are old. refused: the connection is refused, such as by a socket "
        "left by a dead process. denied: no permission. absent: the source does not exist. disabled: not read, by "
        "configuration.",
    ),
    enumerated(
        SOURCE_KIND,
        "The kind of a source. haproxySocket: the statistics socket of HAProxy. haproxyHttp: its statistics page. "
        "kernelAddresses: the addresses and links of the kernel, by netlink. keepalivedFifo: the lines that keepalived "
        "writes to its 'vrrp_notify_fifo'. keepalivedTraps: the notifications of keepalived, as they reach a listener "
        "of the subagent. keepalivedMib: KEEPALIVED-MIB, read through the master agent. haproxyMaster: the socket of "
        "HAProxy's master process.",
    ),
    enumerated(
        RELOAD_RESULT,
        "The result of the last reload of HAProxy, as its master process reports it. notReloaded: HAProxy has not been "
        "reloaded since the master process started. succeeded: the last reload was successful. failed: the last reload "
        "failed, such as by an error in haproxy.cfg, and the worker process from before it goes on with the "
        "configuration that it has.",
    ),
    enumerated(
        STORE_STATE,
        "Whether the store of row indexes works. ok: indexes are kept on disk. memoryOnly: the store cannot be read or "
        "written, and indexes are lost when the subagent stops. hangs: an operation of the store has not ended for "
        "more than a second. Meanwhile events are sent without being kept (haxEventMaybeRepeated), and new rows have "
        "provisional indexes.",
    ),
    enumerated(
        PROBLEM_SEVERITY,
        "The severity of a problem of the node, as haxAgentProblemSeverity has it. warning: the service or its "
        "monitoring is degraded. critical: a service does not serve, or nothing is known of it.",
    ),
)
