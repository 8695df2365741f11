"""The one table of keys that the file is read by and the default file is written by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.config import service_values, snmp_values, values
from haproxy_agentx.config.model import AgentxConfig, Config, HaproxyConfig, KeepalivedConfig
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.snmp.access import SnmpAccess

MAX_HAPROXY = 64
"""HAProxy processes that one daemon reads."""

MAX_SERVICES = 128
MAX_MEMBERS = 128
"""Frontends, and backends, that a service names."""

INTERVAL_RANGE = (0.1, 3600.0)
TIMEOUT_RANGE = (0.1, 60.0)
PROBE_INTERVAL_RANGE = (0.5, 3600.0)
HOLD_RANGE = (0.0, 60.0)
EGRESS_HOLD_RANGE = (0.0, 3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the file: how its text is read (ValueError: 'what: remedy'), its default or an example, and its help.

    ``most`` makes it a list of at most so many texts, each of which is read. An example is a key without a default.
    """

    name: str
    read: Callable[[str], Any]
    text: str
    help: str
    is_example: bool = False
    is_required: bool = False
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of keys: a mapping, or with ``most`` a list of at most so many mappings. An example has no default.

    With ``short`` it may be one value instead, which is that of the key of this name.
    """

    name: str
    keys: "tuple[Key | Section, ...]"
    help: str
    is_example: bool = False
    most: int = 0
    short: str = ""


Table = tuple[Key | Section, ...]


def keys(credentials: str) -> Table:
    """Return the table of all keys; ``credentials`` is the directory of systemd credentials."""
    return (
        Key(
            name="root",
            read=values.root,
            text=dotted(ROOT),
            help="OID at which HAPROXY-AGENTX-MIB is rooted (the command mib prints the module with it).",
        ),
        Section(name="agentx", keys=_AGENTX, help="The connection to snmpd (AgentX, RFC 2741)."),
        Section(
            name="haproxy",
            keys=_haproxy(credentials),
            help=f"The HAProxy processes to read, at most {MAX_HAPROXY}.",
            most=MAX_HAPROXY,
        ),
        Section(
            name="keepalived",
            keys=_keepalived(credentials),
            help="The sources that report VRRP; each is optional, and 'none' disables it.",
        ),
        Section(
            name="services",
            keys=_SERVICE,
            help="Default: each VRRP instance is a service over all of HAProxy; without keepalived, the node is one.",
            most=MAX_SERVICES,
            is_example=True,
        ),
        Section(name="notifications", keys=_NOTIFICATIONS, help="The changes that are reported, and when."),
        Key(
            name="store",
            read=values.path,
            text=Config().store,
            help="File that keeps row indexes and events across restarts.",
        ),
    )


_AGENTX = (
    Key(
        name="socket",
        read=values.agentx_socket,
        text=AgentxConfig().socket,
        help="snmpd's agentXSocket: a path, or tcp:127.0.0.1:705",
    ),
    Key(
        name="priority",
        read=values.priority,
        text=str(AgentxConfig().priority),
        help="priority of the registration, 1 to 255; the lowest value wins",
    ),
)

_PROBE = (
    Key(
        name="url",
        read=service_values.probe_url,
        text="https://127.0.0.1/",
        help="http://, https:// or tcp://ADDRESS:PORT, with a numeric address of this node",
        is_required=True,
    ),
    Key(
        name="standby_url",
        read=service_values.probe_url,
        text="https://192.0.2.11/",
        help="used instead of url while this node is not MASTER; default: url",
        is_example=True,
    ),
    Key(
        name="host",
        read=service_values.probe_host,
        text="www.example.org",
        help="name in the Host header and in the certificate; default: the address",
        is_example=True,
    ),
    Key(name="method", read=service_values.probe_method, text="GET", help="GET, HEAD or OPTIONS"),
    Key(
        name="status",
        read=service_values.probe_statuses,
        text="200-399",
        help="status codes that pass: 200, or 200-399",
    ),
    Key(
        name="interval",
        read=values.duration(*PROBE_INTERVAL_RANGE),
        text="2s",
        help="period of requests: 500ms to 1h",
    ),
    Key(name="timeout", read=values.duration(*TIMEOUT_RANGE), text="2s", help="limit of a whole request: 100ms to 60s"),
    Key(
        name="fall",
        read=service_values.fall,
        text="3",
        help="consecutive failures that fail the probe: 1 to 100",
    ),
    Key(
        name="remote",
        read=service_values.yes_or_no,
        text="no",
        help="also allow addresses that this node does not have",
    ),
    Key(
        name="ca_file",
        read=values.path,
        text="/etc/haproxy-agentx/ca.pem",
        help="certificates to trust instead of the system's, PEM",
        is_example=True,
    ),
)

_SERVICE = (
    Key(
        name="name",
        read=values.name,
        text="site",
        help="unique; letters, digits and . _ : -, 64 at most",
        is_required=True,
    ),
    Key(
        name="vrrp_instance",
        read=service_values.vrrp_instance,
        text="SITE1",
        help="name of the instance in keepalived.conf; default: the only one",
        is_example=True,
    ),
    Key(
        name="frontends",
        read=service_values.proxy,
        text="[www]",
        help="its frontends, NAME or PROCESS/NAME; default: all",
        is_example=True,
        most=MAX_MEMBERS,
    ),
    Key(
        name="backends",
        read=service_values.proxy,
        text="[app, api]",
        help="its backends, NAME or PROCESS/NAME; default: all",
        is_example=True,
        most=MAX_MEMBERS,
    ),
    Key(
        name="min_servers",
        read=service_values.minimum,
        text="100%",
        help="needed in each backend: a number, or percent of those not in maintenance",
    ),
    Key(
        name="intended_role",
        read=service_values.intended_role,
        text="master",
        help="master or backup; default: master if keepalived starts as MASTER",
        is_example=True,
    ),
    Section(
        name="probe",
        keys=_PROBE,
        help="requests as a client makes them; 'probe: URL' sets the url alone",
        is_example=True,
        short="url",
    ),
)

_NOTIFICATIONS = (
    Key(
        name="hold",
        read=values.duration(*HOLD_RANGE),
        text="1s",
        help="time that a change of health must last to be reported: 0s to 60s",
    ),
    Key(
        name="limit",
        read=service_values.limit,
        text="10/min",
        help="events of a service, 1 to 600 per min or hour; further changes are counted",
    ),
    Key(name="servers", read=service_values.yes_or_no, text="no", help="also report each change of a server"),
    Key(name="backends", read=service_values.yes_or_no, text="yes", help="also report each change of a backend"),
    Key(
        name="egress_hold",
        read=values.duration(*EGRESS_HOLD_RANGE),
        text="5m",
        help="longest wait for a route out of the machine: 0s (none) to 1h",
    ),
    Key(
        name="remind",
        read=service_values.reminder,
        text="none",
        help="interval at which a lasting problem is reported again: 10s to 168h, or none",
    ),
)


def _haproxy(credentials: str) -> tuple[Key, ...]:
    default = HaproxyConfig()
    return (
        Key(
            name="name",
            read=values.name,
            text=default.name,
            help="unique; letters, digits and . _ : -, 64 at most",
        ),
        Key(
            name="stats",
            read=values.stats,
            text=default.stats,
            help="stats socket, or statistics page: https://host:8404/stats",
        ),
        Key(
            name="interval",
            read=values.duration(*INTERVAL_RANGE),
            text=f"{default.interval:g}s",
            help="time between readings: 100ms to 1h",
        ),
        Key(
            name="timeout",
            read=values.duration(*TIMEOUT_RANGE),
            text=f"{default.timeout:g}s",
            help="limit of a whole reading: 100ms to 60s",
        ),
        Key(
            name="username",
            read=values.username,
            text="stats",
            help="with a URL only: user of 'stats auth'",
            is_example=True,
        ),
        Key(
            name="password_file",
            read=values.secret_file("password", credentials),
            text="/etc/haproxy-agentx/password",
            help="file with the password, or credential:NAME (systemd's LoadCredential=)",
            is_example=True,
        ),
        Key(
            name="ca_file",
            read=values.path,
            text="/etc/haproxy-agentx/ca.pem",
            help="certificates to trust instead of the system's, PEM",
            is_example=True,
        ),
        Key(
            name="master_socket",
            read=values.socket_path,
            text="/run/haproxy-master.sock",
            help="with a socket only: socket of the master process (option -S)",
            is_example=True,
        ),
        Key(
            name="certificate_days",
            read=values.days,
            text=f"{default.certificate_days:g}",
            help="days before its expiry at which a certificate is a reason: 0 to 3650",
        ),
    )


def _keepalived(credentials: str) -> Table:
    default = KeepalivedConfig()
    return (
        Key(
            name="fifo",
            read=service_values.fifo,
            text=default.fifo or "none",
            help="vrrp_notify_fifo of keepalived.conf (global_defs), or none",
        ),
        Section(
            name="traps",
            keys=(
                Key(
                    name="address",
                    read=snmp_values.traps,
                    text=default.traps or "none",
                    help="where a second trap2sink of snmpd.conf sends them, or none",
                ),
                Key(
                    name="community_file",
                    read=values.secret_file("community", credentials),
                    text="/etc/haproxy-agentx/trap-community",
                    help="file with the community of that trap2sink, or credential:NAME",
                    is_example=True,
                ),
            ),
            help="keepalived's traps; 'traps: ADDRESS' sets the address alone",
            short="address",
        ),
        Section(
            name="snmp",
            keys=_snmp(credentials),
            help="the snmpd of this node, for reading KEEPALIVED-MIB",
            is_example=True,
        ),
    )


def _snmp(credentials: str) -> Table:
    return (
        Key(name="address", read=snmp_values.address, text=SnmpAccess().address, help="where it answers SNMP requests"),
        Key(
            name="community_file",
            read=values.secret_file("community", credentials),
            text="/etc/haproxy-agentx/community",
            help="SNMPv2c: file with the community, or credential:NAME",
            is_example=True,
        ),
        Section(name="v3", keys=_v3(credentials), help="SNMPv3 instead of a community", is_example=True),
    )


def _v3(credentials: str) -> tuple[Key, ...]:
    folder = "/etc/haproxy-agentx"
    return (
        Key(name="user", read=snmp_values.user, text="monitor", help="user of createUser", is_required=True),
        Key(name="level", read=snmp_values.level, text="authPriv", help="noAuthNoPriv, authNoPriv or authPriv"),
        Key(
            name="auth_protocol",
            read=snmp_values.auth_protocol,
            text="SHA",
            help="MD5, SHA, SHA224, SHA256, SHA384 or SHA512",
        ),
        Key(
            name="auth_file",
            read=values.secret_file("passphrase", credentials),
            text=f"{folder}/auth",
            help="file with the passphrase, or credential:NAME",
            is_example=True,
        ),
        Key(name="priv_protocol", read=snmp_values.priv_protocol, text="AES", help="DES, AES, AES192 or AES256"),
        Key(
            name="priv_file",
            read=values.secret_file("passphrase", credentials),
            text=f"{folder}/priv",
            help="the same for the privacy passphrase",
            is_example=True,
        ),
    )
