"""All that was asked for, in groups of nodes that belong together, with the judgement of each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.pair.plugin import PluginReport, judge_nodes, worst_of
from haproxy_agentx.watch.grouping import Pairing, grouped
from haproxy_agentx.watch.view import EventView, WatchedNode


@dataclass(frozen=True, slots=True)
class SiteReport:
    """Nodes that belong together, and what ``check`` says of them."""

    nodes: Sequence[WatchedNode]
    judged: PluginReport

    @property
    def title(self) -> str:
        """The hosts, as they were asked."""
        return " + ".join(node.host for node in self.nodes)

    @property
    def events(self) -> list[tuple[WatchedNode, EventView]]:
        """The events of all nodes, the newest first; those of an unknown age last."""
        found = [(node, event) for node in self.nodes for event in node.events]
        return sorted(found, key=lambda each: (each[1].age is None, each[1].age or 0, -each[1].sequence))


@dataclass(frozen=True, slots=True)
class WatchReport:
    """One look at all hosts; ``took`` seconds. ``at`` is the wall clock when it was complete."""

    sites: Sequence[SiteReport]
    took: float
    at: float

    @property
    def status(self) -> PluginStatus:
        """The worst of all."""
        return worst_of(site.judged.status for site in self.sites)

    @property
    def hosts(self) -> int:
        """How many were asked."""
        return sum(len(site.nodes) for site in self.sites)

    @property
    def answering(self) -> int:
        """How many of them have answered as nodes."""
        return sum(1 for site in self.sites for node in site.nodes if not node.problem)


def report_of(views: Mapping[str, WatchedNode], found: set[Pairing], took: float, at: float) -> WatchReport:
    """Judge each group of hosts. One node alone that has no peers cannot show what it is a part of."""
    sites = []
    for hosts in grouped(views, found):
        nodes = [views[host] for host in hosts]
        judged = judge_nodes([node.answer for node in nodes], is_whole=len(nodes) > 1)
        sites.append(SiteReport(nodes, judged))
    return WatchReport(sites, took, at)


def worst_health(node: WatchedNode) -> Health:
    """Return the worst health of the services of a node, unknown where it has not answered."""
    return max((one.said.health for one in node.services), default=Health.unknown)
