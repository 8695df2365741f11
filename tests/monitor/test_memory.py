"""What outlives the program: it reads as it was written, and what cannot be read is as if it were not there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.config import ServiceConfig
from haproxy_agentx.health.instance import Instance, Remembered
from haproxy_agentx.health.instances import Instances
from haproxy_agentx.health.model import Cause, Health, Reason, Role
from haproxy_agentx.health.rate_limiter import RateLimiter
from haproxy_agentx.health.tracker import ReportedService, Tracker
from haproxy_agentx.monitor.last_reported import LastReported
from haproxy_agentx.monitor.memory import KEEPALIVED, PREFIX, SERVICE, outdated, recall_instances, remember_instances
from haproxy_agentx.monitor.service import Observation, Service
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vrrp.model import AddressPlace, VrrpState

IP = "192.0.2.1"

remembered = st.builds(
    Remembered,
    role=st.sampled_from(Role),
    addresses=st.lists(
        st.sampled_from([AddressPlace(IP), AddressPlace("fe80::1", "eth0"), AddressPlace("2001:db8::1")]), unique=True
    ).map(tuple),
    initial=st.none() | st.sampled_from([VrrpState.master, VrrpState.backup]),
    router_id=st.text(max_size=20),
    by_fifo=st.booleans(),
)
some_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
labels = st.sampled_from([one.name for enum in (Role, Health, Cause, VrrpState) for one in enum])


def instances(memories: dict[str, Remembered]) -> Instances:
    """Give instances of which so much is known from an earlier run, and nothing since."""
    known = Instances()
    known.recall(memories, 0.0)
    return known


@given(st.dictionaries(st.text(max_size=20), remembered, max_size=4))
def test_instances_read_as_they_were_written(memories):
    first = instances(memories)
    for name, memory in memories.items():
        first.known[name].role = memory.role
        first.known[name].source = SourceKind.keepalivedFifo if memory.by_fifo else SourceKind.keepalivedMib
    texts = remember_instances(first)
    assert texts.keys() - {KEEPALIVED} == {PREFIX + name for name in memories}
    assert recall_instances(texts) == memories


def test_what_is_not_of_an_instance_is_not_looked_at():
    assert recall_instances({"service/SITE1": "{", "process/local": "1", "traps/127.0.0.1:1162": "1"}) == {}


def damaged(name: str, texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give what a memory may have become: any text, any JSON, or one with other values in it."""
    whole = {
        "vrrp": {"role": "master", "addresses": [IP], "initial": "master", "router_id": "lb1", "by_fifo": True},
        "service": {
            "role": "master", "health": "active", "reasons": 0, "previous": None, "since": 1.0, "transitions": 1,
            "failovers": 1, "cause": "none", "cause_text": "", "shown_role": "master", "role_since": 1.0,
            "seconds": [1.0, 0.0, 2.5, 0.0, 0.0],
        },
    }[name]  # fmt: skip
    changed = st.dictionaries(st.sampled_from(sorted(whole)), labels | some_json, max_size=3)
    missing = st.sampled_from([None, *whole])
    made = st.builds(lambda changes, key: {k: v for k, v in (whole | changes).items() if k != key}, changed, missing)
    return texts | (some_json | made).map(json.dumps)


NESTED = "[" * 100_000
"""What a reader of JSON refuses by another error than all else."""


def test_a_memory_that_is_nested_too_deep_is_none():
    """Catches a damaged store that ends each start of the daemon."""
    assert recall_instances({PREFIX + "SITE1": NESTED}) == {}
    one = service()
    one.recall(NESTED, 100.0, 1_800_000_000.0)
    assert one.tracker.reported is None
    last = LastReported(Kind.pairChange)
    last.report("SITE1", "dualActive")
    again = LastReported(Kind.pairChange, dict.fromkeys(last.texts, NESTED))
    assert (again.get("SITE1"), list(again)) == (None, [])


@given(damaged("vrrp", st.text()))
def test_a_damaged_memory_of_an_instance_is_left_out_or_makes_sense(text):
    found = recall_instances({PREFIX + "SITE1": text, PREFIX + "SITE2": "{"})
    assert found.keys() <= {"SITE1"}
    for memory in found.values():
        assert isinstance(memory.role, Role)
        assert memory.initial is None or isinstance(memory.initial, VrrpState)
        assert all(isinstance(place, AddressPlace) for place in memory.addresses)
    known = instances(found)
    known.settle(1.0)
    confirmed = {name for name, memory in found.items() if memory.confirmed}
    assert recall_instances(remember_instances(known)).keys() == confirmed


