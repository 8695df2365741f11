"""A site in simulated time: nodes with VRRP and HAProxy, and between them a management network with latencies.

It plays the parts of keepalived (RFC 9568 6.4) as far as the pair depends on it: who is MASTER when, and who has the
addresses. What each node's PairSettling makes of it is looked at after each event.
"""

from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random

from haproxy_agentx.health.model import Held, Readiness, Role
from haproxy_agentx.health.rules import decide
from haproxy_agentx.pair.judge import judge
from haproxy_agentx.pair.model import PairMember, PairState, PeerState, Sample
from haproxy_agentx.pair.settling import PairSettling

ADVERTISES = 1.0
POLL = 2.0
TIMEOUT = 1.0
KEEP = 3 * POLL + TIMEOUT


def sample_of(role=Role.master, held=None, readiness=Readiness.ready, **more):
    """Return a sample; a MASTER has its addresses unless said otherwise."""
    held = (Held.all if role is Role.master else Held.none) if held is None else held
    return Sample("site", role, held, readiness, decide(role, held, readiness), **more)


@dataclass
class Node:
    """What is true of one node, and what it knows of the others."""

    name: str
    priority: int
    up: bool = True
    ready: bool = True
    runs_vrrp: bool = True
    role: Role = Role.backup
    role_at: float = -100.0
    health_at: float = -100.0
    heard_at: float = 0.0
    settling: PairSettling = field(default_factory=PairSettling)
    peers: dict[str, tuple[PeerState, float, PairMember | None]] = field(default_factory=dict)
    started: float = 0.0
    due: float | None = None
    states: list[tuple[float, PairState]] = field(default_factory=list)

    def become(self, role: Role, now: float) -> None:
        if role is not self.role:
            self.role, self.role_at, self.health_at = role, now, now

    def sample(self, now: float) -> Sample:
        readiness = Readiness.ready if self.ready else Readiness.notReady
        return sample_of(self.role, readiness=readiness, role_age=now - self.role_at, health_age=now - self.health_at)


