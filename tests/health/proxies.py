"""Readings and proxies for tests of health."""

from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from haproxy_agentx.haproxy.stat import Reading, StatParser
from haproxy_agentx.health.proxies import Proxies
from tests.support.programs import ROOT
from tests.support.stat_csv import answer, backend, frontend, server

SAMPLES = ROOT / "tests" / "samples" / "haproxy"

Servers = Mapping[str, str | tuple[str, ...]]
"""Status by name; or status, check_status and weight."""


def read(data: bytes, previous: Reading | None = None) -> Reading:
    """Parse an answer, in slices."""
    parser = StatParser(previous)
    for start in range(0, len(data), 4096):
        parser.feed(data[start : start + 4096])
    return parser.finish()


def sample(name: str, previous: Reading | None = None) -> Reading:
    """Read what a real HAProxy said."""
    return read(Path(SAMPLES / name / "show_stat.txt").read_bytes(), previous)


def rows(backends: Mapping[str, Servers], frontends: Mapping[str, str]) -> Iterable[dict[str, str]]:
    """Give the rows of a HAProxy."""
    number = 2
    for name, status in frontends.items():
        yield frontend(name, number, status=status)
        number += 1
    for name, servers in backends.items():
        for sid, (own, what) in enumerate(servers.items(), 1):
            given = (what,) if isinstance(what, str) else what
            status, check, weight = (*given, *("UP", "L7OK", "1")[len(given) :])
            yield server(name, own, number, sid, status=status, check_status=check, weight=weight)
        yield backend(name, number, **own_verdict(servers))
        number += 1


def own_verdict(servers: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """Give what HAProxy says of a backend: it counts those that it would send somebody to."""
    usable = 0
    for what in servers.values():
        status, weight = (what, "1") if isinstance(what, str) else (what[0], "1" if len(what) < 3 else what[2])
        usable += weight != "0" and (status.startswith("UP") or status == "no check")
    return {"status": "UP" if usable or not servers else "DOWN", "act": str(usable), "bck": "0"}


def done(work: Generator[None, None, bool]) -> bool:
    """Run to the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return bool(end.value)


class Process:
    """A HAProxy that is read again and again."""

    def __init__(self, name: str = "local") -> None:
        self.proxies = Proxies(name)
        self.reading: Reading | None = None

    def show(self, backends: Mapping[str, Servers], frontends: Mapping[str, str] | None = None, **more: Any) -> bool:
        """Let it say so, and take it; ``more`` is for ``Proxies.take``."""
        return self.take(answer(rows(backends, frontends or {})), **more)

    def take(self, data: bytes, **more: Any) -> bool:
        """Take an answer."""
        self.reading = read(data, self.reading)
        return done(self.proxies.take(self.reading, **more))


def proxies_of(
    backends: Mapping[str, Servers], frontends: Mapping[str, str] | None = None, name: str = "local"
) -> Proxies:
    """Return the proxies of one reading."""
    process = Process(name)
    process.show(backends, frontends)
    return process.proxies


def state(proxies: Proxies) -> dict[str, tuple[str, int, int, int]]:
    """Give status, usable, counted and servers in maintenance of each backend."""
    sums = {backend.name: backend.summary for backend in proxies.backends.values()}
    return {name: (total.status, total.usable, total.counted, total.maintenance) for name, total in sums.items()}
