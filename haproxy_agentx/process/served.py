"""The rows of one HAProxy as they are served: of a reading, until those of the next are ready."""

import asyncio
from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.view import ServedColumn, ServedTable
from haproxy_agentx.haproxy.stat import Reading, RowKind
from haproxy_agentx.objects.layout import Layout, arrange, proxy_scope, survey
from haproxy_agentx.objects.tables import StatColumns
from haproxy_agentx.store.indexes import Indexes
from haproxy_agentx.system.slices import Slices

FREED_ROWS = 1024
"""Rows of the reading before that are freed at once: a tenth of a millisecond."""

SPARE_NUMBERS = 1000
"""Numbers of rows that have gone which are held: rows come back."""

OWN_SCOPES = {proxy_scope("").partition("/")[0], *(kind.name.lower() for kind in (RowKind.SERVER, RowKind.LISTENER))}
"""What the scopes of a process's rows begin with."""


@dataclass(frozen=True, slots=True)
class ArrangedRows:
    """A reading, ready to be served."""

    reading: Reading
    layout: Layout
    columns: StatColumns


class ServedRows:
    """``number`` is the haxProcessIndex of the HAProxy ``process``; ``indexes`` has the row indexes of names.

    ``columns`` are served, each over one of ``tables``; both are empty while there are no rows.
    """

    def __init__(self, process: str, number: int, root: Oid, indexes: Indexes, slices: Slices) -> None:
        self.number = number
        self.columns: list[ServedColumn] = []
        self.tables: Mapping[Hashable, ServedTable] = {}
        self.reading: Reading | None = None
        """The last good one, also when its rows are withdrawn."""
        self._process = process
        self._root = root
        self._indexes = indexes
        self._slices = slices
        self._layout: Layout | None = None
        self._columns: StatColumns | None = None
        self._is_renumbered = False
        self._old: list[list[bytes]] = []

    async def arranged(self, reading: Reading) -> ArrangedRows:
        """Return the rows of a reading, numbered and sorted; those of the last one answer meanwhile."""
        layout = self._layout if reading.same_rows and not self._is_renumbered else None
        self._is_renumbered = False
        if layout is None:
            known = self._indexes.known
            await self._indexes.learn(await self._slices.run(survey(self._process, reading.signatures, known)))
            layout = await self._slices.run(arrange(self._process, reading.signatures, known))
            await self._forget_gone(reading)
        kinds = [kind for kind, rows in layout.rows.items() if rows.parts]
        columns = self._columns
        if columns is None or columns.fields != reading.fields or columns.kinds != kinds:
            columns = StatColumns(self._root, self.number, kinds, reading.fields)
            await asyncio.sleep(0)
        return ArrangedRows(reading, layout, columns)

    async def hold_back(self) -> None:
        """Hold the lines of the reading that is served in pieces: they are not all freed at once when it goes."""
        self._old = await self._slices.run(_in_pieces(self.reading.lines if self.reading else []))

    def serve(self, rows: ArrangedRows) -> None:
        """Serve these rows from now on."""
        self.reading, self._layout, self._columns = rows.reading, rows.layout, rows.columns
        self.columns = rows.columns.columns
        self.tables = rows.columns.tables(rows.layout, rows.reading)

    async def free(self) -> None:
        """Free what was held back."""
        while self._old:
            await self._slices.pause()
            self._old.pop()

    def withdraw(self) -> None:
        """Serve no rows: the last reading is too old."""
        self.columns = []
        self.tables = {}

    def renumber(self, number: int) -> None:
        """Adopt another number; at the next reading all rows are arranged anew, as theirs may be others as well."""
        self.number = number
        self._columns = None
        self._is_renumbered = True

    def count(self, kind: RowKind) -> int:
        """Return the number of rows that are served in a table."""
        return len(self._layout.rows[kind].parts) if self._layout and self.columns else 0

    def is_own_scope(self, scope: str) -> bool:
        """Whether rows of this HAProxy have their numbers in this scope."""
        kind, _, rest = scope.partition("/")
        return kind in OWN_SCOPES and rest.partition("/")[0] == self._process

    async def _forget_gone(self, reading: Reading) -> None:
        """Hold no numbers of rows that have gone, as soon as they are more than those that are there."""
        if self._indexes.held(self.is_own_scope) > 2 * len(reading.signatures) + SPARE_NUMBERS:
            present = await self._slices.run(survey(self._process, reading.signatures, {}))
            self._indexes.retain(self.is_own_scope, present)


def _in_pieces(lines: list[bytes]) -> Generator[None, None, list[list[bytes]]]:
    pieces = []
    for first in range(0, len(lines), FREED_ROWS):
        pieces.append(lines[first : first + FREED_ROWS])
        yield
    return pieces
