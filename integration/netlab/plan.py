"""What the lab consists of: hosts, addresses, their file systems and files. No input or output here."""

from dataclasses import dataclass
from pathlib import Path

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects import root

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "integration" / "config"

SWITCH = "sw"
BALANCERS = ("lb1", "lb2")
ADDRESSES = {
    "lb1": "10.77.0.11",
    "lb2": "10.77.0.12",
    "web": "10.77.0.20",
    "sink": "10.77.0.30",
    "client": "10.77.0.40",
}
PREFIX_LENGTH = 24
THIRD = "lb3"
"""A load balancer that some labs have besides the two."""

ALL_BALANCERS = (*BALANCERS, THIRD)
ALL_ADDRESSES = {**ADDRESSES, THIRD: "10.77.0.13"}
HOSTS = (SWITCH, *ALL_ADDRESSES)
"""All that a lab can have."""

MANAGEMENT = {"lb1": "10.78.0.11", "lb2": "10.78.0.12", THIRD: "10.78.0.13"}
"""Addresses of load balancers in the management network, where a lab has one."""


VIRTUAL = {"SITE1": "10.77.0.100", "SITE2": "10.77.0.101"}
"""VRRP instance -> its virtual address."""

WEB_PORTS = (8001, 8002, 8003, 8004, 8005)
"""Each is a process of its own on the host `web`."""

VARIANTS = ("base", "fast", "fault")
"""Of keepalived's configuration: the files in integration/config/variants."""

ROOT = dotted(root.ROOT)
VRRP_INSTANCE_STATE = "1.3.6.1.4.1.9586.100.5.2.3.1.4"

AGENT = "haproxy-agentx"
"""Name of the daemon's user and group."""

AGENT_ID = 64001
"""Its numbers, where the machine does not have the user: they exist inside the lab's hosts only."""


@dataclass(frozen=True, slots=True)
class Account:
    """Numbers of a user on this machine."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class FileSystem:
    """An empty tmpfs of a host."""

    path: str
    owner: Account
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Accounts:
    """The users whose numbers the lab needs, as this machine has them."""

    snmp: Account
    haproxy: Account
    agent: Account


SUPERUSER = Account(0, 0)


def file_systems(host: str, accounts: Accounts) -> tuple[FileSystem, ...]:
    """Return the file systems that are a host's own, in the order of mounting."""
    if host == SWITCH:
        return ()
    common = (
        FileSystem("/run", SUPERUSER),
        FileSystem("/var/log", SUPERUSER),
        FileSystem("/var/lib/snmp", accounts.snmp),
        FileSystem("/etc/snmp", SUPERUSER),
    )
    if host not in ALL_BALANCERS:
        return common
    return (
        *common,
        FileSystem("/etc/haproxy", SUPERUSER),
        FileSystem("/etc/keepalived", SUPERUSER),
        FileSystem("/etc/haproxy-agentx", SUPERUSER),
        FileSystem("/run/haproxy", accounts.haproxy, 0o2775),
        FileSystem("/run/haproxy-agentx", Account(0, accounts.agent.gid), 0o750),
        FileSystem("/var/agentx", SUPERUSER),
        FileSystem("/dev/shm", SUPERUSER, 0o1777),  # noqa: S108  a file system of the host
        FileSystem("/var/lib/haproxy-agentx", accounts.agent, 0o750),
    )


COMMUNITY = "/etc/haproxy-agentx/community"

MACHINE_FILES = ("/etc/keepalived/keepalived.config-opts",)
"""Files of the machine that a load balancer needs, too, where there are any: keepalived 2.3 does not start without."""


def files(host: str, variant: str) -> dict[str, Path]:
    """Return the configuration of a host: where it reads it -> the file that is copied there."""
    if host in ALL_BALANCERS:
        return {
            "/etc/haproxy/haproxy.cfg": CONFIG / "haproxy.cfg",
            "/etc/keepalived/keepalived.conf": CONFIG / "keepalived.conf",
            "/etc/keepalived/variant.conf": CONFIG / "variants" / f"{variant}.conf",
            "/etc/snmp/snmpd.conf": CONFIG / "snmpd.conf",
            "/etc/haproxy-agentx/config.yaml": CONFIG / "haproxy-agentx.yaml",
            COMMUNITY: CONFIG / "community",
        }
    if host == "sink":
        return {
            "/etc/snmp/snmptrapd.conf": CONFIG / "snmptrapd.conf",
            "/etc/snmp/snmptrapd-names.conf": CONFIG / "snmptrapd-names.conf",
        }
    if host == "web":
        return {"/run/web.cfg": CONFIG / "web.cfg"}
    return {}
