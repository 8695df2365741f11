"""Whether this machine has a route that leads out of it, asked of the kernel: rtnetlink(7), without any privilege."""

import logging
import socket
from typing import Final

from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.netlink_routes import FAMILIES, Routes, dump_routes, look

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


def _leads_out(family: int) -> bool:
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE) as asking:
        asking.bind((0, 0))
        asking.send(dump_routes(family, 1))
        for _ in range(MAX_DATAGRAMS):
            found = look(asking.recv(DATAGRAM))
            if found is not Routes.NONE_YET:
                return found is Routes.LEADS_OUT
    return True
