"""``rehearse``: what keeps it from beginning. What it watches is tested in tests/lab and tests/rehearsal."""

import json
import signal
import subprocess
import sys

import pytest

from haproxy_agentx.cli.main import main
from haproxy_agentx.cli.rehearse import RehearsalStatus
from tests.support.fake_daemon import FakeDaemon, state
from tests.support.wait import HANG

PAIR = {
    "state": "redundancyUnknown",
    "services": [{"name": "SITE1", "state": "redundancyUnknown", "settling": False, "text": "", "active": "lb1"}],
    "maintenance": 0.0,
    "peers": [],
}


@pytest.fixture
def daemon(tmp_path):
    daemon = FakeDaemon(tmp_path)
    daemon.state = state(pair=PAIR)
    with daemon.running():
        yield daemon


@pytest.fixture
def run(capsys):
    def rehearse(daemon, *words):
        status = main(["rehearse", "--config", str(daemon.config), *words])
        shown = capsys.readouterr()
        return status, shown.out + (shown.err if "--json" not in words else "")

    return rehearse


def test_without_a_daemon_it_does_not_begin(run, tmp_path):
    status, said = run(FakeDaemon(tmp_path), "SITE1")
    assert status == RehearsalStatus.not_begun
    assert "is not running here" in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["SITE9"], "SITE9: no such service here: there are: SITE1"),
        (["SITE1", "--probe", "www.example.org:80"], "--probe: the host is a name"),
        (["SITE1", "--probe", "192.0.2.1"], "--probe: it is not the URL of a probe"),
        (["SITE1", "--wait", "soon"], "--wait: "),
        (["SITE1", "--limit", "0"], "--limit: "),
        (["SITE1", "--command", "systemctl 'stop"], "--command: No closing quotation: close the quotes"),
        (["SITE1", "--back", "'"], "--back: "),
        (["SITE1", "--command", " "], "--command:  : there is no such program"),
        (
            ["SITE1", "--back", "sytemctl start keepalived"],
            "--back: sytemctl start keepalived: there is no such program",
        ),
        (["SITE1", "--command", "/etc/passwd"], "--command: /etc/passwd: there is no such program"),
    ],
)
def test_a_wrong_argument_is_named(run, daemon, words, why):
    status, said = run(daemon, *words)
    assert status == RehearsalStatus.usage
    assert why in said


def test_without_peers_it_does_not_begin_even_anyway(run, daemon, tmp_path):
    made = tmp_path / "made"
    status, said = run(daemon, "SITE1", "--yes", "--anyway", "--command", f"touch {made}")
    assert status == RehearsalStatus.not_begun
    assert "NO  peers: no peer is configured" in said
    assert "NO  pair: redundancyUnknown" in said
    assert not made.exists()


def test_its_prechecks_in_json(run, daemon):
    status, said = run(daemon, "SITE1", "--json")
    found = json.loads(said)
    assert status == found["status"] == RehearsalStatus.not_begun
    assert {one["name"]: one["grade"] for one in found["prechecks"]} == {
        "SNMP": "ok",
        "peers": "refused",
        "served": "ok",
        "other node": "refused",
        "pair": "refused",
        "maintenance": "ok",
        "events": "ok",
        "priorities": "note",
    }


def test_a_daemon_of_another_version_is_no_traceback(run, daemon):
    daemon.state = {"version": "0"}
    status, said = run(daemon, "SITE1")
    assert status == RehearsalStatus.not_begun
    assert "of another version" in said


ASK = """
import asyncio
from haproxy_agentx.cli.rehearse import Order, _Rehearsal
rehearsal = object.__new__(_Rehearsal)
rehearsal._order = Order("SITE1")
async def both():
    return [await rehearsal._agreed("ready?") for _ in range(2)]
try:
    print(asyncio.run(both()))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (b"y\nn\n", "[True, False]"),
        (b"YES\ny", "[True, True]"),
        (b"", "[False, False]"),
        (b"y" * 200, "[False, False]"),
    ],
)
def test_each_question_has_the_next_line_for_an_answer(typed, said):
    asked = subprocess.run([sys.executable, "-c", ASK], input=typed, capture_output=True, timeout=HANG, check=True)
    assert asked.stdout.decode().strip() == said


def test_a_question_can_be_interrupted():
    """Catches Ctrl-C that waits for Enter."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", ASK], **pipes) as process:
        assert b"[y/N]" in process.stderr.read(len("ready? [y/N] "))
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(HANG) == 0
            assert process.stdout.read() == b"interrupted\n"
            assert process.stderr.read() == b""
        finally:
            process.kill()
