"""What can be configured: the records. Pure; no secret is ever in here, only the paths of the files that hold them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from haproxy_agentx.agentx.constants import MASTER_SOCKET
from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.config.values import (
    AGENTX_SOCKET,
    LIMIT,
    NAME,
    ROLE,
    ROOT_OID,
    STATS,
    USERNAME,
    VRRP_INSTANCE,
)
from haproxy_agentx.haproxy.probe_target import ProbeTarget
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.rate_limiter import Rate
from haproxy_agentx.health.requirements import EVERYTHING, ServiceRequirements
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.settings.given import Given
from haproxy_agentx.settings.hosts import ADDRESS, HOST, LOOPBACK
from haproxy_agentx.settings.keys import (
    group,
    groups,
    inline,
    key,
    listed,
    optional,
    optional_group,
    optional_groups,
    required,
)
from haproxy_agentx.settings.paths import PATH, READ_PATH, SOCKET_PATH, secret_file
from haproxy_agentx.settings.types import YES_OR_NO, duration, none_or, whole_number
from haproxy_agentx.snmp.access import SnmpAccess, V3Access

MAX_HAPROXY = 64
"""HAProxy processes that one daemon reads."""

MAX_SERVICES = 128
MAX_PEERS = 8
"""Other nodes that one daemon reads."""

_NAME_HELP = "unique; letters, digits and . _ : -, 64 at most"
_CA_HELP = "certificates to trust instead of the system's, PEM"


@dataclass(frozen=True, slots=True)
class AgentxConfig:
    """How snmpd is reached: an absolute path or ``tcp:HOST:PORT`` on loopback; the priority is 1..255."""

    socket: str = key(AGENTX_SOCKET, default=MASTER_SOCKET, help="snmpd's agentXSocket: a path, or tcp:127.0.0.1:705")
    priority: int = key(
        whole_number(1, 255, "a priority", ", normally 127"),
        default=127,
        help="priority of the registration, {range}; the lowest value wins",
    )


@dataclass(frozen=True, slots=True)
class HaproxyConfig:
    """One HAProxy: ``stats`` is an absolute path or a URL without credentials; ``interval``, ``timeout`` in seconds.

    ``username`` is given with ``password_file`` or not at all. ``stats`` is shown by ``url.shown_url`` only: a query
    may hold a secret. From ``certificate_days`` days before its end a certificate is a reason, with 0 from its end on.
    """

    name: str = key(NAME, default="local", help=_NAME_HELP)
    stats: str = key(
        STATS,
        default="/run/haproxy/admin.sock",
        help="stats socket, or statistics page: https://host:8404/stats",
        shown=False,
    )
    interval: float = key(duration(0.1, 3600.0), default=1.0, help="time between readings: {range}")
    timeout: float = key(duration(0.1, 60.0), default=2.0, help="limit of a whole reading: {range}")
    username: str | None = optional(USERNAME, example="stats", help="with a URL only: user of 'stats auth'")
    password_file: str | None = optional(
        secret_file("password"),
        example="/etc/haproxy-agentx/password",
        help="file with the password, or credential:NAME (systemd's LoadCredential=)",
    )
    ca_file: str | None = optional(READ_PATH, example="/etc/haproxy-agentx/ca.pem", help=_CA_HELP)
    master_socket: str | None = optional(
        SOCKET_PATH,
        example="/run/haproxy-master.sock",
        help="with a socket only: socket of the master process (option -S)",
    )
    certificate_days: int = key(
        whole_number(0, 3650, "a number of days"),
        default=14,
        help="days before its expiry at which a certificate is a reason: {range}",
    )

    @property
    def over_http(self) -> bool:
        """Whether it is read by the statistics page and not by the socket."""
        return "://" in self.stats

    def check(self, given: Given) -> None:
        """Note keys that do not go with what ``stats`` is."""
        if given.refused("stats"):
            return  # what goes with it is not known
        if not self.over_http:
            for name in ("username", "password_file", "ca_file"):
                if given.has(name):
                    given.note_at(name, "it goes with a URL in stats only: remove it for a socket")
            if self.master_socket == self.stats:
                what = "it is the statistics socket: give that of the master process (option -S), or remove it"
                given.note_at("master_socket", what)
            return
        if given.has("master_socket"):
            given.note_at("master_socket", "it goes with a socket in stats only: remove it for a URL")
        for one, other in (("username", "password_file"), ("password_file", "username")):
            if given.has(one) and not given.has(other):
                given.note_at(one, f"it is given without {other}: add that, or remove this")
        if given.has("ca_file") and urlsplit(self.stats).scheme != "https":
            given.note_at("ca_file", "it goes with https:// only: remove it, or read by https://")


@dataclass(frozen=True, slots=True)
class TrapsConfig:
    """Where keepalived's traps are received: HOST:PORT on loopback, None for not at all; and with which community."""

    address: str | None = key(
        none_or(LOOPBACK), default="127.0.0.1:1162", help="where a second trap2sink of snmpd.conf sends them, or none"
    )
    community_file: str | None = optional(
        secret_file("community"),
        example="/etc/haproxy-agentx/trap-community",
        help="file with the community of that trap2sink, or credential:NAME",
    )


