"""Faults of snmpd (S1-S4; 7, 8, 15), with the daemon as a whole."""

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.daemon import OID, RECOVERY, Daemon, source
from tests.support.probe import NO_SUCH_OBJECT, storm
from tests.support.snmpd import Snmpd, SnmpError
from tests.support.wait import HANG, throughout, until

pytestmark = pytest.mark.system

NAME = f"{OID}.1.9.1.11.1.3.1"
SERVERS = f"{OID}.1.9"
SYS_OR_LAST_CHANGE = "1.3.6.1.2.1.1.8.0"
"""It changes with every AgentX session, as each adds its capabilities to sysORTable."""


def served(snmpd: Snmpd) -> bool:
    """Whether a server of the HAProxy is there."""
    try:
        return snmpd.one(NAME, timeout=1).value == "web1"
    except SnmpError:
        return False


def comes_back(daemon: Daemon, snmpd: Snmpd) -> None:
    assert until(lambda: served(snmpd), RECOVERY), daemon.text()
    daemon.eventually(daemon.well)


def keeps_reading(daemon: Daemon) -> bool:
    one = daemon.source("local")
    return one["state"] == "ok" and one["age"] < 1


# S1: absent at start. It says so once, reads HAProxy meanwhile, and registers when snmpd is there.
def test_s1_absent_at_start(daemon_factory, haproxy, folder):
    with Snmpd(folder / "late") as snmpd:
        snmpd.stop()
        snmpd.agentx.unlink(missing_ok=True)
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], wait="running")
        daemon.eventually(lambda: keeps_reading(daemon))
        assert "master agentx" in daemon.status()["agentx"]["problem"]
        daemon.read_again("local", times=10)
        assert len(daemon.lines("WARNING", "AgentX")) == 1
        done = daemon.cli("status")
        assert done.returncode == 2
        assert "master agentx" in done.stdout
        snmpd.start()
        comes_back(daemon, snmpd)
        assert len(daemon.lines("registered with")) == 1
        assert daemon.cli("status").returncode == 0


# S1, 7: restarted and killed; the tables are back soon, and nothing is registered twice.
@pytest.mark.parametrize("how", ["restart", "kill9"])
def test_s1_restarted_or_killed(daemon, snmpd, how):
    for times in (2, 3):
        if how == "restart":
            snmpd.stop()
        else:
            snmpd.kill9()
        daemon.eventually(lambda: daemon.status()["agentx"]["problem"])
        assert keeps_reading(daemon)
        snmpd.start()
        comes_back(daemon, snmpd)
        assert len(daemon.lines("registered with")) == times
        assert len(daemon.lines("duplicate")) == 0
    assert snmpd.log.read_text().count("duplicate registration") == 0


# S1: frozen for ten seconds. HAProxy is read all the while, and the session is the same one afterwards.
def test_s1_frozen_for_ten_seconds(daemon, snmpd):
    session = snmpd.one(SYS_OR_LAST_CHANGE).value
    asking = threading.Thread(target=lambda: served(snmpd))  # leaves a request in the queue
    snmpd.freeze()
    try:
        asking.start()
        throughout(lambda: keeps_reading(daemon), 10)
    finally:
        snmpd.thaw()
    comes_back(daemon, snmpd)
    asking.join()
    assert snmpd.one(SYS_OR_LAST_CHANGE).value == session
    assert daemon.lines("WARNING") == []


# S1: SIGHUP keeps sessions (measured).
def test_s1_hup(daemon, snmpd):
    session = snmpd.one(SYS_OR_LAST_CHANGE).value
    walk = [row.oid for row in snmpd.bulkwalk(OID, 50)]
    before = snmpd.log.read_text().count("NET-SNMP version")
    snmpd.hup()
    assert until(lambda: snmpd.log.read_text().count("NET-SNMP version") > before, RECOVERY)
    comes_back(daemon, snmpd)
    assert [row.oid for row in snmpd.bulkwalk(OID, 50)] == walk
    assert snmpd.one(SYS_OR_LAST_CHANGE).value == session
    assert daemon.lines("WARNING") == []


