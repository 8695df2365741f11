"""Packets that arrive elsewhere: real neighbour tables, and what both nodes say of it by what each sees."""

import pytest

from haproxy_agentx.pair.astray import WATCHED
from integration.netlab import wait_for
from integration.netlab.plan import VIRTUAL
from tests.support.pair_lab import PairLab, read_each_other_apart

pytestmark = pytest.mark.lab

ADDRESS = VIRTUAL["SITE1"]

FOUND = 40
"""Seconds from the end of a split brain until both nodes report it: connections are missed after some 15, packets are
astray after 15 to 20, and the state counts within two polls."""


@pytest.fixture
def visited(keeper):
    """A pair whose first service has clients."""
    pair = PairLab(keeper.get("fast", agent=True, prepare=read_each_other_apart))
    pair.await_states("redundant", "redundant")
    pair.visit(ADDRESS)
    pair.await_clients("lb1")
    return pair


def of_site1(pair, host):
    return pair.states(host)[0]


def await_site1(pair, state, seconds):
    hosts = ("lb1", "lb2")
    wait_for(
        lambda: {of_site1(pair, host) for host in hosts} == {state},
        f"SITE1 is {state} on both",
        seconds,
        lambda: str({host: (pair.states(host), pair.traffic(host), pair.said(host)) for host in hosts}),
    )


def is_over(pair):
    """Whether clients come to lb1, and lb2 would have seen by now that packets go astray.

    On a loaded machine lb2 may be MASTER once more, for a moment without clients: then it looks for none.
    """
    seen, ages = pair.traffic("lb1"), pair.member("lb1", "haxPairMemberTrafficAge")
    return seen["lb1"] == "arrives" and (seen["lb2"] == "clear" or int(ages["lb2"]) > WATCHED)


def served_by(pair, host):
    wait_for(lambda: pair.lab.get(ADDRESS) == (200, host), f"the client comes to {host}", 20)


def test_clients_that_stay_at_the_loser_of_a_split_brain_make_it_unreachable(visited):
    visited.lab.cut(apart=True)
    visited.await_states("dualActive", "dualActive", 10)
    visited.neighbour(ADDRESS, of="lb2")
    served_by(visited, "lb2")
    visited.await_clients("lb2")  # only a node that is known to have had clients can miss them
    visited.lab.cut(apart=False)
    await_site1(visited, "unreachable", FOUND)
    for host in ("lb1", "lb2"):
        visited.await_traffic(host, lb1="missing", lb2="strays")  # a reading that fails shows nothing for a moment
        event = visited.wait_event(host, state="unreachable")
        assert (event["Severity"], event["Cause"]) == ("critical", "trafficElsewhere")
        assert "lb2 is ready, and packets for addresses" in event["CauseText"]
        assert visited.states(host)[1] == "redundant"  # the service of which no client is known
    visited.neighbour(ADDRESS, of=None)
    served_by(visited, "lb1")
    await_site1(visited, "redundant", 20)
    for host in ("lb1", "lb2"):
        end = visited.wait_event(host, state="redundant")
        assert (end["Severity"], int(end["Clears"]) > 0) == ("cleared", True)


def test_a_failover_whose_announcement_is_not_heard_is_unreachable_as_well(visited):
    visited.neighbour(ADDRESS, of="lb1")
    visited.lab.ctl("lb1", "keepalived", "stop")
    await_site1(visited, "unreachable", FOUND)
    visited.await_traffic("lb2", lb1="strays", lb2="none")
    visited.neighbour(ADDRESS, of=None)
    served_by(visited, "lb2")
    await_site1(visited, "notRedundant", 20)


def test_an_ordinary_failover_and_its_return_are_not_taken_for_it(visited):
    visited.lab.ctl("lb1", "keepalived", "stop")
    served_by(visited, "lb2")
    visited.await_traffic("lb2", lb2="arrives")
    visited.await_states("notRedundant", "notRedundant", 20)
    visited.lab.ctl("lb1", "keepalived", "start")
    wait_for(lambda: is_over(visited), "lb2 has been watched for long enough", WATCHED + 30, visited.lab.logs)
    visited.await_states("redundant", "redundant", 40)
    assert not visited.reported_states() & {"notServed", "dualActive", "unreachable"}


def test_packets_for_other_addresses_at_the_loser_are_no_clients(visited):
    """A scan for addresses that nobody has, which arrives at lb2 after its failover."""
    served_by(visited, "lb1")
    visited.neighbour("10.77.0.201", of="lb1")
    visited.visit("10.77.0.201")
    visited.lab.ctl("lb1", "keepalived", "stop")
    served_by(visited, "lb2")
    wait_for(
        lambda: visited.traffic("lb2")["lb1"] != "unknown",
        "lb1 knows what the packets are",
        WATCHED + 30,
        visited.lab.logs,
    )
    visited.await_states("notRedundant", "notRedundant", 20)
    visited.await_traffic("lb2", lb2="arrives")
    assert visited.reported_states() == {"notRedundant"}
