"""Who listens at the AgentX socket, as the connection knows it: the trap listener believes snmpd's user."""

import os
from pathlib import Path

import pytest

from tests.support.our_agent import Agent, peers_table
from tests.support.wait import eventually


@pytest.mark.parametrize("loop", ["", "uvloop"])
def test_the_process_and_the_user_of_the_master(snmpd, monkeypatch, loop):
    monkeypatch.setenv("HAPROXY_AGENTX_LOOP", loop)
    with Agent(snmpd.agentx, peers_table(1)) as agent:
        eventually(lambda: agent.connection.master, 10)
        process, uid = agent.connection.master
    assert Path(f"/proc/{process}/comm").read_text().strip() == "snmpd"
    assert uid == os.getuid()
