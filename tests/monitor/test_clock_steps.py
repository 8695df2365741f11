"""T1: the wall clock is set by an hour. It gives events their dates and decides nothing."""

import json
from collections.abc import Callable

import pytest

from haproxy_agentx.health.model import Reason
from tests.monitor.story import ALL_UP, BACKUP, DATE, IP, MASTER, ONE_DOWN, Reported, Story
from tests.support.event_texts import texts_of

HOUR = 3600.0


class SetClock(Story):
    """A story in which somebody sets the clock."""

    off = 0.0

    @property
    def date(self) -> float:
        return DATE + self.now + self.off

    def set_clock(self, by: float) -> "SetClock":
        self.off += by
        self.wait(0.01)
        return self


STEPS: tuple[Callable[[SetClock], object], ...] = (
    lambda story: story.haproxy(ONE_DOWN).wait(0.5),
    lambda story: story.wait(3),
    lambda story: story.haproxy(ALL_UP).wait(3),
    lambda story: story.no_haproxy(Reason.haproxyGone, "it is gone").wait(0.2),
    lambda story: story.kernel().line(BACKUP, priority=40).wait(0.01),
    lambda story: story.trap(BACKUP).wait(0.3),
    lambda story: story.haproxy(ALL_UP).wait(3),
    lambda story: story.kernel(IP).line(MASTER).trap(MASTER).wait(10),
)


def reported(at: int, by: float) -> list[Reported]:
    """Give what is told when the clock is set before one of the steps."""
    story = SetClock()
    story.kernel(IP).writer().mib(("SITE1", MASTER)).line(MASTER).haproxy().wait(10)
    for number, step in enumerate(STEPS):
        story.set_clock(by if number == at else 0.0)
        step(story)
    return story.reported


@pytest.mark.parametrize("by", [HOUR, -HOUR])
@pytest.mark.parametrize("at", range(len(STEPS)))
def test_what_is_told_and_when_is_the_same(at, by):
    still, moved = reported(at, 0.0), reported(at, by)
    assert len(still) >= 5
    assert [(one.at, one.draft.kind, texts_of(one.draft)) for one in moved] == [
        (one.at, one.draft.kind, texts_of(one.draft)) for one in still
    ]


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_the_date_of_an_event_is_that_of_the_clock_when_it_is_told(by):
    for still, moved in zip(reported(4, 0.0), reported(4, by), strict=True):
        assert moved.draft.at - still.draft.at == pytest.approx(0.0 if still.at < reported_from() else by)


def reported_from() -> float:
    """Give the moment of the fifth step."""
    story = SetClock()
    story.kernel(IP).writer().mib(("SITE1", MASTER)).line(MASTER).haproxy().wait(10)
    for step in STEPS[:4]:
        story.set_clock(0.0)
        step(story)
    return story.now


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_a_clock_that_was_set_between_two_runs_is_no_news(by):
    first = SetClock()
    first.kernel(IP).writer().mib(("SITE1", MASTER)).line(MASTER).haproxy().wait(10)
    first.set_clock(by)
    memory = first.end()
    assert json.loads(memory["service/SITE1"])["role"] == "master"
    second = SetClock(memory=memory, now=first.now + 5)
    second.kernel(IP).writer().mib(("SITE1", MASTER)).haproxy().wait(30)
    assert second.reported == []
