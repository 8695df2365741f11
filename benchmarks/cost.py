"""What a GetNext costs in instructions and allocations, as Valgrind counts them: figures that noise does not move.

    python -m benchmarks.cost            print the figures, and fail when one is above its budget

A count of its own would change with each build of Python. So it is told in units of a fixed piece of Python work
(``unit``: a look-up, a slice and a concatenation of octets, which is the least that answering can be), counted by the
same interpreter. Budgets are 8 % above the figures of the day that they were set.
"""

import gc
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.farm import Farm
from benchmarks.inprocess import Walker, layout_of, reading_of, server_table, view_of

REQUESTS = 1000
ROWS = 100


@dataclass(frozen=True, slots=True)
class Count:
    """Something that Valgrind counts, with the words for it and the options for its tool; ``total`` finds the number.

    ``budget`` is in units per GetNext of a walk. Lower it when the path gets cheaper; to raise it is a decision to give
    reasons for.
    """

    what: str
    budget: float
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
        5.5,
        ("--tool=callgrind", "--callgrind-out-file={out}", "--log-file=/dev/null"),
        re.compile(r"^(?:summary|totals):\s*(\d+)", re.MULTILINE),
    ),
    Count(
        "allocations",
        3.9,
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
    reading = reading_of(Farm(ROWS))
    view = view_of(layout_of(reading), reading)
    walker = Walker(view)
    frames = walker.record([server_table()], REQUESTS)
    walker.responder.serve(view_of(layout_of(reading), reading))
    gc.freeze()  # as the daemon does; whether all that was imported is looked at meanwhile would be chance
    for number in range(count):
        walker.answer(frames[number])


def is_within(count: Count) -> bool:
    """Print a figure, and say whether it is within its budget."""
    runs = (("unit", 2 * REQUESTS), ("unit", REQUESTS), ("walk", REQUESTS), ("walk", 0))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        units, half_of_them, walked, begun = pool.map(lambda run: count.of(*run), runs)
    of_unit, of_walk = (units - half_of_them) / REQUESTS, (walked - begun) / REQUESTS
    cost = of_walk / of_unit
    print(f"a GetNext of a walk: {of_walk:.1f} {count.what}, {cost:.2f} units; the budget is {count.budget:.2f}")
    if cost > count.budget:
        print(
            f"this is {100 * (cost / count.budget - 1):.0f} % over the budget: something was added to the path of "
            "GetNext (agentx/transport, connection, session, anticipation, view; objects/tables, syntax; "
            "haproxy/stat). `make profile` shows where."
        )
    return cost <= count.budget


def main() -> int:
    """Print the figures and compare them with the budgets."""
    if len(sys.argv) == 3:
        {"unit": unit, "walk": walk}[sys.argv[1]](int(sys.argv[2]))
        return 0
    over = [count for count in COUNTS if not is_within(count)]
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
