"""Run the tests and close with one line, ``N passed, N failed``.

usage: python -m tools.run_tests [PYTEST ARGUMENTS]

Without arguments all tests run but those of the lab of containers (`make lab`) and the attacks (`make attack`): first
those that share nothing, side by side, file by file; then the conformance tests once more on uvloop; then those of the
lab, on uvloop, one after another, as its daemons want the machine for themselves. Exit status 0 when some passed and
none failed.

Real daemons on a machine that somebody else keeps busy miss a deadline now and then. So when few tests of a run have
failed, these are run once more, one after another; those that pass then are told by name, and count as passed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from integration.ending import end_in_order

LAB = "tests/lab"
CONTAINERS = "tests/docker"
ATTACKS = "tests/attack"
IGNORED = tuple(f"--ignore={folder}" for folder in (LAB, CONTAINERS, ATTACKS))
SIDE_BY_SIDE = ("-n", str(min(4, os.cpu_count() or 2)), "--dist", "loadfile", *IGNORED, "tests")
ON_UVLOOP = (*SIDE_BY_SIDE[:4], "tests/conformance")
RUNS = {"side by side": SIDE_BY_SIDE, "of conformance on uvloop": ON_UVLOOP, "in the lab": (LAB,)}
LOOPS = {"of conformance on uvloop": "uvloop", "in the lab": "uvloop"}
"""Event loop of a run where it is not asyncio's own."""

FEW = 5
"""Tests that may fail in a run and be looked at again; more than that is no accident."""

Results = dict[tuple[str | None, str | None], str]
"""What became of each test, by its file and name."""


def run(arguments: tuple[str, ...], loop: str) -> tuple[Results, bool]:
    """Run pytest on an event loop, and again for few that failed; give the results, and whether pytest is content."""
    with tempfile.TemporaryDirectory() as folder:
        results, content = run_once(arguments, loop, folder)
        failed = [name for name, result in results.items() if result == "failed"]
        if 0 < len(failed) <= FEW:
            print(f"\n{len(failed)} failed; once more, one after another:", flush=True)
            again, content = run_once((*arguments, "-n0", "--last-failed"), loop, folder)
            results |= again
            for name in failed:
                print(f"at the second look {again.get(name, 'not run')}: {name[0]} {name[1]}", flush=True)
        return results, content


def run_once(arguments: tuple[str, ...], loop: str, folder: str) -> tuple[Results, bool]:
    """Run pytest; ``folder`` is where it remembers what failed."""
    environment = {**os.environ, "HAPROXY_AGENTX_LOOP": loop}
    report = Path(folder, "report.xml")
    report.unlink(missing_ok=True)
    options = (f"--junit-xml={report}", "-o", f"cache_dir={folder}/cache")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", *options, *arguments], check=False, env=environment)
    return read(report), done.returncode == 0


def read(report: Path) -> Results:
    """Read the results in a report; a test that fails twice, in its call and in its end, is one."""
    tests: Results = {}
    if not report.exists():
        return tests
    for case in ET.parse(report).iter("testcase"):
        name = (case.get("classname"), case.get("name"))
        bad = case.find("failure") is not None or case.find("error") is not None
        result = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
        if tests.get(name) != "failed":
            tests[name] = result
    return tests


def main() -> int:
    """Do the runs that the arguments ask for."""
    end_in_order()  # and pytest with us
    runs = {"": tuple(sys.argv[1:])} if sys.argv[1:] else RUNS
    total = Counter({"passed": 0, "failed": 0})
    content = True
    times = []
    for name, arguments in runs.items():
        began = time.monotonic()
        found, well = run(arguments, LOOPS.get(name, "asyncio"))
        total.update(found.values())
        content = content and well
        times.append(f"{time.monotonic() - began:.0f} s {name}".strip())
    print(f"\ntests took {' and '.join(times)}")
    print(", ".join(f"{number} {result}" for result, number in total.items()), flush=True)
    return 0 if content and total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
