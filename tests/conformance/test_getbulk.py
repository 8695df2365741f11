"""GetBulk (RFC 2741 7.2.3.3), item 33 of the conformance list. net-snmp never sends one; another master may."""

from collections.abc import Callable

import pytest

from tests.support import wire
from tests.support.golden import BY_NAME, END, GOLDEN, LAST, ROOT, SCALARS, TABLE, TYPES
from tests.support.our_agent import Agent, view_of
from tests.support.scripted_master import Link, ScriptedMaster, names
from tests.support.wire import VarBind

SEARCHES = [(f"{SCALARS}.1", END), (f"{TABLE}.3", END), (f"{TABLE}.300", END)]


def model(non_repeaters: int, repetitions: int, searches: list[tuple[str, str]]) -> list[VarBind]:
    """What 7.2.3.3 says, word by word, for searches from columns or instances of the golden tree without bounds."""
    order = [varbind.name for varbind in GOLDEN]

    def successor(name: str) -> VarBind:
        if name in BY_NAME:
            at = order.index(name) + 1
        else:
            at = next((at for at, known in enumerate(order) if known.startswith(name + ".")), len(order))
        return GOLDEN[at] if at < len(order) else VarBind(name, wire.END_OF_MIB_VIEW, None)

    found = [successor(start) for start, _ in searches[:non_repeaters]]
    last = [start for start, _ in searches[non_repeaters:]]
    for _ in range(repetitions if last else 0):
        row = [successor(name) for name in last]
        found += row
        if all(varbind.type == wire.END_OF_MIB_VIEW for varbind in row):
            break
        last = [varbind.name for varbind in row]
    return found


# "A maximum of N + (M * R) VarBinds are returned ... the (N+((i-1)*R)+s)-th VarBind". Catches rows that are transposed,
# counts that are off by one, and non-repeaters that repeat.
@pytest.mark.parametrize("non_repeaters", [0, 1, 2, 3, 4, 65535])
@pytest.mark.parametrize("repetitions", [0, 1, 3])
def test_c33_order_and_count(link: Link, non_repeaters: int, repetitions: int):
    answer = link.getbulk(non_repeaters, repetitions, *SEARCHES)

    assert answer[1:3] == (0, 0)
    assert answer.varbinds == model(non_repeaters, repetitions, SEARCHES)


# "If no such variable exists, the VarBind is set to `endOfMibView' ... v.name is set to v.name of the
# (N+((i-2)*R)+s)-th VarBind unless i is currently 1, in which case it is set to the value of the starting OID". Catches
# an end that is named by the start for ever, which a manager takes for a step backwards.
def test_c33_the_end_is_named_by_the_last_instance(link: Link):
    searches = [(f"{TABLE}.3.4294967295.1", f"{TABLE}.4"), (f"{TABLE}.300", f"{TABLE}.301"), (END, "")]

    answer = link.getbulk(0, 3, *searches)

    last = f"{TABLE}.3.4294967295.4294967295"
    assert [(varbind.name, varbind.type == wire.END_OF_MIB_VIEW) for varbind in answer.varbinds] == [
        (last, False), (f"{TABLE}.300.1.1", False), (END, True),
        (last, True), (f"{TABLE}.300.1.2", False), (END, True),
        (last, True), (f"{TABLE}.300.1.100", False), (END, True),
    ]  # fmt: skip


# "Note that further iterative processing should stop if: For any iteration i, all s values of v.type are
# `endOfMibView'." Catches 65,535 rows of nothing.
def test_c33_padding_stops_when_all_have_ended(link: Link):
    answer = link.getbulk(0, 65535, (f"{TYPES}.9.7", END), (f"{LAST}.1.0", END))

    assert names(answer.varbinds) == [f"{LAST}.1.0", f"{LAST}.1.0", f"{LAST}.1.0", f"{LAST}.1.0"]
    assert [varbind.type for varbind in answer.varbinds] == [wire.OCTETS, *[wire.END_OF_MIB_VIEW] * 3]


def test_c33_a_whole_walk_in_one(link: Link):
    assert link.getbulk(0, 65535, (ROOT, END)).varbinds[:-1] == GOLDEN


# "An AgentX transport constraint or other implementation-specific constraint is reached": net-snmp drops a PDU above
# 65,536 octets without a word. Catches an answer that never arrives.
@pytest.mark.parametrize("columns", [1, 7])
def test_c33_the_answer_is_capped_in_octets(master: ScriptedMaster, agent_factory: Callable[..., Agent], columns: int):
    rows = {str(row): b"x" * 200 for row in range(1, 1001)}
    agent_factory(master.path, view_of({f"{ROOT}.{column}": (wire.OCTETS, rows) for column in range(1, columns + 1)}))
    link = master.session()
    starts = [(f"{ROOT}.{column}", END) for column in range(1, columns + 1)]

    packet = link.request(wire.GETBULK, b"\0\0\xff\xff" + wire.ranges(starts))
    frame = link.expect(wire.RESPONSE, packet=packet)

    varbinds = wire.read_answer(frame).varbinds
    assert 50_000 < len(frame.payload) + wire.HEADER <= 65_536
    assert len(varbinds) % columns == 0, "the last row is whole"
    expected = [f"{ROOT}.{column}.{row}" for row in range(1, 1001) for column in range(1, columns + 1)]
    assert names(varbinds) == expected[: len(varbinds)]


def test_c33_include_counts_for_the_first_repetition(link: Link):
    first, second = GOLDEN[2].name, GOLDEN[3].name

    assert names(link.getbulk(0, 2, (first, END, 1)).varbinds) == [first, second]
    assert names(link.getbulk(1, 0, (first, END, 1)).varbinds) == [first]


def test_c33_little_endian(link: Link):
    assert link.getbulk(1, 2, *SEARCHES, order="<").varbinds == model(1, 2, SEARCHES)
