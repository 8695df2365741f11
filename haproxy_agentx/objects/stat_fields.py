"""The list of the static fields of HAProxy's statistics: what `show stat` gives, for which kinds of object.

The numbers, names and kinds are HAProxy's own (management guide 9.1 'CSV format', whose notation L listener,
F frontend, B backend, S server is used here; the fields from 100 on are those of HAProxy 2.6 to 3.x, as `show stat
typed` numbers them). A kind is given where some version from 2.4 on has a value for it. The fields after the column
named ``-`` have no fixed order and are not declared.

``{it}`` in a description is the kind of object in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects.syntax import COUNTER64, GAUGE32, TEXT, UNSIGNED32, TextSyntax

KINDS: Mapping[str, str] = {"F": "frontend", "B": "backend", "S": "server", "L": "listener"}
"""HAProxy's letters for the kinds of object, in words."""


@dataclass(frozen=True, slots=True)
class StatField:
    """A static field: ``number`` and ``name`` are HAProxy's, ``kinds`` a part of ``LFBS``.

    ``suffix`` is what follows haxServer and the like in the object's name. It, ``syntax`` and ``description`` are the
    same for all kinds, or given for each.
    """

    number: int
    name: str
    kinds: str
    suffix: str | Mapping[str, str]
    syntax: TextSyntax[Any] | Mapping[str, TextSyntax[Any]]
    units: str | None
    description: str | Mapping[str, str]

    def suffix_for(self, kind: str) -> str:
        """Return the end of the object's name in the table of ``kind``."""
        return self.suffix if isinstance(self.suffix, str) else self.suffix[kind]

    def syntax_for(self, kind: str) -> TextSyntax[Any]:
        """Return the syntax in the table of ``kind``."""
        return self.syntax if isinstance(self.syntax, TextSyntax) else self.syntax[kind]

    def description_for(self, kind: str) -> str:
        """Return the description in the table of ``kind``, without the field that it comes from."""
        said = self.description if isinstance(self.description, str) else self.description[kind]
        return said.replace("{it}", KINDS[kind])


_PROXY = {"F": "Name", "B": "Name", "S": "BackendName", "L": "FrontendName"}
_SERVICE = {"F": "ServiceName", "B": "ServiceName", "S": "Name", "L": "Name"}
_ACTIVE = {"B": "ActiveServers", "S": "Active"}
_BACKUP = {"B": "BackupServers", "S": "Backup"}
_STATUS = {
    "F": tc.FRONTEND_STATUS,
    "B": tc.BACKEND_STATUS,
    "S": tc.SERVER_STATUS,
    "L": tc.LISTENER_STATUS,
}
_PROXY_SAID = {
    "F": "The name of the frontend.",
    "B": "The name of the backend.",
    "S": "The name of the backend that the server belongs to.",
    "L": "The name of the frontend that the listener belongs to.",
}
_SERVICE_SAID = {
    "F": "The word FRONTEND.",
    "B": "The word BACKEND.",
    "S": "The name of the server.",
    "L": "The name of the listener, such as sock-1 where none is configured.",
}
_WEIGHT_SAID = {
    "B": "The sum of the effective weights of the servers in use.",
    "S": "The effective weight of the server: lower than its user weight during slowstart.",
}
_ACTIVE_SAID = {
    "B": "The number of active (not backup) servers that are in use.",
    "S": "1 when the server is an active one, 0 when it is a backup.",
}
_BACKUP_SAID = {
    "B": "The number of backup servers that are up.",
    "S": "1 when the server is a backup, 0 when it is an active one.",
}
_ID_SAID = {
    "F": "Always 0.",
    "B": "Always 0.",
    "S": "HAProxy's own number of the server in its backend (setting 'id'). Without that it shifts with any edit.",
    "L": "HAProxy's own number of the listener in its frontend (setting 'id'). Without that it shifts with any edit.",
}
_f = StatField

