"""The traffic of all services of this node, as evidence for its peers. Pure; times are monotonic seconds.

A connection counts for a service where its frontend belongs to no other one: then it is known whose it is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from haproxy_agentx.health.instance import Instance
from haproxy_agentx.health.model import MemberKind
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.pair.astray import StrayHistory
from haproxy_agentx.pair.traffic import Tenure, TrafficWatch
from haproxy_agentx.vrrp.strays import StrayCounts

EACH = 1.0
"""Seconds between two looks, at least."""

Readings = Mapping[str, tuple[Proxies, float]]
"""The proxies of each HAProxy that is read, and when that was."""


@dataclass(slots=True)
class Traffic:
    """``watches`` by the names of the services."""

    watches: dict[str, TrafficWatch] = field(default_factory=dict)
    strays: StrayCounts | None = None
    """The packets for foreign addresses that the kernel has counted; None where it cannot be asked."""
    _ipv4: StrayHistory = field(default_factory=StrayHistory)
    _ipv6: StrayHistory = field(default_factory=StrayHistory)
    _looked_at: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether it is time to look again."""
        return now >= self._looked_at + EACH

    def look(
        self, services: Iterable[Service], instances: Mapping[str, Instance], readings: Readings, now: float
    ) -> None:
        """See what has come for each service."""
        services = list(services)
        self._looked_at = now
        owners = Counter(member for service in services for member in service.shape)
        for name in self.watches.keys() - {service.plan.name for service in services}:
            del self.watches[name]
        for service in services:
            watch = self.watches.setdefault(service.plan.name, TrafficWatch(since=now))
            instance = instances.get(service.plan.vrrp_instance or "")
            strays, noise = self._strays_of(instance)
            own = [member for member in service.shape if owners[member] == 1]
            watch.look(_tenure(instance), _arrived(own, readings), strays, noise, now)
        if self.strays is not None:  # behind the looks: what is noise was there before
            self._ipv4.take(self.strays.ipv4, now)
            self._ipv6.take(self.strays.ipv6, now)

    def _strays_of(self, instance: Instance | None) -> tuple[int | None, float]:
        """Return the packets for foreign addresses of the families of an instance, and how many came in a second."""
        if instance is None or self.strays is None:
            return None, 0.0
        is_ipv6 = {":" in place.ip for place in instance.addresses}
        found = ((False, self.strays.ipv4, self._ipv4.rate()), (True, self.strays.ipv6, self._ipv6.rate()))
        own = [(count, rate) for family, count, rate in found if family in is_ipv6]
        return sum(count for count, _ in own), sum(rate for _, rate in own)


def _tenure(instance: Instance | None) -> Tenure:
    if instance is None or not instance.is_seen or not instance.addresses:
        return Tenure.unknown
    return Tenure.has if instance.held else Tenure.lacks


def _arrived(members: Iterable[tuple[str, str, MemberKind]], readings: Readings) -> tuple[int, float] | None:
    """Return how many connections have come to frontends, and when the oldest of their readings was made."""
    total, oldest = 0, None
    for process, proxy, kind in members:
        if kind is not MemberKind.frontend:
            continue
        proxies, at = readings.get(process, (None, 0.0))
        count = None if proxies is None else proxies.arrived(proxy.encode())
        if count is None:
            return None
        total, oldest = total + count, at if oldest is None else min(oldest, at)
    return None if oldest is None else (total, oldest)
