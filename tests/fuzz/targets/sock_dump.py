"""A message of sock_diag(7) that lists sockets.

Data: the message, as an answer to request 1. It raises Unreadable or gives the sockets of whole messages: each, read as
either kind, has a port of 16 bits, counts that are not negative, and waits only where it listens.
"""

import struct
from contextlib import suppress

from haproxy_agentx.system import sock_dump
from haproxy_agentx.system.sock_dump import LISTEN, Unreadable

_NAME, _PEER, _LENGTH = 0, 2, 4


def _message(body: bytes, kind: int = 20, number: int = 1) -> bytes:
    return (struct.pack("=IHHII", 16 + len(body), kind, 2, number, 0) + body).ljust(16 + len(body) + 3 & ~3, b"\0")


def _attribute(kind: int, value: bytes) -> bytes:
    return (struct.pack("=HH", 4 + len(value), kind) + value).ljust(4 + len(value) + 3 & ~3, b"\0")


_TCP = struct.pack("=BBBB2s2s16s16sI8sIIIII", 2, LISTEN, 0, 0, b"\0P", b"", b"\x7f\0\0\1", b"", 0, b"", 0, 3, 128, 0, 9)
_UNIX = struct.pack("=BBBBI8s", 1, 1, LISTEN, 0, 7, b"") + _attribute(_NAME, b"/run/haproxy/ro.sock\0")

SEEDS = {
    "tcp": _message(_TCP) + _message(_TCP),
    "unix": _message(_UNIX + _attribute(_LENGTH, struct.pack("=II", 2, 10))),
    "a peer": _message(_UNIX + _attribute(_PEER, b"1234")),
    "the end": _message(_TCP) + _message(bytes(4), kind=3),
    "refused": _message(struct.pack("=i", -1), kind=2),
    "of another request": _message(_TCP, number=2),
    "torn": _message(_TCP)[:40],
    "a length of nothing": bytes(32),
    "an attribute of nothing": _message(_UNIX + bytes(8)),
}  # fmt: skip


def target(data: bytes) -> None:
    try:
        bodies, _ = sock_dump.bodies(data, 1)
    except Unreadable:
        return
    assert sum(map(len, bodies)) <= len(data)
    for body in bodies:
        with suppress(Unreadable):
            found = sock_dump.listening(body)
            assert 0 <= found.port < 1 << 16
            assert found.waiting >= 0
        with suppress(Unreadable):
            named = sock_dump.unix_socket(body)
            assert min(named.inode, named.peer, named.waiting) >= 0
            assert named.state == LISTEN or not named.waiting
            assert not named.name.endswith(b"\0")
