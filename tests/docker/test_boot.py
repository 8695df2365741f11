"""Booting: the units start by themselves, and the first traps are not lost."""

import pytest

from integration.dockerlab.lab import DAEMONS
from integration.netlab.plan import BALANCERS, VIRTUAL

pytestmark = pytest.mark.docker

MASTER = 2


def test_everything_runs_after_the_boot_and_nothing_failed(lab):
    for host in BALANCERS:
        assert lab.systemctl(host, "is-system-running") == "running"
        assert lab.systemctl(host, "is-active", *DAEMONS).split() == ["active"] * 4
        assert lab.systemctl(host, "is-enabled", *DAEMONS).split() == ["enabled"] * 4


def test_at_a_reboot_keepalived_waits_for_snmpd_and_its_first_traps_arrive(lab):
    rows = lab.table("lb1", "haxServerName")
    seen = len(lab.traps())
    lab.docker("restart", "lb1", "--time=5")
    for instance in VIRTUAL:
        became = lambda trap: trap.source == "lb1" and trap.vrrp == (instance, MASTER)  # noqa: B023, E731
        lab.wait_trap(became, f"lb1 {instance} MASTER", 20, skip=seen)
    lab.wait_well()
    assert lab.table("lb1", "haxServerName") == rows
    started = {
        unit: int(lab.systemctl("lb1", "show", "-P", "ExecMainStartTimestampMonotonic", unit)) for unit in DAEMONS
    }
    assert started["snmpd"] < started["keepalived"]
    assert max(started, key=started.__getitem__) == "haproxy-agentx"
