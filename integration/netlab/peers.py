"""Load balancers that read each other over a management network: what a lab is given before its daemons start.

Lab.up(name, prepare=peers.read_each_other)
"""

import os

from integration.netlab import network
from integration.netlab.lab import Lab
from integration.netlab.plan import COMMUNITY, MANAGEMENT, ROOT

INTERVAL, TIMEOUT = 1.0, 0.5
"""Seconds between two readings of a peer, and for one."""

CONFIG = "/etc/haproxy-agentx/config.yaml"
SNMPD = "/etc/snmp/snmpd.conf"
SECRET = "/etc/haproxy-agentx/peer"  # noqa: S105  the file of a passphrase
PASSPHRASE = "a passphrase of your own"  # noqa: S105  of the lab

V2C = f"community_file: {COMMUNITY}"
V3 = f"v3: {{user: peer, auth_file: {SECRET}, priv_file: {SECRET}}}"


def read_each_other(lab: Lab, interval: float = INTERVAL, timeout: float = TIMEOUT) -> None:
    """Lay the management network, and have each load balancer read the others over it by SNMPv2c."""
    network.connect_management(lab.hosts)
    for name in lab.balancers:
        _append(lab, name, SNMPD, "rocommunity public 10.78.0.0/24\n")
        _append(lab, name, CONFIG, _peers(lab, name, V2C, interval, timeout))


def read_by_v3(lab: Lab) -> None:
    """Likewise, by SNMPv3 with authentication and encryption."""
    network.connect_management(lab.hosts)
    for name in lab.balancers:
        _append(lab, name, SNMPD, f'createUser peer SHA "{PASSPHRASE}" AES\nrouser peer authPriv .{ROOT}\n')
        secret = lab.host(name).path(SECRET)
        secret.write_text(f"{PASSPHRASE}\n")
        os.chown(secret, 0, lab.host(name).path(COMMUNITY).stat().st_gid)
        secret.chmod(0o640)
        _append(lab, name, CONFIG, _peers(lab, name, V3, INTERVAL, TIMEOUT))


def _append(lab: Lab, host: str, path: str, text: str) -> None:
    with lab.host(host).path(path).open("a") as file:
        file.write(text)


def _peers(lab: Lab, host: str, access: str, interval: float, timeout: float) -> str:
    """Return the configuration of the peers of a host."""
    common = f"interval: {interval:g}s, timeout: {timeout * 1000:g}ms, {access}"
    lines = [
        f"  - {{name: {name}, address: '{MANAGEMENT[name]}:161', {common}}}\n" for name in lab.balancers if name != host
    ]
    return "".join(("peers:\n", *lines))
