"""The rules of what is wrong, each with a snapshot in which it applies, and one in which it just does not."""

import pytest

from haproxy_agentx.control.problems import (
    LINES,
    OLDEST_CRITICAL,
    OLDEST_WARNING,
    REFUSALS,
    RULES,
    SILENCE,
    Problem,
    ProblemSeverity,
    notes,
    problems,
    worst,
)
from haproxy_agentx.health.event import Event
from haproxy_agentx.report import OldestEvent
from haproxy_agentx.vocabulary.event import Delivery
from tests.support.draft import draft
from tests.support.fake_daemon import BARE, PROCESS, source, state

NONE, WARNING, CRITICAL = ProblemSeverity
FIFO, TRAPS, MIB = 1, 2, 3
EXPOSED = {"what": "/etc/x", "why": "everybody can read it", "remedy": "chmod 0640 /etc/x", "writable": False}


def events(**more: object) -> dict[str, object]:
    return {**state()["events"], "oldest_age": 0.0, "given_up": 0, **more}  # type: ignore[dict-item]


def sources(*found: dict[str, object]) -> dict[str, object]:
    return state(sources=[PROCESS, *found])


def fifo(lines: int = LINES, age: float = SILENCE) -> dict[str, object]:
    return source(FIFO, messages=lines, message_age=age)


def traps(**more: object) -> dict[str, object]:
    return source(TRAPS, age=None, **more)


def unwritten(word: str = "absent") -> dict[str, object]:
    return source(FIFO, state=word, age=None, error="nobody writes")


def pair(name: str, error: str = "", **more: object) -> dict[str, object]:
    peer = {"name": "lb2", "address": "192.0.2.12:161", "state": "ok", "age": 1.0, "reads_us": True, "error": error}
    service = {"name": "www", "state": name, "text": "lb1 serves", **more}
    return state(pair={"state": name, "services": [service], "peers": [peer]})


VRRP = state()["vrrp"][0]  # type: ignore[index]
CASES = [
    ("_services", state({"health": "activeDegraded"}), WARNING),
    ("_services", state({"health": "blackhole"}), CRITICAL),
    ("_services", state({"health": "standby"}), NONE),
    ("_pairs", pair("dualActive"), CRITICAL),
    ("_pairs", pair("notRedundant"), WARNING),
    ("_pairs", pair("failedOver"), NONE),
    ("_pairs", pair("notServed", settling=True), NONE),
    ("_pairs", pair("redundant", error="lb2 does not answer"), WARNING),
    ("_pairs", state(pair={**pair("unknown")["pair"], "peers": []}), NONE),  # type: ignore[dict-item]
    ("_agentx", state(agentx={**BARE["agentx"], "problem": "no snmpd"}), CRITICAL),
    ("_store", state(store={**BARE["store"], "problem": "disk full"}), WARNING),
    ("_sources", state(sources=[{**PROCESS, "state": "refused", "error": "x"}]), CRITICAL),
    ("_sources", state(sources=[{**PROCESS, "state": "stale", "error": "x"}]), WARNING),
    ("_sources", state(sources=[{**PROCESS, "state": "stale"}]), WARNING),
    ("_sources", sources(source(MIB, state="denied", error="x")), WARNING),
    ("_sources", sources(source(MIB, state="absent", error="x")), NONE),
    ("_refusals", sources(traps(refused=1, refusal="SNMPv1")), WARNING),
    ("_refusals", sources(source(TRAPS, refused=REFUSALS, refusal="SNMPv1")), WARNING),
    ("_refusals", sources(source(TRAPS, refused=REFUSALS - 1, refusal="SNMPv1")), NONE),
    ("_silent_traps", sources(fifo(), traps()), WARNING),
    ("_silent_traps", sources(fifo(LINES - 1), traps()), NONE),
    ("_silent_traps", sources(fifo(age=SILENCE - 1), traps()), NONE),
    ("_silent_traps", sources(fifo(), source(TRAPS)), NONE),
    ("_silent_traps", sources(source(FIFO), traps()), NONE),
    ("_unwritten_fifo", sources(unwritten(), source(MIB)), WARNING),
    ("_unwritten_fifo", state(sources=[PROCESS, unwritten()], vrrp=[{**VRRP, "source": "keepalivedTraps"}]), WARNING),
    ("_unwritten_fifo", state(sources=[PROCESS, unwritten()], vrrp=[]), NONE),
    ("_unwritten_fifo", sources({**unwritten(), "age": 9.0}, source(MIB)), NONE),
    ("_old_events", state(events=events(queued=3, oldest_age=OLDEST_WARNING)), WARNING),
    ("_old_events", state(events=events(queued=3, oldest_age=OLDEST_CRITICAL, held="no interface")), CRITICAL),
    ("_old_events", state(events=events(queued=3, oldest_age=OLDEST_WARNING - 1)), NONE),
    ("_given_up", state(events=events(given_up=1)), WARNING),
    ("_given_up", state(events=events(lost=5)), NONE),
    ("_exposed", state(exposed=[EXPOSED]), WARNING),
    ("_exposed", state(exposed=[{**EXPOSED, "writable": True}]), CRITICAL),
    ("_too_many_services", state(services_left_out=1), WARNING),
    ("_too_many_services", state(services_left_out=0), NONE),
    ("_left_out", state(traps_ignored={"number": 7, "age": 3599.0}), WARNING),
    ("_left_out", state(traps_ignored={"number": 7, "age": 3600.0}), NONE),
    ("_left_out", state(traps_ignored={"number": 0, "age": None}), NONE),
    ("_left_out", state(lines_ignored={"number": 7, "age": 3599.0}), WARNING),
    ("_left_out", state(lines_ignored={"number": 7, "age": 3600.0}), NONE),
]


