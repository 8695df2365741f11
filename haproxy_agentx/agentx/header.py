"""The 20 octets that each PDU begins with (RFC 2741 6.1), in both byte orders."""

import struct
from typing import NamedTuple

from haproxy_agentx.agentx.constants import VERSION, Flag, PduType
from haproxy_agentx.agentx.errors import FrameError

NETWORK_BYTE_ORDER = int(Flag.NETWORK_BYTE_ORDER)
_KNOWN_FLAGS = 0x1F
_TYPES = {int(kind): kind for kind in PduType}
"""Plain numbers, because operators of enumerations cost more than reading the rest of a request."""


class Header(NamedTuple):
    """A header, read. ``order`` is the struct prefix of the byte order, ``length`` that of the payload in octets."""

    type: PduType
    flags: int
    order: str
    session_id: int
    transaction_id: int
    packet_id: int
    length: int


def decode_header(data: bytes) -> Header:
    """Read the first 20 octets. Raise FrameError; unknown flags are passed over, as RFC 2741 gives them no meaning."""
    version, kind, flags = data[0], data[1], data[2]
    if version != VERSION:
        raise FrameError(f"AgentX version {version}, only {VERSION} is known")
    if kind not in _TYPES:
        raise FrameError(f"PDU type {kind} is unknown")
    order = order_of(flags)
    session, transaction, packet, length = struct.unpack_from(order + "4I", data, 4)
    if length % 4:
        raise FrameError(f"a payload of {length} octets is not a multiple of 4")
    return Header(_TYPES[kind], flags & _KNOWN_FLAGS, order, session, transaction, packet, length)


def order_of(flags: int) -> str:
    """Return the struct prefix of the byte order that h.flags names."""
    return ">" if flags & NETWORK_BYTE_ORDER else "<"


def prefix(kind: PduType, session_id: int, flags: int = NETWORK_BYTE_ORDER) -> bytes:
    """Return the first 8 octets of a header, up to h.sessionID: those that all PDUs of a type share in a session."""
    return struct.pack(order_of(flags) + "4BI", VERSION, kind, flags, 0, session_id)
