"""Two nodes that read each other over a management network, and what both say of the pair after each fault."""

import pytest

from haproxy_agentx.health.model import Readiness
from integration.netlab import peers, wait_for
from tests.support.pair_lab import PairLab

pytestmark = pytest.mark.lab


def test_a_pair_that_is_well_is_redundant_on_both(pair):
    for host, other in (("lb1", "lb2"), ("lb2", "lb1")):
        assert pair.peer_state(host) == "ok"
        assert pair.texts(host, "haxPairTable", "haxPairActiveNode") == ["lb1", "lb1"]
        assert pair.texts(host, "haxPeerTable", "haxPeerReadsUs") == ["1"]
        assert pair.texts(host, "haxPeerTable", "haxPeerNode") == [other]
        assert set(pair.texts(host, "haxPairTable", "haxPairNodesRead")) == {"2"}


def test_nodes_read_each_other_by_snmpv3(keeper):
    pair = PairLab(keeper.get("fast", agent=True, prepare=peers.read_by_v3))
    pair.await_states("redundant", "redundant")
    pair.lab.cut(apart=True)
    pair.await_states("dualActive", "dualActive", 10)


def test_vrrp_cut_both_ways_is_a_split_brain_on_both(pair):
    pair.lab.cut(apart=True)
    pair.await_states("dualActive", "dualActive", 10)
    pair.lab.cut(apart=False)
    pair.await_states("redundant", "redundant", 15)


def test_a_split_brain_is_reported_by_both_with_one_key(pair):
    pair.lab.cut(apart=True)
    found = [pair.wait_event(host, state="dualActive") for host in ("lb1", "lb2")]
    assert {one["PairKey"] for one in found} <= {"SITE1/51", "SITE2/52"}
    assert {one["Node"] for one in found} == {"lb1", "lb2"}
    assert {(one["Severity"], one["Cause"]) for one in found} == {("critical", "roleDisputed")}
    assert all("lb1" in one["CauseText"] and "lb2" in one["CauseText"] for one in found)
    pair.lab.cut(apart=False)
    for host in ("lb1", "lb2"):
        end = pair.wait_event(host, state="redundant")
        assert (end["Severity"], int(end["Clears"]) > 0) == ("cleared", True)


def test_vrrp_cut_one_way_is_a_split_brain_on_both(pair):
    pair.deafen("lb2", "lb1")
    pair.await_states("dualActive", "dualActive", 10)


def test_a_master_that_does_not_hear_its_backup_is_no_problem(pair):
    pair.deafen("lb1", "lb2")
    pair.stays("redundant", "redundant", 8)


def test_without_the_management_network_redundancy_is_unknown(pair):
    pair.management("lb1", up=False)
    pair.await_states("redundancyUnknown", "redundancyUnknown", 15)
    assert [pair.peer_state(host) for host in ("lb1", "lb2")] == ["unreachable"] * 2
    pair.management("lb1", up=True)
    pair.await_states("redundant", "redundant", 15)
    assert pair.reported_states() == {"redundancyUnknown", "redundant"}


def test_nodes_that_are_cut_from_each_other_altogether_know_only_themselves(pair):
    pair.management("lb1", up=False)
    pair.lab.cut(apart=True)
    pair.await_states("redundancyUnknown", "redundancyUnknown", 15)
    pair.stays("redundancyUnknown", "redundancyUnknown", 5)
    assert pair.lab.holders() == ["lb1", "lb2"]


@pytest.mark.parametrize("action", ["stop", "freeze"])
def test_a_peer_whose_snmpd_is_gone_is_not_taken_for_dead(pair, action):
    pair.lab.ctl("lb1", "snmpd", action)
    pair.await_state("lb2", "redundancyUnknown", 15)
    assert pair.peer_state("lb2") == "unreachable"
    pair.lab.ctl("lb1", "snmpd", "start" if action == "stop" else "thaw")
    pair.await_states("redundant", "redundant", 40)
    assert not pair.reported_states() & {"notServed", "dualActive"}


def test_a_peer_whose_agent_is_killed_has_no_agent(pair):
    pair.lab.ctl("lb1", "agent", "kill9")
    pair.await_state("lb2", "redundancyUnknown", 15)
    assert pair.peer_state("lb2") == "noAgent"
    pair.lab.ctl("lb1", "agent", "start")
    pair.await_states("redundant", "redundant", 20)


def test_haproxy_dead_on_the_active_node_leaves_no_redundancy(pair):
    pair.lab.ctl("lb1", "haproxy", "kill9")
    pair.await_states("notRedundant", "notRedundant", 20)
    assert pair.texts("lb1", "haxPairTable", "haxPairActiveNode") == ["lb2", "lb2"]
    pair.lab.ctl("lb1", "haproxy", "start")
    pair.await_states("redundant", "redundant", 30)
    assert not pair.reported_states() & {"notServed", "dualActive"}


def test_haproxy_dead_on_both_is_an_outage(pair):
    for host in ("lb1", "lb2"):
        pair.lab.ctl(host, "haproxy", "kill9")
    pair.await_states("notServed", "notServed", 20)
    assert pair.wait_event("lb2", state="notServed")["Severity"] == "critical"