@pytest.mark.parametrize(("name", "snapshot", "severity"), CASES)
def test_each_rule_applies_where_it_should_and_no_other_does(name, snapshot, severity):
    found = {rule.__name__: list(rule(snapshot)) for rule in RULES}
    assert {rule: worst(reported) for rule, reported in found.items() if reported} == (
        {} if severity is NONE else {name: severity}
    )


def test_each_rule_has_a_case():
    assert {rule.__name__ for rule in RULES} == {name for name, _, _ in CASES}


@pytest.mark.parametrize(("name", "snapshot", "severity"), CASES)
def test_a_problem_is_one_line_that_says_what_and_why(name, snapshot, severity):
    for problem in problems(snapshot):
        assert problem.what
        assert problem.text.startswith(problem.what)
        assert problem.text.isprintable()


def test_all_is_well():
    assert problems(state()) == problems(BARE) == []
    assert worst([]) is NONE


def test_the_worst_comes_first():
    snapshot = state({"health": "fault"}, {"name": "B", "health": "conflict"}, exposed=[EXPOSED])
    assert [problem.severity for problem in problems(snapshot)] == [CRITICAL, WARNING, WARNING]


def test_the_text_has_no_empty_part():
    assert Problem(WARNING, "a", "", "c").text == "a: c"


# It is a note where keepalived may not run at all, and a problem where it does.
def test_a_fifo_that_nobody_writes_is_told_once():
    assert notes(state(sources=[PROCESS, unwritten()], vrrp=[])) == ["nobody writes"]
    assert notes(sources(unwritten(), source(MIB))) == []
    assert notes(sources(source(MIB), traps(), source(FIFO, state="absent", error="gone"))) == ["gone"]


def test_the_age_of_the_oldest_event_follows_no_step_of_the_wall_clock():
    oldest = OldestEvent()
    first, second = Event(1, draft(1), Delivery.queued), Event(2, draft(2), Delivery.queued)
    assert oldest.age(None, first.draft.at, 100.0) == 0
    assert oldest.age(first, first.draft.at + 5, 100.0) == 5
    assert oldest.age(first, first.draft.at + 86400, 101.0) == 6
    assert oldest.age(first, first.draft.at - 86400, 102.0) == 7
    assert oldest.age(second, second.draft.at - 50, 103.0) == 0
    assert oldest.age(None, second.draft.at, 104.0) == 0
    assert oldest.age(second, second.draft.at + 1, 105.0) == 1
