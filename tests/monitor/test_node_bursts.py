"""Too many changes to tell them one by one; and sources, backends and servers."""

import pytest

from haproxy_agentx.health.model import Role
from haproxy_agentx.health.rate_limiter import CALM
from haproxy_agentx.monitor.node import START
from haproxy_agentx.monitor.services import MAX_PENDING
from haproxy_agentx.monitor.waits import LATE
from haproxy_agentx.vocabulary.event import Kind
from tests.monitor.story import ALL_DOWN, BACKUP, DATE, HOLD, MASTER, Story, begun, kinds


def flap(story: Story, seconds: float, per_second: int) -> int:
    """Let the role change so often; gives how many changes that were."""
    count = 0
    end = story.now + seconds
    while story.now < end:
        story.line(MASTER if count % 2 == 0 else BACKUP).read().wait(1 / per_second)
        count += 1
    return count


@pytest.mark.parametrize("listening", [True, False])
@pytest.mark.parametrize("per_second", [2, 50])
def test_a_burst_of_roles_is_one_event_with_its_count(listening, per_second):
    story = begun(BACKUP)
    story.node.listening = listening
    count = flap(story, 30, per_second)
    ended = story.now
    reported = story.wait(120).drain()
    *single, last = reported
    assert len(single) == 10
    assert int(last["Suppressed"]) == count - len(single) == story.node.suppressed
    assert last.at <= ended + CALM + 1 + LATE
    assert last["Health"] == "standby"
    assert f"{count - len(single)} changes" in last["CauseText"]
    service = story.service("SITE1")
    assert service.tracker.failovers == count
    assert service.tracker.reported.role is Role.backup


def test_a_burst_without_end_is_told_once_in_the_time_of_the_limit():
    story = begun(BACKUP)
    count = flap(story, 300, 2)
    reported = story.wait(120).drain()
    sums = [one for one in reported if one["Suppressed"] != "0"]
    assert len(sums) == 5
    assert len(reported) == 10 + len(sums)
    assert sum(int(one["Suppressed"]) for one in sums) == count - 10 == story.node.suppressed


def test_the_end_of_a_burst_is_not_told_when_the_last_sum_told_all():
    story = begun(BACKUP)
    flap(story, 63, 2)
    story.wait(120)
    assert [one["Suppressed"] for one in story.drain() if one["Suppressed"] != "0"] == ["116"]
    assert story.node.suppressed == 116


def test_more_changes_than_may_wait_are_counted():
    story = begun(BACKUP)
    story.node.listening = True
    for number in range(2 * MAX_PENDING):
        story.line(MASTER if number % 2 == 0 else BACKUP)
    reported = story.wait(120).drain()
    assert int(reported[-1]["Suppressed"]) + len(reported) - 1 == 2 * MAX_PENDING
    assert story.health() == reported[-1]["Health"]


def test_a_burst_of_one_service_is_none_of_another():
    story = begun(BACKUP).line(BACKUP, "SITE2").wait(5)
    flap(story, 30, 2)
    story.drain()
    story.line(MASTER, "SITE2").read()
    assert [one["Subject"] for one in story.wait(1).drain()] == ["SITE2"]


# Sources.


def test_the_first_state_of_a_source_is_no_change():
    assert begun(MASTER).source("fifo", "absent", "no such FIFO").wait(60).drain() == []


def test_a_source_that_is_lost_and_back_is_told_when_it_has_held():
    story = begun(MASTER).source("fifo", "ok").wait(5)
    story.source("fifo", "absent", "/run/vrrp.fifo: no such FIFO").wait(HOLD - 0.01)
    assert story.drain() == []
    (reported,) = story.wait(0.01).drain()
    assert (reported.draft.kind, reported.moves, reported["Subject"]) == (Kind.sourceChange, "ok -> absent", "fifo")
    assert (reported["Cause"], reported["CauseText"]) == ("sourceLost", "/run/vrrp.fifo: no such FIFO")
    assert reported.draft.at == DATE + story.now - HOLD
    (reported,) = story.source("fifo", "ok", "/run/vrrp.fifo: no such FIFO").wait(HOLD).drain()
    assert (reported.moves, reported["Cause"], reported["CauseText"]) == (
        "absent -> ok",
        "recovered",
        "fifo can be read again",
    )


def test_a_source_that_is_back_soon_is_not_told():
    story = begun(MASTER).source("fifo", "ok").source("fifo", "absent").wait(0.9).source("fifo", "ok")
    assert story.wait(60).drain() == []


def test_a_burst_of_sources_is_counted():
    story = begun(MASTER, limit=3)
    for number in range(20):
        story.source(f"s{number}", "ok")
    for number in range(20):
        story.source(f"s{number}", "refused", "no process listens")
    reported = story.wait(10).drain()
    assert kinds(reported) == [Kind.sourceChange] * 4
    assert (
        reported[-1]["CauseText"]
        == "17 more have changed and are reported one by one as the limit of notifications allows"
    )
    reported += story.wait(7 * 60).drain()
    assert {one["Subject"] for one in reported} == {f"s{number}" for number in range(20)} | {"(several)"}
    assert story.node.suppressed == 0


def test_nothing_is_told_of_sources_before_the_first_judgement():
    story = Story(awaited=("kernel", "fifo")).source("kernel", "stale").source("kernel", "ok")
    assert story.wait(START - 0.1).drain() == []
    assert len(story.wait(60).drain()) == 1


# Backends and servers.


def test_a_backend_is_told_at_once_and_servers_are_not_told():
    story = begun(MASTER).haproxy(ALL_DOWN)
    (reported,) = story.drain()
    assert (reported.draft.kind, reported["Subject"], reported.moves) == (Kind.backendChange, "local/app", "UP -> DOWN")
    assert reported["CauseText"] == "local/app went from UP to DOWN"
    (reported,) = [one for one in story.haproxy().drain() if one.draft.kind is Kind.backendChange]
    assert reported.moves == "DOWN -> UP"


def test_servers_are_told_where_that_is_asked_for():
    story = begun(MASTER, servers=True, backends=False).haproxy(ALL_DOWN)
    reported = story.drain()
    assert kinds(reported) == [Kind.serverChange] * 2
    assert [(one["Subject"], one.moves) for one in reported] == [
        ("local/app/web1", "UP -> DOWN"),
        ("local/app/web2", "UP -> DOWN"),
    ]


def test_a_reload_of_haproxy_with_servers_down_is_no_recovery():
    """A reload shows each server UP with check_status INI until its first check has ended."""
    story = begun(MASTER).haproxy(ALL_DOWN).wait(30)
    story.drain()
    story.haproxy({"app": {"web1": ("UP", "INI"), "web2": ("UP", "INI")}}).wait(0.5).haproxy(ALL_DOWN)
    assert story.wait(60).drain() == []


def test_a_burst_of_servers_is_one_event_with_its_count():
    up, down = ({"app": {f"web{number}": state for number in range(100)}} for state in ("UP", "DOWN"))
    story = Story(servers=True).kernel().haproxy(up).wait(10).haproxy(down).wait(10).haproxy(up).wait(60)
    servers = [one for one in story.drain() if one.draft.kind is Kind.serverChange]
    sums = [one for one in servers if one["Subject"] == "(several)"]
    assert [one["Suppressed"] for one in sums] == ["0", "180"]
    assert "90 more have changed" in sums[0]["CauseText"]
    assert len(servers) - len(sums) == 20
    assert story.node.suppressed == 180
