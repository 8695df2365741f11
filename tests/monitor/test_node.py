"""A node at its start, and at the next: what was told is not told again, what has changed is told."""

import pytest

from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.monitor.node import START
from haproxy_agentx.monitor.services import NODE
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import VrrpState
from tests.monitor.story import ALL_DOWN, BACKUP, BEGIN, FAULT, HOLD, IP, MASTER, ONE_DOWN, Story, begun, changes

# The start, when nothing was known before.


def test_nothing_is_judged_before_the_sources_have_spoken():
    story = Story(awaited=("kernel", "fifo", "haproxy/local"))
    assert story.kernel().haproxy().node.services == {}
    assert story.node.health is Health.unknown
    assert not story.node.is_judging
    story.writer().line(MASTER)
    assert story.health() == "active"
    assert story.wait(60).drain() == []


def test_a_source_that_does_not_speak_is_not_waited_for_for_long():
    story = Story(awaited=("kernel", "fifo", "mib", "haproxy/local")).kernel().haproxy()
    assert story.node.deadline(story.now) == BEGIN + START
    story.wait(START - 0.01)
    assert story.node.services == {}
    story.wait(0.01)
    assert story.health(NODE) == "active"


def test_a_node_without_keepalived_is_one_service():
    story = Story(backends=False).kernel().haproxy()
    service = story.service(NODE)
    assert (service.tracker.condition.role, story.health(NODE)) == (Role.none, "active")
    assert story.node.health is Health.active
    assert story.wait(60).drain() == []
    story.haproxy(ALL_DOWN).wait(HOLD)
    assert changes(story) == ["none/active -> none/blackhole"]


def test_an_instance_takes_the_place_of_the_service_of_a_node_without_keepalived():
    story = Story(awaited=("kernel", "haproxy/local")).kernel().haproxy()
    assert set(story.node.services) == {NODE}
    story.writer().line(BACKUP)
    assert set(story.node.services) == {"SITE1"}
    assert story.health() == "standby"
    assert story.wait(60).drain() == []


@pytest.mark.parametrize(
    ("state", "reported"),
    [
        (MASTER, "master/unknown -> master/blackhole"),
        (BACKUP, "backup/unknown -> backup/standbyNotReady"),
        (FAULT, "fault/unknown -> fault/fault"),
    ],
)
def test_what_is_wrong_at_the_first_start_is_told_when_it_has_held(state, reported):
    story = Story().kernel().writer().line(state).haproxy(ALL_DOWN).wait(HOLD - 0.01)
    assert story.drain() == []
    (one,) = story.wait(60).drain()
    assert (one.at, one.moves, one.draft.kind) == (BEGIN + HOLD, reported, Kind.serviceHealthChange)


# The start, when something was known: what was told is not told again, what has changed is told.


def test_after_a_restart_nothing_is_told_anew_and_all_goes_on():
    before = begun(MASTER, IP).mib(("SITE1", MASTER))
    before.haproxy(ONE_DOWN).wait(30)
    assert changes(before) == ["master/active -> master/activeDegraded"]
    old = before.service("SITE1")
    story = Story(memory=before.end(), now=before.now + 100, awaited=("kernel", "haproxy/local"))
    story.kernel(IP).haproxy(ONE_DOWN)
    new = story.service("SITE1")
    assert new.tracker.reported == old.tracker.reported
    assert (new.cause, new.cause_text) == (old.cause, old.cause_text) != ("", "")
    assert (new.tracker.transitions, new.tracker.failovers) == (old.tracker.transitions, old.tracker.failovers)
    assert new.tracker.previous is old.tracker.previous is Health.active
    assert new.tracker.since == pytest.approx(old.tracker.since)
    assert story.wait(600).drain() == []


def test_a_restart_before_anything_was_judged_forgets_nothing():
    reported = begun(MASTER).haproxy(ALL_DOWN).wait(30).end()
    again = Story(memory=reported, now=200.0).end()
    assert again == reported
    story = Story(memory=again, now=300.0).kernel().writer().line(MASTER).haproxy(ALL_DOWN)
    assert story.wait(60).drain() == []


def test_a_failover_while_the_program_did_not_run_is_told():
    memory = begun(BACKUP).end()
    story = Story(memory=memory, now=500.0)
    story.node.listening = True
    (reported,) = story.kernel().writer().line(MASTER).haproxy().wait(60).drain()
    assert (reported.draft.kind, reported.moves) == (Kind.serviceFailover, "backup/standby -> master/active")
    assert (reported["Cause"], reported["KeepalivedTrap"]) == ("agentRestarted", "notObserved")


@pytest.mark.parametrize(
    ("line", "cause"), [(VrrpState.shutdown, "operator"), (FAULT, "unknown")], ids=["stopped", "fault"]
)
def test_an_instance_that_is_first_heard_of_by_its_end_is_explained_by_it(line, cause):
    story = Story().kernel().writer().haproxy().wait(10)
    story.drain()
    reported = [one for one in story.line(line).wait(5).drain() if one["Subject"] == "SITE1"]
    assert [one["Cause"] for one in reported] == [cause]


def test_an_outage_that_came_while_the_program_did_not_run_is_told():
    memory = begun(MASTER).end()
    story = Story(memory=memory, now=500.0).kernel().writer().line(MASTER).haproxy(ALL_DOWN)
    (reported,) = [one for one in story.wait(60).drain() if one.draft.kind is Kind.serviceHealthChange]
    assert reported.moves == "master/active -> master/blackhole"
    assert story.service("SITE1").tracker.previous is Health.active


def test_an_outage_that_went_while_the_program_did_not_run_is_told():
    before = begun(MASTER).haproxy(ALL_DOWN).wait(30)
    before.drain()
    story = Story(memory=before.end(), now=500.0).kernel().writer().line(MASTER).haproxy()
    backend, reported = story.wait(60).drain()
    assert (reported.moves, reported["Cause"]) == ("master/blackhole -> master/active", "agentRestarted")
    assert (backend["Subject"], backend.moves) == ("local/app", "DOWN -> UP")


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"role": "emperor"}', '{"role": "master", "health": "active"}'])
def test_a_memory_that_cannot_be_read_is_none(text):
    story = Story(memory={"service/SITE1": text, "vrrp/SITE1": text}).kernel().writer().line(MASTER).haproxy()
    assert story.health() == "active"
    assert story.wait(60).drain() == []
