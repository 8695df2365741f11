"""Which services a node has: those that are configured, or one for each VRRP instance. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from haproxy_agentx.config.model import ServiceConfig

NODE = "node"
"""Name of the service of a node without keepalived."""


MAX_PLANS = 256
"""Services of a node: VRRP has 255 virtual routers on a network."""


def planned(configured: Sequence[ServiceConfig] | None, instances: Collection[str]) -> list[ServiceConfig]:
    """Return all services, of which a node has the first ``MAX_PLANS``; ``instances`` are the names that are known.

    ``configured`` is None without a configuration of services: then each instance is a service, or the node is one.
    Where there is one instance, it is that of the configured services that name none.
    """
    names = list(instances)
    if configured is not None:
        only = names[0] if len(names) == 1 else None
        return [plan if plan.vrrp_instance else replace(plan, vrrp_instance=only) for plan in configured]
    return [ServiceConfig(name, name) for name in names] or [ServiceConfig(NODE)]
