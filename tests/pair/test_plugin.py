"""``check``: what the nodes report together, as a plugin of Nagios says it."""

from dataclasses import replace

import pytest

from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.objects.pair_objects import PAIR_TABLE
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.objects.schema import column_oid
from haproxy_agentx.objects.service_objects import SERVICE_TABLE
from haproxy_agentx.pair.model import Evidence, PairState
from haproxy_agentx.pair.plugin import COLUMNS, OF_PAIR, NodeAnswer, ServiceAnswer, judge_nodes, services

NAMES = [
    "haxServiceName",
    "haxServiceHealth",
    "haxServiceRole",
    "haxServiceReasonText",
    "haxPairState",
    "haxPairEvidenceMask",
    "haxPairText",
]


def test_the_columns_are_those_of_the_mib():
    known = {column_oid(table, each): each.name for table in (SERVICE_TABLE, PAIR_TABLE) for each in table.columns}
    assert [known[*ROOT, *column] for column in COLUMNS] == NAMES


def test_each_pair_state_has_a_status_and_worse_states_no_better_ones():
    assert set(OF_PAIR) == set(PairState)
    badness = [
        (PluginStatus.ok, PluginStatus.warning, PluginStatus.unknown, PluginStatus.critical).index(OF_PAIR[state])
        for state in PairState
    ]
    assert badness == sorted(badness)


def node(
    host: str, health: Health, state: PairState | None = None, role: Role = Role.master, text: str = ""
) -> NodeAnswer:
    return NodeAnswer(host, [ServiceAnswer("SITE1", health, role, state=state, text=text)])


SILENT = NodeAnswer("lb2", problem="no answer")


@pytest.mark.parametrize(
    ("one", "two", "status"),
    [
        (Health.active, Health.standby, PluginStatus.ok),
        (Health.standby, Health.active, PluginStatus.ok),
        (Health.active, Health.standbyNotReady, PluginStatus.warning),
        (Health.activeDegraded, Health.standby, PluginStatus.warning),
        (Health.active, Health.stopped, PluginStatus.warning),
        (Health.active, Health.active, PluginStatus.critical),
        (Health.active, Health.activeDegraded, PluginStatus.critical),
        (Health.standby, Health.standby, PluginStatus.critical),
        (Health.fault, Health.stopped, PluginStatus.critical),
        (Health.blackhole, Health.standby, PluginStatus.critical),
        (Health.active, Health.conflict, PluginStatus.critical),
        (Health.active, Health.unknown, PluginStatus.unknown),
        (Health.standby, Health.unknown, PluginStatus.unknown),
    ],
)
def test_nodes_that_do_not_read_each_other_are_judged_by_their_healths(one, two, status):
    assert judge_nodes([node("lb1", one), node("lb2", two)]).status is status


@pytest.mark.parametrize("one", list(Health))
@pytest.mark.parametrize("two", list(Health))
def test_what_is_not_known_makes_nothing_better(one, two):
    """A node that falls silent, or does not know its health, leaves no status that claims more than before."""
    order = (PluginStatus.ok, PluginStatus.warning, PluginStatus.unknown, PluginStatus.critical)
    whole = judge_nodes([node("lb1", one), node("lb2", two)]).status
    for part in ([node("lb1", one), SILENT], [node("lb1", one), node("lb2", Health.unknown)]):
        less = judge_nodes(part).status
        assert less is not PluginStatus.ok
        if whole is PluginStatus.critical and one in (Health.blackhole, Health.conflict):
            assert less is PluginStatus.critical
        assert order.index(less) >= 1


def test_a_service_without_vrrp_is_active_on_each_node():
    both = [node(host, Health.active, role=Role.none) for host in ("lb1", "lb2")]
    assert judge_nodes(both).status is PluginStatus.ok


def test_the_worst_judgement_of_nodes_that_read_each_other_counts():
    report = judge_nodes(
        [
            node("lb1", Health.active, PairState.redundant, text="lb1 serves"),
            node("lb2", Health.active, PairState.dualActive, text="lb1 and lb2 serve"),
        ]
    )
    assert (
        str(report) == "HAPROXY CRITICAL: SITE1 dualActive: lb1 and lb2 serve | nodes=2 answering=2 services=1 served=1"
    )


def test_a_failover_under_way_is_no_outage_where_the_nodes_read_each_other():
    both = [node(host, Health.standby, PairState.redundant, Role.backup) for host in ("lb1", "lb2")]
    assert judge_nodes(both).status is PluginStatus.ok


def test_a_silent_node_is_said():
    report = judge_nodes([node("lb1", Health.active), SILENT])
    assert report.status is PluginStatus.warning
    assert "lb2: no answer" in report.lines
    assert report.figures["answering"] == 1


@pytest.mark.parametrize("answers", [[SILENT], [NodeAnswer("lb1", problem="x"), SILENT]])
def test_no_answer_at_all_is_unknown(answers):
    report = judge_nodes(answers)
    assert report.status is PluginStatus.unknown
    assert report.lines[0].startswith("no node answers; ")


def test_one_service_of_several():
    answer = NodeAnswer("lb1", [ServiceAnswer("A", Health.blackhole), ServiceAnswer("B", Health.active)])
    assert judge_nodes([answer], only="B").status is PluginStatus.ok
    assert judge_nodes([answer], only="A").status is PluginStatus.critical
    assert judge_nodes([answer], only="C").lines == ["no node has a service C"]


def test_cells_become_services():
    cells = {}
    values = (b"SITE1", int(Health.blackhole), int(Role.master), b"no server", int(PairState.notServed), 1, b"text")
    for index in ((7,), (9,)):
        cells |= {(*ROOT, *column, *index): value for column, value in zip(COLUMNS, values, strict=True)}
    cells[(*ROOT, *COLUMNS[5], 9)] = int(Evidence.noPeer)
    cells[(*ROOT, *COLUMNS[1], 9)] = 99
    one, two = services(cells, ROOT).values()
    assert one == ServiceAnswer("SITE1", Health.blackhole, Role.master, "no server", PairState.notServed, "text")
    assert (two.health, two.state) == (Health.unknown, None)


def test_a_name_of_a_hostile_agent_is_in_one_line_and_makes_no_figures():
    service = ServiceAnswer("A\nHAPROXY OK | nodes=9\u2028", Health.blackhole, text="\x1b[2J")
    lines = str(judge_nodes([NodeAnswer("lb1", [service]), SILENT])).split("\n")
    assert len(lines) == 2
    assert [line.count("|") for line in lines] == [1, 0]
    assert all(line.isprintable() for line in lines)
    assert lines[0].endswith(" | nodes=2 answering=1 services=1 served=0")


def test_many_services_of_a_hostile_agent_cost_as_many_looks():
    """Catches an agent that holds up all others: each of its names compared with each other one."""
    looks = 0

    class Name(str):
        __slots__ = ()

        def __eq__(self, other):
            nonlocal looks
            looks += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    count = 3000
    node = NodeAnswer("lb1", [ServiceAnswer(Name(number), Health.active) for number in range(count)])
    report = judge_nodes([node, replace(node, host="lb2")])
    assert report.figures["services"] == count
    assert looks < 20 * count
