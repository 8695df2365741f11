"""A configuration of the zoo, and what is done to it. Pure: the text of entry.yaml in, records out.

entry.yaml has these keys:

    about     one line: what kind of set-up it is
    source    where it was seen: a public report, a manual, a guide
    ask       the URL that a client asks: http://ADDRESS[:PORT]/PATH[#HOST], tcp://ADDRESS:PORT[#banner]; a list where
              a site has several parts; a mapping of services to those where they have addresses of their own
    own       `none` where HAProxy binds to the virtual address only; otherwise each URL is asked at a node's own
              address, too
    served    statuses of HTTP that count as served: [200, 499] is the default
    start     the services of a load balancer in the order of their start
    servers   what web servers are not: `NAME: KIND ADDRESS STATE`, kinds and states as in servers.py; addresses are
              10.77.0.21 to 10.77.0.29
    steps     a list; each has `do` (an action or a list, see stage.py), `as` (the causes that describe it: one, a list,
              or a mapping of hosts to those; absent where no event has to come), and optionally `within` (seconds of
              the detection window) and `about`
    needs     a program and the least version of it that the entry can be played with: keepalived 2.2.8; or a path that
              the machine has to have: /proc/net/ip_vs
    quick     where it belongs to the part that runs with every change: what it stands for there, one of ``KINDS``

No expected state is written down: the referee finds out by itself what is true.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml

BALANCERS = ("lb1", "lb2")
START = ("snmpd", "haproxy", "keepalived", "agent")
WINDOW = 6.0
"""Seconds in which a fault is detected, unless a step says otherwise."""

BEGINS, RESTS = 18.0, 4.5
"""Seconds that an entry takes to its first rest, and that a step takes beside its detection window."""

QUICK_JOBS = 4
"""Entries of the part that runs with every change that are played side by side: they wait most of the time."""

KEYS = frozenset({"about", "source", "ask", "own", "served", "start", "servers", "steps", "quick", "needs"})

KINDS = {
    "basic": "one address, one site: failover, outage, reload",
    "evidence": "less evidence is never better",
    "verdict": "HAProxy's own verdict is evidence",
    "clients": "what clients got is evidence",
    "silence": "a silent channel is not a silent service",
    "full": "full is a state",
    "optional": "optional evidence is optional",
    "address": "an address is where it belongs",
    "memory": "what was shown once is not forgotten",
    "deletion": "a deletion is a deletion",
    "assertion": "no assertion without evidence",
    "meaning": "what is configured is what is meant",
    "probe": "the probe asks as a client does",
}
"""What the part that runs with every change has to show, each by an entry of its own."""

ANY_SERVICE = ""
"""Key of the only URL where all services of a node share it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something is injected: ``actions`` are command lines; ``causes`` are those that describe it, by host."""

    actions: tuple[tuple[str, ...], ...]
    causes: Mapping[str, frozenset[str]]
    within: float = WINDOW
    about: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of servers.py, and the state that it starts with."""

    kind: str
    address: str
    state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One configuration. ``asks`` are URLs by service; ``own`` the same with {} for the node's address, or empty."""

    name: str
    about: str
    source: str
    asks: Mapping[str, Sequence[str]]
    own: Mapping[str, Sequence[str]]
    served: tuple[int, int]
    start: tuple[str, ...]
    servers: Mapping[str, "Server"]
    steps: tuple[Step, ...]
    quick: str
    """The kind that it stands for in the part that runs with every change; empty where it is not in it."""
    needs: tuple[str, tuple[int, ...]] | None

    def key(self, service: str) -> str:
        """Return the key in ``asks`` by which a service is judged."""
        return service if service in self.asks else next(iter(self.asks))

    @property
    def lasts(self) -> float:
        """Return about how many seconds it takes to be played."""
        return BEGINS + sum(step.within + RESTS for step in self.steps)


def read(name: str, text: str) -> Entry:
    """Read an entry. Raise ValueError, with the key concerned, for what is not as this module says."""
    given = yaml.safe_load(text)
    unknown = set(given) - KEYS
    if unknown:
        raise ValueError(f"{name}: unknown keys: {', '.join(sorted(unknown))}")
    ask = given["ask"] if isinstance(given["ask"], dict) else {ANY_SERVICE: given["ask"]}
    asks = {service: tuple(_several(urls)) for service, urls in ask.items()}
    own = given.get("own")
    if own not in (None, "none"):
        raise ValueError(f"{name}: own: 'none', or absent")
    owns = {} if own else {service: tuple(map(_at_own_address, urls)) for service, urls in asks.items()}
    low, high = given.get("served", (200, 499))
    return Entry(
        name=name,
        about=given["about"],
        source=given["source"],
        asks=asks,
        own=owns,
        served=(int(low), int(high)),
        start=tuple(given.get("start", START)),
        servers={each: _server(name, text) for each, text in given.get("servers", {}).items()},
        steps=tuple(_step(name, step) for step in given.get("steps", ())),
        quick=_kind(name, given.get("quick", "")),
        needs=_needs(given.get("needs")),
    )


def _server(name: str, text: str) -> Server:
    kind, address, state = (*text.split(maxsplit=2), "", "", "")[:3]
    if not state:
        raise ValueError(f"{name}: servers: KIND ADDRESS STATE, found '{text}'")
    return Server(kind, address, state)


def _kind(name: str, text: str) -> str:
    if text and text not in KINDS:
        raise ValueError(f"{name}: quick: one of {', '.join(KINDS)}, found '{text}'")
    return text


def _needs(text: str | None) -> tuple[str, tuple[int, ...]] | None:
    if text is None:
        return None
    if text.startswith("/"):
        return text, ()
    program, version = text.split()
    return program, tuple(map(int, version.split(".")))


def _at_own_address(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    port = host.rpartition("]")[2].partition(":")[2]
    return parts._replace(netloc=f"{{}}:{port}" if port else "{}").geturl()


def _step(name: str, given: Mapping[str, Any]) -> Step:
    unknown = set(given) - {"do", "as", "within", "about"}
    if unknown:
        raise ValueError(f"{name}: unknown keys in a step: {', '.join(sorted(unknown))}")
    does = given["do"] if isinstance(given["do"], list) else [given["do"]]
    named = given.get("as", [])
    causes = named if isinstance(named, dict) else dict.fromkeys(BALANCERS, named)
    return Step(
        actions=tuple(tuple(shlex.split(action)) for action in does),
        causes={host: frozenset(_several(value)) for host, value in causes.items()},
        within=float(given.get("within", WINDOW)),
        about=given.get("about", ""),
    )


def _several(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
