"""The disk of the store hangs, is locked, is full: what is reported is true, in time, and has each number once."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from haproxy_agentx.store.database import Store
from haproxy_agentx.store.numbering import FIRST_FREE, PROVISIONAL
from tests.support.bad_disk import Image, fill, small_disk, write_locked
from tests.support.daemon import OID, Daemon, source
from tests.support.daemon_fixtures import folder
from tests.support.fake_haproxy import FakeSocket, answers
from tests.support.probe import Probe
from tests.support.snmpd import Snmpd
from tests.support.snmptrapd import Snmptrapd
from tests.support.stat_csv import answer, backend, frontend, server, show_info

__all__ = ["folder"]

HEALTH, STORE_STATE = f"{OID}.1.1.20.0", f"{OID}.1.1.5.0"
EVENTS = f"{OID}.1.11.1"
SERVER_NAMES = f"{OID}.1.9.1.11"
OK, HANGS = 1, 3
WRONG = 8
"""Healths from here on are wrong."""

MEMORY = 64 << 20
"""Octets of the daemon and its store process together."""

DETECTION = 5.0
"""Seconds in which HAProxy's state has to show, beside other tests."""


class ServiceManager(AbstractContextManager["ServiceManager"]):
    """What listens at NOTIFY_SOCKET; ``heard`` are lines with the moment at which they came."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[tuple[float, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(self.path))
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while message := self._socket.recv(4096):
            self.heard += [(time.monotonic(), line) for line in message.decode().splitlines()]

    def since(self, moment: float, line: str) -> int:
        return sum(at >= moment and heard == line for at, heard in self.heard)


class Reported(NamedTuple):
    """What arrived at the sink of an event."""

    sequence: int
    maybe_repeated: bool
    words: tuple[str, ...]


class World:
    """HAProxy, a daemon with its store in ``disk``, snmpd, a sink of its notifications, and the service manager."""

    def __init__(self, folder: Path, disk: Path, haproxy: FakeSocket, snmpd: Snmpd, sink: Snmptrapd) -> None:
        self.haproxy, self.snmpd, self.sink = haproxy, snmpd, sink
        self.manager = ServiceManager(folder / "notify.sock")
        self.up()
        self.daemon = Daemon(
            folder / "daemon",
            snmpd.agentx,
            [source("local", haproxy.path)],
            wait="",
            environment={"NOTIFY_SOCKET": str(self.manager.path)},
            store=str(disk / "state.db"),
            notifications={"hold": "0s"},
        )

    def set(self, status: str, servers: int = 2) -> None:
        rows = [server("be", f"web{number}", 3, number, status=status) for number in range(1, servers + 1)]
        rows = [frontend("fe", 2), *rows, backend("be", 3, status=status)]
        self.haproxy.script = answers({b"show stat": answer(rows), b"show info": show_info()})

    def up(self, servers: int = 2) -> None:
        self.set("UP", servers)

    def down(self, servers: int = 2) -> None:
        self.set("DOWN", servers)

    def start(self, within: float = 5.0) -> None:
        """Start, and wait for READY."""
        began = time.monotonic()
        self.daemon.start()
        self.eventually(lambda: self.manager.since(began, "READY=1"), within)
        self.eventually(lambda: self.value(HEALTH) is not None, within)

    def value(self, oid: str) -> object:
        return self.snmpd.one(oid).value

    def eventually(self, condition: Callable[[], object], within: float = DETECTION) -> None:
        self.daemon.eventually(condition, within)

    def is_wrong(self) -> bool:
        health = self.value(HEALTH)
        return isinstance(health, int) and health >= WRONG

    def reported(self) -> list[Reported]:
        """What has arrived until now, in order."""
        found = []
        for trap in self.sink.traps():
            cells = {bind.name.removeprefix(f"{EVENTS}."): bind.text for bind in trap}
            number = next((name.partition(".")[2] for name in cells if name.startswith("15.")), None)
            if number is not None:
                words = tuple(cells.get(f"{column}.{number}", "") for column in (5, 6, 7, 13))
                found.append(Reported(int(number), cells[f"15.{number}"].startswith(("1", "true")), words))
        return found

    def arrives(self, since: int, within: float = DETECTION) -> list[Reported]:
        """Wait for something more than ``since``."""
        self.eventually(lambda: len(self.reported()) > since, within)
        return self.reported()[since:]

    def assert_each_number_is_of_one_event(self) -> None:
        told: dict[int, tuple[str, ...]] = {}
        for one in self.reported():
            assert told.setdefault(one.sequence, one.words) == one.words, one
        first = [one.sequence for one in self.reported()]
        assert list(dict.fromkeys(first)) == sorted(set(first)), "in order"


@pytest.fixture
def world_on(folder: Path) -> Iterator[Callable[[Path], World]]:
    with (
        Snmptrapd(folder / "sink") as sink,
        Snmpd(folder / "snmpd", sink.sinks()) as snmpd,
        FakeSocket(folder / "haproxy.sock", {}) as haproxy,
    ):
        made: list[World] = []

        def make(disk: Path) -> World:
            world = World(folder, disk, haproxy, snmpd, sink)
            made.append(world)
            world.manager.__enter__()
            return world

        try:
            yield make
        finally:
            for world in made:
                world.manager.__exit__()


# fsfreeze, as a snapshot does it that never ends; a dead network file system and a dying disk are the same to us.
def test_a_file_system_that_hangs_holds_up_nothing(folder, world_on):
    with Image(folder / "disk") as disk:
        world = world_on(disk.folder)
        with world.daemon as daemon:
            world.eventually(lambda: not world.is_wrong() and daemon.well())
            known = len(world.reported())
            disk.freeze()
            frozen_at = time.monotonic()
            with Probe(world.snmpd.port, HEALTH) as probe:
                world.up(3)
                world.down(3)
                world.eventually(world.is_wrong)
                assert any(one.maybe_repeated for one in world.arrives(known))
                world.eventually(lambda: world.value(STORE_STATE) == HANGS)
                assert "has not answered for" in daemon.status()["store"]["problem"]
                world.eventually(lambda: any(row.value == "web3" for row in world.snmpd.walk(SERVER_NAMES)))
                new = next(row for row in world.snmpd.walk(SERVER_NAMES) if row.value == "web3")
                assert int(new.oid.rpartition(".")[2]) >= PROVISIONAL
                known = len(world.reported())
                world.up(3)
                world.eventually(lambda: not world.is_wrong())
                world.arrives(known)
                daemon.hup()
                world.eventually(lambda: world.manager.since(frozen_at, "READY=1"))
                world.eventually(lambda: world.manager.since(frozen_at + 4, "WATCHDOG=1"), 12)
            probe.assert_answered()
            assert daemon.stop(4.0) == 0

            # a start
            known = len(world.reported())
            world.down(3)
            world.start()
            world.eventually(world.is_wrong)
            world.eventually(lambda: world.value(STORE_STATE) == HANGS)
            world.up(3)
            world.eventually(lambda: not world.is_wrong())
            world.arrives(known)
            world.assert_each_number_is_of_one_event()
            began = time.monotonic()
            daemon.kill9(wait_for_children=False)
            assert time.monotonic() - began < 1
            world.start()

            # and it is all over
            disk.thaw()
            world.eventually(lambda: world.value(STORE_STATE) == OK)
            known = len(world.reported())
            world.eventually(
                lambda: (
                    {row.value for row in world.snmpd.walk(SERVER_NAMES)} == {"web1", "web2", "web3"}
                    and all(int(row.oid.rpartition(".")[2]) < PROVISIONAL for row in world.snmpd.walk(SERVER_NAMES))
                )
            )
            world.down(3)
            assert not world.arrives(known)[-1].maybe_repeated
            world.assert_each_number_is_of_one_event()
            assert daemon.stop() == 0


# Catches transitions that are lost because what was to be written is cancelled with the monitor that a reload replaces.
def test_reloads_while_the_store_is_locked_lose_no_transition(folder, world_on):
    world = world_on(folder)
    with world.daemon as daemon:
        world.eventually(lambda: daemon.well() and not world.is_wrong())
        known = len(world.reported())
        with write_locked(str(daemon.keys["store"])):
            for number in range(12):
                change, health = ((world.down, "blackhole"), (world.up, "active"))[number % 2]
                change()
                world.eventually(lambda health=health: daemon.status()["health"] == health)
                daemon.configure(notifications={"hold": f"{number % 2 * 10}ms"})
                daemon.hup()  # while what was judged waits for the lock
                daemon.logs("configuration reloaded", count=number + 1)
                world.eventually(lambda health=health: daemon.status()["health"] == health)
        world.eventually(lambda: len(service_changes(world.reported()[known:])) >= 12, 10)
        assert len(service_changes(world.reported()[known:])) == 12
        world.assert_each_number_is_of_one_event()


def service_changes(reported: list[Reported]) -> list[Reported]:
    """Those of health: there may be others of backends and sources."""
    return [one for one in reported if one.words[1] != one.words[2] and one.words[1]]


# Catches a number that is given to another event, because the first one was never written down.
def test_on_a_full_disk_killed_no_number_comes_twice(folder, world_on):
    with small_disk(folder / "disk", "512k"):
        world = world_on(folder / "disk")
        with world.daemon as daemon:
            world.eventually(lambda: daemon.well() and not world.is_wrong())
            for _ in range(3):
                filler = fill(folder / "disk")
                for change, health in ((world.down, "blackhole"), (world.up, "active")):
                    change()
                    world.eventually(lambda health=health: daemon.status()["health"] == health)
                world.eventually(lambda: not daemon.status()["events"]["queued"])
                daemon.kill9()
                filler.unlink()
                world.start()
                world.eventually(lambda: daemon.well() and world.value(STORE_STATE) == OK)
                for change, health in ((world.down, "blackhole"), (world.up, "active")):
                    change()
                    world.eventually(lambda health=health: daemon.status()["health"] == health)
                world.eventually(lambda: not daemon.status()["events"]["queued"])
            assert any(one.maybe_repeated for one in world.reported())
            world.assert_each_number_is_of_one_event()


# Catches a start that reads every name that there ever was: the service's memory ends before.
def test_two_million_past_names_are_not_held(folder, world_on):
    world = world_on(folder)
    Store.open(str(folder / "state.db")).close()
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        numbers = "WITH RECURSIVE past(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM past WHERE n < 2000000)"
        row = f"CAST('server/local/be' AS BLOB), CAST(printf('past-%08d', n) AS BLOB), n + {FIRST_FREE}"
        connection.execute(f"INSERT INTO row_index {numbers} SELECT {row} FROM past")
        connection.execute("COMMIT")
    with world.daemon as daemon:
        world.eventually(lambda: {row.value for row in world.snmpd.walk(SERVER_NAMES)} == {"web1", "web2"})
        world.eventually(lambda: [row.oid.rpartition(".")[2] for row in world.snmpd.walk(SERVER_NAMES)] == ["1", "2"])
        world.haproxy.script = answers(
            {
                b"show stat": answer([server("be", "new", 3, FIRST_FREE + 5), backend("be", 3)]),
                b"show info": show_info(),
            }
        )
        world.eventually(lambda: [row.value for row in world.snmpd.walk(SERVER_NAMES)] == ["new"])
        new = str(FIRST_FREE + 2_000_001)
        world.eventually(lambda: world.snmpd.walk(SERVER_NAMES)[0].oid.rpartition(".")[2] == new)
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
        used = [memory(int(pid)) for pid in (daemon.pid, *children)]
        print("octets of memory:", used)  # noqa: T201  pytest -s shows it
        assert sum(used) < MEMORY
        assert daemon.stop() == 0


def memory(pid: int) -> int:
    """Return octets of memory that a process has, its share of what it shares."""
    found = next(line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return int(found.split()[1]) << 10
