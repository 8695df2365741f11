"""Play the zoo and print how true the product was in each set-up.

usage: python -m tests.zoo [--quick] [--jobs N] [-v] [ENTRY ...]

Exit status 0 where no state, event, cause or text was false in any entry, 95 % of all rests had a definite state and
95 % of all events the right cause (quick: 80 %, as there are few and the machine may have much else to do; of entries
that are named nothing of that is wanted).
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.zoo.entry import QUICK_JOBS
from tests.zoo.judge import CauseVerdict, Score
from tests.zoo.play import is_playable, load, names, play

LEAST, LEAST_QUICK = 0.95, 0.8
"""The part of all rests that has to be definite, and of all causes that has to be right."""

JOBS = 3
"""Entries that are played side by side in the whole zoo."""

MOST_STARVED = 0.1
"""Of all events: with more of them the machine has too much to do for a judgement."""

HEAD = (
    f"{'entry':44} {'rests':>5} {'def.':>5} {'wrong':>5} {'s act.':>6} {'s out.':>6} {'events':>6} {'ends':>4}"
    f" {'right':>5} {'n.k.':>4} {'wrong':>5}"
)


def row(name: str, score: Score) -> str:
    """Return a line of the table."""
    causes = [score.causes.get(verdict, 0) for verdict in CauseVerdict]
    return (
        f"{name:44} {score.rests:5} {score.definite:5} {sum(score.wrong.values()):5} {score.false_active:6.1f}"
        f" {score.false_outage:6.1f} {score.false_events:6} {score.unended:4} {causes[0]:5} {causes[1]:4} {causes[2]:5}"
    )


def main() -> int:
    """Play what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.zoo")
    parser.add_argument("--quick", action="store_true", help="only the entries that run with every change")
    parser.add_argument("--jobs", type=int, help=f"entries that are played side by side: {JOBS}, quick {QUICK_JOBS}")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="what was false, also in words; -vv: traces")
    parser.add_argument("entries", nargs="*")
    given = parser.parse_args()
    known = given.entries or [name for name in names() if not given.quick or load(name)[0].quick]
    chosen = [name for name in known if is_playable(load(name)[0])]
    for name in known:
        if name not in chosen:
            print(f"{name}: needs what this machine does not have: not played")
    began = time.monotonic()
    total, failed = play_all(chosen, given.jobs or (QUICK_JOBS if given.quick else JOBS), given.verbose)
    if not print_sums(
        total, len(chosen), time.monotonic() - began, 0.0 if given.entries else LEAST_QUICK if given.quick else LEAST
    ):
        failed.append("the sums")
    print(f"{len(chosen) - len(set(failed) & set(chosen))} passed, {len(failed)} failed")
    return 1 if failed else 0


def play_all(chosen: Sequence[str], jobs: int, verbose: int) -> tuple[Score, list[str]]:
    """Play entries side by side and print their rows; return the sums, and which were not clean."""

    def one(numbered: tuple[int, str]) -> Score | str:
        number, name = numbered
        try:
            return play(name, number)
        except Exception as error:  # noqa: BLE001  an entry that cannot be played is a failure, and has its row
            return "".join(traceback.format_exception(error)) if verbose > 1 else str(error).split("\n")[0]

    total, failed = Score(), []
    print(HEAD, flush=True)
    with ThreadPoolExecutor(jobs) as pool:
        longest_first = sorted(enumerate(chosen), key=lambda numbered: -load(numbered[1])[0].lasts)
        played = {numbered[1]: pool.submit(one, numbered) for numbered in longest_first}
        for name in chosen:
            score = played[name].result()
            if isinstance(score, str):
                failed.append(name)
                print(f"{name:44} could not be played: {score}", flush=True)
                continue
            total.add(score)
            if not score.is_clean:
                failed.append(name)
            print(row(name, score), flush=True)
            if verbose:
                for note in score.notes:
                    print(f"    {note}", flush=True)
    return total, failed


def print_sums(total: Score, number: int, seconds: float, least: float) -> bool:
    """Print the sums of so many entries; return whether enough is definite, right and judged."""
    print(row(f"all {number}", total))
    causes = sum(total.causes.values())
    definite = total.definite / total.rests if total.rests else 0.0
    right = total.causes.get(CauseVerdict.right, 0) / causes if causes else 1.0
    print(f"definite {definite:.1%} of {total.rests} rests; causes right {right:.1%}; {seconds:.0f} s")
    if total.starved:
        print(f"{total.starved} events not judged, as the machine stood still meanwhile")
    return total.starved <= MOST_STARVED * (causes + total.starved) and definite >= least and right >= least


if __name__ == "__main__":
    sys.exit(main())
