"""The decision tables of the pair, all cases of them, against what the states mean."""

from itertools import product

import pytest

from haproxy_agentx.health.model import Health, Held, Readiness, Role
from haproxy_agentx.health.rules import decide
from haproxy_agentx.pair.model import CLAIMS, PairState, Standing
from haproxy_agentx.pair.rules import RULES, Case, Claims, Served, Sight, Spare, rule_of
from haproxy_agentx.pair.standing import RULES as STANDINGS
from haproxy_agentx.pair.standing import standing

FLAGS = (False, True)
CASES = [Case(*each) for each in product(Claims, Served, Sight, Spare, FLAGS, FLAGS, FLAGS)]
NODES = list(product(Role, Held, Readiness))


def oracle(case):  # noqa: PLR0911  one for each kind of answer
    """Say it another way: first what is sure, then what is not known, then what is left of the redundancy."""
    sure = case.sight is Sight.all
    if sure and (case.claims is Claims.none or (case.claims is not Claims.heard and case.served is Served.no)):
        return "notServed"
    if case.claims is Claims.several:
        return "dualActive"
    if case.claims is Claims.none or (case.claims is Claims.heard and sure):
        return "unknown"
    if case.claims is Claims.heard:
        return "redundancyUnknown"
    if case.served is not Served.yes:
        return "unknown"
    if case.elsewhere:
        return "unreachable"
    if case.differs:
        return "mismatch"
    redundancy = {Spare.unknown: "redundancyUnknown", Spare.none: "notRedundant", Spare.reduced: "redundancyReduced"}
    return redundancy.get(case.spare, "redundant" if case.intended else "failedOver")


def test_each_case_is_decided_as_the_states_are_meant():
    assert len(CASES) == 4 * 3 * 3 * 4 * 8
    assert {case for case in CASES if rule_of(case).state.name != oracle(case)} == set()


def test_each_row_decides_something_and_each_state_is_reached():
    assert {id(rule_of(case)) for case in CASES} == {id(rule) for rule in RULES}
    assert {rule_of(case).state for case in CASES} == set(PairState)


def test_a_node_that_cannot_be_read_is_never_an_outage():
    hidden = [case for case in CASES if case.sight is not Sight.all]
    assert PairState.notServed not in {rule_of(case).state for case in hidden}


def test_redundancy_is_claimed_only_where_all_is_known():
    for case in CASES:
        if case.spare is Spare.unknown or case.served is Served.unknown:
            assert rule_of(case).state not in (PairState.redundant, PairState.failedOver, PairState.redundancyReduced)


def test_each_row_of_the_standings_decides_and_each_is_reached():
    first = {next(rule for rule in STANDINGS if rule.matches(*node)) for node in NODES}
    assert first == set(STANDINGS)
    assert {standing(*node) for node in NODES} == set(Standing) - {Standing.absent, Standing.unread}


POSSIBLE = [node for node in NODES if node[0] is Role.master or node[1] not in (Held.disputed, Held.filtered)]
"""Only of a MASTER an address is disputed or filtered (Instance.holds_at)."""


@pytest.mark.parametrize("node", POSSIBLE)
def test_a_standing_agrees_with_the_health_of_the_node(node):
    health, found = decide(*node), standing(*node)
    same = {
        Health.active: {Standing.serving},
        Health.activeDegraded: {Standing.servingReduced},
        Health.standby: {Standing.ready},
        Health.standbyDegraded: {Standing.readyReduced},
        Health.standbyNotReady: {Standing.notReady},
        Health.fault: {Standing.notReady},
        Health.stopped: {Standing.notReady},
        Health.blackhole: {Standing.notServing},
        Health.conflict: CLAIMS,
        Health.unknown: {
            Standing.servingUnknown,
            Standing.readyUnknown,
            Standing.unknown,
            *CLAIMS,
        },
    }
    allowed = set(same[health])
    if health is Health.unknown and node[2] is Readiness.notReady:
        allowed |= {Standing.notReady}  # whatever its role, it could not take over
    assert found in allowed


def test_only_a_node_that_may_have_the_addresses_is_dark():
    for role, held, readiness in NODES:
        if standing(role, held, readiness) is Standing.unknown:
            assert held in (Held.unseen, Held.unknown)
        if held in (Held.all, Held.some, Held.disputed, Held.filtered):
            assert standing(role, held, readiness) in CLAIMS
