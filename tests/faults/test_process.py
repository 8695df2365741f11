"""The process itself: its end, a second instance, a bug, few descriptors, clocks (P2-P4, R2, L3, T1, T3)."""

import ast
import os
import random
import resource
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import fake_haproxy as fake
from tests.support.daemon import INTERVAL, OID, RECOVERY, source
from tests.support.daemon_fixtures import GOOD, ROWS
from tests.support.fake_haproxy import FakeSocket, FakeWeb
from tests.support.probe import Probe
from tests.support.programs import ROOT
from tests.support.snmpd import SnmpError
from tests.support.stat_csv import VERSIONS, answer, header, server, show_info
from tests.support.wait import throughout, until

NAME = f"{OID}.1.9.1.11.1.3.1"
UP_TIME = f"{OID}.1.1.3.0"


# P2: SIGTERM at any moment: gone in two seconds.


@pytest.mark.parametrize("moment", range(6))
def test_p2_terminated_at_random_moments(daemon_factory, snmpd, haproxy, moment):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], wait="")
    with suppress(subprocess.TimeoutExpired):
        daemon.process.wait(random.Random(moment).uniform(0, 0.6))
    running = bool(daemon.lines("reading"))
    status = daemon.stop()
    assert status == 0 or (not running and status == -signal.SIGTERM), daemon.text()
    assert daemon.lines("Traceback") == []
    assert daemon.lines("Error") == []


def test_p2_interrupted_by_hand(daemon):
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.ended(2) == 0
    assert daemon.lines("Traceback") == []


def test_p2_asked_twice(daemon):
    daemon.process.terminate()
    daemon.process.terminate()
    assert daemon.ended(2) == 0


@pytest.mark.parametrize("script", [fake.never_writes, fake.drips(b"x" * 999, 0.1), fake.floods(200 << 20)])
def test_p2_while_haproxy_hangs(daemon_factory, snmpd, haproxy, script):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path, timeout="30s")])
    seen = len(haproxy.asked)
    haproxy.script = script
    daemon.eventually(lambda: len(haproxy.asked) > seen)
    assert daemon.stop() == 0
    assert daemon.lines("Traceback") == []


def test_p2_while_a_web_page_hangs(daemon_factory, snmpd):
    with FakeWeb(fake.drips(b"x" * 999, 0.1, first=b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")) as page:
        daemon = daemon_factory(snmpd.agentx, [source("web", page.url, timeout="30s")], wait="registered")
        daemon.eventually(lambda: page.asked)
        assert daemon.stop() == 0
        assert daemon.lines("Traceback") == []


def test_p2_while_snmpd_is_frozen(daemon, snmpd):
    snmpd.freeze()
    try:
        assert daemon.stop() == 0
    finally:
        snmpd.thaw()


def test_p2_without_snmpd(daemon_factory, haproxy, folder):
    daemon = daemon_factory(folder / "nothing", [source("local", haproxy.path)], wait="running")
    assert daemon.stop() == 0


def test_p2_amid_walks(daemon, snmpd):
    stop = threading.Event()

    def walk() -> None:
        while not stop.is_set():
            with suppress(SnmpError):
                snmpd.bulkwalk(OID, 50, timeout=1)

    walking = [threading.Thread(target=walk) for _ in range(3)]
    for one in walking:
        one.start()
    try:
        daemon.read_again("local")
        assert daemon.stop() == 0
    finally:
        stop.set()
        for one in walking:
            one.join()
    assert daemon.lines("Traceback") == []


def test_p2_nothing_is_left_behind(daemon):
    assert (daemon.folder / "control.sock").exists()
    assert daemon.stop() == 0
    assert not (daemon.folder / "control.sock").exists()
    daemon.start()
    assert daemon.well()


# P3: a second instance says in one line that there is a first one.
def test_p3_a_second_instance_refuses(daemon, snmpd):
    second = daemon.cli("run")
    assert second.returncode == 1
    assert second.stdout == ""
    (reported,) = second.stderr.splitlines()
    assert f"pid {daemon.pid}" in reported
    assert str(daemon.store) in reported
    assert daemon.well()
    assert snmpd.one(NAME).value == "web1"


def test_p3_a_killed_one_leaves_no_lock(daemon):
    daemon.kill9()
    daemon.start()
    assert daemon.well()


# P4: a bug in any task ends the process, and the status says so: never alive and useless.


@pytest.mark.parametrize("fault", ["reading", "watching", "connecting", "answering"])
def test_p4_a_bug_ends_the_process(daemon_factory, snmpd, haproxy, fault):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], fault=fault)
    daemon.trigger()
    if fault == "connecting":
        snmpd.kill9()
    if fault == "answering":
        with suppress(SnmpError):
            snmpd.one(NAME, timeout=1)
    assert daemon.ended(RECOVERY) not in (0, -signal.SIGTERM)
    assert daemon.lines("Bug")
    assert daemon.lines("Traceback")


