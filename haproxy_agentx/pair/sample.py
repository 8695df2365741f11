"""What a node says of itself to its peers, as text: a line on the agent, and one on each service. Pure.

A line is a list of KEY=VALUE separated by single blanks; the last key may hold blanks. The first is the version of the
form. A reader passes over keys that it does not know and takes those that are missing as not known, so nodes of
different versions read each other; another version of the form is a SampleError.

One value holds a whole sample, so that its parts are of one moment, and a poll is one request however many objects the
sample has. A line is at most MAX_LINE octets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import TypeVar

from haproxy_agentx.health.model import Cause, Health, Held, Readiness, Role
from haproxy_agentx.pair.model import Sample, TrafficEvidence

Label = TypeVar("Label", bound=Enum)

FORM = "1"
MAX_LINE = 512
"""Octets: what an AgentX agent and a peer pass on of one line."""

MAX_AGE = 4e8
"""Seconds that an age may be: over ten years."""

MAX_NUMBER = 0xFFFFFFFF
DIGEST = 16
"""Characters of a digest."""

RUN = 16
"""Characters that identify a run of an agent: 64 random bits."""


class SampleError(ValueError):
    """A line that this version cannot read; the message says why."""


@dataclass(frozen=True, slots=True)
class AgentSelf:
    """What an agent says of itself. ``reads`` are the runs of the peers that it reads now."""

    run: str
    version: str
    mib: str
    up: float
    """Seconds since it started."""
    date: float
    """Its wall clock, in seconds since 1970."""
    last_event: int
    node: str
    maintenance: float = 0.0
    """Seconds for which the node remains in maintenance; 0 when it is not."""
    reads: tuple[str, ...] = ()


def self_line(said: AgentSelf) -> str:
    """Return the line of an agent; runs that do not fit are left out."""
    head = [
        f"v={FORM}",
        f"run={said.run}",
        f"agent={_word(said.version)}",
        f"mib={_word(said.mib)}",
        f"up={said.up:.3f}",
        f"date={said.date:.3f}",
        f"event={said.last_event}",
        f"maintenance={said.maintenance:.0f}",
    ]
    tail = f"node={said.node}"
    reads = list(said.reads)
    while True:
        line = " ".join([*head, f"reads={','.join(reads)}", tail])
        if len(line.encode(errors="replace")) <= MAX_LINE or not reads:
            return _cut(line)
        reads.pop()


def read_self(line: bytes) -> AgentSelf:
    """Read the line of an agent. Raises SampleError."""
    texts = _texts(line, "node")
    return AgentSelf(
        run=_must(texts, "run")[:RUN],
        version=texts.get("agent", ""),
        mib=texts.get("mib", ""),
        up=_seconds(texts, "up"),
        date=_seconds(texts, "date", most=1e11),
        last_event=_number(texts, "event") or 0,
        node=texts.get("node", ""),
        maintenance=_seconds(texts, "maintenance"),
        reads=tuple(run for run in texts.get("reads", "").split(",") if run),
    )


def sample_line(sample: Sample) -> str:
    """Return the line of a service."""
    texts = {
        "v": FORM,
        "role": sample.role.name,
        "held": sample.held.name,
        "ready": sample.readiness.name,
        "health": sample.health.name,
        "cause": sample.cause.name,
        "age": f"{sample.age:.3f}",
        "roleAge": f"{sample.role_age:.3f}",
        "healthAge": f"{sample.health_age:.3f}",
        "advertises": f"{sample.advertises_each:.3f}",
        "intended": str(int(sample.as_intended)),
        "wantsMaster": str(int(sample.intends_master)),
        "vrid": _optional(sample.router),
        "priority": _optional(sample.priority),
        "expected": str(sample.expected),
        "present": str(sample.present),
        "addresses": sample.addresses,
        "config": sample.configuration,
        "disputes": str(sample.disputes),
        "traffic": sample.traffic.name,
        "trafficAge": f"{sample.traffic_age:.3f}",
        "name": sample.service,
    }
    return _cut(" ".join(f"{key}={text}" for key, text in texts.items() if text))


def read_sample(line: bytes) -> Sample:
    """Read the line of a service. Raises SampleError.

    A role, an address or a readiness that this version does not know is unknown.
    """
    texts = _texts(line, "name")
    return Sample(
        service=_must(texts, "name"),
        role=_member(Role, texts, "role", Role.unknown),
        held=_member(Held, texts, "held", Held.unseen),
        readiness=_member(Readiness, texts, "ready", Readiness.unknown),
        health=_member(Health, texts, "health", Health.unknown),
        cause=_member(Cause, texts, "cause", Cause.unknown),
        age=_seconds(texts, "age"),
        role_age=_seconds(texts, "roleAge"),
        health_age=_seconds(texts, "healthAge"),
        advertises_each=min(max(_seconds(texts, "advertises", default=1.0), 0.01), 255.0),
        as_intended=texts.get("intended", "1") != "0",
        intends_master=texts.get("wantsMaster") == "1",
        router=_number(texts, "vrid"),
        priority=_number(texts, "priority"),
        expected=_number(texts, "expected") or 0,
        present=_number(texts, "present") or 0,
        addresses=texts.get("addresses", "")[:DIGEST],
        configuration=texts.get("config", "")[:DIGEST],
        disputes=_number(texts, "disputes") or 0,
        traffic=_member(TrafficEvidence, texts, "traffic", TrafficEvidence.unknown),
        traffic_age=_seconds(texts, "trafficAge"),
    )


def _texts(line: bytes, last: str) -> Mapping[str, str]:
    if len(line) > MAX_LINE:
        raise SampleError(f"a line of over {MAX_LINE} octets")
    head, found, tail = line.decode("utf-8", "replace").partition(f" {last}=")
    texts = dict(part.partition("=")[::2] for part in head.split(" "))
    if texts.get("v") != FORM:
        raise SampleError(f"the samples are not of form {FORM}: run one version of haproxy-agentx on all nodes")
    return {**texts, last: tail} if found else texts


def _must(texts: Mapping[str, str], key: str) -> str:
    if not texts.get(key):
        raise SampleError(f"a sample without {key}")
    return texts[key]


def _member(kind: type[Label], texts: Mapping[str, str], key: str, default: Label) -> Label:
    return kind.__members__.get(texts.get(key, ""), default)


def _seconds(texts: Mapping[str, str], key: str, *, default: float = 0.0, most: float = MAX_AGE) -> float:
    """Return seconds, 0 to ``most``."""
    try:
        found = float(texts.get(key, default))
    except ValueError:
        raise SampleError(f"a sample whose {key} is no number") from None
    return min(max(found, 0.0), most) if isfinite(found) else default


def _number(texts: Mapping[str, str], key: str) -> int | None:
    text = texts.get(key, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGEST):
        raise SampleError(f"a sample whose {key} is no number")
    return min(int(text), MAX_NUMBER)


def _optional(number: int | None) -> str:
    return "" if number is None else str(number)


def _word(text: str) -> str:
    return text.replace(" ", "_")


def _cut(line: str) -> str:
    return line.encode(errors="replace")[:MAX_LINE].decode(errors="ignore")
