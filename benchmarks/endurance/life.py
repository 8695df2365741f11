"""A pair with hundreds of servers, struck by all that a long life brings, and measured after each of it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.endurance.flat import Sample
from benchmarks.failovers.faults import FAULTS, Fault
from benchmarks.failovers.judge import Tally
from benchmarks.failovers.pair import Pair, pair, pause
from benchmarks.failovers.soak import Watched, keep_logs
from haproxy_agentx.pair.model import PairState
from integration.netlab import Lab, LabError, control, peers, wait_for
from integration.netlab.plan import ADDRESSES, BALANCERS, ROOT
from tests.support import pair_lab

SERVERS = 500
BACKENDS = 5
GROUPS = 5
"""A change of names gives new ones to the servers of one group."""

HAPROXY = "/etc/haproxy/haproxy.cfg"
STORE = "/var/lib/haproxy-agentx/state.db"
SETTLED = 120.0
"""Seconds in which all is as it should be again, the pair included."""

_LOSING = frozenset({"link down"})
"""What loses notifications here: over the management network a route leads out, so that they are sent, and not to where
the sink is."""


def server_names(generation: int) -> list[str]:
    """Return the names of all servers after so many changes of names."""
    return [f"s{number:03}-{(generation + number % GROUPS) // GROUPS}" for number in range(SERVERS)]


def backends(generation: int) -> str:
    """Return the part of haproxy.cfg that has the servers."""
    names, lines = server_names(generation), []
    for backend in range(BACKENDS):
        lines.append(f"backend be_many{backend}")
        lines += [f"  server {name} {ADDRESSES['web']}:8001" for name in names[backend::BACKENDS]]
    return "\n".join([*lines, ""])


@dataclass(slots=True)
class Names:
    """The names of the servers in both files of HAProxy: ``change`` gives new ones to a group, and has them read."""

    files: Mapping[str, tuple[Path, str]]
    generation: int = 0

    def write(self) -> None:
        """Write both files."""
        for file, text in self.files.values():
            file.write_text(text + backends(self.generation))

    def change(self, found: Pair, chance: Random) -> None:
        """Give new names to a group of servers."""
        self.generation += 1
        self.write()
        for host in self.files:
            found.lab.ctl(host, "haproxy", "reload")
        pause(chance.uniform(1, 3))

    @property
    def ever(self) -> int:
        """The names that there have been."""
        return SERVERS + self.generation * SERVERS // GROUPS


@dataclass(slots=True)
class Lived:
    """How it goes: ``samples`` by host, in their order; ``walked`` are the varbinds that managers got."""

    tally: Tally = field(default_factory=Tally)
    struck: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=lambda: {host: [] for host in BALANCERS})
    walked: int = 0
    seconds: float = 0.0


def live(seconds: float, chance: Random, lived: Lived) -> Iterator[None]:
    """Strike for so long; yield after each fault. The first thing that does not settle ends it."""
    files: dict[str, tuple[Path, str]] = {}
    names = Names(files)

    def prepare(lab: Lab) -> None:
        peers.read_each_other(lab)
        for host in BALANCERS:
            file = lab.host(host).path(HAPROXY)
            files[host] = (file, file.read_text())
        names.write()

    with pair("endurance", lay=prepare) as found:
        faults = [fault for fault in FAULTS if not fault.dead and fault.name not in _LOSING] + _more(names, lived)
        pids = {host: _processes(found, host) for host in BALANCERS}
        watched = Watched(found, lived.tally)
        known: set[str] = set()
        _wait_redundant(found)
        began = time.monotonic()
        while (at := time.monotonic() - began) < seconds:
            fault = chance.choices(faults, [fault.weight for fault in faults])[0]
            try:
                if fault.needs_mib:
                    wait_for(found.mib_is_back, "KEEPALIVED-MIB is read", SETTLED)
                fault.strike(found, chance)
                found.wait_normal(SETTLED)
                _wait_redundant(found)
            except LabError as error:
                lived.tally.wrong.append(f"{at:.0f} s, {fault.name}: {error}; logs: {keep_logs(found)}")
                return
            lived.struck[fault.name] = lived.struck.get(fault.name, 0) + 1
            new = [text for text in watched.look(fault, judges=False) if text not in known]  # a hole stays one
            known.update(new)
            wrong = [f"{at:.0f} s, {fault.name}: {text}" for text in new]
            if wrong and not lived.tally.wrong:
                wrong.append(f"logs up to here: {keep_logs(found)}")
            lived.tally.wrong += wrong
            for host, before in pids.items():
                if _processes(found, host) != before:
                    lived.tally.wrong.append(f"{at:.0f} s, {host}: the daemon or its store process is another one")
                    return
                lived.samples[host].append(_sample(found, host, before, names))
            lived.seconds = time.monotonic() - began
            yield


def _more(names: Names, lived: Lived) -> list[Fault]:
    """Return what there is besides faults: names that change, restarts of snmpd, reloads, managers that walk."""

    def restart(found: Pair, chance: Random) -> None:
        for host in BALANCERS:
            found.lab.ctl(host, "snmpd", "restart")
            pause(chance.uniform(0, 2))

    def reload(found: Pair, chance: Random) -> None:
        for host in BALANCERS:
            found.lab.ctl(host, "agent", "reload")
        pause(chance.uniform(1, 3))

    def walk(found: Pair, chance: Random) -> None:
        lived.walked += len(found.lab.snmp("snmpbulkwalk", chance.choice(BALANCERS), ROOT, seconds=120))

    none: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    return [
        Fault("names changed, haproxy reloaded", names.change, none, weight=16),
        Fault("snmpd restarted", restart, none, weight=4),
        Fault("haproxy-agentx reloaded", reload, none, weight=4),
        Fault("a manager walks", walk, none, weight=4),
        Fault("peers apart", _apart, none, weight=4),
    ]


def _apart(found: Pair, chance: Random) -> None:
    """Pull the management cable, over which the nodes read each other."""
    host = chance.choice(BALANCERS)
    lab = pair_lab.PairLab(found.lab)
    lab.management(host, up=False)
    pause(chance.uniform(2, 8))
    lab.management(host, up=True)


def _wait_redundant(found: Pair) -> None:
    """Wait until both nodes report that the pair is redundant."""

    def is_so() -> bool:
        pairs = [found.status(host).get("pair", {}) for host in BALANCERS]
        states = [{one["state"] for one in each.get("services", ())} for each in pairs]
        return states == [{PairState.redundant.name}] * len(BALANCERS)

    wait_for(is_so, "both nodes report that the pair is redundant", SETTLED, lambda: found.lab.logs(*BALANCERS))


def _processes(found: Pair, host: str) -> list[int]:
    """Return the daemon and its store process."""
    return sorted(one.pid for one in control.processes(found.lab.host(host), control.find(host, "agent")))


def _sample(found: Pair, host: str, pids: list[int], names: Names) -> Sample:
    main = control.main_processes(control.processes(found.lab.host(host), control.find(host, "agent")))[0].pid
    status = {pid: _status(pid) for pid in pids}
    return Sample(
        at=time.monotonic(),
        daemon=status[main]["VmRSS"] / 1000,
        store=sum(one["VmRSS"] for pid, one in status.items() if pid != main) / 1000,
        descriptors=sum(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()) for pid in pids),
        threads=sum(one["Threads"] for one in status.values()),
        octets=found.lab.host(host).path(STORE).stat().st_size,
        ahead=found.lab.host(host).path(f"{STORE}-wal").stat().st_size,
        names=names.ever,
        events=found.last(host),
    )


def _status(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = (line.split() for line in lines if line.startswith(("VmRSS:", "Threads:")))
    return {words[0].rstrip(":"): int(words[1]) for words in found}
