"""``events`` and ``trap-test``."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from haproxy_agentx.cli.main import MOST_EVENTS, main
from haproxy_agentx.control.commands import outcome_of_test
from haproxy_agentx.control.event_json import event_json
from haproxy_agentx.control.request import MAX_EVENTS
from haproxy_agentx.health.event import Event
from haproxy_agentx.vocabulary.event import Delivery, Kind
from tests.support.daemon import COMMAND
from tests.support.event_texts import drafted
from tests.support.fake_daemon import FakeDaemon
from tests.support.terminal import on_a_terminal
from tests.support.wait import HANG, eventually

# asyncio of Python 3.11 leaves a connection open that it accepts while its server closes (Server._attach)
pytestmark = pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")

DATE = 1_800_000_000.0
LINE = re.compile(r" *([0-9]+)  [0-9-]{10} [0-9:]{8}\.[0-9]{3}  (\w+)")


def failover(number: int, **cells: str) -> Event:
    texts = {
        "haxEventSubject": "SITE1",
        "haxEventHealth": "active",
        "haxEventPreviousHealth": "standby",
        "haxEventRole": "master",
        "haxEventPreviousRole": "backup",
        "haxEventCause": "peerLost",
        "haxEventCauseText": "nothing was heard of the other node for 3.6 s",
        "haxEventSuppressed": "0",
        "haxEventKeepalivedTrap": "seen",
    }
    draft = drafted(DATE + number, Kind.serviceFailover, texts | cells)
    return Event(number, draft, Delivery.acknowledged, 1, DATE + number + 0.01)


@pytest.fixture
def daemon(tmp_path):
    with FakeDaemon(tmp_path).running() as found:
        found.log = [failover(number) for number in range(1, 31)]
        yield found


@pytest.fixture
def events(daemon, capsys, monkeypatch):
    """Run it without a terminal; give exit status and lines."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("TZ", "UTC")

    def run(*words: str) -> tuple[int, list[str]]:
        code = main(["events", *words, "--config", str(daemon.config)])
        shown = capsys.readouterr()
        assert shown.err == ""
        return code, shown.out.splitlines()

    return run


def numbers(lines: list[str]) -> list[int]:
    return [int(match[1]) for line in lines if (match := LINE.match(line))]


def test_an_event_is_what_happened_why_and_whether_it_was_told(daemon, events):
    daemon.log = [failover(17)]
    code, lines = events()
    assert code == 0
    assert LINE.match(lines[0])[2] == "serviceFailover"
    assert lines[0].endswith("  SITE1  standby -> active")
    words = " ".join(line.strip() for line in lines[1:])
    assert words == (
        "backup -> master; peerLost: nothing was heard of the other node for 3.6 s; acknowledged; "
        "keepalived's trap seen"
    )
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (failover(1, haxEventKeepalivedTrap="notSeen"), "keepalived's trap not seen"),
        (failover(1, haxEventSuppressed="12"), "12 before it were suppressed"),
        (replace(failover(1), delivery=Delivery.queued, tries=0), "3.6 s; queued; keepalived's"),
        (replace(failover(1), delivery=Delivery.refused, tries=5), "refused, 5 tries; "),
        (replace(failover(1), delivery=Delivery.dropped), "; dropped; "),
        (failover(1, haxEventHealth="blackhole", haxEventPreviousHealth="active"), "active -> blackhole"),
        (
            Event(2, drafted(DATE, Kind.serverChange, {"haxEventState": "DOWN", "haxEventPreviousState": "UP 1/2"})),
            "UP 1/2 -> DOWN",
        ),
        (Event(2, drafted(DATE, Kind.sourceChange, {"haxEventState": "stale", "haxEventCause": "none"})), "  stale"),
        (Event(2, drafted(DATE, Kind.test, {})), "queued"),
        (Event(2, drafted(1e300, Kind.test, {})), "(no date)"),
    ],
)
def test_each_kind_of_event(daemon, events, event, words):
    daemon.log = [event]
    code, lines = events()
    assert code == 0
    assert words in " ".join(line if LINE.match(line) else line.strip() for line in lines)


def test_what_does_not_apply_is_not_told(daemon, events):
    daemon.log = [failover(1, haxEventKeepalivedTrap="notObserved", haxEventPreviousRole="master")]
    text = "\n".join(events()[1])
    assert "trap" not in text
    assert "master" not in text
    assert "suppressed" not in text


def test_the_last_20_unless_asked_for_others(daemon, events):
    assert numbers(events()[1]) == list(range(11, 31))
    assert numbers(events("--limit", "3")[1]) == [28, 29, 30]
    assert numbers(events("--limit", "5000")[1]) == list(range(1, 31))
    assert events("--limit", "0") == (0, [])
    daemon.log = []
    assert events() == (0, [])
    assert events("--limit", "5000") == (0, [])


def test_more_than_a_page_is_asked_for_in_pages(daemon, events):
    daemon.log = [failover(number) for number in range(100, 100 + 3 * MAX_EVENTS)]
    last = daemon.log[-1].sequence
    assert numbers(events("--limit", str(2 * MAX_EVENTS))[1]) == list(range(last - 2 * MAX_EVENTS + 1, last + 1))
    assert all(request["limit"] <= MAX_EVENTS for request in daemon.requests)


@pytest.mark.parametrize("number", ["-1", "x", "1.5", str(MOST_EVENTS + 1), "٣", "9" * 5000])
def test_a_limit_that_is_none(number, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["events", "--limit", number])
    assert ended.value.code == 2
    assert f"not a whole number from 0 to {MOST_EVENTS}" in capsys.readouterr().err


