"""What nodes that read each other say in a long series of failovers and reboots: `python -m benchmarks.redundancy`.

As root. Two load balancers with real keepalived, HAProxy and snmpd read each other over a management network. Nothing
that happens to them is a split brain or an outage for longer than a state has to hold, so that none may be said; then
VRRP is cut again and again, and both have to say so in time.
"""

import argparse
import math
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from random import Random
from statistics import median

from benchmarks.failovers.pair import UNLIMITED, Pair, pair
from benchmarks.failovers.soak import keep_logs
from benchmarks.redundancy import cost
from benchmarks.redundancy.acts import await_alarm, await_calm, fail_over, reboot
from benchmarks.redundancy.claims import ALARMS, Claim, false_alarms
from benchmarks.redundancy.watch import Watch, watched
from benchmarks.series_report import SeriesReport
from haproxy_agentx.health.instance import MASTER_DOWN
from haproxy_agentx.pair.model import PairState
from integration.ending import end_in_order
from integration.netlab import LabError
from integration.netlab.peers import INTERVAL, TIMEOUT, read_each_other

ADVERTISED = 0.1
"""Seconds between two advertisements in the lab's variant fast."""

HOLD = max(MASTER_DOWN * ADVERTISED, 2 * INTERVAL)
"""Seconds for which a state has to hold."""

LATE = HOLD + INTERVAL + TIMEOUT + 2.0
"""Seconds for which an alarm may stand when it is over: until what comes after has held; two more on a busy machine."""

BOUND = MASTER_DOWN * ADVERTISED + 2 * INTERVAL
"""Seconds in which both report a split brain: three advertisement intervals with the skew, and two polls."""

SHARE = 0.01
"""Of a processor, for a node with two peers and 50 services."""

MORE = 3.0
"""Megabytes that peers add at most."""

EVERY = 10
"""Acts after which what was said is compared."""


@dataclass(slots=True)
class Tally:
    """How it goes."""

    acts: Counter[str] = field(default_factory=Counter)
    alarms: list[Claim] = field(default_factory=list)
    """False ones."""
    said: Counter[str] = field(default_factory=Counter)
    asked: list[float] = field(default_factory=list)
    """Seconds from each split brain until both answered so to a GET."""
    told: list[float] = field(default_factory=list)
    """And until both had reported it."""
    broken: str = ""
    """Why it ended before all was done."""

    @property
    def is_good(self) -> bool:
        """Whether all was done without a false alarm."""
        return not self.alarms and not self.broken


def repeat(number: int, what: str, report: SeriesReport, act: Callable[[Pair, Watch, Tally], None]) -> Tally:
    """Do something so many times to a pair of its own, and print what was said."""
    tally = Tally()
    began = time.monotonic()
    with ExitStack() as stack:
        found = stack.enter_context(pair(what, UNLIMITED, lay=read_each_other))
        watch = stack.enter_context(watched(found))
        await_calm(found, watch)
        try:
            for done in range(1, number + 1):
                if time.monotonic() > began + report.longest:
                    break
                act(found, watch, tally)
                if done % EVERY == 0:
                    _compare(watch, tally)
                    _progress(report, what, done, number, began, tally)
            await_calm(found, watch)
        except LabError as error:
            tally.broken = str(error)
        _compare(watch, tally)
        tally.said.update(f"{claim.state.name}" for claim in watch.notified)
        report.line(what, f"{tally.acts.total()}, in {(time.monotonic() - began) / 60:.0f} minutes")
        for name, times in sorted(tally.acts.items()):
            report.line(f"    {name}", str(times))
        report.line("  reported by both nodes", ", ".join(f"{name} {n}" for name, n in tally.said.most_common()))
        for state in ALARMS:
            wrong = [claim for claim in tally.alarms if claim.state is state]
            report.line(f"  false {state.name}", str(len(wrong)), good=not wrong)
            for claim in wrong:
                report.line(f"    {claim.host}", f"{claim.how} {claim.service} {claim.at - began:.1f} s", good=False)
        report.line("  longest without an answer to a client", f"{watch.seen.longest(PairState.notServed):.1f} s")
        if tally.broken:
            report.line("  ended early", tally.broken, good=False)
        if not tally.is_good:
            report.line("  logs", str(keep_logs(found)))
    report.good = report.good and tally.is_good
    return tally


