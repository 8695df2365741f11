#!/usr/bin/env python3
"""Run the tests and close with one line, ``N passed, N failed``.

usage: run_tests.py [PYTEST ARGUMENTS]

Without arguments it is all tests but those of the lab of containers (`make lab`): those that share nothing side by
side, file by file; the conformance tests once more on uvloop; and those of the lab, on uvloop, one after another, as
its daemons want the machine for themselves. Exit status 0 when some passed and none failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

LAB = "tests/lab"
CONTAINERS = "tests/docker"
IGNORED = (f"--ignore={LAB}", f"--ignore={CONTAINERS}")
SIDE_BY_SIDE = ("-n", str(min(4, os.cpu_count() or 2)), "--dist", "loadfile", *IGNORED, "tests")
ON_UVLOOP = (*SIDE_BY_SIDE[:4], "tests/conformance")
RUNS = {"side by side": SIDE_BY_SIDE, "of conformance on uvloop": ON_UVLOOP, "in the lab": (LAB,)}
LOOPS = {"of conformance on uvloop": "uvloop", "in the lab": "uvloop"}
"""Event loop of a run where it is not asyncio's own."""


def run(arguments: tuple[str, ...], loop: str) -> tuple[Counter[str], bool]:
    """Run pytest once on an event loop; give what became of the tests, and whether pytest is content."""
    environment = {**os.environ, "HAPROXY_AGENTX_LOOP": loop}
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report.name}", *arguments]
        done = subprocess.run(command, check=False, env=environment)
        return counts(Path(report.name)), done.returncode == 0


def counts(report: Path) -> Counter[str]:
    """Count the results in a report; a test that fails twice, in its call and in its end, is one."""
    found = Counter({"passed": 0, "failed": 0})
    if not report.stat().st_size:
        return found
    tests: dict[tuple[str | None, str | None], str] = {}
    for case in ET.parse(report).iter("testcase"):
        name = (case.get("classname"), case.get("name"))
        bad = case.find("failure") is not None or case.find("error") is not None
        result = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
        if tests.get(name) != "failed":
            tests[name] = result
    found.update(tests.values())
    return found


def main() -> int:
    """Do the runs that the arguments ask for."""
    runs = {"": tuple(sys.argv[1:])} if sys.argv[1:] else RUNS
    total: Counter[str] = Counter()
    content = True
    times = []
    for name, arguments in runs.items():
        began = time.monotonic()
        found, well = run(arguments, LOOPS.get(name, "asyncio"))
        total.update(found)
        content = content and well
        times.append(f"{time.monotonic() - began:.0f} s {name}".strip())
    print(f"\ntests took {' and '.join(times)}")
    print(", ".join(f"{number} {result}" for result, number in total.items()), flush=True)
    return 0 if content and total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
