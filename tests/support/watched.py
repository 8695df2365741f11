"""Cells of simulated nodes of a pair, as their agents answer them, by the declaration of the MIB.

``python -m tests.support.watched PAIRS`` serves so many pairs on 127.1.0.0/16 until its standard input ends, and prints
the UDP port and the hosts.
"""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.model import Cause, Health, Readiness, Role
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import Evidence, PairState, PeerState, Standing
from haproxy_agentx.pair.sample import AgentSelf, self_line
from haproxy_agentx.vocabulary.event import Kind
from tests.support.farm import Farm

COLUMNS = {one.name: (table, one) for table in schema.TABLES for one in table.columns}
SCALARS = {one.name: one for one in schema.SCALARS}

STANDINGS = {
    Health.active: Standing.serving,
    Health.standby: Standing.ready,
    Health.activeDegraded: Standing.servingReduced,
    Health.standbyDegraded: Standing.readyReduced,
    Health.standbyNotReady: Standing.notReady,
    Health.blackhole: Standing.notServing,
}
READINESS = {Health.active: Readiness.ready, Health.standby: Readiness.ready, Health.blackhole: Readiness.notReady}


@dataclass(frozen=True)
class Simulated:
    """A node with one service, SITE1, unless ``services`` names others. ``peer`` is its only peer."""

    name: str
    address: str
    health: Health
    state: PairState = PairState.redundant
    text: str = "all is well"
    peer: "Simulated | None" = None
    peer_state: PeerState = PeerState.ok
    services: tuple[str, ...] = ("SITE1",)
    router: int = 51
    virtual: str = "10.0.0.100"
    root: Oid = ROOT
    maintenance: float = 0.0

    @property
    def run(self) -> str:
        return hashlib.sha256(f"{self.name} {self.address}".encode()).hexdigest()[:16]

    def cells(self) -> dict[Oid, int | bytes]:
        """Return all that ``check`` and ``watch`` ask for."""
        reads = (self.peer.run,) if self.peer is not None and self.peer_state is PeerState.ok else ()
        said = AgentSelf(self.run, "0.1.0", "202611220000Z", 60.0, 1.7e9, 3, self.name, self.maintenance, reads)
        scalars: Mapping[str, int | bytes] = {
            "haxAgentVersion": b"0.1.0",
            "haxPairSelf": self_line(said).encode(),
            "haxAgentLastEventSequence": 3,
        }
        found: dict[Oid, int | bytes] = {
            (*schema.scalar_oid(SCALARS[name], self.root), 0): value for name, value in scalars.items()
        }
        for number, service in enumerate(self.services, 1):
            found |= self._row((number,), self._service(service))
            for place, member in enumerate((self, self.peer), 1):
                if member is not None:
                    found |= self._row((number, place), self._member(member))
        if self.peer is not None:
            found |= self._row((2,), self._peer(self.peer))
        for number in (1, 2, 3):
            found |= self._row((number,), self._event(number))
        return found

    def _row(self, index: Oid, row: Mapping[str, int | str]) -> dict[Oid, int | bytes]:
        found: dict[Oid, int | bytes] = {}
        for name, value in row.items():
            oid = (*schema.column_oid(*COLUMNS[name], self.root), *index)
            found[oid] = int(value) if isinstance(value, int) else value.encode()
        return found

    def _service(self, service: str) -> Mapping[str, int | str]:
        serves = self.health in {Health.active, Health.activeDegraded, Health.blackhole}
        return {
            "haxServiceName": service,
            "haxServiceHealth": self.health,
            "haxServiceRole": Role.master if serves else Role.backup,
            "haxServiceReadiness": READINESS.get(self.health, Readiness.degraded),
            "haxServiceUsableServers": 3,
            "haxServiceEligibleServers": 3,
            "haxServiceReasonText": "",
            "haxServiceAge": 7384,
            "haxPairState": PairState.redundancyUnknown if self.peer is None else self.state,
            "haxPairAge": 725,
            "haxPairEvidenceMask": Evidence.ownNode | (Evidence.noPeer if self.peer is None else 0),
            "haxPairText": self.text,
            "haxPairActiveNode": "lb1",
        }

    def _member(self, member: "Simulated") -> Mapping[str, int | str]:
        is_read = member is self or self.peer_state is PeerState.ok
        return {
            "haxPairMemberNode": member.name,
            "haxPairMemberLocal": 1 if member is self else 2,
            "haxPairMemberStanding": STANDINGS.get(member.health, Standing.unknown) if is_read else Standing.unread,
            "haxPairMemberAddressesDigest": hashlib.sha256(member.virtual.encode()).hexdigest()[:16],
            "haxPairMemberAge": 400,
            "haxPairMemberVirtualRouterId": member.router,
        }

    def _peer(self, peer: "Simulated") -> Mapping[str, int | str]:
        return {
            "haxPeerName": peer.name,
            "haxPeerAddress": f"{peer.address}:161",
            "haxPeerState": self.peer_state,
            "haxPeerReadingAge": 400,
            "haxPeerLastError": "" if self.peer_state is PeerState.ok else "no answer within 1 s",
            "haxPeerNode": peer.name,
            "haxPeerReadsUs": 1,
            "haxPeerMaintenance": 2,
        }

    def _event(self, number: int) -> Mapping[str, int | str]:
        return {
            "haxEventSequence": number,
            "haxEventKind": Kind.serviceFailover,
            "haxEventSubject": "SITE1",
            "haxEventHealth": self.health,
            "haxEventCause": Cause.peerLost,
            "haxEventCauseText": f"the cause of event {number}",
            "haxEventSeverity": Severity.cleared,
            "haxEventAge": 1000 - 100 * number,
        }


def pair(one: Simulated, two: Simulated) -> tuple[Simulated, Simulated]:
    """Have two nodes read each other."""
    return replace(one, peer=two), replace(two, peer=one)


def site(number: int, **changes: object) -> tuple[Simulated, Simulated]:
    """Return pair ``number`` of many: all have nodes lb1 and lb2, and addresses of their own."""
    one, two = (
        Simulated(f"lb{place}", f"127.1.{number}.{place}", health, virtual=f"10.0.{number}.100")
        for place, health in ((1, Health.active), (2, Health.standby))
    )
    return pair(replace(one, **changes), two)  # type: ignore[arg-type]


def main() -> None:
    """Serve many pairs."""
    nodes = [node for number in range(int(sys.argv[1])) for node in site(number)]
    with Farm({node.address: node.cells() for node in nodes}) as farm:
        sys.stdout.write(" ".join([str(farm.port), *(node.address for node in nodes)]) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
