"""The services over all nodes: whether what this node knows of itself is recent enough to be compared."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

from haproxy_agentx.config.model import ServiceConfig
from haproxy_agentx.health.model import Cause, Held, Readiness, Role
from haproxy_agentx.monitor.pairs import OwnNode, Pairs, PairView
from haproxy_agentx.pair.model import PairMember, PeerState
from haproxy_agentx.pair.peer import Peer, PeerAnswer
from haproxy_agentx.pair.sample import AgentSelf
from haproxy_agentx.pair.settling import PairSettling
from haproxy_agentx.pair.words import cause_of, sentence
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


def test_the_words_are_those_of_what_is_seen_now_also_where_the_verdict_is_the_same():
    """Catches words of an earlier look: a node may be another one, and the pair all the same."""
    peer = Peer("lb2", "192.0.2.12:161", 2.0, 1.0, started=0.0)
    pairs = Pairs(OwnNode("lb1"), (peer,))
    service = SimpleNamespace(plan=ServiceConfig("site"), tracker=SimpleNamespace(condition=object()))
    own = sample_of(Role.master)
    pairs.own = lambda _service, _instance, now: PairMember("lb1", is_own=True, sample=own, taken=now)
    said = AgentSelf("11" * 8, "1.0", "202611220000Z", 100.0, 5000.0, 3, "lb2")
    seen = set()
    looks = product((Held.all, Held.disputed), (0.0, 60.0), (Cause.unknown, Cause.sourceLost, Cause.peerLost))
    for step, (held, maintenance, cause) in enumerate(looks):
        now = 100.0 + step
        own = sample_of(Role.master, held)
        there = sample_of(Role.backup, readiness=Readiness.notReady, cause=cause)
        peer.take(PeerAnswer(replace(said, maintenance=maintenance), (there,), now, now, now))
        pairs.look([service], {}, now)
        view = pairs.views["site"]
        assert view.text == sentence(view.settled.verdict, view.members)
        assert view.cause == cause_of(view.settled.verdict, view.members)
        seen.add((view.text, view.cause))
    assert len({text for text, _ in seen}) > 2
    assert len({cause for _, cause in seen}) > 2
