"""Play the zoo and print how true the product was in each set-up.

usage: python -m tests.zoo [--quick] [--jobs N] [-v] [ENTRY ...]

Exit status 0 where no state, event, cause or text was false in any entry and 95 % of all rests had a definite state.
"""

import argparse
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from tests.zoo.judge import CauseVerdict, Score
from tests.zoo.play import is_playable, load, names, play

LEAST_DEFINITE = 0.95
LEAST_RIGHT = 0.95

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
    parser.add_argument("--jobs", type=int, default=3, help="entries that are played side by side")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="what was false, also in words; -vv: traces")
    parser.add_argument("entries", nargs="*")
    given = parser.parse_args()
    known = given.entries or [name for name in names() if not given.quick or load(name)[0].quick]
    chosen = [name for name in known if is_playable(load(name)[0])]
    for name in known:
        if name not in chosen:
            print(f"{name}: needs what this machine does not have: not played")
    total, failed, began = Score(), [], time.monotonic()
    print(HEAD, flush=True)

    def one(numbered: tuple[int, str]) -> tuple[str, Score | str]:
        number, name = numbered
        try:
            return name, play(name, number)
        except Exception as error:  # noqa: BLE001  an entry that cannot be played is a failure, and has its row
            return name, "".join(traceback.format_exception(error)) if given.verbose > 1 else str(error).split("\n")[0]

    with ThreadPoolExecutor(given.jobs) as pool:
        for name, score in pool.map(one, enumerate(chosen)):
            if isinstance(score, str):
                failed.append(name)
                print(f"{name:44} could not be played: {score}", flush=True)
                continue
            total.add(score)
            print(row(name, score), flush=True)
            if given.verbose:
                for note in score.notes:
                    print(f"    {note}", flush=True)
    print(row(f"all {len(chosen)}", total))
    causes = sum(total.causes.values())
    definite = total.definite / total.rests if total.rests else 0.0
    right = total.causes.get(CauseVerdict.right, 0) / causes if causes else 1.0
    print(f"definite {definite:.1%} of {total.rests} rests; causes right {right:.1%}; {time.monotonic() - began:.0f} s")
    clean = total.is_clean and not failed and definite >= LEAST_DEFINITE and right >= LEAST_RIGHT
    print(
        f"{len(chosen) - len(failed)} passed, {len(failed)} failed" if clean else f"0 passed, {len(failed) or 1} failed"
    )
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
