"""For every row and column, what SNMP answers through real snmpd is what HAProxy says."""

import random
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

import haproxy_agentx
from tests.support import expected, mibs
from tests.support.daemon import OID, Daemon, source
from tests.support.expected import Cells, Mib, Reported, differences
from tests.support.fake_haproxy import FakeSocket, FakeWeb, answers, web_answer
from tests.support.ports import free_port
from tests.support.programs import ROOT
from tests.support.real_haproxy import RealHaproxy, ask
from tests.support.snmpd import Row, Snmpd
from tests.support.stat_csv import (
    BACKEND,
    COLUMNS,
    FRONTEND,
    LISTENER,
    SERVER,
    VERSIONS,
    answer,
    backend,
    frontend,
    listener,
    server,
    show_info,
)
from tests.support.wait import HANG

SAMPLES = ROOT / "tests" / "samples" / "haproxy"


@pytest.fixture(scope="module")
def mib() -> Mib:
    return Mib()


def cells(rows: list[Row]) -> Cells:
    """Give a walk as a table; its order must be that of SNMP."""
    oids = [tuple(map(int, row.oid.split("."))) for row in rows]
    assert oids == sorted(set(oids)), "OID not increasing"
    return {row.oid: (row.type, row.value) for row in rows}


def check(mib: Mib, found: Cells, wanted: Cells, sources: list[Reported]) -> None:
    """See to it that a walk of everything shows ``wanted`` and what the daemon tells of itself, and nothing else."""
    own, volatile = expected.daemon_cells(mib, sources, haproxy_agentx.__version__, wanted)
    assert volatile <= found.keys()
    rest = {oid: cell for oid, cell in found.items() if oid not in volatile and not expected.CHANGING.match(oid)}
    assert differences(rest, wanted | own) == []
    assert expected.badly_typed(mib, found) == []
    ages = [found[oid][1] for oid in volatile if mib.objects[oid.rpartition(".")[0]].name.endswith("ReadingAge")]
    assert max(ages) < 60_000


def walk_of_all(daemon: Daemon, snmpd: Snmpd, mib: Mib, members: set[tuple[expected.Cell, ...]]) -> Cells:
    """Walk everything once the service over all of HAProxy is made of its parts, and see to it that they are these."""
    rows = mib.oids["haxServiceMemberProxy"]
    daemon.eventually(lambda: len(snmpd.bulkwalk(rows, 50)) == len(members), within=15)
    state = f"{mib.oids['haxAgentStoreState']}.0"
    ok = mib.cell(mib.oids["haxAgentStoreState"], "ok")

    def walk() -> Cells:
        """Walk while the store is well: on a machine that hardly runs it, it hangs for a while."""
        walked = cells(snmpd.bulkwalk(OID, 50))
        return walked if walked[state] == ok else {}

    found = daemon.eventually(walk)
    columns = [mib.oids[f"haxServiceMember{end}"] for end in ("Process", "Proxy", "Kind", "Row")]
    indexes = expected.column(mib, found, "haxServiceMemberProxy")
    assert {tuple(found[f"{oid}.{at}"] for oid in columns) for at in indexes} == members
    assert sorted(indexes, key=lambda at: int(at.partition(".")[2])) == [f"1.{n + 1}" for n in range(len(members))]
    return found


