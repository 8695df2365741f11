"""Standard streams that are closed, or cannot be written: said in one line, and never well."""

import json
import subprocess

import pytest

from haproxy_agentx.cli.main import main
from tests.support.daemon import COMMAND
from tests.support.fake_daemon import FakeDaemon
from tests.support.ports import free_udp_port
from tests.support.wait import HANG

NOBODY = ("--port", "PORT", "--timeout", "0.1")
COMMANDS = [
    (("check", "-H", "127.0.0.1", *NOBODY), 3),
    (("watch", "--once", "127.0.0.1", *NOBODY), 3),
    (("watch", "--once", "--json", "127.0.0.1", *NOBODY), 3),
    (("status", "--line"), 3),
    (("doctor", "--from", "FOLDER"), 1),
    (("schema",), 1),
    (("--help",), 1),
]


def shell(words: str, tmp_path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with redirections."""
    (tmp_path / "snmpd.conf").touch()
    names = {"PORT": str(free_udp_port()), "FOLDER": str(tmp_path)}
    order = [*COMMAND, *(names.get(word, word) for word in arguments)]
    return subprocess.run(
        ["sh", "-c", f'"$@" {words}', "sh", *order], capture_output=True, text=True, timeout=HANG, check=False
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("words", "status"), COMMANDS, ids=str)
def test_a_full_disk_is_said(words, status, unbuffered, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    done = shell(">/dev/full </dev/null", tmp_path, *words)
    assert done.returncode == status
    assert done.stderr.splitlines()[-1] == (
        "standard output: cannot be written (No space left on device): see to what takes it"
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(("words", "status"), COMMANDS[:4])
def test_without_standard_streams_the_status_is_the_same(words, status, tmp_path):
    done = shell(">&- <&-", tmp_path, *words)
    assert (done.returncode, done.stderr) == (status, "")


def test_what_is_said_without_standard_error_is_in_no_other_stream(tmp_path):
    daemon = FakeDaemon(tmp_path)
    done = shell("2>&-", tmp_path, "rehearse", "--config", str(daemon.config), "SITE1", "--json")
    assert json.loads(done.stdout)["problem"]
    done = shell("2>&-", tmp_path, "rehearse", "--config", str(daemon.config), "SITE1")
    assert (done.returncode, done.stdout) == (3, "")


@pytest.mark.parametrize(("command", "status"), [("check-config", 1), ("status", 3)])
def test_an_interrupt_while_modules_are_loaded_is_one(command, status, monkeypatch):
    def load(_options):
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(f"haproxy_agentx.cli.main._{command.replace('-', '_')}", load)
    assert main([command]) == status
