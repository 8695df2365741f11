"""One way of a rehearsal, there or back: a state machine from the order to the report. Pure.

Times are monotonic seconds. ``see`` takes what is seen, ``advance`` what time does; ``deadline`` says when time does
something next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from haproxy_agentx.rehearsal.sight import NodeView, Whereabouts, server_of, sight_of


class Phase(Enum):
    """How far it has come."""

    waiting = "the failover has not begun"
    moving = "the service has left its node, and is not served by another one alone"
    settling = "another node serves; its events may still come"
    ended = "over"


class LegVerdict(Enum):
    """What came of it."""

    moved = "another node serves"
    not_moved = "the service has not left its node in the time that was allowed"
    returned = "the service left its node, and is back on it"
    not_served = "no node serves"
    disputed = "more than one node claims the service"
    not_known = "a node cannot be read, and what is seen of the others does not show where the service is"


NEXT: Mapping[tuple[Phase, Whereabouts], Phase] = {
    (Phase.waiting, Whereabouts.here): Phase.waiting,
    (Phase.waiting, Whereabouts.elsewhere): Phase.settling,
    (Phase.waiting, Whereabouts.nowhere): Phase.moving,
    (Phase.waiting, Whereabouts.disputed): Phase.moving,
    (Phase.waiting, Whereabouts.unknown): Phase.waiting,
    (Phase.moving, Whereabouts.here): Phase.moving,
    (Phase.moving, Whereabouts.elsewhere): Phase.settling,
    (Phase.moving, Whereabouts.nowhere): Phase.moving,
    (Phase.moving, Whereabouts.disputed): Phase.moving,
    (Phase.moving, Whereabouts.unknown): Phase.moving,
    (Phase.settling, Whereabouts.here): Phase.moving,
    (Phase.settling, Whereabouts.elsewhere): Phase.settling,
    (Phase.settling, Whereabouts.nowhere): Phase.moving,
    (Phase.settling, Whereabouts.disputed): Phase.moving,
    (Phase.settling, Whereabouts.unknown): Phase.moving,
}
"""Where what is seen leads."""

VERDICTS: Mapping[tuple[Phase, Whereabouts], LegVerdict] = {
    (Phase.waiting, Whereabouts.here): LegVerdict.not_moved,
    (Phase.waiting, Whereabouts.unknown): LegVerdict.not_known,
    (Phase.moving, Whereabouts.here): LegVerdict.returned,
    (Phase.moving, Whereabouts.nowhere): LegVerdict.not_served,
    (Phase.moving, Whereabouts.disputed): LegVerdict.disputed,
    (Phase.moving, Whereabouts.unknown): LegVerdict.not_known,
    (Phase.settling, Whereabouts.elsewhere): LegVerdict.moved,
}
"""The verdict when time is over, by what was seen last. Other pairs never stay: NEXT leads on at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for the failover to begin, for another node to serve, without a new event before it counts as over."""

    begin: float = 300.0
    move: float = 60.0
    quiet: float = 8.0


@dataclass(slots=True)
class Leg:
    """``giver`` is the node that serves, and is to hand the service over; it began at ``began``."""

    giver: str
    began: float
    limits: Limits = field(default_factory=Limits)
    phase: Phase = Phase.waiting
    verdict: LegVerdict | None = None
    taker: str | None = None
    """The node that serves in the end."""
    left_at: float | None = None
    """When it was first seen not to be served by its node alone."""
    served_at: float | None = None
    """Since when another node alone has been seen to serve; None while none does."""
    unread: tuple[str, ...] = ()
    """The nodes that could not be read when it was last seen."""
    _sight: Whereabouts = Whereabouts.unknown
    _changed_at: float = 0.0
    """When something last changed: where it is, or an event that came."""

    def see(self, nodes: Sequence[NodeView], now: float) -> None:
        """Record what is seen of all nodes."""
        self.advance(now)
        if self.phase is Phase.ended:
            return
        self._sight = sight_of(nodes, self.giver)
        self.unread = tuple(node.name for node in nodes if node.problem)
        following = NEXT[self.phase, self._sight]
        if following is not Phase.waiting and self.left_at is None:
            self.left_at = now
        if following is not self.phase:
            self.phase, self._changed_at = following, now
            is_served = following is Phase.settling
            self.served_at = now if is_served else None
            self.taker = server_of(nodes) if is_served else None

    def heard(self, now: float) -> None:
        """Record that an event has come: more may follow."""
        self._changed_at = max(self._changed_at, now)

    def deadline(self) -> float | None:
        """Return when ``advance`` ends it although nothing is seen; None when it is over."""
        if self.phase is Phase.waiting:
            return self.began + self.limits.begin
        if self.phase is Phase.moving:
            return self._changed_at + self.limits.move
        if self.phase is Phase.settling and self.served_at is not None:
            return min(self._changed_at + self.limits.quiet, self.served_at + self.limits.move)
        return None

    def advance(self, now: float) -> None:
        """End it when its time is over."""
        deadline = self.deadline()
        if deadline is not None and now >= deadline:
            self.verdict = VERDICTS[self.phase, self._sight]
            self.phase = Phase.ended
