"""Which number a name gets: the rule of the row indexes. Pure.

Invariants, for all that is ever given out in one scope: a name keeps its number, no two names have the same, and all
are 1..LAST. What is known is never taken away, so the number of a name that has gone stays its own.

Numbers in PROVISIONAL..LAST are not part of this: they are given while the store does not answer, are never kept, and
give way to the number that the store has for the name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

FIRST_FREE = 1_000_000
"""Up to here a first choice is honoured, above it are the numbers of those who did not get theirs.

HAProxy's own ids stay far below, unless they are set by hand.
"""

PROVISIONAL = 2_000_000_000
"""From here on numbers are provisional."""

LAST = 0x7FFFFFFF
"""The largest index: it is an Unsigned32 that every manager can hold as a signed one."""


def choose(
    wanted: Sequence[tuple[str, int]], is_taken: Callable[[int], bool], largest: Callable[[], int]
) -> dict[str, int]:
    """Return numbers for the names in ``wanted``, none of which has one, all of one scope.

    ``wanted`` are names and first choices. A choice in 1..FIRST_FREE is honoured where it is free, of two that want
    the same the first in order gets it, and of a name that stands twice the first place counts. All others get the
    least number above FIRST_FREE and above ``largest``, which is that of the largest number in use below PROVISIONAL.
    """
    taken: set[int] = set()
    above: Iterator[int] | None = None
    given: dict[str, int] = {}
    for name, first in wanted:
        if name in given:
            continue
        number = first
        if not 0 < first <= FIRST_FREE or first in taken or is_taken(first):
            above = above or _above(largest(), is_taken)
            number = next(number for number in above if number not in taken)
        taken.add(number)
        given[name] = number
    return given


def provisional(known: Mapping[str, int], wanted: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return provisional numbers for those names in ``wanted`` that are not in ``known``, both of one scope.

    A first choice shows in the number: PROVISIONAL + 7 for 7, so that a restart meanwhile gives the same.
    """
    given: dict[str, int] = {}
    taken = {number for number in known.values() if number >= PROVISIONAL}
    further = PROVISIONAL + FIRST_FREE
    for name, first in wanted:
        if name in known or name in given:
            continue
        number = PROVISIONAL + first
        if not 0 < first <= FIRST_FREE or number in taken:
            further = next(number for number in range(further + 1, LAST + 1) if number not in taken)
            number = further
        taken.add(number)
        given[name] = number
    return given


def _above(largest: int, is_taken: Callable[[int], bool]) -> Iterator[int]:
    """Yield free numbers above FIRST_FREE: beyond all others and, should those be used up, the gaps between."""
    yield from range(max(FIRST_FREE, largest) + 1, PROVISIONAL)
    yield from (number for number in range(FIRST_FREE + 1, PROVISIONAL) if not is_taken(number))
