"""check-config and status, where a running daemon is not needed."""

import pytest

from haproxy_agentx import config as config_module
from haproxy_agentx.cli import running as running_module
from haproxy_agentx.cli import status as status_module
from haproxy_agentx.cli.check_config import check_config
from haproxy_agentx.config import Config, ConfigError, parse


# The advice of check-config about files that the daemon, another user than who asks, will read.
def test_check_config_minds_a_file_that_is_missing(tmp_path, capsys):
    file = tmp_path / "config.yaml"
    password = tmp_path / "password"
    file.write_text(
        f"haproxy: [{{stats: 'https://localhost/stats', username: monitor, password_file: '{password}'}}]\n"
    )
    assert check_config(str(file)) == 0
    assert f"warning: haproxy[0].password_file: {password} does not exist: " in capsys.readouterr().out


def test_check_config_minds_the_files_of_snmp(tmp_path, capsys):
    file = tmp_path / "config.yaml"
    file.write_text(f"keepalived: {{snmp: {{community_file: {tmp_path}/c}}}}\n")
    assert check_config(str(file)) == 0
    assert f"warning: keepalived.snmp.community_file: {tmp_path}/c does not exist: " in capsys.readouterr().out
    keys = "user: u, auth_file: /nowhere/a, priv_file: credential:p"
    file.write_text(f"keepalived: {{snmp: {{v3: {{{keys}}}}}}}\n")
    assert check_config(str(file)) == 0
    shown = capsys.readouterr().out
    assert "warning: keepalived.snmp.v3.auth_file: /nowhere/a does not exist: " in shown
    assert "priv_file: " in shown
    assert "warning: keepalived.snmp.v3.priv_file" not in shown


# What it prints between its first line and the rest is a file that reads as what it has read.
@pytest.mark.parametrize(
    "text", ["", "services: [{name: a, backends: [b]}]\nnotifications: {limit: 5/hour}\nagentx: {priority: 5}\n"]
)
def test_check_config_prints_the_effective_configuration(tmp_path, capsys, text):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    assert check_config(str(file)) == 0
    shown = capsys.readouterr().out
    effective = "".join(f"{line[2:]}\n" for line in shown.splitlines() if line.startswith("  "))
    assert parse(effective, "config.yaml") == parse(text, "config.yaml")
    assert ("without services, each VRRP instance is a service" in shown) == (text == "")


# A mistake in the file of a daemon that runs with the one before hides nothing of the daemon.
def test_status_tells_of_the_running_daemon_whatever_is_in_its_file_now(tmp_path, capsys, monkeypatch):
    file = tmp_path / "config.yaml"
    file.write_text("rot: 1.3.6\n")
    store = Config(store=str(tmp_path / "state.db"))
    monkeypatch.setattr(config_module, "DEFAULT_FILE", str(file))
    monkeypatch.setattr(running_module, "Config", lambda: store)
    with pytest.raises(ConfigError):
        status_module.status(None, as_json=True)
    (tmp_path / "control.sock").touch()
    monkeypatch.setattr(
        status_module, "ask", lambda _path: {"agentx": {"problem": None}, "store": {"problem": None}, "sources": []}
    )
    assert status_module.status(None, as_json=True) == 1
    shown = capsys.readouterr()
    assert "did you mean root?" in shown.err
    assert '"sources": []' in shown.out
