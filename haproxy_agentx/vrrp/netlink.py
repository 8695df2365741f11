"""Addresses and links in the messages of rtnetlink(7). Pure.

A request asks for a dump of all links or all addresses; the kernel answers with messages of the same kinds as it sends
to the groups RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR and RTNLGRP_IPV6_IFADDR at each change. A datagram holds several
messages (netlink(7)), each with attributes (``struct rtattr``), all in the byte order of this machine.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from haproxy_agentx.vocabulary.source import Invalid

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
NLMSG_OVERRUN: Final = 4
RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22

RTMGRP_LINK: Final = 0x1
RTMGRP_IPV4_IFADDR: Final = 0x10
RTMGRP_IPV6_IFADDR: Final = 0x100
GROUPS: Final = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR
"""What a socket is bound to, to hear of changes of links and addresses."""

_NLM_F_REQUEST: Final = 0x1
_NLM_F_DUMP_INTR: Final = 0x10
_NLM_F_DUMP: Final = 0x300
_OF_A_DUMP: Final = frozenset({NLMSG_DONE, RTM_NEWLINK, RTM_NEWADDR})

_AF_UNSPEC: Final = 0
_AF_INET: Final = 2
_AF_INET6: Final = 10
_IPV4_LENGTH: Final = 4
_IPV6_LENGTH: Final = 16
_IFF_UP: Final = 0x1
_IFF_LOOPBACK: Final = 0x8
_IFF_RUNNING: Final = 0x40
_IFLA_IFNAME: Final = 3
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_FLAGS: Final = 8
_IFA_F_DADFAILED: Final = 0x08
_IFA_F_TENTATIVE: Final = 0x40

_HEADER: Final = struct.Struct("=IHHII")
_LINK: Final = struct.Struct("=BxHiII")
_ADDRESS: Final = struct.Struct("=BBBBI")
_ATTRIBUTE: Final = struct.Struct("=HH")
_NUMBER: Final = struct.Struct("=I")
_STATUS: Final = struct.Struct("=i")
_TYPE_MASK: Final = 0x3FFF  # above it: NLA_F_NESTED and NLA_F_NET_BYTEORDER


@dataclass(frozen=True, slots=True)
class LinkMessage:
    """An interface is there (``name`` is its name now, ``up`` is IFF_UP with IFF_RUNNING), or is ``gone``."""

    index: int
    name: str
    up: bool
    loopback: bool
    gone: bool = False


@dataclass(frozen=True, slots=True)
class AddressMessage:
    """An address of this machine is there and can be used, or is ``gone`` or in duplicate detection.

    ``ip`` is its canonical text; ``entry`` distinguishes it from the same address with another prefix or peer, which
    the kernel has as a second one.
    """

    index: int
    ip: str
    entry: bytes
    gone: bool = False


@dataclass(frozen=True, slots=True)
class DumpEnd:
    """The dump that was asked for with this sequence has ended. ``error`` is 0 or an errno."""

    sequence: int
    error: int = 0


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Ask for all again: messages were lost (NLMSG_OVERRUN), or a dump was changed under way (NLM_F_DUMP_INTR)."""


NetlinkMessage = LinkMessage | AddressMessage | DumpEnd | Incomplete


def dump_links(sequence: int) -> bytes:
    """Ask for all links."""
    return dump_request(RTM_GETLINK, sequence, _LINK.pack(_AF_UNSPEC, 0, 0, 0, 0))


def dump_addresses(sequence: int) -> bytes:
    """Ask for all addresses of both families."""
    return dump_request(RTM_GETADDR, sequence, _ADDRESS.pack(_AF_UNSPEC, 0, 0, 0, 0))


def parse(datagram: bytes | memoryview) -> list[NetlinkMessage]:
    """Return what a datagram of the kernel reports, in its order; what is of no interest is left out.

    Raises Invalid when it is torn: a length that does not fit.
    """
    found: list[NetlinkMessage] = []
    for kind, flags, sequence, body in messages(memoryview(datagram)):
        if (flags & _NLM_F_DUMP_INTR and kind in _OF_A_DUMP) or kind == NLMSG_OVERRUN:
            found.append(Incomplete())
        if kind in (NLMSG_DONE, NLMSG_ERROR):
            error = -_STATUS.unpack_from(body)[0] if len(body) >= _STATUS.size else 0
            found.append(DumpEnd(sequence, max(0, error)))
        elif (record := _record(kind, body)) is not None:
            found.append(record)
    return found


