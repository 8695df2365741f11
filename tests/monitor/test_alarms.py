"""Alarms of a manager that goes by haxEventSeverity and haxEventClears alone: one for each problem and no other."""

from collections.abc import Iterable

from hypothesis import given, settings

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.rate_limiter import MANY
from haproxy_agentx.health.severity import OF_HEALTH, Severity
from haproxy_agentx.store.ledger import Ledger
from haproxy_agentx.vrrp.model import VrrpState
from tests.monitor.story import ALL_DOWN, ALL_UP, BACKUP, FAULT, MASTER, Memory, Story, begun, plan
from tests.monitor.test_node_ends import LIVES, World, close
from tests.support.event_texts import texts_of


class Manager:
    """The alarms by the number of their event, and the log that outlives the program."""

    def __init__(self) -> None:
        self.alarms: dict[int, tuple[str, str]] = {}
        self.ledger = Ledger()

    def hear(self, reported: Iterable[EventDraft]) -> None:
        for event in self.ledger.append(list(reported)):
            cells = texts_of(event.draft)
            if cells["haxEventSubject"] == MANY:
                assert (cells["haxEventSeverity"], cells.get("haxEventClears")) == ("indeterminate", None)
                continue
            cleared = int(cells["haxEventClears"])
            if cleared:
                ended, _ = self.alarms.pop(cleared)
                assert ended == cells["haxEventSubject"]
            if cells["haxEventSeverity"] != "cleared":
                self.alarms[event.sequence] = cells["haxEventSubject"], cells["haxEventSeverity"]

    def restart(self) -> None:
        self.ledger = Ledger(self.ledger.counts, self.ledger.recent.values(), dict(self.ledger.memory))

    @property
    def wrong(self) -> dict[str, str]:
        assert len({subject for subject, _ in self.alarms.values()}) == len(self.alarms), "two alarms of one subject"
        return dict(self.alarms.values())


def heard(manager: Manager, story: Story) -> dict[str, str]:
    manager.hear(one.draft for one in story.drain())
    return manager.wrong


def ended(manager: Manager, story: Story) -> Memory:
    """End a run and return what the next one knows."""
    manager.hear(one.draft for one in story.drain())
    manager.hear(close(story))
    manager.restart()
    return story.end()


def test_a_problem_that_gets_worse_and_ends_is_one_alarm_at_a_time():
    manager, story = Manager(), begun(MASTER)
    story.haproxy({"app": {"web1": "UP", "web2": "DOWN"}}).wait(5)
    assert heard(manager, story) == {"SITE1": "minor"}
    assert heard(manager, story.haproxy(ALL_DOWN).wait(5)) == {"SITE1": "critical", "local/app": "major"}
    assert heard(manager, story.haproxy(ALL_UP).wait(5)) == {}


def test_what_ended_while_the_program_did_not_run_clears_what_it_reported():
    manager, story = Manager(), begun(MASTER).haproxy(ALL_DOWN).wait(5)
    memory = ended(manager, story)
    assert manager.wrong.keys() == {"SITE1", "local/app"}
    again = Story(memory=memory, now=500.0).kernel().writer().line(MASTER).haproxy(ALL_UP).wait(60)
    assert heard(manager, again) == {}


def test_the_end_of_a_backend_clears_its_problem():
    manager, story = Manager(), begun(MASTER).haproxy({**ALL_UP, "old": {"a": "UP"}}).wait(5)
    assert heard(manager, story.haproxy({**ALL_UP, "old": {"a": "DOWN"}}).wait(5)).keys() == {"SITE1", "local/old"}
    assert heard(manager, story.haproxy(ALL_UP).wait(120)) == {}


def test_the_end_of_a_service_clears_its_problem_also_that_keepalived_stopped():
    for state, severity in ((FAULT, "major"), (VrrpState.shutdown, "major")):
        manager, story = Manager(), begun(MASTER, plans=[plan("shop", "SITE1")])
        assert heard(manager, story.line(state).wait(30)) == {"shop": severity}
        memory = ended(manager, story)
        again = Story([plan("mail", "SITE2")], memory, now=500.0).kernel().writer().line(MASTER, "SITE2").haproxy()
        assert heard(manager, again.wait(60)) == {}


def test_a_failover_of_nodes_that_are_well_is_no_alarm():
    manager, story = Manager(), begun(BACKUP)
    assert heard(manager, story.line(MASTER).wait(5)) == {}
    assert heard(manager, story.line(BACKUP).wait(5)) == {}
    assert manager.ledger.counts.last_sequence == 2


def test_what_is_not_reported_any_more_has_no_alarm():
    manager, story = Manager(), begun(MASTER, servers=True).haproxy(ALL_DOWN).wait(5)
    memory = ended(manager, story)
    assert manager.wrong.keys() == {"SITE1", "local/app", "local/app/web1", "local/app/web2"}
    again = Story(memory=memory, now=500.0, backends=False).kernel().writer().line(MASTER).haproxy(ALL_DOWN).wait(5)
    assert heard(manager, again) == {"SITE1": "critical"}
    assert not [key for key in ended(manager, again.wait(120)) if key.startswith("reported/") and "source" not in key]


def test_a_kill_while_alarms_end_that_are_not_reported_any_more_ends_each_once():
    manager, story = Manager(), begun(MASTER, servers=True, limit=1).haproxy(ALL_DOWN).wait(300)
    memory = ended(manager, story)
    assert len(manager.wrong) == 4
    for run in range(1, 4):
        again = Story(memory=memory, now=1000.0 * run, limit=1).kernel().writer().line(MASTER).haproxy(ALL_DOWN)
        heard(manager, again.wait(1))
        manager.restart()
        memory = again.end()  # killed
    assert manager.wrong.keys() == {"SITE1", "local/app"}


class Alarmed(World):
    """A world whose manager has alarms."""

    def __init__(self) -> None:
        self.manager = Manager()
        super().__init__()

    def hear(self, more: Iterable[EventDraft] = ()) -> None:
        reported = [*self.story.reported]
        super().hear(more)
        self.manager.hear([*(one.draft for one in reported), *more])

    def end(self, closed: bool) -> None:
        super().end(closed)
        self.manager.restart()


@settings(max_examples=40, deadline=None)
@given(LIVES)
def test_alarms_are_the_problems_whatever_happened(steps):
    world = Alarmed()
    world.play(steps)
    severity = OF_HEALTH[Health[world.story.health()]]
    wrong = {} if severity is Severity.cleared else {"SITE1": severity.name}
    wrong |= {} if world.proxies is ALL_UP else {"local/app": "major"}
    assert world.manager.wrong == wrong
