"""Messages of rtnetlink as a kernel writes them, independent of the parser under test; and real ones."""

import struct
from ipaddress import ip_address

UP, LOOPBACK, RUNNING = 0x1, 0x8, 0x40
TENTATIVE, DADFAILED, PERMANENT = 0x40, 0x08, 0x80
MULTI, DUMP_INTR = 0x2, 0x10
NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE = 16, 17, 20, 21, 24
NOOP, ERROR, DONE, OVERRUN = 1, 2, 3, 4
AF_INET, AF_INET6, AF_BRIDGE = 2, 10, 7

REAL_ADDRESSES = bytes.fromhex(
    "4c0000001400020007000000676a0000020880fe01000000080001007f000001080002007f000001070003006c6f00000800080080000000"
    "14000600ffffffffffffffffe08e1900e08e1900500000001400020007000000676a00000a8080fe01000000140001000000000000000000"
    "000000000000000114000600ffffffffffffffffe08e1900e08e1900080008008000000005000b0001000000"
)
"""Linux 6.18 about 127.0.0.1 and ::1 of lo, in a dump."""
REAL_END = bytes.fromhex("140000000300020007000000676a000000000000")


def message(kind: int, body: bytes = b"", flags: int = 0, sequence: int = 0) -> bytes:
    head = struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0)
    return head + body + bytes(-len(body) % 4)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def link(index: int, name: str, flags: int = UP | RUNNING, kind: int = NEWLINK, family: int = 0) -> bytes:
    body = struct.pack("=BxHiII", family, 1, index, flags, 0)
    return message(kind, body + attribute(13, bytes(4)) + attribute(3, name.encode() + b"\0"))


def address(
    index: int,
    ip: str,
    prefix: int = 24,
    *,
    kind: int = NEWADDR,
    flags: int = PERMANENT,
    peer: str = "",
    sequence: int = 0,
) -> bytes:
    ours = ip_address(ip)
    body = struct.pack("=BBBBI", AF_INET if ours.version == 4 else AF_INET6, prefix, flags & 0xFF, 0, index)
    if peer:
        body += attribute(1, ip_address(peer).packed) + attribute(2, ours.packed)
    else:
        body += attribute(1, ours.packed) + (attribute(2, ours.packed) if ours.version == 4 else b"")
    return message(kind, body + attribute(8, struct.pack("=I", flags)), 0, sequence)


def done(sequence: int, flags: int = MULTI) -> bytes:
    return message(DONE, bytes(4), flags, sequence)


def refusal(sequence: int, error: int) -> bytes:
    return message(ERROR, struct.pack("=i", -error) + bytes(16), 0, sequence)


UNICAST, MAIN, LOCAL_TABLE = 1, 254, 255
_DST, _OIF, _GATEWAY, _MULTIPATH = 1, 4, 5, 9


def route(
    *attributes: bytes, to: str = "", kind: int = UNICAST, table: int = MAIN, flags: int = 0, family: int = 0
) -> bytes:
    """Give a route; without ``to`` it is a default route, of IPv4 unless ``family`` says otherwise."""
    destination = ip_address(to) if to else None
    family = family or (AF_INET6 if destination and destination.version == 6 else AF_INET)
    body = struct.pack("=8BI", family, 24 if to else 0, 0, 0, table, 4, 0, kind, flags)
    if destination:
        body += attribute(_DST, destination.packed)
    return message(NEWROUTE, body + b"".join(attributes))


def over(interface: int) -> bytes:
    """Give the interface of a route."""
    return attribute(_OIF, struct.pack("=i", interface))


def hops(*pairs: tuple[int, int]) -> bytes:
    """Give the next hops: interface and flags of each."""
    each = (struct.pack("=HBBi", 16, flags, 0, index) + attribute(_GATEWAY, bytes(4)) for index, flags in pairs)
    return attribute(_MULTIPATH, b"".join(each))
