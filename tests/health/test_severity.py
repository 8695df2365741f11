"""The table of severities: it covers what can be reported, and agrees with what else says how bad something is."""

from itertools import pairwise

import pytest

from haproxy_agentx.control.problems import ProblemSeverity, problems
from haproxy_agentx.health.model import Health
from haproxy_agentx.health.proxies import NOT_KNOWN
from haproxy_agentx.health.server_standing import WORDS, ServerStanding
from haproxy_agentx.health.severity import MAINTAINED, OF_HEALTH, REMOVED, RULES, SERVICE_KINDS, Severity, severity_of
from haproxy_agentx.monitor.backend_reports import GOOD
from haproxy_agentx.monitor.source_reports import LOST, OK
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vocabulary.source import SourceState

WORSE = (Severity.cleared, Severity.warning, Severity.minor, Severity.major, Severity.critical)
STATES = {
    Kind.sourceChange: (OK, {state.name for state in SourceState}),
    Kind.backendChange: (GOOD, {"UP", "DOWN", "MAINT", "EMPTY"}),
    Kind.serverChange: (GOOD, set(WORDS.values()) - {"", *NOT_KNOWN}),
    Kind.pairChange: (PairState.redundant.name, {MAINTAINED, *(state.name for state in PairState)}),
    Kind.pairMismatch: ("same", {"same", "differs"}),
}
"""What is no problem of each kind, and all that can be reported (health/backend, health/server_standing)."""

NOT_JUDGED = {WORDS[ServerStanding.other], WORDS[ServerStanding.unchecked]}
"""Statuses that say nothing of how a server is."""


def test_severities_are_those_of_itu():
    names = {"cleared": 1, "indeterminate": 2, "critical": 3, "major": 4, "minor": 5, "warning": 6}
    assert {severity.name: severity.value for severity in Severity} == names


def test_a_worse_health_is_not_less_severe():
    severities = [WORSE.index(OF_HEALTH[health]) for health in Health]
    assert all(before <= after for before, after in pairwise(severities))


def test_what_is_fine_is_cleared_and_nothing_else_is():
    assert {health for health in Health if OF_HEALTH[health] is Severity.cleared} == {Health.active, Health.standby}
    for kind, (good, states) in STATES.items():
        also = {PairState.failedOver.name, MAINTAINED} if kind is Kind.pairChange else set()
        assert {state for state in states if severity_of(kind, state) is Severity.cleared} == {good, *also}


@pytest.mark.parametrize("health", Health)
def test_a_health_is_critical_where_status_says_so(health):
    found = problems({"services": [{"name": "www", "health": health.name}], **NOTHING})
    expected = {
        (): OF_HEALTH[health] is Severity.cleared,
        (ProblemSeverity.critical,): OF_HEALTH[health] is Severity.critical,
        (ProblemSeverity.warning,): OF_HEALTH[health] in (Severity.minor, Severity.major),
    }
    assert expected[tuple(problem.severity for problem in found)]


NOTHING = {"agentx": {"problem": None}, "store": {"problem": None}, "sources": []}


def test_only_what_cannot_be_judged_is_indeterminate():
    for kind, (_, states) in STATES.items():
        found = {state for state in states if severity_of(kind, state) is Severity.indeterminate}
        assert found == (NOT_JUDGED if kind is Kind.serverChange else set())
    assert severity_of(Kind.backendChange, "a status of tomorrow") is Severity.indeterminate
    assert severity_of(Kind.test, "") is Severity.indeterminate


def test_what_is_gone_is_cleared():
    assert {severity_of(kind, REMOVED) for kind in Kind} == {Severity.cleared}


def test_snmpd_that_is_lost_is_a_source_that_is_lost():
    assert severity_of(Kind.sourceChange, LOST) is Severity.major


def test_each_row_of_the_table_decides_something():
    reported = [(kind, health.name) for kind in SERVICE_KINDS for health in Health]
    reported += [(kind, state) for kind, (_, states) in STATES.items() for state in states]
    reported += [(Kind.sourceChange, REMOVED)]
    deciding = {next(number for number, rule in enumerate(RULES) if rule.matches(*one)) for one in reported}
    assert deciding == set(range(len(RULES)))
