"""``status``: what it shows, and its exit status."""

import json
import re
import subprocess

import pytest

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.cli.main import main
from haproxy_agentx.cli.status import notes, problems
from haproxy_agentx.health.model import Health
from haproxy_agentx.objects.root import ROOT
from tests.support.daemon import COMMAND
from tests.support.fake_daemon import BARE, PROCESS, SERVICE, FakeDaemon, source, state
from tests.support.terminal import on_a_terminal


@pytest.fixture
def daemon(tmp_path):
    with FakeDaemon(tmp_path).running() as found:
        yield found


@pytest.fixture
def status(daemon, capsys, monkeypatch):
    """Run it without a terminal, and give exit status and output."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*words: str) -> tuple[int, str]:
        code = main(["status", *words, "--config", str(daemon.config)])
        shown = capsys.readouterr()
        assert shown.err == ""
        return code, shown.out

    return run


# A daemon as it was before it knew of services: a command of a newer version still shows it.
def test_a_daemon_that_knows_haproxy_only(daemon, status):
    daemon.state = BARE
    code, text = status()
    assert code == 0
    assert re.search(r"^ +ok +haproxy-agentx 1.2.3, pid 4711, up 1 d 2 h$", text, re.MULTILINE)
    assert f"agentx   /var/agentx/master, registered {dotted(ROOT)}\n" in text
    assert re.search(r"^  local +ok +0.4 s +2\.6\.12 +3 +2 +8 +3", text, re.MULTILINE)
    assert "service" not in text


def test_services_come_first(status):
    code, text = status()
    lines = text.splitlines()
    assert code == 0
    assert lines[1].split("  ", 1)[1].split() == ["service", "health", "role", "(intended)", "HAProxy", "since"]
    assert lines[2] == "  SITE1    active  master (master)  ready 8/8  2 h 3 min"
    assert lines[3] == "    last change: peerLost: nothing was heard of the other node"
    assert "  vrrp     SITE1: master by keepalivedFifo, priority 150" in lines
    assert "  events   last 17: 17 acknowledged, 0 queued, 2 suppressed, 0 lost" in lines
    for name in ("kernel", "keepalived-fifo", "keepalived-traps", "keepalived-mib"):
        assert re.search(rf"^  {name} +ok +2.5 s +\S+ *$", text, re.MULTILINE)


# Each line that can be is 80 characters at most; remedies, which are copied, stay whole.
@pytest.mark.parametrize("health", [health.name for health in Health])
def test_80_columns_without_a_terminal(daemon, status, health):
    longest = {
        "health": health,
        "role": "unknown",
        "intended": "master",
        "readiness": "degraded",
        "usable": 12,
        "configured": 24,
        "since": 86340.0,
    }
    daemon.state = state({"name": "fourteen-chars"}, longest, {"name": "n" * 64, **longest})
    _, text = status()
    lines = text.splitlines()
    table = lines[1 : next(place for place, line in enumerate(lines) if line.startswith("  agentx"))]
    assert max(map(len, table)) <= 80
    assert "  " + "n" * 64 in table
    assert "\x1b" not in text
    for line in lines:
        assert line == line.rstrip() or len(line) <= 80


def test_on_a_terminal_it_is_coloured_and_fits(daemon):
    daemon.state = state({}, {"name": "SITE2", "health": "activeDegraded"}, {"name": "SITE3", "health": "blackhole"})
    code, text = on_a_terminal("status", "--config", str(daemon.config))
    assert code == 2
    assert "\x1b[32mactive\x1b[0m" in text
    assert "\x1b[33mactiveDegraded\x1b[0m" in text
    assert "\x1b[31mblackhole\x1b[0m" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 80


# haxHealth: 1 and 2 are fine, 3 to 7 a warning, 8 and above critical.
@pytest.mark.parametrize("health", list(Health))
def test_the_exit_status_is_that_of_the_worst_service(daemon, status, health):
    daemon.state = state({}, {"name": "SITE2", "health": health.name, "details": "why it is so"})
    code, text = status()
    is_fine = health <= Health.standby
    assert code == (0 if is_fine else 1 if health <= Health.stopped else 2)
    assert ("  SITE2 is " + health.name + ": why it is so\n" in text) == (not is_fine)
    assert (" ok " in text.splitlines()[0]) == is_fine


@pytest.mark.parametrize("health", list(Health))
def test_one_line_for_a_monitoring_system(daemon, status, health):
    daemon.state = state({}, {"name": "S|2\n", "health": health.name, "details": "why | it is so\x1b"})
    code, text = status("--line")
    word = {0: "OK", 1: "WARNING", 2: "CRITICAL"}[code]
    assert code == status()[0]
    said = "SITE1 active, S/2\\n " + health.name if code == 0 else f"S/2\\n is {health.name}: why / it is so\\x1b"
    assert text == f"HAPROXY-AGENTX {word}: {said} | services=2 problems={int(code > 0)} queued=0\n"


def test_one_line_has_the_worst_of_several_problems(daemon, status):
    daemon.state = state({"health": "fault", "details": "why"}, {"name": "SITE2", "health": "blackhole"})
    code, text = status("--line")
    assert code == 2
    assert text.startswith("HAPROXY-AGENTX CRITICAL: SITE2 is blackhole")
    assert "(and 1 more) | services=2 problems=2" in text


@pytest.mark.parametrize(("broken", "why"), [({"agentx": None}, "another version"), (None, "")])
def test_one_line_where_nothing_is_known(tmp_path, capsys, broken, why):
    with FakeDaemon(tmp_path).running() as daemon:
        daemon.state = {**state(), **(broken or {})}
        if broken is not None:
            assert main(["status", "--line", "--config", str(daemon.config)]) == 3
            shown = capsys.readouterr()
            assert (why in shown.out, shown.err) == (True, "")
    assert main(["status", "--line", "--config", str(daemon.config)]) == 3
    shown = capsys.readouterr()
    assert (shown.out.startswith("HAPROXY-AGENTX UNKNOWN: "), shown.out.count("\n"), shown.err) == (True, 1, "")


def test_what_another_version_says_is_not_well(daemon, status):
    daemon.state = state({"health": "superb"})
    assert status()[0] == 2


def test_a_service_of_which_nothing_is_known_yet(daemon, status):
    daemon.state = {**state(), "services": [{"name": "SITE1", "health": "unknown"}]}
    code, text = status()
    assert code == 2
    assert re.search(r"^  SITE1 +unknown +unknown +unknown$", text, re.MULTILINE)


# What is optional and missing is a note; what is there and broken is not.
@pytest.mark.parametrize(
    ("place", "word", "code"),
    [(1, "absent", 0), (3, "absent", 0), (2, "disabled", 0), (2, "refused", 1), (3, "stale", 1), (1, "denied", 1)],
)
def test_optional_sources(daemon, status, place, word, code):
    missing = source(place, state=word, error="/run/x: what is wrong; what to do", age=None)
    daemon.state = state(sources=[PROCESS, missing])
    found, text = status()
    assert found == code
    assert ("  note: /run/x: what is wrong; what to do\n" in text) == (code == 0)
    assert re.search(rf"^  {missing['name']} +{word} +never", text, re.MULTILINE)


@pytest.mark.parametrize("word", ["absent", "stale", "denied", "refused"])
def test_an_haproxy_may_not_be_missing(daemon, status, word):
    daemon.state = state(sources=[{**PROCESS, "state": word, "error": "no HAProxy", "version": None, "age": None}])
    code, text = status()
    assert code == (1 if word == "stale" else 2)
    assert text.endswith("  local: no HAProxy\n")


@pytest.mark.parametrize("part", ["agentx", "store"])
def test_what_is_needed_to_serve(daemon, status, part):
    broken = {**BARE[part], "problem": "it is broken; mend it"}
    daemon.state = state(**{part: broken})
    code, text = status()
    assert code == (2 if part == "agentx" else 1)
    assert ": it is broken; mend it\n" in text


def test_why_events_wait_is_a_note(daemon, status):
    held = {"last": 17, "queued": 3, "acknowledged": 14, "suppressed": 0, "lost": 0, "held": "no interface is up"}
    daemon.state = state(events=held)
    code, text = status()
    assert code == 0
    assert "  note: 3 events wait: no interface is up\n" in text


def test_contradictions_are_shown():
    snapshot = state(vrrp=[{"name": "A", "role": "master", "contradiction": "the trap says backup"}])
    assert notes(snapshot) == ["A: the trap says backup"]
    assert problems(snapshot) == []


def test_not_as_intended_and_in_maintenance(daemon, status):
    daemon.state = state(
        {"intended": "backup", "as_intended": False, "maintenance": True, "details": "web1 is in MAINT"}
    )
    code, text = status()
    assert code == 0
    assert "master (backup)" in text
    assert "    web1 is in MAINT\n    servers are in maintenance\n" in text


# L4
PEER = {"name": "lb2", "address": "192.0.2.12:161", "state": "ok", "age": 1.0, "reads_us": True, "error": ""}
SITE = {"name": "SITE1", "state": "dualActive", "active": None, "text": "lb1 serves; lb2 serves", "settling": False}


def test_the_pair_and_its_peers(daemon, status):
    daemon.state = state(pair={"services": [SITE], "peers": [{**PEER, "reads_us": False}], "maintenance": 600.0})
    code, text = status()
    lines = text.splitlines()
    assert code == 2
    assert "  pair     SITE1: dualActive" in lines
    assert "  pair     this node is in maintenance for another 10 min 0 s" in lines
    assert "  peer     lb2 at 192.0.2.12:161: ok, read 1.0 s ago, which does not read this node" in lines
    assert "  the pair of SITE1 is dualActive: lb1 serves; lb2 serves" in lines


def test_without_peers_there_is_no_pair(daemon, status):
    daemon.state = state(pair={"services": [{**SITE, "state": "redundancyUnknown"}], "peers": []})
    code, text = status()
    assert (code, "pair" in text) == (0, False)


def test_names_do_not_reach_the_terminal_as_commands(daemon, status):
    evil = "\x1b[31m\n[bold]x[/bold]"
    daemon.state = state(
        {"name": evil, "cause_text": evil, "details": evil, "health": "fault"},
        vrrp=[{"name": evil, "role": evil, "source": evil, "priority": 1, "contradiction": evil}],
        sources=[PROCESS, source(1, state="absent", error=evil, target=evil)],
    )
    _, text = status()
    assert "\x1b" not in text
    assert text.count("[bold]x[/bold]") >= 5
    assert "\n[bold]" not in text


def test_json(daemon, status):
    daemon.state = state({"health": "blackhole"})
    code, text = status("--json")
    assert code == 2
    assert json.loads(text) == daemon.state


@pytest.mark.parametrize("snapshot", [{}, {**BARE, "sources": 5}, {**BARE, "services": [{}]}, {**BARE, "agentx": None}])
def test_a_daemon_of_another_version(daemon, capsys, snapshot):
    daemon.state = snapshot
    assert main(["status", "--config", str(daemon.config)]) == 3
    assert "of another version than this command: restart it" in capsys.readouterr().err


def test_nobody_there(tmp_path, capsys):
    config = FakeDaemon(tmp_path).config
    assert main(["status", "--config", str(config)]) == 3
    assert "is not running here (systemctl start haproxy-agentx" in capsys.readouterr().err
    assert main(["status", "--json", "--config", str(config)]) == 3
    assert "is not running here" in json.loads(capsys.readouterr().out)["problem"]


def test_a_problem_is_told_by_its_details_or_its_cause():
    assert problems(state({"health": "standby"})) == []
    conflict = SERVICE | {"health": "conflict", "details": "", "cause_text": "two"}
    assert [one.text for one in problems({**BARE, "services": [conflict]})] == ["SITE1 is conflict: two"]


# Monitoring Plugins: what cannot be found out is UNKNOWN, and never CRITICAL.
@pytest.mark.parametrize("words", [["--no-such-option"], ["--config"], ["more"]])
def test_a_wrong_usage_of_status_is_unknown(words, capsys):
    with pytest.raises(SystemExit) as end:
        raise SystemExit(main(["status", *words]))
    assert end.value.code == 3


def test_a_wrong_configuration_of_status_is_unknown(tmp_path, capsys):
    (tmp_path / "config.yaml").write_text("rot: 1\n")
    assert main(["status", "--config", str(tmp_path / "config.yaml")]) == 3


# rich, and asyncio, take longer to load than the rest. A program that reads `status` sees no colours, and asks often.
@pytest.mark.parametrize("words", [["status"], ["events"], ["status", "--json"]])
def test_rich_is_loaded_for_a_terminal_only(daemon, words, monkeypatch):
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    words = [*words, "--config", str(daemon.config)]
    piped = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=60).stderr
    _, on_screen = on_a_terminal(*words)
    assert "haproxy_agentx" in packages(piped) & packages(on_screen)
    assert not packages(piped) & {"asyncio", "rich"}
    assert ("rich" in packages(on_screen)) == ("--json" not in words)


def packages(importtime: str) -> set[str]:
    """Give the packages that were loaded, of what -X importtime has printed."""
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in importtime.splitlines() if "|" in line}
