"""What the row of a server says for the question whether it can serve. Pure.

The texts are explained in haproxy/status.py. A reload or restart of HAProxy shows each server as UP until its first
check has ended (``check_status`` INI). That is no evidence, and what was known before stands. A server that tracks
another shows the other's state without a check of its own (``check_status`` is empty): it is as proven as the one that
it tracks.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

from haproxy_agentx.haproxy.stat import SEPARATOR
from haproxy_agentx.haproxy.status import CheckStatus, ServerStatus, check_status, server_status


class ServerStanding(IntEnum):
    """The standing of a server."""

    nothing = 0
    """Not a server, or not known before."""
    up = 1
    down = 2
    """DOWN for any reason, also its agent's."""
    nolb = 3
    """Answers 404 under ``disable-on-404``: gets no new sessions."""
    other = 4
    """An unknown status: never taken for healthy."""
    unchecked = 5
    """``no check``: no evidence."""
    drain = 6
    """DRAIN by an operator or its agent, or a weight of 0, which is the same to HAProxy."""
    maint = 7
    unresolved = 8
    """MAINT because its name does not resolve: not ordered, and the normal state of spare template servers."""
    unread = 9
    """Its row is missing, or a cell that decides cannot be understood: it may be anything."""


UNSURE = 0x80
"""Added to a ServerStanding that yields to what was known before."""

TRACKS = 0x40
"""Added besides to one that is UNSURE unless the server that it tracks is proven."""

CACHE = 4096
"""Conditions kept with their meaning: a HAProxy has few different ones."""

WORDS: Mapping[int, str] = {
    ServerStanding.nothing: "",
    ServerStanding.up: "UP",
    ServerStanding.down: "DOWN",
    ServerStanding.nolb: "NOLB",
    ServerStanding.other: "of unknown status",
    ServerStanding.unchecked: "no check",
    ServerStanding.drain: "DRAIN",
    ServerStanding.maint: "MAINT",
    ServerStanding.unresolved: "MAINT (resolution)",
    ServerStanding.unread: "not readable",
}

_STANDINGS: Mapping[ServerStatus, ServerStanding] = {
    ServerStatus.up: ServerStanding.up,
    ServerStatus.upGoingDown: ServerStanding.up,
    ServerStatus.down: ServerStanding.down,
    ServerStatus.downGoingUp: ServerStanding.down,
    ServerStatus.downAgent: ServerStanding.down,
    ServerStatus.nolb: ServerStanding.nolb,
    ServerStatus.nolbGoingDown: ServerStanding.nolb,
    ServerStatus.drain: ServerStanding.drain,
    ServerStatus.drainGoingDown: ServerStanding.drain,
    ServerStatus.drainAgent: ServerStanding.drain,
    ServerStatus.maint: ServerStanding.maint,
    ServerStatus.maintVia: ServerStanding.maint,
    ServerStatus.maintResolution: ServerStanding.unresolved,
    ServerStatus.noCheck: ServerStanding.unchecked,
    ServerStatus.other: ServerStanding.other,
}
_IN_MAINTENANCE = (ServerStanding.maint, ServerStanding.unresolved)
_NO_WEIGHT = b"0"


@lru_cache(maxsize=CACHE)
def shown(condition: bytes) -> int:
    """Return the ServerStanding of a condition (``stat.CONDITION``), with UNSURE and TRACKS where they apply."""
    status, weight, _active, _backup, checked = condition.split(SEPARATOR)
    if not status or not weight:
        return int(ServerStanding.unread)
    standing = _STANDINGS[server_status(status)]
    if weight == _NO_WEIGHT and standing not in _IN_MAINTENANCE:
        return int(ServerStanding.drain)
    if standing is ServerStanding.up and not checked:
        return standing | UNSURE | TRACKS
    if standing is ServerStanding.up and check_status(checked) is CheckStatus.ini:
        return standing | UNSURE
    return int(standing)


_NO_KNOWLEDGE = (ServerStanding.nothing, ServerStanding.unchecked, ServerStanding.other)


def settled(seen: int, known: int) -> int:
    """Return the ServerStanding for a server that shows ``seen``, of which ``known`` was known before."""
    if not seen & UNSURE:
        return seen
    return seen & ~(UNSURE | TRACKS) if known in _NO_KNOWLEDGE else known


def is_held(known: int) -> bool:
    """Whether a server of which this was known is held to it while it is UP without proof."""
    return known not in (*_NO_KNOWLEDGE, ServerStanding.up)