def _compare(watch: Watch, tally: Tally) -> None:
    with watch.looking:
        spans = watch.seen.until(time.monotonic())
    tally.alarms = list(false_alarms(watch.claims, spans, HOLD, LATE))


def _progress(report: SeriesReport, what: str, done: int, number: int, began: float, tally: Tally) -> None:
    text = f"{what}: {done} of {number}, {time.monotonic() - began:.0f} s, {len(tally.alarms)} false alarms"
    report.progress(text)
    if not report.console.is_terminal:
        print(text, file=sys.stderr, flush=True)


def report_failovers(report: SeriesReport, number: int, chance: Random) -> None:
    """Print what is said of ordinary failovers, of which each turn there and back has two."""

    def act(found: Pair, _: Watch, tally: Tally) -> None:
        tally.acts[fail_over(found, chance)] += 1

    repeat(-(-number // 2), "failovers there and back", report, act)


def report_reboots(report: SeriesReport, number: int, chance: Random) -> None:
    """Print what is said of reboots."""

    def act(found: Pair, watch: Watch, tally: Tally) -> None:
        tally.acts[reboot(found, watch, chance)] += 1

    repeat(number, "reboots of a node", report, act)


def report_split_brains(report: SeriesReport, number: int, _: Random) -> None:
    """Print how soon both nodes say that VRRP is cut."""

    def act(found: Pair, watch: Watch, tally: Tally) -> None:
        began = time.monotonic()
        found.lab.cut(apart=True)
        asked, told = await_alarm(watch, PairState.dualActive, began)
        tally.asked.append(asked - began)
        tally.told.append(told - began)
        tally.acts["VRRP is cut both ways"] += 1
        found.lab.cut(apart=False)
        await_calm(found, watch)

    tally = repeat(number, "split brains", report, act)
    for name, times in (("haxPair.0 of both", tally.asked), ("notification of both", tally.told)):
        if not times:
            continue
        figures = f"p50 {median(times):.2f} s, longest {max(times):.2f} s (at most {BOUND:.2f})"
        report.line(f"  {name} after the cut", figures, good=max(times) <= BOUND)


def report_cost(report: SeriesReport, seconds: int, _: Random) -> None:
    """Print what reading two peers costs a node. To miss a bound is no failure."""
    alone, three = cost.measure(seconds)
    report.line("cost for a node", f"{cost.SERVICES} services, 2 peers by SNMPv2c, over {seconds} s")
    share = f"{three.share:.2%} (under {SHARE:.0%}); alone {alone.share:.2%}"
    report.line("  of a processor", share, good=three.share < SHARE)
    more = three.resident - alone.resident
    resident = f"{three.resident:.1f} MB; alone {alone.resident:.1f} MB; {more:+.1f} MB (at most {MORE:+.0f})"
    report.line("  memory", resident, good=more <= MORE)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.redundancy", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--failovers", type=int, default=1000, help="of all services of a node; 0: none")
    parser.add_argument("--reboots", type=int, default=200, help="of a node; 0: none")
    parser.add_argument("--split-brains", type=int, default=50, help="0: none")
    parser.add_argument("--cost", type=int, default=60, help="seconds for which the cost is measured; 0: not at all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="that each of the three lasts at most")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="to do the same again")
    return parser.parse_args()


def main() -> int:
    """Return 0, 1 after a false alarm or when the lab failed, 130 after an interrupt. To miss a bound is no failure."""
    wanted = options()
    end_in_order()
    report = SeriesReport(60 * wanted.minutes)
    series = (
        (report_split_brains, wanted.split_brains),
        (report_failovers, wanted.failovers),
        (report_reboots, wanted.reboots),
        (report_cost, wanted.cost),
    )
    return report.play(((partial(play, report), number) for play, number in series), wanted.seed)


if __name__ == "__main__":
    sys.exit(main())
