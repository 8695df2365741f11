"""The services over all nodes: whether what this node knows of itself is recent enough to be compared."""

from haproxy_agentx.health.model import Cause, Role
from haproxy_agentx.monitor.pairs import OwnNode, Pairs, PairView
from haproxy_agentx.pair.model import PairMember, PeerState
from haproxy_agentx.pair.settling import PairSettling
from tests.pair.world import sample_of

READ_AT = 90.0
"""When this node last read its own role."""


def behind(changed: float, state: PeerState = PeerState.ok, sample: object = sample_of(Role.master)) -> bool:
    """Whether this node is behind another one, which has had its role since ``changed``."""
    members = (
        PairMember("lb1", is_own=True, sample=sample_of(Role.master), taken=READ_AT, role_at=10.0, health_at=10.0),
        PairMember("lb2", state=state, sample=sample, taken=99.0, role_at=changed, health_at=changed),
    )
    pairs = Pairs(OwnNode("lb1"), ())
    pairs.views = {"site": PairView(PairSettling().look(members, 1.0, 100.0), members, Cause.none, "")}
    return pairs.is_behind


def test_a_node_that_was_read_before_another_one_changed_is_behind():
    assert behind(READ_AT + 0.1)


def test_a_node_that_was_read_since_is_not():
    assert not behind(READ_AT)
    assert not behind(READ_AT - 1.0)


def test_a_node_that_cannot_be_read_leaves_nobody_behind():
    assert not behind(READ_AT + 0.1, PeerState.unreachable)
    assert not behind(READ_AT + 0.1, sample=None)


def test_nobody_is_behind_without_peers():
    assert not Pairs(OwnNode("lb1"), ()).is_behind
