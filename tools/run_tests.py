"""Run the tests and close with one line, ``N passed, N failed``.

usage: python -m tools.run_tests [--times N] [--busy N] [PYTEST ARGUMENTS]

Without pytest's arguments all tests run but those of the lab of containers (`make lab`), the attacks (`make attack`)
and the packs in real monitoring systems (`make packs`): first those that share nothing, side by side, file by file;
then the conformance tests once more on uvloop; then those of the lab, on uvloop, in two labs. A test runs once, and
what it says counts.

--times runs all of it so many times and ends with a table of the tests that failed, and how often; --busy keeps so many
processors busy meanwhile. Exit status 0 when some tests passed and none failed, 130 when it was interrupted: pytest
then ends what it has started, and the sum is that of the runs before.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from integration.ending import end_in_order

LAB = "tests/lab"
CONTAINERS = "tests/docker"
ATTACKS = "tests/attack"
PACKAGES = "tests/packages"
PACKS = "tests/packs/live"
IGNORED = tuple(f"--ignore={folder}" for folder in (LAB, CONTAINERS, ATTACKS, PACKAGES, PACKS))
SIDE_BY_SIDE = ("-n", str(min(4, os.cpu_count() or 2)), "--dist", "loadfile", *IGNORED, "tests")
ON_UVLOOP = (*SIDE_BY_SIDE[:4], "tests/conformance")
LAB_END = "tests/lab/test_lab_end.py"
"""It compares the whole machine before and after: no other lab may come or go meanwhile."""

IN_TWO_LABS = ("-n", "2", "--dist", "loadfile", f"--ignore={LAB_END}", LAB)
RUNS = {
    "side by side": SIDE_BY_SIDE,
    "of conformance on uvloop": ON_UVLOOP,
    "in two labs": IN_TWO_LABS,
    "of the end of a lab": (LAB_END,),
}
LOOPS = {"of conformance on uvloop": "uvloop", "in two labs": "uvloop", "of the end of a lab": "uvloop"}
"""Event loop of a run where it is not asyncio's own."""

SLOWEST = 12
"""Tests that are named as the slowest ones."""

GRACE = 60.0
"""Seconds that pytest has to end what it has started."""

INTERRUPTED = 130
"""Exit status after SIGINT, as a shell gives it."""

BUSY = ("setpriv", "--pdeathsig", "KILL", "sh", "-c", "while :; do :; done")
"""Ends with us, however we end."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a test: ``passed``, ``failed`` or ``skipped``, in how many seconds."""

    name: str
    outcome: str
    seconds: float


@dataclass(slots=True)
class Sum:
    """All results so far."""

    outcomes: Counter[str] = field(default_factory=lambda: Counter({"passed": 0, "failed": 0}))
    runs: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    """Seconds of each test, the worst where it ran more than once."""
    content: bool = True
    """Whether pytest has nothing else to complain of."""

    def add(self, results: list[Result], *, content: bool) -> None:
        """Count the results of one run of pytest."""
        self.content = self.content and content
        for one in results:
            self.outcomes[one.outcome] += 1
            self.runs[one.name] += 1
            self.failures[one.name] += one.outcome == "failed"
            self.slowest[one.name] = max(one.seconds, self.slowest.get(one.name, 0.0))

    @property
    def good(self) -> bool:
        """Whether some tests passed and nothing failed."""
        return self.content and self.outcomes["passed"] > 0 and not self.outcomes["failed"]


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep so many processors busy."""
    loops = [subprocess.Popen(BUSY) for _ in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(arguments: tuple[str, ...], loop: str) -> tuple[list[Result], bool]:
    """Run pytest on an event loop; return the results, and whether pytest is content."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        options = (f"--junit-xml={report}", "-o", f"cache_dir={folder}/cache")
        command = [sys.executable, "-m", "pytest", "-q", *options, *arguments]
        status = in_order(command, {**os.environ, "HAPROXY_AGENTX_LOOP": loop})
        return read(report), status == 0


def in_order(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end, and return its exit status.

    Whoever ends us ends it: it is interrupted as by a terminal, and has ``GRACE`` to end what it has started.
    """
    with subprocess.Popen(command, env=environment, process_group=0) as running:
        try:
            return running.wait()
        except BaseException:
            for number in (signal.SIGINT, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    running.wait(GRACE)
                    break
            raise


def read(report: Path) -> list[Result]:
    """Read a report; a test that fails twice, in its call and in its end, is one. Empty where there is no report."""
    tests: dict[str, Result] = {}
    if not report.exists():
        return []
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')} {case.get('name')}"
        bad = case.find("failure") is not None or case.find("error") is not None
        outcome = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
        if name not in tests or tests[name].outcome != "failed":
            tests[name] = Result(name, outcome, float(case.get("time") or 0))
    return list(tests.values())


def shown(total: Sum) -> Iterator[str]:
    """Yield the lines of the summary, without the last one."""
    yield "slowest tests:"
    for name, seconds in sorted(total.slowest.items(), key=lambda item: -item[1])[:SLOWEST]:
        yield f"{seconds:6.1f} s  {name}"
    if +total.failures:
        yield "\nfailed, of runs:"
    for name, count in (+total.failures).most_common():
        yield f"{count:4d} of {total.runs[name]:<4d} {name}"


def main() -> int:
    """Do the runs that the arguments ask for."""
    parser = argparse.ArgumentParser(prog="run_tests", allow_abbrev=False, add_help=False)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--busy", type=int, default=0)
    options, rest = parser.parse_known_args()
    end_in_order()  # and pytest with us
    chosen = {"": tuple(rest)} if rest else RUNS
    total, times = Sum(), Counter[str]()
    interrupted = False
    with suppress(KeyboardInterrupt), busy(options.busy):
        interrupted = True
        for number in range(1, options.times + 1):
            for name, arguments in chosen.items():
                if options.times > 1:
                    print(f"\n=== {name} {number} of {options.times}, {total.outcomes['failed']} failed", flush=True)
                began = time.monotonic()
                found, content = run(arguments, LOOPS.get(name) or os.environ.get("HAPROXY_AGENTX_LOOP", "asyncio"))
                total.add(found, content=content)
                times[name] += round(time.monotonic() - began)
        interrupted = False
    print("", *shown(total), sep="\n")
    print(f"\ntests took {' and '.join(f'{seconds} s {name}'.strip() for name, seconds in times.items())}")
    print(", ".join(f"{count} {outcome}" for outcome, count in total.outcomes.items()), flush=True)
    if interrupted:
        print("interrupted: not all tests ran", file=sys.stderr)
        return INTERRUPTED
    return 0 if total.good else 1


if __name__ == "__main__":
    sys.exit(main())
