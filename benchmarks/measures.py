"""What is measured of a running agent. All rates are varbinds a second, all latencies microseconds."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.agents import DEADLINE, OUR_ROOT, PEERS, Agent, BenchError, Kind
from benchmarks.ask import get
from tests.support.snmpd import Snmpd

WALK_ENOUGH = 300_000
"""Varbinds of a walk from which on more would tell nothing new: fewer columns are walked then."""

COLUMNS_ENOUGH = 0.5
"""Seconds that a GETBULK of columns is repeated for."""

MOST_VARBINDS = 100
"""In a response of snmpd."""

GETS = 5000
NAMES = 2000
SETTLING = 1.2
"""Seconds from the start of the probing until all is as it will be."""

Figures = dict[str, float]


def client(port: int, *words: object, names: Iterable[str] = ()) -> dict[str, Any]:
    """Run the client and give what it found."""
    command = [str(PEERS / "snmp_client"), str(port), *map(str, words)]
    done = subprocess.run(command, input="\n".join(names), capture_output=True, text=True, check=False, timeout=600)
    found: dict[str, Any] = json.loads(done.stdout or '{"error": "the client crashed"}')
    if "error" in found:
        raise BenchError(f"snmp_client {' '.join(command[1:])}: {found['error']}")
    return found


def columns_there(agent: Agent) -> tuple[int, ...]:
    """Give the columns of the table that the first row has."""
    table = agent.kind.table
    return tuple(column for column in table.columns if get(agent.port, table.cell(column, 0)) is not None)


def walk(agent: Agent, columns: tuple[int, ...]) -> Figures:
    """Walk the table by GETBULK with 50 repetitions: all of it, or where it is big, columns from all over it."""
    few = max(1, WALK_ENOUGH // agent.rows)
    if few >= len(columns):
        found = client(agent.port, "walk", agent.kind.table.entry, 50)
        return {"walk": found["varbinds"] / found["wall_s"], "varbinds": found["varbinds"]}
    chosen = columns[:: -(-len(columns) // few)]
    parts = [client(agent.port, "walk", f"{agent.kind.table.entry}.{column}", 50) for column in chosen]
    varbinds = sum(part["varbinds"] for part in parts)
    return {"walk": varbinds / sum(part["wall_s"] for part in parts), "varbinds": varbinds}


def thirty(agent: Agent) -> Figures:
    """Walk 30 columns side by side, as many rows at a time as a response holds."""
    columns = ",".join(map(str, agent.kind.table.thirty))
    varbinds, seconds = 0, 0.0
    while seconds < COLUMNS_ENOUGH:
        found = client(agent.port, "columns", agent.kind.table.entry, columns, MOST_VARBINDS // 30)
        if found["varbinds"] < 30 * agent.rows:
            raise BenchError(f"{agent.kind.name}: {found['varbinds']} varbinds in 30 columns of {agent.rows} rows")
        varbinds += found["varbinds"]
        seconds += found["wall_s"]
    return {"thirty": varbinds / seconds}


def single(agent: Agent) -> Figures:
    """GET single cells, at random."""
    found = client(agent.port, "get", "-", GETS, names=some_cells(agent.kind, agent.rows))
    if found["missing"]:
        raise BenchError(f"{agent.kind.name}: {found['missing']} of {GETS} cells are missing")
    return {"get_p50": found["p50_us"], "get_p99": found["p99_us"]}


def some_cells(kind: Kind, rows: int) -> list[str]:
    """Give names of cells that are there, the same ones each time."""
    chosen = random.Random(42)  # noqa: S311  no secret
    return [kind.table.cell(chosen.choice(kind.table.thirty), chosen.randrange(rows)) for _ in range(NAMES)]


def idle(agent: Agent, seconds: float) -> Figures:
    """See what it takes while nobody asks: percent of a core, and megabytes."""
    before, began = agent.processor_time, time.monotonic()
    time.sleep(seconds)
    spent = agent.processor_time - before
    return {"cpu": 100 * spent / (time.monotonic() - began), "rss": agent.resident}


def start(kind: Kind, folder: Path, rows: int) -> Figures:
    """Start the daemon, and see when snmpd answers for it: its own objects, then the last of the servers."""
    with Snmpd(folder) as snmpd:
        agent = Agent(kind, folder, rows, snmpd.agentx, snmpd.port)
        try:
            registered = agent.wait_answered(f"{OUR_ROOT}.1.1.1.0")
            last = kind.table.cell(kind.table.thirty[0], rows - 1)
            return {"registered": registered, "rows": agent.wait_answered(last)}
        finally:
            agent.end()


def silence(kind: Kind, folder: Path, rows: int, seconds: float) -> dict[str, Any]:
    """Ask it without a break, with no snmpd between, and see how long it did not answer."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "probe.sock"
    command = [str(PEERS / "agentx_probe"), str(socket), str(SETTLING + rows / 20_000), str(seconds)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as probe:
        agent = None
        try:
            if not probe.stdin or not probe.stdout or not probe.stderr:
                raise BenchError("no pipes")
            probe.stdin.write("\n".join(some_cells(kind, rows)) + "\n")
            probe.stdin.close()
            probe.stderr.readline()  # it listens
            agent = Agent(kind, folder, rows, socket, 0)
            signal.signal(signal.SIGALRM, lambda *_: os.kill(probe.pid, signal.SIGKILL))
            signal.alarm(int(DEADLINE + seconds))
            found = probe.stdout.read()
            signal.alarm(0)
        finally:
            probe.kill()
            if agent:
                agent.end()
    if not found:
        raise BenchError(f"{kind.name}: the probe failed")
    figures: dict[str, Any] = json.loads(found)
    return figures
