"""Print the mutation score of health/ and store/ by module: how many mutants of the code the fast tests notice.

usage: python -m tools.mutation [MODULE ...]

A module is named below the package, as health.rules; without one all are tested, which takes hours. The work is
mutmut's ([tool.mutmut] in pyproject.toml), in the folder mutants/; a run that was ended goes on where it ended. A
mutant that no test calls counts as not noticed; one that makes a test hang, or does not compile, as noticed.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = "haproxy_agentx"
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
NOTICED = {"killed", "timeout", "segfault", "caught by type check"}
NOT_NOTICED = {"survived", "no tests", "suspicious"}
WANTED = 90
"""Percent of the mutants."""


def read(lines: Iterable[str]) -> dict[str, Counter[str]]:
    """Return what became of the mutants, counted by module, of the lines of ``mutmut results --all true``."""
    found: dict[str, Counter[str]] = {}
    for line in lines:
        name, _, outcome = line.strip().partition(": ")
        if outcome:
            module = name.removeprefix(f"{PACKAGE}.").rpartition(".")[0]
            found.setdefault(module, Counter())[outcome] += 1
    return found


def score(outcomes: Counter[str]) -> tuple[int, int]:
    """Return how many mutants were noticed, and how many were tested."""
    noticed = sum(outcomes[word] for word in NOTICED)
    return noticed, noticed + sum(outcomes[word] for word in NOT_NOTICED)


def report(found: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield a line for each module that was tested, and the sum."""
    total: Counter[str] = Counter()
    for module, outcomes in sorted(found.items()):
        noticed, tested = score(outcomes)
        if tested:
            yield f"{100 * noticed / tested:5.1f} %  {noticed:4d} of {tested:<4d}  {module}"
        total += outcomes
    noticed, tested = score(total)
    if tested:
        rest = total["not checked"]
        yield f"{100 * noticed / tested:5.1f} %  {noticed:4d} of {tested:<4d}  in all; not tested: {rest}"


def main(modules: list[str]) -> int:
    """Test the mutants, print the score, and return 0 where it is high enough."""
    patterns = [f"{PACKAGE}.{module}.*" for module in modules]
    environment = {**os.environ, "PYTHONPATH": ""}
    subprocess.run([MUTMUT, "run", "--max-children", "2", *patterns], check=False, cwd=PROJECT, env=environment)
    results = [MUTMUT, "results", "--all", "true"]
    printed = subprocess.run(results, check=True, cwd=PROJECT, env=environment, capture_output=True, text=True).stdout
    found = {name: outcomes for name, outcomes in read(printed.splitlines()).items() if not modules or name in modules}
    print(*report(found), sep="\n")
    noticed, tested = score(sum(found.values(), Counter()))
    return 0 if tested and 100 * noticed >= WANTED * tested else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
