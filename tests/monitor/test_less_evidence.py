"""Less evidence of VRRP never makes a node better: any line, reading or picture of the kernel is taken away.

A world is a list of what happens to keepalived and HAProxy. Each source reports it as the real one does; what lasts is
read twice, as polls are. Then one report is taken away, or all lines of the FIFO from one on, and the health at the end
is compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.model import Health, Reason
from haproxy_agentx.vrrp.model import MibFailure, VrrpState
from tests.monitor.story import ALL_DOWN, ALL_UP, BACKUP, FAULT, IP, MASTER, Story

CLAIMS = (Health.active, Health.standby, Health.activeDegraded, Health.standbyDegraded, Health.standbyNotReady)
HAPPENS = ("master", "backup", "fault", "stop", "kill", "start", "freeze", "thaw", "up", "down", "gone", "steal")
STATES = {"master": MASTER, "backup": BACKUP, "fault": FAULT, "stop": VrrpState.shutdown}


@dataclass(frozen=True, slots=True)
class Report:
    """What a source says, and how long after the one before."""

    source: str
    what: object
    after: float = 0.01


@dataclass(slots=True)
class Truth:
    """How keepalived and the kernel are."""

    state: VrrpState = MASTER
    holds: bool = True
    lives: bool = True
    frozen: bool = False

    def happen(self, what: str) -> Iterator[Report]:
        """Let something happen, and yield what sources say of it."""
        if what in ("up", "down", "gone"):
            yield from (Report("haproxy", what), Report("haproxy", what, 1.0))
            return
        if what == "steal":
            self.holds = False
            yield from (Report("kernel", False), Report("kernel", False, 30.0))  # all is read again each 30 s
        elif what in ("freeze", "thaw") and self.lives:
            self.frozen = what == "freeze"
        elif what == "kill" and self.lives:
            self.lives = self.frozen = False
            yield Report("writer", False, 0.5)
        elif what == "start" and not self.lives:
            self.lives, self.state = True, BACKUP
            if self.holds:
                yield Report("kernel", False)
            self.holds = False
            yield from (Report("writer", True), Report("line", BACKUP))
        elif what in STATES and self.lives and not self.frozen:
            self.state = STATES[what]
            if self.holds is not (self.state is MASTER):
                self.holds = self.state is MASTER
                yield Report("kernel", self.holds)
            yield Report("line", self.state)
            if what == "stop":
                self.lives = False
                yield Report("writer", False, 0.5)
        yield from (self._reading(0.05), self._reading(5.0))

    def _reading(self, after: float) -> Report:
        if not self.lives:
            return Report("mib", MibFailure.not_there, after)
        return Report("mib", MibFailure.frozen if self.frozen else self.state, after)


def reports(happens: Sequence[str]) -> list[Report]:
    """Return all that sources say of a world, from a node that is MASTER and well."""
    truth = Truth()
    return [report for what in happens for report in truth.happen(what)]


def reported(said: Sequence[Report], left_out: frozenset[int]) -> Health:
    """Return the health at the end."""
    story = Story().kernel(IP).writer().line(MASTER).mib(("SITE1", MASTER)).haproxy().wait(10)
    for number, report in enumerate(said):
        story.wait(report.after)
        if number not in left_out:
            say(story, report)
    return story.wait(3).service("SITE1").health


def say(story: Story, report: Report) -> None:
    match report.source, report.what:
        case "kernel", holds:
            story.kernel(*[IP] if holds else [])
        case "line", VrrpState() as state:
            story.line(state)
        case "writer", bool() as present:
            story.writer(present)
        case "mib", MibFailure() as trouble:
            story.no_mib(trouble)
        case "mib", VrrpState() as state:
            story.mib(("SITE1", state))
        case "haproxy", "gone":
            story.no_haproxy(Reason.haproxyGone, "it is gone")
        case "haproxy", what:
            story.haproxy(ALL_UP if what == "up" else ALL_DOWN)


def is_better(less: Health, all_of_it: Health) -> bool:
    """Whether a health claims more than another one."""
    return less in CLAIMS and (all_of_it not in CLAIMS or less < all_of_it)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(HAPPENS), min_size=1, max_size=8), st.integers(0, 99), st.booleans())
def test_what_is_taken_away_makes_nothing_better(happens, place, all_lines):
    said = reports(happens)
    if all_lines:
        away = frozenset(number for number, one in enumerate(said) if number >= place % 16 and one.source == "line")
    else:
        # whether somebody has the FIFO open is looked at each second: it cannot be lost
        single = [number for number, one in enumerate(said) if one.source != "writer"]
        away = frozenset(single[place % len(single) :][:1]) if single else frozenset()
    assume(away)
    less, all_of_it = reported(said, away), reported(said, frozenset())
    assert not is_better(less, all_of_it), (less, all_of_it, [said[number] for number in away])
