"""The services of a node: those of the configuration, of its instances, and of HAProxy processes, that come and go."""

import pytest

from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.health.requirements import Minimum, ServiceRequirements
from haproxy_agentx.monitor.services import MAX_SERVICES, NODE
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import VrrpState
from tests.monitor.story import ALL_DOWN, BACKUP, IP, MASTER, Story, begun, failover, plan


def test_services_have_their_part_of_haproxy_and_their_instance():
    www = plan("www", "SITE1", ServiceRequirements(frontends=("www",), backends=("app",)))
    api = plan("api", "SITE2", ServiceRequirements(frontends=(), backends=("api",), minimum=Minimum(1)))
    story = Story([www, api]).kernel().writer().line(MASTER).line(BACKUP, "SITE2")
    story.haproxy({"app": {"a": "UP"}, "api": {"a": "UP", "b": "DOWN"}}).wait(10)
    assert (story.health("www"), story.health("api"), story.drain()) == ("active", "standby", [])
    story.haproxy({"app": {"a": "UP"}, "api": {"a": "DOWN", "b": "DOWN"}})
    reported = [one for one in story.wait(10).drain() if one.draft.kind is Kind.serviceHealthChange]
    assert [(one["Subject"], one.moves) for one in reported] == [("api", "backup/standby -> backup/standbyNotReady")]
    assert story.node.health is Health.standbyNotReady


def test_services_of_one_instance_fail_over_together():
    plans = [plan("www", "SITE1"), plan("api", "SITE1", intended=Role.backup)]
    story = Story(plans).kernel().writer().line(BACKUP).haproxy().wait(10).line(MASTER).read()
    reported = story.wait(1).drain()
    assert [(one["Subject"], one.moves, one["ServedAsIntended"]) for one in reported] == [
        ("www", "backup/standby -> master/active", "true"),
        ("api", "backup/standby -> master/active", "false"),
    ]


def test_services_of_one_instance_have_the_same_trap():
    plans = [plan("www", "SITE1"), plan("api", "SITE1")]
    story = failover(Story(plans).kernel().writer().line(BACKUP).haproxy().wait(10)).trap(MASTER).reason().read()
    reported = story.wait(10).drain()
    assert [(one["Subject"], one["KeepalivedTrap"]) for one in reported] == [("www", "seen"), ("api", "seen")]


def test_a_service_without_an_instance_has_the_only_one_there_is():
    story = Story([plan("www")]).kernel().writer().line(BACKUP).haproxy().wait(10)
    assert (story.service("www").plan.vrrp_instance, story.health("www")) == ("SITE1", "standby")
    story.line(BACKUP, "SITE2")
    assert story.service("www").plan.vrrp_instance is None, "which of the two is meant nobody knows"
    assert story.health("www") == "unknown"


def test_a_service_without_keepalived_has_no_role():
    story = Story([plan("www")]).kernel().haproxy().wait(10)
    assert story.service("www").tracker.condition.role is Role.none
    assert (story.health("www"), story.drain()) == ("active", [])


def test_a_service_of_an_instance_that_is_not_there_is_unknown():
    story = Story([plan("www", "SITE9")]).kernel().writer().line(BACKUP).haproxy().wait(10)
    assert (story.health("www"), story.drain()) == ("unknown", [])
    story.line(BACKUP, "SITE9")
    assert (story.health("www"), story.wait(60).drain()) == ("standby", [])


def test_the_intended_role_is_that_of_the_configuration_else_keepalived_s():
    plans = [plan("own", "SITE1", intended=Role.master), plan("its", "SITE1")]
    story = Story(plans).kernel().writer().line(BACKUP).mib(("SITE1", BACKUP), initial=BACKUP).haproxy()
    assert (story.service("own").intended, story.service("its").intended) == (Role.master, None)
    assert not story.service("own").served_as_intended(Role.backup)
    assert story.service("its").served_as_intended(Role.backup)


# Instances that come and go.


def test_an_instance_that_comes_later_is_a_service_and_tells_nothing():
    story = begun(MASTER).line(BACKUP, "SITE2")
    assert set(story.node.services) == {"SITE1", "SITE2"}
    assert story.wait(60).drain() == []


@pytest.mark.parametrize("by_line", [True, False])
def test_an_instance_that_is_removed_is_forgotten(by_line):
    story = begun(MASTER).mib(("SITE1", MASTER), ("SITE2", MASTER)).wait(5).haproxy(ALL_DOWN).wait(5)
    assert {"service/SITE2", "vrrp/SITE2"} < story.end().keys()
    story.drain()
    if by_line:
        story.line(VrrpState.deleted, "SITE2")
    else:
        story.mib(("SITE1", MASTER))
    assert set(story.node.services) == {"SITE1"}
    assert {"service/SITE1", "vrrp/SITE1", "keepalived"} == {
        key for key in story.end() if not key.startswith("reported/")
    }
    (ended,) = story.wait(60).drain()
    assert (ended["Subject"], ended.moves) == ("SITE2", "master/conflict -> stopped/stopped")
    again = Story(memory=story.end(), now=story.now).kernel(IP).haproxy(ALL_DOWN)
    assert set(again.node.services) == {"SITE1"}


def test_an_instance_that_comes_back_is_a_new_one():
    memory = begun(MASTER).line(MASTER, "SITE2").wait(5).end()
    story = Story(memory=memory, now=500.0).kernel().writer().line(MASTER).line(MASTER, "SITE2").haproxy().wait(60)
    story.line(VrrpState.deleted, "SITE2").wait(60).line(BACKUP, "SITE2")
    assert story.wait(60).drain() == [], "what was before the start explains nothing now"
    assert story.service("SITE2").tracker.transitions == 0


def test_instances_that_change_their_place_stay_what_they_are():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    before = story.service("SITE1")
    story.mib(("FIRST", MASTER), ("SITE1", MASTER)).wait(5)
    assert story.service("SITE1") is before
    assert before.tracker.transitions == 0


def test_there_are_only_so_many_services():
    story = Story().kernel().haproxy().mib(*((f"I{number}", BACKUP) for number in range(MAX_SERVICES + 10)))
    story.wait(1)
    assert len(story.node.services) == MAX_SERVICES
    assert story.node.services_left_out == 10
    assert story.wait(60).drain() == []


# HAProxy processes that come and go with the configuration.


def test_a_process_that_is_read_no_more_is_no_part_of_the_service():
    story = Story(awaited=("kernel", "haproxy/a", "haproxy/b")).kernel().haproxy(name="a").haproxy(ALL_DOWN, name="b")
    assert story.health(NODE) == "activeDegraded"
    assert len(story.service(NODE).members) == 4
    story.node.keep_processes({"a"}, story.now)
    story.wait(0.1)
    assert (story.health(NODE), len(story.service(NODE).members)) == ("active", 2)
