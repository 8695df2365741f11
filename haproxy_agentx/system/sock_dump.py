"""Messages of sock_diag(7) that list sockets of this network namespace, which needs no privilege. Pure.

Structures are those of linux/inet_diag.h and linux/unix_diag.h. A list comes in several messages and ends with one of
the kind NLMSG_DONE (netlink(7)).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PROTOCOL = 4
"""NETLINK_SOCK_DIAG."""

ANSWER = 32 * 1024
"""Octets of one message of the kernel at most (NLMSG_GOODSIZE)."""

AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
ESTABLISHED, LISTEN = 1, 10
"""States of a socket (linux/tcp_states.h), of Unix sockets, too."""

_IPPROTO_TCP = 6
_BY_FAMILY, _LIST = 20, 0x301
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_INET = struct.Struct("=BBBB2s2s16s16sI8sIIIII")
_UNIX = struct.Struct("=BBBBI8s")
_NAME, _PEER, _LENGTH = 0, 2, 4
_SHOW = 1 << _NAME | 1 << _PEER | 1 << _LENGTH
_NO_COOKIE = b"\xff" * 8


class Unreadable(Exception):  # noqa: N818  it is a state: the caller decides what it means
    """The kernel refuses the list, or answers with something else."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A TCP socket that listens. ``waiting`` connections are complete, and the program has not accepted them."""

    address: bytes
    port: int
    waiting: int


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A Unix socket with a name, which an accepted one has from its listener.

    ``waiting`` is the number of connections that wait for a listener. ``inode`` and ``peer`` are 0 where there is none:
    of a connection that is not accepted, and of one whose other end is closed.
    """

    name: bytes
    state: int
    inode: int
    peer: int
    waiting: int


def listening_request(family: int, number: int) -> bytes:
    """Return the request for all listening TCP sockets of a family; ``number`` comes back in the answer."""
    return _request(struct.pack("=BBBBI", family, _IPPROTO_TCP, 0, 0, 1 << LISTEN) + b"\0" * 40 + _NO_COOKIE, number)


def unix_request(number: int) -> bytes:
    """Return the request for all Unix sockets that listen or are connected."""
    states = 1 << LISTEN | 1 << ESTABLISHED
    return _request(struct.pack("=BBHIII", AF_UNIX, 0, 0, states, 0, _SHOW) + _NO_COOKIE, number)


def _request(body: bytes, number: int) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _LIST, number, 0) + body


def bodies(answer: bytes, number: int) -> tuple[list[bytes], bool]:
    """Return the sockets of one message, and whether the list ends with it. Raise Unreadable."""
    found: list[bytes] = []
    place = 0
    while place + _HEADER.size <= len(answer):
        size, kind, _, sequence, _ = _HEADER.unpack_from(answer, place)
        if size < _HEADER.size or place + size > len(answer):
            break
        if sequence != number or kind == _ERROR:
            raise Unreadable("sock_diag refuses to list sockets")
        if kind == _DONE:
            return found, True
        if kind == _BY_FAMILY:
            found.append(answer[place + _HEADER.size : place + size])
        place += size + 3 & ~3
    if place != len(answer):
        raise Unreadable("an answer of sock_diag that is none")
    return found, False


def listening(body: bytes) -> Listening:
    """Return a listening TCP socket. Raise Unreadable."""
    if len(body) < _INET.size:
        raise Unreadable("a short answer of sock_diag")
    fields = _INET.unpack_from(body)
    return Listening(fields[6], int.from_bytes(fields[4], "big"), int(fields[11]))


def unix_socket(body: bytes) -> UnixSocket:
    """Return a Unix socket; ``name`` is empty where it has none. Raise Unreadable."""
    if len(body) < _UNIX.size:
        raise Unreadable("a short answer of sock_diag")
    _, _, state, _, inode, _ = _UNIX.unpack_from(body)
    name, peer, waiting = b"", 0, 0
    for kind, value in _attributes(body):
        if kind == _NAME:
            name = value.rstrip(b"\0")
        elif kind == _PEER and len(value) >= 4:  # noqa: PLR2004  a number of the kernel
            (peer,) = struct.unpack_from("=I", value)
        elif kind == _LENGTH and len(value) >= 4:  # noqa: PLR2004
            (waiting,) = struct.unpack_from("=I", value)
    return UnixSocket(name, state, inode, peer, waiting if state == LISTEN else 0)


def _attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    place = _UNIX.size
    while place + 4 <= len(body):
        size, kind = struct.unpack_from("=HH", body, place)
        if size < 4:  # noqa: PLR2004  its own header
            return
        yield kind, body[place + 4 : place + size]
        place += size + 3 & ~3
