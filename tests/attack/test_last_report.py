"""Backends that change while the daemon is killed, stopped and configured anew: its last report is the truth."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from haproxy_agentx.control.client import ask
from haproxy_agentx.control.request import MAX_EVENTS
from tests.support.daemon import Daemon, source
from tests.support.daemon_fixtures import daemon_factory, folder
from tests.support.fake_haproxy import Connection, FakeSocket
from tests.support.snmpd import Snmpd
from tests.support.stat_csv import answer, backend, frontend, server, show_info
from tests.support.wait import eventually, until

__all__ = ["daemon_factory", "folder"]

KILLS = 100
LEAST = 3
"""Kills that even a machine with much else to do has time for."""

BUDGET = 25.0
"""Seconds for all kills: on a busy machine there are fewer of them."""

BACKENDS = [f"be{number}" for number in range(6)]


class Backends:
    """A fake HAProxy whose backends change; ``flips`` counts changes that were shown to a reader."""

    def __init__(self) -> None:
        self.states = dict.fromkeys(BACKENDS, "UP")
        self.readings = 0
        self.flips = 0
        self.to_flip = 0
        """Changes that are due, one with each reading."""
        self._lock = threading.Lock()

    def __call__(self, connection: Connection, asked: bytes) -> None:
        if asked != b"show stat":
            connection.send(show_info())
            return
        with self._lock:
            if self.to_flip:
                self.to_flip -= 1
                self.flips += 1
                self.flip(BACKENDS[0])
            rows = [frontend("fe", 2)]
            for number, (name, state) in enumerate(self.states.items(), 3):
                rows += [server(name, "web", number, 1, status=state), backend(name, number, status=state)]
        connection.send(answer(rows))
        self.readings += 1

    def flip(self, name: str) -> None:
        self.states[name] = "DOWN" if self.states[name] == "UP" else "UP"

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let backends change all the time, one each few milliseconds."""
        ended = threading.Event()

        def change() -> None:
            chance = random.Random(1)
            while not ended.wait(chance.uniform(0.005, 0.1)):
                self.flip(chance.choice(BACKENDS))

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@pytest.fixture
def backends(folder: Path) -> Iterator[Backends]:
    fake = Backends()
    with FakeSocket(folder / "haproxy.sock", fake):
        yield fake


def events(daemon: Daemon) -> list[dict[str, Any]]:
    """Return the events of backends, oldest first; the daemon runs."""
    found: list[dict[str, Any]] = []
    while True:
        since = found[-1]["sequence"] if found else 0
        page = ask(str(daemon.folder / "control.sock"), {"command": "events", "since": since, "limit": MAX_EVENTS})
        if not page["events"]:
            return [one for one in found if one["kind"] == "backendChange"]
        found += page["events"]


def last_reports(of: list[dict[str, Any]]) -> dict[str, str]:
    """Return the last state of each backend; each event goes on from the one before it."""
    last = {f"local/{name}": "UP" for name in BACKENDS}
    for one in of:
        if (subject := one["subject"]) != "(several)":
            assert one["previous_state"] == last[subject] != one["state"]
            last[subject] = one["state"]
    return {subject.removeprefix("local/"): state for subject, state in last.items()}


def accounted(of: list[dict[str, Any]]) -> int:
    """Return how many changes are reported or counted."""
    single = sum(one["subject"] != "(several)" for one in of)
    return single + sum(one["suppressed"] for one in of)


def start(factory: Callable[..., Daemon], snmpd: Snmpd, folder: Path, **notifications: object) -> Daemon:
    patient = {**source("local", folder / "haproxy.sock"), "timeout": "5s"}  # what is not read counts
    return factory(snmpd.agentx, [patient], notifications=notifications)


def test_a_hundred_kills_under_changing_backends(daemon_factory, snmpd, folder, backends):
    daemon = start(daemon_factory, snmpd, folder)
    daemon.read_again("local")
    kills, chance, deadline = 0, random.Random(2), time.monotonic() + BUDGET
    with backends.changing():
        while kills < KILLS and time.monotonic() < deadline:
            due = backends.readings + chance.choice([0, 1, 1, 2, 3])
            until(lambda due=due: backends.readings >= due, 2.0, 0.002)
            daemon.kill9()
            kills += 1
            daemon._wait = ""
            daemon.start()
    assert kills >= LEAST
    daemon.eventually(daemon.well, 20)
    daemon.eventually(lambda: last_reports(events(daemon)) == backends.states, 20)


def storm(backends: Backends, changes: int) -> None:
    """Let a backend change with each reading."""
    backends.to_flip = changes
    eventually(lambda: not backends.to_flip, 30)


def test_a_burst_before_the_end_is_counted_and_its_last_state_reported(daemon_factory, snmpd, folder, backends):
    daemon = start(daemon_factory, snmpd, folder)
    daemon.read_again("local")
    storm(backends, 31)
    daemon.read_again("local")
    daemon.restart()
    assert backends.flips == 31
    assert backends.states[BACKENDS[0]] == "DOWN"
    found = last_reports(before := events(daemon))
    if found != backends.states:
        daemon.eventually(lambda: last_reports(events(daemon)) == backends.states, 10)
    after = events(daemon)
    assert accounted(after) == 31 + any("found at a start" in one["cause_text"] for one in after), before


def test_reloads_while_backends_change_lose_nothing(daemon_factory, snmpd, folder, backends):
    daemon = start(daemon_factory, snmpd, folder, limit="600/min")
    daemon.read_again("local")
    backends.to_flip = 60
    for number in range(1, 7):
        left = backends.to_flip - 6
        eventually(lambda left=left: backends.to_flip <= left, 20)
        daemon.configure(notifications={"limit": "600/min", "hold": f"{number}s"})
        daemon.hup()
        daemon.logs("configuration reloaded", count=number)
    eventually(lambda: not backends.to_flip, 20)
    daemon.read_again("local", 3)
    daemon.eventually(lambda: accounted(events(daemon)) >= backends.flips, 10)
    of = events(daemon)
    assert last_reports(of) == backends.states
    assert accounted(of) == backends.flips == 60
