"""Haunt the pair for a time, and see what becomes of it."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.failovers.judge import false_roles, in_order
from benchmarks.failovers.pair import KEEPALIVED_LOG, START, Pair, changes, roles
from benchmarks.failovers.soak import keep_logs
from benchmarks.haunt.attacks import DISKS, SOCKETS, STOPS, Failovers, Haunting, all_the_time
from benchmarks.haunt.stage import Haunted
from benchmarks.haunt.verdict import Seen, false_events, false_states
from benchmarks.haunt.watchers import managers, memory
from integration.netlab import LabError, wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL
from tests.support.reported import Reported, events, reported
from tests.zoo.stage import KINDS, Referee, as_event

LONGER = 90.0
"""Seconds for which a short run goes on until there is something to judge: what is random may leave no time between."""

ENOUGH = 5
"""Attacks, of those of a moment, that a run has at least."""

ARRIVAL = 30.0
"""Seconds in which the last events are at the sink."""


def haunt(seconds: float, seed: int) -> Seen:
    """Start the pair, haunt it for so long, end it, and return what was seen. LabError where it does not come up."""
    seen = Seen(load=(os.getloadavg()[0], 0.0))
    stage = Haunted.up(f"haunt-{os.getpid()}")
    try:
        pair = Pair(stage)
        pair.wait_normal()
        referee = Referee(stage)
        try:
            before = {host: len(stage.host(host).read(KEEPALIVED_LOG)) for host in BALANCERS}
            _attack(stage, pair, referee, seen, seconds, seed)
            _settle(pair, seen)
            seen.refused = min(_refused(pair, host) for host in BALANCERS)
        finally:
            referee.close()
        samples = referee.samples
        sums = [0, 0]
        seen.false_states += false_states(samples, sums)
        seen.judged, seen.looked = sums
        ours = [as_event(trap) for trap in stage.traps() if trap.oid in KINDS]
        seen.wrong_events += false_events(ours, samples)
        for host in BALANCERS:
            _compare(pair, host, before[host], seen)
        seen.load = (seen.load[0], os.getloadavg()[0])
        if seen.misses():
            seen.logs = str(keep_logs(pair))
    finally:
        stage.down()
    return seen


def _attack(stage: Haunted, pair: Pair, referee: Referee, seen: Seen, seconds: float, seed: int) -> None:
    over = threading.Event()
    pace = min(1.0, max(0.25, seconds / 200))
    haunting = [
        Haunting(stage, table, (least * pace, most * pace), over, seed + number)
        for number, (table, least, most) in enumerate(((SOCKETS, 4, 10), (DISKS, 3, 8), (STOPS, 10, 22)))
    ]
    failovers = Failovers(stage, lambda host: pair.wait_held(host, seconds=20), over, seed)

    def enough() -> bool:
        """Whether the attacks struck, a failover was made, and a state was compared with what clients got."""
        judged = [0, 0]
        list(false_states(list(referee.samples), judged))
        return failovers.done > 0 and judged[0] > 0 and sum(len(each.struck) for each in haunting) >= ENOUGH

    threads: tuple[threading.Thread, ...] = (*haunting, failovers)
    with TemporaryDirectory() as folder, memory(stage, seen), managers(stage, Path(folder), seen):
        began = time.monotonic()
        with all_the_time(stage, Random(seed)):  # noqa: S311  no secret
            for thread in threads:
                thread.start()
            over.wait(seconds)
            with suppress(LabError):  # what there was not enough of is in the table, and a bound is missed
                wait_for(enough, "enough was seen to judge", LONGER)
            over.set()
            for thread in threads:
                thread.join()
        seen.seconds = time.monotonic() - began
    seen.failovers = failovers.done
    for each in haunting:
        seen.struck.update(each.struck)
        seen.problems += each.problems
    seen.problems += failovers.problems


def _settle(pair: Pair, seen: Seen) -> None:
    try:
        pair.wait_normal()
    except LabError as error:
        seen.wrong_events.append(f"at the end, not as it should be: {error!s:.2000}")


def _refused(pair: Pair, host: str) -> int:
    found = (one for one in pair.status(host)["sources"] if one["kind"] == "keepalivedTraps")
    return sum(int(one["failures"]) for one in found)


def _compare(pair: Pair, host: str, before: int, seen: Seen) -> None:
    """Compare what is at the sink with the log of the daemon, and the roles with those of keepalived's log."""
    stage, last = pair.lab, pair.last(host)

    def came() -> list[Reported] | None:
        found = reported(stage, host)
        return found if len({one.sequence for one in found}) >= last else None

    try:
        arrived = wait_for(came, "all came", ARRIVAL)
    except LabError:
        arrived = reported(stage, host)
    found, wrong = in_order(host, arrived, VIRTUAL, last)
    seen.events += len(found)
    seen.repeated += len(arrived) - len(found) if found else 0
    seen.wrong_events += wrong
    at_sink = {one.sequence: one for one in found}
    for row in events(stage, host):
        one = at_sink.get(int(row["Sequence"]))
        differ = [name for name, cell in one.cells.items() if row.get(name) != cell] if one else []
        if set(differ) - {"MaybeRepeated"}:
            seen.wrong_events.append(f"{host}: event {row['Sequence']} is another one in the log: {', '.join(differ)}")
    log = stage.host(host).read(KEEPALIVED_LOG)[before:]
    kept = {site: changes([role for name, role in roles(log) if name == site], START[host]) for site in VIRTUAL}
    seen.wrong_events += false_roles(host, found, kept, all_of_it=True)
