"""Faults of the pair as Alertmanager shows them: each its own alerts, and no other, and none once it has ended."""

import json
import math

import promql_parser
import pytest

from integration.packs import grafana
from integration.packs.pack import upper_first
from tests.support.pack_faults import FAULTS
from tests.support.prometheus_chain import NODES, PACK, Chain
from tests.support.wait import Stopwatch, eventually

WITHIN = 15.0
"""Seconds from a fault to the alerts of the nodes, and from its end to none."""

SITE_WITHIN = 25.0
"""Seconds from a fault to an alert that compares nodes."""


@pytest.fixture(scope="module")
def chain(keeper, tmp_path_factory):
    with Chain(keeper.get("fast", agent=True), tmp_path_factory.mktemp("prometheus")) as chain:
        yield chain


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_raises_its_alerts_which_end_with_it(chain, fault, record_property):
    expected = {(f"Hax{upper_first(name)}", node) for name, node in fault.alarms}
    eventually(lambda: chain.raised() == frozenset(), 90, 0.2)
    fault.begin(chain.lab)
    try:
        with Stopwatch() as all_raised:
            with Stopwatch() as raised:
                eventually(lambda: {one for one in expected if one[1]} <= chain.raised(), 60, 0.2)
            eventually(lambda: expected <= chain.raised(), 60, 0.2)
        eventually(lambda: chain.raised() == expected, 60, 0.2)
    finally:
        fault.end(chain.lab)
    with Stopwatch() as over:
        eventually(lambda: chain.raised() == frozenset(), 90, 0.2)
    print(f"{fault.name}: raised after {raised.seconds:.1f} s, over after {over.seconds:.1f} s")
    assert max(raised.seconds, over.seconds) <= WITHIN
    assert all_raised.seconds <= SITE_WITHIN


@pytest.mark.parametrize("expression", grafana.expressions())
def test_an_expression_of_the_dashboard_has_an_answer(chain, expression):
    promql_parser.parse(expression.replace("$site", ".*").replace("$node", ".*"))
    filled = expression.replace("$site", "example").replace("$node", "|".join(NODES))
    found = eventually(lambda: chain.query(filled), 60, 0.2)
    assert not any(math.isnan(value) for _, value in found), found


def test_the_dashboard_asks_for_these_expressions_only():
    board = json.loads((PACK / "grafana-dashboard.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert asked == list(grafana.expressions())
    assert board["uid"]
    assert board["schemaVersion"] >= 36
    assert not any(node in json.dumps(board) for node in (*NODES, *NODES.values()))
