"""The mutation score: what counts as noticed."""

from collections import Counter

from tools.mutation import read, report, score

PRINTED = """
    haproxy_agentx.health.rules.x_judge__mutmut_1: killed
    haproxy_agentx.health.rules.x_judge__mutmut_2: survived
    haproxy_agentx.health.rules.x_judge__mutmut_3: no tests
    haproxy_agentx.store.ledger.xǁLedgerǁappend__mutmut_1: timeout
    haproxy_agentx.store.ledger.xǁLedgerǁappend__mutmut_2: not checked
"""


def test_mutants_are_counted_by_module():
    found = read(PRINTED.splitlines())
    assert found == {
        "health.rules": Counter({"killed": 1, "survived": 1, "no tests": 1}),
        "store.ledger": Counter({"timeout": 1, "not checked": 1}),
    }
    assert {module: score(outcomes) for module, outcomes in found.items()} == {
        "health.rules": (1, 3),
        "store.ledger": (1, 1),
    }


def test_what_is_printed():
    assert list(report(read(PRINTED.splitlines()))) == [
        " 33.3 %     1 of 3     health.rules",
        "100.0 %     1 of 1     store.ledger",
        " 50.0 %     2 of 4     in all; not tested: 1",
    ]


def test_without_a_result_nothing_is_printed():
    assert list(report(read(["", "Some other line"]))) == []
