"""The lab of two load balancers with a management network beside the service network, over which they read each other.

pair = PairLab(lab); pair.await_states("redundant", "redundant")
"""

import functools
from dataclasses import dataclass

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects import schema
from haproxy_agentx.pair.model import PairState, PeerState
from integration.netlab import Lab, network, wait_for
from integration.netlab.plan import BALANCERS, SWITCH

MANAGEMENT = {"lb1": "10.78.0.11", "lb2": "10.78.0.12"}
CONFIG = "/etc/haproxy-agentx/config.yaml"
SNMPD = "/etc/snmp/snmpd.conf"
INTERVAL, TIMEOUT = 1.0, 0.5
FAST = 0.1
"""Seconds between two advertisements in the lab's variant fast."""


def other(host: str) -> str:
    """Return the other load balancer."""
    return next(name for name in BALANCERS if name != host)


def prepare(lab: Lab) -> None:
    """Lay the management network, and have the nodes read each other over it."""
    cables = "".join(
        f"link add m-{name} type veth peer name mgmt netns {lab.hosts[name].leader.pid}\n"
        f"link set m-{name} master br1 up\n"
        for name in BALANCERS
    )
    bridge = "link add br1 type bridge mcast_snooping 0\nlink set br1 up\n"
    network.batch(lab.hosts[SWITCH], bridge + cables, machine=True)
    for name, address in MANAGEMENT.items():
        host = lab.hosts[name]
        network.batch(host, f"addr add {address}/24 dev mgmt\nlink set mgmt up\n")
        with host.path(SNMPD).open("a") as file:
            file.write("rocommunity public 10.78.0.0/24\n")
        with host.path(CONFIG).open("a") as file:
            peer = other(name)
            file.write(
                f"peers:\n  - {{name: {peer}, address: '{MANAGEMENT[peer]}:161', interval: {INTERVAL:g}s, "
                f"timeout: {TIMEOUT * 1000:g}ms, community_file: /etc/haproxy-agentx/community}}\n"
            )


@functools.cache
def column(table: str, name: str) -> str:
    """Return the OID of a column by the names of its table and itself."""
    found = next(one for one in schema.TABLES if one.name == table)
    return dotted(schema.column_oid(found, next(one for one in found.columns if one.name == name)))


@dataclass(frozen=True, slots=True)
class PairLab:
    """What both nodes of a lab say of the pair."""

    lab: Lab

    def texts(self, host: str, table: str, name: str) -> list[str]:
        """Return a column as a node answers it, in the order of its rows."""
        walked = self.lab.exec(
            host, "snmpwalk", "-v2c", "-cpublic", "-Oqv", "-t2", "127.0.0.1", column(table, name), check=False
        )
        return [line.strip().strip('"') for line in walked.splitlines() if "No Such" not in line]

    def states(self, host: str) -> list[str]:
        """Return haxPairState of all services."""
        return [PairState(int(text)).name for text in self.texts(host, "haxPairTable", "haxPairState")]

    def peer_state(self, host: str) -> str:
        """Return haxPeerState of the other node."""
        (text,) = self.texts(host, "haxPeerTable", "haxPeerState") or ["1"]
        return PeerState(int(text)).name

    def said(self, host: str) -> list[str]:
        """Return haxPairText of all services."""
        return self.texts(host, "haxPairTable", "haxPairText")

    def await_states(self, first: str, second: str, seconds: float = 30.0) -> None:
        """Wait until all services have these states, on lb1 and on lb2."""
        wanted = {"lb1": first, "lb2": second}

        def is_so() -> bool:
            return all(set(self.states(host)) == {state} for host, state in wanted.items())

        try:
            wait_for(is_so, f"the pair is {first} on lb1 and {second} on lb2", seconds)
        except Exception as error:
            seen = {host: (self.states(host), self.peer_state(host), self.said(host)) for host in wanted}
            raise AssertionError(f"{error}: {seen}") from error

    def management(self, host: str, *, up: bool) -> None:
        """Plug the management cable of a node in or pull it."""
        self.lab.disturbed = True
        network.set_link(self.lab.hosts[SWITCH], f"m-{host}", up=up)
