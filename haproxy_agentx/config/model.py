"""What can be configured: the records. Pure; no secret is ever in here, only the paths of the files that hold them."""

from dataclasses import dataclass, field

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.haproxy.probe_target import ProbeTarget
from haproxy_agentx.health.model import Role, ServiceRequirements
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.snmp.access import SnmpAccess

EVERYTHING = ServiceRequirements()
"""All frontends and backends there are, and of each backend all servers."""


@dataclass(frozen=True, slots=True)
class AgentxConfig:
    """How snmpd is reached: an absolute path or ``tcp:HOST:PORT`` on loopback; the priority is 1..255."""

    socket: str = "/var/agentx/master"
    priority: int = 127


@dataclass(frozen=True, slots=True)
class HaproxyConfig:
    """One HAProxy: ``stats`` is an absolute path or a URL without credentials; ``interval``, ``timeout`` in seconds.

    ``username`` is given with ``password_file`` or not at all.
    """

    name: str = "local"
    stats: str = field(default="/run/haproxy/admin.sock", repr=False)
    """Shown by ``url.shown_url`` only: a query may hold a secret."""
    interval: float = 1.0
    timeout: float = 2.0
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    master_socket: str | None = None
    """The socket of the master process; None where it is not read. With a socket in ``stats`` only."""
    certificate_days: float = 14.0
    """Days before the end of a certificate from which that is a reason; 0 from its end on."""

    @property
    def over_http(self) -> bool:
        """Whether it is read by the statistics page and not by the socket."""
        return "://" in self.stats


@dataclass(frozen=True, slots=True)
class KeepalivedConfig:
    """The sources of VRRP; each is None where it is disabled.

    ``fifo`` is the path of its ``vrrp_notify_fifo``, ``traps`` the loopback address that it sends traps to (HOST:PORT,
    IPv6 in brackets), ``traps_community_file`` the file with the community that they must have, ``snmp`` the snmpd that
    KEEPALIVED-MIB is read from.
    """

    fifo: str | None = "/run/haproxy-agentx/vrrp.fifo"
    traps: str | None = "127.0.0.1:1162"
    snmp: SnmpAccess | None = None
    traps_community_file: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A service: what it takes to serve, and the VRRP instance that says which node is to. Its ``name`` is unique.

    ``vrrp_instance`` is None where no keepalived is concerned. ``intended_role`` is what this node is when all is well,
    master or backup; None is what keepalived's own configuration says (its initial state). ``probe`` asks it as a
    client does; None does not.
    """

    name: str
    vrrp_instance: str | None = None
    requirements: ServiceRequirements = EVERYTHING
    intended_role: Role | None = None
    probe: ProbeTarget | None = None


@dataclass(frozen=True, slots=True)
class NotificationsConfig:
    """What is reported, and how soon.

    A change of health is reported when it has lasted for ``hold`` seconds. Of one service at most ``limit`` events in
    ``per`` seconds are reported, the rest is a count. ``servers`` and ``backends`` say whether theirs are as well.
    While no route leads out of the machine, events are on hold for ``egress_hold`` seconds at most. A problem that
    lasts is reported again each ``remind`` seconds; None is for never.
    """

    hold: float = 1.0
    limit: int = 10
    per: float = 60.0
    servers: bool = False
    backends: bool = True
    egress_hold: float = 300.0
    remind: float | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All of it; without arguments, what a stock Debian load balancer needs.

    ``services`` is None where each VRRP instance is a service over all of HAProxy.
    """

    root: Oid = ROOT
    agentx: AgentxConfig = AgentxConfig()
    haproxy: tuple[HaproxyConfig, ...] = (HaproxyConfig(),)
    keepalived: KeepalivedConfig = KeepalivedConfig()
    services: tuple[ServiceConfig, ...] | None = None
    notifications: NotificationsConfig = NotificationsConfig()
    store: str = "/var/lib/haproxy-agentx/state.db"
