"""What a commit of the store's costs on a disk: ``python -m benchmarks.commits FOLDER``.

It decides ``PRAGMA synchronous`` (haproxy_agentx/store/file.py): FULL below 5 ms, for an event takes three commits.
"""

import sqlite3
import statistics
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter

COMMITS = 500


def cost(folder: str, synchronous: str) -> list[float]:
    """Give the milliseconds that each of COMMITS took, sorted, in a new file in ``folder``."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        with closing(sqlite3.connect(Path(own, "state.db"), isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("CREATE TABLE event (sequence INTEGER PRIMARY KEY, cells TEXT)")
            taken = []
            for _ in range(COMMITS):
                started = perf_counter()
                connection.execute("INSERT INTO event (cells) VALUES (?)", ("x" * 1500,))
                taken.append((perf_counter() - started) * 1000)
        return sorted(taken)


def main() -> None:
    """Print what they cost in the folder of the command line, without one in this."""
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for synchronous in ("NORMAL", "FULL"):
        taken = cost(folder, synchronous)
        p99 = taken[COMMITS * 99 // 100]
        print(f"{synchronous:6}  median {statistics.median(taken):.3f} ms  p99 {p99:.3f} ms  most {taken[-1]:.3f} ms")


if __name__ == "__main__":
    main()
