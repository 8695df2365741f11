"""What is true at a moment, by the referee, and where a report contradicts it. Pure.

The referee knows four things that the product does not report: what a client at the virtual address gets and from
whom, what a client at each node's own address gets, which kernels have the address, and which processes live. From
these alone each health that a node reports is accepted, or is one of the findings of ``Wrong``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Served(StrEnum):
    """How many of the parts of a site clients get."""

    all = "all"
    some = "some"
    none = "none"


class Wrong(StrEnum):
    """How a reported health contradicts the truth."""

    false_active = "active, and clients are not served"
    false_whole = "active, and a part of the site is not served"
    false_outage = "blackhole, and clients are served"
    false_ready = "standby, and would not serve"
    false_not_ready = "not ready, and would serve all"
    holds = "not active, and the address is here and served"
    false_conflict = "conflict, and one node alone has each address"
    false_end = "fault or stopped, and serves"


ACTIVE = frozenset({"active", "activeDegraded"})
READY = frozenset({"standby", "standbyDegraded"})


@dataclass(frozen=True, slots=True)
class View:
    """What a client gets for one service."""

    served: Served
    arrives: str
    """The node to which clients' frames for its addresses go; '' where to none, or not all of them to the same."""
    own: Mapping[str, Served]
    """What a node serves at its own address; empty where that cannot be asked."""
    held: Mapping[str, frozenset[str]]
    """For each address the nodes whose kernel has it, and answers for it."""
    moved: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each address the nodes that got it or lost it since the look before."""

    @property
    def holders(self) -> frozenset[str]:
        """The nodes that have one of the addresses, or several."""
        return frozenset().union(*self.held.values())


@dataclass(frozen=True, slots=True)
class Alive:
    """The processes of a node that live, by the name of their service; frozen ones are in ``frozen``, too."""

    running: frozenset[str]
    frozen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment: the truth, and what each node reports. Times are monotonic seconds."""

    at: float
    views: Mapping[str, View]
    alive: Mapping[str, Alive]
    reports: Mapping[str, Mapping[str, str] | None]
    """By node: health by service; None where its snmpd or agent does not answer."""
    late: float = 0.0
    """Seconds by which the referee itself was woken too late since the look before."""

    @property
    def truth(self) -> object:
        """Return what has to change for a report to have a reason to change."""
        return (
            {
                key: (v.served, v.arrives, tuple(sorted(v.own.items())), tuple(v.held.items()))
                for key, v in self.views.items()
            },
            self.alive,
        )


def serves(view: View, node: str) -> Served | None:
    """Return what a node's clients are served; None where nothing shows it.

    Those who arrive at it are asked for; where they arrive elsewhere, those who come to its own address.
    """
    if view.arrives == node:
        return view.served
    return view.own.get(node)


def judge(health: str, view: View, node: str, alive: Mapping[str, Alive], *, redundant: bool) -> Wrong | None:  # noqa: PLR0911
    """Return how a health contradicts the truth, None where it does not (or where it claims nothing).

    ``redundant`` says that keepalived is part of the set-up: without it, a node serves clients by its own address.
    """
    served = serves(view, node)
    own, taken = view.own.get(node), view.arrives == node and view.served is not Served.none
    here = node in view.holders or taken or not redundant  # a cloud's network may bring clients here, no kernel's
    if health in ACTIVE and (served is Served.none or not here):
        return Wrong.false_active
    if health == "active" and served is Served.some:
        return Wrong.false_whole
    if health == "blackhole" and served in (Served.all, Served.some):
        return Wrong.false_outage
    if health in READY and own is Served.none:
        return Wrong.false_ready
    if health == "standbyNotReady" and own is Served.all:
        return Wrong.false_not_ready
    if health in (*READY, "standbyNotReady") and taken:
        return Wrong.holds
    if health == "conflict" and _is_clear(view, alive):
        return Wrong.false_conflict
    if health in ("fault", "stopped") and taken:
        return Wrong.false_end
    return None


def _is_clear(view: View, alive: Mapping[str, Alive]) -> bool:
    """Whether exactly one node has each address, and all of them, and keepalived lives everywhere."""
    lives = all("keepalived" in each.running and "keepalived" not in each.frozen for each in alive.values())
    return len(view.holders) == 1 and all(view.held.values()) and lives


