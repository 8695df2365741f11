"""What a GetNext costs in instructions and allocations, as Valgrind counts them: figures that noise does not move.

    python -m benchmarks.cost            print the figures, and fail when one is above its budget

Instructions change with each build of Python: they are given in units of a fixed piece of Python work (``unit``: a
look-up, a slice and a concatenation of octets, which is the least that answering can be), counted by the same
interpreter. Allocations do not: they are given as they are. Both change with Python's minor version, and so does what a
unit costs, so each version has a budget of its own: instructions 8 % above the figure of the day that it was set,
allocations one above it. That the gate of allocations notices two more slices in the path is tried each time.
"""

import gc
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inprocess import Walker, layout_of, reading_of, server_table, view_of
from benchmarks.simulated_servers import SimulatedServers

REQUESTS = 1000
ROWS = 100


@dataclass(frozen=True, slots=True)
class Count:
    """Something that Valgrind counts, with the words for it and the options for its tool; ``total`` finds the number.

    ``budgets`` are per GetNext of a walk, by Python's version; in units where it is ``relative``. Lower one when the
    path gets cheaper; to raise it is a decision to give reasons for.
    """

    what: str
    relative: bool
    budgets: Mapping[tuple[int, int], float]
    options: tuple[str, ...]
    total: re.Pattern[str]
    environment: tuple[tuple[str, str], ...] = ()

    def of(self, work: str, count: int) -> int:
        """Count what a run of ``work`` takes."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "count"
            command = ["valgrind", *(option.format(out=out) for option in self.options)]
            command += [sys.executable, "-m", "benchmarks.cost", work, str(count)]
            fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
            subprocess.run(command, check=True, env={**os.environ, **fixed, **dict(self.environment)})
            found = self.total.search(out.read_text())
        if not found:
            raise RuntimeError(f"valgrind has printed no number of {self.what}")
        return int(found[1].replace(",", ""))


COUNTS = (
    Count(
        "instructions",
        True,  # noqa: FBT003
        {(3, 11): 5.5, (3, 13): 5.2, (3, 14): 5.65},
        ("--tool=callgrind", "--callgrind-out-file={out}", "--log-file=/dev/null"),
        re.compile(r"^(?:summary|totals):\s*(\d+)", re.MULTILINE),
    ),
    Count(
        "allocations",
        False,  # noqa: FBT003
        {(3, 11): 24.0, (3, 13): 23.4, (3, 14): 21.0},
        ("--tool=memcheck", "--leak-check=no", "--undef-value-errors=no", "--log-file={out}"),
        re.compile(r"total heap usage: ([\d,]+) allocs"),
        (("PYTHONMALLOC", "malloc"),),  # Python's own allocator would hide most of them
    ),
)


def unit(count: int) -> None:
    """Do the piece of work that costs are told in."""
    table = {b"request %d" % number: b"answer %d" % number for number in range(64)}
    frames = [b"1234567890123456request %d" % number for number in range(64)]
    for number in range(count):
        frame = frames[number & 63]
        answer = table.get(frame[16:])
        if answer is not None and frame[:8] == b"12345678":
            _ = b"head" + frame[8:16] + answer


def walk(count: int) -> None:
    """Answer the requests of a walk of a table that is refreshed before each of them begins anew."""
    walker, frames = prepared()
    for number in range(count):
        walker.answer(frames[number])


def walk_with_slices(count: int) -> None:
    """Do the same with two more slices in each request: what a change of the path could add."""
    walker, frames = prepared()
    for number in range(count):
        frame = frames[number]
        _ = frame[1:]
        _ = frame[2:]
        walker.answer(frame)


def prepared() -> tuple[Walker, list[bytes]]:
    """Return a walker with a table just refreshed, and the requests of a walk of it."""
    reading = reading_of(SimulatedServers(ROWS))
    view = view_of(layout_of(reading), reading)
    walker = Walker(view)
    frames = walker.record([server_table()], REQUESTS)
    walker.responder.serve(view_of(layout_of(reading), reading))
    gc.freeze()  # as the daemon does; whether all that was imported is looked at meanwhile would be chance
    return walker, frames


def budget_of(count: Count, version: tuple[int, int]) -> float:
    """Return the budget of a version of Python; for one without, the highest of all."""
    return count.budgets.get(version, max(count.budgets.values()))


def figures(count: Count) -> tuple[float, float]:
    """Return what a GetNext costs, and what it costs with two more slices; in units where the count is relative."""
    runs = [("walk", REQUESTS), ("walk", 0)]
    runs += [("unit", 2 * REQUESTS), ("unit", REQUESTS)] if count.relative else [("walk_with_slices", REQUESTS)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        walked, begun, *others = pool.map(lambda run: count.of(*run), runs)
    cost = (walked - begun) / REQUESTS
    if not count.relative:
        return cost, (others[0] - begun) / REQUESTS
    units, half_of_them = others
    cost /= (units - half_of_them) / REQUESTS
    return cost, cost


def is_within(count: Count) -> bool:
    """Print a figure, and whether it is within its budget, and the gate would notice more."""
    cost, more = figures(count)
    version = sys.version_info[:2]
    budget = budget_of(count, version)
    unit_of = f"units of {count.what}" if count.relative else count.what
    whose = f"Python {version[0]}.{version[1]}" + ("" if version in count.budgets else ", which has none of its own,")
    print(f"a GetNext of a walk: {cost:.2f} {unit_of}; the budget of {whose} is {budget:.2f}")
    if cost > budget:
        print(
            f"this is {100 * (cost / budget - 1):.0f} % over the budget: something was added to the path of "
            "GetNext (agentx/transport, link, session, requests, prefetch, view; objects/tables, syntax; "
            "haproxy/stat). `make profile` shows where."
        )
    blind = not count.relative and version in count.budgets and more <= budget
    if blind:
        print(
            f"with two more slices it is {more:.2f}, within the budget: the budget is too high to notice them. Lower it"
        )
    return cost <= budget and not blind


def main() -> int:
    """Print the figures and compare them with the budgets."""
    if len(sys.argv) == 3:
        {"unit": unit, "walk": walk, "walk_with_slices": walk_with_slices}[sys.argv[1]](int(sys.argv[2]))
        return 0
    over = [count for count in COUNTS if not is_within(count)]
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
