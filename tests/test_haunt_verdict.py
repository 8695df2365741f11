"""What `make haunt` calls false, lost or late."""

import math

from benchmarks.haunt.verdict import Get, Seen, false_events, false_states, percentile, split
from tests.zoo.judge import Alive, Event, Sample, Served, View

ALIVE = {host: Alive(frozenset({"haproxy", "keepalived", "agent"})) for host in ("lb1", "lb2")}


def sample(at, served="all", health="active"):
    view = View(Served(served), "lb1", {"lb1": Served(served)}, {"10.77.0.100": frozenset({"lb1"})})
    return Sample(at, {"SITE1": view}, ALIVE, {"lb1": {"SITE1": health}, "lb2": None})


def test_a_state_is_judged_when_nothing_changed_for_the_window():
    down = [sample(at / 2, "none") for at in range(4, 24)]
    sums = [0, 0]
    found = list(false_states([sample(0.0), sample(1.0), *down], sums))
    assert len(found) == 8
    assert found[0].startswith("8.0 lb1 SITE1 is active: ")
    assert sums == [8, 21]


def test_a_true_state_is_not_false():
    assert not list(false_states([sample(float(at)) for at in range(20)], [0, 0]))


def event(health, text="", at=5.0):
    return Event("lb1", "serviceHealthChange", "SITE1", health, "haproxyGone", text, at)


def test_an_event_is_false_when_it_was_true_at_no_time_near_it():
    served = [sample(float(at)) for at in range(10)]
    assert len(list(false_events([event("blackhole")], served))) == 1
    assert not list(false_events([event("blackhole")], [*served, sample(8.0, "none")]))
    assert not list(false_events([event("active")], served))
    assert len(list(false_events([event("active", "HAProxy is frozen")], served))) == 1


def test_a_health_that_the_referee_cannot_have_seen_is_not_judged():
    served = [sample(float(at)) for at in range(10)]
    assert not list(false_events([event("blackhole"), event("active", at=6.9)], served))
    assert len(list(false_events([event("blackhole"), event("active", at=7.1)], served))) == 1


def test_what_nobody_could_answer_is_not_late_and_all_else_is():
    gets = [Get("lb1", float(at), took) for at, took in enumerate((1.0, 1.0, math.inf, math.inf, 2.0, math.inf))]
    kept, paused, slowest = split(gets, [("lb1", 2.5, 3.5)])
    assert [get.at for get in kept] == [0.0, 1.0, 4.0, 5.0]
    assert (paused, slowest) == (2, 0.5)
    assert split(gets, []) == (gets, 0, 0.0)
    kept, paused, slowest = split(gets, [("lb1", 4.5, 5.5)])
    assert [get.at for get in kept] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert (paused, slowest) == (1, 0.5)
    assert percentile([get.took for get in kept], 99) == math.inf


def test_each_bound_is_missed_by_itself():
    good = {"judged": 1, "events": 1, "failovers": 1, "refused": 1, "memory": {"together": 40.0}}
    good["gets"] = [Get("lb1", 0.0, 1.0)]
    assert Seen(**good).misses() == []
    for name, value in {
        "false_states": ["one"],
        "wrong_events": ["one"],
        "gets": [Get("lb1", 0.0, 51.0)],
        "memory": {"together": 65.0},
        "restarts": ["one"],
        "bad_walks": ["one"],
        "slowest_return": 11.0,
        "problems": ["one"],
        "judged": 0,
        "events": 0,
        "failovers": 0,
        "refused": 0,
    }.items():
        assert len(Seen(**{**good, name: value}).misses()) == 1, name
