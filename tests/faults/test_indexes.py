"""Row indexes belong to names: across restarts of the daemon, reloads and edits of HAProxy, and a lost store.

F8, F9, R5, with a real HAProxy where it matters.
"""

import os
import signal
import sqlite3
from contextlib import closing, contextmanager

import pytest

from tests.support import fake_haproxy as fake
from tests.support.daemon import OID, RECOVERY, Daemon, source
from tests.support.daemon_fixtures import ROWS
from tests.support.fake_haproxy import FakeWeb, web_answer
from tests.support.ports import free_port
from tests.support.probe import Probe
from tests.support.real_haproxy import RealHaproxy, ask
from tests.support.snmpd import Snmpd
from tests.support.stat_csv import answer, backend, server, show_info
from tests.support.wait import until

SERVER_NAMES, BACKEND_NAMES, SESSIONS = f"{OID}.1.9.1.11", f"{OID}.1.8.1.10", f"{OID}.1.7.1.17"
PROXY_NAMES = f"{OID}.1.9.1.10"
RELOADS, DISCONTINUITY, PID = f"{OID}.1.6.1.204.1", f"{OID}.1.6.1.203.1", f"{OID}.1.6.1.16.1"
DISCONTINUITY_OF_INDEXES, STORE_STATE, STORE_PROBLEM = (f"{OID}.1.1.{n}.0" for n in (4, 5, 6))
OK, MEMORY_ONLY = 1, 2

BEFORE = """
frontend fe
  bind 127.0.0.1:{port}
  default_backend be
backend be
  server one 127.0.0.1:{web}
  server two 127.0.0.1:{web}
backend pinned
  id 4711
  server three 127.0.0.1:{web} id 815
"""
INSERTED = """
backend aaa
  server zero 127.0.0.1:{web}
backend pinned
  id 4711
  server new 127.0.0.1:{web}
  server three 127.0.0.1:{web} id 815
backend be
  server two 127.0.0.1:{web}
  server half 127.0.0.1:{web}
  server one 127.0.0.1:{web}
frontend fe
  bind 127.0.0.1:{port}
  default_backend be
global
  stats socket {folder}/admin.sock mode 600 level admin
"""


def table(snmpd: Snmpd, column: str) -> dict[str, str]:
    """Give the instances of a column by index."""
    return {row.oid.removeprefix(f"{column}."): str(row.value) for row in snmpd.bulkwalk(column, 50)}


def servers(snmpd: Snmpd) -> dict[str, str]:
    """Give the index of each server by backend/server; one that comes or goes between two walks is left out."""
    proxies, names = table(snmpd, PROXY_NAMES), table(snmpd, SERVER_NAMES)
    return {f"{proxies[at]}/{name}": at for at, name in names.items() if at in proxies}


@contextmanager
def reloadable(folder, **ports: int):
    """Give a real HAProxy with a master, and the function that reloads it with other proxies."""
    with RealHaproxy(folder, more=BEFORE.format(folder=folder, **ports), master=True) as haproxy:
        file = folder / "haproxy.cfg"
        head = file.read_text().partition("\nfrontend fe")[0]

        def change(proxies: str) -> None:
            file.write_text(head + proxies.format(folder=folder, **ports))
            haproxy.process.send_signal(signal.SIGUSR2)

        yield haproxy, change


def has(haproxy: RealHaproxy, text: str) -> bool:
    try:
        return text in ask(haproxy.user, "show stat")
    except OSError:
        return False


