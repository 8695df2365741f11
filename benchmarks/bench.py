"""Measure the daemon as users run it, beside other AgentX agents: `make bench`, `make bench-full`. See README.md.

All that is compared is measured round robin, A B C A B C, so that what else the machine does falls on all of them; the
ratios are medians of the ratios of each round.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from operator import sub, truediv
from pathlib import Path

from rich.console import Console

from benchmarks import measures
from benchmarks.agents import LIBNETSNMP, PYAGENTX3, RAW, BenchError, Kind, agents, fake_haproxy, going_on, our_kinds
from benchmarks.report import Line, Rounds, Target, compared, machine, middle, save, show
from integration.ending import end_in_order

QUICK_SIZES = (1_000,)
FULL_SIZES = (1_000, 10_000, 50_000)
QUADRATIC_ROWS = 100
"""Rows with which pyagentx3 still ends."""

CHURN = ("--churn", "10", "--torn", "5")
CPU = {1_000: 0.5, 10_000: 2, 50_000: 9}
MEMORY = {1_000: 35, 10_000: 50, 50_000: 110}
SILENCE_ROWS = 10_000

AtSize = dict[Kind, list[dict[str, float]]]


class Bench:
    """One run: what is to be measured, and what was found."""

    def __init__(self, options: argparse.Namespace, folder: Path, console: Console) -> None:
        self.options = options
        self.ours = our_kinds()
        self.lines: list[Line] = []
        self.found: dict[str, Mapping[str, Rounds]] = {}
        self._folder = folder
        self._console = console
        self._count = 0

    def run(self) -> None:
        """Measure everything that was asked for."""
        for rows in self.options.sizes:
            kinds = (RAW, *self.ours) if self.options.quick else (RAW, LIBNETSNMP, *self.ours)
            self._size(rows, kinds)
            self._start(rows)
        if not self.options.quick:
            self._quadratic()
            self._silence("longest silence", SILENCE_ROWS, ())
            self._silence("longest silence, churn", SILENCE_ROWS, CHURN)

    def _say(self, text: str) -> None:
        self._console.print(f"{time.strftime('%H:%M:%S')}  {text}", style="dim")

    def _fresh(self) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return folder

    def _size(self, rows: int, kinds: tuple[Kind, ...]) -> None:
        """Measure walks, GETs, and what it costs when nobody asks."""
        folder, found = self._fresh(), defaultdict[Kind, list[dict[str, float]]](list)
        idle: AtSize = {}
        with fake_haproxy(folder, rows, self.options.other_core), agents(kinds, folder, rows) as running:
            columns = {}
            for kind, agent in running.items():
                with going_on(agent):
                    columns[kind] = measures.columns_there(agent)
            for number in range(self.options.rounds):
                self._say(f"{rows:,} servers, round {number + 1}: {', '.join(kind.name for kind in kinds)}")
                for kind, agent in running.items():
                    with going_on(agent):
                        walk = measures.walk(agent, columns[kind])
                        found[kind].append(walk | measures.thirty(agent) | measures.single(agent))
            for kind in self.ours:
                self._say(f"{rows:,} servers, nobody asks {kind.name}")
                with going_on(running[kind]) as agent:
                    idle[kind] = [measures.idle(agent, self.options.seconds)]
        self._compare(rows, found)
        self._alone(f"idle {rows}", rows, idle, "processor, nobody asks", "cpu", _limit(CPU, rows, " %"))
        self._alone(f"idle {rows}", rows, idle, "memory", "rss", _limit(MEMORY, rows, " MB"))

    def _compare(self, rows: int, found: AtSize) -> None:
        ours = {kind.name: found[kind] for kind in self.ours}
        self._keep(f"size {rows}", found)
        walk = Target(0.85 if rows <= 10_000 else 0.80, at_least=True)
        for peer, figure, name, target in (
            (RAW, "walk", "bulk walk", walk),
            (LIBNETSNMP, "walk", "bulk walk", Target(1.2, at_least=True)),
            (RAW, "thirty", "30 columns", Target(0.80, at_least=True)),
        ):
            if peer in found:
                reported = {who: f"{middle(rounds, figure):,.0f}/s" for who, rounds in ours.items()}
                values = compared(ours, found[peer], figure, truediv)
                said = f"{peer.name} {middle(found[peer], figure):,.0f}/s"
                self.lines.append(Line(name, rows, target, said, values, reported))
        for figure, name, target, by in (
            ("get_p50", "single GET, median: more by", Target(30, at_least=False, unit=" us"), sub),
            ("get_p99", "single GET, 99th percentile", Target(2, at_least=False), truediv),
        ):
            reported = {who: f"{middle(rounds, figure):.0f} us" for who, rounds in ours.items()}
            said = f"{RAW.name} {middle(found[RAW], figure):.0f} us"
            self.lines.append(Line(name, rows, target, said, compared(ours, found[RAW], figure, by), reported))

    def _start(self, rows: int) -> None:
        """From the start to the first answer."""
        found: AtSize = {kind: [] for kind in self.ours}
        for number in range(self.options.rounds):
            self._say(f"{rows:,} servers, start {number + 1}")
            for kind in self.ours:
                folder = self._fresh()
                with fake_haproxy(folder, rows, self.options.other_core):
                    (folder / "agent").mkdir()
                    found[kind].append(measures.start(kind, folder / "agent", rows))
        target = Target(0.5, at_least=False, unit=" s")
        self._alone(f"start {rows}", rows, found, "start to registered", "registered", target)
        self._alone(f"start {rows}", rows, found, "start to all rows", "rows", " s")

    def _quadratic(self) -> None:
        """Beside pyagentx3, with as many rows as it can bear."""
        rows, folder = QUADRATIC_ROWS, self._fresh()
        found = defaultdict[Kind, list[dict[str, float]]](list)
        kinds = (PYAGENTX3, *self.ours)
        with fake_haproxy(folder, rows, self.options.other_core), agents(kinds, folder, rows) as running:
            for number in range(self.options.rounds):
                self._say(f"{rows:,} servers, round {number + 1}: {', '.join(kind.name for kind in kinds)}")
                for kind, agent in running.items():
                    with going_on(agent):
                        found[kind].append(measures.walk(agent, kind.table.columns))
        self._keep(f"size {rows}", found)
        ours = {kind.name: found[kind] for kind in self.ours}
        reported = {who: f"{middle(rounds, 'walk'):,.0f}/s" for who, rounds in ours.items()}
        values = compared(ours, found[PYAGENTX3], "walk", truediv)
        said = f"{PYAGENTX3.name} {middle(found[PYAGENTX3], 'walk'):,.0f}/s"
        self.lines.append(Line("bulk walk", rows, Target(6, at_least=True), said, values, reported))

    def _silence(self, name: str, rows: int, options: tuple[str, ...]) -> None:
        """Measure the longest without an answer while it refreshes: by the clock, and in its own processor time."""
        found: AtSize = {kind: [] for kind in (RAW, *self.ours)}
        for number in range(self.options.rounds):
            for kind in found:
                self._say(f"{rows:,} servers, {name}, round {number + 1}: {kind.name}")
                folder = self._fresh()
                with fake_haproxy(folder, rows, self.options.other_core, *options):
                    figures = measures.silence(kind, folder / "agent", rows, self.options.seconds)
                found[kind].append({key: value for key, value in figures.items() if isinstance(value, float)})
        self._keep(f"{name} {rows}", found)
        for figure, of in (("max_us", name), ("work_us", f"{name}, own work")):
            values = {kind.name: middle(found[kind], figure) / 1000 for kind in self.ours}
            said = f"{RAW.name} {middle(found[RAW], figure) / 1000:.2f} ms"
            self.lines.append(Line(of, rows, Target(2, at_least=False, unit=" ms"), said, values))

    def _alone(self, where: str, rows: int, found: AtSize, name: str, figure: str, bound: Target | str) -> None:
        self._keep(where, found)
        target, unit = (bound, "") if isinstance(bound, Target) else (None, bound)
        values = {kind.name: middle(rounds, figure) for kind, rounds in found.items()}
        self.lines.append(Line(name, rows, target, values=values, unit=unit))

    def _keep(self, where: str, found: AtSize) -> None:
        self.found[where] = {kind.name: rounds for kind, rounds in found.items()}


def _limit(bounds: Mapping[int, float], rows: int, unit: str) -> Target | str:
    return Target(bounds[rows], at_least=False, unit=unit) if rows in bounds else unit


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all measures, all peers, up to 50,000 servers")
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), help="servers: 1000,10000")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison (3, full: 5)")
    parser.add_argument("--seconds", type=float, help="of looking on while nobody asks, and of silence (3, full: 10)")
    parser.add_argument("--core", type=int, default=1, help="of client, snmpd and agents")
    parser.add_argument("--other-core", type=int, default=0, help="of the simulated HAProxy")
    options = parser.parse_args()
    options.quick = not options.full
    options.sizes = options.sizes or (FULL_SIZES if options.full else QUICK_SIZES)
    options.rounds = options.rounds or (5 if options.full else 3)
    options.seconds = options.seconds or (10.0 if options.full else 3.0)
    return options


def main() -> int:
    """Give 0, 1 when something did not work, 130 after an interrupt. To miss a target is no failure."""
    options = _options()
    end_in_order()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    about = machine()
    cores = os.sched_getaffinity(0)
    if {options.core, options.other_core} <= cores:
        os.sched_setaffinity(0, {options.core})
    else:
        console.print(f"only the cores {cores} are there: the simulated HAProxy is in the way", style="red")
        options.other_core = min(cores)
    try:
        with tempfile.TemporaryDirectory(prefix="haxbench") as folder:
            bench = Bench(options, Path(folder), console)
            bench.run()
    except BenchError as error:
        console.print(str(error), style="red")
        return 1
    except KeyboardInterrupt:
        console.print("interrupted", style="red")
        return 130
    show(bench.lines, [kind.name for kind in bench.ours], about, console)
    console.print(f"\nin full: {save(bench.lines, bench.found, about).relative_to(Path.cwd())}", style="dim")
    return 0


if __name__ == "__main__":
    sys.exit(main())
