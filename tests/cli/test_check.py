"""``check``: against a real snmpd with a real daemon, and against what is none."""

import socket
import subprocess
import sys

import pytest

from haproxy_agentx.cli.main import main
from tests.support.snmpd import Snmpd


@pytest.fixture
def run(capsys):
    def check(*words: object) -> tuple[int, str]:
        status = main(["check", *map(str, words)])
        shown = capsys.readouterr()
        assert shown.err == ""
        return status, shown.out

    return check


@pytest.mark.system
def test_an_snmpd_without_the_daemon(run, tmp_path):
    snmpd = Snmpd(tmp_path)
    snmpd.start()
    try:
        status, said = run("-H", "127.0.0.1", "--port", snmpd.port)
        assert (status, "without haproxy-agentx" in said) == (3, True), said
        status, said = run("-H", "127.0.0.1", "--port", snmpd.port, "-C", "wrong", "--timeout", "0.3")
        assert (status, "no answer from its snmpd" in said) == (3, True), said
    finally:
        snmpd.stop()


def test_garbage_is_no_answer(run):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        status, said = run("-H", "127.0.0.1", "--port", silent.getsockname()[1], "--timeout", "0.1")
    assert (status, "no answer from its snmpd" in said) == (3, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("-H", "127.0.0.1", "--root", "x"), "--root"),
        (("-H", "127.0.0.1", "--community-file", "/nowhere"), "/nowhere"),
        (("-H", "no-such-host.invalid"), "its name is not known"),
    ],
)
def test_mistakes_are_unknown_in_one_line(run, words, why):
    status, said = run(*words)
    assert status == 3
    assert said.startswith("HAPROXY UNKNOWN: ")
    assert why in said
    assert said.count("\n") == 1


def test_it_loads_nothing_that_is_slow():
    code = "import sys, haproxy_agentx.cli.check as check; print(*(name for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"asyncio", "rich", "pysnmp", "pyasn1", "requests", "yaml", "sqlite3"}
