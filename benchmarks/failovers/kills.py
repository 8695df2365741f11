"""The daemon killed at random moments while things happen: nothing is lost, and nothing is told twice unmarked."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from benchmarks.failovers.judge import Tally, false_roles, in_order
from benchmarks.failovers.pair import KEEPALIVED_LOG, START, Pair, changes, pair, pause, roles
from integration.netlab import LabError, control, wait_for
from integration.netlab.plan import VIRTUAL
from tests.support.reported import reported
from tests.support.wait import until

HOST = "lb1"
MANY = "notifications: {limit: 600/min, servers: true}\n"
"""So that there is always something under way."""
SERVERS = ("be_web/web1", "be_web/web2", "be_api/api1", "be_api/api2")
AMID = 0.01
"""Seconds in which an event is sent and acknowledged."""
MOVES = 6
"""Servers that are taken out and put back in a row."""

UP = 15.0
"""Seconds in which a daemon that was started answers."""


@dataclass(frozen=True, slots=True)
class Killed:
    """``events`` are in the log after so many kills."""

    kills: int
    events: int
    tally: Tally


def kill(number: int, chance: Random) -> Iterator[Killed]:
    """Kill it so many times, at any moment of its life; give how it goes after each time."""
    tally = Tally()
    with pair("kills", MANY, "0.2s") as found:
        before = len(found.lab.host(HOST).read(KEEPALIVED_LOG))
        moving = _Changes(found, Random(chance.random()))  # noqa: S311  no secret
        with moving:
            for done in range(1, number + 1):
                if done % 2:
                    pause(chance.uniform(0, 2))
                else:
                    _await_event(found)
                    pause(chance.uniform(0, AMID))
                found.lab.ctl(HOST, "agent", "kill9")
                control.launch(found.lab.host(HOST), control.find(HOST, "agent"))
                if done % 4:  # else the next kill is in its start
                    _wait(lambda: found.status(HOST), found)
                yield Killed(done, found.last(HOST), tally)
        tally.wrong += moving.problems
        try:
            found.wait_normal()
        except LabError as error:
            tally.wrong.append(str(error))
        last = found.last(HOST)
        _wait(lambda: len({one.sequence for one in reported(found.lab, HOST)}) >= last, found)
        arrived = reported(found.lab, HOST)
        once, wrong = in_order(HOST, arrived, VIRTUAL, last)
        tally.add(once)
        tally.repeated = len(arrived) - len(once) if once else 0
        log = found.lab.host(HOST).read(KEEPALIVED_LOG)[before:]
        kept = {site: changes([role for name, role in roles(log) if name == site], START[HOST]) for site in VIRTUAL}
        tally.failovers = sum(role == "backup" for sequence in kept.values() for role in sequence)
        tally.wrong += [*wrong, *false_roles(HOST, once, kept, all_of_it=False)]
        yield Killed(number, last, tally)


def _await_event(found: Pair) -> None:
    """Wait for the moment in which something is put into the log and sent."""
    before = found.last(HOST)
    until(lambda: found.last(HOST) > before, UP, every=0)  # a millisecond decides


def _wait(condition: Callable[[], object], found: Pair) -> None:
    wait_for(lambda: bool(condition()), "the daemon goes on", UP, lambda: found.lab.logs(HOST))


class _Changes:
    """HAProxy and its servers come and go while it is entered, a few times a second, and all are there afterwards."""

    def __init__(self, found: Pair, chance: Random) -> None:
        self.problems: list[str] = []
        self._lab = found.lab
        self._chance = chance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._chance.choice((self._move_servers, self._move_haproxy))()
        except (LabError, OSError) as error:
            self.problems.append(str(error))

    def _move_servers(self) -> None:
        """Take servers out of their backend and put them back."""
        for _ in range(MOVES):
            for state in ("maint", "ready"):
                self._lab.haproxy(HOST, f"set server {self._chance.choice(SERVERS)} state {state}")
                self._stop.wait(self._chance.uniform(0, 0.4))
        self._lab.haproxy(HOST, "; ".join(f"set server {server} state ready" for server in SERVERS))

    def _move_haproxy(self) -> None:
        self._lab.ctl(HOST, "haproxy", self._chance.choice(("stop", "kill9")))
        self._stop.wait(self._chance.uniform(0, 2))
        self._lab.ctl(HOST, "haproxy", "start")
        self._stop.wait(self._chance.uniform(0, 1))
