"""Sets (RFC 2741 7.2.4), items 34 and 35 of the conformance list. All our objects are read-only."""

from collections.abc import Callable

import pytest

from tests.support import golden, wire
from tests.support.golden import EMPTY, GOLDEN, ROOT, TABLE, TYPES
from tests.support.our_agent import Agent
from tests.support.scripted_master import Link
from tests.support.snmpd import Snmpd, SnmpError
from tests.support.wait import eventually

TARGETS = [f"{TYPES}.1.7", f"{TABLE}.3.9.9", f"{EMPTY}.2.1", f"{ROOT}.9.9.9", f"{TABLE}.1.1.1"]
"""An instance, a missing row, a row of an empty table, an unknown object, an index column."""


# 7.2.4.1: "each VarBind in the PDU is validated until they are all successful, or until one fails, as described in
# section 4.2.5 of RFC 1905", where (2) is: no variable of that prefix can be created or modified whatever the value:
# notWritable. "If this value is not `noError', the res.index field must be set to the index of the VarBind for which
# validation failed" and "These Response-PDUs do not contain a VarBindList". Catches a Set that is granted and does
# nothing.
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_c34_everything_is_not_writable(link: Link, name: str, order: str):
    varbinds = [wire.varbind(name, wire.INTEGER, 1, order), wire.varbind(f"{TYPES}.2.7", wire.OCTETS, b"no", order)]

    answer = link.ask(wire.TESTSET, b"".join(varbinds), order=order)

    assert (answer.error, answer.index, answer.varbinds) == (wire.NOT_WRITABLE, 1, [])


# 7.3.1: after TestFail comes CleanupSet, and the next transaction begins anew. Catches state that outlives a
# transaction.
def test_c34_no_state_is_kept(link: Link):
    for _ in range(3):
        packet = link.request(wire.TESTSET, wire.varbind(TARGETS[0], wire.INTEGER, 1), transaction=5)
        assert wire.read_answer(link.expect(wire.RESPONSE, packet=packet)).error == wire.NOT_WRITABLE
        link.request(wire.CLEANUPSET, transaction=5)
    link.silent()
    assert link.get(GOLDEN[0].name).varbinds == [GOLDEN[0]]


def test_c34_through_snmpd(snmpd: Snmpd, agent_factory: Callable[..., Agent]):
    agent_factory(snmpd.agentx, golden.VIEW, timeout=5.0)
    eventually(lambda: snmpd.one(GOLDEN[0].name).type == "STRING", 5)
    for name in TARGETS:
        with pytest.raises(SnmpError, match="notWritable"):
            snmpd.set(f"{name} i 1")
    assert snmpd.one(f"{TYPES}.1.7").value == -(2**31)


# 7.2.4.2, 7.2.4.3: the errors are commitFailed(14) and undoFailed(15). 7.3.1 has no transition from the initial state
# for either, so that a master that sends one is told that nothing was done. Catches noError for a change that never
# was.
def test_c35_commit_without_test_fails(link: Link):
    assert link.ask(wire.COMMITSET)[1:] == (wire.COMMIT_FAILED, 1, [])


def test_c35_undo_without_commit_fails(link: Link):
    assert link.ask(wire.UNDOSET)[1:] == (wire.UNDO_FAILED, 1, [])


# 7.2.4.4: "No response is sent by the subagent." Catches an answer that the master takes for that of another request.
@pytest.mark.parametrize("order", ["<", ">"])
def test_c35_cleanup_is_silent(link: Link, order: str):
    link.request(wire.CLEANUPSET, order=order)
    link.silent()
    link.request(wire.CLEANUPSET, order=order, session=link.session + 1)
    link.silent()
