"""A peer as this node reads it: the state of the reading, and what it said last. Pure; times are monotonic seconds.

What a peer said is good for KEPT intervals and a timeout. After that the peer counts as unread, whatever it said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from haproxy_agentx.pair.model import PairMember, PeerState, Sample, facts
from haproxy_agentx.pair.sample import AgentSelf

KEPT = 3
"""Intervals for which the last good reading counts while newer ones fail."""


YOUNG = 30.0
"""Seconds in which an agent that has started may not know all its services: keepalived is back in snmpd after 15 s."""


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """What a peer answered to one poll, which began and ended at these times."""

    said: AgentSelf
    samples: Sequence[Sample]
    began: float
    ended: float
    date: float
    """The wall clock of this node when it ended, in seconds since 1970."""


@dataclass(slots=True)
class Peer:
    """``address`` is HOST:PORT; ``interval`` and ``timeout`` are the seconds of its polls."""

    name: str
    address: str
    interval: float
    timeout: float
    started: float
    """When it was first to be read."""
    answer: PeerAnswer | None = None
    """The last good one."""
    failure: PeerState | None = None
    """The result of the last reading; None while it is good, and before the first."""
    successes: int = 0
    failures: int = 0
    last_error: str = ""
    last_error_at: float | None = None
    changes: int = 0
    """Grows when a reading says something new, or fails otherwise than the one before; ages alone are nothing new."""
    _samples: Mapping[str, Sample] = field(default_factory=dict, repr=False)
    """What it said last, by service."""
    _read_from: float = field(default=0.0, repr=False)
    """Since when it has been read without a time in which it counted as unread."""

    def take(self, answer: PeerAnswer) -> None:
        """Record a good reading."""
        is_read = self.is_read(answer.ended)
        if not is_read:
            self._read_from = answer.ended
        if not is_read or self.failure is not None or self.answer is None or _news(answer) != _news(self.answer):
            self.changes += 1
        self.answer, self.failure = answer, None
        self._samples = {sample.service: sample for sample in answer.samples}
        self.successes += 1

    def fail(self, state: PeerState, words: str, now: float) -> None:
        """Record a failed reading."""
        self.changes += self.failure is not state
        self.failure = state
        self.failures += 1
        self.last_error, self.last_error_at = words, now

    @property
    def good_until(self) -> float:
        """When what it said last is no longer good."""
        if self.answer is None:
            return self.started
        return self.answer.ended + KEPT * self.interval + self.timeout

    def is_read(self, now: float) -> bool:
        """Whether what it said last counts."""
        return self.answer is not None and now < self.good_until

    def state(self, now: float) -> PeerState:
        """Return the state of the reading."""
        if self.is_read(now):
            return PeerState.ok if self.failure is None else PeerState.stale
        return PeerState.stale if self.successes == self.failures == 0 else self.failure or PeerState.unreachable

    def reads(self, run: str, now: float) -> bool | None:
        """Whether the peer reads the agent of this ``run``; None while that is not known."""
        return run in self.answer.said.reads if self.answer is not None and self.is_read(now) else None

    @property
    def round_trip(self) -> float | None:
        """Seconds that the last good reading took, None before it."""
        return None if self.answer is None else self.answer.ended - self.answer.began

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which its wall clock is ahead, give or take half a round trip; None while it is not known."""
        if self.answer is None:
            return None
        return self.answer.said.date - (self.answer.date - (self.answer.ended - self.answer.began) / 2)

    @property
    def services(self) -> frozenset[str]:
        """The services that it had when it was last read."""
        return frozenset(self._samples)

    def maintenance(self, now: float) -> bool:
        """Whether it said that it is in maintenance, for a time that is not over."""
        return self.answer is not None and now < self.answer.ended + self.answer.said.maintenance

    def member(self, service: str, now: float) -> PairMember:
        """Return what it is for a service."""
        is_read, answer, sample = self.is_read(now), self.answer, self._samples.get(service)
        taken = role_at = health_at = traffic_at = 0.0
        if answer is not None and sample is not None:
            taken, role_at = answer.began - sample.age, answer.ended - sample.role_age
            health_at, traffic_at = answer.ended - sample.health_age, answer.ended - sample.traffic_age
        return PairMember(
            node=self.name,
            state=self.state(now) if is_read else self.failure or PeerState.unreachable,
            state_at=self._read_from if is_read else self.good_until,
            maintenance=self.maintenance(now),
            sample=sample,
            taken=taken,
            role_at=role_at,
            health_at=health_at,
            traffic_at=traffic_at,
            version=answer.said.version if answer is not None else "",
            is_absent=answer is not None and sample is None and answer.said.up >= YOUNG,
        )


def _news(answer: PeerAnswer) -> object:
    """Return what an answer says but for ages, dates and numbers of events."""
    said = answer.said
    is_young = said.up < YOUNG  # which makes a service that it does not have absent
    said_of = [facts(sample) for sample in answer.samples]
    return said.run, said.version, said.maintenance > 0, said.reads, is_young, said_of
