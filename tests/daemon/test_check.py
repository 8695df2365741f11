"""``check`` asks a real snmpd with a real daemon behind it."""

import pytest

from haproxy_agentx.cli.main import main
from haproxy_agentx.health.severity import PluginStatus


@pytest.mark.system
def test_a_node_whose_haproxy_serves(daemon, snmpd, capsys):
    arguments = ["check", "-H", "127.0.0.1", "--port", str(snmpd.port)]
    daemon.eventually(lambda: main(arguments) == PluginStatus.ok)  # a service is there when it was judged
    capsys.readouterr()
    assert main(arguments) == PluginStatus.ok
    said = capsys.readouterr().out
    assert said.startswith("HAPROXY OK: "), said
    assert said.endswith("| nodes=1 answering=1 services=1 served=1\n")
