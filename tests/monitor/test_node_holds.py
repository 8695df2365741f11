"""What holds of a node whatever its sources say, and in whatever order: what was told is what a manager can rely on."""

from collections.abc import Container, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.config.model import NotificationsConfig
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Health, Reason, Role
from haproxy_agentx.monitor.node import Node
from haproxy_agentx.objects.event_objects import EVENT_TABLE, EventRowMaker
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import MibFailure, NewMasterReason, VrrpState
from tests.monitor.story import ALL_DOWN, ALL_UP, IP, ONE_DOWN, Story, plan
from tests.support.cells import cells
from tests.support.event_texts import texts_of

QUIET = 200.0
"""Seconds after which nothing is left to be told: the end of a storm, and of all that is waited for."""

names = st.sampled_from(["SITE1", "SITE2"])
states = st.sampled_from([state for state in VrrpState if state not in (VrrpState.deleted, VrrpState.init)])
steps: Mapping[str, st.SearchStrategy[Any]] = {
    "wait": st.tuples(st.sampled_from([0.01, 0.3, 1.1, 6.0, 30.0])),
    "line": st.tuples(states, names, st.sampled_from([0, 90, 100])),
    "trap": st.tuples(states, names),
    "reason": st.tuples(st.sampled_from(NewMasterReason)),
    "writer": st.tuples(st.booleans()),
    "mib": st.lists(st.tuples(names, states), max_size=2, unique_by=lambda one: one[0]).map(tuple),
    "no_mib": st.tuples(st.sampled_from(MibFailure)),
    "kernel": st.sampled_from([(), (IP,)]),
    "haproxy": st.tuples(st.sampled_from([ALL_UP, ONE_DOWN, ALL_DOWN])),
    "no_haproxy": st.tuples(
        st.sampled_from([Reason.haproxyGone, Reason.haproxyUnresponsive, Reason.haproxyUnreadable]), st.just("words")
    ),
    "source": st.tuples(st.sampled_from(["kernel", "fifo"]), st.sampled_from(["ok", "stale", "absent"])),
    "listen": st.tuples(st.booleans()),
    "connect": st.tuples(st.booleans()),
    "lose_kernel": st.just(()),
    "restart": st.tuples(st.sampled_from([0.1, 100.0])),
}
some_steps = st.lists(
    st.sampled_from(list(steps)).flatmap(lambda name: st.tuples(st.just(name), steps[name])), max_size=40
)
plans = st.sampled_from([None, (plan("www", "SITE1"), plan("all")), (plan("b", "SITE2", intended=Role.backup),)])


class Manager:
    """Knows of a node what was told, and nothing else."""

    def __init__(self) -> None:
        self.health: dict[str, str] = {}
        self.role: dict[str, str] = {}

    def take(self, draft: EventDraft) -> None:
        if draft.kind in (Kind.serviceFailover, Kind.serviceHealthChange):
            self._take_service(texts_of(draft)["haxEventSubject"], draft)

    def forget_all_but(self, names: Container[str]) -> None:
        """What is gone is not what comes later by its name."""
        for of_each in (self.health, self.role):
            for name in [name for name in of_each if name not in names]:
                del of_each[name]

    def _take_service(self, name: str, draft: EventDraft) -> None:
        health, before = texts_of(draft)["haxEventHealth"], texts_of(draft)["haxEventPreviousHealth"]
        role, role_before = texts_of(draft)["haxEventRole"], texts_of(draft)["haxEventPreviousRole"]
        assert before == self.health.get(name, before), "it was told otherwise"
        reported_role = self.role.get(name, "unknown")
        assert reported_role in (role_before, "unknown"), "it was told otherwise"
        if draft.kind is Kind.serviceFailover:
            assert role not in (role_before, "unknown")
        else:
            assert role in (role_before, "unknown")
            is_end = "is no longer a service" in texts_of(draft)["haxEventCauseText"]  # also of one that had stopped
            assert health != before or int(texts_of(draft)["haxEventSuppressed"]) or is_end, "nothing has changed"
        self.health[name] = health
        self.role[name] = role_before if role == "unknown" else role


class World:
    """A story, and the manager who is told of it."""

    def __init__(self, of_plans: Any, limit: int) -> None:
        self._plans = of_plans
        self._limit = limit
        self.manager = Manager()
        self.story = self._story(None, 100.0)

    def _story(self, memory: Mapping[str, str] | None, now: float) -> Story:
        return Story(self._plans, memory, awaited=("kernel", "fifo", "haproxy/local"), now=now, limit=self._limit)

    def do(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "restart":
            self.story = self._story(self.story.end(), self.story.now + arguments[0])
        elif name == "listen":
            (self.story.node.listening,) = arguments
        elif name == "connect":
            (self.story.node.connected,) = arguments
        elif name == "lose_kernel":
            self.story.node.lose_kernel(self.story.now)
        else:
            getattr(self.story, name)(*arguments)
        for reported in self.story.drain():
            assert reported.draft.at <= self.story.date + 0.001
            well_formed(reported.draft)
            self.manager.take(reported.draft)
        if self.story.node.is_judging:
            self.manager.forget_all_but(self.story.node.services)


def well_formed(draft: EventDraft) -> None:
    """Each cell is one of its column, and gets there."""
    event = Event(1, draft)
    assert texts_of(draft).items() <= cells(EVENT_TABLE, EventRowMaker(event, lambda: 0.0)()).items()


@settings(max_examples=400)
@given(plans, st.sampled_from([1, 2, 10]), some_steps)
def test_what_was_told_last_is_how_it_is(of_plans, limit, done):
    world = World(of_plans, limit)
    for name, arguments in done:
        world.do(name, arguments)
    world.do("wait", (QUIET,))
    node = world.story.node
    assert not node.is_settling()
    for name, service in node.services.items():
        known = world.manager.health.get(name)
        assert known in (service.health.name, None)
        if known is None:
            assert service.health <= Health.standby or service.health is Health.unknown, "an outage that nobody knows"
    before = world.story.now
    world.do("wait", (3600.0,))
    assert node.health is max((service.health for service in node.services.values()), default=Health.unknown)
    assert world.story.now == before + 3600


@pytest.mark.parametrize("begun", [None, 100.0])
def test_a_node_of_which_nothing_is_known_is_unknown(begun):
    node = Node(None, NotificationsConfig(), ("kernel",), {}, 100.0)
    if begun is not None:
        assert node.advance(begun, begun) == []
    assert node.health is Health.unknown
