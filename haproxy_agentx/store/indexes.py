"""Row indexes as the daemon uses them: known ones from memory, new ones from the store, which may be late.

A name whose number the store does not give in time has a provisional one (``numbering.PROVISIONAL`` and above), which
is never kept. When the store answers, the name gets the number that it has there, and ``on_renumbered`` is called: what
managers know of indexes is void then (``voided_at``).
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

from haproxy_agentx.objects.layout import Numbers, Wanted
from haproxy_agentx.store.messages import Assign, Release, Reply
from haproxy_agentx.store.numbering import PROVISIONAL, provisional
from haproxy_agentx.store.process import StoreProcess

WAIT = 0.5
"""Seconds that a name waits for its number: for that long its row is missing."""

PIECE = 512
"""Names that are asked for at once."""


class Indexes:
    """``known`` are the numbers of names, by scope; ``learn`` adds to them.

    ``voided_at`` is when provisional numbers were first given or last replaced, a date in seconds since 1970; 0 for
    never. ``on_renumbered`` is called with the scopes in which names have got another number.
    """

    def __init__(self, store: StoreProcess, date: Callable[[], float] = time.time) -> None:
        self.on_renumbered: Callable[[Collection[str]], None] = lambda _: None
        self.voided_at = 0.0
        self._store = store
        self._date = date
        self._numbers: dict[str, dict[str, int]] = {}
        self._asked: asyncio.Future[Reply] | None = None
        self._unasked: Wanted = {}
        """Names with provisional numbers for which the store is asked when it answers again."""

    @property
    def known(self) -> Numbers:
        """The numbers so far."""
        return self._numbers

    async def learn(self, wanted: Wanted) -> None:
        """Have names numbered that are not known: by the store, or provisionally after WAIT."""
        known = self._numbers
        new = {
            scope: {name: first for name, first in names.items() if name not in known.get(scope, ())}
            for scope, names in wanted.items()
        }
        for piece in _pieces(new):
            await self._learn(piece)

    def retain(self, scopes: Callable[[str], bool], present: Wanted) -> None:
        """Forget the numbers of names in such scopes that are not among those present. The store keeps them."""
        gone: dict[str, list[str]] = {}
        for scope in [scope for scope in self._numbers if scopes(scope)]:
            names = present.get(scope, {})
            gone[scope] = [name for name in self._numbers[scope] if name not in names]
            for name in gone[scope]:
                del self._numbers[scope][name]
                self._unasked.get(scope, {}).pop(name, None)
            if not self._numbers[scope]:
                del self._numbers[scope]
        if any(gone.values()):
            self._store.call(Release(gone))

    def held(self, scopes: Callable[[str], bool]) -> int:
        """Return how many numbers are known in such scopes."""
        return sum(len(numbers) for scope, numbers in self._numbers.items() if scopes(scope))

    async def _learn(self, piece: Wanted) -> None:
        if self._asked is None:
            asked = self._ask(piece)
            if not self._store.hangs:
                await asyncio.wait([asked], timeout=WAIT)
        else:
            _merge(self._unasked, piece)  # another one is being answered: this is next
            clock = asyncio.get_running_loop().time
            ends = clock() + WAIT
            while self._asked is not None and not self._store.hangs and (left := ends - clock()) > 0:
                await asyncio.wait([self._asked], timeout=left)
        for scope, names in piece.items():
            known = self._numbers.setdefault(scope, {})
            given = provisional(known, list(names.items()))
            if given:
                known.update(given)
                self.voided_at = self.voided_at or self._date()
                _merge(self._unasked, {scope: {name: names[name] for name in given}})

    def _ask(self, piece: Wanted) -> asyncio.Future[Reply]:
        self._asked = self._store.call(Assign(piece))
        self._asked.add_done_callback(self._take)
        return self._asked

    def _take(self, reply: asyncio.Future[Reply]) -> None:
        self._asked = None
        if reply.exception() is not None:
            return
        result = reply.result().result
        renumbered = self._put(result) if isinstance(result, Mapping) else set()
        piece = next(_pieces(self._unasked), None)
        if piece is not None:
            for scope, names in piece.items():
                for name in names:
                    del self._unasked[scope][name]
            self._unasked = {scope: names for scope, names in self._unasked.items() if names}
            self._ask(piece)
        if renumbered:
            self.voided_at = self._date()
            self.on_renumbered(renumbered)

    def _put(self, numbers: Mapping[str, Mapping[str, int]]) -> set[str]:
        """Adopt numbers from the store; return the scopes in which they replace others."""
        renumbered = set()
        for scope, given in numbers.items():
            known = self._numbers.setdefault(scope, {})
            for name, number in given.items():
                if known.get(name, 0) >= PROVISIONAL:
                    renumbered.add(scope)
                known[name] = number
                self._unasked.get(scope, {}).pop(name, None)
        return renumbered


def _pieces(wanted: Wanted) -> Iterator[Wanted]:
    names = ((scope, name, first) for scope, names in wanted.items() for name, first in names.items())
    while part := list(islice(names, PIECE)):
        piece: Wanted = {}
        for scope, name, first in part:
            piece.setdefault(scope, {})[name] = first
        yield piece


def _merge(into: Wanted, more: Wanted) -> None:
    for scope, names in more.items():
        into.setdefault(scope, {}).update(names)
