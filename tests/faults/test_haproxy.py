"""Faults of HAProxy's socket (F1-F5, F7, F10, F11), each with a daemon that is registered with snmpd.

One daemon reads an HAProxy for each fault, so the others go on while one is broken. What must hold each time: a clear
state, one line in the log, no row that is too old, recovery without a restart, and snmpd answered all the while.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import fake_haproxy as fake
from tests.support.daemon import INTERVAL, OID, RECOVERY, TIMEOUT, Daemon, source
from tests.support.daemon_fixtures import GOOD, ROWS
from tests.support.fake_haproxy import FakeSocket
from tests.support.probe import Probe
from tests.support.snmpd import Snmpd
from tests.support.stat_csv import VERSIONS, answer, backend, header, line, server, show_info
from tests.support.wait import until

pytestmark = pytest.mark.system

STAT = answer(ROWS)
UP_TIME = f"{OID}.1.1.3.0"
STATES = {"ok": 1, "stale": 2, "refused": 3, "denied": 4, "absent": 5}
TOO_OLD = 3 * INTERVAL + TIMEOUT
"""Seconds after which rows are withdrawn."""


class Place:
    """Where an HAProxy of the test listens, when it does."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self.number = number
        self.name = path.stem
        self.more = ExitStack()
        self.fake: FakeSocket | None = None
        self.heal()

    def gone(self, *, keep: bool = False) -> None:
        if self.fake is not None:
            self.fake.close(keep=keep)
            self.fake = None

    def heal(self) -> None:
        self.more.close()
        if self.fake is None:
            self.path.unlink(missing_ok=True)
            self.fake = FakeSocket(self.path, GOOD).__enter__()
        self.fake.script = GOOD

    def says(self, script: fake.Script) -> None:
        assert self.fake is not None
        self.fake.script = script

    def full_queue(self) -> None:
        self.gone()
        self.more.enter_context(fake.full_queue(self.path))


class Fault(NamedTuple):
    """How it is broken, the state that is shown, and words of the log line."""

    act: Callable[[Place], None]
    state: str
    words: str


def torn_anywhere(connection: fake.Connection, asked: bytes) -> None:
    """Each answer breaks off somewhere else."""
    whole = STAT if asked == b"show stat" else show_info()
    connection.send(whole[: random.randrange(1, len(whole) - 1)])


def only(command: bytes, script: fake.Script) -> fake.Script:
    """Do as ``script`` at one command only."""
    return lambda connection, asked: (script if asked == command else GOOD)(connection, asked)


FAULTS = {
    "absent": Fault(lambda place: place.gone(), "absent", "no such socket"),
    "dead": Fault(lambda place: place.gone(keep=True), "refused", "HAProxy"),
    "denied": Fault(lambda place: place.says(fake.sends(b"Permission denied\n\n")), "denied", "level"),
    "queue": Fault(Place.full_queue, "stale", "queue is full"),
    "silent": Fault(lambda place: place.says(fake.never_writes), "stale", "answers nothing"),
    "silent-info": Fault(lambda place: place.says(only(b"show info", fake.never_writes)), "stale", "answers nothing"),
    "drip": Fault(lambda place: place.says(fake.drips(STAT, 0.02)), "stale", "not whole within"),
    "stall": Fault(lambda place: place.says(fake.stalls_after(STAT[:2000])), "stale", "nothing more came"),
    "torn": Fault(lambda place: place.says(fake.sends(STAT[:-40])), "stale", "torn"),
    "torn-info": Fault(lambda place: place.says(only(b"show info", fake.sends(b"Name: HA"))), "stale", "torn"),
    "torn-anywhere": Fault(lambda place: place.says(torn_anywhere), "stale", ""),
    "mute": Fault(lambda place: place.says(fake.closes), "stale", "without an answer"),
    "binary": Fault(lambda place: place.says(fake.sends(bytes(range(256)) * 9 + b"\n\n")), "stale", "no statistics"),
    "web": Fault(lambda place: place.says(fake.sends(b"HTTP/1.0 400 Bad\r\n\r\n")), "stale", "no statistics"),
    "long": Fault(lambda place: place.says(fake.sends(STAT[:-1] + b"x" * 200_000)), "stale", "a row of more than"),
    "two": Fault(lambda place: place.says(fake.sends(STAT + STAT)), "stale", "goes on after"),
}  # fmt: skip


class World(NamedTuple):
    daemon: Daemon
    snmpd: Snmpd
    places: dict[str, Place]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("f")
    with ExitStack() as running:
        places = {name: Place(folder / name, number) for number, name in enumerate(FAULTS, 1)}
        for place in places.values():
            running.callback(place.gone)
            running.callback(place.more.close)
        snmpd = running.enter_context(Snmpd(folder / "snmpd"))
        sources = [source(name, place.path) for name, place in places.items()]
        daemon = running.enter_context(Daemon(folder / "daemon", snmpd.agentx, sources))
        yield World(daemon, snmpd, places)


