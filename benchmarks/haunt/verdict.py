"""What was seen, and whether it is within the bounds. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.zoo.judge import Event, Sample, false_words, is_false, judge

GET_P99 = 50.0
"""Milliseconds of 99 in 100 GETs of haxHealth.0."""

MEMORY = 64.0
"""Megabytes (2**20 octets) of the daemon and its store process together."""

WINDOW = 6.0
"""Seconds in which a change of the truth is detected: a state is judged only when nothing changed for so long."""

NEAR = 4.0
"""Seconds around an event in which what it reports has to be true at some time."""

SHORT = 1.0
"""Seconds that a health has to last to be judged."""

BACK = 10.0
"""Seconds in which the daemon answers again when what we stopped goes on."""

SERVICE_KINDS = frozenset({"serviceFailover", "serviceHealthChange"})

Pause = tuple[str, float, float]
"""Host, begin and end (monotonic seconds) of a time in which snmpd or the daemon was stopped by us."""


@dataclass(frozen=True, slots=True)
class Get:
    """A request: when it was sent, and milliseconds until a value came, ``inf`` where none did."""

    host: str
    at: float
    took: float


@dataclass(slots=True)
class Seen:
    """All that was seen, and what is wrong with it, in words."""

    load: tuple[float, float] = (0.0, 0.0)
    """Of the machine (one minute), before and at the end."""
    seconds: float = 0.0
    failovers: int = 0
    refused: int = 0
    """Datagrams that came to the trap port and were not believed, on the host with the fewest."""
    struck: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    """States that were compared with what clients got."""
    looked: int = 0
    false_states: list[str] = field(default_factory=list)
    events: int = 0
    repeated: int = 0
    """Of them, marked as such."""
    wrong_events: list[str] = field(default_factory=list)
    gets: list[Get] = field(default_factory=list)
    """Of haxHealth.0, those that were sent while snmpd and the daemon could answer."""
    others: list[Get] = field(default_factory=list)
    """The same of an object that snmpd has itself: what the machine and snmpd take."""
    paused: int = 0
    """Requests that are not in ``gets``, since nobody could answer."""
    slowest_return: float = 0.0
    """Seconds until the daemon answered again after such a time, the longest."""
    walks: int = 0
    varbinds: int = 0
    bad_walks: list[str] = field(default_factory=list)
    memory: Mapping[str, float] = field(default_factory=dict)
    """Megabytes at most: by 'daemon', 'store' (VmHWM) and 'together' (proportional)."""
    ran: float = 0.0
    """Share of the time for which a daemon ran, of the two the larger one."""
    waited: float = 0.0
    """The same of the time for which it could have run, and others had the processors."""
    restarts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Of the measurement: an attack or a failover that had not its effect."""

    logs: str = ""
    """The file of all logs, where a bound is missed."""

    @property
    def p99(self) -> float:
        """Return milliseconds of the GETs of haxHealth.0."""
        return percentile([get.took for get in self.gets], 99)

    @property
    def other_p99(self) -> float:
        """Return milliseconds of the GETs of snmpd's own object."""
        return percentile([get.took for get in self.others], 99)

    def misses(self) -> list[str]:
        """Return the bounds that are missed."""
        together = self.memory.get("together", math.inf)
        found = {
            "a false state": self.false_states,
            "an event lost, out of order or false": self.wrong_events,
            f"GET p99 {self.p99:.1f} ms": self.p99 > GET_P99,
            f"memory {together:.1f} MB": together > MEMORY,
            "a restart": self.restarts,
            "a walk that failed": self.bad_walks,
            f"{self.slowest_return:.1f} s until it answered again": self.slowest_return > BACK,
            "the measurement": self.problems or not (self.judged and self.events and self.failovers and self.refused),
        }
        return [name for name, is_missed in found.items() if is_missed]


def percentile(values: Iterable[float], number: int) -> float:
    """Return the value that so many in a hundred do not exceed; infinity where there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * number / 100) - 1)] if ordered else math.inf


def false_states(samples: Sequence[Sample], skipped: list[int]) -> Iterator[str]:
    """Give each state that contradicts what clients got, while the truth was the same for the detection window.

    ``skipped`` has the number of states that were judged, and that were looked at.
    """
    last_change = samples[0].at if samples else 0.0
    for before, sample in pairwise(samples):
        if sample.truth != before.truth:
            last_change = sample.at
        for host, report in sample.reports.items():
            skipped[1] += len(report or ())
            if sample.at < last_change + WINDOW:
                continue
            for service, health in (report or {}).items():
                skipped[0] += 1
                view = sample.views.get(service) or next(iter(sample.views.values()))
                wrong = judge(health, view, host, sample.alive, redundant=True)
                if wrong is not None:
                    yield f"{sample.at:.1f} {host} {service} is {health}: {wrong.value}"


def false_events(events: Iterable[Event], samples: Sequence[Sample]) -> Iterator[str]:
    """Give each event whose health was true at no time near it, or whose text asserts what was not so.

    Health that lasted for less than the referee needs to look twice is not judged: the roles of keepalived's log show
    whether it was so.
    """
    ended: dict[tuple[str, str], float] = {}
    for event in sorted(events, key=lambda event: event.at, reverse=True):
        lasted = ended.get((event.host, event.subject), math.inf) - event.at
        if event.kind in SERVICE_KINDS:
            ended[event.host, event.subject] = event.at
        near = [sample for sample in samples if abs(sample.at - event.at) <= NEAR]
        if not near:
            continue
        words = false_words(event, near)
        if words:
            yield f"{event.host} {event.subject}: says '{words}': {event.text}"
        key = event.subject if event.subject in near[0].views else next(iter(near[0].views))
        gap = max((later.at - sample.at for sample, later in pairwise(near)), default=math.inf)
        if lasted < max(SHORT, 2 * gap):
            continue
        if event.kind in SERVICE_KINDS and is_false(event, key, near, redundant=True):
            yield f"{event.host} {event.subject} {event.health} by {event.cause}: {event.text}"


def split(gets: Sequence[Get], pauses: Iterable[Pause]) -> tuple[list[Get], int, float]:
    """Return the GETs of a host that could be answered, how many could not, and the longest way back in seconds.

    A pause ends for them with the first answer after it; without one, it lasts until nobody asks any more.
    """
    kept, slowest = list(gets), 0.0
    over = max((get.at + min(get.took, 1000.0) / 1000 for get in gets), default=0.0)
    for _, begin, end in pauses:
        back = next((get.at for get in gets if get.at >= end and math.isfinite(get.took)), over)
        slowest = max(slowest, back - end)
        kept = [get for get in kept if get.at >= back or get.at + min(get.took, 1000.0) / 1000 < begin]
    return kept, len(gets) - len(kept), slowest
