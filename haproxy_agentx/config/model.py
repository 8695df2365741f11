"""What can be configured: the records, and the one table of keys that the file is read and written by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.agentx.oid import Oid, dotted
from haproxy_agentx.config import values
from haproxy_agentx.objects.root import ROOT

MAX_HAPROXY = 64
"""HAProxy processes that one daemon reads."""

INTERVAL_RANGE = (0.1, 3600.0)
TIMEOUT_RANGE = (0.1, 60.0)


@dataclass(frozen=True, slots=True)
class AgentxConfig:
    """How snmpd is reached: an absolute path or ``tcp:HOST:PORT`` on loopback; the priority is 1..255."""

    socket: str = "/var/agentx/master"
    priority: int = 127


@dataclass(frozen=True, slots=True)
class HaproxyConfig:
    """One HAProxy: ``stats`` is an absolute path or a URL without credentials; ``interval``, ``timeout`` in seconds.

    ``username`` is given with ``password_file`` or not at all. Secrets are never in here, only the files with them.
    """

    name: str = "local"
    stats: str = "/run/haproxy/admin.sock"
    interval: float = 1.0
    timeout: float = 2.0
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    @property
    def over_http(self) -> bool:
        """Say whether it is read by the statistics page and not by the socket."""
        return "://" in self.stats


@dataclass(frozen=True, slots=True)
class Config:
    """All of it; without arguments, what a stock Debian load balancer needs."""

    root: Oid = ROOT
    agentx: AgentxConfig = AgentxConfig()
    haproxy: tuple[HaproxyConfig, ...] = (HaproxyConfig(),)
    store: str = "/var/lib/haproxy-agentx/state.db"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the file: how its text is read (ValueError: 'what; remedy'), its default or an example, and its help."""

    name: str
    read: Callable[[str], Any]
    text: str
    help: str
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A group of keys: a mapping, or where ``many`` a list of mappings."""

    name: str
    keys: tuple[Key, ...]
    help: str
    many: bool = False


def keys(credentials: str) -> tuple[Key | Section, ...]:
    """Give the keys; ``credentials`` is the folder of systemd credentials."""
    return (
        Key("root", values.root, dotted(ROOT), "OID that HAPROXY-AGENTX-MIB is rooted at (mib --root prints it)."),
        Section("agentx", _AGENTX, "How snmpd is reached (AgentX, RFC 2741)."),
        Section("haproxy", _haproxy(credentials), f"The HAProxy processes to read, at most {MAX_HAPROXY}.", many=True),
        Key("store", values.path, Config().store, "File that keeps the row indexes, so that they outlive restarts."),
    )


_AGENTX = (
    Key("socket", values.agentx_socket, AgentxConfig().socket, "snmpd's agentXSocket: a path, or tcp:127.0.0.1:705"),
    Key("priority", values.priority, str(AgentxConfig().priority), "of the registration, 1 to 255; the lower one wins"),
)


def _haproxy(credentials: str) -> tuple[Key, ...]:
    default = HaproxyConfig()
    return (
        Key("name", values.name, default.name, "unique; letters, digits and . _ : -, 64 at most"),
        Key("stats", values.stats, default.stats, "path of the stats socket, or URL: https://host:8404/stats"),
        Key("interval", values.duration(*INTERVAL_RANGE), f"{default.interval:g}s", "between readings: 100ms to 1h"),
        Key("timeout", values.duration(*TIMEOUT_RANGE), f"{default.timeout:g}s", "of a whole reading: 100ms to 60s"),
        Key("username", values.username, "stats", "with a URL only: of 'stats auth'", is_example=True),
        Key(
            "password_file",
            values.password_file(credentials),
            "/etc/haproxy-agentx/password",
            "file with the password, or credential:NAME (systemd's LoadCredential=)",
            is_example=True,
        ),
        Key(
            "ca_file",
            values.path,
            "/etc/haproxy-agentx/ca.pem",
            "certificates to trust instead of the system's, PEM",
            is_example=True,
        ),
    )
