"""What the comparison of nodes costs a node: reading the answers of its peers, and judging all services.

usage: python -m benchmarks.pair [SERVICES [PEERS]]

It plays a minute at the default interval in processor time, without sockets: each answer is decoded as SNMPv2c, and
all services are judged once a second and at each answer that says something new, as the daemon does.
"""

import sys
import time

from haproxy_agentx.health.model import Held, Readiness, Role
from haproxy_agentx.health.rules import decide
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import PairMember, Sample
from haproxy_agentx.pair.peer import Peer, PeerAnswer
from haproxy_agentx.pair.sample import AgentSelf, read_sample, sample_line
from haproxy_agentx.pair.settling import PairSettling
from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.outline import outline

MOST = 100
"""Objects in an answer."""

INTERVAL = 2.0
MINUTE = 60.0
SAID = AgentSelf("0" * 16, "1", "202611220000Z", 1.0, 1.0, 0, "lb2")


def sample(service: int, role: Role, now: float) -> Sample:
    """Return a sample of a service that is well."""
    held = Held.all if role is Role.master else Held.none
    health = decide(role, held, Readiness.ready)
    name, digest = f"service{service}", "0123456789abcdef"
    return Sample(
        name,
        role,
        held,
        Readiness.ready,
        health,
        router=service,
        addresses=digest,
        role_age=now,
        health_age=now,
    )


def octets(tag: int, content: bytes) -> bytes:
    """Return an element of BER with a length of three octets."""
    return bytes((tag, 0x82)) + len(content).to_bytes(2, "big") + content


def response(services: int, now: float) -> bytes:
    """Return the answer of a peer as it travels."""
    name = b"\x2b" + b"".join(_sub(number) for number in (*ROOT[2:], 1, 14, 1, 20))
    varbinds = b"".join(
        octets(
            0x30,
            octets(6, name + bytes((service,))) + octets(4, sample_line(sample(service, Role.backup, now)).encode()),
        )
        for service in range(1, services + 1)
    )
    pdu = octets(0xA2, b"\x02\x01\x01\x02\x01\x00\x02\x01\x00" + octets(0x30, varbinds))
    return octets(0x30, b"\x02\x01\x01" + octets(4, b"public") + pdu)


def _sub(number: int) -> bytes:
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def main(services: int, peers: int) -> None:
    """Print the share of a processor."""
    known = [Peer(f"lb{number + 2}", "192.0.2.2:161", INTERVAL, 1.0, 0.0) for number in range(peers)]
    settling = [PairSettling() for _ in range(services)]
    datagrams = [response(services, at) for at in (0.0, INTERVAL)]
    began, now = time.process_time(), 0.0

    def judge() -> None:
        for service, each in enumerate(settling, 1):
            own = sample(service, Role.master, now)
            first = PairMember("lb1", is_own=True, sample=own, taken=now)
            each.look((first, *(peer.member(own.service, now) for peer in known)), INTERVAL, now)

    while now < MINUTE:
        now += 1.0
        judge()
        for peer in known if now % INTERVAL == 0 else ():
            datagram = datagrams[int(now / INTERVAL) % 2]
            seen = outline(datagram, MOST)
            if seen is None:
                raise RuntimeError("the answer is no message")
            message = v2c.read(datagram, seen, MOST)
            samples = tuple(read_sample(value) for _, value in message.varbinds if isinstance(value, bytes))
            known_changes = peer.changes
            peer.take(PeerAnswer(SAID, samples, now, now, now))
            if peer.changes != known_changes:
                judge()
    share = (time.process_time() - began) / MINUTE
    print(f"{services} services, {peers} peers: {share:.2%} of a processor")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or (50, 2)))
