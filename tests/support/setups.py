"""Other configurations of the pair than the lab's own: written to its hosts, and its programs started with them."""

from collections.abc import Sequence

from integration.netlab import Lab
from integration.netlab.plan import BALANCERS, VIRTUAL

KEEPALIVED, VARIANT = "/etc/keepalived/keepalived.conf", "/etc/keepalived/variant.conf"
HAPROXY = "/etc/haproxy/haproxy.cfg"
SNMPD, AGENT = "/etc/snmp/snmpd.conf", "/etc/haproxy-agentx/config.yaml"

FAULTY = "$VERSION=3\n$ADVERT=0.1\n$FALL=1\n$WEIGHT=0\n"
"""A fast variant in which a bad check is the state FAULT."""


def edit(lab: Lab, path: str, *changes: tuple[str, str], hosts: Sequence[str] = BALANCERS) -> None:
    """Replace each text by another one in a file of the hosts."""
    lab.disturbed = True
    for host in hosts:
        file = lab.host(host).path(path)
        text = file.read_text()
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        file.write_text(text)


def put(lab: Lab, path: str, text: str, hosts: Sequence[str] = BALANCERS) -> None:
    """Write a file of the hosts."""
    lab.disturbed = True
    for host in hosts:
        lab.host(host).path(path).write_text(text)


def start(lab: Lab, *, snmpd: bool = False) -> None:
    """Start keepalived (and snmpd) anew with what is written now, and then our daemon, which must not run."""
    for host in BALANCERS:
        lab.ctl(host, "keepalived", "kill9")  # a stop takes a second
        for address in VIRTUAL.values():  # left by the killed one: it would look as if the new one had taken over
            lab.exec(host, "ip", "addr", "del", f"{address}/24", "dev", "eth0", check=False)
    for host in BALANCERS:
        if snmpd:
            lab.ctl(host, "snmpd", "restart")
    for host in BALANCERS:
        lab.ctl(host, "keepalived", "start")
    lab.wait_served("lb1")
    for host in BALANCERS:
        lab.ctl(host, "agent", "start")
