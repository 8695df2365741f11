"""Events of both nodes: the same event reads the same from the daemon here and from the agent of a peer."""

import pytest

from haproxy_agentx.control.event_json import event_json
from haproxy_agentx.health.correlation import TrapSeen
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Cause, Health, Role
from haproxy_agentx.objects.conventions import DATE_AND_TIME
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.rehearsal.leg import Leg, Limits
from haproxy_agentx.rehearsal.outage import Unserved
from haproxy_agentx.rehearsal.result import LegResult, as_json, lines, unserved_words, way_back
from haproxy_agentx.rehearsal.seen_events import NodeEvents, SeenEvent, date_of, from_answer, from_cells, names
from haproxy_agentx.rehearsal.sight import NodeView
from haproxy_agentx.snmp.message import Missing
from haproxy_agentx.vocabulary.event import Delivery, Kind

DATE = 1_800_000_000.5
FAILOVER = EventDraft(
    DATE,
    Kind.serviceFailover,
    subject="SITE1",
    health=Health.active,
    previous_health=Health.standby,
    role=Role.master,
    previous_role=Role.backup,
    cause=Cause.peerLost,
    cause_text="nothing was heard of lb1",
    keepalived_trap=TrapSeen.seen,
)
SOURCE = EventDraft(DATE, Kind.sourceChange, subject="fifo", state="ok", previous_state="absent", cause=Cause.recovered)
NOT_THERE = Missing.noSuchInstance


def octets(text):
    return NOT_THERE if text is None else text.encode()


def number(value):
    return NOT_THERE if value is None else int(value)


def cells(draft, delivery):
    """Return what the agent of a peer answers for an event, in the order of ``names``."""
    numbers = (draft.kind, draft.health, draft.previous_health, draft.role, draft.previous_role, draft.cause)
    texts = (draft.subject, draft.cause_text, draft.state, draft.previous_state)
    return [
        DATE_AND_TIME.value(draft.at),
        *map(number, (*numbers, draft.keepalived_trap, delivery)),
        *map(octets, texts),
    ]


@pytest.mark.parametrize("draft", [FAILOVER, SOURCE])
def test_both_ways_of_reading_an_event_agree(draft):
    event = Event(7, draft, Delivery.acknowledged)
    here = from_answer("lb1", event_json(event))
    assert from_cells("lb1", 7, cells(draft, Delivery.acknowledged)) == here
    assert len(names(7, ROOT)) == len(cells(draft, Delivery.acknowledged))
    assert all(name[-1] == 7 for name in names(7, ROOT))


def test_an_event_that_is_gone_is_none():
    assert from_cells("lb1", 7, [NOT_THERE] * len(names(7, ROOT))) is None


def test_a_label_of_a_later_version_is_its_number():
    found = cells(FAILOVER, Delivery.sent)
    found[6] = 999
    assert from_cells("lb1", 7, found).cause == "999"


@pytest.mark.parametrize("value", [None, 5, b"", b"1234567", b"\x07\xe0\x0d\x01\x00\x00\x00\x00+\x00\x00"])
def test_what_is_no_date_is_none(value):
    assert date_of(value) == ""


def event(number, delivery=Delivery.acknowledged, node="lb1"):
    return SeenEvent(node, number, "", Kind.test.name, delivery=delivery.name)


def test_numbers_that_are_missing_are_known():
    log = NodeEvents("lb1", 3, 3)
    assert [log.add(event(number)) for number in (3, 4, 4, 6)] == [False, True, False, True]
    log.last = 8
    assert (log.missing, log.newest_missing(9), log.newest_missing(2)) == (3, [5, 7, 8], [7, 8])


def test_a_node_that_claims_any_number_of_events_costs_nothing():
    log = NodeEvents("lb1", 3, 3)
    log.last = 0xFFFFFFFF
    assert log.missing == 0xFFFFFFFF - 3
    assert log.newest_missing(2) == [0xFFFFFFFE, 0xFFFFFFFF]
    log = NodeEvents("lb1", 7, 7)
    log.last = 5  # its store was made anew
    assert (log.missing, log.newest_missing(2)) == (0, [])


@pytest.mark.parametrize("values", [[], [1], [b"x"] * 30])
def test_an_answer_of_another_length_is_no_event(values):
    assert from_cells("lb1", 7, values) is None


@pytest.mark.parametrize("delivery", list(Delivery))
def test_what_became_of_each_notification(delivery):
    log = NodeEvents("lb1", 0, 0)
    log.add(event(1, delivery))
    given_up = delivery in (Delivery.refused, Delivery.dropped, Delivery.unanswered)
    assert log.given_up == ([1] if given_up else [])
    assert log.pending == ([1] if delivery in (Delivery.queued, Delivery.sent) else [])


# what is reported of it


def result(*, log=None, unserved=None, unread=False, probe="tcp://192.0.2.1:80"):
    leg = Leg("lb1", 10.0, Limits(quiet=1.0))
    first = NodeView("lb1", Health.stopped, Role.stopped, problem="no answer" if unread else "")
    leg.see([first, NodeView("lb2", Health.active, Role.master)], 12.5)
    leg.advance(13.5)
    events = [log or NodeEvents("lb1", 0, 0), NodeEvents("lb2", 0, 0)]
    return LegResult("failover", leg, unserved, probe, events, pair="notRedundant")


def test_a_failover_that_lost_nothing_is_good():
    log = NodeEvents("lb1", 0, 0)
    log.add(from_answer("lb1", event_json(Event(1, FAILOVER, Delivery.acknowledged))))
    good = result(log=log, unserved=Unserved(0.2, 0.5, 90, 2, 0))
    assert good.is_good
    text = "\n".join(lines(good))
    assert "served by lb2 after 2.5 s" in text
    assert "0.2 s to 0.5 s (2 of 90 requests to tcp://192.0.2.1:80 failed)" in text
    assert "standby -> active (backup -> master): peerLost: nothing was heard of lb1" in text
    assert "LOST" not in text


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (result(log=NodeEvents("lb1", 0, 2)), "events that were not read: 1, 2"),
        (result(log=NodeEvents("lb1", 0, 40)), "37, 38, 39, 40, and 30 older ones"),
        (result(log=NodeEvents("lb1", 0, 1, {1: event(1, Delivery.dropped)})), "given up: 1"),
        (result(log=NodeEvents("lb1", 0, 1, {1: event(1, Delivery.queued)})), "not acknowledged yet: 1"),
        (result(unread=True), "not read in the end: lb1"),
        (result(unserved=Unserved(3.0, None, 9, 4, 0)), "at least 3.0 s, and not served in the end"),
    ],
)
def test_what_was_lost_or_is_not_known_is_said_and_is_not_good(found, words):
    assert not found.is_good
    assert words in "\n".join(lines(found))
    assert as_json(found)["good"] is False


@pytest.mark.parametrize(
    ("unserved", "probe", "words"),
    [
        (None, None, "not measured: pass --probe"),
        (None, "tcp://192.0.2.1:80", "no request could be made"),
        (Unserved(0.0, 0.3, 9, 0, 2), "tcp://192.0.2.1:80", "nothing seen: less than 0.3 s"),
    ],
)
def test_time_without_service_that_was_not_seen(unserved, probe, words):
    assert words in unserved_words(result(unserved=unserved, probe=probe))


def test_the_way_back_names_both_nodes():
    assert "stays on lb2" in way_back("lb1", "lb2")
    assert "undo on lb1" in way_back("lb1", None)
