"""The log of a trap sink, read: of the labs' and of a test's own. Pure: text in, records out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from integration.netlab.plan import ALL_ADDRESSES
from integration.walks import Varbind

TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
VRRP_STATE_CHANGE = "1.3.6.1.4.1.9586.100.5.2.10.0.2"
VRRP_NAME = "1.3.6.1.4.1.9586.100.5.2.3.1.2"
VRRP_STATE = "1.3.6.1.4.1.9586.100.5.2.3.1.4"

SOURCE = re.compile(r"\[([0-9.]+)\]")
NAMES = {address: host for host, address in ALL_ADDRESSES.items()}

V1 = "TRAPV1"
V1_FORMAT = f"format1 {V1}\\t%N\\t%w\\t%q\\t%T\\t%v\\n"
"""Line of snmptrapd.conf for SNMPv1 traps; that for others is in integration/config/snmptrapd.conf."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A notification as it came to the sink.

    time is the sink's, in whole seconds; source a host of the lab (or an address); oid and the names of the varbinds
    are without a leading dot; the values are net-snmp's text without the type and without the quotes of a string.
    """

    time: str
    source: str
    oid: str
    bindings: tuple[Varbind, ...]

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Read a line of the log; None where it is no notification (a message of snmptrapd itself)."""
        time, *rest = line.rstrip("\n").split("\t")
        found = SOURCE.search(rest[0]) if rest else None
        if not found:
            return None
        bindings = tuple(Varbind.parse(part) for part in rest[1:] if part)
        oid = next((one.text for one in bindings if one.name == TRAP_OID), "")
        return cls(time, NAMES.get(found[1], found[1]), oid.lstrip("."), bindings)

    @property
    def varbinds(self) -> dict[str, str]:
        """Text by name."""
        return {name: text for name, _, text in self.bindings}

    @property
    def vrrp(self) -> tuple[str, int] | None:
        """Instance and state of a vrrpInstanceStateChange of keepalived, else None."""
        if self.oid != VRRP_STATE_CHANGE:
            return None
        # bare column OIDs: keepalived gives no index
        return self.varbinds[VRRP_NAME], int(self.varbinds[VRRP_STATE])


@dataclass(frozen=True, slots=True)
class TrapV1:
    """A Trap-PDU of SNMPv1 (RFC 1157 4.1.6) without its agent-addr; the time-stamp is in hundredths of a second."""

    enterprise: str
    generic: int
    specific: int
    up_time: int
    bindings: tuple[Varbind, ...]

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Read a line that ``V1_FORMAT`` printed; None for any other one."""
        head, *rest = line.rstrip("\n").split("\t")
        if head != V1:
            return None
        enterprise, generic, specific, up_time, *varbinds = rest
        numbers = int(generic), int(specific.removeprefix(".")), int(up_time)
        return cls(enterprise.removeprefix("."), *numbers, tuple(Varbind.parse(part) for part in varbinds if part))


def whole_lines(text: str) -> Iterator[str]:
    """Yield the lines of a log that is being written; an unfinished last one is left out."""
    return (line for line in text.splitlines(keepends=True) if line.endswith("\n"))


def parse(text: str) -> Iterator[Trap]:
    """Read the notifications of a log."""
    return filter(None, map(Trap.parse, whole_lines(text)))


def parse_v1(text: str) -> Iterator[TrapV1]:
    """Read the SNMPv1 traps of a log."""
    return filter(None, map(TrapV1.parse, whole_lines(text)))
