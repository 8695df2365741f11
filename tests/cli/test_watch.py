"""``watch``: simulated agents on the loopback, on one screen."""

import fcntl
import json
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import termios
from dataclasses import replace
from itertools import product

import pytest

from haproxy_agentx.cli.main import main
from haproxy_agentx.cli.watch import lines_of
from haproxy_agentx.health.model import Health
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import PairState, PeerState
from haproxy_agentx.watch.grouping import pairings
from haproxy_agentx.watch.report import report_of
from haproxy_agentx.watch.view import view_of
from tests.support.daemon import COMMAND
from tests.support.farm import Farm
from tests.support.programs import ROOT as PROJECT
from tests.support.terminal import on_a_terminal
from tests.support.wait import HANG, Stopwatch
from tests.support.watched import pair, site


@pytest.fixture
def run(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")

    def watch(farm, *words: object) -> tuple[int, str]:
        status = main(["watch", "--once", "--port", str(farm.port), "--timeout", "0.5", *map(str, words)])
        shown = capsys.readouterr()
        assert shown.err == ""
        return status, shown.out

    return watch


def serve(*nodes):
    return Farm({node.address: node.cells() for node in nodes})


ONE, TWO = site(1)
HOSTS = (ONE.address, TWO.address)


def test_a_pair_is_a_map(run):
    with serve(ONE, TWO) as farm:
        status, text = run(farm, *HOSTS)
    lines = text.splitlines()
    assert status == 0
    assert lines[2].startswith(" OK  127.1.1.1 + 127.1.1.2")
    assert re.search(r"│ ● SITE1  active 3/3 +│ ◀────▶ │ ○ SITE1  standby 3/3 +│", text)
    assert "  SITE1  redundant for 12 min 5 s: all is well\n" in text
    assert "  lb1 sees lb2: ok, read 0.4 s ago; SITE1 ready\n" in text
    assert "  lb2 sees lb1: ok, read 0.4 s ago; SITE1 serving\n" in text
    assert re.search(r"11 min 40 s ago +lb1 +serviceFailover SITE1 active: the cause of event 3", text)
    assert max(map(len, lines)) <= 100
    assert len({len(line) for line in lines[3:6]}) == 1


def test_a_long_text_is_shown_whole(run):
    text = "lb1 serves; " + "and lb2 is ready, " * 14 + "as far as is known"
    with serve(*pair(replace(ONE, text=text), replace(TWO, text=text))) as farm:
        _, screen = run(farm, *HOSTS)
    assert text in " ".join(screen.split())
    assert max(map(len, screen.splitlines())) <= 100


def test_events_are_read_from_near_the_last_one(run):
    with serve(ONE) as farm:
        run(farm, ONE.address)
        assert farm.requests[ONE.address] <= 3


@pytest.mark.parametrize(
    ("state", "healths", "status"),
    [
        (PairState.redundant, (Health.active, Health.standby), 0),
        (PairState.failedOver, (Health.standby, Health.active), 0),
        (PairState.notRedundant, (Health.active, Health.fault), 1),
        (PairState.dualActive, (Health.active, Health.active), 2),
        (PairState.notServed, (Health.blackhole, Health.standby), 2),
        (PairState.unknown, (Health.unknown, Health.unknown), 3),
    ],
)
def test_the_exit_status_and_json_are_those_of_check(run, capsys, state, healths, status):
    nodes = pair(*(replace(node, state=state, health=health) for node, health in zip((ONE, TWO), healths, strict=True)))
    with serve(*nodes) as farm:
        code, text = run(farm, "--json", *HOSTS)
        assert code == status
        assert main(["check", "--port", str(farm.port), "-H", HOSTS[0], "-H", HOSTS[1]]) == status
        line = capsys.readouterr().out
    said = json.loads(text)
    assert said["status"].upper() == line.split()[1].rstrip(":")
    assert [one["services"][0]["health"] for one in said["pairs"][0]["nodes"]] == [health.name for health in healths]
    assert {one["services"][0]["pair"]["state"] for one in said["pairs"][0]["nodes"]} == {state.name}


def test_a_host_that_does_not_answer_is_unknown_and_never_well(run):
    seen = replace(ONE, state=PairState.redundancyUnknown, peer_state=PeerState.unreachable)
    with serve(seen, TWO) as farm:
        farm.silent.add(TWO.address)
        status, text = run(farm, *HOSTS)
        code, said = run(farm, "--json", *HOSTS)
    assert (status, code) == (1, 1)
    assert re.search(r"│ \? unknown +│", text)
    assert "127.1.1.2: no answer from its snmpd" in text
    assert "lb1 sees lb2: unreachable, read 0.4 s ago" in text
    silent = json.loads(said)["pairs"][0]["nodes"][1]
    assert (silent["answers"], silent["services"]) == (False, [])


def test_when_no_host_answers_the_status_is_unknown(run):
    with serve(ONE) as farm:
        farm.silent.add(ONE.address)
        status, text = run(farm, ONE.address, "no-such-host.invalid")
    assert status == 3
    assert "its name is not known" in text
    assert " OK " not in text


def test_one_node_that_has_no_peers_shows_no_more_than_it_knows(run):
    with serve(replace(TWO, peer=None)) as farm:
        status, text = run(farm, TWO.address)
    assert status == 3
    assert "may be active on no node" in text


def test_another_root(run):
    root = (1, 3, 6, 1, 4, 1, 32473, 1)
    with serve(*pair(replace(ONE, root=root), replace(TWO, root=root))) as farm:
        assert run(farm, *HOSTS)[0] == 3
        status, text = run(farm, "--root", "1.3.6.1.4.1.32473.1", *HOSTS)
    assert (status, "redundant" in text) == (0, True)


def test_nothing_of_an_agent_reaches_the_terminal_raw(run):
    evil = "\x1b[2J\x07\n \u202e" + "x" * 300
    nodes = pair(
        replace(ONE, name=evil, text=evil, services=tuple(f"{number}{evil}" for number in range(40))),
        replace(TWO, name=evil),
    )
    with serve(*nodes) as farm:
        for words in (HOSTS, ("--compact", *HOSTS), ("--json", *HOSTS)):
            _, text = run(farm, *words)
            assert not {"\x1b", "\x07", "\u202e"} & set(text)
            assert words[0] == "--json" or max(map(len, text.splitlines())) <= 100
        _, text = run(farm, *HOSTS)
    assert "and 24 more, none of them worse" in text


def test_a_box_of_many_services_has_the_worst_ones(run):
    cells = dict(replace(ONE, services=tuple(f"S{number}" for number in range(1, 31)), peer=None).cells())
    health = next(name for name in cells if name[-4:] == (3, 1, 3, 30))
    cells[health] = int(Health.blackhole)
    with Farm({ONE.address: cells}) as farm:
        status, text = run(farm, ONE.address)
    assert status == 2
    assert "✖ S30  blackhole" in text


# 200 hosts at once on one screen


def sites(count, **wrong):
    """Return many pairs; ``wrong`` are the changes of the third one."""
    return [node for number in range(count) for node in site(number, **(wrong if number == 2 else {}))]


def test_200_hosts_on_one_screen_with_what_is_wrong_first():
    nodes = sites(100, health=Health.blackhole, state=PairState.notServed, text="no server is usable")
    silent = nodes[40].address
    with serve(*nodes) as farm:
        farm.silent.add(silent)
        code, text = on_a_terminal(
            *("watch", "--once", "--timeout", "1.5", "--port", str(farm.port), *(node.address for node in nodes)),
            columns=160,
        )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert code == 2
    assert "98 ok  1 warning  1 critical  0 unknown  of 100 pairs; 199 of 200 hosts answer" in plain[1]
    assert plain[2].startswith(" CRITICAL  127.1.2.1 + 127.1.2.2 SITE1 notServed: no server is usable")
    assert plain[3].startswith(f" WARNING  {silent} + 127.1.20.2 {silent}: no answer")
    assert len(plain) <= 50
    assert max(map(len, plain)) <= 160
    screen = "\n".join(plain)
    assert all(f"{node.address} " in f"{screen} " for node in nodes)
    assert screen.count("●○") == 98
    assert f"?○ {silent}" in screen
    assert "\x1b[32m●" in text


def test_200_hosts_take_bounded_time_and_processor(record_property):
    nodes = sites(100)
    with serve(*nodes) as farm:
        words = (
            "watch",
            "--once",
            "--json",
            "--timeout",
            "20",
            "--port",
            str(farm.port),
            *(node.address for node in nodes),
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Stopwatch() as took:
            done = subprocess.run(
                [*COMMAND, *words, *(node.address for node in nodes)],
                capture_output=True,
                text=True,
                timeout=HANG,
                check=False,
            )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    record_property("processor", processor)
    record_property("seconds", took.seconds)
    said = json.loads(done.stdout)
    assert (done.returncode, said["answering"], len(said["pairs"])) == (0, 200, 100)
    assert sum(farm.requests.values()) == 200
    assert processor < 2
    assert took.seconds < 10


def test_what_has_no_room_is_counted_with_its_worst():
    nodes = sites(100, health=Health.blackhole, state=PairState.notServed)
    views = {node.address: view_of(node.address, node.address, node.cells(), ROOT) for node in nodes}
    report = report_of(views, pairings(list(views.values())), 0.1, 0.0)
    for height in range(4, 60):
        for width in (30, 80, 200):
            lines = [line.plain for line in lines_of(report, width, height, is_compact=True)]
            assert len(lines) <= height
            assert max(map(len, lines)) <= width
            assert any("critical" in line.lower() for line in lines[:3])
            if sum(line.count("✖○") + line.count("●○") for line in lines) < 100:
                assert "more" in lines[-1]


@pytest.mark.parametrize("text", ["all is well", "", "\u6f22" * 90, "e\u0301" * 90, "\x1b[31m\u202e" * 60])
def test_no_size_of_a_terminal_is_too_small(text):
    """Catches a pane that is made so narrow that nothing has room."""
    nodes = [replace(node, text=text, services=("SITE1", text)) for node in site(1)]
    views = {node.address: view_of(node.address, node.address, node.cells(), ROOT) for node in nodes}
    report = report_of(views, pairings(list(views.values())), 0.1, 0.0)
    for width, height, is_compact in product((0, 1, 3, 4, 5, 9, 40), (None, 1, 2, 9), (False, True)):
        lines = lines_of(report, width, height, is_compact=is_compact)
        assert lines
        assert all(line.plain.isprintable() for line in lines)


class Screen:
    """``watch`` on a terminal, until it is interrupted."""

    def __init__(self, *words: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        environment = {key: text for key, text in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
        environment |= {"PYTHONPATH": str(PROJECT), "TERM": "xterm"}
        command = [*COMMAND, "watch", *words]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        self.text = ""

    def read_until(self, words: str) -> None:
        """Read until the terminal has shown ``words`` since the last call; the test's own timeout bounds it."""
        self.text = ""
        while words not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text):
            self.text += os.read(self._master, 65536).decode(errors="replace")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        self.read_to_end()
        return self.process.wait(HANG)

    def read_to_end(self) -> None:
        try:
            while piece := os.read(self._master, 65536):
                self.text += piece.decode(errors="replace")
        except OSError:  # the other side is closed
            pass
        os.close(self._master)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_screen_follows_the_pair_and_leaves_the_terminal_as_it_was(number):
    with serve(ONE, TWO) as farm:
        screen = Screen("--interval", "0.2", "--port", str(farm.port), *HOSTS)
        try:
            screen.read_until("redundant for")
            worse = pair(*(replace(node, state=PairState.dualActive, health=Health.active) for node in (ONE, TWO)))
            for node in worse:
                farm.change(node.address, node.cells())
            screen.read_until("CRITICAL")
            assert screen.end(number) == 2
        finally:
            screen.process.kill()
            screen.process.wait()
    assert "\x1b[?1049l" in screen.text


def test_without_a_terminal_each_look_is_a_line_of_json():
    with serve(ONE, TWO) as farm:
        words = ("watch", "--json", "--interval", "0.1", "--port", str(farm.port), *HOSTS)
        with subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True) as process:
            looks = [json.loads(process.stdout.readline()) for _ in range(3)]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=HANG)
    assert [look["status"] for look in looks] == ["ok"] * 3
    assert process.returncode == 0


@pytest.mark.parametrize("words", [(), (",",), ("127.0.0.1", "--interval", "0"), ("x",) * 3 + ("--port", "x")])
def test_a_wrong_usage_is_unknown(words, capsys):
    assert main(["watch", "--once", *words]) == 3
    assert capsys.readouterr().err


def test_too_many_hosts_are_refused(capsys):
    assert main(["watch", "--once", *(f"host{number}" for number in range(1001))]) == 3
    assert "name 1 to 1000" in capsys.readouterr().err
