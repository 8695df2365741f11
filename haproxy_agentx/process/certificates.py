"""The certificates of one HAProxy: their rows, and which frontends show one that ends soon."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.agentx.view import ServedColumn
from haproxy_agentx.haproxy.certificates import Certificate
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.certificate_objects import CertificateRow
from haproxy_agentx.objects.tables import MakeRow, row_columns
from haproxy_agentx.store.indexes import Indexes

SPARE_NUMBERS = 1000
"""Numbers of certificates that have gone which are held: they come back."""


class Certificates:
    """``warning`` in days before the end of a certificate from which it counts as expiring.

    ``date`` gives seconds since 1970; ``indexes`` has the row indexes of names.
    """

    def __init__(self, process: str, root: Oid, indexes: Indexes, warning: float, date: Callable[[], float]) -> None:
        self.columns: list[ServedColumn] = []
        self.expiring: Mapping[bytes, str] = {}
        """By frontend, a description of that of its certificates which ends first."""
        self._scope = f"certificate/{process}"
        self._root = root
        self._indexes = indexes
        self._warning = warning
        self._date = date
        self._found: Sequence[Certificate] = ()

    def is_own_scope(self, scope: str) -> bool:
        """Whether its rows have their numbers in this scope."""
        return scope == self._scope

    async def take(self, found: Sequence[Certificate], number: int) -> bool:
        """Record the certificates, of the process with this number; return whether ``expiring`` is another one."""
        if found != self._found:
            await self._indexes.learn({self._scope: {one.key: 0 for one in found}})
            self._found = found
            self._forget_gone(found)
            self.show(number)
        expiring = _expiring(found, self._warning, self._date())
        is_new = expiring != self.expiring
        self.expiring = expiring
        return is_new

    def show(self, number: int) -> None:
        """Make the columns, of the process with this number."""
        numbers = self._indexes.known.get(self._scope, {})
        rows: dict[Oid, MakeRow[CertificateRow]] = {
            (numbers[one.key],): partial(_row, one, self._date) for one in self._found if one.key in numbers
        }
        self.columns = row_columns(self._root, schema.CERTIFICATE_TABLE, rows, below=(number,))

    def _forget_gone(self, found: Collection[Certificate]) -> None:
        """Hold no numbers of certificates that have gone, as soon as they are more than those that are there."""
        if self._indexes.held(self.is_own_scope) > 2 * len(found) + SPARE_NUMBERS:
            self._indexes.retain(self.is_own_scope, {self._scope: {one.key: 0 for one in found}})


def _expiring(found: Sequence[Certificate], warning: float, now: float) -> dict[bytes, str]:
    """Return a description for each frontend; ``found`` begins with those that end first."""
    words: dict[bytes, str] = {}
    for one in found:
        if not one.ends_within(warning, now):
            break
        days = one.days_left(now) or 0
        when = "has expired" if days < 0 else f"expires in {days} days"
        words.setdefault(
            one.frontend.encode(errors="replace"),
            f"certificate {one.name} ({one.file}) of frontend {one.frontend} {when}",
        )
    return words


def _row(one: Certificate, date: Callable[[], float]) -> CertificateRow:
    return CertificateRow(one, date())
