"""What becomes of changes when the program ends, is configured anew, or a service is not there any more."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import VrrpState
from tests.monitor.story import ALL_DOWN, ALL_UP, BACKUP, FAULT, MASTER, Story, begun, plan
from tests.support.event_texts import texts_of

ROLES = {"master": MASTER, "backup": BACKUP, "fault": FAULT}


def close(story: Story) -> list:
    return story.node.close(story.now, story.date)


def test_a_change_of_role_that_waits_for_its_trap_is_reported_at_the_end():
    story = begun(BACKUP)
    story.node.listening = True
    story.line(MASTER)
    assert story.drain() == []
    (reported,) = close(story)
    assert (reported.kind, texts_of(reported)["haxEventRole"]) == (Kind.serviceFailover, "master")
    again = Story(memory=story.end(), now=story.now).kernel().writer().line(MASTER).haproxy().wait(60)
    assert [one for one in again.drain() if one.draft.kind is Kind.serviceFailover] == []


def test_what_a_burst_suppressed_is_counted_at_the_end():
    story = begun(BACKUP)
    for number in range(31):
        story.line((MASTER, BACKUP)[number % 2]).read().wait(0.1)
    reported = [*(one.draft for one in story.drain()), *close(story)]
    counted = sum(int(texts_of(one)["haxEventSuppressed"]) for one in reported)
    assert counted == story.node.suppressed
    assert counted + sum(texts_of(one)["haxEventSuppressed"] == "0" for one in reported) == 31
    assert texts_of(reported[-1])["haxEventRole"] == "master"


def test_backends_that_a_burst_suppressed_are_counted_at_the_end():
    story = begun(MASTER, limit=2)
    for number in range(10):
        story.haproxy((ALL_DOWN, ALL_UP)[number % 2])
    reported = [one.draft for one in story.drain()] + close(story)
    reported = [one for one in reported if one.kind is Kind.backendChange]
    assert [texts_of(one)["haxEventSuppressed"] for one in reported] == ["0", "0", "8"]


def test_the_node_reported_as_stopped_ends_when_an_instance_is_known():
    story = Story(memory={"keepalived": "{}"}).kernel().writer().writer(present=False).haproxy().wait(30)
    assert [(one["Subject"], one["Health"]) for one in story.drain()] == [("node", "stopped")]
    story.writer().line(MASTER).wait(30)
    assert set(story.node.services) == {"SITE1"}
    (end,) = [one for one in story.drain() if one["Subject"] == "node"]
    assert (end.moves, end["Cause"]) == ("stopped/stopped -> stopped/stopped", "configurationChanged")


def test_an_instance_reported_as_stopped_ends_when_it_is_removed():
    story = begun(MASTER).mib(("SITE1", MASTER)).line(VrrpState.shutdown).wait(30)
    assert story.drain()[-1]["Health"] == "stopped"
    ends = story.mib(("SITE2", MASTER)).wait(30).drain()
    assert [(one["Subject"], one["Health"], one["Cause"]) for one in ends if one["Subject"] == "SITE1"] == [
        ("SITE1", "stopped", "configurationChanged")
    ]


@pytest.mark.parametrize("raised", [True, False])
def test_a_service_that_is_gone_while_nobody_looked_is_ended_if_a_problem_was_reported(raised):
    story = begun(MASTER, plans=[plan("shop", "SITE1")])
    if raised:
        story.haproxy(ALL_DOWN).wait(5)
        assert "blackhole" in story.drain()[-1].moves
    again = Story([plan("mail", "SITE1")], story.end(), now=500.0).kernel().writer().line(MASTER).haproxy().wait(60)
    reported = [one for one in again.drain() if one["Subject"] == "shop"]
    assert [(one["Subject"], one.moves) for one in reported] == (
        [("shop", "master/blackhole -> stopped/stopped")] if raised else []
    )
    assert "service/shop" not in again.end()


def test_a_service_that_was_never_reported_needs_no_end():
    story = begun(MASTER).line(MASTER, "SITE2").wait(10)
    story.drain()
    assert story.line(VrrpState.deleted, "SITE2").wait(60).drain() == []


class World:
    """A node that may end and start again, and what a manager knows of it."""

    def __init__(self) -> None:
        self.story = begun(BACKUP, limit=3)
        self.of, self.proxies = "backup", ALL_UP
        self.last: dict[str, object] = {"SITE1": ("backup", "standby"), "local/app": "UP"}

    def role(self, role: str) -> None:
        if role != self.of:
            self.of = role
            self.story.line(ROLES[role])
            self.hear()

    def haproxy(self, proxies) -> None:
        self.proxies = proxies
        self.story.haproxy(proxies)
        self.hear()

    def wait(self, seconds: float) -> None:
        self.story.read().wait(seconds)
        self.hear()

    def end(self, closed: bool) -> None:
        self.hear(close(self.story) if closed else [])
        self.story = Story(memory=self.story.end(), now=self.story.now, limit=3)
        self.story.kernel().writer().line(ROLES[self.of]).haproxy(self.proxies)
        self.hear()

    def hear(self, more=()) -> None:
        for draft in [*(one.draft for one in self.story.drain()), *more]:
            subject = texts_of(draft)["haxEventSubject"]
            if subject == "SITE1":
                self.last[subject] = texts_of(draft)["haxEventRole"], texts_of(draft)["haxEventHealth"]
            elif subject in self.last:
                assert self.last[subject] == texts_of(draft)["haxEventPreviousState"]
                self.last[subject] = texts_of(draft)["haxEventState"]

    def play(self, steps: Iterable[tuple[str, Any]]) -> None:
        """Take the steps of a life, and wait until all is reported."""
        for what, how in [*steps, ("wait", 600.0)]:
            getattr(self, what)(how)


LIVES = st.lists(
    st.one_of(
        st.tuples(st.just("role"), st.sampled_from(sorted(ROLES))),
        st.tuples(st.just("wait"), st.sampled_from([0.01, 0.5, 3.0, 30.0])),
        st.tuples(st.just("haproxy"), st.sampled_from([ALL_UP, ALL_DOWN])),
        st.tuples(st.just("end"), st.booleans()),
    ),
    max_size=25,
)
"""What may happen to a ``World``: the steps that ``play`` takes."""


@settings(max_examples=40, deadline=None)
@given(LIVES)
def test_the_last_report_of_a_service_and_its_backend_is_the_truth(steps):
    world = World()
    world.play(steps)
    assert world.last["SITE1"] == (world.of, world.story.health())
    assert world.last["local/app"] == ("UP" if world.proxies is ALL_UP else "DOWN")
