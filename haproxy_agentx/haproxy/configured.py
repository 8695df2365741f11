"""A digest of what HAProxy is configured with, as far as ``show stat`` shows it (management guide 9.1). Pure.

Left out is what the run changes: status, counters, effective weights, the limits that HAProxy derives from those of
the machine, and its ids, which shift with any edit. A weight or an address that was set at run time is shown like one
of haproxy.cfg and counts as such, but the weight of a server that has an agent: the agent sets it.

HAProxy hides the settings of the checks of a server in maintenance. They count as they were before; where they were
never seen, as none.
"""

from array import array
from collections.abc import Generator, Iterable, Mapping
from math import ceil

from haproxy_agentx.haproxy.records import split_row
from haproxy_agentx.haproxy.stat import IDENTITY, SEPARATOR, Reading, RowKind
from haproxy_agentx.vocabulary.digest import fingerprint, shown

SETTINGS: Mapping[RowKind, tuple[str, ...]] = {
    RowKind.FRONTEND: ("mode", "rate_lim"),
    RowKind.BACKEND: ("mode", "cookie", "algo"),
    RowKind.SERVER: ("mode", "act", "bck", "slim", "qlimit", "tracked", "agent_rise", "agent_fall", "addr", "cookie"),
    RowKind.LISTENER: ("mode", "addr"),
}
"""The fields that count besides names and kind. ``addr``, ``cookie`` and ``algo`` are empty at level user."""

WEIGHT = "uweight"
"""The field that counts besides for a server without an agent."""

CHECK = ("check_rise", "check_fall")
"""The fields of a server that are hidden in maintenance."""

BATCH = 2048
"""Rows that are looked at in one reading, at most: 20 ms."""

ROUNDS = 300
"""Readings in which all rows are looked at again: addresses and limits can be set at run time."""

PAUSE = 64
"""Rows between two pauses: half a millisecond."""

_MAINTENANCE = b"MAINT"
_KINDS = {b"%d" % kind: kind for kind in RowKind}
_UNSEEN = 0
"""The fingerprint of the checks of a row that has none, or whose checks were never seen."""


class ConfigurationDigest:
    """The digest of one HAProxy process, kept up reading by reading."""

    def __init__(self) -> None:
        self._fields: dict[str, int] = {}
        self._settings = array("Q")
        self._checks = array("Q")
        self._hidden: dict[bytes, int] = {}
        """The checks of servers in maintenance, as they were before, by the server's names."""
        self._at = 0
        """The row that is looked at next, also where none has changed."""
        self._is_whole = False
        """Whether all rows were looked at."""
        self._hurries = True
        """Whether the rows up to the end are looked at as fast as is possible."""
        self._total = 0

    @property
    def text(self) -> str | None:
        """The digest, 16 hexadecimal digits; None until all rows were looked at."""
        return shown(self._total, len(self._settings)) if self._is_whole else None

    def take(self, reading: Reading, *, same_process: bool) -> Generator[None, None, None]:
        """Process a reading, the next one after that before. Pauses.

        Rows that have changed are looked at at once, up to ``BATCH``, and the others by and by.
        """
        size = len(reading.lines)
        changed: Iterable[int] = reading.changed
        if not same_process:
            self._hidden.clear()
        if not (same_process and reading.same_rows and reading.fields == self._fields and size == len(self._settings)):
            self._fields = reading.fields
            self._settings, self._checks = array("Q", bytes(8 * size)), array("Q", bytes(8 * size))
            self._at, self._total, self._is_whole, self._hurries = 0, 0, False, True
            changed = ()
        elif len(reading.changed) > BATCH:
            self._at, self._hurries = 0, True
            changed = ()
        end = min(size, self._at + (BATCH if self._hurries else ceil(size / ROUNDS)))
        rows = [*changed, *range(self._at, end)]
        for number, place in enumerate(rows, 1):
            self._look(reading, place)
            if not number % PAUSE:
                yield
        self._at = end
        if end == size:
            self._at, self._is_whole, self._hurries = 0, True, False

    def _look(self, reading: Reading, place: int) -> None:
        """Record what a row shows."""
        proxy, name, number, *_ = reading.signatures[place].split(SEPARATOR, len(IDENTITY))
        kind = _KINDS.get(number)
        if kind is None:
            return
        row, fields = split_row(reading.lines[place]), self._fields
        cells = [row[fields[field]] if field in fields else b"" for field in SETTINGS[kind]]
        checks = _UNSEEN
        if kind is RowKind.SERVER:
            if not _cell(row, fields, "agent_status"):
                cells.append(_cell(row, fields, WEIGHT))
            checks = self._checks_of(row, proxy + SEPARATOR + name, place)
        settings = fingerprint((proxy, name, number, *cells))
        self._total += settings - self._settings[place] + checks - self._checks[place]
        self._settings[place], self._checks[place] = settings, checks

    def _checks_of(self, row: list[bytes], key: bytes, place: int) -> int:
        if row[self._fields["status"]].startswith(_MAINTENANCE):
            if key not in self._hidden:
                self._hidden[key] = self._checks[place]
            return self._hidden[key]
        self._hidden.pop(key, None)
        cells = [_cell(row, self._fields, field) for field in CHECK]
        return fingerprint((key, *cells)) if any(cells) else _UNSEEN


def _cell(row: list[bytes], fields: Mapping[str, int], name: str) -> bytes:
    return row[fields[name]] if name in fields else b""
