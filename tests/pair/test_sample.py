"""What nodes say to each other: whole there and back, of any version, and of no other sender."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.model import Cause, Health, Held, Readiness, Role
from haproxy_agentx.pair.model import Sample, TrafficEvidence
from haproxy_agentx.pair.sample import (
    MAX_LINE,
    AgentSelf,
    SampleError,
    read_sample,
    read_self,
    sample_line,
    self_line,
)

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60)
AGES = st.integers(0, 10**9).map(lambda ms: ms / 1000)
DIGESTS = st.sampled_from(["", "0123456789abcdef"])
SAMPLES = st.builds(
    Sample,
    service=st.one_of(NAMES, st.just("a name with blanks=and more")),
    role=st.sampled_from(Role),
    held=st.sampled_from(Held),
    readiness=st.sampled_from(Readiness),
    health=st.sampled_from(Health),
    cause=st.sampled_from(Cause),
    as_intended=st.booleans(),
    intends_master=st.booleans(),
    router=st.none() | st.integers(1, 255),
    priority=st.none() | st.integers(0, 255),
    expected=st.integers(0, 500),
    present=st.integers(0, 500),
    addresses=DIGESTS,
    configuration=DIGESTS,
    advertises_each=st.sampled_from([0.01, 0.1, 1.0, 3.0, 255.0]),
    disputes=st.integers(0, 1000),
    traffic=st.sampled_from(TrafficEvidence),
    age=AGES,
    role_age=AGES,
    health_age=AGES,
    traffic_age=AGES,
)


ODD = ("v=1", "role=master", "held", "age=-1", "roleAge=nan", "healthAge=1e999", "vrid=x", "vrid=9", "name=a", "=")


def known(sample):
    """Return the sample with ages as they are written."""
    return replace(
        sample, **{name: min(getattr(sample, name), 4e8) for name in ("age", "role_age", "health_age", "traffic_age")}
    )


@given(SAMPLES)
def test_a_sample_arrives_as_it_was(sample):
    assert read_sample(sample_line(sample).encode()) == known(sample)
    assert {each.name for each in fields(Sample)} == {each.name for each in fields(known(sample))}


@given(SAMPLES)
def test_a_sample_fits_a_line(sample):
    assert len(sample_line(sample).encode()) <= MAX_LINE


def test_an_agent_says_itself_as_it_is():
    said = AgentSelf("00ff" * 4, "1.2.3", "202611220000Z", 1.5, 1.8e9, 12, "host one", 60.0, ("a" * 16, "b" * 16))
    assert read_self(self_line(said).encode()) == said


def test_more_runs_than_a_line_has_room_for_are_left_out():
    said = AgentSelf("00ff" * 4, "1", "2", 1.5, 1.8e9, 12, "lb1", reads=tuple(f"{number:016x}" for number in range(99)))
    line = self_line(said)
    assert len(line) <= MAX_LINE
    assert 10 < len(read_self(line.encode()).reads) < 99


@given(st.binary(max_size=600))
def test_what_is_no_sample_is_refused_and_nothing_else_happens(line):
    for read in (read_sample, read_self):
        with pytest.raises(SampleError):
            read(line)


@given(st.lists(st.sampled_from(ODD)))
def test_a_line_of_odd_parts_is_read_or_refused(parts):
    try:
        sample = read_sample(" ".join(parts).encode())
    except SampleError:
        return
    assert min(sample.age, sample.role_age, sample.health_age) >= 0
    assert sample.health_age <= 4e8


def test_another_form_is_refused_with_a_remedy():
    with pytest.raises(SampleError, match="run one version"):
        read_sample(b"v=2 role=master name=site")


def test_a_later_version_may_say_more_and_an_earlier_one_less():
    sample = read_sample(b"v=1 role=leader mood=fine name=site")
    assert (sample.service, sample.role, sample.held) == ("site", Role.unknown, Held.unseen)
