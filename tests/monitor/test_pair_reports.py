"""What a node reports of a pair: each change that counts, once, with what ends it."""

from haproxy_agentx.health.model import Held, Readiness, Role
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.monitor.pair_reports import PairReports
from haproxy_agentx.monitor.pairs import PairView
from haproxy_agentx.pair.model import PairMember, PeerState
from haproxy_agentx.pair.settling import LASTS, PairSettling
from haproxy_agentx.pair.words import cause_of, sentence
from haproxy_agentx.vocabulary.event import Kind
from tests.pair.world import sample_of
from tests.support.event_texts import texts_of

POLL = 2.0
DATE = 1_800_000_000.0


class Pair:
    """One service on this node, lb1, and on the peer lb2."""

    def __init__(self, memory=None):
        self.reports = PairReports(RateWindow(10, 60.0), memory or {})
        self.settling = PairSettling()
        self.now = 1000.0
        self.own = sample_of(Role.master, router=51, addresses="a" * 16)
        self.peer = sample_of(Role.backup, router=51, addresses="a" * 16)
        self.state, self.state_at = PeerState.ok, 0.0
        self.maintenance = False
        self.changed = 0.0
        self.events = []

    def set(self, **samples) -> "Pair":
        for name, sample in samples.items():
            setattr(self, name, sample)
        self.changed = self.now
        return self

    def wait(self, seconds: float) -> "Pair":
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.5)
            times = {"taken": self.now, "role_at": self.changed, "health_at": self.changed}
            members = (
                PairMember("lb1", is_own=True, sample=self.own, **times),
                PairMember(
                    "lb2",
                    state=self.state,
                    state_at=self.state_at,
                    sample=self.peer,
                    maintenance=self.maintenance,
                    **times,
                ),
            )
            settled = self.settling.look(members, POLL, self.now)
            view = PairView(settled, members, cause_of(settled.verdict, members), sentence(settled.verdict, members))
            self.reports.take("lb1", {"site": view}, self.now)
            self.events += self.reports.report(self.now, DATE + self.now)
        return self

    def drain(self):
        found, self.events = self.events, []
        return [
            (
                one.kind,
                texts_of(one)["haxEventPreviousState"],
                texts_of(one)["haxEventState"],
                texts_of(one)["haxEventSeverity"],
            )
            for one in found
        ]


def test_a_pair_that_is_well_from_the_start_is_not_reported():
    assert Pair().wait(60).drain() == []


def test_a_split_brain_is_reported_with_key_reporter_and_cause_and_so_is_its_end():
    pair = Pair().wait(10)
    pair.set(peer=sample_of(Role.master, router=51, addresses="a" * 16)).wait(10)
    (event,) = pair.events
    assert (texts_of(event)["haxEventPairKey"], texts_of(event)["haxEventNode"]) == ("site/51", "lb1")
    assert texts_of(event)["haxEventCause"] == "roleDisputed"
    assert "lb2 serves" in texts_of(event)["haxEventCauseText"]
    assert pair.drain() == [(Kind.pairChange, "redundant", "dualActive", "critical")]
    pair.set(peer=sample_of(Role.backup, router=51, addresses="a" * 16)).wait(10)
    assert pair.drain() == [(Kind.pairChange, "dualActive", "redundant", "cleared")]


def test_a_problem_that_is_found_at_the_start_is_reported():
    pair = Pair().set(peer=sample_of(Role.master)).wait(20)
    assert pair.drain() == [(Kind.pairChange, "redundant", "dualActive", "critical")]


def test_the_next_run_reports_only_what_has_changed_meanwhile():
    before = Pair().wait(5)
    before.set(peer=sample_of(Role.master)).wait(10)
    assert len(before.drain()) == 1
    again = Pair(before.reports.texts).set(peer=sample_of(Role.master)).wait(20)
    assert again.drain() == []
    mended = Pair(before.reports.texts).wait(20)
    assert mended.drain() == [(Kind.pairChange, "dualActive", "redundant", "cleared")]


def test_a_node_in_maintenance_is_shown_and_not_reported():
    pair = Pair().wait(10)
    pair.maintenance = True
    pair.set(peer=sample_of(Role.stopped, Held.none)).wait(30)
    assert pair.settling.settled.state.name == "notRedundant"
    assert pair.drain() == []
    pair.maintenance = False
    assert pair.wait(10).drain() == [(Kind.pairChange, "redundant", "notRedundant", "major")]
    pair.maintenance = True
    assert pair.wait(10).drain() == [(Kind.pairChange, "notRedundant", "maintenance", "cleared")]


def test_maintenance_hides_no_outage():
    pair = Pair().wait(10)
    pair.maintenance = True
    down = sample_of(Role.master, readiness=Readiness.notReady)
    pair.set(own=down, peer=sample_of(Role.stopped, Held.none)).wait(10)
    assert pair.drain() == [(Kind.pairChange, "redundant", "notServed", "critical")]


def test_a_peer_that_cannot_be_read_is_no_outage():
    pair = Pair().wait(10)
    pair.state, pair.state_at = PeerState.unreachable, pair.now
    assert pair.wait(30).drain() == [(Kind.pairChange, "redundant", "redundancyUnknown", "major")]


def test_a_difference_is_reported_when_it_has_lasted_and_again_when_it_ends():
    pair = Pair().wait(10)
    pair.set(peer=sample_of(Role.backup, router=51, addresses="b" * 16)).wait(LASTS - 2)
    assert pair.drain() == []
    pair.wait(10)
    assert pair.drain() == [
        (Kind.pairChange, "redundant", "mismatch", "minor"),
        (Kind.pairMismatch, "same", "differs", "minor"),
    ]
    pair.set(peer=sample_of(Role.backup, router=51, addresses="a" * 16)).wait(10)
    assert {event[:3] for event in pair.drain()} == {
        (Kind.pairChange, "mismatch", "redundant"),
        (Kind.pairMismatch, "differs", "same"),
    }


def test_a_pair_that_is_no_longer_compared_ends_its_problem():
    pair = Pair().wait(5)
    pair.set(peer=sample_of(Role.master)).wait(10)
    pair.drain()
    pair.reports.take("lb1", {}, pair.now)
    pair.events = list(pair.reports.report(pair.now, DATE))
    assert pair.drain() == [(Kind.pairChange, "dualActive", "removed", "cleared")]