def _record(kind: int, body: memoryview) -> LinkMessage | AddressMessage | None:
    if kind in (RTM_NEWADDR, RTM_DELADDR):
        return _address(body, gone=kind == RTM_DELADDR)
    if kind in (RTM_NEWLINK, RTM_DELLINK):
        return _link(body, gone=kind == RTM_DELLINK)
    return None


def dump_request(kind: int, sequence: int, body: bytes) -> bytes:
    """Ask for a dump: the message of this type with the family in its body."""
    return _HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST | _NLM_F_DUMP, sequence, 0) + body


def single_request(kind: int, sequence: int, body: bytes) -> bytes:
    """Ask for one thing: the answer is one message, that of it or an error."""
    return _HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST, sequence, 0) + body


def messages(data: memoryview) -> Iterator[tuple[int, int, int, memoryview]]:
    """Yield type, flags, sequence and body of each message. Raises Invalid, as ``parse``."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise Invalid(f"netlink: {len(data) - at} bytes are left behind the last message of the kernel")
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= length <= len(data) - at:
            raise Invalid(f"netlink: a message of the kernel claims {length} bytes, and {len(data) - at} are there")
        yield kind, flags, sequence, data[at + _HEADER.size : at + length]
        at += length + -length % 4


def attributes(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield type and value of each attribute. Raises Invalid, as ``parse``."""
    at = 0
    while len(data) - at >= _ATTRIBUTE.size:  # fewer are padding
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= length <= len(data) - at:
            raise Invalid(f"netlink: an attribute claims {length} bytes, and {len(data) - at} are there")
        yield kind & _TYPE_MASK, data[at + _ATTRIBUTE.size : at + length]
        at += length + -length % 4


def _link(body: memoryview, *, gone: bool) -> LinkMessage | None:
    """Read ``struct ifinfomsg``. One of another family is ignored: a port that leaves its bridge is an RTM_DELLINK."""
    if len(body) < _LINK.size:
        raise Invalid(f"netlink: a link of {len(body)} bytes, too short")
    family, _, index, flags, _ = _LINK.unpack_from(body)
    if family != _AF_UNSPEC:
        return None
    name = ""
    for kind, value in attributes(body[_LINK.size :]):
        if kind == _IFLA_IFNAME:
            name = bytes(value).partition(b"\0")[0].decode(errors="backslashreplace")
    up = flags & _IFF_UP and flags & _IFF_RUNNING
    return LinkMessage(index, name, bool(up), bool(flags & _IFF_LOOPBACK), gone)


def _address(body: memoryview, *, gone: bool) -> AddressMessage | None:
    """Read ``struct ifaddrmsg``. Our own address is IFA_LOCAL, and IFA_ADDRESS the peer's; without it, that is ours."""
    if len(body) < _ADDRESS.size:
        raise Invalid(f"netlink: an address of {len(body)} bytes, too short")
    family, prefix, flags, _, index = _ADDRESS.unpack_from(body)
    local = peer = b""
    for kind, value in attributes(body[_ADDRESS.size :]):
        if kind == _IFA_LOCAL:
            local = bytes(value)
        elif kind == _IFA_ADDRESS:
            peer = bytes(value)
        elif kind == _IFA_FLAGS and len(value) == _NUMBER.size:
            (flags,) = _NUMBER.unpack(value)  # all 32 of them
    ours = local or peer
    if (family, len(ours)) == (_AF_INET, _IPV4_LENGTH):
        ip = str(IPv4Address(ours))
    elif (family, len(ours)) == (_AF_INET6, _IPV6_LENGTH):
        ip = str(IPv6Address(ours))
    else:
        return None
    unusable = flags & (_IFA_F_TENTATIVE | _IFA_F_DADFAILED)
    return AddressMessage(index, ip, bytes((prefix,)) + ours + peer, gone or bool(unusable))
