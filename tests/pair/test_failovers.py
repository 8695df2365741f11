"""A failover is never a split brain or an outage; those are always reported, and within a bound."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.model import Role
from haproxy_agentx.pair.model import PairState
from tests.pair.world import ADVERTISES, POLL, Site

ALARMS = {PairState.dualActive, PairState.notServed}
HOLD = max(4 * ADVERTISES, 2 * POLL)
SLACK = 0.5
"""Seconds between two events of the world, after which a state is looked at."""


def strike(site, choice):
    """One thing that happens to a site in operation, and its end."""
    name = choice.choice(sorted(site.nodes))
    what = choice.choice(("reboot", "stop", "peer", "snmp"))
    away = choice.uniform(0.5, 40)
    if what == "reboot":
        site.crash(name)
        site.run(away)
        site.boot(name)
    elif what == "stop":
        site.stop_vrrp(name)
        site.run(away)
        site.start_vrrp(name)
    elif what == "peer":
        site.haproxy(name, ready=False)
        site.stop_vrrp(name)  # as a check script has it
        site.run(away)
        site.haproxy(name, ready=True)
        site.start_vrrp(name)
    else:
        one, other, *_ = sorted(site.nodes, key=lambda _: choice.random())
        site.cut(one, other, vrrp=False, snmp=True)
        site.run(away)
        site.mend()
    site.run(choice.uniform(0.5, 30))


@pytest.mark.parametrize("nodes", [2, 3])
def test_a_thousand_failovers_are_no_split_brain_and_no_outage(nodes):
    site, choice = Site(nodes, seed=nodes).run(30), Random(nodes)
    for _ in range(1000):
        strike(site, choice)
        assert not site.seen() & ALARMS, f"at {site.now}"
        site.forget()
    site.run(60)
    assert {site.state(name) for name in site.nodes} == {PairState.redundant}


def test_the_same_failovers_are_a_split_brain_to_a_naive_comparison():
    """The world is one in which the rule is needed."""
    site, choice = Site(2, seed=2).run(30), Random(2)
    site.naive = set()
    for _ in range(30):
        strike(site, choice)
    assert PairState.dualActive in site.naive


@given(st.integers(0, 1 << 32), st.floats(0.0, 0.5), st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_no_latency_makes_a_failover_an_alarm(seed, latency, nodes):
    site, choice = Site(nodes, seed, latency).run(30), Random(seed)
    for _ in range(8):
        strike(site, choice)
    assert not site.seen() & ALARMS


@given(st.integers(0, 1 << 32), st.floats(0.0, 0.5))
@settings(max_examples=80, deadline=None)
def test_both_nodes_report_a_split_brain_within_the_bound(seed, latency):
    site = Site(2, seed, latency).run(30 + Random(seed).uniform(0, 5))
    site.cut("lb1", "lb2")
    site.run(3 * ADVERTISES + 1 * ADVERTISES + HOLD + SLACK)
    assert [site.state(name) for name in site.nodes] == [PairState.dualActive] * 2
    site.mend()
    site.run(ADVERTISES + HOLD + POLL + SLACK)
    assert [site.state(name) for name in site.nodes] == [PairState.redundant] * 2


@given(st.integers(0, 1 << 32), st.floats(0.0, 0.5), st.booleans())
@settings(max_examples=80, deadline=None)
def test_both_nodes_report_an_outage_within_the_bound(seed, latency, stops):
    site = Site(2, seed, latency).run(30 + Random(seed).uniform(0, 5))
    for name in site.nodes:
        site.stop_vrrp(name) if stops else site.haproxy(name, ready=False)
    site.run(HOLD + POLL + SLACK)
    assert [site.state(name) for name in site.nodes] == [PairState.notServed] * 2


def test_a_node_that_is_alone_does_not_report_an_outage_of_what_it_cannot_see():
    site = Site(2).run(30)
    site.cut("lb1", "lb2", vrrp=True, snmp=True)
    site.run(40)
    assert [site.nodes[name].role for name in site.nodes] == [Role.master] * 2
    assert [site.state(name) for name in site.nodes] == [PairState.redundancyUnknown] * 2


def test_without_snmp_the_redundancy_is_unknown_and_nothing_worse():
    site = Site(2).run(30)
    site.forget()
    site.cut("lb1", "lb2", vrrp=False, snmp=True)
    site.run(60)
    assert site.seen() == {PairState.redundant, PairState.redundancyUnknown}
