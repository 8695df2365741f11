"""The decision table of health, all of it, against the prose of the states (docs/health.md)."""

from itertools import product

import pytest

from haproxy_agentx.health.model import Health, Held, Readiness, Role
from haproxy_agentx.health.rules import RULES, Conditions, decide

OFF = {"backup", "fault", "stopped"}
CASES = list(product(Role, Held, Readiness))


def oracle(role: str, held: str, readiness: str) -> str:
    """Say it another way: what clients meet, and whether kernel and keepalived agree."""
    has_address = held in {"all", "some", "filtered"}
    lacks_one, is_off = role == "master" and held in {"some", "none", "disputed"}, role in OFF
    if lacks_one or (is_off and has_address):
        return "conflict"
    if role == "unknown":
        return "blackhole" if has_address and readiness == "notReady" else "unknown"
    if is_off and (held == "unseen" or role != "backup"):
        return "unknown" if held == "unseen" else role
    if role == "backup":
        return _STANDING_BY[readiness]
    if readiness == "notReady" or (role == "master" and held == "filtered"):
        return "blackhole"
    return "unknown" if held == "unseen" else _SERVING[readiness]


_STANDING_BY = {"ready": "standby", "degraded": "standbyDegraded", "notReady": "standbyNotReady", "unknown": "unknown"}
_SERVING = {"ready": "active", "degraded": "activeDegraded", "unknown": "unknown"}


@pytest.mark.parametrize(("role", "held", "readiness"), CASES)
def test_each_case_is_decided_as_the_states_are_meant(role, held, readiness):
    assert decide(role, held, readiness).name == oracle(role.name, held.name, readiness.name)


def test_a_row_applies_where_each_of_its_cells_is_empty_or_names_the_value():
    roles, held, readiness = (Role.master, Role.none), (Held.all,), (Readiness.ready, Readiness.degraded)
    for of_roles, of_held, of_readiness in product((roles, ()), (held, ()), (readiness, ())):
        row = Conditions(of_roles, of_held, of_readiness)
        applies = {case for case in CASES if row.matches(*case)}
        assert applies == set(product(of_roles or Role, of_held or Held, of_readiness or Readiness))


def test_the_first_row_that_applies_decides():
    for case in CASES:
        assert decide(*case) is [rule.health for rule in RULES if rule.matches(*case)][0]  # noqa: RUF015


def test_there_are_all_cases():
    assert len(CASES) == 6 * 7 * 4


def test_each_row_decides_something_and_each_state_is_reached():
    first = {next(rule for rule in RULES if rule.matches(*case)) for case in CASES}
    assert first == set(RULES)
    assert {decide(*case) for case in CASES} == set(Health)


def test_where_two_rows_apply_the_first_is_the_worse_or_names_the_role():
    """DESIGN: where two apply, the higher number does. fault and stopped say why a readiness does not matter."""
    for case in CASES:
        matching = [rule.health for rule in RULES if rule.matches(*case)]
        assert matching[0] >= max(matching) or case[0] is Role.unknown


def test_what_is_not_known_is_never_healthy():
    fine = {Health.active, Health.standby, Health.activeDegraded, Health.standbyDegraded}
    for role, held, readiness in CASES:
        if role is Role.unknown or readiness is Readiness.unknown:
            assert decide(role, held, readiness) not in fine


def test_without_addresses_to_judge_by_a_failover_is_no_conflict():
    """While role and addresses settle, held is unknown."""
    assert Health.conflict not in {decide(role, Held.unknown, readiness) for role in Role for readiness in Readiness}
