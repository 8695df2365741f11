"""A walk of several columns at once: what to ask next, and what was answered (RFC 3416 4.2.3). Pure: no IO.

snmpd makes of a GetBulk one AgentX request for each repetition, so keepalived answers a row of all tables at a time.
"""

from collections.abc import Sequence

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Missing, SnmpRequest, Value, VarBind
from haproxy_agentx.vocabulary.source import Invalid, OverLimit

MAX_ANSWER = 48
"""Varbinds in an answer: decoding one takes 70 us, during which nothing else has a turn; snmpd gives at most 100."""

MAX_CELLS = 20_000
"""Varbinds of a walk: 1,000 instances with three addresses each."""


class MibWalk:
    """Walks ``columns`` to their ends. ``scalars`` are given once each, as the successor of the name asked for.

    ``rows`` is how many rows are expected, so that one answer can hold all of them and what shows that they end.
    """

    def __init__(self, scalars: Sequence[Oid], columns: Sequence[Oid], rows: int) -> None:
        self.cells: dict[Oid, Value] = {}
        self.beyond: list[VarBind] = []
        """What was answered for the scalars that are not there: the next object that is, or endOfMibView."""
        self.longest = 0
        """Rows of the longest column."""
        self._scalars = tuple(scalars)
        self._places = {column: column for column in columns}
        """Column -> the last name in it; a column that has ended is no longer here."""
        self._counts = dict.fromkeys(columns, 0)
        self._rows = rows

    def next(self) -> SnmpRequest | None:
        """Return the next request; None when all columns have ended."""
        if not self._places and not self._scalars:
            return None
        most = max(1, MAX_ANSWER // max(1, len(self._places)))
        repetitions = min(most, max(1, self._rows + 1 - self.longest))
        return SnmpRequest((*self._scalars, *self._places.values()), repetitions, len(self._scalars))

    def take(self, varbinds: Sequence[VarBind]) -> None:
        """Process the answer to the request that ``next`` gave. It may be cut short. Raises Invalid.

        Repetitions that are left out altogether would never come to an end, so at least one must be there.
        """
        asked, scalars = list(self._places), len(self._scalars)
        if len(varbinds) < scalars + len(asked):
            raise Invalid("KEEPALIVED-MIB: the answer of snmpd has fewer objects than were asked for")
        for column, varbind in zip(self._scalars, varbinds[:scalars], strict=True):
            if varbind[0][: len(column)] == column and not isinstance(varbind[1], Missing):
                self._keep(varbind)
            else:
                self.beyond.append(varbind)
        self._scalars = ()
        for place, varbind in enumerate(varbinds[scalars:]):
            self._take(asked[place % len(asked)], varbind)

    def _take(self, column: Oid, varbind: VarBind) -> None:
        name, value = varbind
        last = self._places.get(column)
        if last is None:  # it ended earlier in this answer
            return
        if name[: len(column)] != column or isinstance(value, Missing):
            del self._places[column]
            return
        if name <= last:
            raise Invalid("KEEPALIVED-MIB: the names of the objects do not increase")
        self._places[column] = name
        self._counts[column] += 1
        self.longest = max(self.longest, self._counts[column])
        self._keep(varbind)

    def _keep(self, varbind: VarBind) -> None:
        if len(self.cells) >= MAX_CELLS:
            raise OverLimit(f"KEEPALIVED-MIB has over {MAX_CELLS} objects to read")
        self.cells[varbind[0]] = varbind[1]
