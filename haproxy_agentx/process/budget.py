"""What the rows of HAProxy may cost in memory. Pure.

The price of a row was measured (``python -m benchmarks.memory``): at the peak of a reading, when the rows before still
answer and all are laid out anew, a row of 400 octets costs 1,740, which is 4.3 times its text. ``ROW`` and ``TEXT``
make 2,080 of it. The daemon without rows has 32 MiB, 50 MiB with SNMPv3.
"""

from collections.abc import Mapping
from types import MappingProxyType

from haproxy_agentx.vocabulary.source import OverLimit

MIB = 1 << 20

ROW = 1200
"""Octets that a row costs besides its text."""

TEXT = 2.2
"""Times that its text is in memory: that of this reading and of the one before."""

BASE = 80 * MIB
"""Octets for all that is no row: the interpreter, SNMPv3, events, answers under way, and what allocation wastes."""

LEAST = 8 * MIB
"""Octets for rows where the memory is hardly enough for the daemon itself: 4,000 rows."""

MOST = 1024 * MIB
"""Octets for rows where there is plenty: more would be read for too long."""


def for_rows(limit: int) -> int:
    """Return the octets that all rows together may cost where the daemon may use ``limit`` octets."""
    return min(MOST, max(LEAST, limit - BASE))


def price(rows: int, octets: int) -> int:
    """Return what a reading of so many rows costs whose text has so many octets."""
    return rows * ROW + int(octets * TEXT)


class Budget:
    """Shares what rows may cost among the HAProxy processes: who comes first has it.

    ``limit`` is in octets what the daemon may use, ``origin`` says where that is set and how to raise it.
    """

    def __init__(self, limit: int, origin: str) -> None:
        self._limit = limit
        self._total = for_rows(limit)
        self._origin = origin
        self._kept: dict[str, int] = {}
        self._coming: dict[str, int] = {}

    @property
    def max_octets(self) -> int:
        """Octets in any one answer: of an answer that is a single row."""
        return int(self._total / TEXT)

    @property
    def held(self) -> Mapping[str, int]:
        """What each process has claimed, in octets."""
        names = self._kept.keys() | self._coming.keys()
        return MappingProxyType({name: self._claim(name) for name in names})

    def take(self, name: str, rows: int, octets: int) -> None:
        """Claim memory for a reading that has come so far. Raise OverLimit where there is no room for it."""
        wanted = price(rows, octets)
        others = sum(self._claim(other) for other in self.held if other != name)
        if wanted > self._total - others:
            beside = " beside those of the other HAProxy processes" if others else ""
            raise OverLimit(
                f"show stat: refused after {rows} rows ({octets} bytes): there is no memory for more{beside}, as"
                f" haproxy-agentx may use {self._limit // MIB} MiB, {self._total // MIB} of them for rows of some 2 kB:"
                f" {self._origin}, or read a statistics page that `stats scope` limits"
            )
        self._coming[name] = wanted

    def keep(self, name: str) -> None:
        """Record that the reading that has come is the one that is served."""
        self._kept[name] = self._coming.pop(name, 0)

    def drop(self, name: str) -> None:
        """Record that the reading that was coming is not there any more."""
        self._coming.pop(name, None)

    def forget(self, name: str) -> None:
        """Record that a process is not read any more."""
        self._kept.pop(name, None)
        self._coming.pop(name, None)

    def _claim(self, name: str) -> int:
        return max(self._kept.get(name, 0), self._coming.get(name, 0))
