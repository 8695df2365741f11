"""How soon and how rightly failovers are told, in the lab with real daemons: `python -m benchmarks.failovers`. As root.

Four figures: how soon a fault is seen; how soon after keepalived's trap ours comes to the sink; what is told of
failovers under random faults; and what is lost when the daemon is killed at random moments.
"""

import argparse
import secrets
import sys
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import median

from benchmarks.failovers import detection, kills, promptness, soak
from benchmarks.series_report import SeriesReport
from integration.ending import end_in_order

PROMPT = 100.0
"""Milliseconds from keepalived's trap to ours, of 99 in 100."""

UNEXPLAINED = 2.0
"""Percent of notifications of services with cause unknown."""

FLAT = 2.0
"""Megabytes of growth that are none: the 500 events that the daemon has at hand take more than one."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is done for each figure."""

    failovers: int
    faults: int
    kills: int
    detection: int = 3


AMOUNTS = {"quick": Amount(12, 0, 6, 1), "usual": Amount(100, 60, 40), "soak": Amount(100, 500, 200)}


def report_detection(report: SeriesReport, times: int, _: Random) -> None:
    """Print how soon each fault is seen: medians, in parentheses the longest of several."""
    report.line("detection, in ms from the fault", DETECTED.format("at most", "haxHealth is", "after", "notified"))
    for fault, seen in detection.measure(times):
        shown = [each.shown for each in seen if each.shown is not None]
        reported = [each.reported for each in seen if each.reported is not None]
        health = ", ".join(sorted({each.health for each in seen}))
        if fault.seconds:
            bound, good = f"{fault.seconds * 1000:g}", len(shown) == times and max(shown) <= fault.seconds * 1000
        else:
            bound, good = "no change", not shown
        report.line(f"  {fault.name}", DETECTED.format(bound, health, _spread(shown), _spread(reported)), good=good)


DETECTED = "{:>9}  {:<24}{:>16}{:>16}"


def _spread(times: list[float]) -> str:
    """Return the median of some milliseconds, and the longest where there are several; a dash for none."""
    if not times:
        return "-"
    longest = f" ({max(times):.0f})" if len(times) > 1 else ""
    return f"{median(times):.0f}{longest}"


def report_promptness(report: SeriesReport, failovers: int, chance: Random) -> None:
    """Print the first figure."""
    found = promptness.measure(failovers, chance)
    report.line(
        "our notification after keepalived's", f"{found.failovers} failovers, {len(found.delays)} pairs of traps"
    )
    report.line("  p50", f"{found.percentile(50):.1f} ms")
    report.line("  p99", f"{found.percentile(99):.1f} ms (at most {PROMPT:g})", good=found.percentile(99) <= PROMPT)
    report.line("  longest", f"{found.delays[-1]:.1f} ms")
    report.wrong(
        [*(f"without keepalived's: {one}" for one in found.alone), *(f"not ours: {one}" for one in found.unreported)]
    )


def report_soak(report: SeriesReport, failovers: int, chance: Random) -> None:
    """Print the second figure."""
    found = None
    for found in soak.soak(failovers, chance):
        report.progress(f"{found.tally.failovers} failovers, {sum(found.struck.values())} faults")
    if found is None:
        return
    tally, (first, last) = found.tally, found.resident
    report.line("random faults", f"{sum(found.struck.values())} faults, {tally.failovers} failovers of an instance")
    for name, number in sorted(found.struck.items()):
        report.line(f"    {name}", str(number))
    report.line("  notifications of services", f"{tally.reported}, {tally.repeated} of them repeated")
    report.line("  keepalived's own trap", ", ".join(f"{name} {number}" for name, number in tally.traps.items()))
    unexplained = f"{tally.unexplained:.1f} % (under {UNEXPLAINED:g})"
    report.line("  unexplained", unexplained, good=tally.unexplained < UNEXPLAINED)
    report.line("  causes", ", ".join(f"{name} {number}" for name, number in tally.causes.most_common()))
    report.line("  memory of the daemon", f"{first:.1f} MB, {last:.1f} MB at the end", good=last <= first + FLAT)
    report.wrong(tally.wrong)


def report_kills(report: SeriesReport, number: int, chance: Random) -> None:
    """Print the third figure."""
    found = None
    for found in kills.kill(number, chance):
        report.progress(f"{found.kills} kills, {found.events} events")
    if found is None:
        return
    tally = found.tally
    report.line("daemon killed -9", f"{found.kills} times, {tally.failovers} failovers of an instance")
    report.line("  events", f"{found.events}, {tally.repeated} of them repeated and marked so")
    report.line("  causes", ", ".join(f"{name} {number}" for name, number in tally.causes.most_common()))
    report.wrong(tally.wrong)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failovers", description=__doc__)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_const", dest="form", const="quick", help="some minutes")
    form.add_argument("--soak", action="store_const", dest="form", const="soak", help="most of an hour")
    parser.add_argument("--failovers", type=int, help="of an instance, for the first figure; 0: none")
    parser.add_argument("--faults", type=int, help="failovers of an instance under random faults; 0: none")
    parser.add_argument("--kills", type=int, help="of the daemon; 0: none")
    parser.add_argument("--detection", type=int, help="times that each fault strikes; 0: none")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="to do the same again")
    parser.set_defaults(form="usual")
    return parser.parse_args()


def main() -> int:
    """Give 0, 1 when something was wrong or the lab failed, 130 after an interrupt. To miss a bound is no failure."""
    wanted = options()
    end_in_order()
    amount = AMOUNTS[wanted.form]
    report = SeriesReport()
    series = (
        (report_detection, amount.detection if wanted.detection is None else wanted.detection),
        (report_promptness, amount.failovers if wanted.failovers is None else wanted.failovers),
        (report_soak, amount.faults if wanted.faults is None else wanted.faults),
        (report_kills, amount.kills if wanted.kills is None else wanted.kills),
    )
    return report.play(((partial(play, report), number) for play, number in series), wanted.seed)


if __name__ == "__main__":
    sys.exit(main())
