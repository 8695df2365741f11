"""Get (RFC 2741 7.2.3.1), items 21 to 25 of the conformance list."""

from collections.abc import Callable

import pytest

from haproxy_agentx.agentx.oid import dotted, key, parse
from haproxy_agentx.agentx.view import MibView, ServedColumn
from tests.support import golden, wire
from tests.support.golden import BY_NAME, EMPTY, GOLDEN, INDEXES, ROOT, SCALARS, TABLE, TYPES
from tests.support.our_agent import Agent
from tests.support.scripted_master import Link, ScriptedMaster
from tests.support.snmpd import Snmpd
from tests.support.wait import eventually

BESIDE = dotted((*parse(ROOT)[:-1], parse(ROOT)[-1] + 1))
"""The next arc, which nobody registers."""

MISSING_INSTANCES = [
    f"{TABLE}.3.1.3",  # between two rows
    f"{TABLE}.4.1.1",  # a hole: the row is there, this object of it is not
    f"{TABLE}.3",  # the column itself
    f"{TABLE}.3.1",  # half an index
    f"{TABLE}.3.1.1.0",  # more than an index
    f"{SCALARS}.1.1",
    f"{EMPTY}.2.1",  # an empty table
    f"{EMPTY}.3.5.5",
]
MISSING_OBJECTS = [
    f"{TABLE}.5.1.1",  # no such column
    f"{TABLE}",
    f"{ROOT}",
    f"{ROOT}.9.1.0",  # no such branch
    f"{SCALARS}.3.0",
    "1.3",
    f"{BESIDE}.1.0",
]


# 7.2.3: "Each SearchRange in the request PDU's SearchRangeList is processed as described below, and a VarBind is added
# in the corresponding location of the agentx-Response-PDU's VarbindList." Catches answers that are sorted, merged or
# lost.
def test_c21_as_many_varbinds_as_ranges_in_their_order(link: Link):
    wanted = [GOLDEN[-1], GOLDEN[0], GOLDEN[0], *reversed(GOLDEN)]

    answer = link.get(*(varbind.name for varbind in wanted))

    assert answer[1:3] == (0, 0)
    assert answer.varbinds == wanted


def test_c21_through_snmpd(snmpd: Snmpd, agent_factory: Callable[..., Agent]):
    ready(snmpd, agent_factory)
    wanted = [GOLDEN[-1], GOLDEN[0], GOLDEN[0], *reversed(GOLDEN)]

    assert [row.oid for row in snmpd.get(*(varbind.name for varbind in wanted))] == [one.name for one in wanted]


# 7.2.3.1 (3) and (4), and RFC 3416 4.2.1, which asks for noSuchInstance as soon as the name has the prefix of any
# (potential) variable. RFC 2741 read literally speaks of instantiated variables and would give noSuchObject for an
# empty table; we decide by declared columns, so that a manager can tell 'no rows now' from 'an older MIB'. Catches a
# subagent that tells a manager that a table does not exist because HAProxy has no servers at the moment.
@pytest.mark.parametrize("name", MISSING_INSTANCES)
def test_c22_a_missing_row_is_no_such_instance(link: Link, name: str):
    assert link.get(name).varbinds == [(name, wire.NO_SUCH_INSTANCE, None)]


@pytest.mark.parametrize("name", MISSING_OBJECTS)
def test_c22_an_unknown_object_is_no_such_object(link: Link, name: str):
    assert link.get(name).varbinds == [(name, wire.NO_SUCH_OBJECT, None)]


def test_c22_through_snmpd(snmpd: Snmpd, agent_factory: Callable[..., Agent]):
    ready(snmpd, agent_factory)
    assert [row.type for row in snmpd.get(*MISSING_INSTANCES)] == ["noSuchInstance"] * len(MISSING_INSTANCES)
    assert {row.type for row in snmpd.get(f"{TABLE}.5.1.1", f"{ROOT}.9.1.0")} == {"noSuchObject"}


# 7.2.3.1 (1): "The starting OID is copied to v.name." 5.4: "Null, noSuchObject, noSuchInstance, and endOfMibView do not
# contain any encoded value." Catches an exception that is named by something else, or drags four octets behind it that
# shift all varbinds that follow.
def test_c23_exceptions_carry_the_requested_name_and_nothing_else(link: Link):
    wanted = [MISSING_INSTANCES[0], GOLDEN[0].name, MISSING_OBJECTS[0], "", GOLDEN[1].name]

    packet = link.request(wire.GET, wire.ranges(wanted))
    frame = link.expect(wire.RESPONSE, packet=packet)

    kinds = [wire.NO_SUCH_INSTANCE, GOLDEN[0].type, wire.NO_SUCH_OBJECT, wire.NO_SUCH_OBJECT, GOLDEN[1].type]
    contents = [BY_NAME[name].value if name in BY_NAME else None for name in wanted]
    parts = zip(wanted, kinds, contents, strict=True)
    assert frame.payload[8:] == b"".join(wire.varbind(*part) for part in parts)


# 7.2.3: "If processing should fail for any reason not described below, res.error is set to `genErr', res.index to the
# index of the failed SearchRange, the VarBindList is reset to null". Catches a bug of one column that takes the whole
# agent, or the wrong varbind, with it.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT])
def test_c24_an_internal_failure_is_gen_err(kind: int, master: ScriptedMaster, agent_factory: Callable[..., Agent]):
    def broken(_first: int, _last: int) -> list[bytes]:
        raise RuntimeError("a bug in a column")

    columns = [*golden.VIEW.columns, ServedColumn(key(parse(f"{ROOT}.7.1")), wire.GAUGE32, [key((1,))], broken)]
    agent_factory(master.path, MibView(columns))
    link = master.session()
    good, bad = f"{TYPES}.1.7", f"{ROOT}.7.1" + (".1" if kind == wire.GET else "")

    answer = link.ask(kind, wire.ranges([good, good, bad, good]))
    assert (answer.error, answer.index, answer.varbinds) == (wire.GEN_ERR, 3, [])
    assert link.get(good).varbinds == [BY_NAME[good]], "the agent goes on"


# RFC 2578 7.3: not-accessible objects are no part of what a manager can read; RFC 2741 7.2.3.1 knows only variables
# that are instantiated. Catches index columns in a walk.
def test_c25_index_columns_are_never_returned(link: Link):
    for column in INDEXES:
        assert link.get(f"{column}.1.1").varbinds == [(f"{column}.1.1", wire.NO_SUCH_OBJECT, None)]
        assert link.getnext(column).varbinds[0].name == f"{TABLE}.3.1.1"


def ready(snmpd: Snmpd, agent_factory: Callable[..., Agent]) -> None:
    """Start our agent on the golden tree and wait until snmpd asks it."""
    agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
