"""What a walk leaves behind (nothing), and walks of several managers at once."""

import gc
import sys

import pytest

from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.prefetch import MAX_OCTETS, Walks
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.view import MibView, ServedColumn
from tests.support import wire
from tests.support.our_agent import PEERS_TABLE, exchange, opened, peers_table, walk_in_process


# Each request is a name of its own: what is remembered of walks is bounded, and a walk that is over is forgotten.
def test_memory_does_not_grow_with_the_number_of_walks():
    walk = walk_in_process(500)
    for _ in range(10):  # until as much is remembered as is at the most
        walk()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(20):
        assert walk() == 500
    gc.collect()
    assert sys.getallocatedblocks() - before < 500


def test_memory_does_not_grow_with_walks_that_are_given_up():
    responder = Responder()
    responder.serve(peers_table(2_000))
    session = opened(responder)
    for number in range(3_000):
        start = f"{PEERS_TABLE}.{number % 30 + 1}.{number // 1_500 + 1}.{number // 30 % 100}"
        request = wire.frame(wire.GETNEXT, wire.ranges([start]), session=77, packet=number)
        name = wire.read_answer(wire.take_frame(bytearray(exchange(session, request)))).varbinds[0].name
        exchange(session, wire.frame(wire.GETNEXT, wire.ranges([name]), session=77, packet=number))
        kept = responder.prefetched
        assert sum(len(request) + len(answer) for request, answer in kept.answers.items()) < 1.1 * MAX_OCTETS
        assert len(kept.ends) <= MAX_OCTETS / 100


# Those who find nothing to prefetch (values of the moment, the end) leave nothing.
def test_walks_of_which_nothing_can_be_prefetched_leave_nothing():
    responder = Responder()
    scalar = ServedColumn(
        key(parse(f"{PEERS_TABLE}.1")), wire.GAUGE32, [key((0,))], lambda *_: [wire.value(wire.GAUGE32, 1)]
    )
    scalar.live = True
    responder.serve(MibView([scalar]))
    session = opened(responder)
    for number in range(10):
        exchange(session, wire.frame(wire.GETNEXT, wire.ranges([PEERS_TABLE]), session=77, packet=number))
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Walks)]


# Two managers walk the same column, one a little behind the other. Catches windows that end with who came first.
@pytest.mark.parametrize("lag", [0, 1, 2, 5, 20, 100])
def test_who_walks_behind_another_goes_on_its_answers(monkeypatch, lag):
    responder = Responder()
    responder.serve(peers_table(1_000))
    session = opened(responder)
    searched = []
    answer = responder.answer
    monkeypatch.setattr(responder, "answer", lambda request: searched.append(request) or answer(request))
    names = [[f"{PEERS_TABLE}.1"], [f"{PEERS_TABLE}.1"]]
    for step in range(1_000 + lag):
        for manager, begins in ((0, 0), (1, lag)):
            if begins <= step < 1_000 + begins:
                request = wire.frame(wire.GETNEXT, wire.ranges(names[manager][-1:]), session=77, packet=step)
                said = bytearray(exchange(session, request))
                names[manager].append(wire.read_answer(wire.take_frame(said)).varbinds[0].name)
    assert names[0] == names[1]
    assert len(set(names[0])) == 1_001
    assert len(searched) <= 3


# A bug in a column: genErr (7.2.3) where it is, and no row passed over. Catches a walk that goes on behind it.
def test_values_that_cannot_be_made_are_told_and_not_passed_over():
    def cells(first: int, last: int) -> list[bytes]:
        if first <= 4 < last:
            raise RuntimeError("a bug")
        return [wire.value(wire.GAUGE32, row) for row in range(first, last)]

    responder = Responder()
    rows = [key((row,)) for row in range(20)]
    responder.serve(MibView([ServedColumn(key(parse(PEERS_TABLE)), wire.GAUGE32, rows, cells)]))
    session = opened(responder)
    names = [PEERS_TABLE]
    for packet in range(10):
        said = exchange(session, wire.frame(wire.GETNEXT, wire.ranges(names[-1:]), session=77, packet=packet))
        answer = wire.read_answer(wire.take_frame(bytearray(said)))
        if answer.error:
            assert answer.error == wire.GEN_ERR
        else:
            names.append(answer.varbinds[0].name)
    assert names[1:] == [f"{PEERS_TABLE}.{row}" for row in range(4)]


# Managers do not wait for each other: their requests come together. Catches that only the last one's walk is prepared.
def test_walks_that_come_together_are_all_prepared(monkeypatch):
    responder = Responder()
    responder.serve(peers_table(100))
    session = opened(responder)
    names = [f"{PEERS_TABLE}.{column}" for column in range(1, 17)]
    searched = []
    answer = responder.answer
    monkeypatch.setattr(responder, "answer", lambda request: searched.append(request) or answer(request))
    for row in range(100):
        frames = [wire.frame(wire.GETNEXT, wire.ranges([name]), session=77, packet=row) for name in names]
        said = bytearray(exchange(session, b"".join(frames)))
        answers = [wire.read_answer(wire.take_frame(said)).varbinds[0] for _ in names]
        names = [varbind.name for varbind in answers]
        assert names == [f"{PEERS_TABLE}.{column}.1.{row + 1}" for column in range(1, 17)]
    assert len(searched) == 16