@dataclass(frozen=True, slots=True)
class KeepalivedConfig:
    """The sources of VRRP; each is None where it is disabled.

    ``fifo`` is the path of its ``vrrp_notify_fifo``, ``snmp`` the snmpd that KEEPALIVED-MIB is read from.
    """

    fifo: str | None = key(
        none_or(PATH),
        default="/run/haproxy-agentx/vrrp.fifo",
        help="vrrp_notify_fifo of keepalived.conf (global_defs), or none",
    )
    traps: TrapsConfig = group(
        TrapsConfig,
        default=TrapsConfig(),
        help="keepalived's traps; 'traps: ADDRESS' sets the address alone",
        short="address",
    )
    snmp: SnmpAccess | None = optional_group(SnmpAccess, help="the snmpd of this node, for reading KEEPALIVED-MIB")


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A service: what it takes to serve, and the VRRP instance that says which node is to. Its ``name`` is unique.

    ``vrrp_instance`` is None where no keepalived is concerned. ``intended_role`` is what this node is when all is well,
    master or backup; None is what keepalived's own configuration says (its initial state). ``probe`` asks it as a
    client does; None does not.
    """

    name: str = required(NAME, example="site", help=_NAME_HELP)
    vrrp_instance: str | None = optional(
        VRRP_INSTANCE, example="SITE1", help="name of the instance in keepalived.conf; default: the only one"
    )
    requirements: ServiceRequirements = inline(ServiceRequirements, default=EVERYTHING)
    intended_role: Role | None = optional(
        ROLE, example="master", help="master or backup; default: master if keepalived starts as MASTER"
    )
    probe: ProbeTarget | None = optional_group(
        ProbeTarget, help="requests as a client makes them; 'probe: URL' sets the url alone", short="url"
    )

    def check(self, given: Given) -> None:
        """Note a role of nothing."""
        if given.has("intended_role") and not given.has("vrrp_instance"):
            given.note_at("intended_role", "it goes with vrrp_instance only: add that, or remove this")


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """Another node that has the same services: how its snmpd is read, and how often, in seconds.

    One of ``community_file`` (v2c) and ``v3`` is given.
    """

    name: str = required(NAME, example="lb2", help=_NAME_HELP)
    address: str = required(
        ADDRESS, example="192.0.2.12:161", help="where its snmpd answers: an address of that node, not a virtual one"
    )
    community_file: str | None = optional(
        secret_file("community"),
        example="/etc/haproxy-agentx/peer-community",
        help="SNMPv2c: file with the community, or credential:NAME",
    )
    v3: V3Access | None = optional_group(V3Access, help="SNMPv3 instead of a community")
    interval: float = key(duration(0.5, 60.0), default=2.0, help="time between readings: {range}")
    timeout: float = key(duration(0.1, 30.0), default=1.0, help="limit of an answer: {range}")

    @property
    def access(self) -> SnmpAccess:
        """How it is read."""
        return SnmpAccess(self.address, self.community_file, self.v3)

    def check(self, given: Given) -> None:
        """Note where nothing, or more than one thing, says who asks."""
        self.access.check(given)


@dataclass(frozen=True, slots=True)
class NotificationsConfig:
    """What is reported, and how soon.

    A change of health is reported when it has lasted for ``hold`` seconds. Of one service no more events than ``limit``
    allows are reported, the rest is a count. ``servers`` and ``backends`` say whether theirs are as well. While no
    route leads out of the machine, or to one of ``sinks`` where they are given, events are on hold for ``egress_hold``
    seconds at most. A problem that lasts is reported again each ``remind`` seconds; None is for never.
    """

    hold: float = key(
        duration(0.0, 60.0), default=1.0, help="time that a change of health must last to be reported: {range}"
    )
    limit: Rate = key(LIMIT, default=Rate(10, 60.0), help="events of a service, {range}; further changes are counted")
    servers: bool = key(YES_OR_NO, default=False, help="also report each change of a server")
    backends: bool = key(YES_OR_NO, default=True, help="also report each change of a backend")
    egress_hold: float = key(
        duration(0.0, 3600.0),
        default=300.0,
        help="longest wait for a route out of the machine: {range}; 0s is no wait",
    )
    sinks: tuple[str, ...] | None = listed(
        HOST,
        most=16,
        example="[192.0.2.50]",
        help="addresses of the receivers in snmpd.conf, if a node has several networks: the wait is for a route to one",
    )
    remind: float | None = key(
        none_or(duration(10.0, 604800.0)),
        default=None,
        help="interval at which a lasting problem is reported again: {range}",
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All of it; without arguments, what a stock Debian load balancer needs.

    ``services`` is None where each VRRP instance is a service over all of HAProxy.
    """

    root: Oid = key(
        ROOT_OID,
        default=ROOT,
        help="OID at which HAPROXY-AGENTX-MIB is rooted (the command mib prints the module with it).",
    )
    agentx: AgentxConfig = group(
        AgentxConfig, default=AgentxConfig(), help="The connection to snmpd (AgentX, RFC 2741)."
    )
    haproxy: tuple[HaproxyConfig, ...] = groups(
        HaproxyConfig,
        most=MAX_HAPROXY,
        default=(HaproxyConfig(),),
        unique="name",
        help=f"The HAProxy processes to read, at most {MAX_HAPROXY}.",
    )
    keepalived: KeepalivedConfig = group(
        KeepalivedConfig,
        default=KeepalivedConfig(),
        help="The sources that report VRRP; each is optional, and 'none' disables it.",
    )
    services: tuple[ServiceConfig, ...] | None = optional_groups(
        ServiceConfig,
        most=MAX_SERVICES,
        unique="name",
        help="Default: each VRRP instance is a service over all of HAProxy; without keepalived, the node is one.",
    )
    peers: tuple[PeerConfig, ...] | None = optional_groups(
        PeerConfig,
        most=MAX_PEERS,
        unique="name",
        help="The other nodes that have the same services, read through their snmpd; default: none.",
    )
    notifications: NotificationsConfig = group(
        NotificationsConfig, default=NotificationsConfig(), help="The changes that are reported, and when."
    )
    store: str = key(
        PATH,
        default="/var/lib/haproxy-agentx/state.db",
        help="File that keeps row indexes and events across restarts.",
    )

    def check(self, given: Given) -> None:
        """Note members of services that belong to no HAProxy of ``haproxy``."""
        if given.refused("haproxy") or any(each.refused("name") for each in given.groups.get("haproxy", ())):
            return  # which there are is not known
        known = {haproxy.name for haproxy in self.haproxy}
        for service in given.groups.get("services", ()):
            for name in ("frontends", "backends"):
                for place, member in enumerate(service.values.get(name, ())):
                    process, slash, _ = member.rpartition("/")
                    if slash and process not in known:
                        what = (
                            f"no HAProxy has the name {process}: take one of haproxy[].name, or the proxy's name alone"
                        )
                        service.note_at(f"{name}[{place}]", what)
