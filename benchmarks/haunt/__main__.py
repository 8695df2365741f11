"""Haunt the pair with all attacks at once: `python -m benchmarks.haunt --minutes 10`. As root.

usage: python -m benchmarks.haunt [--minutes N] [--seed N]

Exit status 0 where every bound holds, 1 where one is missed or the lab failed, 130 after an interrupt.
"""

import argparse
import math
import secrets
import sys

from benchmarks.haunt.play import haunt
from benchmarks.haunt.verdict import GET_P99, MEMORY, WINDOW, Get, Seen, percentile
from integration.ending import end_in_order
from integration.netlab import LabError

MOST = 12
"""Lines that are printed of each kind of what is wrong."""


def table(seen: Seen) -> list[str]:
    """Return the lines that are printed."""
    rows = [
        ("load of the machine", f"{seen.load[0]:.1f} before, {seen.load[1]:.1f} at the end"),
        ("time", f"{seen.seconds:.0f} s, {seen.failovers} failovers of both instances"),
        ("attacks all the time", "forged traps, flapping, 900 varbinds, garbage, SNMPv3 garbage, control socket held"),
        *((f"  {name}", str(number)) for name, number in sorted(seen.struck.items())),
        ("  wall clock", "left alone: it is the machine's"),
        ("  datagrams refused", f"{seen.refused} on the host with the fewest"),
        (
            "false states",
            f"{len(seen.false_states)} of {seen.judged} judged, of {seen.looked} seen ({WINDOW:g} s after a change)",
        ),
        ("events", f"{seen.events} in the logs; {seen.repeated} sent again, marked"),
        ("  lost, out of order, false", str(len(seen.wrong_events))),
        ("GET haxHealth.0", f"{_figures(seen.gets)} (p99 under {GET_P99:g})"),
        ("  beside: GET sysUpTime.0", _figures(seen.others)),
        ("  while stopped by us", f"{seen.paused} not counted; answered again within {seen.slowest_return:.1f} s"),
        ("walks", f"{seen.walks}, {seen.varbinds} varbinds, {len(seen.bad_walks)} failed"),
        (
            "memory, MB at most",
            f"{', '.join(f'{name} {value:.1f}' for name, value in seen.memory.items())} (together under {MEMORY:g})",
        ),
        ("processor of a daemon", f"{seen.ran:.0%}; for {seen.waited:.0%} of the time it waited for one"),
        ("restarts", str(len(seen.restarts))),
    ]
    lines = [f"{name:<32}{value}" for name, value in rows]
    for found in (seen.false_states, seen.wrong_events, seen.bad_walks, seen.restarts, seen.problems):
        lines += [f"    {text}" for text in found[:MOST]]
    lines += [f"logs: {seen.logs}"] if seen.logs else []
    return [*lines, f"missed: {', '.join(seen.misses())}" if seen.misses() else "every bound holds"]


def _figures(gets: list[Get]) -> str:
    took = [get.took for get in gets]
    p50, p99, most = (percentile(took, number) for number in (50, 99, 100))
    none = sum(math.isinf(one) for one in took)
    return f"{len(took)}, {none} unanswered: p50 {p50:.1f}, p99 {p99:.1f}, longest {most:.1f} ms"


def main() -> int:
    """Haunt it as the arguments say, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.haunt")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="to do the same again")
    given = parser.parse_args()
    end_in_order()
    print(f"seed {given.seed}", flush=True)
    try:
        seen = haunt(given.minutes * 60, given.seed)
    except LabError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    print("\n".join(table(seen)))
    return 1 if seen.misses() else 0


if __name__ == "__main__":
    sys.exit(main())