# S2, 15: the subtree belongs to another agent already. It is told in words; when that one goes, ours takes over.
def test_s2_duplicate_registration(daemon, daemon_factory, snmpd, haproxy):
    second = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], fault="impatient", wait="running")
    second.eventually(lambda: "registered already" in (second.status()["agentx"]["problem"] or ""))
    second.read_again("local", times=10)
    assert len(second.lines("registered already")) == 1
    assert second.cli("status").returncode == 2
    assert served(snmpd)
    assert daemon.well()
    assert daemon.lines("WARNING") == []
    assert daemon.stop() == 0
    second.eventually(second.registered)
    comes_back(second, snmpd)


# S2: with another priority both are registered, and the lower number answers.
def test_s2_another_priority(daemon, daemon_factory, snmpd, haproxy):
    first = {"socket": str(snmpd.agentx), "priority": 100}
    preferred = daemon_factory(first, [source("other", haproxy.path)])
    assert until(lambda: snmpd.one(f"{OID}.1.6.1.4.1").value == "other", RECOVERY)
    preferred.kill9()
    assert until(lambda: snmpd.one(f"{OID}.1.6.1.4.1").value == "local", RECOVERY)
    assert daemon.well()


# S3: a thousand requests a second. All are answered, and HAProxy is read on time.
def test_s3_a_thousand_requests_per_second(daemon, snmpd):
    done = threading.Event()
    late = []

    def watch() -> None:
        while not done.is_set():
            if not keeps_reading(daemon):
                late.append(daemon.source("local"))
            done.wait(0.1)

    watching = threading.Thread(target=watch)
    watching.start()
    sent, answers = storm(snmpd.port, NAME, 1000, 2.0)
    done.set()
    watching.join()
    assert sent >= 1900
    assert len(answers) == sent
    assert {answer.error for answer in answers} == {0}
    assert {answer.values[0][1] for answer in answers} == {b"web1"}
    assert late == []


# S4: ten managers walk at once, and each gets all of it.
def test_s4_ten_managers_at_once(daemon, snmpd):
    alone = snmpd.bulkwalk(SERVERS, 50)
    with ThreadPoolExecutor(10) as managers:
        ways = [lambda: snmpd.bulkwalk(SERVERS, 50), lambda: snmpd.walk(SERVERS), lambda: snmpd.bulkwalk(SERVERS, 1)]
        walks = [managers.submit(ways[number % 3]) for number in range(30)]
        assert all(walk.result() == alone for walk in walks)
    assert keeps_reading(daemon)


# 8: the socket is replaced by that of another snmpd, as an upgrade does.
def test_the_socket_of_another_snmpd_at_the_same_path(daemon, snmpd):
    inode = snmpd.agentx.stat().st_ino
    snmpd.kill9()
    snmpd.agentx.rename(snmpd.folder / "old")
    snmpd.start()
    assert snmpd.agentx.stat().st_ino != inode
    comes_back(daemon, snmpd)


# 6: our end is told to the master, so that nothing of ours is left at once.
def test_a_clean_end_takes_the_subtree_away_at_once(daemon, snmpd):
    assert daemon.stop() == 0
    assert snmpd.one(NAME).type == "noSuchObject"


def test_a_killed_daemon_takes_the_subtree_away(daemon, snmpd):
    daemon.kill9()
    assert until(lambda: snmpd.one(NAME).type == "noSuchObject", RECOVERY)


# P2, 4: nobody else waits for us while we are away.
def test_others_are_answered_while_we_are_frozen(daemon, snmpd):
    daemon.freeze()
    try:
        with subprocess.Popen([*snmpd.command("snmpget", timeout=1), NAME], stderr=subprocess.DEVNULL) as asking:
            throughout(lambda: snmpd.answers(0.9), 1)
            assert asking.wait(HANG) != 0
    finally:
        daemon.thaw()
    comes_back(daemon, snmpd)


def test_the_storm_can_tell_what_is_missing(daemon, snmpd):
    sent, answers = storm(snmpd.port, f"{OID}.1.3.1", 100, 0.1)
    assert sent == len(answers) > 5
    assert {answer.values[0][0] for answer in answers} == {NO_SUCH_OBJECT}
