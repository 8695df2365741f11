"""Messages of sock_diag(7) that ask for the owner of one UDP socket: an exact lookup, never a dump. Pure.

The kernel looks for the socket that would receive a datagram from ``local`` to ``peer`` (udp_dump_one in
net/ipv4/udp_diag.c), which is the one that a datagram from ``peer`` to ``local`` was sent from.
"""

import errno
import struct
from ipaddress import ip_address

PROTOCOL = 4
"""NETLINK_SOCK_DIAG."""

AF_INET, AF_INET6, IPPROTO_UDP = 2, 10, 17

_ERROR = 2
_BY_FAMILY, _REQUEST = 20, 1
_HEADER = struct.Struct("=IHHII")
_NO_COOKIE = b"\xff" * 8
_ALL_STATES = 0xFFFFFFFF
_UID = _HEADER.size + 4 + 48 + 12
"""Of struct inet_diag_msg (linux/inet_diag.h): behind 4 octets, the socket's id, and three numbers."""

ANSWER = 4096
"""Octets that an answer has at most, with attributes."""

Where = tuple[str, int]
"""An address without zone, and a port."""


class DiagUnanswered(Exception):  # noqa: N818  it is a state: the caller decides what it means
    """The kernel does not answer, or with something else."""


def request(local: Where, peer: Where, number: int) -> bytes:
    """Return the request for the socket at ``peer`` that sent to ``local``; ``number`` comes back in the answer."""
    ours, theirs = ip_address(local[0]), ip_address(peer[0])
    family = AF_INET6 if theirs.version == 6 else AF_INET  # noqa: PLR2004
    body = (
        struct.pack("=BBBBI", family, IPPROTO_UDP, 0, 0, _ALL_STATES)
        + struct.pack("!HH", local[1], peer[1])
        + ours.packed.ljust(16, b"\0")
        + theirs.packed.ljust(16, b"\0")
        + struct.pack("=I", 0)
        + _NO_COOKIE
    )
    return _HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST, number, 0) + body


def read(answer: bytes, number: int, port: int) -> int | None:
    """Return the uid of the socket that is bound to ``port``; None where it does not exist. Raise DiagUnanswered."""
    if len(answer) < _HEADER.size + 4:
        raise DiagUnanswered("a short answer of sock_diag")
    _, kind, _, sequence, _ = _HEADER.unpack_from(answer)
    if sequence != number:
        raise DiagUnanswered("an answer of sock_diag to another request")
    if kind == _ERROR:
        (code,) = struct.unpack_from("=i", answer, _HEADER.size)
        if code == -errno.ENOENT:
            return None
        raise DiagUnanswered(f"sock_diag refuses with error {-code}")
    if kind != _BY_FAMILY or len(answer) < _UID + 4:
        raise DiagUnanswered("an answer of sock_diag that is none")
    (bound,) = struct.unpack_from("!H", answer, _HEADER.size + 4)
    (uid,) = struct.unpack_from("=I", answer, _UID)
    return int(uid) if bound == port else None
