"""Which hosts are nodes of one pair, and that hosts of several pairs are kept apart."""

from dataclasses import replace

import pytest

from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import PeerState
from haproxy_agentx.watch.grouping import grouped, pairings, peer_host
from haproxy_agentx.watch.view import WatchedNode, view_of
from tests.support.watched import pair, site


def view(node, host=None, address=None):
    return view_of(host or node.address, node.address if address is None else address, node.cells(), ROOT)


def together(*views, declared=()):
    return grouped([one.host for one in views], pairings(views, declared))


def lonely(node):
    return replace(node, peer=None)


def test_nodes_that_read_each_other_belong_together_whatever_their_names_and_addresses():
    nodes = [node for number in range(20) for node in site(number)]
    hosts = [f"{letter}{number}" for number in range(20) for letter in "ab"]
    views = [view(node, host, "") for node, host in zip(nodes, hosts, strict=True)]
    assert together(*views) == [(f"a{number}", f"b{number}") for number in range(20)]


def test_a_node_that_does_not_answer_belongs_to_the_pair_that_names_its_address():
    sites = [site(number) for number in range(3)]
    blind = [replace(one, peer_state=PeerState.unreachable) for one, _ in sites]
    silent = [WatchedNode(f"host{number}", two.address, "no answer") for number, (_, two) in enumerate(sites)]
    assert together(*map(view, blind), *silent) == [
        (one.address, gone.host) for one, gone in zip(blind, silent, strict=True)
    ]


def test_a_node_that_does_not_answer_belongs_to_the_pair_that_names_it():
    one, _ = site(1)
    gone = WatchedNode("lb2.example", "192.0.2.9", "no answer")
    assert together(view(replace(one, peer_state=PeerState.unreachable)), gone) == [("127.1.1.1", "lb2.example")]


def test_a_name_that_several_hosts_have_is_no_evidence():
    blind = [replace(site(number)[0], peer_state=PeerState.unreachable) for number in (1, 2)]
    gone = [WatchedNode(f"lb2.site{number}", "", "no answer") for number in (1, 2)]
    assert len(together(*map(view, blind), *gone)) == 4


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_declared_belongs_together(number):
    one, two = (view(lonely(node), f"h{place}") for place, node in enumerate(site(1)))
    other = view(lonely(site(2)[0]), "x")
    hosts = ["h0", "x"] if number == 1 else ["h0", "h1", "x"]
    assert together(one, two, other, declared=[hosts])[0] == ("h0", "h1", "x")


def test_nodes_without_peers_belong_together_by_the_addresses_of_their_service():
    one, two = map(lonely, site(1))
    assert together(view(one), view(two), view(lonely(site(2)[0]))) == [("127.1.1.1", "127.1.1.2"), ("127.1.2.1",)]
    assert len(together(view(one), view(replace(two, router=52)))) == 2
    assert len(together(view(one), view(replace(two, services=("OTHER",))))) == 2


def test_groups_join_by_what_they_share():
    assert grouped("abcde", [frozenset("ab"), frozenset("cd"), frozenset("bd"), frozenset("xy"), frozenset("ex")]) == [
        ("a", "b", "c", "d"),
        ("e",),
    ]


def test_a_peer_is_a_host_that_was_asked_or_none():
    one, two = site(1)
    views = [view(one, "h1"), view(two, "h2")]
    assert peer_host(views[0], views[0].peers[0], views) == "h2"
    assert peer_host(views[0], views[0].peers[0], views[:1]) is None
    strangers = pair(replace(one, address="192.0.2.1"), replace(two, address="192.0.2.2"))
    assert peer_host(views[0], view(strangers[0], "s").peers[0], views[:1]) is None
