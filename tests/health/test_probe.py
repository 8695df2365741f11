"""What a probe settles, and what it never does."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.probe_target import PASSED, Answer, ProbeOutcome
from haproxy_agentx.health.model import Readiness, Reason
from haproxy_agentx.health.probe import TROUBLE, Probe, ProbeState, settle, take
from haproxy_agentx.health.readiness import Verdict

FAILED = Answer(ProbeOutcome.failed, "probe tcp://127.0.0.1:80: connection refused")
NOT_ASKED = Answer(ProbeOutcome.not_asked, "probe tcp://10.0.0.1:80 is not asked")
RANK = {Readiness.ready: 0, Readiness.degraded: 1, Readiness.unknown: 2, Readiness.notReady: 3}

VERDICTS = st.builds(
    Verdict,
    readiness=st.sampled_from(Readiness),
    reasons=st.integers(0, (1 << 18) - 1).map(Reason),
    usable=st.integers(0, 3),
    configured=st.integers(0, 3),
    details=st.sampled_from(["", "backend app has no usable server"]),
    maintenance=st.booleans(),
    members=st.just(()),
)
TIMES = st.integers(0, 20).map(float)
ANSWERS = st.lists(st.sampled_from([PASSED, FAILED, NOT_ASKED]), max_size=12)


def probed(answers: list[Answer], fall: int = 3) -> Probe:
    probe = Probe()
    for at, answer in enumerate(answers):
        probe = take(probe, answer, float(at), fall)
    return probe


@given(ANSWERS, st.integers(1, 5))
def test_as_many_failures_as_configured_have_failed(answers, fall):
    probe = probed(answers, fall)
    row = 0
    for answer in reversed(answers):
        if answer is not FAILED:
            break
        row += 1
    assert (probe.state is ProbeState.failing) == (row >= fall)
    if answers and answers[-1] is NOT_ASKED:
        assert probe == Probe(words=NOT_ASKED.words)


@given(VERDICTS, ANSWERS, st.lists(TIMES, max_size=3))
def test_only_a_later_pass_settles_and_only_what_rows_leave_open(verdict, answers, troubles):
    probe = probed(answers)
    found = settle(verdict, probe, troubles)
    if RANK[found.readiness] < RANK[verdict.readiness]:
        assert verdict.reasons & TROUBLE
        assert not verdict.reasons & (Reason.frontendClosed | Reason.noUsableBackend | Reason.memberMissing)
        assert probe.state is ProbeState.passing
        assert not probe.failures
        assert probe.passed_at > max(troubles)
        assert Reason.statisticsSilent in found.reasons
    if probe.state is ProbeState.failing:
        assert (found.readiness, Reason.probeFailed in found.reasons) == (Readiness.notReady, True)
        assert FAILED.words in found.details


@given(VERDICTS, ANSWERS, st.lists(TIMES, max_size=3))
def test_less_of_a_probe_is_never_better(verdict, answers, troubles):
    """Without it, or with a request that cannot be made, a service is as its rows say: never better than before."""
    for less in (None, probed([*answers, NOT_ASKED])):
        assert settle(verdict, less, troubles) == verdict


def test_a_frozen_haproxy_whose_probe_passed_before_is_not_settled():
    verdict = Verdict(Readiness.notReady, Reason.haproxyUnresponsive, 0, 0, "frozen", maintenance=False, members=())
    before, after = Probe(ProbeState.passing, 9.0), Probe(ProbeState.passing, 11.0)
    assert settle(verdict, before, [10.0]) == verdict
    assert settle(verdict, after, [10.0]).readiness is Readiness.ready
    assert settle(verdict, replace(after, failures=1), [10.0]) == verdict
    assert settle(verdict, after, [10.0, 12.0]) == verdict
