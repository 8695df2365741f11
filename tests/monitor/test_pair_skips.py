"""What is passed over, as it is as before, changes nothing of what is reported: against reports that look at all."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.model import Held, Readiness, Role
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.monitor.pair_reports import PairReports
from haproxy_agentx.monitor.pairs import PairView
from haproxy_agentx.pair.model import PairMember, PeerState, TrafficEvidence
from haproxy_agentx.pair.settling import PairSettling
from haproxy_agentx.pair.words import cause_of, sentence
from haproxy_agentx.vocabulary.event import Kind
from tests.pair.world import sample_of

DATE = 1_800_000_000.0
POLL = 2.0
SERVICES = ("site", "other", "third")


class Thorough(PairReports):
    """The model: looks at each view as if it had never seen one."""

    def take(self, node, views, now):
        self._views, self._seen_version = {}, -1
        super().take(node, views, now)


SAMPLES = st.builds(
    sample_of,
    st.sampled_from([Role.master, Role.backup, Role.stopped, Role.fault]),
    st.sampled_from([Held.all, Held.none, Held.some]),
    st.sampled_from(list(Readiness)),
    addresses=st.sampled_from(["", "a" * 16, "b" * 16]),
    router=st.sampled_from([None, 51]),
    traffic=st.sampled_from(list(TrafficEvidence)),
)
SIGHTS = st.tuples(
    st.sampled_from(SERVICES),
    SAMPLES,
    SAMPLES,
    st.sampled_from([PeerState.ok, PeerState.stale, PeerState.unreachable]),
    st.booleans(),  # maintenance here
    st.booleans(),  # and there
)
STEPS = st.one_of(
    SIGHTS,
    st.tuples(st.just("gone"), st.sampled_from(SERVICES)),
    st.sampled_from([("back",), ("remind",), ("restart",)]),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 4.0, 12.0, 31.0, 70.0])),
    st.tuples(st.just("wait"), st.sampled_from([4.0, 31.0])),
)


class Both:
    """Both reports of one world. The limit is narrow, so that changes wait for it."""

    def __init__(self):
        self.now = 1000.0
        self.settling = {}
        self.sights = {}
        self.reports = [kind(RateWindow(2, 60.0), {}) for kind in (PairReports, Thorough)]
        self.is_compared = True

    def see(self, name, own, peer, state, maintained, maintains):
        self.sights[name] = (replace(own, service=name), replace(peer, service=name), state, maintained, maintains)
        self.settling.setdefault(name, PairSettling())
        self.changed = self.now

    def views(self):
        found = {}
        for name, (own, peer, state, maintained, maintains) in self.sights.items():
            times = {"taken": self.now, "role_at": self.changed, "health_at": self.changed}
            members = (
                PairMember("lb1", is_own=True, sample=own, maintenance=maintained, **times),
                PairMember("lb2", state=state, state_at=self.changed, sample=peer, maintenance=maintains, **times),
            )
            settled = self.settling[name].look(members, POLL, self.now)
            found[name] = PairView(
                settled, members, cause_of(settled.verdict, members), sentence(settled.verdict, members)
            )
        return found

    def look(self):
        views = self.views()
        shown = []
        for reports in self.reports:
            reports.take("lb1", views if self.is_compared else {}, self.now)
            shown.append([*reports.report(self.now, DATE + self.now)])
        assert shown[0] == shown[1]
        self.agree()

    def agree(self):
        one, other = self.reports
        assert one.texts == other.texts
        assert one.deadline() == other.deadline()

    def do(self, step):
        match step:
            case ("wait", seconds):
                end = self.now + seconds
                while self.now < end:
                    self.now = min(end, self.now + 2.0)
                    self.look()
            case ("gone", name):
                self.sights.pop(name, None)
                self.settling.pop(name, None)
            case ("back",):
                self.is_compared = not self.is_compared
            case ("remind",):
                for name in SERVICES:
                    for kind in (Kind.pairChange, Kind.pairMismatch):
                        one, other = (reports.reminder(kind, name, DATE + self.now) for reports in self.reports)
                        assert one == other
            case ("restart",):
                one, other = ([*reports.flush(self.now, DATE + self.now)] for reports in self.reports)
                assert one == other
                kinds = (PairReports, Thorough)
                self.reports = [
                    kind(RateWindow(2, 60.0), reports.texts) for kind, reports in zip(kinds, self.reports, strict=True)
                ]
            case _:
                self.see(*step)
        self.look()


@settings(max_examples=150)
@given(st.lists(STEPS, min_size=1, max_size=25))
def test_nothing_is_missed_or_reported_twice(steps):
    both = Both()
    for step in steps:
        both.do(step)
    both.do(("wait", 70.0))
