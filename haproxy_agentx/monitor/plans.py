"""Which services a node has: those that are configured, or one for each VRRP instance. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from haproxy_agentx.health.model import Role
from haproxy_agentx.health.requirements import ServiceRequirements

NODE = "node"
"""Name of the service of a node without keepalived."""

MAX_SERVICES = 256
"""Services of a node: VRRP has 255 virtual routers on a network."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a service is: its name, its VRRP instance (None: without keepalived), its part of HAProxy."""

    name: str
    instance: str | None
    requirements: ServiceRequirements
    intended: Role | None = None
    """As configured; without it, as keepalived's configuration says."""


def planned(configured: Sequence[Plan] | None, instances: Collection[str]) -> list[Plan]:
    """Return the plans of all services, at most ``MAX_SERVICES``; ``instances`` are the names that are known.

    ``configured`` is None without a configuration of services: then each instance is a service, or the node is one.
    Where there is one instance, it is that of the configured services that name none.
    """
    names = list(instances)
    if configured is not None:
        only = names[0] if len(names) == 1 else None
        plans = [
            plan if plan.instance else Plan(plan.name, only, plan.requirements, plan.intended) for plan in configured
        ]
    elif names:
        plans = [Plan(name, name, ServiceRequirements()) for name in names]
    else:
        plans = [Plan(NODE, None, ServiceRequirements())]
    return plans[:MAX_SERVICES]