def test_json_is_an_object_in_each_line(daemon, events):
    code, lines = events("--json", "--limit", "2")
    assert code == 0
    assert [json.loads(line) for line in lines] == [event_json(event) for event in daemon.log[-2:]]


def test_on_a_terminal_it_is_coloured_and_fits(daemon):
    daemon.log = [failover(1), failover(2, haxEventHealth="blackhole", haxEventKeepalivedTrap="notSeen")]
    code, text = on_a_terminal("events", "--config", str(daemon.config))
    assert code == 0
    assert "\x1b[32mactive\x1b[0m" in text
    assert "\x1b[31mblackhole\x1b[0m" in text
    assert max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()) <= 80


# L4
def test_names_do_not_reach_the_terminal_as_commands(daemon, events):
    evil = "\x1b[31m\n[bold]x[/bold]"
    state = Event(2, drafted(DATE, Kind.serverChange, {"haxEventState": evil}))
    daemon.log = [failover(1, haxEventSubject=evil, haxEventCauseText=evil), state]
    text = "\n".join(events()[1])
    assert "\x1b" not in text
    assert text.count("[bold]x[/bold]") == 3


@contextmanager
def following(daemon: FakeDaemon, *words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [*COMMAND, "events", "--follow", "--json", *words, "--config", str(daemon.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read(process: "subprocess.Popen[str]", count: int) -> list[int]:
    """Wait for so many events; the test's own deadline ends a wait that is in vain."""
    return [json.loads(process.stdout.readline())["sequence"] for _ in range(count)]


def test_follow_gives_what_comes_until_interrupted(daemon):
    with following(daemon, "--limit", "2") as process:
        assert read(process, 2) == [29, 30]
        daemon.log = [*daemon.log, failover(31), failover(32)]
        assert read(process, 2) == [31, 32]
        process.send_signal(signal.SIGINT)
        assert process.wait(HANG) == 0
        assert process.stderr.read() == ""


def test_follow_goes_on_when_the_log_begins_anew(daemon):
    with following(daemon, "--limit", "0") as process:
        eventually(lambda: len(daemon.requests) > 1, 10)
        daemon.log = [failover(1), failover(2)]
        assert read(process, 2) == [1, 2]


def test_follow_waits_for_a_daemon_that_has_ended(tmp_path):
    daemon = FakeDaemon(tmp_path)
    with ExitStack() as stack:
        with daemon.running():
            daemon.log = [failover(1)]
            process = stack.enter_context(following(daemon))
            assert read(process, 1) == [1]
        assert "is not running here" in process.stderr.readline()
        assert process.stderr.readline() == "Waiting for it.\n"
        daemon.log = [failover(1), failover(2)]
        with daemon.running():
            assert read(process, 1) == [2]


def test_nobody_there(tmp_path, capsys):
    config = FakeDaemon(tmp_path).config
    for command in ("events", "trap-test"):
        assert main([command, "--config", str(config)]) == 1
        assert "is not running here" in capsys.readouterr().err
        assert main([command, "--json", "--config", str(config)]) == 1
        assert "is not running here" in json.loads(capsys.readouterr().out)["problem"]


def test_a_daemon_of_another_version(daemon, capsys):
    daemon.no_events = True
    assert main(["events", "--config", str(daemon.config)]) == 1
    assert "of another version" in capsys.readouterr().err
    assert main(["trap-test", "--config", str(daemon.config)]) == 1
    assert "of another version" in capsys.readouterr().err


def test_a_problem_that_the_daemon_tells(daemon, capsys):
    daemon.log = [failover(1)]
    daemon.test = {"problem": "the running haproxy-agentx has no such command; \x1b[31m"}
    assert main(["trap-test", "--config", str(daemon.config)]) == 1
    assert capsys.readouterr().err == "the running haproxy-agentx has no such command; \\x1b[31m\n"


# trap-test


def test_a_test_that_is_acknowledged(daemon, capsys):
    daemon.test = outcome_of_test(replace(failover(18), delivery=Delivery.acknowledged), 0.00312, "")
    assert main(["trap-test", "--config", str(daemon.config)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("event 18: snmpd has acknowledged it in 3.1 ms\n")
    assert "trap2sink" in shown.out
    assert shown.err == ""


def test_a_test_as_json(daemon, capsys):
    daemon.test = outcome_of_test(replace(failover(18), delivery=Delivery.acknowledged), 0.00312, "")
    assert main(["trap-test", "--json", "--config", str(daemon.config)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "sequence": 18,
        "delivery": "acknowledged",
        "milliseconds": 3.1,
        "problem": None,
    }


@pytest.mark.parametrize(
    ("delivery", "held", "words"),
    [
        (Delivery.queued, "no network interface is up", "it waits to be sent, and will be: no network interface is up"),
        (Delivery.queued, None, "snmpd is busy"),
        (Delivery.sent, None, "is snmpd frozen?"),
        (Delivery.refused, None, "journalctl"),
        (Delivery.dropped, None, "start snmpd"),
        (Delivery.unanswered, None, "sendMessageMaxSize"),
    ],
)
def test_a_test_that_is_not_acknowledged(daemon, capsys, delivery, held, words):
    daemon.test = outcome_of_test(replace(failover(18), delivery=delivery), 10.0, held)
    assert main(["trap-test", "--config", str(daemon.config)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("event 18: ")
    assert words in shown.err
    assert main(["trap-test", "--json", "--config", str(daemon.config)]) == 1
    assert words in json.loads(capsys.readouterr().out)["problem"]