# (a) every sample, by the socket and by the web, in one daemon with a process for each.
def test_every_sample(daemon_factory, snmpd, folder, mib):
    info = (SAMPLES / "01-healthy" / "show_info.txt").read_bytes()
    served: list[tuple[Reported, str, str]] = []
    with ExitStack() as fakes:
        for path in sorted(SAMPLES.rglob("*show_stat.txt")):
            name = path.parent.name if path.parent != SAMPLES else path.stem
            beside = path.with_name("show_info.txt")
            reported_info = beside.read_bytes() if beside.exists() else info
            script = answers({b"show stat": path.read_bytes(), b"show info": reported_info})
            fake = fakes.enter_context(FakeSocket(folder / f"{len(served)}.sock", script))
            reported = Reported(f"{name}-socket", "haproxySocket", fake.path, by_socket=True)
            served.append((reported, path.read_text(), reported_info.decode()))
        for path in sorted(SAMPLES.rglob("http.csv")):
            web = fakes.enter_context(FakeWeb(web_answer(path.read_bytes())))
            reported = Reported(f"{path.parent.name}-http", "haproxyHttp", web.url, by_socket=False)
            served.append((reported, path.read_text(), ""))
        assert len(served) > 30
        quiet = {"interval": "5s", "timeout": "5s"}
        daemon = daemon_factory(
            snmpd.agentx, [source(reported.name, reported.target) | quiet for reported, *_ in served]
        )
        parts = [expected.members(mib, stat, n, reported.name) for n, (reported, stat, _) in enumerate(served, 1)]
        found = walk_of_all(daemon, snmpd, mib, set().union(*parts))
    wanted: Cells = {}
    for number, (_, stat, info_text) in enumerate(served, 1):
        wanted |= expected.stat_cells(mib, stat, number) | expected.info_cells(mib, info_text, number)
    check(mib, found, wanted, [reported for reported, *_ in served])


STATUSES = {
    FRONTEND: ["OPEN", "STOP", "PAUSED"],
    BACKEND: ["UP", "DOWN"],
    SERVER: [*expected.SERVER_STATUS, "UP 1/3", "DOWN 2/3", "NOLB 1/2", "DRAIN 1/2", "MAINT (via a/b)", "UP 99/100"],
    LISTENER: ["OPEN", "FULL", "WAITING"],
}
CHECKS = ["", "L7OK", "* L7OK", "L4TOUT", "* L4CON", "INI", "L7STS", "SOCKERR", "PROCOK"]
MODES = ["http", "tcp", "syslog", "peers", "cli", "spop"]
KEPT = {"pxname", "svname", "type", "iid", "sid"}


