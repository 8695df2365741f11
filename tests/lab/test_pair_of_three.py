"""Three nodes that read each other over a management network, and what each of them says after each fault."""

import pytest

from integration.netlab import peers, wait_for
from integration.netlab.plan import ALL_BALANCERS
from tests.support.pair_lab import PairLab

pytestmark = pytest.mark.lab

OUTAGES = {"notServed", "dualActive", "unreachable"}
REDUNDANT = dict.fromkeys(ALL_BALANCERS, "redundant")


@pytest.fixture
def three(keeper) -> PairLab:
    found = PairLab(keeper.get("fast", agent=True, prepare=peers.read_each_other, balancers=ALL_BALANCERS))
    found.await_each(REDUNDANT)
    return found


def numbers(three: PairLab, host: str) -> dict[str, set[str]]:
    """How many nodes are active, ready, expected and read, as a node says of all services."""
    names = ("Active", "Ready", "Expected", "Read")
    return {name: set(three.texts(host, "haxPairTable", f"haxPairNodes{name}")) for name in names}


def test_three_nodes_that_are_well_are_redundant_on_each(three):
    for host in ALL_BALANCERS:
        assert three.peer_states(host) == {name: "ok" for name in ALL_BALANCERS if name != host}
        assert numbers(three, host) == {"Active": {"1"}, "Ready": {"2"}, "Expected": {"3"}, "Read": {"3"}}
        assert set(three.texts(host, "haxPairTable", "haxPairActiveNode")) == {"lb1"}


def test_the_active_node_dies_and_the_others_know_who_took_over(three):
    """It is off: no power, so neither VRRP nor SNMP. Two nodes are left, and the third is not taken for dead."""
    three.management("lb1", up=False)
    three.lab.link("lb1", up=False)
    three.await_each({"lb2": "redundancyUnknown", "lb3": "redundancyUnknown"})
    for host in ("lb2", "lb3"):
        assert set(three.texts(host, "haxPairTable", "haxPairActiveNode")) == {"lb2"}
        assert numbers(three, host) == {"Active": {"1"}, "Ready": {"1"}, "Expected": {"3"}, "Read": {"2"}}
        event = three.wait_event(host, state="redundancyUnknown")
        assert (event["Severity"], event["Node"]) == ("major", host)
        assert event["PairKey"] in {"SITE1/51", "SITE2/52"}
        assert "lb1 cannot be read" in event["CauseText"]
    three.lab.ctl("lb1", "keepalived", "stop")  # or it preempts before HAProxy has found a server
    three.lab.link("lb1", up=True)
    three.management("lb1", up=True)
    wait_for(lambda: set(three.texts("lb1", "haxServiceTable", "haxServiceReadiness")) == {"1"}, "lb1 could serve", 20)
    three.lab.ctl("lb1", "keepalived", "start")
    three.await_each(REDUNDANT, 60)
    for host in ("lb2", "lb3"):
        assert three.wait_event(host, state="redundant")["Severity"] == "cleared"
    assert not three.reported_states() & OUTAGES


def test_haproxy_dies_on_the_active_node_and_one_of_two_is_left_in_reserve(three):
    three.lab.ctl("lb1", "haproxy", "kill9")
    three.await_each(dict.fromkeys(ALL_BALANCERS, "redundancyReduced"))
    for host in ALL_BALANCERS:
        assert set(three.texts(host, "haxPairTable", "haxPairActiveNode")) == {"lb2"}
        event = three.wait_event(host, state="redundancyReduced")
        assert (event["Severity"], event["Cause"]) == ("minor", "haproxyGone")
    three.lab.ctl("lb1", "haproxy", "start")
    three.await_each(REDUNDANT, 60)
    assert all(three.wait_event(host, state="redundant")["Severity"] == "cleared" for host in ALL_BALANCERS)
    assert not three.reported_states() & OUTAGES


def test_a_standby_that_cannot_be_read_makes_redundancy_unknown_on_each(three):
    """Only the management network of lb3 is cut: it still hears VRRP, and the others read each other."""
    three.management("lb3", up=False)
    three.await_each(dict.fromkeys(ALL_BALANCERS, "redundancyUnknown"))
    assert three.peer_states("lb1") == {"lb2": "ok", "lb3": "unreachable"}
    assert three.peer_states("lb3") == dict.fromkeys(("lb1", "lb2"), "unreachable")
    assert numbers(three, "lb1") == {"Active": {"1"}, "Ready": {"1"}, "Expected": {"3"}, "Read": {"2"}}
    assert numbers(three, "lb3") == {"Active": {"0"}, "Ready": {"1"}, "Expected": {"3"}, "Read": {"1"}}
    for host in ALL_BALANCERS:
        assert three.wait_event(host, state="redundancyUnknown")["Cause"] == "sourceLost"
    three.management("lb3", up=True)
    three.await_each(REDUNDANT, 60)
    assert all(three.wait_event(host, state="redundant")["Severity"] == "cleared" for host in ALL_BALANCERS)
    assert not three.reported_states() & OUTAGES


def test_a_node_that_hears_no_vrrp_is_a_split_brain_on_each(three):
    """lb3 becomes a second MASTER, which lb1 and lb2 hear and outrank; lb2 keeps its role."""
    for other in ("lb1", "lb2"):
        three.deafen("lb3", other)
    three.await_each(dict.fromkeys(ALL_BALANCERS, "dualActive"), 20)
    for host in ALL_BALANCERS:
        event = three.wait_event(host, state="dualActive")
        assert (event["Severity"], event["Cause"], event["Node"]) == ("critical", "roleDisputed", host)
        assert event["PairKey"] in ("SITE1/51", "SITE2/52")
        assert set(three.texts(host, "haxPairTable", "haxPairNodesActive")) == {"2"}
    three.lab.exec("lb3", "iptables", "-F", "INPUT")
    three.await_each(REDUNDANT, 60)
    assert all(three.wait_event(host, state="redundant")["Severity"] == "cleared" for host in ALL_BALANCERS)


def test_all_that_hear_nobody_is_a_split_brain_of_three(three):
    three.lab.cut(apart=True)
    three.await_each(dict.fromkeys(ALL_BALANCERS, "dualActive"), 20)
    for host in ALL_BALANCERS:
        assert set(three.texts(host, "haxPairTable", "haxPairNodesActive")) == {"3"}
    three.lab.cut(apart=False)
    three.await_each(REDUNDANT, 60)
