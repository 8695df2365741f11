"""What the kernel is asked when it is needed, without any privilege: routes, sockets of VRRP, and stray packets.

Routes come from rtnetlink(7). keepalived has a raw socket for VRRP while it runs, however it is set up: /proc/net/raw
and raw6 list the raw sockets of the network namespace; the port of a local address is the protocol there. VRRP is
protocol 112 (RFC 9568 5.1.1.4).
"""

import logging
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.netlink_routes import FAMILIES, Routes, dump_routes, leads_there, look, lookup_route
from haproxy_agentx.vrrp.strays import StrayCounts, stray_counts

log = logging.getLogger(__name__)

DATAGRAM: Final = 16 * 1024
"""Bytes of a datagram; the kernel makes the parts of a dump no larger than what it is asked for."""

MAX_DATAGRAMS: Final = 64
"""Datagrams of a dump that are looked at: some 8,000 routes. The first one decides on any machine that has a way."""


def leads_out() -> bool:
    """Return whether there is a route by which a packet can leave now (``netlink_routes.look``).

    The kernel answers at once. True as well when it cannot be asked, or has so many routes and none of the first that
    leads out: nothing should wait for what is not known.
    """
    try:
        return any(_leads_out(family) for family in FAMILIES)
    except (OSError, Invalid) as error:
        log.debug("the kernel cannot be asked for routes: %s", error)
        return True


def reaches(addresses: Iterable[str]) -> bool:
    """Return whether a packet to one of the addresses can leave now; True as well when the kernel cannot be asked."""
    try:
        return any(_reaches(address) for address in addresses)
    except (OSError, Invalid) as error:
        log.debug("the kernel cannot be asked for routes: %s", error)
        return True


def _asking() -> socket.socket:
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    asking = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    asking.bind((0, 0))
    return asking


def _reaches(address: str) -> bool:
    with _asking() as asking:
        asking.send(lookup_route(address, 1))
        return leads_there(asking.recv(DATAGRAM))


def _leads_out(family: int) -> bool:
    with _asking() as asking:
        asking.send(dump_routes(family, 1))
        for _ in range(MAX_DATAGRAMS):
            found = look(asking.recv(DATAGRAM))
            if found is not Routes.NONE_YET:
                return found is Routes.LEADS_OUT
    return True


FILES: Final = (Path("/proc/net/raw"), Path("/proc/net/raw6"))
MAX_OCTETS: Final = 64 * 1024
"""Octets of a file that are looked at: some 450 sockets."""

_PROTOCOL: Final = ":0070"


def is_vrrp_spoken() -> bool:
    """Whether there is one; False also where the files cannot be read, which proves nothing."""
    return any(lists_vrrp(_read(file)) for file in FILES)


def lists_vrrp(text: str) -> bool:
    """Whether such a file lists a socket of VRRP."""
    fields = (line.split() for line in text.splitlines()[1:])
    return any(len(each) > 1 and each[1].endswith(_PROTOCOL) for each in fields)


COUNTERS: Final = (Path("/proc/self/net/snmp"), Path("/proc/self/net/snmp6"))


def strays() -> StrayCounts | None:
    """Return how many packets came for addresses that this machine does not have; None where that is not known."""
    return stray_counts(*(_read(file) for file in COUNTERS))


def _read(file: Path) -> str:
    try:
        with file.open(encoding="ascii", errors="replace") as lines:
            return lines.read(MAX_OCTETS)
    except OSError:
        return ""