def name_of(number: int) -> str:
    """The OID of the name of a server of a process."""
    return f"{OID}.1.9.1.11.{number}.3.1"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_and_its_end(world: World, name: str):
    try:
        check(world, name)
    finally:
        world.places[name].heal()


def check(world: World, name: str) -> None:
    daemon, snmpd, places = world
    fault, place = FAULTS[name], places[name]
    number = place.number
    state, process_state = f"{OID}.1.2.1.5.{number}", f"{OID}.1.6.1.201.{number}"
    assert daemon.state(name) == "ok"
    assert snmpd.one(name_of(number)).value == "web1"
    lines = len(daemon.lines_of(name))
    failures = daemon.source(name)["failures"]
    with Probe(snmpd.port, UP_TIME) as probe:
        fault.act(place)
        broken = time.monotonic()
        daemon.eventually(lambda: daemon.state(name) == fault.state)
        reported = {row.value for row in snmpd.get(state, process_state)}
        assert reported == {STATES[fault.state]}
        assert daemon.source(name)["error"]

        # the rows of the last good reading stay for a while, and are never shown as if they were so now
        daemon.eventually(lambda: snmpd.one(name_of(number)).type == "noSuchInstance")
        assert time.monotonic() - broken > TOO_OLD - INTERVAL - TIMEOUT
        assert set(daemon.source(name)["rows"].values()) == {0}
        assert snmpd.get(state, process_state)[0].value == STATES[fault.state]
        backends = snmpd.bulkwalk(f"{OID}.1.8.1.10", 50)
        assert [row.oid for row in backends if row.oid.endswith(f".{number}.3")] == []
        assert len(backends) == len(places) - 1

        # one line in the log, and one for the rows, however often it fails
        daemon.eventually(lambda: daemon.source(name)["failures"] >= failures + 4)
        new = daemon.lines_of(name)[lines:]
        withdrawn = [text for text in new if "rows withdrawn" in text]
        warnings = [text for text in new if text not in withdrawn]
        assert len(withdrawn) == 1, new
        assert 1 <= len(warnings) <= 2, new  # the reading that was under way may have broken in a way of its own
        assert all("WARNING" in text for text in new)
        assert fault.words in warnings[-1]

        place.heal()
        daemon.eventually(lambda: daemon.state(name) == "ok")
        assert until(lambda: snmpd.one(name_of(number)).value == "web1", RECOVERY)
        assert {row.value for row in snmpd.get(state, process_state)} == {STATES["ok"]}
        assert ["reading" in text for text in daemon.lines_of(name)[lines + len(new) :]] == [True]
        last_error = str(snmpd.one(f"{OID}.1.2.1.9.{number}").value)
        assert fault.words in last_error
    probe.assert_answered()
    others = [one for one in daemon.status()["sources"] if one["state"] != "ok"]
    assert others == []


# F11: whatever happened above, nothing but four commands was ever sent.
def test_f11_only_show_commands_are_ever_sent(world: World):
    for place in world.places.values():
        assert place.fake is not None
        assert set(place.fake.asked) <= {b"show stat", b"show info", b"show peers", b"show ssl sni"}
    asked = world.places["silent"].fake.asked
    assert {b"show stat", b"show info"} <= set(asked)


# F1: no permission on the file itself.
def test_f1_no_permission_on_the_socket(daemon_factory, snmpd, haproxy):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], fault="nobody")
    Path(haproxy.path).chmod(0o600)
    daemon.trigger()
    daemon.eventually(lambda: daemon.state("local") == "denied")
    assert "permission" in daemon.source("local")["error"]
    assert snmpd.one(f"{OID}.1.2.1.5.1").value == STATES["denied"]
    Path(haproxy.path).chmod(0o666)
    daemon.eventually(daemon.well)
    assert len(daemon.lines("WARNING local:")) <= 2


# F5: bad rows are counted and told, good ones kept, and the source is well.
def test_f5_bad_rows(daemon, snmpd, haproxy):
    columns = VERSIONS["2.6"]
    good = [line(row, columns) for row in ROWS]
    bad = [good[2].replace(b"web1", b"we\0b"), b"x,y,z\n", good[3].replace(b",,", b",", 1), b"\xff\xfe\n"]
    damaged = header(columns) + b"".join([bad[0], *good[:3], *bad[1:], *good[3:]]) + b"\n"
    haproxy.script = fake.answers({b"show stat": damaged, b"show info": show_info()})
    counter = f"{OID}.1.6.1.205.1"
    daemon.eventually(lambda: int(snmpd.one(counter).value or 0) >= 2 * len(bad))
    assert int(snmpd.one(counter).value) % len(bad) == 0
    assert daemon.state("local") == "ok"
    assert daemon.source("local")["rows"] == {"frontend": 1, "backend": 1, "server": 2, "listener": 1}
    assert snmpd.one(name_of(1)).value == "web1"


