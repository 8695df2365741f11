"""What is read while a walk goes on is answered out of what is prefetched: as long as that is so, and no longer."""

import asyncio
import socket
from contextlib import suppress

from haproxy_agentx.agentx.link import SessionLink
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.transport import LingeringTransport
from tests.support import wire
from tests.support.our_agent import PEERS_TABLE, opened, peers_table

CLOSE = 2


def after(row: int, packet: int) -> bytes:
    """Ask for what follows a row of the first column, -1 for the column itself."""
    name = f"{PEERS_TABLE}.1" + (f".1.{row + 1}" if row >= 0 else "")
    return wire.frame(wire.GETNEXT, wire.ranges([name]), session=77, packet=packet)


def answered(*pieces: bytes) -> list[tuple[int, int]]:
    """Begin a walk, then send pieces, each when the one before was read; type and packet of each PDU but Pings."""

    async def walk() -> bytes:
        responder = Responder()
        responder.serve(peers_table(100))
        ours, master = socket.socketpair()
        link = SessionLink(opened(responder), lambda _event: None)
        link.connection_made(LingeringTransport(asyncio.get_running_loop(), ours, link))
        waiting = list(pieces)
        take = link.data_received

        def take_and_send(data: bytes) -> None:
            take(data)
            if waiting:
                master.send(waiting.pop(0))

        link.data_received = take_and_send  # type: ignore[method-assign]
        master.send(after(-1, 1))  # the window behind it is two rows: what follows row 1 is asked at its end
        master.setblocking(False)
        said = bytearray()
        for _ in range(20):
            await asyncio.sleep(0)
            with suppress(BlockingIOError):
                said += master.recv(1 << 16)
        link.close()
        master.close()
        return bytes(said)

    said = bytearray(asyncio.run(walk()))
    frames = []
    while frame := wire.take_frame(said):
        frames.append((frame.type, frame.packet))
    return [frame for frame in frames if frame[0] != wire.PING]


def test_a_walk_is_answered():
    assert answered(after(1, 2), after(2, 3)) == [(wire.RESPONSE, number) for number in (1, 2, 3)]


# Catches that the rest of a PDU is taken for the request that is expected next.
def test_the_rest_of_a_pdu_is_no_request_whatever_it_looks_like():
    inner = after(2, 666)
    test_set = wire.frame(wire.TESTSET, wire.varbind(f"{PEERS_TABLE}.1.1.1", wire.OCTETS, inner), session=77, packet=3)
    assert test_set.endswith(inner)
    frames = answered(after(1, 2) + test_set[: -len(inner)], inner)
    assert frames == [(wire.RESPONSE, number) for number in (1, 2, 3)]


# Catches answers behind our Close.
def test_nothing_is_answered_when_the_session_is_over():
    frames = answered(after(1, 2) + b"\7" * 20, after(2, 3))
    assert [kind for kind, _ in frames] == [wire.RESPONSE, wire.RESPONSE, CLOSE]