@dataclass(frozen=True, slots=True)
class Event:
    """A notification of ours, as it came to the sink. ``at`` is when it happened, as it says: monotonic seconds."""

    host: str
    kind: str
    subject: str
    health: str
    cause: str
    text: str
    at: float

    @property
    def is_end(self) -> bool:
        """Whether it says that its service is not there any more (docs/health.md), which is no state of it."""
        return (self.health, self.cause) == ("stopped", "configurationChanged")


NOT_KNOWN = frozenset({"unknown", "none", ""})

ASSERTIONS: Sequence[tuple[re.Pattern[str], str, str]] = (
    (re.compile(r"HAProxy is frozen(?! or| ,)"), "haproxy", "frozen"),
    (re.compile(r"HAProxy (is gone|does not run|is dead)"), "haproxy", "gone"),
    (re.compile(r"keepalived (is gone|does not run|is dead)"), "keepalived", "gone"),
    (re.compile(r"keepalived is frozen"), "keepalived", "frozen"),
)
"""Words in a cause, and what has to be true of which process of the node for them to be said."""


class CauseVerdict(StrEnum):
    """How a cause fits what was injected."""

    right = "right"
    not_known = "not known"
    wrong = "wrong"


def judge_cause(event: Event, wanted: frozenset[str]) -> CauseVerdict:
    """Say how the cause of an event fits those that describe what was injected."""
    if event.cause in wanted:
        return CauseVerdict.right
    return CauseVerdict.not_known if event.cause in NOT_KNOWN else CauseVerdict.wrong


def false_words(event: Event, samples: Iterable[Sample]) -> str | None:
    """Return the assertion in an event's text that was not so in any of ``samples``; None where all was."""
    states = [sample.alive[event.host] for sample in samples if event.host in sample.alive]
    for words, process, state in ASSERTIONS:
        found = words.search(event.text)
        if found and states and not any(_is_so(alive, process, state) for alive in states):
            return found[0]
    return None


def _is_so(alive: Alive, process: str, state: str) -> bool:
    return process in alive.frozen if state == "frozen" else process not in alive.running


def is_false(event: Event, key: str, samples: Iterable[Sample], *, redundant: bool) -> bool:
    """Whether the health that an event reports was true in none of ``samples``, nor between two of them.

    The end of a service is true where the node does not report it afterwards.
    """
    if event.health in ("", "unknown"):
        return False
    if event.is_end:
        later = [sample.reports.get(event.host) for sample in samples if sample.at >= event.at]
        return any(later) and all(event.subject in reports for reports in later if reports)
    judged = [
        judge(event.health, view, event.host, sample.alive, redundant=redundant)
        for sample in samples
        if key in sample.views
        for view in (sample.views[key], *_between(sample.views[key], event.host))
    ]
    return bool(judged) and all(judged)


def _between(view: View, node: str) -> Iterable[View]:
    """Return what was so for a moment since the look before: a node to which addresses moved had them, and had not."""
    moved = [address for address, nodes in view.moved.items() if node in nodes]
    if len(moved) == len(view.held):
        own = view.own.get(node, Served.all)
        yield replace(view, served=own, arrives=node, held=dict.fromkeys(view.held, frozenset({node})))
    if moved:
        yield replace(view, arrives="", held={address: nodes - {node} for address, nodes in view.held.items()})


@dataclass(slots=True)
class Score:
    """The sums of an entry, or of all."""

    rests: int = 0
    """States that were looked at while nothing changed: one for each service of each node."""
    definite: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    false_active: float = 0.0
    """Seconds, outside the detection windows."""
    false_outage: float = 0.0
    false_events: int = 0
    starved: int = 0
    """Events that would be false, and are not judged, since the machine stood still."""
    causes: dict[str, int] = field(default_factory=dict)
    unended: int = 0
    """Problems that were reported, and whose end was not."""
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Add another one."""
        self.rests += other.rests
        self.definite += other.definite
        for name, number in other.wrong.items():
            self.wrong[name] = self.wrong.get(name, 0) + number
        self.false_active += other.false_active
        self.false_outage += other.false_outage
        self.false_events += other.false_events
        self.starved += other.starved
        for name, number in other.causes.items():
            self.causes[name] = self.causes.get(name, 0) + number
        self.unended += other.unended

    @property
    def is_clean(self) -> bool:
        """Whether nothing was false."""
        wrong_causes = self.causes.get(CauseVerdict.wrong, 0)
        return not (
            self.wrong or self.false_active or self.false_outage or self.false_events or wrong_causes or self.unended
        )
