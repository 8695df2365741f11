"""Which event an event clears: the last one of its subject that reported a problem, over restarts, too."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.store.event_text import from_row, to_row
from haproxy_agentx.store.ledger import OPEN, Ledger
from haproxy_agentx.vocabulary.event import Kind
from tests.support.event_texts import drafted, texts_of


def report(subject: str, severity: Severity, kind: Kind = Kind.serverChange) -> EventDraft:
    if kind in (Kind.serviceFailover, Kind.serviceHealthChange):
        return EventDraft(1.0, kind, subject=subject, health=Health.fault, severity=severity)
    return EventDraft(1.0, kind, subject=subject, state="x", severity=severity)


def clears(events: Sequence[Event]) -> list[str | None]:
    return [texts_of(event.draft).get("haxEventClears") for event in events]


def restarted(ledger: Ledger) -> Ledger:
    """Return what the next run has: the file keeps texts."""
    events = [event for event in map(from_row, map(to_row, ledger.recent.values())) if event is not None]
    return Ledger(ledger.counts, events, dict(ledger.memory))


def test_the_end_of_a_problem_names_its_event():
    ledger = Ledger()
    drafts = [report("a", Severity.minor), report("b", Severity.minor), report("a", Severity.cleared)]
    assert clears(ledger.append(drafts)) == ["0", "0", "1"]
    assert clears(ledger.append([report("a", Severity.cleared)])) == ["0"], "it has ended already"
    assert clears(ledger.append([report("b", Severity.cleared)])) == ["2"]
    assert not [key for key in ledger.memory if key.startswith(OPEN)]


def test_a_problem_that_becomes_another_one_ends_with_it():
    ledger = Ledger()
    drafts = [report("a", severity) for severity in (Severity.minor, Severity.critical, Severity.warning)]
    assert clears(ledger.append([*drafts, report("a", Severity.cleared)])) == ["0", "1", "2", "3"]


def test_role_and_health_of_a_service_are_one_subject_and_other_kinds_are_others():
    ledger = Ledger()
    ledger.append([report("x", Severity.major, kind) for kind in (Kind.serviceFailover, Kind.sourceChange)])
    ended = [report("x", Severity.cleared, kind) for kind in (Kind.serverChange, Kind.serviceHealthChange)]
    assert clears(ledger.append(ended)) == ["0", "1"]


def test_a_restart_remembers_what_is_open():
    first = Ledger()
    first.append([report("a", Severity.minor), report("b", Severity.major)])
    second = restarted(first)
    assert clears(second.append([report("b", Severity.cleared), report("a", Severity.critical)])) == ["2", "1"]
    assert clears(restarted(second).append([report("a", Severity.cleared), report("b", Severity.minor)])) == ["4", "0"]


def test_what_is_open_is_written_with_the_event():
    ledger = Ledger()
    ledger.append([report("a", Severity.minor)])
    assert (set(ledger.changes.events), ledger.changes.memory) == ({1}, {f"{OPEN}server/a": "1"})
    ledger.saved()
    ledger.append([report("a", Severity.cleared)])
    assert (set(ledger.changes.events), ledger.changes.memory) == ({2}, {f"{OPEN}server/a": None})


@pytest.mark.parametrize("kind", [Kind.sourceChange, Kind.backendChange, Kind.serverChange])
def test_a_sum_of_several_ends_nothing_and_begins_nothing(kind):
    ledger = Ledger()
    several = {"haxEventSubject": "(several)", "haxEventSeverity": "indeterminate", "haxEventSuppressed": "3"}
    test = drafted(1.0, Kind.test, {"haxEventSubject": "haproxy-agentx"})
    assert clears(ledger.append([drafted(1.0, kind, several), drafted(2.0, kind, several), test])) == [None] * 3
    assert ledger.memory == {}


def test_an_event_that_gets_no_number_leaves_no_trace():
    ledger = Ledger()
    assert len(ledger.append([report("a", Severity.minor), report("b", Severity.minor)], most=1)) == 1
    assert clears(ledger.append([report("b", Severity.cleared), report("a", Severity.cleared)])) == ["0", "1"]


@pytest.mark.parametrize("last", [3, 50])
def test_what_was_numbered_before_the_file_was_read_is_linked_to_it(last):
    file = Ledger()
    file.append([report("a", Severity.minor), report("b", Severity.major), report("c", Severity.major)])
    later = Ledger()
    later.rise_to(last - 3)
    drafts = [report("a", Severity.cleared), report("d", Severity.minor), report("d", Severity.cleared)]
    later.append([*drafts, report("b", Severity.minor)])
    renumbered = file.continue_with(later)
    assert renumbered is (last == 3)
    first = max(file.recent) - 3
    found = {
        number: texts_of(event.draft)["haxEventClears"] for number, event in file.recent.items() if number >= first
    }
    assert found == {first: "1", first + 1: "0", first + 2: str(first + 1), first + 3: "2"}
    after = file.append([report(name, Severity.cleared) for name in "abcd"])
    assert clears(after) == ["0", str(first + 3), "3", "0"]
    assert not [key for key in file.memory if key.startswith(OPEN)]


def test_a_memory_that_somebody_has_edited_clears_nothing():
    ledger = Ledger(memory={f"{OPEN}server/a": "x", f"{OPEN}server/b": ""})
    assert clears(ledger.append([report("a", Severity.cleared), report("b", Severity.cleared)])) == ["0", "0"]
    assert clears(ledger.append([report("a", Severity.cleared)])) == ["0"]


@dataclass
class Manager:
    """A manager that goes by the rule of docs/health.md alone."""

    alarms: dict[int, str] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        cells = texts_of(event.draft)
        self.alarms.pop(int(cells["haxEventClears"]), None)
        if cells["haxEventSeverity"] != "cleared":
            self.alarms[event.sequence] = cells["haxEventSubject"]


@settings(max_examples=80)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Severity), st.booleans()), max_size=5), max_size=12
    )
)
def test_a_manager_has_one_alarm_for_each_problem(batches):
    ledger, manager, state = Ledger(), Manager(), {}
    for batch in batches:
        drafts = [report(name, severity) for name, severity, _ in batch]
        state |= {name: severity for name, severity, _ in batch}
        for event in ledger.append(drafts):
            manager.take(event)
        if any(restart for _, _, restart in batch):
            ledger = restarted(ledger)
        wrong = sorted(name for name, severity in state.items() if severity is not Severity.cleared)
        assert sorted(manager.alarms.values()) == wrong