def test_p4_a_bug_in_the_store(daemon_factory, snmpd, haproxy):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], fault="storing")
    daemon.trigger()
    more = answer([*ROWS, server("be", "new", 3, 3)])
    haproxy.script = fake.answers({b"show stat": more, b"show info": show_info()})
    assert daemon.ended(RECOVERY) != 0
    assert daemon.lines("Bug")


# L3: whoever reads the standard error output has stopped, and the pipe is full. A line that waits for room would stop
# readings, answers and the watchdog.
def test_l3_a_log_that_nobody_reads_stops_nothing(daemon_factory, folder, snmpd, haproxy):
    fifo = folder / "log.fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    try:
        with suppress(BlockingIOError):
            while True:
                os.write(reader, b"x" * 4096)
        wrapper = ("sh", "-c", 'fifo=$0; exec "$@" >"$fifo" 2>&1', str(fifo))
        daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], wrapper=wrapper)
        haproxy.script = fake.never_writes
        daemon.eventually(lambda: daemon.state("local") == "stale")
        assert snmpd.one(NAME).value == "web1"
        with suppress(BlockingIOError):
            while os.read(reader, 1 << 20):
                pass
        haproxy.script = GOOD
        daemon.eventually(lambda: daemon.state("local") == "ok")
        assert "lines are lost" in os.read(reader, 1 << 20).decode()
        assert daemon.stop() == 0
    finally:
        os.close(reader)


# R2: no descriptor is left. Who is connected is answered, the state is told, and all is well when there are some.
def test_r2_few_descriptors(daemon, snmpd, haproxy):
    limits = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    walk = [row.oid for row in snmpd.bulkwalk(f"{OID}.1.9", 50)]
    with Probe(snmpd.port, UP_TIME) as probe:
        # what is open stays open; whatever is to be opened fails
        def is_stale():
            # a reading under way has a descriptor that is free behind it
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (lowest_free(daemon.pid), limits[1]))
            return snmpd.one(f"{OID}.1.2.1.5.1").value == 2

        assert until(is_stale, RECOVERY)
        assert "descriptor" in str(snmpd.one(f"{OID}.1.2.1.9.1").value)
        daemon.logs("descriptor")
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
        daemon.eventually(daemon.well)
    probe.assert_answered()
    assert [row.oid for row in snmpd.bulkwalk(f"{OID}.1.9", 50)] == walk
    assert len(daemon.lines("WARNING local:", "descriptor")) == 1


def lowest_free(pid: int) -> int:
    """The smallest number that no descriptor of a process has at some moment, as that between two readings is."""
    found: list[int] = []

    def look() -> None:
        taken = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
        found.append(min(set(range(len(taken) + 1)) - taken))

    until(look, 3 * INTERVAL, every=INTERVAL / 20)
    return min(found)


# T1: the wall clock steps. Readings, ages and the session know nothing of it.
def test_t1_the_wall_clock_steps(daemon_factory, snmpd, haproxy):
    daemon = daemon_factory(snmpd.agentx, [source("local", haproxy.path)], fault="stepping_clock")
    up_before = daemon.status()["uptime"]
    with Probe(snmpd.port, UP_TIME) as probe:
        for steps in range(1, 5):
            daemon.trigger()
            daemon.logs("the wall clock is off", count=steps)
            asked = len(haproxy.asked)
            daemon.eventually(lambda asked=asked: len(haproxy.asked) >= asked + 6, within=2)
            reported = daemon.source("local")
            assert (reported["state"], reported["failures"]) == ("ok", 0)
            assert 0 <= reported["age"] < 60  # the steps are of hours and more
            assert 0 <= snmpd.one(f"{OID}.1.2.1.6.1").value < 60_000
            assert snmpd.one(NAME).value == "web1"
        assert up_before < daemon.status()["uptime"] < 600
        assert snmpd.one(UP_TIME).value < 60_000
        assert daemon.registered()
    probe.assert_answered()
    assert daemon.lines("WARNING") == []


