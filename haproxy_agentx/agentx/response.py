"""The octets of a Response (RFC 2741 6.2.16).

A Response is put together from three pieces: the prefix of its header, which is the same for all of a session; the
h.transactionID and h.packetID of its request; and a *body*, which is h.payload_length and the payload. Bodies know
nothing of a session, so they can be made before they are asked for. They are in network byte order.
"""

import struct
from collections.abc import Iterable
from dataclasses import replace

from haproxy_agentx.agentx.codec import decode, encode
from haproxy_agentx.agentx.constants import HEADER_SIZE, ErrorStatus, PduType
from haproxy_agentx.agentx.header import NETWORK_BYTE_ORDER, Header, decode_header, prefix
from haproxy_agentx.agentx.values import Wire

MAX_ANSWER = 64_000
"""Octets of variable bindings in a Response: net-snmp drops a PDU above 65,536 without a word."""

_FIXED = 8
"""Octets of the payload before the variable bindings."""

_ids = struct.Struct(">2I").pack
_body_start = struct.Struct(">I8x").pack
"""h.payload_length, then res.sysUpTime, res.error and res.index, which are 0 in an answer without error."""

_error_body = struct.Struct(">I4x2H").pack


def bodies(varbinds: Iterable[Wire]) -> list[bytes]:
    """Return bodies without error, each with these variable bindings."""
    return [_body_start(len(octets) + _FIXED) + octets for octets in varbinds]


def body(varbinds: Iterable[Wire]) -> bytes:
    """Return one body without error."""
    return bodies([b"".join(varbinds)])[0]


def error_body(error: ErrorStatus, index: int = 0) -> bytes:
    """Return the body of a Response with an error: no variable bindings (7.2.3). ``index`` counts from 1, 0 is none."""
    return _error_body(_FIXED, error, index)


def response(request: Header, answer: bytes) -> bytes:
    """Return the Response to a request with a body, in the byte order of the request (7.2.2)."""
    ids = _ids(request.transaction_id, request.packet_id)
    frame = prefix(PduType.RESPONSE, request.session_id) + ids + answer
    if request.flags & NETWORK_BYTE_ORDER:
        return frame
    return encode(replace(decode(decode_header(frame), frame[HEADER_SIZE:]), flags=0))