def generated(mib: Mib, version: str, servers: int, density: float) -> str:
    """Give an answer of a version with random cells; what is not declared for a kind is filled, too."""
    chance = random.Random(f"{version} {servers}")
    rows = [frontend(f"fe{n}", n) for n in range(1, 6)]
    rows += [listener(f"fe{n}", f"sock-{m}", n, m) for n in range(1, 6) for m in range(1, 4)]
    for n in range(6, 16):
        rows += [server(f"be{n}", f"s{m}", n, m) for m in range(1, servers // 10 + 1)]
        rows.append(backend(f"be{n}", n))
    for row in rows:
        row["status"] = chance.choice(STATUSES[row["type"]])
        row["check_status"] = chance.choice(CHECKS) if row["type"] == SERVER else ""
        row["agent_status"] = chance.choice(CHECKS) if row["type"] == SERVER else ""
        row["mode"] = chance.choice(MODES)
        for number, field in enumerate(COLUMNS):
            if field not in KEPT and field not in row and chance.random() < density:
                declared = mib.objects.get(f"{OID}.1.{expected.TABLES[row['type']]}.1.{10 + number}")
                row[field] = random_text(chance, declared.syntax if declared else "Counter64")
    chance.shuffle(rows)
    return answer(rows, VERSIONS[version]).decode()


def random_text(chance: random.Random, syntax: str) -> str:
    if syntax == "SnmpAdminString":
        return chance.choice(
            ["plain", "a, b", 'said "no"', "\u00e9t\u00e9, " * 3, "x" * 255, "y" * 400, "\u20ac" * 100]
        )
    if syntax == "Integer32":
        return str(chance.choice([-1, 0, 7, 2**31 - 1]))
    return str(chance.choice([0, 1, chance.randrange(1 << 16), chance.randrange(1 << 32), chance.randrange(1 << 64)]))


# (b) generated tables of the versions: many servers, sparse cells, all kinds of texts.
def test_generated_tables_of_all_versions(daemon_factory, snmpd, folder, mib):
    made = {
        version: generated(mib, version, 10 * size, 0.3)
        for version, size in zip(VERSIONS, (3, 20, 60, 3, 20), strict=True)
    }
    info = show_info()
    with ExitStack() as fakes:
        reported = []
        for version, text in made.items():
            script = answers({b"show stat": text.encode(), b"show info": info})
            fake = fakes.enter_context(FakeSocket(folder / f"{version}.sock", script))
            reported.append(Reported(version, "haproxySocket", fake.path, by_socket=True))
        sources = [source(one.name, one.target, interval="1s", timeout="5s") for one in reported]
        parts = [expected.members(mib, text, n, version) for n, (version, text) in enumerate(made.items(), 1)]
        found = walk_of_all(daemon_factory(snmpd.agentx, sources), snmpd, mib, set().union(*parts))
    wanted: Cells = {}
    for number, text in enumerate(made.values(), 1):
        wanted |= expected.stat_cells(mib, text, number, all_declared=False)
        wanted |= expected.info_cells(mib, info.decode(), number)
    check(mib, found, wanted, reported)
    assert len(wanted) > 20_000


# (c) live HAProxy.
PROXIES = """
frontend fe
  bind 127.0.0.1:{fe} name one
  bind {folder}/fe.sock name two
  option socket-stats
  default_backend be
backend be
  option httpchk GET /
  server web1 127.0.0.1:{web} check inter 200ms
  server web2 127.0.0.1:{dead} check inter 200ms
  server web3 127.0.0.1:{web} backup id 77
  server "web-unchecked" 127.0.0.1:{web} disabled
backend empty
"""


class Traffic:
    """Requests without a pause while it is entered."""

    def __init__(self, port: int) -> None:
        self.count = 0
        self._url = f"http://127.0.0.1:{port}/"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(HANG)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with urllib.request.urlopen(self._url, timeout=5) as reply:
                    reply.read()
            except urllib.error.HTTPError:
                pass
            self.count += 1


def between(mib: Mib, found: Cells, before: Cells, after: Cells, *, levels: bool) -> list[str]:
    """Say which cells are neither that of before nor that of after, nor a number between the two.

    Without ``levels``, a level may be anything: between two looks it goes up and down. So does, always, whether a
    check is running: one can begin and end between two looks, and has no message until then.
    """
    wrong = []
    for oid in before.keys() | after.keys() | found.keys():
        low, high, cell = (table.get(oid) for table in (before, after, found))
        declared = mib.object(oid)
        level = declared.syntax in ("Gauge32", "Integer32", "CounterBasedGauge64") and not declared.name.endswith("Max")
        if cell in (low, high) or (declared.name.endswith("InProgress") and cell in (("INTEGER", 1), ("INTEGER", 2))):
            continue
        if declared.name.endswith("CheckMessage") and cell is None:
            continue
        numbers = cell and low and high and isinstance(cell[1], int)
        if numbers and ((level and not levels) or min(low[1], high[1]) <= cell[1] <= max(low[1], high[1])):
            continue
        wrong.append(f"{declared.name} {oid}: {cell}, but {low} before and {high} after")
    return wrong[:12]


def test_live(daemon_factory, snmpd, folder, mib):
    ports = {name: free_port() for name in ("fe", "dead")}
    with ExitStack() as running:
        ports["web"] = running.enter_context(FakeWeb(web_answer(b"hello"))).port
        haproxy = running.enter_context(RealHaproxy(folder, more=PROXIES.format(folder=folder, **ports)))
        daemon = daemon_factory(snmpd.agentx, [source("live", haproxy.user)])

        def look() -> tuple[Cells, Cells]:
            stat, info = ask(haproxy.user, "show stat"), ask(haproxy.user, "show info")
            return expected.stat_cells(mib, stat, 1), expected.info_cells(mib, info, 1)

        def wrong(*, levels: bool) -> list[str]:
            before, info_before = look()
            daemon.read_again("live")
            found = cells(snmpd.bulkwalk(OID, 50))
            after, info_after = look()
            stat = {oid: cell for oid, cell in found.items() if is_stat(oid)}
            reported = {oid: cell for oid, cell in found.items() if oid in info_after}
            return [
                *between(mib, stat, before, after, levels=levels),
                *between(mib, reported, info_before, info_after, levels=False),
            ]

        def compare(*, levels: bool) -> None:
            """A check that begins and ends between two looks is in neither: what stays wrong is wrong."""
            tries = [wrong(levels=levels)]
            while tries[-1] and len(tries) < 4:
                tries.append(wrong(levels=levels))
            assert tries[-1] == []

        daemon.eventually(lambda: ",DOWN," in ask(haproxy.user, "show stat"))
        with Traffic(ports["fe"]) as traffic:
            daemon.eventually(lambda: traffic.count > 50)
            for _ in range(3):
                compare(levels=False)
        daemon.eventually(lambda: frontend_rates(ask(haproxy.user, "show stat")) == {"0"})
        compare(levels=True)
        assert traffic.count > 100


def frontend_rates(stat: str) -> set[str]:
    return {row.get(33, "0") for row in expected.rows(stat)}


# C30: whatever way it is asked, it is the same.


@pytest.fixture
def served(daemon_factory, snmpd: Snmpd, folder: Path) -> Iterator[Daemon]:
    """Give a daemon that serves the sample 04, whose cells never change."""
    sample = SAMPLES / "04-web1-going-up"
    script = answers({f"show {what}".encode(): (sample / f"show_{what}.txt").read_bytes() for what in ("stat", "info")})
    with FakeSocket(folder / "h.sock", script) as fake:
        yield daemon_factory(snmpd.agentx, [source("local", fake.path)])


STAT = f"{OID}.1.9"


def test_30_all_walks_are_the_same(served, snmpd):
    bulk = [snmpd.bulkwalk(OID, repetitions) for repetitions in (1, 50)]
    walk = snmpd.walk(OID)
    steady = [{oid: cell for oid, cell in cells(rows).items() if is_stat(oid)} for rows in (*bulk, walk)]
    assert steady[0] == steady[1] == steady[2]
    assert len(steady[0]) > 700


def test_30_getnext_of_30_varbinds_walks_30_columns(served, snmpd):
    walk = cells(snmpd.bulkwalk(STAT, 50))
    columns = sorted({".".join(oid.split(".")[:14]) for oid in walk}, key=lambda oid: int(oid.split(".")[-1]))[:30]
    full = [column for column in columns if len(rows_of(walk, column)) == len(rows_of(walk, columns[0]))]
    at, seen = full, {}
    while True:
        step = snmpd.getnext(*at)
        if not step[0].oid.startswith(f"{full[0]}."):
            break
        seen |= cells_unordered(step)
        at = [row.oid for row in step]
    assert seen == {oid: cell for column in full for oid, cell in rows_of(walk, column).items()}
    assert len(full) > 15


def is_stat(oid: str) -> bool:
    """Whether a cell is of a table of show stat."""
    return oid.removeprefix(f"{OID}.1.").partition(".")[0] in map(str, expected.TABLES.values())


def rows_of(walk: Cells, column: str) -> Cells:
    return {oid: cell for oid, cell in walk.items() if oid.startswith(f"{column}.")}


def cells_unordered(rows: list[Row]) -> Cells:
    return {row.oid: (row.type, row.value) for row in rows}


# A GETBULK of 30 columns: each of its columns is what a walk of it gives, as far as it goes.
def test_30_a_getbulk_of_30_columns(served, snmpd):
    walk = cells(snmpd.bulkwalk(STAT, 50))
    columns = sorted({".".join(oid.split(".")[:14]) for oid in walk}, key=lambda oid: int(oid.split(".")[-1]))[:30]
    assert len(columns) == 30
    names = list(walk)
    for repetitions in (1, 3):  # a response of snmpd holds 100 varbinds
        rows = snmpd.bulkget(*columns, repetitions=repetitions)
        assert len(rows) == 30 * repetitions
        for place, column in enumerate(columns):
            first = next(at for at, oid in enumerate(names) if oid.startswith(f"{column}."))
            assert [row.oid for row in rows[place::30]] == names[first : first + repetitions]
        assert all((row.type, row.value) == walk[row.oid] for row in rows)


def test_30_snmptable(served, snmpd, mib):
    walk = cells(snmpd.bulkwalk(STAT, 50))
    options = ["-M", mibs.folders(mibs.MODULE), "-m", mibs.MODULE.stem, "-Ci", "-CB", "-Cf", "~"]
    for bulk in ([], ["-Cr", "25"]):
        chosen = [option for option in options if option != "-CB" or not bulk]
        command = [*snmpd.command("snmptable", "-Oe", "-OU", *chosen, *bulk), f"{mibs.MODULE.stem}::haxServerTable"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, (done.stderr, done.stdout)
        assert "not increasing" not in done.stderr
        _, _, header, *lines = done.stdout.splitlines()
        names = header.split("~")
        shown = {}
        for line in lines:
            for name, text in zip(names[1:], line.split("~")[1:], strict=True):
                at = line.split("~")[0]
                if text != "?":
                    shown[f"{mib.oids[name]}.{at}"] = text.strip('"')
        assert shown == {oid: str(value) for oid, (_, value) in walk.items()}


# RFC 3416 4.2.1: GET of what is not there.
@pytest.mark.parametrize(
    ("oid", "answered"),
    [
        ("1.9.1.27.1.99.1", "noSuchInstance"),
        ("1.9.1.27.2.1.1", "noSuchInstance"),
        ("1.9.1.27", "noSuchInstance"),
        ("1.9.1.27.1.1.1.1", "noSuchInstance"),
        ("1.9.1.73.1.4294967295.1", "noSuchInstance"),
        ("1.10.1.27.1.1.1", "noSuchInstance"),
        ("1.9.1.128.1.4.1", "noSuchObject"),
        ("1.9.1.1.1.4.1", "noSuchObject"),
        ("1.9.1.199.1.4.1", "noSuchObject"),
        ("1.3.1.1.1", "noSuchObject"),
        ("1.1.1", "noSuchInstance"),
        ("1.1.1.1", "noSuchInstance"),
        ("0", "noSuchObject"),
        ("2.1", "noSuchObject"),
        ("", "noSuchObject"),
    ],
)
@pytest.mark.system
def test_30_get_of_what_is_not_there(walled, oid, answered):
    assert walled.one(f"{OID}.{oid}".rstrip(".")).type == answered


@pytest.fixture(scope="module")
def walled(tmp_path_factory) -> Iterator[Snmpd]:
    """Give an snmpd with a daemon that serves a sample, for all questions of a kind."""
    stat = (SAMPLES / "04-web1-going-up" / "show_stat.txt").read_bytes()
    folder = tmp_path_factory.mktemp("w")
    with (
        Snmpd(folder / "snmpd") as snmpd,
        FakeSocket(folder / "h.sock", answers({b"show stat": stat, b"show info": show_info()})) as fake,
        Daemon(folder / "daemon", snmpd.agentx, [source("local", fake.path)]),
    ):
        yield snmpd


@pytest.mark.system
def test_30_get_of_all_instances(walled):
    walk = cells(walled.bulkwalk(STAT, 50))
    names = list(walk)
    for start in range(0, len(names), 60):
        assert cells_unordered(walled.get(*names[start : start + 60])) == {
            name: walk[name] for name in names[start : start + 60]
        }


# C31: while rows come and go, a walk never goes backwards, and each PDU is of one reading.


class Changing:
    """A HAProxy whose every answer has other servers; all numbers of an answer are its own number."""

    NUMBERED = ("stot", "bin", "bout", "econ", "eresp", "wretr", "wredis", "scur", "smax", "qcur", "qmax")

    def __init__(self, choose: Callable[[random.Random], list[int]]) -> None:
        self.generation = 0
        self.chosen: dict[int, set[int]] = {}
        """The servers of each answer."""
        self._choose = choose
        self._chance = random.Random(31)

    def __call__(self, connection, asked: bytes) -> None:
        if asked == b"show info":
            connection.send(show_info())
            return
        self.generation += 1
        numbers = dict.fromkeys(self.NUMBERED, str(self.generation))
        chosen = self._choose(self._chance)
        self.chosen[self.generation] = set(chosen)
        rows = [server(f"be{n % 4}", f"s{n}", n % 4 + 1, n, **numbers) for n in chosen]
        connection.send(answer([*rows, backend("be0", 1, **numbers)]))


def test_31_walks_while_rows_come_and_go(daemon_factory, snmpd, folder):
    changing = Changing(lambda chance: chance.sample(range(1, 200), chance.randrange(200)))
    with FakeSocket(folder / "h.sock", changing) as fake:
        daemon = daemon_factory(snmpd.agentx, [source("local", fake.path)])
        began = changing.generation
        for number in range(12):
            walked = cells(snmpd.bulkwalk(OID, (1, 10, 50)[number % 3]))  # raises at 'OID not increasing'
            assert len(walked) > 30
            check_generations(changing, walked)
            check_generations(changing, cells(snmpd.walk(f"{STAT}.1.17")))
        assert changing.generation > began + 5
        assert daemon.lines("Traceback") == []


def check_generations(changing: Changing, walked: Cells) -> None:
    """See that each cell is of an answer in which its server was."""
    numbered = {10 + COLUMNS.index(name) for name in changing.NUMBERED}
    for oid, (_, value) in walked.items():
        *head, column, _process, _backend, number = oid.rsplit(".", 4)
        if head == [f"{STAT}.1"] and int(column) in numbered:
            assert int(number) in changing.chosen[value], (oid, value)


def test_31_each_pdu_is_of_one_reading(daemon_factory, snmpd, folder, mib):
    always = list(range(1, 41))
    changing = Changing(lambda chance: always + chance.sample(range(41, 200), 20))
    names = [f"haxServer{end}" for end in (
        "SessionsTotal", "BytesIn", "BytesOut", "ConnectErrors", "ResponseErrors", "Retries", "Redispatches",
        "SessionsCurrent", "SessionsMax", "QueueCurrent", "QueueMax",
    )]  # fmt: skip
    columns = [mib.oids[name] for name in names]
    with FakeSocket(folder / "h.sock", changing) as fake:
        daemon_factory(snmpd.agentx, [source("local", fake.path)])
        seen = set()
        began = changing.generation
        while changing.generation < began + 12:
            instances = [f"1.{n % 4 + 1}.{n}" for n in random.Random(began).sample(always, 6)]
            got = {row.value for row in snmpd.get(*[f"{oid}.{at}" for oid in columns for at in instances])}
            assert len(got) == 1, got
            following = {row.value for row in snmpd.getnext(*[f"{oid}.1.1.4" for oid in columns])}
            assert len(following) == 1, following
            assert min(following) >= min(got), "an older reading after a newer one"
            got = following
            rows = snmpd.bulkget(*columns, repetitions=9)
            assert len(rows) == 99
            for start in range(0, 99, 11):  # snmpd asks for each repetition in a PDU of its own
                row = {one.value for one in rows[start : start + 11]}
                assert len(row) == 1, rows[start : start + 11]
                assert min(row) >= min(got), "an older reading after a newer one"
                got = row
                seen |= row
        assert len(seen) > 5


def test_the_numbers_of_a_text_are_read_as_they_stand():
    text = answer([server("be", "s", 1, 2, last_chk='a, "b"', stot="7")]).decode()
    (row,) = expected.rows(text)
    assert (row[0], row[7], row[28], row[56]) == ("be", "7", "2", 'a, "b"')
    assert expected.index(row, 3) == "3.1.2"
