"""A walk, against an agent that is a sorted dictionary (RFC 3416 4.2.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.snmp.message import Missing
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp import mib_walk
from haproxy_agentx.vrrp.keepalived_mib import COLUMNS, NAME, SCALARS, STATE
from haproxy_agentx.vrrp.mib_walk import MAX_ANSWER, MibWalk
from tests.support.mib_text import read_ones, sample


def following(cells, name):
    found = min((other for other in cells if other > name), default=None)
    return (name, Missing.endOfMibView) if found is None else (found, cells[found])


def answer(cells, request, most=1000):
    varbinds = [following(cells, name) for name in request.names[: request.scalars]]
    places = request.names[request.scalars :]
    for _ in range(request.repetitions):
        row = [following(cells, name) for name in places]
        varbinds += row
        places = [name for name, _ in row]
    return varbinds[: max(most, len(request.names))]


def walk(cells, scalars, columns, rows=2, most=1000):
    walked, requests = MibWalk(scalars, columns, rows), 0
    while (request := walked.next()) is not None:
        assert request.repetitions * (len(request.names) - request.scalars) <= MAX_ANSWER
        walked.take(answer(cells, request, most))
        requests += 1
        assert requests < 1000
    return walked, requests


@pytest.mark.parametrize("name", ["lb1", "lb2", "lb1-FAULT", "lb1-BACKUP-script-bad"])
@pytest.mark.parametrize("rows", [0, 2, 50])
@pytest.mark.parametrize("most", [1, 20, 1000])
def test_a_real_tree_is_read_in_full_and_nothing_else(name, rows, most):
    cells = sample(name)
    walked, _ = walk(cells, SCALARS, COLUMNS, rows, most)
    assert walked.cells == read_ones(cells)
    assert walked.longest == 2
    assert not walked.beyond


def test_two_instances_are_a_request_for_each_row():
    assert walk(sample("lb1"), SCALARS, COLUMNS)[1] == 2


CELLS = st.dictionaries(
    st.tuples(st.sampled_from((1, 2, 3, 4)), st.integers(0, 9), st.integers(0, 3)), st.integers(0, 9), max_size=60
)


@given(CELLS, st.integers(0, 9), st.integers(1, 40))
def test_any_tree_and_any_cut(cells, rows, most):
    walked, _ = walk(cells, ((1, 5),), ((2,), (3,)), rows, most)
    first = following(cells, (1, 5))
    found = {first[0]: first[1]} if first[0][:2] == (1, 5) and first[1] is not Missing.endOfMibView else {}
    assert walked.cells == {name: value for name, value in cells.items() if name[0] in {2, 3}} | found
    assert walked.beyond == ([] if found else [first])


def test_an_empty_tree():
    walked, requests = walk({}, SCALARS, COLUMNS)
    assert (walked.cells, requests) == ({}, 1)
    assert [value for _, value in walked.beyond] == [Missing.endOfMibView] * 2


def test_an_answer_that_has_less_than_a_row():
    walked = MibWalk(SCALARS, COLUMNS, 2)
    request = walked.next()
    with pytest.raises(Invalid, match="fewer objects"):
        walked.take(answer(sample("lb1"), request)[: len(request.names) - 1])


@pytest.mark.parametrize("second", [(*NAME, 1), (*NAME, 0)])
def test_names_that_do_not_increase(second):
    walked = MibWalk((), (NAME,), 5)
    walked.next()
    with pytest.raises(Invalid, match="do not increase"):
        walked.take([((*NAME, 1), b"A"), (second, b"B")])


# An agent could go on for ever, with names that increase.
def test_it_has_an_end(monkeypatch):
    monkeypatch.setattr(mib_walk, "MAX_CELLS", 100)
    walked = MibWalk((), (NAME, STATE), 5)
    for row in range(1, 51):
        walked.next()
        walked.take([((*NAME, row), b"A"), ((*STATE, row), 2)])
    with pytest.raises(Invalid, match="over 100 objects"):
        walked.take([((*NAME, 51), b"A"), ((*STATE, 51), 2)])
