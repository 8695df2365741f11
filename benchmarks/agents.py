"""The agents that are measured, each behind an snmpd of its own, or with the probe as its master.

All of it runs on one core, the simulated HAProxy on another. An agent that is not being measured is stopped
(SIGSTOP), so that its refreshing is not another's delay.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.ask import get
from benchmarks.simulated_servers import PER_BACKEND, instance
from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects.root import ROOT
from tests.support.snmpd import Snmpd

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
DEADLINE = 60.0

OUR_ROOT = dotted(ROOT)
OUR_ENTRY = f"{OUR_ROOT}.1.9.1"
OUR_READING_AGE = f"{OUR_ROOT}.1.2.1.6.1"
OUR_NAME = 11
"""The column of svname, which every server has."""

OUR_THIRTY = (
    10, 11, 75, 76, 83, 201,  # 6 OctetStrings
    12, 14, 15, 28, 43, 45,  # 6 Gauge32
    17, 18, 19, 23, 24, 25, 26, 31, 32, 40, 49, 50, 51, 52, 53, 58, 59, 60,  # 18 Counter64
)  # fmt: skip
"""Columns that every row has, of the same kinds as the peers'."""

CONFIGURATION = """\
agentx: {{socket: {socket}}}
haproxy: [{{name: local, stats: {stats}, interval: 1s, timeout: 5s}}]
store: {folder}/state.db
"""


class BenchError(Exception):
    """Something does not work; the text says what."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is asked for: the columns of a table entry, and how a row's number becomes its instance."""

    entry: str
    columns: tuple[int, ...]
    thirty: tuple[int, ...]
    instance: Callable[[int], str]

    def cell(self, column: int, row: int) -> str:
        """Give the name of a cell."""
        return f"{self.entry}.{column}.{self.instance(row)}"


PEERS_TABLE = Table(
    "1.3.6.1.4.1.58999.1.1.1",
    tuple(range(1, 31)),
    tuple(range(1, 31)),
    lambda row: f"{row // PER_BACKEND + 1}.{row % PER_BACKEND + 1}",
)
OUR_TABLE = Table(OUR_ENTRY, tuple(range(10, 220)), tuple(sorted(OUR_THIRTY)), instance)


@dataclass(frozen=True, slots=True)
class Kind:
    """A program that is measured."""

    name: str
    table: Table
    command: Callable[[Path, str, int], list[str]]
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def ours(self) -> bool:
        """Whether it is the daemon."""
        return self.table is OUR_TABLE


def _peer(name: str) -> Callable[[Path, str, int], list[str]]:
    return lambda _folder, socket, rows: [str(PEERS / name), socket, str(rows)]


def _daemon(folder: Path, socket: str, _rows: int) -> list[str]:
    file = folder / "config.yaml"
    file.write_text(CONFIGURATION.format(socket=socket, stats=folder.parent / "haproxy.sock", folder=folder))
    return [str(Path(sys.executable).with_name("haproxy-agentx")), "run", "--config", str(file)]


def _pyagentx3(_folder: Path, socket: str, rows: int) -> list[str]:
    return [sys.executable, str(PEERS / "pyagentx3_agent.py"), socket, str(rows)]


RAW = Kind("raw_agent", PEERS_TABLE, _peer("raw_agent"))
LIBNETSNMP = Kind("libnetsnmp_agent", PEERS_TABLE, _peer("libnetsnmp_agent"))
PYAGENTX3 = Kind("pyagentx3", PEERS_TABLE, _pyagentx3)
OURS = Kind("haproxy-agentx", OUR_TABLE, _daemon, (("HAPROXY_AGENTX_LOOP", "asyncio"),))
OURS_UVLOOP = Kind("on uvloop", OUR_TABLE, _daemon, (("HAPROXY_AGENTX_LOOP", "uvloop"),))


def our_kinds() -> tuple[Kind, ...]:
    """Give the daemon on asyncio's event loop, and on uvloop where that is installed."""
    return (OURS, OURS_UVLOOP) if importlib.util.find_spec("uvloop") else (OURS,)


class Agent:
    """One running agent; ``port`` is that of its snmpd, 0 when the probe is its master."""

    def __init__(self, kind: Kind, folder: Path, rows: int, socket: Path, port: int) -> None:
        self.kind = kind
        self.rows = rows
        self.port = port
        self.started = time.monotonic()
        self._log = folder / "agent.log"
        command = kind.command(folder, str(socket), rows)
        with self._log.open("wb") as log:
            self.process = _start(command, log, **dict(kind.environment))

    def wait_answered(self, oid: str) -> float:
        """Wait until something is answered, and give the seconds since the start."""
        self._wait(lambda: get(self.port, oid) is not None, f"nothing at {oid}")
        return time.monotonic() - self.started

    def stop(self) -> None:
        """Let others be measured."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Go on, and wait until the rows are those of now."""
        self.process.send_signal(signal.SIGCONT)
        if self.kind.ours and self.port:
            self._wait(lambda: 0 <= _number(get(self.port, OUR_READING_AGE)) < 1000, "no fresh reading")

    def end(self) -> None:
        """End it, stopped or not."""
        self.process.kill()
        self.process.wait()

    @property
    def processor_time(self) -> float:
        """Seconds of processor time that all its threads have taken."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    @property
    def resident(self) -> float:
        """Megabytes of memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS:"))

    def _wait(self, condition: Callable[[], bool], problem: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{self.kind.name}: {problem}\n{self._log.read_text()[-2000:]}")
            time.sleep(0.001)


def _number(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else -1


def _start(command: list[str], log: IO[bytes], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "MIBS": "", **environment}
    )


@contextmanager
def fake_haproxy(folder: Path, servers: int, core: int, *options: str) -> Iterator[None]:
    """Run the simulated HAProxy at ``folder``/haproxy.sock on its core."""
    command = ["taskset", "-c", str(core), sys.executable, "-m", "benchmarks.fake_haproxy"]
    command += [str(folder / "haproxy.sock"), str(servers), *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=HERE.parent) as process:
        try:
            if not process.stdout or not process.stdout.readline():
                raise BenchError("the simulated HAProxy does not start")
            yield
        finally:
            process.kill()


@contextmanager
def agents(kinds: tuple[Kind, ...], folder: Path, rows: int) -> Iterator[dict[Kind, Agent]]:
    """Run agents, each behind its snmpd; when they are there they are all stopped."""
    with ExitStack() as stack:
        running = {}
        for number, kind in enumerate(kinds):
            own = folder / f"agent{number}"
            snmpd = stack.enter_context(Snmpd(own))
            agent = Agent(kind, own, rows, snmpd.agentx, snmpd.port)
            stack.callback(agent.end)
            agent.wait_answered(kind.table.cell(OUR_NAME, rows - 1))
            agent.stop()
            running[kind] = agent
        yield running


@contextmanager
def going_on(agent: Agent) -> Iterator[Agent]:
    """Let one agent go on, for as long as it is measured."""
    agent.go_on()
    try:
        yield agent
    finally:
        agent.stop()
