"""``check``: against a real snmpd with a real daemon, and against what is none."""

import socket
import subprocess
import sys

import pytest

from haproxy_agentx.cli.main import main
from tests.support.farm import Farm
from tests.support.ports import free_udp_port
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
        (("-H", "127.0.0.1", "--community-file", "/nowhere"), "/nowhere"),
        (("-H", "127.0.0.1", "--user", "watcher"), "--auth-file: the passphrase is missing"),
        (("-H", "no-such-host.invalid"), "its name is not known"),
    ],
)
def test_mistakes_are_unknown_in_one_line(run, words, why):
    status, said = run(*words)
    assert status == 3
    assert said.startswith("HAPROXY UNKNOWN: ")
    assert why in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", [("--root", "x"), ("--port", "0"), ("--timeout", "nan"), ("--level", "none")])
def test_a_wrong_usage_is_unknown(words, capsys):
    assert main(["check", "-H", "127.0.0.1", *words]) == 3
    assert words[0] in capsys.readouterr().err


USER, AUTH, PRIV = "watcher", "authpass-1234", "privpass-1234"


@pytest.mark.system
def test_snmpv3_with_secrets_from_files_and_from_the_environment(run, snmpd_factory, tmp_path, monkeypatch):
    snmpd = snmpd_factory((f"createUser {USER} SHA-256 {AUTH} AES {PRIV}", f"rouser {USER} authPriv"))
    words = ("-H", "127.0.0.1", "--port", snmpd.port, "--user", USER, "--auth-protocol", "SHA256")
    (tmp_path / "auth").write_text(f"{AUTH}\n")
    monkeypatch.setenv("HAPROXY_AGENTX_PRIV", PRIV)
    status, said = run(*words, "--auth-file", tmp_path / "auth")
    assert (status, "its snmpd answers, without haproxy-agentx" in said) == (3, True), said
    monkeypatch.setenv("HAPROXY_AGENTX_AUTH", "wrongpass-1234")
    status, said = run(*words)
    assert (status, "another passphrase or protocol of authentication" in said) == (3, True), said
    assert "wrongpass" not in said


@pytest.mark.parametrize(("variable", "answers"), [("public", True), ("other", False)])
def test_the_community_comes_from_the_environment(run, monkeypatch, variable, answers):
    monkeypatch.setenv("HAPROXY_AGENTX_COMMUNITY", variable)
    with Farm({"127.1.0.1": {}}) as farm:
        status, said = run("-H", "127.1.0.1", "--port", farm.port, "--timeout", "0.3")
    assert (status, "without haproxy-agentx" in said) == (3, answers), said


def test_it_loads_nothing_that_is_slow():
    code = "import sys; from haproxy_agentx.cli.main import main; main(sys.argv[1:]); print(*sys.modules)"
    words = ("check", "-H", "127.0.0.1", "--port", free_udp_port())
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True)
    said, loaded = done.stdout.splitlines()
    assert "no process listens there" in said
    heavy = {"asyncio", "rich", "pysnmp", "pyasn1", "cryptography", "requests", "yaml", "sqlite3"}
    assert not set(loaded.split()) & {*heavy, "haproxy_agentx.config", "haproxy_agentx.snmp.access"}
