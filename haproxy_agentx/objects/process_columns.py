"""haxProcessTable: what `show info` gives, and what the daemon knows of the HAProxy process.

The numbers are HAProxy's own, as `show info typed` prints them (management guide 9.3), so that the column of field N is
10 + N as in the other tables. HAProxy counts most of these totals in 32 bits, hence Counter32: a Counter64 would take
each wrap for a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.haproxy.master import ReloadResult
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.declaration import Column, RowColumn, Table, column
from haproxy_agentx.objects.source_objects import SourceRow
from haproxy_agentx.objects.syntax import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    TEXT,
    TIMESTAMP,
    TRUTH,
    UNSIGNED32,
    TextSyntax,
    of_text,
)

FIRST_FIELD = 10
"""The column of field 0."""


@dataclass(frozen=True, slots=True)
class InfoField:
    """A line of `show info`: HAProxy's number and key, and ``aliases``, the key's other spellings."""

    number: int
    key: str
    suffix: str
    syntax: TextSyntax[Any]
    units: str | None
    description: str
    aliases: tuple[str, ...] = ()


_i = InfoField

# One field, one or two lines: the formatter would make a page of each.
# fmt: off
INFO_FIELDS: tuple[InfoField, ...] = (
    _i(0, "Name", "ProductName", TEXT, None, "The name of the product."),
    _i(1, "Version", "Version", TEXT, None, "The version of HAProxy."),
    _i(2, "Release_date", "ReleaseDate", TEXT, None,
       "The date of the last change of the source code, such as 2026/10/17."),
    _i(3, "Nbthread", "Threads", GAUGE32, "threads", "The number of threads started (global 'nbthread')."),
    _i(4, "Nbproc", "Processes", GAUGE32, "processes",
       "The number of worker processes started; always 1 since multi-process mode is gone."),
    _i(5, "Process_num", "ProcessNumber", UNSIGNED32, None, "The relative number of the worker process, from 1."),
    _i(6, "Pid", "Pid", UNSIGNED32, None, "The system's id of the worker process."),
    _i(7, "Uptime", "UptimeText", TEXT, None,
       "The time since the worker process started, in days, hours, minutes and seconds."),
    _i(8, "Uptime_sec", "Uptime", GAUGE32, "seconds", "The time since the worker process started."),
    _i(9, "Memmax_MB", "MemoryLimitMegabytes", UNSIGNED32, "megabytes", "The limit of memory (option -m), 0 for none."),
    _i(10, "PoolAlloc_MB", "PoolAllocatedMegabytes", GAUGE32, "megabytes", "The memory allocated in pools."),
    _i(11, "PoolUsed_MB", "PoolUsedMegabytes", GAUGE32, "megabytes", "The memory of pools in use."),
    _i(12, "PoolFailed", "PoolFailures", COUNTER32, "failures",
       "The number of failed allocations in pools: HAProxy was short of memory."),
    _i(13, "Ulimit-n", "FileLimit", UNSIGNED32, "files", "The limit of open file descriptors."),
    _i(14, "Maxsock", "SocketLimit", UNSIGNED32, "sockets", "The limit of open sockets."),
    _i(15, "Maxconn", "ConnectionLimit", UNSIGNED32, "connections",
       "The limit of connections, configured or imposed by the file limit."),
    _i(16, "Hard_maxconn", "ConnectionHardLimit", UNSIGNED32, "connections",
       "The limit of connections imposed by the memory limit or the file limit."),
    _i(17, "CurrConns", "ConnectionsCurrent", GAUGE32, "connections", "The number of connections open now."),
    _i(18, "CumConns", "ConnectionsTotal", COUNTER32, "connections",
       "The number of connections since HAProxy started, those to its sockets included."),
    _i(19, "CumReq", "RequestsTotal", COUNTER32, "requests",
       "The number of requests since HAProxy started, those to its sockets included."),
    _i(20, "MaxSslConns", "SslConnectionLimit", UNSIGNED32, "connections",
       "The limit of TLS endpoints of both sides, 0 for none."),
    _i(21, "CurrSslConns", "SslConnectionsCurrent", GAUGE32, "connections",
       "The number of TLS endpoints open now, of both sides."),
    _i(22, "CumSslConns", "SslConnectionsTotal", COUNTER32, "connections",
       "The number of TLS endpoints since HAProxy started, of both sides."),
    _i(23, "Maxpipes", "PipeLimit", UNSIGNED32, "pipes", "The limit of pipes for splicing, 0 for none."),
    _i(24, "PipesUsed", "PipesUsed", GAUGE32, "pipes", "The number of pipes in use now."),
    _i(25, "PipesFree", "PipesFree", GAUGE32, "pipes", "The number of pipes allocated and free now."),
    _i(26, "ConnRate", "ConnectionRate", GAUGE32, "connections per second",
       "The number of connections of clients in the last second."),
    _i(27, "ConnRateLimit", "ConnectionRateLimit", UNSIGNED32, "connections per second",
       "The limit of that rate (global 'maxconnrate'), 0 for none."),
    _i(28, "MaxConnRate", "ConnectionRateMax", GAUGE32, "connections per second",
       "The highest connection rate since HAProxy started."),
    _i(29, "SessRate", "SessionRate", GAUGE32, "sessions per second", "The number of sessions in the last second."),
    _i(30, "SessRateLimit", "SessionRateLimit", UNSIGNED32, "sessions per second",
       "The limit of that rate (global 'maxsessrate'), 0 for none."),
    _i(31, "MaxSessRate", "SessionRateMax", GAUGE32, "sessions per second",
       "The highest session rate since HAProxy started."),
    _i(32, "SslRate", "SslRate", GAUGE32, "connections per second",
       "The number of TLS connections in the last second."),
    _i(33, "SslRateLimit", "SslRateLimit", UNSIGNED32, "connections per second",
       "The limit of that rate (global 'maxsslrate'), 0 for none."),
    _i(34, "MaxSslRate", "SslRateMax", GAUGE32, "connections per second",
       "The highest TLS rate since HAProxy started."),
    _i(35, "SslFrontendKeyRate", "SslFrontendKeyRate", GAUGE32, "keys per second",
       "The number of TLS keys made on frontends in the last second."),
    _i(36, "SslFrontendMaxKeyRate", "SslFrontendKeyRateMax", GAUGE32, "keys per second",
       "The highest rate of TLS keys on frontends since HAProxy started."),
    _i(37, "SslFrontendSessionReuse_pct", "SslSessionReuse", GAUGE32, "percent",
       "The share of TLS connections on frontends that needed no new key."),
    _i(38, "SslBackendKeyRate", "SslBackendKeyRate", GAUGE32, "keys per second",
       "The number of TLS keys made on backends in the last second."),
    _i(39, "SslBackendMaxKeyRate", "SslBackendKeyRateMax", GAUGE32, "keys per second",
       "The highest rate of TLS keys on backends since HAProxy started."),
    _i(40, "SslCacheLookups", "SslCacheLookups", COUNTER32, "lookups",
       "The number of session ids looked up in the TLS session cache."),
    _i(41, "SslCacheMisses", "SslCacheMisses", COUNTER32, "lookups",
       "The number of session ids not found in the TLS session cache."),
    _i(42, "CompressBpsIn", "CompressInRate", GAUGE32, "bytes per second",
       "The number of bytes passed to the HTTP compressor in the last second."),
    _i(43, "CompressBpsOut", "CompressOutRate", GAUGE32, "bytes per second",
       "The number of bytes that the HTTP compressor returned in the last second."),
    _i(44, "CompressBpsRateLim", "CompressRateLimit", UNSIGNED32, "bytes per second",
       "The limit of the compressed rate, beyond which compression stops, 0 for none."),
    _i(45, "ZlibMemUsage", "ZlibMemory", GAUGE32, "bytes",
       "The memory in use for compression. Not instantiated in a build without zlib."),
    _i(46, "MaxZlibMemUsage", "ZlibMemoryLimit", UNSIGNED32, "bytes",
       "The limit of memory for compression (global 'maxzlibmem'), 0 for none. Not instantiated in a build without "
       "zlib."),
    _i(47, "Tasks", "Tasks", GAUGE32, "tasks", "The number of tasks, active and asleep."),
    _i(48, "Run_queue", "RunQueue", GAUGE32, "tasks", "The number of active tasks: those that run or wait to."),
    _i(49, "Idle_pct", "Idle", GAUGE32, "percent",
       "The share of the last second that the thread spent waiting. Near 0 HAProxy is overloaded."),
    _i(50, "node", "NodeName", TEXT, None, "The name of the node (global 'node'), by default the host's name."),
    _i(51, "description", "NodeDescription", TEXT, None,
       "The description of the node (global 'description'). Not instantiated without one."),
    _i(52, "Stopping", "Stopping", TRUTH, None, "Whether the worker process is about to stop."),
    _i(53, "Jobs", "Jobs", GAUGE32, "jobs", "The number of active jobs: connections and listeners."),
    _i(54, "Unstoppable Jobs", "UnstoppableJobs", GAUGE32, "jobs",
       "The number of jobs that cannot be stopped: connections to the master process."),
    _i(55, "Listeners", "Listeners", GAUGE32, "listeners",
       "The number of active listeners, HAProxy's own sockets included."),
    _i(56, "ActivePeers", "PeersActive", GAUGE32, "peers", "The number of peers connected and verified."),
    _i(57, "ConnectedPeers", "PeersConnected", GAUGE32, "peers", "The number of peers past the step of connecting."),
    _i(58, "DroppedLogs", "LogsDropped", COUNTER32, "messages", "The number of log messages that were dropped."),
    _i(59, "BusyPolling", "BusyPolling", TRUTH, None, "Whether busy polling is in use."),
    _i(60, "FailedResolutions", "ResolutionFailures", COUNTER32, "failures", "The number of failed DNS resolutions."),
    _i(61, "TotalBytesOut", "BytesOut", COUNTER64, "bytes", "The number of bytes sent."),
    _i(62, "TotalSplicdedBytesOut", "SplicedBytesOut", COUNTER64, "bytes",
       "The number of bytes sent through a kernel pipe. HAProxy corrected the spelling of the key in 2.8.",
       ("TotalSplicedBytesOut",)),
    _i(63, "BytesOutRate", "BytesOutRate", tc.GAUGE64, "bytes per second",
       "The number of bytes sent in the last second."),
    _i(64, "DebugCommandsIssued", "DebugCommands", COUNTER32, "commands",
       "The number of debug commands issued: anything above 0 is unsafe."),
    _i(65, "CumRecvLogs", "LogsReceived", COUNTER32, "messages",
       "The number of log messages received by log-forwarding listeners."),
    _i(66, "Build info", "BuildInfo", TEXT, None, "What was built."),
    _i(67, "Memmax_bytes", "MemoryLimit", tc.GAUGE64, "bytes", "The limit of memory (option -m), 0 for none."),
    _i(68, "PoolAlloc_bytes", "PoolAllocated", tc.GAUGE64, "bytes", "The memory allocated in pools."),
    _i(69, "PoolUsed_bytes", "PoolUsed", tc.GAUGE64, "bytes", "The memory of pools in use."),
    _i(70, "Start_time_sec", "StartTime", UNSIGNED32, "seconds",
       "When the worker process started, in seconds since 1970-01-01 UTC."),
    _i(71, "Tainted", "Tainted", TEXT, None,
       "What makes the process unfit for support, a hexadecimal mask: experimental features, bugs met. 0 is clean."),
    _i(72, "TotalWarnings", "Warnings", COUNTER32, "warnings", "The number of warnings issued since HAProxy started."),
    _i(73, "MaxconnReached", "ConnectionLimitReached", COUNTER32, "times",
       "The number of times that an accepted connection reached the connection limit."),
    _i(74, "BootTime_ms", "BootTime", GAUGE32, "milliseconds", "The time from the start until HAProxy was ready."),
    _i(75, "Niced_tasks", "NicedTasks", GAUGE32, "tasks", "The number of active tasks that are niced."),
    _i(76, "CurrStreams", "StreamsCurrent", GAUGE32, "streams", "The number of streams open now."),
    _i(77, "CumStreams", "StreamsTotal", COUNTER64, "streams", "The number of streams since HAProxy started."),
    _i(78, "BlockedTrafficWarnings", "BlockedTrafficWarnings", COUNTER32, "warnings",
       "The number of warnings of traffic held up by too slow a task."),
    _i(79, "PatternsAdded", "PatternsAdded", COUNTER64, "patterns", "The number of patterns added to lists and maps."),
    _i(80, "PatternsFreed", "PatternsFreed", COUNTER64, "patterns",
       "The number of patterns freed from lists and maps."),
    _i(81, "NbThreadGroups", "ThreadGroups", GAUGE32, "groups",
       "The number of thread groups started (global 'thread-groups')."),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """An HAProxy process at a moment. What is None is not known."""

    name: str
    reading: SourceRow
    info: Mapping[str, str]
    """The lines of `show info` by name; empty where it is not read."""
    reloads: int
    bad_rows: int
    discontinuity: int | None
    """The TimeStamp of the last start of HAProxy."""
    reload_result: ReloadResult | None
    old_workers: int | None
    peers_down: int | None
    configuration_digest: str | None


def _column(info: InfoField) -> RowColumn[ProcessRow]:
    keys = (info.key, *info.aliases)
    named = " or ".join(f"'{key}'" for key in keys)
    return column(
        FIRST_FIELD + info.number,
        f"haxProcess{info.suffix}",
        of_text(info.syntax),
        lambda row: next((text for key in keys if (text := row.info.get(key))), None),
        f"{info.description} Field {info.number}, {named}, of show info.",
        info.units,
    )


_DERIVED: tuple[RowColumn[ProcessRow], ...] = (
    column(
        201,
        "haxProcessSourceState",
        tc.SOURCE_STATE,
        lambda row: row.reading.source.state,
        "The state of the source that this process is read from. In any state but ok(1) the values of this process in "
        "all tables are those of the last good reading, whose age is haxProcessReadingAge; when that is older than "
        "three intervals and the timeout, they are withdrawn.",
    ),
    column(
        202,
        "haxProcessReadingAge",
        GAUGE32,
        lambda row: row.reading.reading_age,
        "The age of the last good reading, from which all values of this process are. Not instantiated before the "
        "first.",
        "milliseconds",
    ),
    column(
        203,
        "haxProcessDiscontinuityTime",
        TIMESTAMP,
        lambda row: row.discontinuity,
        "The value of sysUpTime at the most recent discontinuity of the counters of this process in all tables: at a "
        "start or reload of HAProxy, known by its process id and start time. 0 when that was before sysUpTime began.",
    ),
    column(
        204,
        "haxProcessReloads",
        COUNTER32,
        lambda row: row.reloads,
        "The number of starts and reloads of HAProxy that the subagent has seen since it started itself.",
        "reloads",
    ),
    column(
        205,
        "haxProcessBadRows",
        COUNTER32,
        lambda row: row.bad_rows,
        "The number of rows of the statistics that were ignored because they could not be read, in all readings since "
        "the subagent started. The log of the subagent describes them.",
        "rows",
    ),
    column(
        206,
        "haxProcessReloadResult",
        tc.RELOAD_RESULT,
        lambda row: row.reload_result,
        "The result of the last reload, as the master process of HAProxy reports it. Not instantiated where "
        "'master_socket' of the subagent's configuration is not set, or while that socket cannot be read; its row in "
        "haxSourceTable has the reason. HAProxy reports it from 2.5 on.",
    ),
    column(
        207,
        "haxProcessOldWorkers",
        GAUGE32,
        lambda row: row.old_workers,
        "The number of worker processes from before a reload that still run beside the one whose statistics these are: "
        "they keep their sessions until those end. Not instantiated where haxProcessReloadResult is not, or while the "
        "statistics cannot be read.",
        "processes",
    ),
    column(
        208,
        "haxProcessPeersDown",
        GAUGE32,
        lambda row: row.peers_down,
        "The number of remote peers, in all 'peers' sections, with which HAProxy has no established session, so that "
        "stick tables are not synchronised with them. Read every 5 seconds. Not instantiated where HAProxy has no "
        "remote peer, or does not report its peers.",
        "peers",
    ),
    column(
        209,
        "haxProcessConfigurationDigest",
        TEXT,
        lambda row: row.configuration_digest,
        "A digest of what HAProxy is configured with, as far as show stat shows it: 16 hexadecimal digits, equal on "
        "two nodes whose HAProxy has the same proxies, servers and listening sockets with the same settings. These are "
        "names, modes, addresses, cookies, the balancing algorithm, user weights, limits and backups of servers, "
        "'rise' and 'fall' of checks, and 'track'. The order in haproxy.cfg, traffic, states and maintenance do not "
        "change it. Compare sockets of the same level only: addresses, cookies and the algorithm are shown from level "
        "operator on. An address or a user weight that is set at run time counts as configured, and is seen within 300 "
        "readings at the latest; the weight of a server with an agent does not count. The checks of a server that has "
        "been in maintenance since it was first read count as none. Not instantiated until all rows were looked at, "
        "2048 of them in each reading.",
    ),
)

PROCESS_INDEX = Column(
    1,
    "haxProcessIndex",
    tc.INDEX,
    "The index of the HAProxy process; it is assigned to haxProcessName permanently.",
    access="not-accessible",
)

PROCESS_NAME: RowColumn[ProcessRow] = column(
    4, "haxProcessName", TEXT, lambda row: row.name, "The name of the process in the configuration of the subagent."
)

PROCESS_TABLE: Table[RowColumn[ProcessRow]] = Table(
    6,
    "haxProcessTable",
    "haxProcessEntry",
    (PROCESS_INDEX,),
    (PROCESS_NAME, *map(_column, INFO_FIELDS), *_DERIVED),
    "The HAProxy processes of this host, according to show info (HAProxy management guide, 9.3). Field N of show info "
    "typed is column 10 + N; columns from 201 on are derived by the subagent. A field that this version of HAProxy "
    "does not have is not instantiated, never a made-up 0. A process read by HTTP has no show info. Discontinuities of "
    "HAProxy's counters occur when haxProcessDiscontinuityTime changes, of those of the subagent when "
    "haxAgentStartTime does.",
    "One HAProxy process.",
)
