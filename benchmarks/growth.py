"""How the cost of an answer grows with columns and with managers, and what snmpd's own share of it is.

    python -m benchmarks.growth [--servers N] [--seconds S]        or: make growth

One agent behind one snmpd, with the clients on the same core, the simulated HAProxy on another. The share is processor
time by the kernel's count, over the walk of one manager.
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table as Printed

from benchmarks.agents import OUR_NAME, RAW, Agent, Kind, fake_haproxy, our_kinds
from benchmarks.measures import MOST_VARBINDS, client
from integration.ending import end_in_order
from tests.support.snmpd import Snmpd

COLUMNS = (1, 5, 10, 30)
MANAGERS = (1, 4, 16)


def columns_at_once(agent: Agent, columns: int, seconds: float) -> float:
    """Walk so many columns side by side, as many rows at a time as a response holds; varbinds a second."""
    table = agent.kind.table
    chosen = ",".join(map(str, table.thirty[:columns]))
    varbinds, began = 0, time.monotonic()
    while (took := time.monotonic() - began) < seconds:
        varbinds += client(agent.port, "columns", table.entry, chosen, MOST_VARBINDS // columns)["varbinds"]
    return varbinds / took


def managers_at_once(agent: Agent, managers: int, seconds: float) -> float:
    """Let so many managers walk a column each, again and again; varbinds a second of all together."""
    table = agent.kind.table

    def walk(number: int) -> int:
        column, found = table.thirty[number % len(table.thirty)], 0
        while time.monotonic() - began < seconds:
            found += client(agent.port, "walk", f"{table.entry}.{column}", 50)["varbinds"]
        return found

    began = time.monotonic()
    with ThreadPoolExecutor(managers) as threads:
        varbinds = sum(threads.map(walk, range(managers)))
    return varbinds / (time.monotonic() - began)


def shares(agent: Agent, snmpd: Snmpd, seconds: float) -> tuple[float, float]:
    """Give the microseconds of a varbind in a bulk walk that snmpd takes, and the agent."""
    before = _spent(snmpd.pid), agent.processor_time
    began, varbinds = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        found = client(agent.port, "walk", f"{agent.kind.table.entry}.{agent.kind.table.thirty[0]}", 50)
        varbinds += found["varbinds"]
    after = _spent(snmpd.pid), agent.processor_time
    return tuple((end - start) * 1e6 / varbinds for start, end in zip(before, after, strict=True))  # type: ignore[return-value]


def _spent(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def measured(kind: Kind, folder: Path, servers: int, seconds: float) -> dict[str, str]:
    """Give all figures of an agent, by what they are."""
    folder.mkdir()
    with Snmpd(folder) as snmpd:
        agent = Agent(kind, folder, servers, snmpd.agentx, snmpd.port)
        try:
            agent.wait_answered(kind.table.cell(OUR_NAME, servers - 1))
            figures = {
                f"{columns} columns at once, varbinds a second": f"{columns_at_once(agent, columns, seconds):,.0f}"
                for columns in COLUMNS
            }
            for managers in MANAGERS:
                rate = managers_at_once(agent, managers, seconds)
                figures[f"{managers} managers walking, varbinds a second"] = f"{rate:,.0f}"
            of_snmpd, of_agent = shares(agent, snmpd, seconds)
            figures["snmpd's share of a varbind"] = f"{of_snmpd:.1f} us"
            figures["the agent's share, refreshes included"] = f"{of_agent:.1f} us"
            return figures
        finally:
            agent.end()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    options = parser.parse_args()
    end_in_order()
    core, other = max(os.sched_getaffinity(0)), min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    kinds = (RAW, *our_kinds())
    with tempfile.TemporaryDirectory(prefix="haxbench") as name, fake_haproxy(Path(name), options.servers, other):
        figures = {
            kind.name: measured(kind, Path(name) / kind.name, options.servers, options.seconds) for kind in kinds
        }
    table = Printed(f"{options.servers:,} servers", *figures, box=None, padding=(0, 3, 0, 0))
    for what in next(iter(figures.values())):
        table.add_row(what, *(figure[what] for figure in figures.values()))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
