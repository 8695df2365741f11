"""SIGHUP (G2, 18): a broken file keeps the old configuration, a good one changes only what changed."""

import sqlite3
from contextlib import ExitStack, closing

import pytest

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.objects.root import ROOT
from tests.support.daemon import ALONE, OID, RECOVERY, Daemon, source
from tests.support.daemon_fixtures import GOOD
from tests.support.fake_haproxy import FakeSocket
from tests.support.probe import Probe
from tests.support.snmpd import Snmpd
from tests.support.wait import until

SESSION = "1.3.6.1.2.1.1.8.0"
"""sysORLastChange: it changes with every AgentX session."""
SUCCESSES = f"{OID}.1.2.1.7"
NAMES = f"{OID}.1.2.1.2"
KERNEL = {101: "kernel"}
"""The source that is there without being configured, and goes on whatever is reloaded."""
LAST_EVENT = f"{OID}.1.1.35.0"
HEALTH, ACTIVE = f"{OID}.1.1.20.0", 1
OTHER = dotted((*ROOT[:-1], ROOT[-1] + 1))


@pytest.fixture
def two(folder):
    """Give two more HAProxys."""
    with ExitStack() as fakes:
        yield [fakes.enter_context(FakeSocket(folder / f"{name}.sock", GOOD)) for name in ("a", "b")]


def names(snmpd: Snmpd) -> dict[int, object]:
    """Give the sources by index, out of SNMP."""
    return {int(row.oid.rpartition(".")[2]): row.value for row in snmpd.bulkwalk(NAMES)}


def reload(daemon: Daemon, *words: str) -> None:
    """Send SIGHUP and wait for the line about it."""
    reported = len(daemon.lines(*words))
    daemon.hup()
    daemon.logs(*words, count=reported + 1)


BROKEN = {
    "no YAML": "agentx: [",
    "a tab": "agentx:\n\tsocket: /x\n",
    "an unknown key": "agentxx: {}\n",
    "a wrong type": "haproxy: 7\n",
    "a bad value": "haproxy: [{name: local, stats: /x, interval: never}]\n",
    "binary": "\x00\x01",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_g2_a_broken_file_keeps_the_old_configuration_and_says_so(daemon, snmpd, text):
    session = snmpd.one(SESSION).value
    before = daemon.config.read_text()
    daemon.config.write_text(text)
    reload(daemon, "not reloaded")
    assert daemon.lines(str(daemon.config))
    daemon.read_again("local")
    assert daemon.well()
    assert snmpd.one(SESSION).value == session
    daemon.config.write_text(before)
    reload(daemon, "configuration reloaded")
    assert daemon.well()
    assert snmpd.one(SESSION).value == session


def test_g2_a_missing_file_keeps_the_old_configuration(daemon, snmpd):
    daemon.config.unlink()
    reload(daemon, "not reloaded")
    daemon.read_again("local")
    assert daemon.well()


def test_g2_only_what_changed_changes(daemon_factory, snmpd, haproxy, two):
    sources = [source("local", haproxy.path), source("a", two[0].path)]
    daemon = daemon_factory(snmpd.agentx, sources)
    session = snmpd.one(SESSION).value
    assert names(snmpd) == {1: "local", 2: "a"} | KERNEL
    with Probe(snmpd.port, f"{OID}.1.9.1.11.1.3.1", f"{SUCCESSES}.1") as probe:
        # one is added; the others go on where they were
        daemon.eventually(lambda: snmpd.one(f"{SUCCESSES}.1").value > 5)
        before = snmpd.one(f"{SUCCESSES}.1").value
        daemon.configure(haproxy=[*sources, source("b", two[1].path)])
        reload(daemon, "configuration reloaded")
        daemon.eventually(daemon.well)
        assert names(snmpd) == {1: "local", 2: "a", 3: "b"} | KERNEL
        assert snmpd.one(f"{SUCCESSES}.1").value >= before > 5
        assert until(lambda: snmpd.one(f"{OID}.1.9.1.11.3.3.1").value == "web1", RECOVERY)

        # one goes, with all its rows, and their order changes; numbers stay
        daemon.configure(haproxy=[source("b", two[1].path), sources[0]])
        reload(daemon, "configuration reloaded")
        assert names(snmpd) == {1: "local", 3: "b"} | KERNEL
        assert snmpd.one(f"{OID}.1.9.1.11.2.3.1").type == "noSuchInstance"
        assert snmpd.one(f"{SUCCESSES}.1").value >= before
        asked = two[0].asked.count(b"show stat")
        daemon.read_again("local", times=4)
        assert two[0].asked.count(b"show stat") <= asked + 1

        # it comes back and has the number that it had
        daemon.configure(haproxy=[*sources, source("b", two[1].path)])
        reload(daemon, "configuration reloaded")
        daemon.eventually(daemon.well)
        assert names(snmpd) == {1: "local", 2: "a", 3: "b"} | KERNEL
    probe.assert_answered()
    assert snmpd.one(SESSION).value == session
    assert len(daemon.lines("registered with")) == 1
    assert len(daemon.lines("kernel addresses: reading")) == 1, "nothing about VRRP was new: its sources go on"


# What watches VRRP begins anew where its own configuration changes, and what was told before is not told again.
def test_g2_another_fifo(daemon, snmpd, folder):
    session = snmpd.one(SESSION).value
    reported = snmpd.one(LAST_EVENT).value
    for name in ("first.fifo", "second.fifo"):
        daemon.configure(keepalived={"fifo": str(folder / name), "traps": "none"})
        reload(daemon, "configuration reloaded")
        assert names(snmpd) == {1: "local"} | KERNEL | {102: "fifo"}
        assert snmpd.one(f"{OID}.1.2.1.4.102").value == str(folder / name)
        daemon.logs(name, "no such FIFO")
    daemon.configure(keepalived=ALONE)
    reload(daemon, "configuration reloaded")
    assert names(snmpd) == {1: "local"} | KERNEL
    daemon.eventually(daemon.well)
    daemon.logs("kernel addresses: reading", count=4)
    daemon.eventually(lambda: snmpd.one(HEALTH).value == ACTIVE)
    assert snmpd.one(LAST_EVENT).value == reported == 0
    assert snmpd.one(SESSION).value == session


def test_g2_the_interval_of_one_changes(daemon_factory, snmpd, haproxy, two):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path), source("a", two[0].path)])
    daemon.configure(haproxy=[source("local", haproxy.path), source("a", two[0].path, interval="1h")])
    reload(daemon, "configuration reloaded")
    daemon.eventually(daemon.well)
    asked = two[0].asked.count(b"show stat")
    daemon.read_again("local", times=6)
    assert two[0].asked.count(b"show stat") == asked


