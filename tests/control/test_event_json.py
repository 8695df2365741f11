"""Events as JSON."""

import json
from dataclasses import replace

import pytest

from haproxy_agentx.control.event_json import event_json
from haproxy_agentx.health.event import Event
from haproxy_agentx.health.model import Reason
from haproxy_agentx.objects.event_objects import FIELDS
from haproxy_agentx.vocabulary.event import Delivery, Kind
from tests.support.event_texts import drafted

DRAFT = drafted(
    1_800_000_000.123,
    Kind.serviceFailover,
    {
        "haxEventSubject": "SITE1",
        "haxEventHealth": "active",
        "haxEventPreviousHealth": "standby",
        "haxEventRole": "master",
        "haxEventPreviousRole": "backup",
        "haxEventServedAsIntended": "false",
        "haxEventReasons": str(int(Reason.backendDown | Reason.maintenance)),
        "haxEventCause": "peerLost",
        "haxEventCauseText": "nothing was heard of the other node",
        "haxEventSuppressed": "3",
        "haxEventKeepalivedTrap": "seen",
        "haxEventKeepalivedUpTime": "12345",
        "haxEventSeverity": "cleared",
        "haxEventClears": "5",
        "haxEventSubjectIndex": "3",
        "haxEventReminder": "true",
    },
    {"vrrpInstanceName": "SITE1"},
)


WHOLE = replace(DRAFT, state="UP", previous_state="DOWN", subject_row=(1, 3, 6), pair_key="SITE1/51", node="lb1")


def test_all_of_an_event():
    assert event_json(Event(7, DRAFT, Delivery.acknowledged, 2, 1_800_000_001.0)) == {
        "sequence": 7,
        "time": "2027-01-15T08:00:00.123Z",
        "kind": "serviceFailover",
        "subject": "SITE1",
        "health": "active",
        "previous_health": "standby",
        "role": "master",
        "previous_role": "backup",
        "as_intended": False,
        "reasons": ["backendDown", "maintenance"],
        "cause": "peerLost",
        "cause_text": "nothing was heard of the other node",
        "state": None,
        "previous_state": None,
        "suppressed": 3,
        "trap": "seen",
        "trap_time": 12345,
        "row": None,
        "severity": "cleared",
        "clears": 5,
        "reminder": True,
        "subject_index": 3,
        "pair_key": None,
        "node": None,
        "delivery": "acknowledged",
        "tries": 2,
        "maybe_repeated": True,
        "acknowledged": "2027-01-15T08:00:01.000Z",
        "keepalived": {"vrrpInstanceName": "SITE1"},
    }


def test_a_number_of_nothing_is_null():
    of_nothing = drafted(0.0, Kind.serverChange, {"haxEventClears": "0", "haxEventSubjectIndex": "0"})
    assert {event_json(Event(1, of_nothing))[key] for key in ("clears", "subject_index")} == {None}


def test_what_does_not_apply_is_null_and_the_keys_are_the_same():
    bare = event_json(Event(1, drafted(0.0, Kind.test, {})))
    assert list(bare) == list(event_json(Event(7, DRAFT)))
    always = {"sequence", "time", "kind", "delivery", "tries", "maybe_repeated", "keepalived"}
    assert {bare[key] for key in bare.keys() - always} == {None}
    assert bare["acknowledged"] is None


@pytest.mark.parametrize(
    "draft",
    [
        drafted(1e300, Kind.test, {}),
        drafted(float("nan"), Kind.test, {}),
        drafted(0.0, Kind.test, {"haxEventSuppressed": "many", "haxEventReasons": "x", "haxEventKeepalivedUpTime": ""}),
        drafted(0.0, Kind.test, {"haxEventReasons": "-1"}),
        drafted(0.0, Kind.test, {"haxEventReasons": str(2**40)}),
        drafted(0.0, Kind.test, {"haxEventSubject": "\ud800", "haxEventOther": "x"}),
    ],
)
def test_what_another_version_has_left_is_no_obstacle(draft):
    json.loads(json.dumps(event_json(Event(1, draft)), allow_nan=False))


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_of_an_event_is_in_it(name):
    whole, without = Event(7, WHOLE), Event(7, replace(WHOLE, **{name: None}))
    assert event_json(whole) != event_json(without)
