"""Whether a pair state counts: the rule that keeps a failover from being a split brain or an outage. Pure.

A state counts when each sample in it was taken after the last change of role of any node, and it has held since for
``hold``: three advertisement intervals and the skew (RFC 9568 6.1), or two polls of a peer, whichever is longer. Until
then the state before it stands. Where roles change on and on, that ends after PATIENCE holds in ``unknown``.

How long a state has held is known before it is first seen, as the ages of role and health travel with the samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from haproxy_agentx.health.instance import MASTER_DOWN
from haproxy_agentx.pair.judge import ANY, NO_DIFFERENCE, PairVerdict, differences, judge
from haproxy_agentx.pair.model import LASTING, Difference, Evidence, PairMember, PairState, facts

PATIENCE = 5
"""Holds after which a state that does not settle is unknown."""

LASTS = 30.0
"""Seconds after which a difference is none of a configuration that is being rolled out."""


def hold_of(members: Sequence[PairMember], polls: float) -> float:
    """Return the seconds for which a state has to hold; ``polls`` are the longest seconds between two polls.

    A node that knows of no other one compares nothing, and waits for nothing.
    """
    if len(members) == 1:
        return 0.0
    known = [member.sample.advertises_each for member in members if member.is_read and member.sample is not None]
    return max(MASTER_DOWN * max(known, default=1.0), 2 * polls)


@dataclass(frozen=True, slots=True)
class Settled:
    """The state that counts, since when, and which one was before; ``verdict`` is what the samples show now."""

    state: PairState
    since: float
    previous: PairState | None
    transitions: int
    verdict: PairVerdict
    lasting: Difference = NO_DIFFERENCE
    """Differences that have lasted."""
    is_first: bool = False
    """Whether nothing has counted yet in this run: the state is that of the last one, or unknown."""


@dataclass(frozen=True, slots=True)
class RecalledPair:
    """What counted when the last run ended."""

    state: PairState
    since: float
    previous: PairState | None = None
    transitions: int = 0


class PairSettling:
    """The state of one service. ``recalled`` is that of the last run."""

    def __init__(self, recalled: RecalledPair | None = None) -> None:
        self.settled: Settled | None = None
        self._recalled = recalled
        self._candidate: PairState | None = None
        self._since = 0.0
        """Since when the candidate is known to hold."""
        self._unsettled_at: float | None = None
        self._differ_from: dict[Difference, float] = {}
        self._next: float | None = None
        self._facts: object = None
        self.has_news = False
        """Whether the last look saw anything but other ages."""
        self._verdict: PairVerdict | None = None
        self._differences = NO_DIFFERENCE
        self._lasted = NO_DIFFERENCE
        self._astray = ANY if recalled is not None and recalled.state is PairState.unreachable else ""
        """The active node whose packets arrive elsewhere, as far as that has counted."""

    def look(self, members: Sequence[PairMember], polls: float, now: float) -> Settled:
        """Record what all nodes are now, this node among them, and return what counts."""
        verdict, lasting = self._judge(members, now)
        known = [member for member in members if member.is_read and member.sample is not None]
        role_at = max((member.role_at for member in known), default=now)
        began = max(member.health_at if member.is_read and member.sample else member.state_at for member in members)
        if PairState.unreachable in (verdict.state, self._candidate):  # it begins and ends by the traffic
            began = max(began, *(member.traffic_at for member in known))
        if verdict.state is not self._candidate:
            self._candidate, self._since = verdict.state, min(now, max(role_at, began))
        onset = max(role_at, self._since)
        due = onset + hold_of(members, polls)
        is_fresh = all(member.taken >= onset for member in known)
        if is_fresh and now >= due:
            self._unsettled_at = None
            return self._settle(verdict, onset, lasting)
        if is_fresh and self.settled is not None and verdict.state is self.settled.state:
            self._unsettled_at = None  # as it was before what has happened meanwhile
        return self._wait(verdict, lasting, hold_of(members, polls), due, now)

    def _judge(self, members: Sequence[PairMember], now: float) -> tuple[PairVerdict, Difference]:
        """Return the verdict on members, anew only where something but their ages has changed."""
        found: list[object] = [
            (member.node, member.state, member.maintenance, member.is_absent, member.version, facts(member.sample))
            for member in members
        ]
        found.append(self._astray)
        self.has_news = found != self._facts
        if self.has_news:
            self._facts, self._verdict = found, None
            self._differences = differences(members)
        lasting = self._lasting(self._differences, now)
        if self._verdict is None or lasting != self._lasted:
            self._verdict, self._lasted = judge(members, lasting, self._astray), lasting
        return self._verdict, lasting

    def deadline(self) -> float | None:
        """Return when ``look`` may have something new although no node does, None for never."""
        return self._next

    def _wait(self, verdict: PairVerdict, lasting: Difference, hold: float, due: float, now: float) -> Settled:
        current = self.settled
        if current is None:
            last = self._recalled or RecalledPair(PairState.unknown, now)
            current = replace(_of_last(last, verdict), is_first=True)
        if self._unsettled_at is None:
            self._unsettled_at = now
        self._next = due if due > now else None
        verdict = replace(verdict, evidence=verdict.evidence | Evidence.settling)
        if now >= self._unsettled_at + PATIENCE * hold:
            state = min(verdict.state, PairState.unknown)
            unsettled = replace(verdict, meaning="roles or health change faster than the nodes can be compared")
            return self._become(state, now, unsettled, lasting)
        self.settled = replace(current, verdict=verdict, lasting=lasting)
        return self.settled

    def _settle(self, verdict: PairVerdict, since: float, lasting: Difference) -> Settled:
        self._next = min((at + LASTS for kind, at in self._differ_from.items() if kind not in lasting), default=None)
        return self._become(verdict.state, since, verdict, lasting)

    def _become(self, state: PairState, since: float, verdict: PairVerdict, lasting: Difference) -> Settled:
        before = None if self.settled is None or self.settled.is_first else self.settled
        self._astray = verdict.active if state is PairState.unreachable else ""
        if before is None and self._recalled is not None:
            before = _of_last(self._recalled, verdict)
        if before is None:
            self.settled = Settled(state, since, None, 0, verdict, lasting)
        elif before.state is not state:
            self.settled = Settled(state, since, before.state, before.transitions + 1, verdict, lasting)
        elif (verdict, lasting) == (before.verdict, before.lasting):
            self.settled = before
        else:
            self.settled = replace(before, verdict=verdict, lasting=lasting)
        return self.settled

    def _lasting(self, found: Difference, now: float) -> Difference:
        """Return the differences that have lasted until now."""
        if not found and not self._differ_from:
            return NO_DIFFERENCE
        self._differ_from = {kind: self._differ_from.get(kind, now) for kind in LASTING if kind in found}
        return Difference(sum(kind for kind, at in self._differ_from.items() if now >= at + LASTS))


def _of_last(last: RecalledPair, verdict: PairVerdict) -> Settled:
    """Return what counted in the last run, with what the samples show now."""
    return Settled(last.state, last.since, last.previous, last.transitions, verdict)
