"""The log of the trap sink, read. Pure: text in, records out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from integration.netlab.plan import ADDRESSES

TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
VRRP_STATE_CHANGE = "1.3.6.1.4.1.9586.100.5.2.10.0.2"
VRRP_NAME = "1.3.6.1.4.1.9586.100.5.2.3.1.2"
VRRP_STATE = "1.3.6.1.4.1.9586.100.5.2.3.1.4"

SOURCE = re.compile(r"\[([0-9.]+)\]")
NAMES = {address: host for host, address in ADDRESSES.items()}


@dataclass(frozen=True, slots=True)
class Trap:
    """A notification as it came to the sink.

    time is the sink's, in whole seconds; source a host of the lab (or an address); oid and the names of the varbinds
    are without a leading dot; the values are net-snmp's text without the type and without the quotes of a string.
    """

    time: str
    source: str
    oid: str
    varbinds: dict[str, str]

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Read a line of the log; None where it is no notification (a message of snmptrapd itself)."""
        time, *rest = line.rstrip("\n").split("\t")
        found = SOURCE.search(rest[0]) if rest else None
        if not found:
            return None
        varbinds = dict(map(varbind, filter(None, rest[1:])))
        return cls(time, NAMES.get(found[1], found[1]), varbinds.get(TRAP_OID, "").lstrip("."), varbinds)

    @property
    def vrrp(self) -> tuple[str, int] | None:
        """Instance and state of a vrrpInstanceStateChange of keepalived, else None."""
        if self.oid != VRRP_STATE_CHANGE:
            return None
        # bare column OIDs: keepalived gives no index
        return self.varbinds[VRRP_NAME], int(self.varbinds[VRRP_STATE])


def varbind(text: str) -> tuple[str, str]:
    """Split `.1.3.6 = TYPE: value`."""
    name, _, value = text.partition(" = ")
    kind, colon, rest = value.partition(": ")
    return name.lstrip("."), (rest if colon and '"' not in kind else value).strip('"')


def parse(text: str) -> Iterator[Trap]:
    """Read the log; an unfinished last line is left out."""
    for line in text.splitlines(keepends=True):
        if line.endswith("\n") and (trap := Trap.parse(line)):
            yield trap
