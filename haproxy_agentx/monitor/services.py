"""Which services a node has: those that are configured, or one for each VRRP instance. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from haproxy_agentx.config.model import NotificationsConfig, ServiceConfig
from haproxy_agentx.health.cause import FactKind
from haproxy_agentx.health.correlation import Pending
from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.instance import RoleChange
from haproxy_agentx.health.instances import Instances
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.rate_limiter import RateLimiter
from haproxy_agentx.health.tracker import Tracker
from haproxy_agentx.monitor.facts import Facts
from haproxy_agentx.monitor.memory import SERVICE
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.monitor.service_events import ended
from haproxy_agentx.monitor.waits import GONE
from haproxy_agentx.vocabulary.source import SourceKind

NODE = "node"
"""Name of the service of a node without keepalived."""

MAX_SERVICES = 256
"""Services of a node: VRRP has 255 virtual routers on a network."""

MAX_PENDING = 64
"""Changes of role of a service that wait for their explanation; a burst is counted before that."""


def planned(configured: Sequence[ServiceConfig] | None, instances: Collection[str]) -> list[ServiceConfig]:
    """Return all services, of which a node has the first ``MAX_SERVICES``; ``instances`` are the names that are known.

    ``configured`` is None without a configuration of services: then each instance is a service, or the node is one.
    Where there is one instance, it is that of the configured services that name none.
    """
    names = list(instances)
    if configured is not None:
        only = names[0] if len(names) == 1 else None
        return [plan if plan.vrrp_instance else replace(plan, vrrp_instance=only) for plan in configured]
    return [ServiceConfig(name, name) for name in names] or [ServiceConfig(NODE)]


class Services:
    """The services of a node: they begin as their memory of the last run has them, and their end is reported.

    ``memory`` is that run's, by key. Times are monotonic seconds; ``date`` is the same moment in seconds since 1970.
    """

    def __init__(
        self,
        configured: Sequence[ServiceConfig] | None,
        policy: NotificationsConfig,
        memory: Mapping[str, str],
        instances: Instances,
        facts: Facts,
    ) -> None:
        self.known: dict[str, Service] = {}
        self.left_out = 0
        """VRRP instances that are no service, as there are too many."""
        self._configured = configured
        self._policy = policy
        self._memory = {key: text for key, text in memory.items() if key.startswith(SERVICE)}
        self._instances = instances
        self._facts = facts
        self._named: set[str] = set()
        """The names of the instances that were known at the last look."""
        self._ended: list[EventDraft] = []
        """Ends of services that must be reported."""

    def take_ended(self) -> list[EventDraft]:
        """Return the ends that must be reported, once."""
        found, self._ended = self._ended, []
        return found

    def memory(self, now: float, date: float) -> dict[str, str]:
        """Return what the next run has to know, as texts by key; services of unproven instances are not kept."""
        unproven = self._instances.proposed if self._configured is None else ()
        kept = {name: service for name, service in self.known.items() if name not in unproven}
        return {SERVICE + name: service.memory(now, date) for name, service in kept.items()}

    def expect(self, pending: Pending) -> None:
        """Record a change of role for all services of its instance: there is one trap."""
        for service in self.known.values():
            if service.plan.vrrp_instance == pending.change.instance:
                self._expect(service, pending)

    def follow(self, now: float, date: float) -> bool:
        """Have the services that are planned for the instances that are known; return whether one is new or another."""
        self._follow_instances(now)
        confirmed_first = sorted(self._instances.known.values(), key=lambda known: known.standing)
        plans = planned(self._configured, [known.name for known in confirmed_first])
        self.left_out = max(0, len(plans) - MAX_SERVICES)
        del plans[MAX_SERVICES:]
        names = {plan.name for plan in plans}
        for name in [name for name in self.known if name not in names]:
            self._end(self.known.pop(name), date)
        changed = [self._follow(plan, now, date) for plan in plans]
        for key, text in self._memory.items():
            service = Service(ServiceConfig(key.removeprefix(SERVICE)), self._tracker())
            service.recall(text, now, date)
            self._end(service, date)
        self._memory.clear()
        return any(changed)

    def note_restart(self, service: Service, now: float) -> None:
        """Keep that a service is another one than when this program ended: that explains it."""
        words = "it happened while haproxy-agentx did not run"
        self._facts.add(FactKind.agentStarted, words, now, service.plan.name)

    def _follow(self, plan: ServiceConfig, now: float, date: float) -> bool:
        """Have the service of a plan; return whether it is new or another."""
        service = self.known.get(plan.name)
        if service is not None:
            is_another, service.plan = service.plan != plan, plan
            return is_another
        service = self.known[plan.name] = Service(plan, self._tracker())
        service.recall(self._memory.pop(SERVICE + plan.name, None), now, date)
        instance = self._instances.known.get(plan.vrrp_instance or "")
        if instance is not None and instance.role is not Role.unknown:
            if service.tracker.reported is not None and service.tracker.reported.role is not instance.role:
                self.note_restart(service, now)
            change = RoleChange(instance.name, Role.unknown, instance.role, now)
            self._expect(service, Pending(change, listening=False))  # it happened before this program listened
        return True

    def _follow_instances(self, now: float) -> None:
        """Record which instances are gone: what was said of them at last, FAULT or that they stopped, was their end."""
        known = self._instances.known
        for name in self._named - known.keys():
            self._facts.gone(name, now)
        self._named = known.keys() - self._instances.proposed
        for service in self.known.values():
            waiting = service.waiting
            while waiting and waiting[-1].change.after in GONE and waiting[-1].change.instance not in known:
                service.role = waiting.pop().change.before
                service.tracker.forget_role()

    def _expect(self, service: Service, pending: Pending) -> None:
        """Put a change of role in the queue of what must be reported, unless it was in that role already."""
        change = pending.change
        known, service.role = service.role, change.after
        instance = self._instances.known.get(change.instance)
        if known is Role.unknown and (instance is None or instance.source is not SourceKind.keepalivedTraps):
            service.tracker.learn_role(change.after)  # a trap, though, is sent when a role changes
        elif known is not change.after and len(service.waiting) < MAX_PENDING:
            service.tracker.role_changed()
            service.waiting.append(pending)
        elif known is not change.after:
            service.tracker.count_role(change.at)

    def _end(self, service: Service, date: float) -> None:
        """Report that a service is not there any more, if a problem of it was reported or changes are not counted."""
        self._ended += ended(service.plan.name, service.tracker.reported, service.tracker.uncounted, date)

    def _tracker(self) -> Tracker:
        return Tracker(self._policy.hold, RateLimiter(*self._policy.limit))
