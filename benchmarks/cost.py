"""What a GetNext costs in instructions, as Callgrind counts them: a figure that noise does not move.

    python -m benchmarks.cost            print the figure, and fail when it is above the budget

A count of its own would change with each build of Python. So it is told in units of a fixed piece of Python work
(``unit``: a look-up, a slice and a concatenation of octets, which is the least that answering can be), counted by the
same interpreter. The budget is 8 % above the figure of the day that it was set.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.farm import Farm
from benchmarks.inprocess import Walker, layout_of, reading_of, server_table, view_of

BUDGET = 6.8
"""Units per GetNext of a walk. Lower it when the path gets cheaper; to raise it is a decision to give reasons for."""

REQUESTS = 1000
ROWS = 100
_TOTAL = re.compile(r"^(?:summary|totals):\s*(\d+)", re.MULTILINE)


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
    for number in range(count):
        walker.answer(frames[number])


def instructions(work: str, count: int) -> int:
    """Count the instructions of a run of ``work``."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--log-file=/dev/null"]
        command += [sys.executable, "-m", "benchmarks.cost", work, str(count)]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(command, check=True, env=environment)
        found = _TOTAL.search(out.read_text())
    if not found:
        raise RuntimeError("callgrind has printed no total")
    return int(found[1])


def main() -> int:
    """Print the figure and compare it with the budget."""
    if len(sys.argv) == 3:
        {"unit": unit, "walk": walk}[sys.argv[1]](int(sys.argv[2]))
        return 0
    of_unit = (instructions("unit", 2 * REQUESTS) - instructions("unit", REQUESTS)) / REQUESTS
    of_walk = (instructions("walk", REQUESTS) - instructions("walk", 0)) / REQUESTS
    cost = of_walk / of_unit
    print(f"a GetNext of a walk: {of_walk:.0f} instructions, {cost:.2f} units; the budget is {BUDGET:.2f}")
    if cost > BUDGET:
        print(
            f"this is {100 * (cost / BUDGET - 1):.0f} % over the budget: something was added to the path of GetNext "
            "(agentx/connection, session, anticipation, view; objects/tables, syntax). `make profile` shows where."
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
