"""Two nodes that read each other over a management network, and what both say of the pair after each fault."""

import pytest

pytestmark = pytest.mark.lab


def test_a_pair_that_is_well_is_redundant_on_both(pair):
    for host, other in (("lb1", "lb2"), ("lb2", "lb1")):
        assert pair.peer_state(host) == "ok"
        assert pair.texts(host, "haxPairTable", "haxPairActiveNode") == ["lb1", "lb1"]
        assert pair.texts(host, "haxPeerTable", "haxPeerReadsUs") == ["1"]
        assert pair.texts(host, "haxPeerTable", "haxPeerNode") == [other]
        assert set(pair.texts(host, "haxPairTable", "haxPairNodesRead")) == {"2"}


def test_vrrp_cut_both_ways_is_a_split_brain_on_both(pair):
    pair.lab.cut(apart=True)
    pair.await_states("dualActive", "dualActive", 10)
    pair.lab.cut(apart=False)
    pair.await_states("redundant", "redundant", 15)
