"""Seconds without service, by requests at intervals."""

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.probe_target import ProbeOutcome
from haproxy_agentx.rehearsal.outage import Outage, Unserved

PASSED, FAILED, NOT = ProbeOutcome.passed, ProbeOutcome.failed, ProbeOutcome.not_asked


def outage(*requests):
    """Return what requests show; each begins at a moment and takes 0.1 s."""
    found = Outage()
    for at, outcome in requests:
        found.add(outcome, at, at + 0.1)
    result = found.result()
    if result is None:
        return None
    most = None if result.most is None else round(result.most, 6)
    return Unserved(round(result.least, 6), most, result.asked, result.failed, result.not_asked)


def test_nothing_asked_is_nothing_known():
    assert outage() is None
    assert outage((1, NOT)) is None


def test_no_failure_bounds_it_by_the_interval():
    assert outage((0, PASSED), (1, PASSED), (3, PASSED)) == Unserved(0.0, 2.0, 3, 0, 0)


def test_failures_between_two_that_passed():
    assert outage((0, PASSED), (1, FAILED), (2, FAILED), (3, PASSED)) == Unserved(1.1, 3.0, 4, 2, 0)


def test_it_is_not_over_while_requests_fail():
    assert outage((0, PASSED), (1, FAILED), (2, FAILED)) == Unserved(1.1, None, 3, 2, 0)


def test_two_times_are_added():
    requests = [(0, PASSED), (1, FAILED), (2, PASSED), (3, FAILED), (4, PASSED)]
    assert outage(*requests) == Unserved(0.2, 4.0, 5, 2, 0)


def test_failures_from_the_first_request_on_count_from_it():
    assert outage((5, FAILED), (6, PASSED)) == Unserved(0.1, 1.1, 2, 1, 0)


def test_requests_that_could_not_be_made_widen_what_is_not_known():
    assert outage((0, PASSED), (1, NOT), (2, NOT), (3, PASSED)) == Unserved(0.0, 3.0, 2, 0, 2)


@given(st.lists(st.sampled_from([PASSED, FAILED, NOT])))
def test_the_least_is_never_above_the_most(outcomes):
    found = outage(*enumerate(outcomes))
    if found is not None and found.most is not None:
        assert 0 <= found.least <= found.most <= len(outcomes)
