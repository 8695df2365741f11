"""Which number a name gets: the rule of the row indexes. Pure.

Invariants, for all that is ever given out in one scope: a name keeps its number, no two names have the same, and all
are 1..LAST. What is known is never taken away, so the number of a name that has gone stays its own.
"""

from collections.abc import Iterator, Mapping, Sequence

FIRST_FREE = 1_000_000
"""Up to here a first choice is honoured, above it are the numbers of those who did not get theirs.

HAProxy's own ids stay far below, unless they are set by hand.
"""

LAST = 0x7FFFFFFF
"""The largest index: it is an Unsigned32 that every manager can hold as a signed one."""


def choose(known: Mapping[str, int], wanted: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Give the numbers of those names in ``wanted`` that are not in ``known``, both of one scope.

    ``wanted`` are names and first choices. A choice in 1..FIRST_FREE is honoured where it is free, of two that want
    the same the first in order gets it, and of a name that stands twice the first place counts. All others get the
    least number above FIRST_FREE and above all that is known.
    """
    taken: set[int] = set()
    above: Iterator[int] = iter(())
    given: dict[str, int] = {}
    for name, first in wanted:
        if name in known or name in given:
            continue
        if not given:
            taken.update(known.values())
            above = _above(taken)
        number = first if 0 < first <= FIRST_FREE and first not in taken else next(above)
        taken.add(number)
        given[name] = number
    return given


def _above(taken: set[int]) -> Iterator[int]:
    """Give free numbers above FIRST_FREE: beyond all others and, should those be used up, the gaps between."""
    yield from range(max(FIRST_FREE, max(taken, default=0)) + 1, LAST + 1)
    yield from (number for number in range(FIRST_FREE + 1, LAST + 1) if number not in taken)
