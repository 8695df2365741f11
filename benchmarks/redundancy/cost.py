"""What reading two peers costs a node with many services: the daemon alone, then as one of three that read each other.

At the default interval. The processor time is that of the daemon and its store process, with what they need to be read
by the other nodes; snmpd's is not in it. The memory is that of the daemon.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.failovers.pair import CONFIG, Pair, pause
from haproxy_agentx.pair.model import PairState
from integration.netlab import Lab, control, wait_for
from integration.netlab.peers import read_each_other
from integration.netlab.plan import ALL_BALANCERS, VIRTUAL
from integration.netlab.processes import stat_fields

SERVICES = 50
HOST = "lb1"
UTIME, STIME = 11, 12
"""Fields of proc(5) stat behind the name."""

EVERY = 2.0
TIMEOUT = 1.0
"""The defaults of ``peers``."""

WELL = 60.0
WARM = 10.0
"""Seconds after which what comes with the start is over."""


@dataclass(frozen=True, slots=True)
class Spent:
    """``share`` of a processor, and megabytes."""

    share: float
    resident: float


def measure(seconds: float) -> tuple[Spent, Spent]:
    """Return what the daemon takes alone, and with two peers."""
    return _spent("alone", _prepare, seconds), _spent("three", partial(_prepare, reads=True), seconds)


def _prepare(lab: Lab, *, reads: bool = False) -> None:
    if reads:
        read_each_other(lab, EVERY, TIMEOUT)
    sites = list(VIRTUAL)
    services = "".join(
        f"  - {{name: service{number}, vrrp_instance: {sites[number % len(sites)]}}}\n" for number in range(SERVICES)
    )
    for name in lab.balancers:
        with lab.host(name).path(CONFIG).open("a") as file:
            file.write(f"services:\n{services}")


def _spent(name: str, prepare: Callable[[Lab], None], seconds: float) -> Spent:
    with Lab.up(f"cost {name}", balancers=ALL_BALANCERS, prepare=prepare) as lab:
        pair = Pair(lab)
        wanted = PairState.redundant if name == "three" else PairState.redundancyUnknown
        wait_for(lambda: _states(pair) == {wanted.name}, f"all services are {wanted.name}", WELL, lab.logs)
        pause(WARM)
        began, before = time.monotonic(), _processor_time(lab)
        pause(seconds)
        share = (_processor_time(lab) - before) / (time.monotonic() - began)
        return Spent(share, pair.resident(HOST))


def _states(pair: Pair) -> set[str]:
    """Return the states of all services over all nodes; nothing while not all of them are there."""
    services = pair.status(HOST).get("pair", {}).get("services", ())
    return {one["state"] for one in services} if len(services) == SERVICES else set()


def _processor_time(lab: Lab) -> float:
    """Return the seconds of a processor that the daemon and its store process have taken."""
    found = [stat_fields(each.pid) for each in control.processes(lab.host(HOST), control.find(HOST, "agent"))]
    ticks = sum(int(fields[UTIME]) + int(fields[STIME]) for fields in found if fields is not None)
    return ticks / os.sysconf("SC_CLK_TCK")
