"""Routes in the messages of rtnetlink(7): whether one leads out of this machine, or to an address. Pure."""

import struct
from collections.abc import Iterator
from enum import Enum, auto
from ipaddress import ip_address
from typing import Final, NamedTuple

from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.netlink import NLMSG_DONE, NLMSG_ERROR, attributes, dump_request, messages, single_request

RTM_NEWROUTE: Final = 24
RTM_GETROUTE: Final = 26
AF_INET: Final = 2
AF_INET6: Final = 10
FAMILIES: Final = (AF_INET, AF_INET6)

_ROUTE: Final = struct.Struct("=8BI")
"""struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type, flags."""

_NEXT_HOP: Final = struct.Struct("=HBBi")
"""struct rtnexthop: length, flags, hops, interface."""

_ATTRIBUTE: Final = struct.Struct("=HH")
_NUMBER: Final = struct.Struct("=I")
_RTN_UNICAST: Final = 1
_RTN_LOCAL: Final = 2
_RT_TABLE_LOCAL: Final = 255
_RTA_DST: Final = 1
_RTA_OIF: Final = 4
_RTA_MULTIPATH: Final = 9
_RTM_F_CLONED: Final = 0x200
_RTM_F_FIB_MATCH: Final = 0x2000
_RTNH_F_DEAD: Final = 0x1
_RTNH_F_LINKDOWN: Final = 0x10
_UNUSABLE: Final = _RTNH_F_DEAD | _RTNH_F_LINKDOWN
_LOOPBACK: Final = 1
"""Index of lo in each network namespace (LOOPBACK_IFINDEX of the kernel)."""


class Routes(Enum):
    """What a datagram of a dump shows."""

    LEADS_OUT = auto()
    NONE_YET = auto()
    END = auto()
    """The dump has ended, or was refused."""


def dump_routes(family: int, sequence: int) -> bytes:
    """Ask for all routes of a family, in all tables."""
    return dump_request(RTM_GETROUTE, sequence, _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0))


def lookup_route(address: str, sequence: int) -> bytes:
    """Ask which route is taken to an IP address. Raise ValueError for what is none.

    RTM_F_FIB_MATCH has the kernel show that route with its flags; what it caches of a route has none.
    """
    destination = ip_address(address)
    family = AF_INET if destination.version == 4 else AF_INET6  # noqa: PLR2004  the versions of IP
    head = _ROUTE.pack(family, destination.max_prefixlen, 0, 0, 0, 0, 0, 0, _RTM_F_FIB_MATCH)
    packed = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(destination.packed), _RTA_DST) + destination.packed
    return single_request(RTM_GETROUTE, sequence, head + packed)


def leads_there(datagram: bytes | memoryview) -> bool:
    """Whether the answer to ``lookup_route`` shows a route by which a packet can leave, or an address of this machine.

    Raise Invalid when it is torn, or no such answer. A kernel without RTM_F_FIB_MATCH shows what it caches, which says
    nothing of the carrier.
    """
    for kind, _, _, body in messages(memoryview(datagram)):
        if kind == NLMSG_ERROR:
            return False
        if kind == RTM_NEWROUTE:
            route = _route(body)
            return route.kind == _RTN_LOCAL or (route.kind == _RTN_UNICAST and _has_usable_hop(body, route))
    raise Invalid("netlink: the kernel does not answer a question for a route")


def look(datagram: bytes | memoryview) -> Routes:
    """Return whether a datagram holds a route by which a packet can leave. Raise Invalid when it is torn.

    Such a route is a unicast one in any table but the local one, over an interface other than the loopback that is up
    and has a carrier, to a destination beyond the link: link-local and multicast destinations are none. Whether the
    interface has an address does not matter, nor of which family the gateway is.
    """
    found = Routes.NONE_YET
    for kind, _, _, body in messages(memoryview(datagram)):
        if kind == RTM_NEWROUTE and _leads_out(body):
            return Routes.LEADS_OUT
        if kind in (NLMSG_DONE, NLMSG_ERROR):
            found = Routes.END
    return found


class _Route(NamedTuple):
    """What the head of a route says."""

    family: int
    table: int
    kind: int
    flags: int


def _route(body: memoryview) -> _Route:
    if len(body) < _ROUTE.size:
        raise Invalid(f"netlink: a route of {len(body)} bytes, too short")
    family, _, _, _, table, _, _, kind, flags = _ROUTE.unpack_from(body)
    return _Route(family, table, kind, flags)


def _leads_out(body: memoryview) -> bool:
    route = _route(body)
    if route.kind != _RTN_UNICAST or route.table == _RT_TABLE_LOCAL or route.flags & _RTM_F_CLONED:
        return False
    if route.family not in FAMILIES:
        return False
    found = attributes(body[_ROUTE.size :])
    if any(attribute == _RTA_DST and _stays_on_the_link(bytes(value)) for attribute, value in found):
        return False
    return _has_usable_hop(body, route)


def _has_usable_hop(body: memoryview, route: _Route) -> bool:
    hops = []
    for attribute, value in attributes(body[_ROUTE.size :]):
        if attribute == _RTA_OIF and len(value) == _NUMBER.size:
            hops.append((*_NUMBER.unpack(value), route.flags))
        elif attribute == _RTA_MULTIPATH:
            hops += _next_hops(value)
    return any(index != _LOOPBACK and not hop_flags & _UNUSABLE for index, hop_flags in hops)


def _stays_on_the_link(destination: bytes) -> bool:
    try:
        address = ip_address(destination)
    except ValueError:  # neither 4 octets nor 16
        return True
    return address.is_link_local or address.is_multicast or address.is_loopback


def _next_hops(data: memoryview) -> Iterator[tuple[int, int]]:
    """Yield interface and flags of each next hop of a multipath route."""
    at = 0
    while len(data) - at >= _NEXT_HOP.size:
        length, flags, _, index = _NEXT_HOP.unpack_from(data, at)
        if not _NEXT_HOP.size <= length <= len(data) - at:
            raise Invalid(f"netlink: a next hop claims {length} bytes, and {len(data) - at} are there")
        yield index, flags
        at += length + -length % 4