class Site:
    """``seed`` decides all latencies."""

    def __init__(self, nodes: int = 2, seed: int = 0, latency: float = 0.4) -> None:
        self.random = Random(seed)
        self.now = 0.0
        self.latency = latency
        self.nodes = {f"lb{number}": Node(f"lb{number}", 250 - 50 * number) for number in range(1, nodes + 1)}
        self.cut_vrrp: set[tuple[str, str]] = set()
        """(from, to): advertisements that do not arrive."""
        self.cut_snmp: set[tuple[str, str]] = set()
        """(asker, asked)."""
        self.naive: set[PairState] | None = None
        """What the last samples of each node together would make at once; None to leave that out."""
        self._queue: list = []
        self._order = count()
        for node in self.nodes.values():
            self._at(self.random.uniform(0, ADVERTISES), self._tick, node)
            self._at(self.random.uniform(0, 1), self._second, node)
            for peer in self.nodes:
                if peer != node.name:
                    self._at(self.random.uniform(0, POLL), self._poll, node, peer)

    def run(self, seconds: float) -> "Site":
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            self.now, _, what, given = heappop(self._queue)
            roles = [node.role for node in self.nodes.values()]
            what(*given)
            if roles != [node.role for node in self.nodes.values()]:
                self._look_all()
        self.now = end
        return self

    def _look_all(self) -> None:
        for node in self.nodes.values():
            if node.up:
                self._look(node)

    def _wake(self, node: Node) -> None:
        if node.up:
            self._look(node)

    def _second(self, node: Node) -> None:
        self._at(1.0, self._second, node)
        if node.up:
            self._look(node)

    def crash(self, name: str) -> None:
        node = self.nodes[name]
        node.up = False
        node.become(Role.stopped, self.now)

    def boot(self, name: str) -> None:
        node = self.nodes[name]
        node.up, node.heard_at, node.settling, node.peers = True, self.now, PairSettling(), {}
        node.started = self.now
        node.become(Role.backup, self.now)

    def stop_vrrp(self, name: str) -> None:
        """keepalived stops in order: with priority 0, so the next one takes over after its skew."""
        node = self.nodes[name]
        node.runs_vrrp = False
        node.become(Role.stopped, self.now)
        for other in self.nodes.values():
            other.heard_at = min(other.heard_at, self.now - 3 * ADVERTISES)

    def start_vrrp(self, name: str) -> None:
        node = self.nodes[name]
        node.runs_vrrp, node.heard_at = True, self.now
        node.become(Role.backup, self.now)

    def haproxy(self, name: str, *, ready: bool) -> None:
        node = self.nodes[name]
        node.ready, node.health_at = ready, self.now

    def cut(self, *names: str, vrrp: bool = True, snmp: bool = False) -> None:
        """Cut what goes both ways between two nodes."""
        one, other = names
        if vrrp:
            self.cut_vrrp |= {(one, other), (other, one)}
        if snmp:
            self.cut_snmp |= {(one, other), (other, one)}

    def mend(self) -> None:
        self.cut_vrrp.clear()
        self.cut_snmp.clear()

    def state(self, name: str) -> PairState:
        settled = self.nodes[name].settling.settled
        return PairState.unknown if settled is None else settled.state

    def seen(self) -> set[PairState]:
        """Return each state that any node ever reported."""
        return {state for node in self.nodes.values() for _, state in node.states}

    def forget(self) -> None:
        for node in self.nodes.values():
            node.states = [(self.now, self.state(node.name))]

    def _at(self, after: float, what, *given) -> None:
        heappush(self._queue, (self.now + after, next(self._order), what, given))

    def _tick(self, node: Node) -> None:
        """A node advertises, or finds that nobody does."""
        self._at(ADVERTISES / 2 * self.random.uniform(0.9, 1.1), self._tick, node)
        if not (node.up and node.runs_vrrp):
            return
        skew = ADVERTISES * (256 - node.priority) / 256
        if node.role is not Role.master and self.now >= node.heard_at + 3 * ADVERTISES + skew:
            node.become(Role.master, self.now)
        if node.role is Role.master and self.now >= 0:
            self._advertise(node)

    def _advertise(self, node: Node) -> None:
        for other in self.nodes.values():
            if other is node or not (other.up and other.runs_vrrp) or (node.name, other.name) in self.cut_vrrp:
                continue
            if node.priority > other.priority:
                other.heard_at = self.now
                other.become(Role.backup, self.now)
            elif other.role is not Role.master and self.now < other.started + ADVERTISES:
                other.heard_at = min(other.heard_at, self.now)  # it preempts, in its own time

    def _poll(self, node: Node, peer: str) -> None:
        self._at(POLL, self._poll, node, peer)
        if not node.up:
            return
        there, back = self.random.uniform(0, self.latency), self.random.uniform(0, self.latency)
        self._at(there, self._answer, node, peer, self.now, back)

    def _answer(self, node: Node, peer: str, began: float, back: float) -> None:
        other = self.nodes[peer]
        if not other.up or {(node.name, peer), (peer, node.name)} & self.cut_snmp:
            self._at(max(0.0, began + TIMEOUT - self.now), self._failed, node, peer)
            return
        self._at(back, self._arrive, node, peer, began, other.sample(self.now))

    def _arrive(self, node: Node, peer: str, began: float, sample: Sample) -> None:
        if node.up:
            member = PairMember(
                peer,
                sample=sample,
                taken=began - sample.age,
                role_at=self.now - sample.role_age,
                health_at=self.now - sample.health_age,
            )
            node.peers[peer] = (PeerState.ok, self.now, member)
            self._look(node)

    def _failed(self, node: Node, peer: str) -> None:
        state, at, member = node.peers.get(peer, (PeerState.unreachable, self.now, None))
        if member is not None and state in (PeerState.ok, PeerState.stale):
            node.peers[peer] = (PeerState.stale, at, member)
        if node.up:
            self._look(node)

    def _look(self, node: Node) -> None:
        own = node.sample(self.now)
        members = [
            PairMember(
                node.name, is_own=True, sample=own, taken=self.now, role_at=node.role_at, health_at=node.health_at
            )
        ]
        for peer in self.nodes:
            if peer == node.name:
                continue
            state, at, member = node.peers.get(peer, (PeerState.unreachable, node.started, None))
            if member is None:
                members.append(PairMember(peer, state=PeerState.unreachable, state_at=at))
            elif state is PeerState.stale and self.now >= at + KEEP:
                members.append(PairMember(peer, state=PeerState.unreachable, state_at=at + KEEP))
            else:
                members.append(member)
        if self.naive is not None:
            self.naive.add(judge(members).state)
        settled = node.settling.look(members, POLL, self.now)
        due = node.settling.deadline()
        if due is not None and due != node.due:
            node.due = due
            self._at(max(0.0, due - self.now), self._wake, node)
        if not node.states or node.states[-1][1] is not settled.state:
            node.states.append((self.now, settled.state))
