"""Reminders of problems that last: when they come, across restarts and bursts, and that none is of an ended problem."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.model import Reason
from haproxy_agentx.monitor.reminders import LATER, PREFIX, Reminders
from haproxy_agentx.store.ledger import Ledger
from haproxy_agentx.vocabulary.event import Kind
from tests.monitor.story import ALL_DOWN, ALL_UP, DATE, IP, MASTER, Memory, Reported, Story, begun
from tests.support.event_texts import drafted, texts_of

HOUR = 3600.0


def troubled(**more: object) -> Story:
    """Return a node that has just reported that its service is a blackhole."""
    story = begun(MASTER, IP, **{"remind": HOUR, "backends": False, **more})
    story.node.connected = story.node.can_send = True
    story.haproxy(ALL_DOWN).wait(40)
    (reported,) = story.reported
    assert reported.moves == "master/active -> master/blackhole"
    return story


def reminders(story: Story) -> list[Reported]:
    """Return the reminders since the last time. Nothing else was told."""
    reported = story.drain()
    assert all(texts_of(one.draft).get("haxEventReminder") == "true" for one in reported)
    return reported


def kept(story: Story, reported: list[Reported]) -> Memory:
    """Return what the next run has to know, with what the log knows of problems."""
    ledger = Ledger()
    ledger.append([one.draft for one in reported])
    return {**story.end(), **ledger.memory}


def again(story: Story, memory: Memory, seconds: float, **more: object) -> Story:
    """Return the next run, so many seconds later, before HAProxy is read."""
    later = Story(memory=memory, now=story.now + seconds, remind=HOUR, backends=False, **more).kernel(IP)
    later.node.connected = later.node.can_send = True
    return later.writer().line(MASTER)


def test_without_the_configuration_there_is_none():
    story = troubled(remind=None)
    story.drain()
    assert story.wait(100 * HOUR).drain() == []
    assert not [key for key in story.end() if key.startswith(PREFIX)]


def test_a_problem_that_lasts_is_reported_again_and_again_until_it_ends():
    story = troubled()
    (first,) = story.drain()
    service = story.service("SITE1")
    counted, reported = service.tracker.transitions, service.tracker.reported
    assert reminders(story.wait(first.at + HOUR - story.now - 1)) == []
    (one,) = reminders(story.wait(2))
    assert one.at == pytest.approx(first.at + HOUR)
    assert (one.draft.kind, one.moves) == (Kind.serviceHealthChange, "master/blackhole -> master/blackhole")
    assert (one["Suppressed"], one["Severity"], one["Reasons"]) == ("0", "critical", first["Reasons"])
    assert one["CauseText"].startswith("still blackhole after 60 min: ")
    assert one.draft.at == pytest.approx(DATE + one.at)
    assert len(reminders(story.wait(3 * HOUR))) == 3
    assert (service.tracker.transitions, service.tracker.reported) == (counted, reported), "it is no change"
    story.haproxy(ALL_UP).wait(5)
    (back,) = story.drain()
    assert back.moves == "master/blackhole -> master/active"
    assert "haxEventReminder" not in texts_of(back.draft)
    assert story.wait(10 * HOUR).drain() == []


def test_another_problem_begins_its_own_time():
    story = troubled()
    story.wait(HOUR / 2).haproxy({"app": {"web1": "UP", "web2": "DOWN"}}).wait(5)
    (_, worse) = story.drain()
    assert worse.moves == "master/blackhole -> master/activeDegraded"
    assert reminders(story.wait(HOUR / 2)) == []
    (one,) = reminders(story.wait(HOUR / 2))
    assert one.moves == "master/activeDegraded -> master/activeDegraded"


def test_a_restart_neither_repeats_nor_forgets_a_reminder():
    story = troubled()
    memory = kept(story.wait(HOUR / 2), story.reported)
    second = again(story, memory, 60).haproxy(ALL_DOWN).wait(10)
    assert reminders(second) == []
    (one,) = reminders(second.wait(HOUR / 2))
    assert one.at == pytest.approx(story.reported[0].at + HOUR, abs=1)
    memory = {**memory, **second.end()}
    third = again(second, memory, 60).haproxy(ALL_DOWN)
    assert reminders(third.wait(HOUR / 2)) == []


def test_one_that_was_missed_comes_once_after_the_start():
    story = troubled()
    second = again(story, kept(story, story.reported), 10 * HOUR)
    assert second.drain() == [], "HAProxy was not read yet"
    (one,) = reminders(second.haproxy(ALL_DOWN).wait(60))
    assert one.moves == "master/blackhole -> master/blackhole"


def test_a_problem_that_ended_while_nobody_looked_is_not_reminded_of():
    story = troubled()
    second = again(story, kept(story, story.reported), 10 * HOUR).haproxy(ALL_UP).wait(60)
    assert [one.moves for one in second.drain()] == ["master/blackhole -> master/active"]
    assert second.wait(10 * HOUR).drain() == []


def test_a_step_of_the_clock_neither_floods_nor_silences():
    story = troubled()
    memory = kept(story, story.reported)
    assert any(key.startswith(PREFIX) for key in memory)
    ahead = {key: str(DATE + 1e9) if key.startswith(PREFIX) else text for key, text in memory.items()}
    second = again(story, ahead, 10).haproxy(ALL_DOWN)
    assert reminders(second.wait(HOUR - 60)) == []
    assert len(reminders(second.wait(120))) == 1


def test_none_waits_in_the_outbox_where_it_could_outlive_its_problem():
    story = troubled()
    story.drain()
    story.node.can_send = False
    assert story.wait(5 * HOUR).drain() == []
    story.node.can_send = True
    assert len(reminders(story.wait(1))) == 1
    story.node.can_send = False
    story.wait(5 * HOUR).haproxy(ALL_UP).wait(5)
    story.drain()
    story.node.can_send = True
    assert story.wait(1).drain() == []


def test_a_service_that_is_about_to_be_reported_otherwise_is_not_reminded_of():
    story = troubled(hold=30.0)
    (first,) = story.drain()
    story.wait(first.at + HOUR - story.now - 10).haproxy(ALL_UP)
    reported = story.wait(60).drain()
    assert [one.moves for one in reported] == ["master/blackhole -> master/active"]


def test_reminders_have_a_limit_of_their_own():
    names = [f"b{number}" for number in range(25)]
    story = Story(remind=HOUR, limit=10).kernel().haproxy({name: {"s": "UP"} for name in names})
    story.node.connected = story.node.can_send = True
    story.haproxy({name: {"s": "DOWN"} for name in names}).wait(600)
    story.drain()
    moments = []
    for _ in range(120):
        story.read().wait(60)
        moments += [one.at for one in reminders(story)]
    assert len(moments) >= 2 * (len(names) + 1), "each backend, and the service, in two hours"
    assert all(later - earlier >= 60.0 for earlier, later in zip(moments, moments[10:], strict=False))
    story.haproxy({name: {"s": "UP" if name == "b3" else "DOWN"} for name in names}).wait(2)
    assert "local/b3" in [one["Subject"] for one in story.drain()], "a change does not wait for reminders"


def test_a_backend_that_cannot_be_seen_is_not_reminded_of():
    story = Story(remind=HOUR).kernel().haproxy().wait(10)
    story.node.connected = story.node.can_send = True
    story.haproxy(ALL_DOWN).wait(5).no_haproxy(Reason.haproxyUnresponsive, "no answer").wait(5)
    story.drain()
    assert {one["Subject"] for one in reminders(story.wait(HOUR))} == {"node"}
    story.haproxy(ALL_DOWN).wait(LATER + 1)
    found = [one for one in story.drain() if one["Subject"] == "local/app"]
    assert [(one.moves, one["CauseText"]) for one in found] == [("DOWN -> DOWN", "local/app is still DOWN")]


def test_a_source_is_reminded_of_while_it_is_lost():
    story = Story(remind=HOUR).kernel().haproxy().source("fifo", "ok").wait(5)
    story.node.connected = story.node.can_send = True
    (lost,) = story.source("fifo", "absent", "no such file").wait(5).drain()
    (one,) = reminders(story.wait(HOUR))
    assert (one["Subject"], one.moves, one["Cause"]) == ("fifo", "absent -> absent", lost["Cause"])
    story.source("fifo", "ok").wait(5)
    story.drain()
    assert story.wait(3 * HOUR).drain() == []


def test_what_is_in_maintenance_by_order_is_not_reminded_of():
    story = Story(remind=HOUR).kernel().haproxy({"app": {"web1": "UP"}, "aux": {"a": "UP"}}).wait(10)
    story.node.connected = story.node.can_send = True
    story.haproxy({"app": {"web1": "UP"}, "aux": {"a": "MAINT"}}).wait(10)
    assert "local/aux" in [one["Subject"] for one in story.drain()]
    assert "local/aux" not in [one["Subject"] for one in story.wait(3 * HOUR).drain()]


STEPS = st.lists(st.sampled_from(["up", "down", "half", "wait", "long", "away", "back"]), min_size=1, max_size=25)


@settings(max_examples=60)
@given(STEPS)
def test_no_reminder_is_of_an_ended_problem_or_of_no_report(steps):
    story = begun(MASTER, IP, remind=60.0)
    story.node.connected = story.node.can_send = True
    last: dict[str, str] = {}
    for step in steps:
        match step:
            case "up" | "down" | "half":
                backends = {"up": ALL_UP, "down": ALL_DOWN, "half": {"app": {"web1": "UP", "web2": "DOWN"}}}[step]
                story.haproxy(backends)
            case "wait" | "long":
                story.wait(7.0 if step == "wait" else 150.0)
            case _:
                story.node.can_send = step == "back"
        for one in story.drain():
            state = texts_of(one.draft).get("haxEventHealth") or one["State"]
            if texts_of(one.draft).get("haxEventReminder") == "true":
                assert last[one["Subject"]] == state != "UP"
                assert one["Severity"] not in ("cleared", "warning")
            last[one["Subject"]] = state


def draft(subject: str, severity: str, **more: str) -> EventDraft:
    cells = {"haxEventSubject": subject, "haxEventHealth": "fault", "haxEventSeverity": severity, **more}
    return drafted(1.0, Kind.serviceHealthChange, cells)


def test_a_reminder_clears_nothing_and_the_first_report_is_what_is_cleared():
    ledger = Ledger()
    first, reminder, end = ledger.append(
        [draft("a", "major"), draft("a", "major", haxEventReminder="true"), draft("a", "cleared")]
    )
    clears = [texts_of(event.draft)["haxEventClears"] for event in (first, reminder, end)]
    assert clears == ["0", "0", str(first.sequence)]


@pytest.mark.parametrize("text", ["", "nan", "inf", "-1", "x", "1e99"])
def test_a_remembered_date_that_is_none_begins_the_time_now(text):
    found = Reminders(HOUR, 10, 60.0, {"problem/service/a": "1", f"{PREFIX}service/a": text})
    found.begin(100.0, DATE)
    assert found.deadline(100.0) == 100.0 + HOUR


def test_what_is_no_problem_of_a_subject_is_left_alone():
    found = Reminders(HOUR, 10, 60.0, {"problem/other/a": "1", "service/a": "{}"})
    found.begin(0.0, DATE)
    found.note(drafted(1.0, Kind.test, {"haxEventSubject": "a", "haxEventSuppressed": "0"}), 0.0, DATE)
    assert (found.deadline(0.0), found.texts) == (None, {})
