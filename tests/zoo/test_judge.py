"""The referee: which reports it accepts, and which it calls wrong."""

from dataclasses import replace

import pytest

from tests.zoo.judge import (
    Alive,
    CauseVerdict,
    Event,
    Sample,
    Score,
    Served,
    View,
    Wrong,
    false_words,
    is_false,
    judge,
    judge_cause,
    serves,
)

BOTH = {host: Alive(frozenset({"haproxy", "keepalived"})) for host in ("lb1", "lb2")}


def view(served="all", arrives="lb1", holders=("lb1",), lb1="all", lb2="all") -> View:
    return View(Served(served), arrives, {"lb1": Served(lb1), "lb2": Served(lb2)}, {"10.77.0.100": frozenset(holders)})


@pytest.mark.parametrize(
    ("health", "node", "seen", "wrong"),
    [
        ("active", "lb1", view(), None),
        ("active", "lb2", view(), Wrong.false_active),
        ("active", "lb1", view("none", lb1="none"), Wrong.false_active),
        ("active", "lb1", view("some"), Wrong.false_whole),
        ("activeDegraded", "lb1", view("some"), None),
        ("activeDegraded", "lb1", view("none"), Wrong.false_active),
        ("blackhole", "lb1", view("none"), None),
        ("blackhole", "lb1", view("some"), Wrong.false_outage),
        ("blackhole", "lb1", view(), Wrong.false_outage),
        ("standby", "lb2", view(), None),
        ("standby", "lb2", view(lb2="none"), Wrong.false_ready),
        ("standbyDegraded", "lb2", view(lb2="some"), None),
        ("standbyNotReady", "lb2", view(lb2="none"), None),
        ("standbyNotReady", "lb2", view(), Wrong.false_not_ready),
        ("standby", "lb1", view(), Wrong.holds),
        ("conflict", "lb1", view(), Wrong.false_conflict),
        ("conflict", "lb1", view(holders=("lb1", "lb2")), None),
        ("fault", "lb2", view(), None),
        ("fault", "lb1", view(), Wrong.false_end),
        ("stopped", "lb1", view(), Wrong.false_end),
        ("unknown", "lb1", view("none"), None),
    ],
)
def test_a_health_is_compared_with_what_clients_get(health, node, seen, wrong):
    assert judge(health, seen, node, BOTH, redundant=True) is wrong


def test_without_keepalived_a_node_needs_no_address_to_be_active():
    alone = view("none", arrives="", holders=())
    assert judge("active", alone, "lb2", BOTH, redundant=False) is None
    assert judge("active", alone, "lb2", BOTH, redundant=True) is Wrong.false_active


def test_a_conflict_is_possible_while_a_keepalived_is_dead_or_frozen():
    for state in (Alive(frozenset({"haproxy"})), Alive(BOTH["lb1"].running, frozenset({"keepalived"}))):
        assert judge("conflict", view(), "lb1", BOTH | {"lb1": state}, redundant=True) is None


def test_where_a_node_cannot_be_asked_only_those_who_arrive_at_it_count():
    seen = replace(view(), own={})
    assert serves(seen, "lb1") is Served.all
    assert serves(seen, "lb2") is None
    assert judge("standby", seen, "lb2", BOTH, redundant=True) is None
    assert judge("standbyNotReady", seen, "lb2", BOTH, redundant=True) is None


def event(health="blackhole", cause="noUsableBackend", text="") -> Event:
    return Event("lb1", "serviceHealthChange", "SITE1", health, cause, text, 10.0)


def sample(at: float, seen: View, alive=BOTH) -> Sample:
    return Sample(at, {"": seen}, alive, {})


def test_an_event_is_false_when_it_was_true_at_no_moment_near_it():
    outage, fine = sample(9.0, view("none")), sample(10.0, view())
    assert is_false(event(), "", [fine], redundant=True)
    assert not is_false(event(), "", [fine, outage], redundant=True)
    assert not is_false(event("unknown"), "", [fine], redundant=True)
    assert not is_false(event(), "", [], redundant=True)


def test_what_was_so_between_two_looks_is_no_false_event():
    moved = replace(view(), moved={"10.77.0.100": frozenset({"lb2"})})
    became = replace(event("active"), host="lb2")
    assert is_false(became, "", [sample(10.0, view())], redundant=True)
    assert not is_false(became, "", [sample(10.0, moved)], redundant=True)
    assert is_false(became, "", [sample(10.0, replace(moved, own={"lb2": Served.none}))], redundant=True)
    gave_up = replace(event("standby"), host="lb1")
    left = replace(view(), moved={"10.77.0.100": frozenset({"lb1"})})
    assert is_false(gave_up, "", [sample(10.0, view())], redundant=True)
    assert not is_false(gave_up, "", [sample(10.0, left)], redundant=True)


def test_the_end_of_a_service_is_false_while_it_is_reported():
    end = event("stopped", "configurationChanged")
    still = [replace(sample(at, view()), reports={"lb1": {"SITE1": "active"}}) for at in (9.0, 11.0)]
    gone = [still[0], replace(sample(11.0, view()), reports={"lb1": {"SITE2": "active"}})]
    assert end.is_end
    assert not event("stopped", "operator").is_end
    assert is_false(end, "", still, redundant=True)
    assert not is_false(end, "", gone, redundant=True)


def test_a_cause_is_right_not_known_or_wrong():
    wanted = frozenset({"noUsableBackend"})
    assert judge_cause(event(), wanted) is CauseVerdict.right
    assert judge_cause(event(cause="unknown"), wanted) is CauseVerdict.not_known
    assert judge_cause(event(cause="peerLost"), wanted) is CauseVerdict.wrong


@pytest.mark.parametrize(
    ("text", "process", "state"),
    [
        ("HAProxy is frozen", "haproxy", "frozen"),
        ("keepalived is frozen", "keepalived", "frozen"),
        ("HAProxy is gone", "haproxy", "gone"),
        ("keepalived does not run", "keepalived", "gone"),
    ],
)
def test_words_about_a_process_have_to_be_so(text, process, state):
    running = BOTH["lb1"].running
    so = Alive(running, frozenset({process})) if state == "frozen" else Alive(running - {process})
    assert false_words(event(text=text), [sample(10.0, view())]) == text
    assert false_words(event(text=text), [sample(10.0, view(), {"lb1": so})]) is None


def test_alternatives_are_no_assertion():
    text = "HAProxy is frozen or overloaded"
    assert false_words(event(text=text), [sample(10.0, view())]) is None


@pytest.mark.parametrize(
    "score",
    [
        Score(wrong={"false_active": 1}),
        Score(false_active=0.3),
        Score(false_outage=0.3),
        Score(false_events=1),
        Score(causes={CauseVerdict.wrong: 1}),
        Score(unended=1),
    ],
)
def test_whatever_was_false_is_not_clean(score):
    assert not score.is_clean
    total = Score()
    total.add(score)
    assert not total.is_clean


def test_what_is_not_known_is_clean():
    assert Score(rests=4, definite=2, causes={CauseVerdict.right: 3, CauseVerdict.not_known: 1}).is_clean
