"""The lab of two load balancers with a management network beside the service network, over which they read each other.

pair = PairLab(lab); pair.await_states("redundant", "redundant")
"""

import functools
import json
import os
import sys
from dataclasses import dataclass

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects import schema
from haproxy_agentx.pair.model import PairState, PeerState, TrafficEvidence
from integration.demo.notices import Row
from integration.netlab import Lab, network, wait_for
from integration.netlab.host import in_background
from integration.netlab.plan import ADDRESSES, BALANCERS, PROJECT, ROOT, SWITCH
from tests.support.reported import reported, wait_reported
from tests.support.wait import until

MANAGEMENT = {"lb1": "10.78.0.11", "lb2": "10.78.0.12"}
CONFIG = "/etc/haproxy-agentx/config.yaml"
SNMPD = "/etc/snmp/snmpd.conf"
PASSPHRASE = "a passphrase of your own"
PEER_SECRET = "/etc/haproxy-agentx/peer"
INTERVAL, TIMEOUT = 1.0, 0.5
CLIENT = """
import socket, sys, time
while True:
    try:
        with socket.create_connection((sys.argv[1], 80), 0.5) as connection:
            connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            connection.recv(1)
    except OSError:
        pass
    time.sleep(0.1)
"""
"""A client with a connection for each request, and some seven requests a second."""

FAST = 0.1
"""Seconds between two advertisements in the lab's variant fast."""


OURS = ("env", f"PYTHONPATH={PROJECT}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", "haproxy_agentx")
"""What runs haproxy-agentx on a node."""


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


def prepare_apart(lab: Lab) -> None:
    """As ``prepare``, with a frontend of its own for each service, so that its clients can be told apart."""
    prepare(lab)
    for name in BALANCERS:
        with lab.hosts[name].path(CONFIG).open("a") as file:
            file.write(
                "services:\n"
                "  - {name: SITE1, vrrp_instance: SITE1, frontends: [fe_web], backends: [be_web, be_static]}\n"
                "  - {name: SITE2, vrrp_instance: SITE2, frontends: [fe_api], backends: [be_api]}\n"
            )


def prepare_v3(lab: Lab) -> None:
    """Likewise, by SNMPv3 with authentication and encryption."""
    prepare(lab)
    for name in BALANCERS:
        host = lab.hosts[name]
        with host.path(SNMPD).open("a") as file:
            file.write(f'createUser peer SHA "{PASSPHRASE}" AES\nrouser peer authPriv .{ROOT}\n')
        secret = host.path(PEER_SECRET)
        secret.write_text(f"{PASSPHRASE}\n")
        community = host.path("/etc/haproxy-agentx/community").stat()
        os.chown(secret, 0, community.st_gid)
        secret.chmod(0o640)
        config = host.path(CONFIG)
        head, _, _ = config.read_text().partition("peers:")
        peer = other(name)
        config.write_text(
            f"{head}peers:\n  - name: {peer}\n    address: {MANAGEMENT[peer]}:161\n    interval: {INTERVAL:g}s\n"
            f"    v3: {{user: peer, auth_file: {PEER_SECRET}, priv_file: {PEER_SECRET}}}\n"
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

    def await_state(self, host: str, state: str, seconds: float = 30.0) -> None:
        """Wait until all services have a state on one node."""
        wait_for(
            lambda: set(self.states(host)) == {state},
            f"the pair is {state} on {host}",
            seconds,
            lambda: f"{self.states(host)} {self.peer_state(host)} {self.said(host)}",
        )

    def stays(self, first: str, second: str, seconds: float) -> None:
        """Check for some seconds that nothing but these states is seen, and that no event reports any other."""
        wanted = {"lb1": {first}, "lb2": {second}}
        before = self.reported_states()

        def differs() -> bool:
            return any(set(self.states(host)) != states for host, states in wanted.items())

        assert not until(differs, seconds), {host: self.said(host) for host in wanted}
        assert self.reported_states() == before

    def reported_states(self) -> set[str]:
        """Return the states that events of the pair have reported at the sink."""
        return {one.cells.get("State", "") for one in reported(self.lab, kind="pairChange")}

    def wait_event(self, host: str, state: str, kind: str = "pairChange", seconds: float = 30.0) -> Row:
        """Wait for an event of a node at the sink, and return its cells."""
        return wait_reported(self.lab, f"{host}: {kind} {state}", seconds, host=host, kind=kind, State=state).cells

    def command(self, host: str, *arguments: str) -> str:
        """Run haproxy-agentx on a node, and return what it prints."""
        return self.lab.exec(host, *OURS, *arguments)

    def await_maintenance(self, host: str, of: str) -> None:
        """Wait until a node shows that the other one is in maintenance."""
        wait_for(
            lambda: self.texts(host, "haxPeerTable", "haxPeerMaintenance") == ["1"],
            f"{host} shows that {of} is in maintenance",
            10,
        )

    def deafen(self, host: str, to: str) -> None:
        """Let a node no longer hear the advertisements of another one."""
        self.lab.disturbed = True
        self.lab.exec(host, "iptables", "-I", "INPUT", "-p", "112", "-s", ADDRESSES[to], "-j", "DROP")

    def servers(self, host: str) -> list[tuple[str, str]]:
        """Return the backend and the name of each server."""
        lines = self.lab.haproxy(host, "show servers state").splitlines()[2:]
        return [(fields[1], fields[3]) for line in lines if len(fields := line.split()) > 3]

    def visit(self, address: str) -> None:
        """Have a client connect to an address again and again, until the lab ends."""
        self.lab.disturbed = True
        client = self.lab.host("client")
        client.run(*in_background(("python3", "-c", CLIENT, address), "/var/log/visits.log"))

    def member(self, host: str, name: str) -> dict[str, str]:
        """Return a column of haxPairMemberTable as a node answers it, of SITE1 by the names of the nodes."""
        nodes = self.texts(host, "haxPairMemberTable", "haxPairMemberNode")
        return dict(zip(nodes[:2], self.texts(host, "haxPairMemberTable", name)[:2], strict=True))

    def traffic(self, host: str) -> dict[str, str]:
        """Return haxPairMemberTraffic of SITE1 by the names of the nodes."""
        found = self.member(host, "haxPairMemberTraffic")
        return {name: TrafficEvidence(int(text)).name for name, text in found.items()}

    def await_traffic(self, host: str, seconds: float = 30.0, **wanted: str) -> None:
        """Wait until a node shows this evidence of the nodes that are named."""
        wait_for(
            lambda: wanted.items() <= self.traffic(host).items(),
            f"{host} shows {wanted}",
            seconds,
            lambda: f"{self.traffic(host)} {self.said(host)}",
        )

    def neighbour(self, address: str, of: str | None) -> None:
        """Have the client take a load balancer for the owner of an address, whatever is announced; None: mend that."""
        self.lab.disturbed = True
        if of is None:
            self.lab.exec("client", "ip", "neigh", "del", address, "dev", "eth0")
            return
        (link,) = json.loads(self.lab.exec(of, "ip", "-json", "link", "show", "eth0"))  # /sys is the machine's
        fixed = ("lladdr", link["address"], "dev", "eth0", "nud", "permanent")
        self.lab.exec("client", "ip", "neigh", "replace", address, *fixed)

    def management(self, host: str, *, up: bool) -> None:
        """Plug the management cable of a node in or pull it."""
        self.lab.disturbed = True
        network.set_link(self.lab.hosts[SWITCH], f"m-{host}", up=up)
