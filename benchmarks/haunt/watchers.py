"""Who looks on meanwhile: managers that walk and ask, and the memory and identity of each daemon."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks.haunt.stage import Haunted
from benchmarks.haunt.verdict import Get, Seen, split
from haproxy_agentx.objects import agent_objects, schema
from integration.netlab.plan import ADDRESSES, BALANCERS, PROJECT, ROOT
from integration.netlab.processes import Identity

HEALTH = ".".join(map(str, (*schema.scalar_oid(agent_objects.HEALTH_SCALARS[0]), 0)))
UP_TIME = "1.3.6.1.2.1.1.3.0"
WALK = ("snmpbulkwalk", "-v2c", "-cpublic", "-On", "-t2", "-r1", "-Cr25")
WALK_PAUSE = 1.0
"""Seconds between two walks."""

LOOK = 0.5
"""Seconds between two looks at memory."""


@contextmanager
def managers(stage: Haunted, folder: Path, seen: Seen) -> Iterator[None]:
    """Walk and ask both hosts, as the client, while it is entered; the results are in ``seen`` afterwards."""
    over = threading.Event()
    walker = threading.Thread(target=_walk, args=(stage, over, seen), daemon=True)
    with ExitStack() as running:
        for host in BALANCERS:
            program = (sys.executable, "-m", "benchmarks.haunt.manager", ADDRESSES[host], HEALTH, UP_TIME)
            with (folder / host).open("w") as output:
                asking = subprocess.Popen(
                    stage.host("client").command(*program, machine=True),
                    cwd=PROJECT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                )
            running.callback(asking.wait)
            running.callback(asking.kill)
        walker.start()
        try:
            yield
        finally:
            over.set()
            walker.join()
    for host in BALANCERS:
        _read(host, (folder / host).read_text(), stage, seen)


def _read(host: str, text: str, stage: Haunted, seen: Seen) -> None:
    asked: dict[str, list[Get]] = {"0": [], "1": []}
    for line in text.splitlines()[:-1]:  # the last one may be cut
        at, kind, took = line.split()
        asked[kind].append(Get(host, float(at), float(took)))
    pauses = [pause for pause in stage.pauses if pause[0] == host]
    gets, paused, slowest = split(asked["1"], pauses)
    seen.gets += gets
    seen.paused += paused
    seen.slowest_return = max(seen.slowest_return, slowest)
    seen.others += split(asked["0"], pauses)[0]


def _walk(stage: Haunted, over: threading.Event, seen: Seen) -> None:
    while not over.is_set():
        for host in BALANCERS:
            began = time.monotonic()
            done = stage.host("client").run(*WALK, ADDRESSES[host], ROOT, check=False, seconds=60)
            ended = time.monotonic()
            lines = done.stdout.count("\n")
            seen.walks += 1
            seen.varbinds += lines
            if done.returncode or "No Such" in done.stdout:
                # what was stopped meanwhile, or not long before, explains it; a stop that goes on is not in the list
                over.wait(LOOK)
                threading.Thread(
                    target=_judge_walk, args=(stage, seen, host, (began, ended), done.stderr), daemon=True
                ).start()
            over.wait(WALK_PAUSE / 2)


def _judge_walk(stage: Haunted, seen: Seen, host: str, when: tuple[float, float], error: str) -> None:
    """Count a walk that failed, unless snmpd or the daemon was stopped meanwhile: known when that is over."""
    time.sleep(10)
    if not any(who == host and begin < when[1] and when[0] < end + 2 for who, begin, end in stage.pauses):
        seen.bad_walks.append(f"{host} at {when[0]:.1f}: {error.strip()[:200]}")


@contextmanager
def memory(stage: Haunted, seen: Seen) -> Iterator[None]:
    """Look at the memory of the daemons and their store processes, and whether they are the same, while entered."""
    over = threading.Event()
    before = {host: _scheduled(stage.agents(host)[0]) for host in BALANCERS}
    began = time.monotonic()
    first = {host: stage.agents(host) for host in BALANCERS}
    most: dict[str, float] = {}
    restarted: dict[str, str] = {}

    def look() -> None:
        while not over.wait(LOOK):
            for host in BALANCERS:
                now = stage.agents(host)
                for number, old in enumerate(first[host]):
                    if old not in now:
                        what = "daemon" if number == 0 else "store process"
                        restarted.setdefault(f"{host} {number}", f"{host}: the {what} {old.pid} is gone")
                with suppress(OSError, StopIteration):
                    _measure(now, most)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        seen.memory = most
        seen.restarts += restarted.values()
        for host in BALANCERS if not restarted else ():
            now, took = _scheduled(first[host][0]), time.monotonic() - began
            seen.ran = max(seen.ran, (now[0] - before[host][0]) / took)
            seen.waited = max(seen.waited, (now[1] - before[host][1]) / took)


def _measure(daemon: list[Identity], most: dict[str, float]) -> None:
    shares = 0.0
    for number, process in enumerate(daemon):
        name = "daemon" if number == 0 else "store"
        high = _megabytes(Path(f"/proc/{process.pid}/status"), "VmHWM")
        most[name] = max(most.get(name, 0.0), high)
        shares += _megabytes(Path(f"/proc/{process.pid}/smaps_rollup"), "Pss")
    most["together"] = max(most.get("together", 0.0), shares)


def _scheduled(process: Identity) -> tuple[float, float]:
    """Return the seconds for which a process ran, and for which it waited for a processor (schedstat)."""
    ran, waited, _ = Path(f"/proc/{process.pid}/schedstat").read_text().split()
    return int(ran) / 1e9, int(waited) / 1e9


def _megabytes(file: Path, key: str) -> float:
    found = re.search(rf"^{key}:\s*([0-9]+) kB", file.read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