# One field, one or two lines: the formatter would make a page of each.
# fmt: off
STAT_FIELDS: tuple[StatField, ...] = (
    _f(0, "pxname", "LFBS", _PROXY, TEXT, None, _PROXY_SAID),
    _f(1, "svname", "LFBS", _SERVICE, TEXT, None, _SERVICE_SAID),
    _f(2, "qcur", "BS", "QueueCurrent", GAUGE32, "requests",
       "The number of requests waiting in the queue now. A backend counts those that have no server assigned yet."),
    _f(3, "qmax", "BS", "QueueMax", GAUGE32, "requests",
       "The highest number of requests in the queue since HAProxy started."),
    _f(4, "scur", "LFBS", "SessionsCurrent", GAUGE32, "sessions", "The number of sessions open now on this {it}."),
    _f(5, "smax", "LFBS", "SessionsMax", GAUGE32, "sessions",
       "The highest number of open sessions since HAProxy started."),
    _f(6, "slim", "LFBS", "SessionsLimit", UNSIGNED32, "sessions",
       "The configured limit of open sessions (maxconn, or fullconn of a backend). Not instantiated where a server has "
       "no limit."),
    _f(7, "stot", "LFBS", "SessionsTotal", COUNTER64, "sessions", "The number of sessions since HAProxy started."),
    _f(8, "bin", "LFBS", "BytesIn", COUNTER64, "bytes", "The number of bytes of requests: from clients to servers."),
    _f(9, "bout", "LFBS", "BytesOut", COUNTER64, "bytes", "The number of bytes of responses: from servers to clients."),
    _f(10, "dreq", "LFB", "RequestsDenied", COUNTER64, "requests",
       "The number of requests denied for security by a rule (deny, tarpit, reject)."),
    _f(11, "dresp", "LFBS", "ResponsesDenied", COUNTER64, "responses",
       "The number of responses denied for security, by a rule or by 'option checkcache'."),
    _f(12, "ereq", "LF", "RequestErrors", COUNTER64, "requests",
       "Request errors: the client closed early, sent nothing in time or sent something invalid, or was tarpitted."),
    _f(13, "econ", "BS", "ConnectErrors", COUNTER64, "errors",
       "The number of requests that met an error when connecting to a server. A backend also counts those for which it "
       "had no server."),
    _f(14, "eresp", "BS", "ResponseErrors", COUNTER64, "errors",
       "Response errors, with the aborts by the server. A backend also counts write errors towards the client."),
    _f(15, "wretr", "BS", "Retries", COUNTER64, "retries",
       "The number of times that a connection to a server was tried again."),
    _f(16, "wredis", "BS", "Redispatches", COUNTER64, "requests",
       "The number of requests sent to another server than first chosen. A server counts the times it was switched "
       "away from."),
    _f(17, "status", "LFBS", "Status", _STATUS, None,
       "The status of the {it}; what HAProxy wrote is in the StatusText column."),
    _f(18, "weight", "BS", "Weight", GAUGE32, None, _WEIGHT_SAID),
    _f(19, "act", "BS", _ACTIVE, GAUGE32, None, _ACTIVE_SAID),
    _f(20, "bck", "BS", _BACKUP, GAUGE32, None, _BACKUP_SAID),
    _f(21, "chkfail", "S", "CheckFailures", COUNTER64, "checks",
       "The number of failed health checks, counted while the server is up."),
    _f(22, "chkdown", "BS", "DownTransitions", COUNTER64, "transitions",
       "The number of changes from UP to DOWN. A backend counts those of itself as a whole, not the sum of its "
       "servers."),
    _f(23, "lastchg", "BS", "LastChange", GAUGE32, "seconds", "The age of the last change between UP and DOWN."),
    _f(24, "downtime", "BS", "Downtime", GAUGE32, "seconds",
       "The total time spent DOWN. A backend's is that of itself as a whole, not the sum of its servers."),
    _f(25, "qlimit", "S", "QueueLimit", UNSIGNED32, "requests",
       "The configured maxqueue. Not instantiated without such a limit."),
    _f(26, "pid", "LFBS", "ProcessNumber", UNSIGNED32, None,
       "The relative number of the HAProxy process, from 1; always 1 since multi-process mode is gone. Not the "
       "system's pid."),
    _f(27, "iid", "LFBS", "ProxyId", UNSIGNED32, None,
       "HAProxy's own number of the proxy (setting 'id'). Without that it shifts with any edit: not an index."),
    _f(28, "sid", "LFBS", "ServiceId", UNSIGNED32, None, _ID_SAID),
    _f(29, "throttle", "S", "Throttle", GAUGE32, "percent",
       "The share of its weight and maxconn that the server gets during slowstart. Not instantiated when not in "
       "slowstart."),
    _f(30, "lbtot", "BS", "Selections", COUNTER64, "selections",
       "The number of times that a server was chosen by load balancing, for a new session or a redispatch."),
    _f(31, "tracked", "S", "Tracked", TEXT, None,
       "The server (backend/server) whose checks this one follows. Not instantiated without 'track'."),
    _f(32, "type", "LFBS", "RowType", UNSIGNED32, None,
       "HAProxy's number of the kind of object: 0 frontend, 1 backend, 2 server, 3 listener."),
    _f(33, "rate", "FBS", "SessionRate", GAUGE32, "sessions per second", "The number of sessions in the last second."),
    _f(34, "rate_lim", "F", "SessionRateLimit", UNSIGNED32, "sessions per second",
       "The configured limit of new sessions in a second ('rate-limit sessions'), 0 for none."),
    _f(35, "rate_max", "FBS", "SessionRateMax", GAUGE32, "sessions per second",
       "The highest session rate since HAProxy started."),
    _f(36, "check_status", "S", "CheckStatus", tc.CHECK_STATUS, None,
       "The result of the last health check, also while the next one runs. Not instantiated for a server that is not "
       "checked."),
    _f(37, "check_code", "S", "CheckCode", UNSIGNED32, None,
       "The code that the last health check received on layer 5 to 7, such as an HTTP status. Not instantiated without "
       "one."),
    _f(38, "check_duration", "S", "CheckDuration", GAUGE32, "milliseconds", "The duration of the last health check."),
    _f(39, "hrsp_1xx", "FBS", "Http1xx", COUNTER64, "responses",
       "The number of HTTP responses with a status of 100 to 199."),
    _f(40, "hrsp_2xx", "FBS", "Http2xx", COUNTER64, "responses",
       "The number of HTTP responses with a status of 200 to 299."),
    _f(41, "hrsp_3xx", "FBS", "Http3xx", COUNTER64, "responses",
       "The number of HTTP responses with a status of 300 to 399."),
    _f(42, "hrsp_4xx", "FBS", "Http4xx", COUNTER64, "responses",
       "The number of HTTP responses with a status of 400 to 499."),
    _f(43, "hrsp_5xx", "FBS", "Http5xx", COUNTER64, "responses",
       "The number of HTTP responses with a status of 500 to 599."),
    _f(44, "hrsp_other", "FBS", "HttpOther", COUNTER64, "responses",
       "The number of HTTP responses with any other status: protocol errors."),
    _f(45, "hanafail", "S", "ObserveFailures", COUNTER64, "checks",
       "The number of health checks failed by 'on-error' after errors in observed traffic. Not instantiated without "
       "'observe'."),
    _f(46, "req_rate", "F", "RequestRate", GAUGE32, "requests per second",
       "The number of HTTP requests in the last second."),
    _f(47, "req_rate_max", "F", "RequestRateMax", GAUGE32, "requests per second",
       "The highest rate of HTTP requests since HAProxy started."),
    _f(48, "req_tot", "FBS", "RequestsTotal", COUNTER64, "requests",
       "The number of HTTP requests since HAProxy started."),
    _f(49, "cli_abrt", "BS", "ClientAborts", COUNTER64, "transfers",
       "The number of data transfers aborted by the client."),
    _f(50, "srv_abrt", "BS", "ServerAborts", COUNTER64, "transfers",
       "The number of data transfers aborted by the server; they are also in the response errors."),
    _f(51, "comp_in", "FB", "CompressIn", COUNTER64, "bytes",
       "The number of bytes of HTTP responses passed to the compressor."),
    _f(52, "comp_out", "FB", "CompressOut", COUNTER64, "bytes",
       "The number of bytes of HTTP responses that the compressor returned."),
    _f(53, "comp_byp", "FB", "CompressBypassed", COUNTER64, "bytes",
       "The number of bytes that passed by the compressor because of a limit of processor, memory or bandwidth."),
    _f(54, "comp_rsp", "FB", "CompressResponses", COUNTER64, "responses",
       "The number of HTTP responses that were compressed."),
    _f(55, "lastsess", "BS", "LastSession", tc.AGE_OR_NEVER, "seconds",
       "The age of the last session; -1 when there was none yet."),
    _f(56, "last_chk", "S", "CheckMessage", TEXT, None,
       "The answer that the last health check received, or a description of its error."),
    _f(57, "last_agt", "S", "AgentMessage", TEXT, None,
       "The answer that the last agent check received, or a description of its error."),
    _f(58, "qtime", "BS", "QueueTime", GAUGE32, "milliseconds",
       "The mean time in the queue over the last 1024 requests."),
    _f(59, "ctime", "BS", "ConnectTime", GAUGE32, "milliseconds",
       "The mean time to connect over the last 1024 requests."),
    _f(60, "rtime", "BS", "ResponseTime", GAUGE32, "milliseconds",
       "The mean time until the response over the last 1024 requests, 0 for TCP."),
    _f(61, "ttime", "BS", "TotalTime", GAUGE32, "milliseconds",
       "The mean total time of a session over the last 1024 requests."),
    _f(62, "agent_status", "S", "AgentStatus", tc.CHECK_STATUS, None,
       "The result of the last agent check, also while the next one runs. Not instantiated without 'agent-check'."),
    _f(63, "agent_code", "S", "AgentCode", UNSIGNED32, None, "The code that the agent reported, if any."),
    _f(64, "agent_duration", "S", "AgentDuration", GAUGE32, "milliseconds", "The duration of the last agent check."),
    _f(65, "check_desc", "S", "CheckDescription", TEXT, None,
       "The result of the last health check in HAProxy's words."),
    _f(66, "agent_desc", "S", "AgentDescription", TEXT, None, "The result of the last agent check in HAProxy's words."),
    _f(67, "check_rise", "S", "CheckRise", UNSIGNED32, "checks",
       "The number of successful checks that bring the server UP (setting 'rise')."),
    _f(68, "check_fall", "S", "CheckFall", UNSIGNED32, "checks",
       "The number of failed checks that bring the server DOWN (setting 'fall')."),
    _f(69, "check_health", "S", "CheckHealth", GAUGE32, None,
       "The health by checks, 0 to rise + fall - 1; from rise on the server is UP."),
    _f(70, "agent_rise", "S", "AgentRise", UNSIGNED32, "checks", "The agent's own 'rise', normally 1."),
    _f(71, "agent_fall", "S", "AgentFall", UNSIGNED32, "checks", "The agent's own 'fall', normally 1."),
    _f(72, "agent_health", "S", "AgentHealth", GAUGE32, None, "The health by the agent, 0 to rise + fall - 1."),
    _f(73, "addr", "LS", "Address", TEXT, None,
       "The address and port, IPv6 in brackets, or 'unix'. HAProxy shows it only to a socket of level operator or "
       "admin."),
    _f(74, "cookie", "BS", "Cookie", TEXT, None,
       "The server's cookie value or the backend's cookie name. HAProxy shows it only to a socket of level operator or "
       "admin."),
    _f(75, "mode", "LFBS", "Mode", tc.PROXY_MODE, None, "The mode of the proxy (setting 'mode')."),
    _f(76, "algo", "B", "Algorithm", TEXT, None,
       "The load balancing algorithm (setting 'balance'). HAProxy shows it only to a socket of level operator or "
       "admin."),
    _f(77, "conn_rate", "F", "ConnectionRate", GAUGE32, "connections per second",
       "The number of connections accepted in the last second."),
    _f(78, "conn_rate_max", "F", "ConnectionRateMax", GAUGE32, "connections per second",
       "The highest connection rate since HAProxy started."),
    _f(79, "conn_tot", "LF", "ConnectionsTotal", COUNTER64, "connections",
       "The number of connections accepted since HAProxy started."),
    _f(80, "intercepted", "F", "RequestsIntercepted", COUNTER64, "requests",
       "The number of requests answered by HAProxy itself: redirects, monitor, statistics."),
    _f(81, "dcon", "LF", "ConnectionsDenied", COUNTER64, "connections",
       "The number of connections refused by 'tcp-request connection' rules."),
    _f(82, "dses", "LF", "SessionsDenied", COUNTER64, "sessions",
       "The number of sessions refused by 'tcp-request session' rules."),
    _f(83, "wrew", "LFBS", "RewriteFailures", COUNTER64, "failures",
       "The number of failed rewritings of HTTP headers."),
    _f(84, "connect", "BS", "ConnectAttempts", COUNTER64, "connections",
       "The number of attempts to connect to a server."),
    _f(85, "reuse", "BS", "ConnectionReuses", COUNTER64, "connections",
       "The number of times that a connection to a server was used again."),
    _f(86, "cache_lookups", "FB", "CacheLookups", COUNTER64, "requests",
       "The number of HTTP requests looked up in the cache."),
    _f(87, "cache_hits", "FB", "CacheHits", COUNTER64, "requests",
       "The number of HTTP requests answered from the cache."),
    _f(88, "srv_icur", "S", "IdleConnections", GAUGE32, "connections",
       "The number of idle connections to the server that can be used again now."),
    _f(89, "src_ilim", "S", "IdleConnectionsLimit", UNSIGNED32, "connections",
       "The limit of idle connections kept to the server (setting 'pool-max-conn'). Not instantiated without a limit."),
    _f(90, "qtime_max", "BS", "QueueTimeMax", GAUGE32, "milliseconds",
       "The longest time in the queue since HAProxy started."),
    _f(91, "ctime_max", "BS", "ConnectTimeMax", GAUGE32, "milliseconds",
       "The longest time to connect since HAProxy started."),
    _f(92, "rtime_max", "BS", "ResponseTimeMax", GAUGE32, "milliseconds",
       "The longest time until a response since HAProxy started, 0 for TCP."),
    _f(93, "ttime_max", "BS", "TotalTimeMax", GAUGE32, "milliseconds",
       "The longest total time of a session since HAProxy started."),
    _f(94, "eint", "LFBS", "InternalErrors", COUNTER64, "errors",
       "The number of internal errors of HAProxy on this {it}."),
    _f(95, "idle_conn_cur", "S", "UnsafeIdleConnections", GAUGE32, "connections",
       "The number of unsafe idle connections now."),
    _f(96, "safe_conn_cur", "S", "SafeIdleConnections", GAUGE32, "connections",
       "The number of safe idle connections now."),
    _f(97, "used_conn_cur", "S", "UsedConnections", GAUGE32, "connections", "The number of connections in use now."),
    _f(98, "need_conn_est", "S", "NeededConnections", GAUGE32, "connections",
       "HAProxy's estimate of the connections needed."),
    _f(99, "uweight", "BS", "UserWeight", GAUGE32, None,
       "The weight as the user set it: of the server, or the sum over a backend's active servers."),
    _f(100, "agg_server_status", "B", "AggServerStatus", GAUGE32, None,
       "HAProxy's aggregate of the servers' states, meant for its own Prometheus exporter; 0 here."),
    _f(101, "agg_server_check_status", "B", "AggServerCheckStatus", GAUGE32, None,
       "The older name of field 100, deprecated by HAProxy; 0 here."),
    _f(102, "agg_check_status", "B", "AggCheckStatus", GAUGE32, None,
       "HAProxy's aggregate of the servers' check results, meant for its own Prometheus exporter; 0 here."),
    _f(103, "srid", "S", "ServiceIdRevision", UNSIGNED32, None,
       "The revision of the server's id, so that a reused id is not taken for the old server."),
    _f(104, "sess_other", "F", "SessionsOther", COUNTER64, "sessions",
       "The number of sessions of other protocols than HTTP."),
    _f(105, "h1sess", "F", "SessionsHttp1", COUNTER64, "sessions", "The number of sessions of HTTP/1."),
    _f(106, "h2sess", "F", "SessionsHttp2", COUNTER64, "sessions", "The number of sessions of HTTP/2."),
    _f(107, "h3sess", "F", "SessionsHttp3", COUNTER64, "sessions", "The number of sessions of HTTP/3."),
    _f(108, "req_other", "F", "RequestsOther", COUNTER64, "requests",
       "The number of requests of other protocols than HTTP."),
    _f(109, "h1req", "F", "RequestsHttp1", COUNTER64, "requests", "The number of requests of HTTP/1."),
    _f(110, "h2req", "F", "RequestsHttp2", COUNTER64, "requests", "The number of requests of HTTP/2."),
    _f(111, "h3req", "F", "RequestsHttp3", COUNTER64, "requests", "The number of requests of HTTP/3."),
    _f(112, "proto", "L", "Protocol", TEXT, None, "The transport protocol of the listener, such as tcpv4 or quic6."),
    _f(113, "priv_idle_cur", "S", "PrivateIdleConnections", GAUGE32, "connections",
       "The number of private idle connections now."),
    _f(114, "reqbin", "LFBS", "RequestBytesIn", COUNTER64, "bytes", "The number of bytes of requests received."),
    _f(115, "reqbout", "LFBS", "RequestBytesOut", COUNTER64, "bytes", "The number of bytes of requests sent on."),
    _f(116, "resbin", "LFBS", "ResponseBytesIn", COUNTER64, "bytes", "The number of bytes of responses received."),
    _f(117, "resbout", "LFBS", "ResponseBytesOut", COUNTER64, "bytes", "The number of bytes of responses sent on."),
    _f(118, "cache_hint_hits", "FB", "CacheHintHits", COUNTER64, "requests",
       "The number of HTTP requests for which the cache had early hints."),
)
# fmt: on
