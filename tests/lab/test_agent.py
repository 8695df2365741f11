"""Our daemon on both load balancers of the lab: that it is there, and with which rights."""

from pathlib import Path

import pytest

from integration.netlab import control
from integration.netlab.machine import accounts_here
from integration.netlab.plan import BALANCERS, ROOT

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("host", BALANCERS)
def test_it_answers_beside_keepalived(lab, host):
    assert lab.services(host)["agent"]
    assert len(lab.snmp("snmpbulkwalk", host, ROOT)) > 100
    assert len(lab.snmp("snmpbulkwalk", host, "1.3.6.1.4.1.9586.100.5.2.3.1.4")) == 2


def test_it_has_no_rights(lab):
    host = lab.host("lb1")
    processes = control.processes(host, control.find("lb1", "agent"))
    assert len(processes) == 2  # the daemon and its store process
    for process in processes:
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
        assert status["Uid"].split() == [str(accounts_here().agent.uid)] * 4
        assert status["Groups"].split() == []
        assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}


@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_its_end_takes_nothing_else_along_and_it_comes_back(lab, how):
    lab.ctl("lb1", "agent", how)
    assert lab.services("lb1") == {"snmpd": True, "haproxy": True, "keepalived": True, "agent": False}
    lab.ctl("lb1", "agent", "start")
    assert len(lab.snmp("snmpbulkwalk", "lb1", ROOT)) > 100
