"""Faults of the pair as Alertmanager shows them: each its own alerts, and no other, and none once it has ended."""

import json
import math
from contextlib import ExitStack

import promql_parser
import pytest

from integration.netlab import peers
from integration.packs import grafana
from integration.packs.pack import upper_first
from tests.packs.conftest import TIMES
from tests.support.pack_faults import FAULTS
from tests.support.pair_lab import PairLab
from tests.support.prometheus_chain import NODES, PACK, Chain, Seen
from tests.support.wait import eventually

WITHIN = 15.0
"""Seconds from a fault to its alerts, and from its end to none."""


@pytest.fixture(scope="module")
def chain(keeper, tmp_path_factory):
    lab = keeper.get("base", agent=True, prepare=peers.read_each_other)
    PairLab(lab).await_states("redundant", "redundant")
    with Chain(lab, tmp_path_factory.mktemp("prometheus")) as chain:
        yield chain


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_raises_its_alerts_which_end_with_it(chain, fault, record_property):
    expected = frozenset((f"Hax{upper_first(name)}", node) for name, node in fault.alarms | fault.by_peers)
    eventually(lambda: chain.raised() == frozenset(), 90, 0.2)
    with ExitStack() as mended:
        mended.callback(fault.end, chain.lab)
        with Seen(chain) as raised:
            fault.begin(chain.lab)
            eventually(lambda: expected <= raised.look_once(), 60, 0.2)
            eventually(lambda: raised.look_once() == expected, 60, 0.2)
        causes = chain.causes()
        with Seen(chain, expected) as ended:
            mended.close()
            eventually(lambda: not ended.look_once(), 90, 0.2)
    for alert in sorted(expected):
        record_property(TIMES, ("Prometheus", fault.name, *alert, raised.since[alert], ended.until[alert]))
    assert max(raised.since[alert][0] for alert in expected) <= WITHIN
    assert max(ended.until[alert][0] for alert in expected) <= WITHIN
    for (alert, node), found in causes.items():
        cause = fault.pair_cause if alert.startswith("HaxPair") else fault.cause
        assert all(f"{cause.name}: " in one for one in found), (alert, node, found)


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