def service() -> Service:
    return Service(ServiceConfig("www", "SITE1"), Tracker(1.0, RateLimiter(10, 60.0)))


@given(damaged("service", st.text()))
def test_a_damaged_memory_of_a_service_is_none_or_makes_sense(text):
    one = service()
    one.recall(text, 100.0, 1_800_000_000.0)
    reported = one.tracker.reported
    assert reported is None or (isinstance(reported.role, Role) and isinstance(reported.health, Health))
    assert json.loads(one.memory(100.0, 1_800_000_000.0))["role"] == (reported.role.name if reported else None)


@given(
    st.sampled_from(Role),
    st.sampled_from(Health),
    st.integers(0, sum(Reason)).map(Reason),
    st.none() | st.sampled_from(Health),
    st.floats(0, 1e6),
    st.sampled_from(Cause),
    st.text(),
)
def test_a_service_reads_as_it_was_written(role, health, reasons, previous, age, cause, words):
    first, second = service(), service()
    first.tracker.reported, first.tracker.previous = ReportedService(role, health, reasons), previous
    first.tracker.since, first.tracker.transitions, first.tracker.failovers = 1e6 - age, 7, 3
    first.time_in_state.look(health, 1e6 - 2.0)
    first.time_in_state.look(health, 1e6)
    first.explained(cause, words)
    # the next run has another monotonic clock, and the same dates
    second.recall(first.memory(1e6, 1_800_000_000.0), 5.0, 1_800_000_100.0)
    assert second.tracker.reported == first.tracker.reported
    assert (second.tracker.previous, second.cause, second.cause_text) == (previous, cause, words)
    assert (second.tracker.transitions, second.tracker.failovers) == (7, 3)
    assert second.time_in_state.memory() == first.time_in_state.memory()
    assert abs((5.0 - second.tracker.since) - (age + 100.0)) < 0.001


@given(st.sampled_from(["since", "role_since"]), st.sampled_from([1e400, float("nan"), "x", True, [], None]))
def test_a_remembered_date_that_is_none_leaves_an_age(key, date):
    first, second = service(), service()
    first.tracker.reported = ReportedService(Role.master, Health.active)
    memory = json.loads(first.memory(5.0, 1_800_000_000.0)) | {"shown_role": "master", "role_since": 1.0, key: date}
    second.recall(json.dumps(memory), 5.0, 1_800_000_000.0)
    observe(second, Role.master, 6.0)
    row = second.row(lambda _: None, 7.0, 1_800_000_002.0)
    assert row.age >= 0
    assert row.role_age >= 0


@pytest.mark.parametrize(("role", "age"), [(Role.master, 110), (Role.backup, 4)])
def test_the_age_of_a_role_outlives_the_program_while_the_role_stays(role, age):
    first, second = service(), service()
    observe(first, Role.master, 1000.0)
    first.tracker.reported = ReportedService(Role.master, Health.active)
    second.recall(first.memory(1010.0, 1_800_000_000.0), 5.0, 1_800_000_090.0)
    observe(second, role, 11.0)
    assert second.row(lambda _: None, 15.0, 1_800_000_100.0).role_age == age


def observe(one: Service, role: Role, now: float) -> None:
    instance = Instance("SITE1", role, since=now)
    one.observe(Observation(instance, (), frozen=False, missing="", nameless=None), now, None, reassess=True)


def test_nothing_remembered_is_nothing_told():
    one = service()
    one.recall(None, 100.0, 1_800_000_000.0)
    assert one.tracker.reported is None
    assert json.loads(one.memory(100.0, 1_800_000_000.0))["health"] is None


def test_what_is_gone_is_outdated_and_nothing_else_is():
    keys = [PREFIX + "SITE1", PREFIX + "SITE2", SERVICE + "www", SERVICE + "old", "process/local", "traps/:1162"]
    assert outdated(keys, {PREFIX + "SITE1", SERVICE + "www"}) == [PREFIX + "SITE2", SERVICE + "old"]
    assert outdated([], {PREFIX + "SITE1"}) == []
