"""What is remembered of VRRP instances from one run to the next, as JSON texts; and what must be forgotten. Pure."""

import json
from collections.abc import Container, Iterable, Mapping

from haproxy_agentx.health.instance import InstanceStanding, Remembered
from haproxy_agentx.health.instances import Instances
from haproxy_agentx.health.model import Role
from haproxy_agentx.monitor.last_reported import PREFIX as REPORTED
from haproxy_agentx.monitor.pair_memory import PREFIX as PAIR
from haproxy_agentx.monitor.reminders import PREFIX as REMIND
from haproxy_agentx.vrrp.model import AddressPlace, VrrpState

PREFIX = "vrrp/"
SERVICE = "service/"
"""What the keys begin with: of instances and of services."""
KEEPALIVED = "keepalived"
"""Key that is there once anything has shown a keepalived on this node."""


def remember_instances(instances: Instances) -> dict[str, str]:
    """Return the texts by key."""
    texts = {KEEPALIVED: "1"} if instances.shown else {}
    for name, instance in instances.known.items():
        if instance.standing is InstanceStanding.proposed:
            continue
        memory = instance.memory()
        texts[PREFIX + name] = json.dumps(
            {
                "role": memory.role.name,
                "addresses": list(map(str, memory.addresses)),
                "initial": memory.initial.name if memory.initial is not None else None,
                "router_id": memory.router_id,
                "by_fifo": memory.by_fifo,
                "confirmed": memory.confirmed,
            }
        )
    return texts


def recall_instances(memory: Mapping[str, str]) -> dict[str, Remembered]:
    """Read them again; what cannot be read is left out."""
    found = {}
    for key, text in memory.items():
        if key.startswith(PREFIX):
            try:
                given = json.loads(text)
                found[key.removeprefix(PREFIX)] = Remembered(
                    role=Role[given["role"]],
                    addresses=tuple(AddressPlace.of(str(text)) for text in given["addresses"]),
                    initial=VrrpState[given["initial"]] if given["initial"] else None,
                    router_id=str(given["router_id"]),
                    by_fifo=bool(given["by_fifo"]),
                    confirmed=bool(given.get("confirmed", given["by_fifo"])),
                )
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
    return found


def outdated(keys: Iterable[str], present: Container[str]) -> list[str]:
    """Return those of ``keys`` of instances, services, pairs, reports or reminders that ``present`` has no more.

    Remembered permanently, one that was removed would be back after the next start.
    """
    return [key for key in keys if key.startswith((PREFIX, SERVICE, PAIR, REPORTED, REMIND)) and key not in present]
