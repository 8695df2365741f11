"""The lines that keepalived writes to its notify FIFO (keepalived.conf(5), vrrp_notify_fifo). Pure.

    INSTANCE "SITE1" MASTER 150
    GROUP "SITES" BACKUP 0

A name is taken as it is, blanks in it included. keepalived does not escape a quote in it: such a line cannot be
distinguished from two that were torn, and is none.
"""

import re
from collections.abc import Mapping
from typing import Final

from haproxy_agentx.vrrp.model import FifoEvent, FifoLine, VrrpState

MAX_LINE: Final = 64 * 1024
"""Bytes of a line at most: the capacity of a pipe. Names of keepalived are far shorter."""

STATES: Final[Mapping[bytes, VrrpState]] = {
    b"MASTER": VrrpState.master,
    b"BACKUP": VrrpState.backup,
    b"FAULT": VrrpState.fault,
    b"STOP": VrrpState.shutdown,
    b"DELETED": VrrpState.deleted,
    b"{UNKNOWN}": VrrpState.unknown,
}
EVENTS: Final[Mapping[bytes, FifoEvent]] = {event.value.encode(): event for event in FifoEvent}

MAX_PRIORITY: Final = 255
"""Of VRRP (RFC 5798 5.2.4)."""

_LINE = re.compile(rb'(INSTANCE|GROUP) "([^"]+)" ([A-Z_{}]+) ([0-9]{1,3})')
_ABOUT_OTHERS = (b"VS ", b"RS ")


class LineSplitter:
    """Cuts what comes into lines. One over ``limit`` bytes is left out, to its end, and counted in ``too_long``."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.too_long = 0
        self._limit = limit
        self._begun = bytearray()
        self._skipping = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Record what has come, and give the lines that are whole now, without their ends."""
        *ends, rest = piece.split(b"\n")
        lines = []
        for end in ends:
            self._add(end)
            if not self._skipping:
                lines.append(bytes(self._begun))
            self.reset()
        self._add(rest)
        return lines

    def reset(self) -> bool:
        """Forget the beginning of a line, as when its writer is gone. True when there was one."""
        begun = bool(self._begun) or self._skipping
        self._begun.clear()
        self._skipping = False
        return begun

    def _add(self, piece: bytes) -> None:
        if self._skipping:
            return
        if len(self._begun) + len(piece) > self._limit:
            self.too_long += 1
            self._begun.clear()
            self._skipping = True
            return
        self._begun += piece


def parse(line: bytes) -> FifoLine | None:
    """Read a line without its end; None for one that is not of VRRP, or not as keepalived writes it."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    what, name, word, priority = found.groups()
    state, event = STATES.get(word), EVENTS.get(word)
    if (state is None and event is None) or int(priority) > MAX_PRIORITY:
        return None
    return FifoLine(name.decode(errors="backslashreplace"), state, event, int(priority), what == b"GROUP")


def is_about_others(line: bytes) -> bool:
    """Whether it is of virtual and real servers, which ``notify_fifo`` mixes with those of VRRP."""
    return line.startswith(_ABOUT_OTHERS)
