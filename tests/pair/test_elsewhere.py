"""When a pair is unreachable: by what both nodes see, in what order, and what ends it."""

import pytest

from haproxy_agentx.health.model import Cause, Readiness, Role
from haproxy_agentx.pair.model import Evidence, PairMember, PairState, PeerState, TrafficEvidence
from haproxy_agentx.pair.settling import PairSettling, RecalledPair
from haproxy_agentx.pair.words import cause_of, sentence
from tests.pair.world import POLL, sample_of

MISSING, NONE, ARRIVES, STRAYS, CLEAR, UNKNOWN = (
    TrafficEvidence[name] for name in ("missing", "none", "arrives", "strays", "clear", "unknown")
)


class Pair:
    """lb1 is active and lb2 ready, unless said otherwise; each has its evidence."""

    def __init__(self, recalled=None):
        self.settling = PairSettling(recalled)
        self.now, self.changed = 1000.0, 0.0
        self.traffic = {"lb1": UNKNOWN, "lb2": UNKNOWN}
        self.since = dict.fromkeys(self.traffic, 0.0)
        self.active = "lb1"
        self.peer = PeerState.ok
        self.ready = Readiness.ready
        self.members = ()

    def see(self, **traffic):
        self.traffic |= traffic
        self.since |= dict.fromkeys(traffic, self.now)
        return self.wait()

    def wait(self, seconds=10.0):
        """Return the state after some seconds."""
        end = self.now + seconds
        while self.now < end:
            self.now += 1.0
            self.members = tuple(self._member(name) for name in ("lb1", "lb2"))
            settled = self.settling.look(self.members, POLL, self.now)
        return settled.state.name

    def _member(self, name):
        role = Role.master if self.active in (name, "both") else Role.backup
        if name == "lb2" and self.peer is PeerState.unreachable:
            return PairMember(name, state=self.peer, state_at=self.changed)
        return PairMember(
            name,
            is_own=name == "lb1",
            sample=sample_of(role, readiness=self.ready, traffic=self.traffic[name]),
            taken=self.now,
            role_at=self.changed,
            health_at=self.changed,
            traffic_at=self.since[name],
        )

    @property
    def verdict(self):
        return self.settling.settled.verdict


@pytest.fixture
def pair():
    found = Pair()
    assert found.wait() == "redundant"
    return found


@pytest.fixture
def astray(pair):
    assert pair.see(lb1=MISSING, lb2=STRAYS) == "unreachable"
    return pair


def test_both_nodes_make_it_and_name_what_they_see(astray):
    assert cause_of(astray.verdict, astray.members) is Cause.trafficElsewhere
    assert sentence(astray.verdict, astray.members) == (
        "served, but packets arrive elsewhere; lb1 serves, and the connections have ceased that used to come; lb2 is "
        "ready, and packets for addresses that it does not have arrive since it lost those"
    )


def test_it_begins_when_the_later_of_both_began_to_see_it(pair):
    seen = pair.now
    pair.see(lb2=STRAYS)
    later = pair.now
    assert pair.see(lb1=NONE) == "unreachable"
    assert pair.settling.settled.since == later > seen


@pytest.mark.parametrize("alone", [{"lb1": MISSING}, {"lb1": NONE}, {"lb2": STRAYS}, {"lb1": ARRIVES, "lb2": STRAYS}])
def test_one_node_alone_makes_no_state_and_its_evidence_is_shown(pair, alone):
    assert pair.see(**alone) == "redundant"
    is_shown = Evidence.trafficElsewhere in pair.verdict.evidence
    assert is_shown == (alone != {"lb1": NONE})  # nobody has used it yet, which proves nothing
    assert ("ceased" in sentence(pair.verdict, pair.members)) == (alone == {"lb1": MISSING})


def test_clients_who_connect_again_end_it(astray):
    began = astray.now
    assert astray.see(lb1=ARRIVES) == "redundant"
    assert astray.settling.settled.since == began


def test_packets_that_no_longer_come_end_it(astray):
    assert astray.see(lb2=CLEAR) == "redundant"


@pytest.mark.parametrize("lost", [{"lb1": UNKNOWN}, {"lb2": UNKNOWN}, {"lb1": UNKNOWN, "lb2": UNKNOWN}])
def test_evidence_that_is_lost_does_not_end_it(astray, lost):
    assert astray.see(**lost) == "unreachable"
    assert astray.see(lb1=ARRIVES) == "redundant"


def test_a_peer_that_cannot_be_read_does_not_end_it(astray):
    astray.peer = PeerState.unreachable
    assert astray.wait() == "unreachable"


def test_an_agent_that_starts_again_goes_on_with_it():
    again = Pair(RecalledPair(PairState.unreachable, 900.0))
    assert again.wait() == "unreachable"
    assert again.settling.settled.since == 900.0
    assert again.see(lb1=ARRIVES) == "redundant"


def test_another_active_node_ends_it(astray):
    astray.active, astray.changed = "lb2", astray.now
    astray.traffic = dict.fromkeys(astray.traffic, UNKNOWN)
    assert astray.wait() == "redundant"
    astray.active, astray.changed = "lb1", astray.now
    assert astray.wait() == "redundant"


def test_an_outage_is_worse(astray):
    astray.ready, astray.changed = Readiness.notReady, astray.now
    assert astray.wait() == "notServed"


def test_evidence_that_changes_on_and_on_does_not_put_off_a_split_brain(pair):
    pair.active, pair.changed = "both", pair.now
    for _ in range(5):  # the hold is of four seconds
        pair.since = dict.fromkeys(pair.traffic, pair.now)
        pair.wait(1)
    assert pair.settling.settled.state is PairState.dualActive
