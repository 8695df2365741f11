"""The stream of a master, cut into PDUs (RFC 2741 6.1).

Data: the size of the pieces, then the stream. Whole and in pieces it gives the same frames, or the one FrameError at
the same place; the frames are the stream.
"""

from haproxy_agentx.agentx.constants import HEADER_SIZE
from haproxy_agentx.agentx.errors import FrameError
from haproxy_agentx.agentx.framing import Framer
from tests.fuzz.octets import Octets, pieces
from tests.support import wire
from tests.support.golden_pdus import HEX

LIMIT = 4096
_ALL = b"".join(map(bytes.fromhex, HEX.values()))

SEEDS = {
    "all PDUs, whole": b"\0" + _ALL,
    "all PDUs, octet by octet": b"\1" + _ALL,
    "all PDUs, in sevens": b"\7" + _ALL,
    "version 2": b"\3" + wire.frame(wire.PING, version=2),
    "type 0": b"\0" + wire.frame(0),
    "type 19": b"\0" + wire.frame(19),
    "a length that is not a multiple of 4": b"\5" + wire.frame(wire.GET, length=6),
    "the largest length": b"\0" + wire.frame(wire.GET, length=0xFFFFFFFC),
    "at the limit": b"\xff" + wire.frame(wire.GET, bytes(LIMIT)),
    "above the limit": b"\xff" + wire.frame(wire.GET, bytes(LIMIT + 4)),
    "unknown flags": b"\0" + wire.frame(wire.PING, flags=0xE0),
    "HTTP": b"\4HTTP/1.0 400 Bad Request\r\n\r\n",
    "PDUs and then none": b"\x0b" + _ALL + bytes(64) + _ALL,
}


def frames(stream: bytes, size: int) -> tuple[list[bytes], bool]:
    """Give the frames and whether a FrameError ended them."""
    framer = Framer(LIMIT)
    found = []
    try:
        for piece in pieces(stream, size):
            framer.feed(piece)
            while (framed := framer.next_frame()) is not None:
                header, frame = framed
                assert len(frame) == HEADER_SIZE + header.length
                found.append(frame)
    except FrameError:
        return found, True
    assert framer.empty == (sum(map(len, found)) == len(stream))
    return found, False


def target(data: bytes) -> None:
    octets = Octets(data)
    size, stream = octets.number(), octets.rest()
    found, broken = frames(stream, 0)
    assert (found, broken) == frames(stream, size)
    assert stream.startswith(b"".join(found))
