"""What happens to a whole node or its daemons, what both nodes say of the pair meanwhile, and what does not trouble it.

Each state has a deadline, in seconds of machine time; its notification has a cause, and its end clears it.
"""

from dataclasses import replace

import pytest

from haproxy_agentx.control.client import ask
from haproxy_agentx.delivery.egress_gate import NO_ROUTE_TO_SINKS
from integration.netlab import Lab, control, network, peers, wait_for
from integration.netlab.peers import INTERVAL, TIMEOUT
from integration.netlab.plan import ADDRESSES, BALANCERS, PROJECT, VIRTUAL
from integration.netlab.services import AGENT_SERVICE
from tests.support.reported import reported, wait_reported

pytestmark = pytest.mark.lab

UNREAD = 3 * INTERVAL + TIMEOUT
"""Seconds after which what a peer said last no longer counts."""

ALARMS = {"notServed", "dualActive", "unreachable"}

HOUR = 3600.0

AHEAD = f"""
import time
real = time.time
time.time = lambda: real() + {HOUR}
"""
"""A module that Python runs at its start: the wall clock of the program is ahead, the monotonic one is as it is."""


def name_the_sink(lab: Lab) -> None:
    """Have the nodes read each other, and know where snmpd sends."""
    peers.read_each_other(lab)
    for name in lab.balancers:
        with lab.host(name).path(peers.CONFIG).open("a") as file:
            file.write(f"notifications: {{sinks: [{ADDRESSES['sink']}]}}\n")


def check_cleared(pair, host, state, cause):
    """Check that a node reported a state of a service, why, and that it is over."""
    of_site1 = {"host": host, "kind": "pairChange", "subject": "SITE1"}
    event = wait_reported(pair.lab, f"{host}: {state}", State=state, **of_site1).cells
    assert (event["Severity"], event["Cause"]) == ("major", cause)
    end = wait_reported(pair.lab, f"{host}: its end", Clears=event["Sequence"], **of_site1).cells
    assert (end["Severity"], end["State"]) == ("cleared", "redundant")


def test_an_snmpd_that_is_restarted_at_once_is_no_outage(pair):
    pair.lab.ctl("lb1", "snmpd", "restart")
    wait_for(lambda: pair.peer_state("lb2") == "ok", "lb2 reads lb1 again", 20)
    pair.await_states("redundant", "redundant", 30)
    assert not pair.reported_states() & ALARMS


def test_a_peer_that_is_not_read_for_a_while_is_reported_with_cause_and_end(pair):
    pair.lab.ctl("lb1", "snmpd", "stop")
    pair.await_state("lb2", "redundancyUnknown", UNREAD + 10)
    pair.lab.ctl("lb1", "snmpd", "start")
    pair.await_states("redundant", "redundant", 40)
    check_cleared(pair, "lb2", "redundancyUnknown", "sourceLost")
    assert not pair.reported_states() & ALARMS


@pytest.mark.parametrize("service", ["keepalived", "haproxy"])
def test_a_reload_of_both_nodes_is_reported_by_neither(pair, service):
    polls, before = polled(pair), pair.reported_states()
    for host in BALANCERS:
        pair.lab.ctl(host, service, "reload")
    await_polls(pair, polls, 10)
    pair.await_states("redundant", "redundant", 10)
    assert pair.reported_states() == before


def test_a_node_that_is_rebooted_is_missed_and_returns(pair):
    for service in ("agent", "keepalived", "haproxy", "snmpd"):
        pair.lab.ctl("lb1", service, "kill9")
    lb1 = pair.lab.host("lb1")
    network.batch(lb1, "".join(f"addr del {address}/24 dev eth0\n" for address in VIRTUAL.values()))
    pair.await_state("lb2", "redundancyUnknown", UNREAD + 10)
    assert pair.texts("lb2", "haxPairTable", "haxPairActiveNode") == ["lb2", "lb2"]
    for service in ("snmpd", "haproxy", "keepalived", "agent"):
        pair.lab.ctl("lb1", service, "start")
    pair.await_states("redundant", "redundant", 60)
    check_cleared(pair, "lb2", "redundancyUnknown", "sourceLost")
    assert not pair.reported_states() & ALARMS