# F5: another order of the columns, from one reading to the next.
def test_f5_another_column_order(daemon, snmpd, haproxy):
    columns = VERSIONS["2.6"]
    for order in ([*columns[:2], *reversed(columns[2:])], [*columns[:2], *sorted(columns[2:])]):
        for value in ("41", "42"):
            moved = answer([row | {"stot": value} for row in ROWS], order)
            haproxy.script = fake.answers({b"show stat": moved, b"show info": show_info()})
            daemon.eventually(lambda value=value: snmpd.one(f"{OID}.1.9.1.17.1.3.1").value == int(value))
            assert snmpd.one(f"{OID}.1.9.1.201.1.3.1").value == "UP"
    assert daemon.lines("WARNING") == []


# F7: 200 MB; the byte cap refuses it, the memory stays small, and snmpd is answered meanwhile.
def test_f7_a_flood(daemon_factory, snmpd, folder):
    with FakeSocket(folder / "h.sock", GOOD) as haproxy:
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path, timeout="30s")])
        flood = fake.floods(200 << 20, pattern=b"x" * 8191 + b"\n", first=header(VERSIONS["2.6"]))
        with Probe(snmpd.port, UP_TIME) as probe:
            haproxy.script = only(b"show stat", flood)
            daemon.eventually(lambda: daemon.state("local") == "stale", within=25)
            assert "limit" in daemon.source("local")["error"]
            haproxy.script = GOOD
            daemon.eventually(daemon.well, within=25)
        probe.assert_answered()
        assert peak_memory(daemon.pid) < 150 << 20


# F7: 100,000 servers are read and served, and answers go on meanwhile.
def test_f7_a_hundred_thousand_servers(daemon_factory, snmpd, folder):
    columns = VERSIONS["1.8"]
    rows = [line(server(f"be{n % 100}", f"s{n}", n % 100 + 1, n), columns) for n in range(1, 100_001)]
    many = header(columns) + b"".join(rows) + b"\n"
    with FakeSocket(folder / "h.sock", GOOD) as haproxy:
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path, timeout="30s")])
        haproxy.script = fake.answers({b"show stat": many, b"show info": show_info()})
        with Probe(snmpd.port, UP_TIME) as probe:
            daemon.eventually(lambda: daemon.source("local")["rows"]["server"] == 100_000, within=25)
            assert snmpd.one(f"{OID}.1.9.1.11.1.1.100000").value == "s100000"
        probe.assert_answered()
        assert daemon.stop() == 0


def peak_memory(pid: int) -> int:
    """Octets that a process has had in memory at most."""
    words = Path(f"/proc/{pid}/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1]) * 1024


# F10: quoted commas and names of a kilobyte.
def test_f10_long_names_and_quoted_texts(daemon, snmpd, haproxy):
    twins = ["s" * 1023 + "1", "s" * 1023 + "2"]
    rows = [server("b" * 1024, name, 9, sid, last_chk='no, "really"') for sid, name in enumerate(twins, 1)]
    haproxy.script = fake.answers({b"show stat": answer([*rows, backend("b" * 1024, 9)]), b"show info": show_info()})
    daemon.eventually(
        lambda: daemon.source("local")["rows"] == {"frontend": 0, "backend": 1, "server": 2, "listener": 0}
    )
    for sid in (1, 2):
        assert snmpd.one(f"{OID}.1.9.1.11.1.9.{sid}").value == "s" * 255
        assert snmpd.one(f"{OID}.1.9.1.66.1.9.{sid}").value == 'no, "really"'


# Names of any octets are served as text, keep their numbers over a restart, and end nothing.
def test_names_that_are_no_text(daemon, snmpd, haproxy):
    odd = (
        answer([server("b1", "s1", 8, 5), server("b1", "s2", 8, 6)]).replace(b"b1", b"b\xff").replace(b"s1", b"caf\xe9")
    )
    info = show_info(description="x").replace(b"x\n\n", b"caf\xe9\n\n")
    haproxy.script = fake.answers({b"show stat": odd, b"show info": info})
    for _ in range(2):
        daemon.eventually(lambda: daemon.well() and daemon.source("local")["rows"]["frontend"] == 0)
        assert snmpd.one(f"{OID}.1.9.1.11.1.8.5").value == "caf\ufffd"
        assert snmpd.one(f"{OID}.1.9.1.10.1.8.6").value == "b\ufffd"
        assert "caf" in str(snmpd.one(f"{OID}.1.6.1.61.1").value)
        daemon.restart()
    assert daemon.lines("WARNING") == []


# L4: what comes from HAProxy does not write lines of our log.
def test_names_do_not_inject_log_lines(daemon, haproxy):
    haproxy.script = fake.sends(b"# evil\r\n2026-01-01 ERROR forged\x1b[2J\n\n")
    daemon.eventually(lambda: daemon.state("local") == "stale")
    assert not [text for text in daemon.text().splitlines() if text.startswith("2026-01-01 ERROR")]
    assert "\x1b" not in daemon.text()
