"""Run the project on every supported release of Debian: make matrix.

    python -m integration.matrix [--machines 'bookworm trixie'] [--parts 'demo test']   run, then print the table
    python -m integration.matrix --table                                                print the table of the last runs
    python -m integration.matrix --clean                                                remove all that was made

The variables TESTS and ZOO of the environment select tests of the part `test` and entries of the part `zoo`.
Exit status 0 when every part passed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from integration.ending import end_in_order, say
from integration.matrix import roots
from integration.matrix.machine import TREE, Box
from integration.matrix.plan import MACHINES, PARTS, PREPARE, SELECTORS, Machine, Part, UnknownNameError, chosen
from integration.matrix.results import Outcome, Result, table
from integration.netlab.plan import PROJECT
from integration.netlab.waiting import LabError


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m integration.matrix", description=__doc__.splitlines()[0])
    parser.add_argument("--machines", default="", help=f"of {' '.join(MACHINES)}; all without")
    parser.add_argument("--parts", default="", help=f"of {' '.join(PARTS)}; all without")
    parser.add_argument("--table", action="store_true", help="print the table of the last runs")
    parser.add_argument("--clean", action="store_true", help="remove the root file systems and the results")
    return parser.parse_args()


def result_file(suite: str) -> Path:
    """Return where a machine's last result is kept."""
    return roots.CACHE / f"{suite}.json"


def last_results() -> list[Result]:
    """Return the last result of each machine that has one."""
    found = []
    for suite in MACHINES:
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            found.append(Result.of(json.loads(result_file(suite).read_text())))
    return found


def is_selection() -> bool:
    """Whether only some of the tests or entries of a part are wanted."""
    return any(map(os.environ.get, SELECTORS))


def keep(result: Result) -> None:
    """Write a machine's result, together with its parts that were run earlier; not that of a selection."""
    if is_selection():
        return
    earlier = next((old for old in last_results() if old.suite == result.suite), result)
    file = result_file(result.suite)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(earlier.updated(result).plain(), indent=1))
    draft.replace(file)


def run_part(machine: Machine, part: Part, box: Box) -> Outcome:
    """Run a part; its output goes to its log."""
    began = time.monotonic()
    log = roots.log_of(machine, part.name)
    with log.open("wb") as output:
        if part.outside:
            status = run_outside(tuple(word.format(suite=machine.suite) for word in part.command), output, part.seconds)
        else:
            status = box.run(part.command, output, part.seconds, online=part.online, folder=TREE)
    outcome = Outcome.read(status, time.monotonic() - began, log.read_text(errors="replace"))
    say(f"{machine.suite}: {part.name}: {outcome}" + ("" if outcome.well else f"; see {log}"))
    return outcome


def run_outside(command: tuple[str, ...], output: object, seconds: float) -> int | None:
    """Run a Python program of the project on this machine; it gets SIGTERM, and time to clean up, when that is over."""
    program = subprocess.Popen(
        (sys.executable, *command),
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=output,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return int(program.wait(seconds))
    except subprocess.TimeoutExpired:
        return None
    finally:
        if program.poll() is None:
            program.terminate()
            program.wait()


def run_machine(machine: Machine, parts: list[Part]) -> Result:
    """Run the parts in a machine that is as new. LabError when it cannot be made ready."""
    with roots.locked(machine):
        roots.ensure(machine, say)
        with roots.layered(machine) as box:
            outcomes = {}
            if any(not part.outside for part in parts):
                ready = run_part(machine, PREPARE, box)
                if not ready.well:
                    raise LabError(f"{machine.suite}: not ready: see {roots.log_of(machine, PREPARE.name)}")
            for part in parts:
                outcomes[part.name] = run_part(machine, part, box)
                keep(Result(machine.suite, roots.versions(machine), outcomes))
    return Result(machine.suite, roots.versions(machine), outcomes)


def run(options: argparse.Namespace) -> int:
    """Do what was asked and return the exit status. LabError, UnknownNameError."""
    if options.clean:
        roots.clean()
        return 0
    if options.table:
        say(table(last_results()))
        return 0
    machines = [MACHINES[name] for name in chosen("machine", options.machines.split(), MACHINES)]
    parts = [PARTS[name] for name in chosen("part", options.parts.split(), PARTS)]
    if os.geteuid() != 0:
        raise LabError("root is needed: sudo make matrix")
    results, broken = [], 0
    for machine in machines:
        try:
            results.append(run_machine(machine, parts))
        except LabError as error:
            print(f"matrix: {error}", file=sys.stderr, flush=True)
            broken += 1
    kept = [result for result in last_results() if MACHINES[result.suite] in machines]
    say("\n" + table(results if is_selection() else kept))
    well = all(outcome.well for result in results for outcome in result.outcomes.values())
    return 0 if well and not broken else 1


def main() -> int:
    """Return 0, 1 when something failed, 2 for a wrong name, 130 after an interrupt."""
    end_in_order()
    try:
        return run(arguments())
    except (LabError, UnknownNameError) as error:
        print(f"matrix: {error}", file=sys.stderr)
        return 2 if isinstance(error, UnknownNameError) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
