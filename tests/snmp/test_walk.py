"""A walk over columns: all that is there, whatever the agent answers, and no more than its bounds."""

import random

import pytest

from haproxy_agentx.snmp.message import Error, Message, Missing, PduKind
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS
from haproxy_agentx.snmp.walk import MOST, ColumnWalk
from haproxy_agentx.vocabulary.source import Invalid

BASE = (1, 3, 6)
COLUMNS = [(*BASE, number) for number in (1, 2, 4)]


def answer(varbinds, error=0):
    return Message(PduKind.response, 1, error, 0, tuple(varbinds))


def bulk(cells, request, most=MAX_RESPONSE_VARBINDS):
    """Return what an agent with ``cells`` answers."""

    def following(name):
        found = min((other for other in cells if other > name), default=None)
        return (name, Missing.endOfMibView) if found is None else (found, cells[found])

    found = [following(name) for name in request.names[: request.scalars]]
    places = request.names[request.scalars :]
    for _ in range(request.repetitions if places else 0):
        row = [following(place) for place in places]
        found += row
        places = [name for name, _ in row]
    return answer(found[:most])


def walked(cells, most=MAX_RESPONSE_VARBINDS, scalars=()):
    walk = ColumnWalk(COLUMNS, scalars)
    for _ in range(10 * MOST):
        if walk.is_complete:
            return walk.cells
        walk.take(bulk(cells, walk.request(), most))
    raise AssertionError("it does not end")


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_exactly_the_cells_of_its_columns(seed):
    dice = random.Random(seed)
    cells = {
        (*BASE, column, row): dice.randrange(100)
        for column in range(6)
        for row in range(dice.choice((0, 1, 5, 60)))
        if dice.random() < 0.8
    }
    wanted = {name: value for name, value in cells.items() if name[:-1] in COLUMNS}
    assert walked(cells, dice.choice((MAX_RESPONSE_VARBINDS, 7, 3))) == wanted


def test_scalars_come_with_the_first_answer():
    cells = {(*BASE, 0, 7, 0): 5, (*BASE, 0, 8, 0): 6, (*BASE, 1, 1): 1}
    assert walked(cells, scalars=[(*BASE, 0, 7), (*BASE, 0, 6)]) == {(*BASE, 0, 7, 0): 5, (*BASE, 1, 1): 1}


def test_rows_behind_an_index():
    cells = {(*column, row): row for column in COLUMNS for row in range(1, 9)}
    walk = ColumnWalk(COLUMNS, after=(6,))
    while not walk.is_complete:
        walk.take(bulk(cells, walk.request()))
    assert walk.cells == {(*column, row): row for column in COLUMNS for row in (7, 8)}


@pytest.mark.parametrize(
    ("varbinds", "error", "why"),
    [
        ([], 0, "less than was asked for"),
        ([(COLUMNS[0], 1)], 0, "less than was asked for"),
        ([(column, 1) for column in COLUMNS], 0, "do not increase"),
        ([(column, None) for column in COLUMNS], Error.gen_err, "genErr"),
        ([(column, None) for column in COLUMNS], Error.no_access, "denies access"),
        ([(column, None) for column in COLUMNS], 17, "error-status 17"),
    ],
)
def test_an_answer_without_use_is_invalid(varbinds, error, why):
    walk = ColumnWalk(COLUMNS)
    walk.request()
    with pytest.raises(Invalid, match=why):
        walk.take(answer(varbinds, error))


def test_an_agent_without_end_is_left_after_so_many_requests():
    walk = ColumnWalk(COLUMNS)
    for number in range(MOST):
        walk.request()
        walk.take(answer(((*column, number + 1), 1) for column in COLUMNS))
    with pytest.raises(Invalid, match="more rows than are read"):
        walk.request()
    assert len(walk.cells) == MOST * len(COLUMNS)
