"""What befalls a whole load balancer: it dies, it loses its network. And comes back."""

import pytest

from integration.dockerlab.probe import Probe, gaps, services

pytestmark = pytest.mark.docker

GAP = 7.0
"""Seconds without an answer, at most: the backup waits 3.6 s for a master that says nothing."""


def test_a_container_is_killed_and_started_again(lab, measured):
    rows = lab.table("lb1", "haxServerName")
    with Probe(lab) as probe:
        lab.docker("kill", "lb1")
        lab.wait_served_by("lb2")
        lab.docker("start", "lb1")
        lab.wait_well()
    assert [stretch.by for stretch in services(probe.answers)] == ["lb1", "lb2", "lb1"]
    over, back = gaps(services(probe.answers))
    measured("lb1 killed: the client without an answer", over)
    assert max(over, back) < GAP
    assert lab.table("lb1", "haxServerName") == rows  # its store, too, was killed in the middle of its work
    assert lab.values("lb1", "haxAgentStoreState") == ["ok"]


def test_a_load_balancer_is_cut_off_from_the_network_and_brought_back(lab, measured):
    rows = lab.table("lb1", "haxServerName")
    with Probe(lab) as probe:
        lab.link("lb1", up=False)
        try:
            lab.wait_served_by("lb2")
            assert lab.status("lb1")["agentx"]["problem"] is None  # snmpd and HAProxy are its neighbours still
        finally:
            lab.link("lb1", up=True)
        lab.wait_well()
    assert [stretch.by for stretch in services(probe.answers)] == ["lb1", "lb2", "lb1"]
    over, back = gaps(services(probe.answers))
    measured("lb1 cut off: the client without an answer", over)
    assert max(over, back) < GAP
    assert lab.table("lb1", "haxServerName") == rows