# F8: an edit that inserts and reorders, and a reload. Every known name keeps its index, new ones get new ones, the
# discontinuity is told, and counters are never shown with the wrong process.
def test_f8_a_reload_with_insertions_and_reordering(daemon_factory, snmpd, folder):
    with FakeWeb(web_answer(b"hello")) as web, reloadable(folder, port=free_port(), web=web.port) as (haproxy, change):
        daemon: Daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.user)])
        known, proxies = servers(snmpd), table(snmpd, BACKEND_NAMES)
        assert known["pinned/three"] == "1.4711.815"
        pid, stamp = snmpd.one(PID).value, snmpd.one(DISCONTINUITY).value
        with Probe(snmpd.port, f"{OID}.1.1.3.0", f"{SERVER_NAMES}.{known['be/one']}") as probe:
            change(INSERTED)
            daemon.eventually(lambda: has(haproxy, "aaa,zero"))
            assert until(lambda: "aaa/zero" in servers(snmpd), RECOVERY), daemon.text()
            assert until(lambda: snmpd.one(RELOADS).value == 1, RECOVERY)
        probe.assert_answered()
        now = servers(snmpd)
        assert {name: at for name, at in now.items() if name in known} == known
        assert {at: name for at, name in table(snmpd, BACKEND_NAMES).items() if at in proxies} == proxies
        assert set(now) - set(known) == {"aaa/zero", "pinned/new", "be/half"}
        assert len(set(now.values())) == len(now)
        assert snmpd.one(PID).value != pid
        assert snmpd.one(DISCONTINUITY).value >= stamp
        assert daemon.lines("started or reloaded")

        # and the daemon restarts: nothing moves
        daemon.restart()
        assert servers(snmpd) == now
        daemon.kill9()
        daemon.start()
        assert servers(snmpd) == now

        # F9: servers come and go at run time, the number of one that went is not given away
        admin = f"{folder}/admin.sock"
        for command in ("add server be/extra 127.0.0.1:9", "add server be/more 127.0.0.1:9"):
            assert "New server registered" in ask(admin, command)
        assert until(lambda: "be/more" in servers(snmpd), RECOVERY)
        extra = servers(snmpd)["be/extra"]
        assert extra not in now.values()
        assert "deleted" in ask(admin, "del server be/extra")
        assert until(lambda: "be/extra" not in servers(snmpd), RECOVERY)
        assert snmpd.one(f"{SERVER_NAMES}.{extra}").type == "noSuchInstance"
        assert "New server registered" in ask(admin, "add server be/other 127.0.0.1:9")
        assert until(lambda: "be/other" in servers(snmpd), RECOVERY)
        assert servers(snmpd)["be/other"] != extra
        assert "New server registered" in ask(admin, "add server be/extra 127.0.0.1:9")
        assert until(lambda: servers(snmpd).get("be/extra") == extra, RECOVERY)


# F8: counters fall to 0 with the process, which is told as a discontinuity and not as a healthy server.
def test_f8_counters_and_the_process_belong_together(daemon, snmpd, haproxy):
    def answers_as(pid: int, sessions: int) -> fake.Script:
        rows = [row | {"stot": str(sessions)} for row in ROWS]
        return fake.answers({b"show stat": answer(rows), b"show info": show_info(pid)})

    haproxy.script = answers_as(11, 1000)
    assert until(lambda: snmpd.one(PID).value == 11, RECOVERY)
    began = snmpd.one(RELOADS).value
    for number in range(4):
        haproxy.script = answers_as(20 + number, number)
        assert until(lambda number=number: snmpd.one(PID).value == 20 + number, RECOVERY)
        pid, reloads, sessions = (row.value for row in snmpd.get(PID, RELOADS, f"{SESSIONS}.1.2"))
        assert (pid, reloads, sessions) == (20 + number, began + number + 1, number)
    assert daemon.state("local") == "ok"


# HAProxy dies, its rows are withdrawn, and another process takes its place: its counters began anew.
def test_f8_a_restart_after_an_outage_is_a_discontinuity(daemon, snmpd, haproxy):
    assert (snmpd.one(RELOADS).value, snmpd.one(DISCONTINUITY).value) == (0, 0)
    haproxy.script = fake.closes
    assert until(lambda: snmpd.one(PID).type == "noSuchInstance", RECOVERY)
    haproxy.script = fake.answers({b"show stat": answer(ROWS), b"show info": show_info(2, Uptime_sec=0)})
    assert until(lambda: snmpd.one(PID).value == 2, RECOVERY)
    assert snmpd.one(RELOADS).value == 1
    assert snmpd.one(DISCONTINUITY).value > 0


# A reload between the two questions: what is shown is of one process.
def test_f8_a_reload_between_the_answers(daemon, snmpd, haproxy):
    asked = []

    def script(connection: fake.Connection, command: bytes) -> None:
        asked.append(command)
        turn = len([one for one in asked if one == b"show info"]) // 4
        if command == b"show info":
            connection.send(show_info(100 + turn))
        else:  # the old worker has answered this one
            connection.send(answer([row | {"stot": str(100 + turn)} for row in ROWS]))

    haproxy.script = script

    def looked() -> bool:
        pid, sessions = (row.value for row in snmpd.get(PID, f"{SESSIONS}.1.2"))
        if pid >= 100:
            assert sessions == pid
        return len(asked) >= 40

    assert until(looked, RECOVERY, every=0)
    assert daemon.lines("Traceback") == []


# HAProxy's own ids move, as they do without `id`: names keep theirs, also over a restart.
@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_indexes_outlive_the_daemon(daemon, snmpd, haproxy, end):
    known = servers(snmpd)
    daemon.stop() if end == "stop" else daemon.kill9()
    rows = [server("be", "web0", 3, 1), server("be", "web1", 3, 2), server("be", "web2", 3, 3), backend("be", 3)]
    haproxy.script = fake.answers({b"show stat": answer(rows), b"show info": show_info()})
    daemon.start()
    now = servers(snmpd)
    assert {name: now[name] for name in known} == known
    assert now["be/web0"] not in known.values()


