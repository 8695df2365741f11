"""The programs of each host: how they are started and by what they are known to be ready. No input or output here."""

import signal
import sys
from dataclasses import dataclass

from integration.netlab.plan import AGENT, ALL_BALANCERS, PROJECT, ROOT, WEB_PORTS

ACTIONS = ("start", "stop", "kill9", "freeze", "thaw", "reload", "restart")

MIB_DIRECTORIES = ":".join(
    (f"{PROJECT}/mib", "/usr/share/snmp/mibs", f"{PROJECT}/.mibs/ietf", f"{PROJECT}/.mibs/iana"),
)
"""Where net-snmp finds our module, keepalived's and (after tools/fetch-ietf-mibs) the IETF's."""


@dataclass(frozen=True, slots=True)
class Service:
    """A program that stays in the foreground; its output goes to /var/log/NAME.log of its host.

    ready is `unix:PATH`, `udp:PORT` or `tcp:PORT` (it listens there), `snmp:OID` (snmpd of the host has something
    below the OID), or empty: ready when it runs. reload is the signal for it.
    """

    name: str
    command: tuple[str, ...]
    ready: str = ""
    reload: signal.Signals = signal.SIGHUP
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def log(self) -> str:
        """Path of its log on its host."""
        return f"/var/log/{self.name}.log"


SNMPD = Service(
    "snmpd",
    (
        *("snmpd", "-f", "-Lo", "-u", "Debian-snmp", "-g", "Debian-snmp", "-I", "-smux,mteTrigger,mteTriggerConf"),
        *("-C", "-c", "/etc/snmp/snmpd.conf", "-p", "/run/snmpd.pid"),
    ),
    ready="unix:/var/agentx/master",
)
HAPROXY = Service(
    "haproxy",
    ("haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg", "-p", "/run/haproxy.pid"),
    ready="tcp:8404",
    reload=signal.SIGUSR2,
)
KEEPALIVED = Service(
    "keepalived",
    # Debian's has no -g (log file): -n -l writes to the terminal
    ("keepalived", "-x", "-D", "-n", "-l", "-f", "/etc/keepalived/keepalived.conf"),
)
AGENT_SERVICE = Service(
    "agent",
    (
        *("setpriv", f"--reuid={AGENT}", f"--regid={AGENT}", "--clear-groups", "--no-new-privs"),
        *("--inh-caps=-all", "--bounding-set=-all", "--"),
        *(sys.executable, "-m", "haproxy_agentx", "run", "--config", "/etc/haproxy-agentx/config.yaml"),
    ),
    ready=f"snmp:{ROOT}",
    environment=(("PYTHONPATH", str(PROJECT)), ("PYTHONDONTWRITEBYTECODE", "1")),
)
TRAPS = Service(
    "traps",
    ("snmptrapd", "-f", "-Lo", "-On", "-m", "", "-C", "-c", "/etc/snmp/snmptrapd.conf", "udp:162"),
    ready="udp:162",
)
NAMES = Service(
    "names",
    (
        *("snmptrapd", "-f", "-Lo", "-C", "-c", "/etc/snmp/snmptrapd-names.conf", "-OsQ"),
        *("-M", MIB_DIRECTORIES, "-m", "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB:VRRP-MIB:VRRPV3-MIB", "udp:127.0.0.1:1163"),
    ),
    ready="udp:1163",
)


def web(port: int) -> Service:
    """Return the web server of a port."""
    return Service(
        str(port),
        ("haproxy", "-db", "-f", "/run/web.cfg"),
        ready=f"tcp:{port}",
        environment=(("PORT", str(port)),),
    )


SERVICES = {
    "web": {str(port): web(port) for port in WEB_PORTS},
    "sink": {service.name: service for service in (TRAPS, NAMES)},
    **{host: {s.name: s for s in (SNMPD, HAPROXY, KEEPALIVED, AGENT_SERVICE)} for host in ALL_BALANCERS},
}
"""Host -> name -> service."""
