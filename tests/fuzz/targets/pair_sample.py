"""The lines that nodes report to their peers.

Data: a line. It is refused with a SampleError, or what was read is written and read to the same record, and its ages
and numbers are in their ranges.
"""

from dataclasses import replace

from haproxy_agentx.health.model import Held, Readiness, Role
from haproxy_agentx.pair.sample import (
    MAX_AGE,
    MAX_LINE,
    AgentSelf,
    SampleError,
    read_sample,
    read_self,
    sample_line,
    self_line,
)
from tests.pair.world import sample_of

SEEDS = {
    "a sample": sample_line(sample_of(Role.master, router=51, priority=150, addresses="0123456789abcdef")).encode(),
    "a backup": sample_line(sample_of(Role.backup, Held.none, Readiness.degraded)).encode(),
    "an agent": self_line(AgentSelf("0" * 16, "1.0", "2", 1.5, 1.8e9, 7, "a host", 60.0, ("1" * 16,))).encode(),
    "another form": b"v=2 role=master name=site",
    "no number": b"v=1 vrid=x name=site",
    "no age": b"v=1 age=nan roleAge=inf healthAge=-1 name=site",
    "many digits": b"v=1 disputes=" + b"9" * 400 + b" name=site",
    "no name": b"v=1 role=master",
}


def target(data: bytes) -> None:
    try:
        sample = read_sample(data)
    except SampleError:
        pass
    else:
        assert all(0 <= age <= MAX_AGE for age in (sample.age, sample.role_age, sample.health_age))
        written = sample_line(sample).encode(errors="replace")
        assert len(written) <= MAX_LINE
        again = read_sample(written) if len(sample.service) < MAX_LINE // 4 else sample
        assert replace(again, service="") == replace(sample, service="", **ages(again))
    try:
        said = read_self(data)
    except SampleError:
        return
    assert len(self_line(said).encode(errors="replace")) <= MAX_LINE


def ages(sample):
    """Return what is rounded when it is written."""
    names = ("age", "role_age", "health_age", "advertises_each")
    return {name: getattr(sample, name) for name in names}
