"""How soon a fault is seen: from its moment to another haxHealth, and to our notification at the sink."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failovers.pair import Pair, pair, pause
from benchmarks.failovers.sink import Sink, health_of
from integration.netlab import LabError, wait_for

HOST = "lb1"
"""Who is MASTER, and struck."""

LONGEST = 20.0
"""Seconds that are waited for a fault to be seen."""

CALM = 3.0
"""Seconds in which nothing may change where nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds from the fault; None where nothing changed. ``health`` is what it became first."""

    fault: str
    health: str
    shown: float | None
    told: float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """How something is broken and mended; ``is_none`` where nothing may be seen of it."""

    name: str
    strike: Callable[[Pair], object]
    mend: Callable[[Pair], object]
    is_none: bool = False
    slow: bool = False
    """Whether the pair needs long to be as before: not part of the short form."""


_held: list[socket.socket] = []


def _hold(found: Pair) -> None:
    for _ in range(12):
        held = socket.socket(socket.AF_UNIX)
        _held.append(held)
        held.settimeout(0)
        with suppress(OSError):
            held.connect(str(found.lab.host(HOST).path("/run/haproxy/ro.sock")))


def _release(_: Pair) -> None:
    while _held:
        _held.pop().close()


def _ctl(service: str, action: str) -> Callable[[Pair], object]:
    return lambda found: found.lab.ctl(HOST, service, action)


FAULTS = (
    Fault("HAProxy killed", _ctl("haproxy", "kill9"), _ctl("haproxy", "start")),
    Fault("HAProxy frozen", _ctl("haproxy", "freeze"), _ctl("haproxy", "thaw")),
    Fault(
        "all servers down",
        lambda found: found.lab.web_down(8001, 8002, 8003, 8004, 8005),
        lambda found: found.lab.web_up(8001, 8002, 8003, 8004, 8005),
    ),
    Fault("one server down", lambda found: found.lab.web_down(8001), lambda found: found.lab.web_up(8001)),
    Fault("statistics connections used up", _hold, _release),
    Fault("HAProxy reloaded", _ctl("haproxy", "reload"), lambda _: None, is_none=True),
    Fault("keepalived killed", _ctl("keepalived", "kill9"), _ctl("keepalived", "start"), slow=True),
    Fault("keepalived frozen", _ctl("keepalived", "freeze"), _ctl("keepalived", "thaw"), slow=True),
    Fault(
        "cable pulled", lambda found: found.lab.link(HOST, up=False), lambda found: found.lab.link(HOST, up=True),
        slow=True,
    ),
)  # fmt: skip


def measure(times: int, *, slow: bool) -> Iterator[Seen]:
    """Yield what each fault showed, ``times`` times; those that take long only with ``slow``."""
    with pair("detection") as found:
        found.lab.ctl("sink", "traps", "stop")
        with Sink(Path(f"/proc/{found.lab.host('sink').leader.pid}/ns/net")) as sink:
            for fault in FAULTS:
                for _ in range(times if slow or not fault.slow else 0):
                    yield _struck(found, sink, fault)
                    found.wait_normal()


def _struck(found: Pair, sink: Sink, fault: Fault) -> Seen:
    before = str(found.status(HOST)["health"])
    at, date = time.monotonic(), time.time_ns()
    fault.strike(found)
    shown: tuple[float, str] | None = None
    longest = CALM if fault.is_none else LONGEST

    def told() -> float | None:
        heard = (each for each in list(sink.datagrams) if each.host == HOST and each.at >= date)
        return next(((each.at - date) / 1e6 for each in heard if health_of(each) not in (None, before)), None)

    while shown is None and time.monotonic() < at + longest:
        health = found.status(HOST).get("health", before)
        if health != before:
            shown = (time.monotonic() - at) * 1000, str(health)
        pause(0.002)
    if shown is not None:
        with suppress(LabError):  # it is shown as not told
            wait_for(lambda: told() is not None, "it is told", 5.0)
    seen = Seen(fault.name, shown[1] if shown else before, shown[0] if shown else None, told())
    fault.mend(found)
    return seen