def test_g2_what_takes_effect_at_the_next_start_is_told(daemon, folder):
    daemon.configure(store=str(folder / "elsewhere.db"))
    reload(daemon, "configuration reloaded")
    assert daemon.lines("WARNING", "they need a restart")
    daemon.eventually(daemon.well)


def test_g2_many_reloads_at_once(daemon, snmpd, haproxy, two):
    for number in range(1, 8):
        daemon.configure(haproxy=[source("local", haproxy.path), source("a", two[number % 2].path)])
        daemon.hup()
    daemon.logs("configuration reloaded")
    last = [source("local", haproxy.path), source("b", two[0].path)]
    daemon.configure(haproxy=last)
    daemon.hup()
    daemon.eventually(lambda: {one["name"] for one in daemon.status()["sources"]} == {"local", "b", "kernel"})
    daemon.eventually(daemon.well)
    assert set(names(snmpd).values()) == {"local", "b", "kernel"}
    assert daemon.lines("Traceback") == []


def test_g2_reloads_while_the_store_is_slow_come_one_after_the_other(daemon, snmpd, haproxy, two):
    with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for more in ([source("a", two[0].path)], [source("a", two[1].path), source("b", two[1].path)], []):
            daemon.configure(haproxy=[source("local", haproxy.path), *more])
            daemon.hup()
            daemon.logs("reloading the configuration")  # the first one, which waits for the store; then all others do
    daemon.logs("configuration reloaded", count=2)
    daemon.eventually(lambda: set(names(snmpd).values()) == {"local", "kernel"})
    daemon.read_again("local", times=4)
    assert set(names(snmpd).values()) == {"local", "kernel"}
    assert daemon.lines("Traceback") == []


def test_p2_terminated_during_a_reload(daemon, haproxy, two):
    with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        daemon.configure(haproxy=[source("local", haproxy.path), source("a", two[0].path)])
        daemon.hup()
        daemon.logs("reloading the configuration")
        assert daemon.stop() == 0
    assert daemon.lines("Traceback") == []


def test_p2_terminated_during_a_reload_with_another_root_and_a_frozen_master(daemon, snmpd, haproxy, two):
    snmpd.freeze()
    try:
        with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            daemon.configure(root=OTHER, haproxy=[source("a", two[0].path)])
            daemon.hup()
            daemon.logs("reloading the configuration")
            assert daemon.stop() == 0
    finally:
        snmpd.thaw()
    assert daemon.lines("Traceback") == []


# 18: another root is registered in the same session and the old one is not any more.
def test_18_another_root(daemon, snmpd):
    session = snmpd.one(SESSION).value
    daemon.configure(root=OTHER)
    reload(daemon, "configuration reloaded")
    assert until(lambda: snmpd.one(f"{OTHER}.1.9.1.11.1.3.1").value == "web1", RECOVERY), daemon.text()
    assert until(lambda: snmpd.one(f"{OID}.1.9.1.11.1.3.1").type == "noSuchObject", RECOVERY)
    assert all(row.oid.startswith(OTHER) for row in snmpd.bulkwalk(dotted(ROOT[:-1]), 50))
    assert snmpd.one(SESSION).value == session


def test_18_another_root_outlives_the_session(daemon, snmpd):
    daemon.configure(root=OTHER)
    reload(daemon, "configuration reloaded")
    snmpd.restart()
    assert until(lambda: snmpd.one(f"{OTHER}.1.9.1.11.1.3.1").value == "web1", RECOVERY), daemon.text()
    assert snmpd.one(f"{OID}.1.9.1.11.1.3.1").type == "noSuchObject"


def test_18_another_root_while_snmpd_is_away(daemon, snmpd):
    snmpd.stop()
    daemon.eventually(lambda: daemon.status()["agentx"]["problem"])
    daemon.configure(root=OTHER)
    reload(daemon, "configuration reloaded")
    snmpd.start()
    assert until(lambda: snmpd.one(f"{OTHER}.1.9.1.11.1.3.1").value == "web1", RECOVERY), daemon.text()
