"""What the rows of HAProxy cost in memory: the figures behind ``haproxy_agentx/process/budget.py``.

    python -m benchmarks.memory [--rows 10000,20000,40000] [--limit 256]

Starts the daemon with one HAProxy of so many servers each, has it read some times, every other time with a server more
or less, so that rows are laid out anew while the ones before still answer, and prints the peak of its resident memory
(VmHWM). The slope over the rows is the price of a row, where it has so many octets. With ``--limit`` the daemon may use
so many MiB, by a control group, which needs root; then rows that are not admitted show as 0.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks.simulated_servers import SimulatedServers
from haproxy_agentx.control.client import NotRunning, ask
from tests.support.daemon import Daemon, source
from tests.support.memory_group import memory_group

READINGS = 6
WITHIN = 120.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="100,10000,20000,40000", help="servers, each a run of its own")
    parser.add_argument("--fields", type=int, default=103, help="103 as 2.6 has, or 119 as 3.x")
    parser.add_argument("--limit", type=int, default=0, help="MemoryMax in MiB, 0 for none; as root")
    options = parser.parse_args()
    base: tuple[int, int] | None = None
    for servers in map(int, options.rows.split(",")):
        octets = len(SimulatedServers(servers, options.fields, 0).show_stat())
        peak, rows = measure(servers, options.fields, options.limit)
        line = f"{rows:7d} rows, {octets / servers:5.0f} octets each: peak {peak >> 20:4d} MiB"
        if base is not None and rows > base[0]:
            each = (peak - base[1]) / (rows - base[0])
            line += f", {each:5.0f} octets a row, {each / (octets / servers):.2f} times its text"
        else:
            base = rows, peak
        print(line, flush=True)


def measure(servers: int, fields: int, limit: int) -> tuple[int, int]:
    """Return the peak of the daemon's resident memory in octets, and the rows that it served."""
    group = memory_group(limit << 20) if limit else nullcontext()
    with tempfile.TemporaryDirectory(prefix="hax") as name, group as limited:
        folder = Path(name)
        path = folder / "haproxy.sock"
        command = [sys.executable, "-m", "benchmarks.fake_haproxy", str(path), str(servers)]
        command += ["--fields", str(fields), "--churn", str(max(1, servers // 100))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as fake:
            try:
                assert fake.stdout is not None  # noqa: S101  -- it is a pipe
                fake.stdout.readline()
                sources = [{**source("big", path), "interval": "1s", "timeout": "20s"}]
                wrapper = limited.wrapper if limited else ()
                with Daemon(folder / "daemon", folder / "none", sources, wait="running", wrapper=wrapper) as daemon:
                    return _peak(daemon, READINGS)
            finally:
                fake.terminate()


def _peak(daemon: Daemon, readings: int) -> tuple[int, int]:
    path = str(daemon.folder / "control.sock")
    deadline, seen, rows = time.monotonic() + WITHIN, set[float](), 0
    while len(seen) < readings and time.monotonic() < deadline:
        try:
            state = ask(path)["sources"][0]  # type: ignore[index]
        except NotRunning:
            continue
        if state["state"] == "ok":
            seen.add(round(time.monotonic() - state["age"], 1))
            rows = sum(state["rows"].values())
        elif state["failures"]:
            print(state["error"])
            break
        time.sleep(0.1)
    status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM")), rows


if __name__ == "__main__":
    main()
