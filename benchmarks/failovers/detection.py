"""How soon a fault is seen: from its moment to another haxHealth, and to our notification at the sink."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failovers.pair import UNLIMITED, Pair, pair, pause
from benchmarks.failovers.sink import Sink, health_of
from benchmarks.failovers.strikes import FAULTS, MORE, Fault, Struck
from benchmarks.failovers.traffic import Manager
from integration.netlab import Lab, LabError, wait_for

LONGEST = 20.0
"""Seconds that are waited for a fault to be seen."""

CALM = 3.0
"""Seconds in which nothing may change where nothing is wrong."""

UNDER_WAY = 2.5
"""Seconds in which the daemon reads what goes on before a fault."""

REPORTED = 6.0
"""Seconds from haxHealth to the notification that are waited for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Milliseconds from the fault to haxHealth and to our notification, None where there was none.

    ``health`` is what haxHealth became first.
    """

    health: str
    shown: float | None
    reported: float | None


def measure(times: int, faults: Sequence[Fault] = FAULTS) -> Iterator[tuple[Fault, Sequence[Seen]]]:
    """Yield each fault with what was seen each of the ``times`` that it struck."""
    with ExitStack() as stack:

        def prepare(lab: Lab) -> None:
            struck.append(stack.enter_context(closing(Struck(Pair(lab)))))
            struck[0].listen()

        struck: list[Struck] = []
        found = stack.enter_context(pair("detection", UNLIMITED + MORE, prepare=prepare))
        found.lab.ctl("sink", "traps", "stop")
        sink = stack.enter_context(Sink(Path(f"/proc/{found.lab.host('sink').leader.pid}/ns/net")))
        for fault in faults:
            manager = Manager(found.lab.host(fault.host))
            with manager.asking:
                yield fault, [_seen(struck[0], sink, manager, fault) for _ in range(times)]


def _seen(struck: Struck, sink: Sink, manager: Manager, fault: Fault) -> Seen:
    wait_for(lambda: manager.seen, "haxHealth is answered", LONGEST)
    before = manager.seen[-1][1]
    if fault.before is not None:
        fault.before(struck)
        pause(UNDER_WAY)
    at, date = time.monotonic(), time.time_ns()
    moment = fault.strike(struck)
    if isinstance(moment, float):
        at, date = moment, date + round((moment - at) * 1e9)
    with suppress(LabError):  # it is shown as not seen
        wait_for(lambda: manager.after(at), "it is seen", LONGEST if fault.seconds else CALM)
    shown = manager.after(at)

    def reported() -> float | None:
        heard = (each for each in list(sink.datagrams) if each.host == fault.host and each.at >= date)
        return next(((each.at - date) / 1e6 for each in heard if health_of(each) not in (None, before)), None)

    if shown is not None:
        with suppress(LabError):  # it is shown as not reported
            wait_for(reported, "it is reported", REPORTED)
    health, after = (shown[1], (shown[0] - at) * 1000) if shown else (before, None)
    seen = Seen(health, after, reported())
    fault.mend(struck)
    struck.pair.wait_normal()
    return seen
