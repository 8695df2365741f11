"""Worlds of HAProxy processes, generated; and what they amount to with all evidence, and with some of it taken away.

    python -m tests.health.worlds --number 100000

plays that many and prints how many there were, and what was taken away. A world is a service, one or two processes, and
six readings of each: rows and counters that belong together as HAProxy's do, with a reload between two of them or
without. In each a row, a cell, a whole source, a reading or its count of connections is taken away; the readiness at
the end may then be worse or unknown, and never better.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

from haproxy_agentx.haproxy.stat import Reading, StatParser
from haproxy_agentx.health.model import Readiness, Reason
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.readiness import ProcessState, assess
from haproxy_agentx.health.requirements import Minimum, ServiceRequirements
from tests.support.stat_csv import backend, frontend, header, line, listener, server

COLUMNS = (
    *("pxname", "svname", "qcur", "scur", "slim", "stot", "bout", "dreq", "ereq", "econ", "eresp", "dresp", "status"),
    *("weight", "act", "bck", "lastchg", "iid", "sid", "lbtot", "tracked", "type", "mode", "check_status", "hrsp_2xx"),
    *("hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other", "intercepted"),
)
READINGS = 6
PIECE = 500
"""Worlds that one process plays in a row."""
STATUSES = (
    ("UP", "L4OK"), ("UP", "L4OK"), ("UP", "L4OK"), ("UP 2/3", "L4TOUT"), ("DOWN", "L4CON"), ("DOWN", "L4CON"),
    ("DOWN 1/2", "L4OK"), ("NOLB", "L7OKC"), ("DRAIN", "L4OK"), ("MAINT", ""), ("MAINT (resolution)", ""),
    ("no check", ""), ("no check", ""),
)  # fmt: skip
TRAFFIC = (
    {}, {"hrsp_2xx": 9, "bout": 90}, {"hrsp_5xx": 5}, {"hrsp_5xx": 5, "own": 5}, {"hrsp_5xx": 5, "own": 5},
    {"hrsp_2xx": 9, "bout": 90, "intercepted": 9}, {"hrsp_2xx": 9, "bout": 90, "hrsp_5xx": 5, "own": 5},
)  # fmt: skip

Row = dict[str, str]
Rows = list[Row]
Answer = list[Rows]
"""The rows of one process, reading by reading."""


@dataclass(frozen=True, slots=True)
class World:
    """A service, and what there is to see of it. ``reloads`` are the readings that come of another HAProxy process."""

    requirements: ServiceRequirements
    answers: Sequence[Answer]
    loads: Sequence[tuple[int, int]]
    reloads: Sequence[frozenset[int]]
    troubles: Sequence[Reason] = field(default=())
    skipped: frozenset[tuple[int, int]] = frozenset()
    """Readings that failed: process and number."""
    loadless: frozenset[tuple[int, int]] = frozenset()
    """Readings without what `show info` says of connections: process and number."""
    bad: frozenset[tuple[int, int, int]] = frozenset()
    """Rows that cannot be understood: process, reading, row."""


def generate(choose: random.Random) -> World:
    """Return a world."""
    processes = choose.choice((1, 1, 1, 2))
    answers, reloads = [], []
    for _ in range(processes):
        reload = frozenset({choose.randrange(1, READINGS - 3)}) if choose.random() < 0.4 else frozenset()
        answers.append(_answer(choose, reload))
        reloads.append(reload)
    return World(
        requirements=_requirements(choose),
        answers=answers,
        loads=[(100, 100) if choose.random() < 0.07 else (1, 100) for _ in answers],
        reloads=reloads,
        troubles=[choose.choice((Reason(0),) * 28 + (Reason.haproxyGone, Reason.haproxyUnreadable)) for _ in answers],
    )


def _requirements(choose: random.Random) -> ServiceRequirements:
    if choose.random() < 0.6:
        minimum = choose.choice((Minimum(100, percent=True), Minimum(50, percent=True), Minimum(1)))
        return ServiceRequirements(minimum=minimum)
    backends = tuple(choose.sample(("a", "b", "c"), choose.randrange(1, 3)))
    return ServiceRequirements(choose.choice((None, (), ("f",), ("f", "g"))), backends)


def _answer(choose: random.Random, reload: frozenset[int]) -> Answer:
    """Return what a process answers: what is so at the end is so from the second reading on, at least."""
    fronts = {
        name: _frontend(choose, is_well=choose.random() < 0.6)
        for name in choose.sample(("f", "g", "h"), choose.randrange(1, 4))
    }
    is_well = choose.random() < 0.6
    backs = {name: _servers(choose, is_well=is_well) for name in choose.sample(("a", "b", "c"), choose.randrange(0, 4))}
    before = {name: {own: choose.choice(STATUSES) for own in servers} for name, servers in backs.items()}
    queue = {name: 3 * (choose.random() < 0.1) for name in backs}
    econ, own = dict.fromkeys(backs, 0), 0
    counted = {name: Counter({"stot": 0}) for name in fronts}
    readings = []
    for number in range(READINGS):
        if number in reload:
            econ, own = dict.fromkeys(backs, 0), 0
            counted = {name: Counter({"stot": 0}) for name in fronts}
        if number or choose.random() < 0.5:
            for name, front in fronts.items():
                grown = Counter(front["traffic"])
                failed = grown.pop("own", 0)
                counted[name] += grown
                counted[name]["stot"] += sum(grown.values()) if front["let_in"] else 0
                own += failed
        if backs:
            econ[next(iter(backs))] = own
        rows = [_front_row(name, place, front, counted[name]) for place, (name, front) in enumerate(fronts.items(), 1)]
        rows += [
            listener(name, f"s{n}", place, n, status=status)
            for place, (name, front) in enumerate(fronts.items(), 1)
            for n, status in enumerate(front["sockets"])
        ]
        for place, (name, servers) in enumerate(backs.items(), 9):
            shown = before[name] if number == 0 else servers
            unproven = number in reload
            rows += _back_rows(name, place, shown, unproven=unproven, queue=queue[name], econ=econ[name])
        readings.append(rows)
    return readings


def _frontend(choose: random.Random, *, is_well: bool) -> dict:
    is_full = choose.random() < 0.15 and not is_well
    return {
        "status": "OPEN" if is_well else choose.choice(("OPEN", "OPEN", "OPEN", "STOP", "PAUSED")),
        "http": choose.random() < 0.7,
        "full": is_full,
        "let_in": not is_full or choose.random() < 0.5,
        "traffic": choose.choice(TRAFFIC[: 3 if is_well else None]),
        "sockets": choose.choice(((), ("OPEN",), ("FULL",), ("OPEN", "WAITING"))[: 2 if is_well else None]),
    }


def _servers(choose: random.Random, *, is_well: bool) -> dict[str, tuple[str, str]]:
    statuses = (*STATUSES[:4], *STATUSES[-1:], *STATUSES[-4:-2]) if is_well else STATUSES
    return {own: choose.choice(statuses) for own in ("x", "y", "z")[: choose.randrange(is_well, 4)]}


def _front_row(name: str, place: int, front: dict, counted: Counter) -> Row:
    cells = {"status": front["status"], "slim": "10", "scur": "10" if front["full"] else "1", "bout": "0"}
    cells |= {"stot": str(counted["stot"]), "bout": str(counted["bout"]), "dreq": "0", "ereq": "0"}
    if front["http"]:
        cells |= dict.fromkeys(("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other", "intercepted"), "0")
        cells |= {field: str(number) for field, number in counted.items() if field not in ("stot", "bout")}
    return frontend(name, place, mode="http" if front["http"] else "tcp", **cells)


def _back_rows(
    name: str, place: int, servers: dict[str, tuple[str, str]], *, unproven: bool, queue: int, econ: int
) -> Rows:
    rows: Rows = []
    usable = 0
    for number, (own, (status, check)) in enumerate(servers.items(), 1):
        shown, result = status, check
        if unproven and status.startswith(("UP", "DOWN")):
            shown, result = "UP 1/3", "INI"
        weight = "0" if status == "DRAIN" else "1"
        rows.append(server(name, own, place, number, status=shown, check_status=result, weight=weight))
        usable += shown.startswith("UP") or shown == "no check"
    cells = {"act": str(usable), "bck": "0", "status": "UP" if usable or not servers else "DOWN"}
    cells |= {"qcur": str(queue), "econ": str(econ), "eresp": "0", "dresp": "0", "lbtot": "0"}
    return [*rows, backend(name, place, **cells)]


def readiness(world: World) -> Readiness:
    """Return what a service is at the end of a world."""
    states = []
    for number, answer in enumerate(world.answers):
        proxies, previous = Proxies(f"p{number}"), None
        is_same = False
        for at, rows in enumerate(answer):
            is_same = is_same and at not in world.reloads[number]
            if (number, at) in world.skipped:
                continue
            bad = {row for process, reading, row in world.bad if (process, reading) == (number, at)}
            previous = _read(rows, bad, previous)
            load = None if (number, at) in world.loadless else world.loads[number]
            for _ in proxies.take(previous, 4.0 * at, load, same_process=is_same):
                pass
            is_same = True
        states.append(ProcessState(f"p{number}", proxies if previous is not None else None, world.troubles[number]))
    return assess(world.requirements, states).readiness


_HEADER = header(COLUMNS)


def _read(rows: Rows, bad: set[int], previous: Reading | None) -> Reading:
    parser = StatParser(previous)
    parser.feed(_HEADER)
    for number, row in enumerate(rows):
        text = line(row, COLUMNS)
        parser.feed(text.replace(b",\n", b"\n") if number in bad else text)
    parser.feed(b"\n")
    return parser.finish()


def less(world: World, choose: random.Random) -> tuple[str, World] | None:
    """Return a world with less evidence, and the name of what was taken away; None where there was none of it."""
    process = choose.randrange(len(world.answers))
    at = choose.randrange(READINGS)
    rows = world.answers[process][at]
    row = choose.randrange(len(rows))
    kind = choose.choice(("row", "row", "cell", "cell", "cell", "bad row", "reading", "source", "load"))
    if kind == "source":
        troubles = [Reason.haproxyUnreadable if n == process else t for n, t in enumerate(world.troubles)]
        return kind, replace(world, troubles=troubles) if not world.troubles[process] else world
    if kind == "reading":
        return (kind, replace(world, skipped=frozenset({(process, at)}))) if at < READINGS - 1 else None
    if kind == "load":
        return kind, replace(world, loadless=frozenset({(process, at)}))
    if kind == "bad row":
        return kind, replace(world, bad=frozenset({(process, at, row)}))
    if kind == "cell":
        cell = choose.choice([name for name in COLUMNS if rows[row].get(name)])
        kind, changed = f"cell {cell}", [*rows[:row], rows[row] | {cell: ""}, *rows[row + 1 :]]
    else:
        if at == 0 or at in world.reloads[process] or rows[row]["status"].startswith("MAINT"):
            return None  # such a row may not have been there, or its server was deleted: that is another world
        changed = [*rows[:row], *rows[row + 1 :]]
    answers = [
        [*answer[:at], changed, *answer[at + 1 :]] if n == process else answer for n, answer in enumerate(world.answers)
    ]
    return kind, replace(world, answers=answers)


BADNESS = {Readiness.ready: 0, Readiness.degraded: 1, Readiness.notReady: 2}


def is_better(after: Readiness, before: Readiness) -> bool:
    """Whether less evidence has made it better."""
    if after is Readiness.unknown:
        return False
    return BADNESS[after] < BADNESS[Readiness.notReady if before is Readiness.unknown else before]


def play(number: int, seed: int) -> tuple[Counter, list[str]]:
    """Play worlds; return how many there were of each readiness and taking away, and those in which it got better."""
    counts: Counter = Counter()
    wrong = []
    for each in range(seed, seed + number):
        choose = random.Random(each)
        world = generate(choose)
        before = readiness(world)
        taken = None
        while taken is None:
            taken = less(world, choose)
        kind, poorer = taken
        after = readiness(poorer)
        counts[f"all evidence: {before.name}"] += 1
        counts[f"without a {kind}"] += 1
        if is_better(after, before):
            wrong.append(f"world {each}: without a {kind}, {before.name} became {after.name}")
    return counts, wrong


def main() -> int:
    """Play as many worlds as the arguments say, and print what there was."""
    parser = argparse.ArgumentParser(prog="python -m tests.health.worlds")
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first world")
    parser.add_argument("--jobs", type=int, default=2, help="worlds that are played side by side")
    given = parser.parse_args()
    began = time.monotonic()
    counts, wrong = Counter[str](), list[str]()
    firsts = range(given.seed, given.seed + given.number, PIECE)
    numbers = [min(PIECE, given.seed + given.number - first) for first in firsts]
    with ProcessPoolExecutor(given.jobs) as pool:
        for found, better in pool.map(play, numbers, firsts):
            counts += found
            wrong += better
    for what, number in sorted(counts.items()):
        print(f"{number:8}  {what}")
    for each in wrong[:20]:
        print(each)
    print(f"{given.number} worlds, {len(wrong)} got better with less evidence; {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
