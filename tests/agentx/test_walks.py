"""What a walk leaves behind (nothing), and walks of several managers at once."""

import gc
import sys

from haproxy_agentx.agentx.anticipation import MAX_OCTETS
from haproxy_agentx.agentx.responder import Responder
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
        kept = responder.anticipation
        assert sum(len(request) + len(answer) for request, answer in kept.answers.items()) < 1.1 * MAX_OCTETS
        assert len(kept.ends) <= MAX_OCTETS / 100


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