# R5: a store that can not be read is told, in haxAgent, in the log and in `status`; the daemon goes on.


def problem_is_reported(daemon: Daemon, snmpd: Snmpd) -> None:
    assert snmpd.one(STORE_PROBLEM).value
    assert str(daemon.store) in str(snmpd.one(STORE_PROBLEM).value)
    assert daemon.status()["store"]["problem"]
    done = daemon.cli("status")
    assert done.returncode == 1
    assert str(daemon.store) in done.stdout.replace("\n", "")
    assert daemon.lines("ERROR", str(daemon.store))


@pytest.mark.parametrize("damage", [b"garbage" * 1000, b"SQLite format 3\0" + os.urandom(5000)])
def test_r5_a_corrupt_store(daemon, snmpd, damage):
    began = snmpd.one(DISCONTINUITY_OF_INDEXES).value
    known = servers(snmpd)
    assert (snmpd.one(STORE_STATE).value, snmpd.one(STORE_PROBLEM).value) == (OK, "")
    daemon.kill9()
    for suffix in ("-wal", "-shm"):
        daemon.store.with_name(daemon.store.name + suffix).unlink(missing_ok=True)
    daemon.store.write_bytes(damage)
    daemon.start()
    problem_is_reported(daemon, snmpd)
    assert servers(snmpd) == known  # HAProxy's own ids are free in the new numbering
    assert snmpd.one(DISCONTINUITY_OF_INDEXES).value != began


def test_r5_a_lost_store(daemon, snmpd):
    began = snmpd.one(DISCONTINUITY_OF_INDEXES).value
    daemon.stop()
    for path in daemon.folder.glob("state.db*"):
        path.unlink()
    daemon.start()
    assert snmpd.one(STORE_STATE).value == OK
    assert until(lambda: snmpd.one(DISCONTINUITY_OF_INDEXES).value >= began, 1)
    assert daemon.well()


def test_r5_a_store_that_is_removed_while_in_use(daemon, snmpd, haproxy):
    known = servers(snmpd)
    for path in daemon.folder.glob("state.db*"):
        if path.suffix != ".lock":
            path.unlink()
    rows = [*ROWS, server("be", "web9", 3, 9)]
    haproxy.script = fake.answers({b"show stat": answer(rows), b"show info": show_info()})
    assert until(lambda: "be/web9" in servers(snmpd), RECOVERY), daemon.text()
    now = servers(snmpd)
    assert {name: now[name] for name in known} == known
    assert daemon.state("local") == "ok"
    daemon.restart()
    assert servers(snmpd) == now


def test_r5_a_store_that_cannot_be_made(daemon_factory, snmpd, haproxy, folder):
    blocked = folder / "file"
    blocked.write_text("not a folder")
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], store=str(blocked / "state.db"), wait="")
    assert until(lambda: snmpd.one(f"{SERVER_NAMES}.1.3.1").value == "web1", RECOVERY), daemon.text()
    assert snmpd.one(STORE_STATE).value == MEMORY_ONLY
    assert str(blocked) in str(snmpd.one(STORE_PROBLEM).value)
    assert daemon.lines("ERROR", str(blocked))
    assert len(daemon.lines(str(blocked / "state.db"))) == 1
    assert daemon.stop() == 0


def test_r5_a_store_that_is_locked_by_somebody(daemon, snmpd, haproxy):
    other = sqlite3.connect(daemon.store)
    try:
        other.execute("BEGIN EXCLUSIVE")
        rows = [*ROWS, server("be", "web9", 3, 9)]
        haproxy.script = fake.answers({b"show stat": answer(rows), b"show info": show_info()})
        with Probe(snmpd.port, f"{OID}.1.1.3.0") as probe:
            assert until(lambda: "be/web9" in servers(snmpd), RECOVERY), daemon.text()
        probe.assert_answered()
        assert snmpd.one(STORE_PROBLEM).value
    finally:
        other.close()
    rows = [*rows, server("be", "web8", 3, 8)]
    haproxy.script = fake.answers({b"show stat": answer(rows), b"show info": show_info()})
    assert until(lambda: "be/web8" in servers(snmpd), RECOVERY)
    now = servers(snmpd)
    daemon.restart()
    assert servers(snmpd) == now
    assert snmpd.one(STORE_STATE).value == OK


def test_p2_terminated_while_the_store_is_locked(daemon, snmpd, haproxy):
    with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        haproxy.script = fake.answers(
            {b"show stat": answer([*ROWS, server("be", "web9", 3, 9)]), b"show info": show_info()}
        )
        asked = len(haproxy.asked)
        assert until(lambda: len(haproxy.asked) >= asked + 3, RECOVERY)  # one reading at least: a new name to be stored
        snmpd.freeze()
        try:
            assert daemon.stop() == 0
        finally:
            snmpd.thaw()