CLOCKS = {"time", "time_ns", "now", "utcnow", "today", "localtime", "gmtime"}
DATES = {
    ("control.commands", "time"),  # the date of a haxTest
    ("daemon", "time"),  # haxAgentStartTime, and what shows dates
    ("store.indexes", "time"),  # when numbers were last void, a date
    ("store.journal", "time"),  # the dates of events of an earlier run, when it starts; and the last resort for numbers
    ("monitor.keeping", "time"),  # likewise
    ("monitor.watch", "time"),  # the dates of events, and those that outlive the program
    ("delivery.outbox", "time"),  # the date of an acknowledgement
    ("process.reader", "time"),  # how many days a certificate has left
    ("monitor.peer_poll", "time"),  # when a peer has reported, a date
    ("cli.doctor", "time"),  # until when a finding is muted, a date
    ("cli.doctor", "localtime"),  # likewise, as it is shown
    ("doctor.mutes", "time"),  # likewise
    ("cli.watch", "time"),  # when the nodes were asked, a date
    ("cli.watch", "localtime"),  # likewise, as it is shown
    ("report", "time"),  # the date of what `status` shows
    ("store.database", "time"),  # when the numbering began, a date
    ("store.file", "time"),  # likewise
}
"""Where the wall clock may be asked."""


def test_t1_only_dates_are_taken_from_the_wall_clock():
    asked = set()
    package = ROOT / "haproxy_agentx"
    for path in package.rglob("*.py"):
        module = ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text())):
            owner = getattr(getattr(node, "value", None), "id", "")
            if isinstance(node, ast.Attribute) and node.attr in CLOCKS and owner in ("time", "datetime", "date"):
                asked.add((module, node.attr))
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                assert {name.name for name in node.names} <= {"monotonic", "monotonic_ns"}, path
    assert asked == DATES


# T3: stopped for ten seconds and continued. snmpd has given it up meanwhile; it is back within five seconds.
def test_t3_stopped_for_ten_seconds(daemon, snmpd):
    before = [row.oid for row in snmpd.bulkwalk(f"{OID}.1.9", 50)]
    frozen = time.monotonic()
    daemon.freeze()
    try:
        with pytest.raises(SnmpError, match="genError"):
            snmpd.one(NAME, timeout=60)
        assert time.monotonic() - frozen > 5
        throughout(lambda: snmpd.answers(1.0), 10 - (time.monotonic() - frozen))
    finally:
        daemon.thaw()
    assert until(lambda: [row.oid for row in snmpd.bulkwalk(f"{OID}.1.9", 50)] == before, RECOVERY), daemon.text()
    daemon.eventually(daemon.well)
    daemon.read_again("local")


# T3: stopped for a moment only: nobody notices, and readings are not made up for.
def test_t3_stopped_for_a_moment(daemon, snmpd, haproxy):
    session = snmpd.one("1.3.6.1.2.1.1.8.0").value
    daemon.freeze()
    throughout(snmpd.answers, 1.0)
    asked = len(haproxy.asked)
    daemon.thaw()
    daemon.read_again("local")
    assert len(haproxy.asked) - asked < 10
    assert snmpd.one("1.3.6.1.2.1.1.8.0").value == session
    assert len(daemon.lines("registered with")) == 1


# F2 and the memory: fifty readings leave nothing behind.
def test_readings_leave_no_descriptor_and_no_thread(daemon, haproxy):
    def used() -> tuple[int, int]:
        process = Path(f"/proc/{daemon.pid}")
        return len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))

    haproxy.script = fake.sends(header(VERSIONS["2.6"])[:50])
    daemon.eventually(lambda: daemon.state("local") == "stale")
    before = min(used() for _ in range(20))
    asked = len(haproxy.asked)
    daemon.eventually(lambda: len(haproxy.asked) > asked + 12)
    haproxy.script = GOOD
    daemon.eventually(daemon.well)
    after = min(used() for _ in range(50))
    assert after[0] <= before[0] + 1
    assert after[1] <= before[1] + 1


def test_status_by_the_command_line(daemon):
    done = daemon.cli("status", "--json")
    assert done.returncode == 0
    assert f'"pid": {daemon.pid}' in done.stdout
    done = daemon.cli("status")
    assert (done.returncode, "local" in done.stdout) == (0, True)
    assert daemon.stop() == 0
    done = daemon.cli("status")
    assert done.returncode == 3
    assert "is not running here" in done.stderr


def test_a_fake_socket_is_gone_after_the_test(folder):
    with FakeSocket(folder / "x", GOOD):
        assert (folder / "x").exists()
    assert not (folder / "x").exists()
