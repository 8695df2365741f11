"""A walk over columns of an agent side by side, as requests and answers. Pure.

Which rows a table has is not known before, so all columns are asked for together, as many rows as fit one answer, and
one that has ended is left out of the next request. A hostile agent can neither make it longer than MOST requests nor
have it read one place twice.
"""

from collections.abc import Sequence

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Error, Message, Missing, SnmpRequest, Value, VarBind
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS
from haproxy_agentx.vocabulary.source import Invalid

MOST = 256
"""Requests of one walk: about 1,500 rows of 16 columns, of 256 services that a node has (monitor.plans)."""

_ERRORS = {
    Error.no_access: "it denies access: give the community or user a view of HAPROXY-AGENTX-MIB",
    Error.authorization: "it denies access: give the community or user a view of HAPROXY-AGENTX-MIB",
    Error.gen_err: "it answers with genErr: look at haproxy-agentx there, which hangs or is overloaded",
}


class ColumnWalk:
    """Asks for ``scalars``, without their instance 0, and for the rows of ``columns`` behind the index ``after``.

    ``cells`` is what has come.
    """

    def __init__(self, columns: Sequence[Oid], scalars: Sequence[Oid] = (), after: Oid = ()) -> None:
        self.cells: dict[Oid, Value] = {}
        self._scalars = tuple(scalars)
        self._last = {column: (*column, *after) for column in columns}
        """Column -> its last name that has come, of those that have not ended."""
        self._requests = 0

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing more to ask for."""
        return not self._last and not self._scalars

    def request(self) -> SnmpRequest:
        """Return what to ask for next. Raise Invalid after MOST requests."""
        self._requests += 1
        if self._requests > MOST:
            raise Invalid(f"it has more rows than are read in {MOST} requests")
        room = MAX_RESPONSE_VARBINDS - len(self._scalars)
        rows = max(1, room // max(1, len(self._last)))
        return SnmpRequest((*self._scalars, *self._last.values()), rows, len(self._scalars))

    def take(self, answer: Message) -> None:
        """Record the answer to the last request. Raise Invalid for an error-status, and for an answer without use."""
        if answer.error:
            known = (text for error, text in _ERRORS.items() if error == answer.error)
            raise Invalid(next(known, f"it answers with the error-status {answer.error}: look at haproxy-agentx there"))
        count = len(self._scalars)
        for scalar, (name, value) in zip(self._scalars, answer.varbinds, strict=False):
            if name == (*scalar, 0) and not isinstance(value, Missing):
                self.cells[name] = value
        self._scalars = ()
        columns = tuple(self._last)
        rows = answer.varbinds[count:]
        if len(rows) < len(columns):
            raise Invalid("it answers with less than was asked for: is this snmpd?")
        for place, varbind in enumerate(rows):
            self._record(columns[place % len(columns)], varbind)

    def _record(self, column: Oid, varbind: VarBind) -> None:
        name, value = varbind
        last = self._last.get(column)
        if last is None:
            return
        if name[: len(column)] != column or isinstance(value, Missing):
            del self._last[column]
            return
        if name <= last:
            raise Invalid("its names do not increase: is this snmpd?")
        self.cells[name] = value
        self._last[column] = name
