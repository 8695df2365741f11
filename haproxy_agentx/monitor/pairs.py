"""The services of this node over all nodes: peers as they were read, and the state that counts. Pure.

Times are monotonic seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from haproxy_agentx.health.instance import Instance
from haproxy_agentx.health.model import Cause
from haproxy_agentx.monitor.own_sample import own_member, own_sample
from haproxy_agentx.monitor.pair_memory import PairMemory
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.monitor.traffic import Readings, Traffic
from haproxy_agentx.pair.model import Evidence, PairMember, PairState
from haproxy_agentx.pair.peer import Peer
from haproxy_agentx.pair.settling import PairSettling, Settled
from haproxy_agentx.pair.traffic import TrafficWatch
from haproxy_agentx.pair.words import cause_of, sentence

MAINTENANCE = "maintenance"
"""Key of the memory under which the end of the maintenance is kept, in seconds since 1970; 0 for none."""

LONGEST = 366 * 86400
"""Seconds after which a maintenance that is remembered is none: the clock was set."""

POLLS_ALONE = 0.0
"""Seconds between polls where no peer is configured."""


@dataclass(frozen=True, slots=True)
class OwnNode:
    """The name of this node, the run of its agent (16 hexadecimal digits), and its version."""

    name: str = ""
    run: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class PairView:
    """A service over all its nodes, as it counts and as it is seen now."""

    settled: Settled
    members: tuple[PairMember, ...]
    cause: Cause
    text: str
    """What is seen now."""

    @property
    def own(self) -> PairMember:
        """The member that is this node."""
        return self.members[0]

    @property
    def key(self) -> str:
        """What the reports of all nodes about this pair have in common."""
        sample = self.own.sample
        name, router = (sample.service, sample.router) if sample is not None else ("", None)
        return f"{name}/{'-' if router is None else router}"


class Pairs:
    """``peers`` are read elsewhere, and take their answers there."""

    def __init__(self, node: OwnNode, peers: Sequence[Peer]) -> None:
        self.node = node
        self.peers = peers
        self.views: Mapping[str, PairView] = {}
        """By service."""
        self.configuration = ""
        """The digest of the configuration of HAProxy on this node; empty while it is not known."""
        self.maintained_until: float | None = None
        """When the maintenance of this node ends that was ordered; None without one."""
        self.traffic = Traffic()
        self._memory = PairMemory()
        self._settling: dict[str, PairSettling] = {}
        self._polls = max((peer.interval for peer in peers), default=POLLS_ALONE)

    def look(self, services: Iterable[Service], instances: Mapping[str, Instance], now: float) -> None:
        """See how all services are on all nodes."""
        judged = {service.plan.name: service for service in services if service.tracker.condition is not None}
        recalled = self._memory.recalled = {name: one for name, one in self._memory.recalled.items() if name in judged}
        self._settling = {name: self._settling.get(name) or PairSettling(recalled.get(name)) for name in judged}
        self.views = {
            name: self._view(service, instances.get(service.plan.vrrp_instance or ""), now)
            for name, service in judged.items()
        }

    def look_at_traffic(
        self, services: Iterable[Service], instances: Mapping[str, Instance], readings: Readings, now: float
    ) -> None:
        """See what has come for the services, where another node could agree with it."""
        if self.peers and self.traffic.is_due(now):
            judged = [service for service in services if service.tracker.condition is not None]
            self.traffic.look(judged, instances, readings, now)

    def maintain(self, until: float | None) -> None:
        """Record that this node is in maintenance by order until a moment, None for not at all."""
        self.maintained_until = until

    def maintenance_left(self, now: float) -> float:
        """Return for how many seconds this node remains in maintenance, 0 when it is not."""
        return 0.0 if self.maintained_until is None else max(0.0, self.maintained_until - now)

    @property
    def version(self) -> object:
        """Return something that differs when the next start has to know something else."""
        settled = [(name, view.settled) for name, view in self.views.items()]
        return self.maintained_until, [(name, one.state, one.since, one.is_first) for name, one in settled]

    def memory(self, now: float, date: float) -> dict[str, str]:
        """Return what the next start has to know; ``date`` is now in seconds since 1970."""
        left = self.maintenance_left(now)
        pairs = self._memory.texts({name: view.settled for name, view in self.views.items()}, now, date)
        return {MAINTENANCE: f"{date + left:.0f}" if left else "0", **pairs}

    def recall(self, memory: Mapping[str, str], now: float, date: float) -> None:
        """Go on with what was ordered and what counted in an earlier run; what cannot be read counts as nothing."""
        self._memory.recall(memory, now, date)
        try:
            left = float(memory.get(MAINTENANCE, "0")) - date
        except ValueError:
            return
        self.maintained_until = now + left if 0 < left <= LONGEST else None

    @property
    def state(self) -> PairState:
        """Return haxPair: the worst state of a service."""
        return max((view.settled.state for view in self.views.values()), default=PairState.unknown)

    @property
    def is_settling(self) -> bool:
        """Whether a state waits for newer samples before it counts."""
        return any(Evidence.settling in view.settled.verdict.evidence for view in self.views.values())

    @property
    def is_behind(self) -> bool:
        """Whether what this node knows of its role is older than a change of role of another node.

        Until it is read anew, no node can compare the two.
        """
        return any(
            other.is_read
            and other.sample is not None
            and view.own.sample is not None
            and view.own.taken < other.role_at
            for view in self.views.values()
            for other in view.members[1:]
        )

    def reads(self, now: float) -> tuple[str, ...]:
        """Return the runs of the peers that are read now."""
        return tuple(peer.answer.said.run for peer in self.peers if peer.answer is not None and peer.is_read(now))

    def deadline(self, now: float) -> float | None:
        """Return when ``look`` may see something new although nothing comes."""
        moments: list[float | None] = [settling.deadline() for settling in self._settling.values()]
        moments.append(self.maintained_until if self.maintenance_left(now) else None)
        moments += [peer.good_until for peer in self.peers if peer.is_read(now)]
        return min((moment for moment in moments if moment is not None), default=None)

    def own(self, service: Service, instance: Instance | None, now: float) -> PairMember:
        """Return this node as a member of a service."""
        traffic = self.traffic.watches.get(service.plan.name) or TrafficWatch(since=now)
        sample = own_sample(service, instance, self.configuration, traffic, now)
        return own_member(self.node.name, sample, self.node.version, now, maintenance=self.maintenance_left(now) > 0)

    def _view(self, service: Service, instance: Instance | None, now: float) -> PairView:
        name = service.plan.name
        members = (self.own(service, instance, now), *(peer.member(name, now) for peer in self.peers))
        settling = self._settling[name]
        settled = settling.look(members, self._polls, now)
        before = self.views.get(name)
        if before is not None and not settling.has_news and before.settled.verdict == settled.verdict:
            return PairView(settled, members, before.cause, before.text)
        return PairView(settled, members, cause_of(settled.verdict, members), sentence(settled.verdict, members))
