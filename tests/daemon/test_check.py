"""``check`` asks a real snmpd with a real daemon behind it."""

import pytest

from haproxy_agentx.cli.main import main


@pytest.mark.system
def test_a_node_whose_haproxy_serves(daemon, snmpd, capsys):
    assert daemon.alive
    status = main(["check", "-H", "127.0.0.1", "--port", str(snmpd.port)])
    said = capsys.readouterr().out
    assert (status, said.partition(":")[0]) == (0, "HAPROXY OK"), said
    assert said.endswith("| nodes=1 answering=1 services=1 served=1\n")
