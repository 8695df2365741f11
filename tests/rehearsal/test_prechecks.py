"""What keeps a rehearsal from being begun."""

from dataclasses import replace

import pytest

from haproxy_agentx.doctor.failover import Candidate, Check
from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.rehearsal.prechecks import CHECKS, Arithmetic, PrecheckGrade, Precondition, prechecks
from haproxy_agentx.rehearsal.sight import NodeView

LB1 = NodeView("lb1", Health.active, Role.master)
LB2 = NodeView("lb2", Health.standby, Role.backup)
WELL = Precondition(
    nodes=(LB1, LB2),
    pair=PairState.redundant,
    arithmetic=Arithmetic(
        Candidate("SITE1", 150, [Check("chk_haproxy", "track_script", -60)]),
        Candidate("SITE1", 100, [Check("chk_haproxy", "track_script", -60)]),
    ),
)


def refused(before):
    """Return the names of the checks that refuse, with their words."""
    return {one.name: one.words for one in prechecks(before) if one.grade is PrecheckGrade.refused}


def test_a_pair_that_is_well_passes_all():
    found = prechecks(WELL)
    assert [one.name for one in found] == [name for name, _ in CHECKS]
    assert {one.grade for one in found} == {PrecheckGrade.ok}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"snmp_problem": "no process listens"}, {"SNMP"}),
        ({"nodes": (LB1,)}, {"peers", "other node"}),
        ({"nodes": (LB1, replace(LB2, problem="no answer"))}, {"peers", "other node"}),
        ({"nodes": (replace(LB1, health=Health.blackhole), LB2)}, {"served", "other node"}),
        ({"nodes": (LB1, replace(LB2, health=Health.active))}, {"served", "other node"}),
        ({"nodes": (LB1, replace(LB2, health=Health.standbyNotReady))}, {"other node"}),
        ({"nodes": (LB1, replace(LB2, health=Health.standbyDegraded))}, {"other node"}),
        ({"nodes": (LB1, replace(LB2, health=Health.unknown))}, {"other node"}),
        ({"nodes": (LB1, LB2, replace(LB2, name="lb3", health=Health.fault))}, {"other node"}),
        ({"nodes": (LB1, replace(LB2, maintenance=5.0))}, {"maintenance"}),
        ({"pair": None}, {"pair"}),
        ({"settling": True}, {"pair"}),
        ({"queued": 1}, {"events"}),
    ],
)
def test_what_refuses(changes, names):
    assert set(refused(replace(WELL, **changes))) == names


@pytest.mark.parametrize("state", list(PairState))
def test_only_a_redundant_pair_is_well(state):
    well = state in (PairState.redundant, PairState.failedOver)
    assert ("pair" in refused(replace(WELL, pair=state))) is not well


def arithmetic(weight, *, server="lb1"):
    checks = [] if weight == "nothing" else [Check("chk_haproxy", "track_script", weight)]
    here, there = Candidate("SITE1", 150, checks), Candidate("SITE1", 100, checks)
    nodes = (LB1, LB2) if server == "lb1" else (replace(LB2, name="lb1"), replace(LB1, name="lb2"))
    found = prechecks(replace(WELL, nodes=nodes, arithmetic=Arithmetic(here, there)))
    return next((one.grade, one.words) for one in found if one.name == "priorities")


def test_a_weight_that_moves_nothing_refuses_with_its_figures():
    grade, words = arithmetic(-40)
    assert grade is PrecheckGrade.refused
    assert "from 150 to 110 and stays above 100: the address does NOT move" in words


def test_the_node_that_serves_is_the_one_whose_check_fails():
    assert "from 100 to 60, below 150" in arithmetic(-40, server="lb2")[1]


def test_without_a_check_it_is_a_note():
    assert arithmetic("nothing")[0] is PrecheckGrade.note


def test_files_that_are_not_known_are_a_note_with_the_reason():
    found = prechecks(replace(WELL, arithmetic=Arithmetic(why="name the file")))
    assert (found[-1].grade, found[-1].words) == (PrecheckGrade.note, "not computed: name the file")
