"""Failovers under random faults: what is told has to be all that happened, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks.failovers.faults import FAULTS, Fault
from benchmarks.failovers.judge import Tally, false_health, false_roles, in_order
from benchmarks.failovers.pair import KEEPALIVED_LOG, START, Pair, changes, pair, roles
from benchmarks.report import result_file
from integration.netlab import LabError, wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL
from tests.support.reported import Reported, reported

ARRIVAL = 5.0
"""Seconds in which what snmpd has acknowledged is in the sink's log."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """``resident`` are the megabytes of lb2's daemon, which nobody kills, after the first tenth and at the end."""

    tally: Tally
    struck: Mapping[str, int]
    resident: tuple[float, float]


def soak(failovers: int, chance: Random) -> Iterator[Soaked]:
    """Strike until so many instances have moved; give how it goes after each fault."""
    tally = Tally()
    struck: dict[str, int] = {}
    settled = 0.0
    with pair("soak") as found:
        watched = Watched(found, tally)
        while tally.failovers < failovers:
            fault = chance.choices(FAULTS, [fault.weight for fault in FAULTS])[0]
            if fault.needs_mib:
                wait_for(found.mib_is_back, "KEEPALIVED-MIB is read", 30)
            try:
                fault.strike(found, chance)
                found.wait_normal()
            except LabError as error:
                tally.wrong.append(f"{fault.name}: {error}")
                yield Soaked(tally, struck, (settled, settled))
                return
            struck[fault.name] = struck.get(fault.name, 0) + 1
            wrong = [f"fault {sum(struck.values())}, {fault.name}: {wrong}" for wrong in watched.look(fault)]
            if wrong and not tally.wrong:
                tally.wrong.append(f"logs up to the first of these: {keep_logs(found)}")
            tally.wrong += wrong
            resident = found.resident("lb2")
            if tally.failovers <= failovers / 10 or not settled:
                settled = resident
            yield Soaked(tally, struck, (settled, resident))


def keep_logs(found: Pair) -> Path:
    """Write all logs to a file, and give its path."""
    file = result_file(datetime.now(UTC), "log")
    file.write_text("\n".join(found.lab.host(host).logs(10**6) for host in (*BALANCERS, "sink")))
    return file


class Watched:
    """What has come to the sink and stood in keepalived's logs up to the last fault."""

    def __init__(self, found: Pair, tally: Tally) -> None:
        self._pair = found
        self._tally = tally
        self._seen = dict.fromkeys(BALANCERS, 0)
        self._read = {host: len(found.lab.host(host).read(KEEPALIVED_LOG)) for host in BALANCERS}
        self._came = dict.fromkeys(BALANCERS, 0)

    def look(self, fault: Fault, *, judges: bool = True) -> Iterator[str]:
        """Give what is wrong with what came since; without ``judges``, only what is lost, repeated or out of order."""
        for host in BALANCERS:
            arrived = self._arrived(host)
            found, wrong = in_order(host, arrived, VIRTUAL, self._pair.last(host))
            yield from wrong
            self._tally.repeated += len(arrived) - len(found) - self._came[host]
            self._came[host] = len(arrived) - len(found)
            new, self._seen[host] = found[self._seen[host] :], len(found)
            self._tally.add(new)
            kept = self._kept(host, fault)
            self._tally.failovers += sum(role == "master" for sequence in kept.values() for role in sequence)
            if judges:
                yield from false_health(host, new, fault.allowed()[host])
                yield from false_roles(host, new, kept, all_of_it=not (fault.dead and host == "lb1"))

    def _arrived(self, host: str) -> list[Reported]:
        """Give all that came of a host, when the last of its log has come."""

        def all_came() -> list[Reported] | None:
            found = reported(self._pair.lab, host)
            return found if len({one.sequence for one in found}) >= self._pair.last(host) else None

        try:
            return wait_for(all_came, "all came", ARRIVAL)
        except LabError:
            return reported(self._pair.lab, host)

    def _kept(self, host: str, fault: Fault) -> dict[str, list[str]]:
        """Give the roles that keepalived had since."""
        log = self._pair.lab.host(host).read(KEEPALIVED_LOG)
        new, self._read[host] = log[self._read[host] :], len(log)
        sequences: dict[str, list[str]] = {site: [] for site in VIRTUAL}
        if fault.stopped and host == "lb1":
            sequences = {site: ["stopped"] for site in VIRTUAL}
        for instance, role in roles(new):
            sequences[instance].append(role)
        return {site: changes(sequence, START[host]) for site, sequence in sequences.items()}
