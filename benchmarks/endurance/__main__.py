"""A long life of the pair, compressed: `python -m benchmarks.endurance --minutes 240`. As root.

usage: python -m benchmarks.endurance [--minutes N] [--seed N]

Exit status 0 where all stays flat and all that was reported is right, 1 where not or the lab failed, 130 after an
interrupt. After an interrupt the figures up to it are printed.
"""

import argparse
import os
import secrets
import sys
import time
from random import Random

from benchmarks.endurance.flat import ENOUGH, figures
from benchmarks.endurance.life import SERVERS, Lived, live
from integration.ending import end_in_order
from integration.netlab import LabError

EACH = 60.0
"""Seconds between two lines that tell how it goes."""

MOST = 20
"""Lines that are printed of what is wrong."""


def table(lived: Lived) -> tuple[list[str], bool]:
    """Return the lines that are printed, and whether all is well."""
    tally = lived.tally
    lines = [
        f"time                              {lived.seconds / 60:.0f} min, {SERVERS} servers",
        f"struck                            {sum(lived.struck.values())}",
        *(f"    {name:<42}{number}" for name, number in sorted(lived.struck.items())),
        f"failovers of an instance          {tally.failovers}",
        f"notifications of services         {tally.reported}, {tally.repeated} repeated",
        f"varbinds walked                   {lived.walked}",
    ]
    good = not tally.wrong
    for host, samples in lived.samples.items():
        if len(samples) < ENOUGH:
            lines.append(f"{host}: too few samples to judge")
            good = False
            continue
        lines.append(f"{host}: {samples[-1].names} names, {samples[-1].events} events so far")
        for one in figures(samples):
            good = good and one.is_flat
            verdict = "flat" if one.is_flat else f"GROWN, at most {one.allowed:.1f} more"
            lines.append(f"    {one.name:<34}{one.early:9.1f} -> {one.late:9.1f}  {verdict}")
    lines.append(f"wrong                             {len(tally.wrong)}")
    lines += [f"    {text}" for text in tally.wrong[:MOST]]
    return lines, good


def main() -> int:
    """Let it live as the arguments say, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance")
    parser.add_argument("--minutes", type=float, default=240.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="to do the same again")
    given = parser.parse_args()
    end_in_order()
    print(f"seed {given.seed}, load {' '.join(f'{load:.2f}' for load in os.getloadavg())}", flush=True)
    lived, told, ended = Lived(), time.monotonic(), 0
    try:
        for _ in live(given.minutes * 60, Random(given.seed), lived):  # noqa: S311  no secret
            if time.monotonic() >= told + EACH:
                told = time.monotonic()
                print(f"{lived.seconds:6.0f} s  {'; '.join(_brief(lived))}", flush=True)
    except LabError as error:
        print(error)
        ended = 1
    except KeyboardInterrupt:
        print("interrupted")
        ended = 130
    lines, good = table(lived)
    print("\n".join(lines))
    return ended or (0 if good else 1)


def _brief(lived: Lived) -> list[str]:
    return [
        f"{host} {one.daemon:.1f}+{one.store:.1f} MB, {one.descriptors} descriptors, {one.octets // 1000} KB, "
        f"{one.names} names, {one.events} events"
        for host, samples in lived.samples.items()
        for one in samples[-1:]
    ]


if __name__ == "__main__":
    sys.exit(main())
