"""One PDU, read and written (RFC 2741 5 and 6).

Data: a PDU with its header. It is refused with a RemoteError, or what was read is written and read to the same PDU,
in both byte orders.
"""

import struct
from dataclasses import replace

from haproxy_agentx.agentx.codec import decode, encode
from haproxy_agentx.agentx.constants import HEADER_SIZE, Flag
from haproxy_agentx.agentx.errors import RemoteError
from haproxy_agentx.agentx.header import decode_header
from haproxy_agentx.agentx.pdu import Pdu
from tests.support import wire
from tests.support.golden_pdus import HEX, PDUS

NAME = "1.3.6.1.4.1.8072"
SEEDS = {
    **{f"golden {kind.name}": bytes.fromhex(text) for kind, text in HEX.items()},
    **{f"little-endian {kind.name}": encode(replace(pdu, flags=Flag(0))) for kind, pdu in PDUS.items()},
    "half a varbind": wire.frame(wire.RESPONSE, bytes(8) + wire.varbind(NAME, wire.COUNTER64, 1)[:-4]),
    "an unknown type": wire.frame(wire.NOTIFY, b"\0\x03\0\0" + wire.oid(NAME) + bytes(4)),
    "an IpAddress of 5": wire.frame(wire.TESTSET, wire.varbind(NAME, wire.IPADDRESS, b"12345")),
    "255 sub-identifiers": wire.frame(wire.GET, b"\xff\xff\0\0" + bytes(4 * 255) + bytes(4)),
    "128 of them": wire.frame(wire.GET, b"\x80\0\0\0" + bytes(4 * 128) + bytes(4)),
    "124 after a prefix": wire.frame(wire.GET, b"\x7c\4\0\0" + bytes(4 * 124) + bytes(4)),
    "a start without end": wire.frame(wire.GETNEXT, wire.oid(NAME)),
    "an endless context": wire.frame(wire.GET, b"\x7f\xff\xff\xff" + wire.ranges([NAME]), flags=wire.CONTEXT),
    "an empty context": wire.frame(wire.GET, wire.octets(b"") + wire.ranges([NAME]), flags=wire.CONTEXT),
    "no counts": wire.frame(wire.GETBULK, b""),
    "a range without a bound": wire.frame(wire.REGISTER, b"\0\0\x05\0" + wire.oid(NAME)),
    "octets left over": wire.frame(wire.PING, bytes(4)),
    "every type of value": wire.frame(
        wire.RESPONSE,
        bytes(8)
        + b"".join(wire.varbind(NAME, kind, 1) for kind in (2, 65, 66, 67, 70))
        + b"".join(wire.varbind(NAME, kind, b"four") for kind in (4, 64, 68))
        + b"".join(wire.varbind(NAME, kind, NAME) for kind in (5, 6, 128, 129, 130)),
    ),
}


def read(data: bytes) -> Pdu:
    return decode(decode_header(data[:HEADER_SIZE]), data[HEADER_SIZE:])


def target(data: bytes) -> None:
    if len(data) < HEADER_SIZE:  # a shorter one is not complete: the framer waits
        return
    order = ">" if data[2] & wire.NETWORK else "<"
    data = data[:16] + struct.pack(order + "I", len(data) - HEADER_SIZE) + data[HEADER_SIZE:]
    try:
        pdu = read(data)
    except RemoteError:
        return
    for flags in (pdu.flags, pdu.flags ^ Flag.NETWORK_BYTE_ORDER):
        asked = replace(pdu, flags=flags)
        written = encode(asked)
        assert read(written) == asked
        assert len(written) <= len(data)  # ours is the shortest form
