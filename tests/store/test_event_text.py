"""Events as the rows of the file and back: what was written is read, and what another version left is no obstacle."""

import json
from dataclasses import fields, replace
from enum import IntEnum
from types import NoneType
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.agentx.oid import MAX_SUBID, Oid, dotted
from haproxy_agentx.health.correlation import KeepalivedObjects, TrapSeen
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Cause, Health, Reason, Role
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.objects.event_objects import COLUMNS, FIELDS
from haproxy_agentx.store.event_text import TEXT_LIMIT, cell_texts, from_row, to_row
from haproxy_agentx.vocabulary.event import Delivery, Kind
from haproxy_agentx.vrrp.model import VrrpState

texts = st.text(st.characters(), max_size=30)
dates = st.floats(0, 1e10)
BY_TYPE = {
    str: texts,
    int: st.integers(),
    bool: st.booleans(),
    Oid: st.lists(st.integers(0, MAX_SUBID), min_size=1, max_size=20).map(tuple),
    Reason: st.sampled_from(Reason),
    KeepalivedObjects: st.builds(
        KeepalivedObjects, texts, st.sampled_from(VrrpState), st.none() | st.sampled_from(VrrpState), texts
    ),
}
HINTS = get_type_hints(EventDraft)


def values(name: str) -> st.SearchStrategy:
    """Return all values of a field of a draft."""
    (kind,) = (one for one in get_args(HINTS[name]) if one is not NoneType)
    return st.sampled_from(kind) if isinstance(kind, type) and issubclass(kind, IntEnum) else BY_TYPE[kind]


drafts = st.builds(
    EventDraft,
    dates,
    st.sampled_from(Kind),
    **{name: st.none() | values(name) for name in (*FIELDS, "keepalived")},
)
events = st.builds(
    Event,
    st.integers(1, 2**31 - 1),
    drafts,
    st.sampled_from(Delivery),
    st.integers(0, 9),
    st.none() | dates,
    st.booleans(),
)


@given(events)
def test_an_event_is_read_as_it_was_written(event):
    row = to_row(event)
    assert from_row(row) == event
    assert all(text.isascii() for text in row if isinstance(text, str))


def test_each_field_is_that_of_a_column():
    own = {one.name for one in fields(EventDraft)}
    assert own == {"at", "kind", "keepalived", *FIELDS}
    assert set(FIELDS.values()) <= set(COLUMNS)


@given(drafts, st.sampled_from([name for name in FIELDS if name not in ("subject", "cause_text")]))
def test_a_text_that_is_no_value_counts_as_missing(draft, name):
    row = list(to_row(Event(1, draft)))
    if HINTS[name] == str | None:
        return
    row[3] = json.dumps({**json.loads(row[3]), FIELDS[name]: "no value"})
    assert from_row(tuple(row)) == Event(1, replace(draft, **{name: None}))


def test_a_long_text_is_cut():
    event = Event(1, EventDraft(1.0, Kind.test, subject="x" * 9999))
    assert from_row(to_row(event)) == Event(1, EventDraft(1.0, Kind.test, subject="x" * TEXT_LIMIT))


# As version 1.1 wrote it, and what a later one may add.
OLD = {
    "haxEventSubject": "SITE1",
    "haxEventHealth": "blackhole",
    "haxEventPreviousHealth": "active",
    "haxEventRole": "master",
    "haxEventPreviousRole": "backup",
    "haxEventServedAsIntended": "false",
    "haxEventReasons": "4098",
    "haxEventCause": "haproxyUnresponsive",
    "haxEventCauseText": "haproxy local does not answer within 2 s",
    "haxEventSuppressed": "3",
    "haxEventKeepalivedTrap": "seen",
    "haxEventKeepalivedUpTime": "924342",
    "haxEventSubjectRow": "1.3.6.1",
    "haxEventSeverity": "critical",
    "haxEventClears": "5",
    "haxEventSubjectIndex": "1",
}
OBJECTS = {"vrrpInstanceName": "SITE1", "vrrpInstanceState": "2", "vrrpInstanceInitialState": "1", "routerId": "lb1"}
READ = EventDraft(
    1.0,
    Kind.serviceFailover,
    subject="SITE1",
    health=Health.blackhole,
    previous_health=Health.active,
    role=Role.master,
    previous_role=Role.backup,
    served_as_intended=False,
    reasons=Reason.haproxyUnresponsive | Reason.roleStale,
    cause=Cause.haproxyUnresponsive,
    cause_text="haproxy local does not answer within 2 s",
    suppressed=3,
    keepalived_trap=TrapSeen.seen,
    keepalived_up_time=924342,
    subject_row=(1, 3, 6, 1),
    severity=Severity.critical,
    clears=5,
    subject_index=1,
    keepalived=KeepalivedObjects("SITE1", VrrpState.master, VrrpState.backup, "lb1"),
)


@pytest.mark.parametrize("more", [{}, {"haxEventFromTheFuture": "1"}])
def test_an_event_of_the_previous_version_is_read(more):
    row = (7, 1.0, 1, json.dumps(OLD | more), json.dumps(OBJECTS), 3, 2, 4.5, 1)
    assert from_row(row) == Event(7, READ, Delivery.acknowledged, 2, 4.5, unkept=True)


def test_the_previous_version_reads_what_this_one_writes():
    assert cell_texts(READ) == OLD
    assert json.loads(to_row(Event(1, READ))[4]) == OBJECTS


@pytest.mark.parametrize("state", ["master", "2"])
def test_a_state_of_keepalived_by_label_or_number(state):
    row = (1, 1.0, 1, "{}", json.dumps({"vrrpInstanceState": state}), 1, 0, None, 0)
    assert from_row(row) == Event(
        1, EventDraft(1.0, Kind.serviceFailover, keepalived=KeepalivedObjects("", VrrpState.master))
    )


@pytest.mark.parametrize(
    ("place", "content"),
    [(1, "x"), (2, 99), (3, ""), (3, "{"), (3, "[]"), (3, '{"a": 1}'), (4, "null"), (5, 0), (5, "x")],
)
def test_a_row_that_no_version_wrote_is_no_event(place, content):
    row = to_row(Event(7, READ))
    assert from_row((*row[:place], content, *row[place + 1 :])) is None


def test_a_row_pointer_is_dotted():
    assert cell_texts(READ)[FIELDS["subject_row"]] == dotted(READ.subject_row)
