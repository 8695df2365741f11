"""What is seen of a service on all its nodes at a moment. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from haproxy_agentx.health.model import Health, Role

SERVES = (Health.active, Health.activeDegraded)


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as it reports itself. ``problem`` says why it cannot be read; then nothing else of it is known."""

    name: str
    health: Health = Health.unknown
    role: Role = Role.unknown
    last_event: int = 0
    maintenance: float = 0.0
    """Seconds for which it remains in maintenance."""
    problem: str = ""

    @property
    def serves(self) -> bool:
        """Whether it reports that it serves the service."""
        return not self.problem and self.health in SERVES

    @property
    def claims(self) -> bool:
        """Whether clients may come to it, by what it reports."""
        return self.serves or (not self.problem and self.role is Role.master)


class Whereabouts(Enum):
    """Where the service is."""

    here = "served by the node that is to hand it over"
    elsewhere = "served by another node"
    nowhere = "served by no node"
    disputed = "claimed by more than one node"
    unknown = "not known, as a node cannot be read"


def sight_of(nodes: Sequence[NodeView], giver: str) -> Whereabouts:
    """Return where the service is that ``giver`` is to hand over.

    A node that cannot be read claims nothing as long as another one serves; else it may be the one that serves.
    """
    claiming = [node for node in nodes if node.claims]
    if len(claiming) > 1:
        return Whereabouts.disputed
    if claiming and claiming[0].serves:
        return Whereabouts.here if claiming[0].name == giver else Whereabouts.elsewhere
    if any(node.problem or node.health is Health.unknown for node in nodes):
        return Whereabouts.unknown
    return Whereabouts.nowhere


def server_of(nodes: Sequence[NodeView]) -> str | None:
    """Return the name of the one node that serves, None where that is none or several."""
    serving = [node.name for node in nodes if node.serves]
    return serving[0] if len(serving) == 1 else None