def test_a_wall_clock_that_is_an_hour_off_changes_nothing(pair):
    lb2 = pair.lab.host("lb2")
    pair.lab.ctl("lb2", "agent", "stop")
    lb2.path("/etc/haproxy-agentx/sitecustomize.py").write_text(AHEAD)
    paths = ("PYTHONPATH", f"/etc/haproxy-agentx:{PROJECT}")
    control.launch(lb2, replace(AGENT_SERVICE, environment=(*AGENT_SERVICE.environment[1:], paths)))
    control.await_ready(lb2, AGENT_SERVICE)
    pair.await_states("redundant", "redundant", 30)

    def offset() -> float:
        (text,) = pair.texts("lb1", "haxPeerTable", "haxPeerClockOffset")
        return int(text) / 1000

    wait_for(lambda: abs(offset() - HOUR) < 60, "lb1 has read the clock of the new daemon", 20, pair.lab.logs)
    pair.lab.cut(apart=True)
    pair.await_states("dualActive", "dualActive", 10)
    for host in BALANCERS:
        assert pair.wait_event(host, state="dualActive")["Cause"] == "roleDisputed"
        assert max(map(int, pair.texts(host, "haxPairTable", "haxPairAge"))) < HOUR / 2
    pair.lab.cut(apart=False)
    pair.await_states("redundant", "redundant", 15)
    assert not pair.reported_states() & {"notServed", "unreachable"}


def test_a_minute_in_which_nothing_happens_has_no_event(pair):
    polls, before = polled(pair), len(reported(pair.lab))
    await_polls(pair, polls, 60)
    assert len(reported(pair.lab)) == before
    for host in BALANCERS:
        assert pair.states(host) == ["redundant", "redundant"]
        assert int(pair.texts(host, "haxPairTable", "haxPairAge")[0]) >= 50


def test_a_daemon_that_is_restarted_counts_its_pair_on(pair):
    pair.lab.ctl("lb1", "haproxy", "kill9")
    pair.await_states("notRedundant", "notRedundant", 20)
    pair.lab.ctl("lb1", "haproxy", "start")
    pair.await_states("redundant", "redundant", 30)
    shown = ("haxPairPreviousState", "haxPairTransitions")
    before = [pair.texts("lb2", "haxPairTable", name) for name in shown]
    age = int(pair.texts("lb2", "haxPairTable", "haxPairAge")[0])
    pair.lab.ctl("lb2", "agent", "restart")
    pair.await_state("lb2", "redundant", 20)
    assert [pair.texts("lb2", "haxPairTable", name) for name in shown] == before
    assert int(before[1][0]) >= 2
    assert int(pair.texts("lb2", "haxPairTable", "haxPairAge")[0]) >= age


def polled(pair):
    """Return how often each node has read the other."""
    return {host: int((pair.texts(host, "haxPeerTable", "haxPeerSuccesses") or ["0"])[0]) for host in BALANCERS}


def await_polls(pair, since, number):
    """Wait until each node has read the other so many times more."""
    wait_for(
        lambda: all(count >= since[host] + number for host, count in polled(pair).items()),
        f"{number} more polls on both nodes",
        number * INTERVAL + 30,
    )


@pytest.mark.parametrize("pair", [name_the_sink], indirect=True)
def test_events_wait_for_the_network_of_the_sink_though_another_one_is_up(pair):
    """Catches a FAULT that is lost in a network without a carrier, as the management network is a way out."""
    lab = pair.lab
    control_socket = str(lab.host("lb1").path("/var/lib/haproxy-agentx/control.sock"))
    lab.link("lb1", up=False)
    wait_for(lambda: ask(control_socket)["events"]["held"] == NO_ROUTE_TO_SINKS, "events are on hold", 20, lab.logs)
    assert not reported(lab, "lb1", kind="serviceFailover")
    lab.link("lb1", up=True)
    for site in VIRTUAL:
        event = wait_reported(lab, f"{site} was in fault", host="lb1", kind="serviceFailover", subject=site).cells
        assert (event["Role"], event["Cause"]) == ("fault", "interfaceDown")
    pair.await_states("redundant", "redundant", 40)