def test_keepalived_killed_leaves_its_addresses_and_that_is_a_split_brain(pair):
    pair.lab.ctl("lb1", "keepalived", "kill9")
    pair.await_states("dualActive", "dualActive", 20)


def test_keepalived_stopped_on_both_is_an_outage(pair):
    for host in ("lb1", "lb2"):
        pair.lab.ctl(host, "keepalived", "stop")
    pair.await_states("notServed", "notServed", 20)


def test_an_ordinary_failover_and_its_return_are_no_alarm(pair):
    pair.lab.ctl("lb1", "keepalived", "stop")
    pair.await_states("notRedundant", "notRedundant", 20)
    pair.lab.ctl("lb1", "keepalived", "start")
    pair.await_states("redundant", "redundant", 40)
    assert not pair.reported_states() & {"notServed", "dualActive"}


def test_an_address_on_one_node_only_is_a_difference_and_a_split_brain(pair):
    """keepalived does not accept advertisements with other addresses, so both nodes are MASTER."""
    config = pair.lab.host("lb2").path("/etc/keepalived/keepalived.conf")
    config.write_text(config.read_text().replace("{ 10.77.0.100/24 }", "{\n10.77.0.100/24\n10.77.0.102/24\n}"))
    pair.lab.ctl("lb2", "keepalived", "reload")
    for host in ("lb1", "lb2"):
        event = pair.wait_event(host, kind="pairMismatch", state="differs", seconds=90)
        assert (event["PairKey"], event["CauseText"]) == ("SITE1/51", "different virtual addresses")
        assert pair.states(host) == ["dualActive", "redundant"]


def test_another_configuration_of_haproxy_on_one_node_is_a_mismatch(pair):
    config = pair.lab.host("lb2").path("/etc/haproxy/haproxy.cfg")
    config.write_text(config.read_text() + "backend be_more\n  server more1 10.77.0.20:8005\n")
    pair.lab.ctl("lb2", "haproxy", "reload")
    for host in ("lb1", "lb2"):
        event = pair.wait_event(host, kind="pairMismatch", state="differs", seconds=90)
        assert event["CauseText"] == "different configurations of HAProxy"
    pair.await_states("mismatch", "mismatch", 10)


def test_servers_in_maintenance_on_the_standby_leave_no_redundancy(pair):
    for backend, server in pair.servers("lb2"):
        pair.lab.haproxy("lb2", f"set server {backend}/{server} state maint")
    pair.await_states("notRedundant", "notRedundant", 20)


def test_a_reload_of_both_is_no_change(pair):
    for host in ("lb1", "lb2"):
        pair.lab.ctl(host, "haproxy", "reload")
    pair.stays("redundant", "redundant", 8)


def test_maintenance_is_shown_on_both_and_its_missing_redundancy_is_not_reported(pair):
    ordered = pair.command("lb2", "maintenance", "on", "--for", "10m")
    assert ordered.startswith("in maintenance for another")
    pair.await_maintenance("lb1", of="lb2")
    pair.lab.ctl("lb2", "keepalived", "stop")
    pair.await_states("notRedundant", "notRedundant", 20)
    pair.stays("notRedundant", "notRedundant", 3)
    assert "notRedundant" not in pair.reported_states()
    assert pair.command("lb2", "maintenance", "off") == "not in maintenance\n"
    for host in ("lb1", "lb2"):
        assert pair.wait_event(host, state="notRedundant")["Severity"] == "major"


def test_a_node_that_is_off_and_returns_is_no_outage(pair):
    pair.management("lb1", up=False)
    pair.lab.link("lb1", up=False)
    pair.await_state("lb2", "redundancyUnknown", 20)
    assert pair.texts("lb2", "haxPairTable", "haxPairActiveNode") == ["lb2", "lb2"]
    pair.lab.ctl("lb1", "keepalived", "stop")  # or it preempts before HAProxy has found a server: an outage, indeed
    pair.lab.link("lb1", up=True)
    pair.management("lb1", up=True)
    ready = {str(int(Readiness.ready))}
    wait_for(lambda: set(pair.texts("lb1", "haxServiceTable", "haxServiceReadiness")) == ready, "lb1 could serve", 20)
    pair.lab.ctl("lb1", "keepalived", "start")
    pair.await_states("redundant", "redundant", 40)
    assert not pair.reported_states() & {"notServed", "dualActive"}


def test_equal_priorities_are_shown_and_are_no_problem(pair):
    config = pair.lab.host("lb2").path("/etc/keepalived/keepalived.conf")
    config.write_text(config.read_text().replace("@lb2 priority 100", "@lb2 priority 150"))
    pair.lab.ctl("lb2", "keepalived", "reload")
    wait_for(
        lambda: "the priorities are equal" in pair.texts("lb1", "haxPairTable", "haxPairDifferenceText")[0],
        "lb1 shows that the priorities are equal",
        30,
    )
    assert not pair.reported_states() & {"notServed", "dualActive", "mismatch"}
