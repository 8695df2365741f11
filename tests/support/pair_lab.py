"""Two load balancers, or three, that read each other over a management network, and what they say of the pair.

pair = PairLab(lab); pair.await_states("redundant", "redundant")
"""

import functools
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects import schema
from haproxy_agentx.pair.arrivals import EXPECTED
from haproxy_agentx.pair.model import PairState, PeerState, TrafficEvidence
from integration.demo.notices import Row
from integration.netlab import Lab, peers, wait_for
from integration.netlab.host import in_background
from integration.netlab.plan import ALL_ADDRESSES, PROJECT
from tests.support.reported import reported, wait_reported
from tests.support.wait import until

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

OURS = ("env", f"PYTHONPATH={PROJECT}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", "haproxy_agentx")
"""What runs haproxy-agentx on a node."""


def read_each_other_apart(lab: Lab) -> None:
    """Have the nodes read each other, with a frontend of its own for each service: its clients can be told apart."""
    peers.read_each_other(lab)
    for name in lab.balancers:
        with lab.host(name).path(peers.CONFIG).open("a") as file:
            file.write(
                "services:\n"
                "  - {name: SITE1, vrrp_instance: SITE1, frontends: [fe_web], backends: [be_web, be_static]}\n"
                "  - {name: SITE2, vrrp_instance: SITE2, frontends: [fe_api], backends: [be_api]}\n"
            )


@functools.cache
def column(table: str, name: str) -> str:
    """Return the OID of a column by the names of its table and itself."""
    found = next(one for one in schema.TABLES if one.name == table)
    return dotted(schema.column_oid(found, next(one for one in found.columns if one.name == name)))


@dataclass(frozen=True, slots=True)
class PairLab:
    """What all nodes of a lab say of the pair."""

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

    def peer_states(self, host: str) -> dict[str, str]:
        """Return haxPeerState of each other node by its name."""
        names, states = (self.texts(host, "haxPeerTable", column) for column in ("haxPeerName", "haxPeerState"))
        return {name: PeerState(int(state)).name for name, state in zip(names, states, strict=False)}

    def peer_state(self, host: str) -> str:
        """Return haxPeerState of the only other node."""
        (state,) = self.peer_states(host).values()
        return state

    def said(self, host: str) -> list[str]:
        """Return haxPairText of all services."""
        return self.texts(host, "haxPairTable", "haxPairText")

    def await_states(self, first: str, second: str, seconds: float = 30.0) -> None:
        """Wait until all services have these states, on lb1 and on lb2."""
        self.await_each({"lb1": first, "lb2": second}, seconds)

    def await_each(self, wanted: Mapping[str, str], seconds: float = 30.0) -> None:
        """Wait until all services have these states, by node."""
        wait_for(
            lambda: all(set(self.states(host)) == {state} for host, state in wanted.items()),
            f"the pair is {dict(wanted)}",
            seconds,
            lambda: repr({host: (self.states(host), self.peer_states(host), self.said(host)) for host in wanted}),
        )

    def await_state(self, host: str, state: str, seconds: float = 30.0) -> None:
        """Wait until all services have a state on one node."""
        self.await_each({host: state}, seconds)

    def stays(self, first: str, second: str, seconds: float) -> None:
        """Check for some seconds that lb1 and lb2 show nothing but these states, and report no others."""
        self.each_stays({"lb1": first, "lb2": second}, seconds)

    def each_stays(self, wanted: Mapping[str, str], seconds: float) -> None:
        """Likewise, by node."""
        before = self.reported_states()

        def differs() -> bool:
            return any(set(self.states(host)) != {state} for host, state in wanted.items())

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
        self.lab.exec(host, "iptables", "-I", "INPUT", "-p", "112", "-s", ALL_ADDRESSES[to], "-j", "DROP")

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

    def await_clients(self, host: str) -> None:
        """Wait until so many clients have come to a node as it needs to miss them."""
        self.await_traffic(host, 30.0, **{host: "arrives"})
        connections = functools.partial(self.texts, host, "haxFrontendTable", "haxFrontendConnectionsTotal")
        wait_for(lambda: max(map(int, connections())) > 2 * EXPECTED, f"{host} has had clients", 30, self.lab.logs)

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
        self.lab.link_management(host, up=up)
