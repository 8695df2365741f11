"""Which number the events of a start go on from, and when a number may leave that is not on disk. Pure.

| what a start finds | the numbers go on from |
|---|---|
| the witness (no crash of the machine since) | the last number that was known outside, or that is in the file |
| the witness, and the file cannot be read yet | the last number that was given |
| the same, but the file is marked as closed and cannot be marked as open | the edge, if that is later |
| no witness; the file is new, or was closed with its numbers RESERVE behind the clock | the last number in the file |
| no witness; any other file, or one that is read-only | the edge |
| no witness, and the file cannot be read yet | the edge |

The edge is the clock, the seconds since CLOCK_ORIGIN. A clock that is not set, or is behind the last event in the file
or by more than RESERVE behind the last number, is not believed: then the edge is RESERVE above all that is known.

**A number leaves when it is on disk, or when the edge has come to it.** So whatever has left is behind the edge, or in
the file. A start that finds nothing else begins there, and need not write anything for it to hold. Counting begins at
1, tens of millions behind the clock: nothing waits but what is appended after a start at the edge and cannot be
written, a second for each event. A file in which nothing was written above the number that a start went on from is not
marked as closed.

What this asks for: the wall clock does not go back from a crash to the next start; from a start at the edge to a start
that finds neither the witness nor a readable file, no more than one event a second reaches the disk; and where a file
was closed, then found read-only and the machine crashed, fewer than RESERVE events follow until a start at the edge.
"""

from typing import NamedTuple

from haproxy_agentx.store.ledger import RESERVE
from haproxy_agentx.store.messages import Loaded

CLOCK_ORIGIN = 1_735_689_600
"""2025-01-01 in UTC, in seconds since 1970. One event a second for 60 years fits in the numbers above it."""

_LATEST = 0x70000000


class Noted(NamedTuple):
    """What the witness knows: ``outside`` is the last number that was known outside, ``given`` the last that was given.

    ``marked`` (0 or 1): the file says that it was not closed, so that a start without a witness begins at the edge.
    """

    outside: int
    given: int
    marked: int


class Start(NamedTuple):
    """Events get the numbers above ``floor``; those up to ``edge`` may leave unwritten. It grows by one a second."""

    floor: int
    edge: int


def clock(date: float) -> int:
    """Return the seconds from CLOCK_ORIGIN to a date in seconds since 1970, in 0..0x70000000."""
    return min(max(0, int(date) - CLOCK_ORIGIN), _LATEST)


def first_number(found: Loaded | None, noted: Noted | None, date: float, *, writable: bool) -> Start:
    """Return where a start begins: the table in the module's text.

    ``found`` is None while the file cannot be read, ``noted`` None without a witness; ``writable`` says that the file
    is marked as open from now on.
    """
    last, at = (0, 0.0) if found is None else _last(found)
    if noted is not None:
        last = max(last, noted.given if found is None else noted.outside)
        sure = bool(noted.marked) or (found is not None and writable)
    else:
        closed_at = found.closed_at if found is not None and writable else None
        sure = closed_at is not None and last + RESERVE <= clock(closed_at)
    edge = clock(date)
    if date < max(at, CLOCK_ORIGIN) or edge + RESERVE < last:
        edge = max(clock(at), last) + RESERVE
    return Start(last if sure else max(last, edge), edge)


def _last(found: Loaded) -> tuple[int, float]:
    """Return the last number of a file, and the date of its last event, 0 where that is not known."""
    events = sorted(found.events, key=lambda event: event.sequence)
    return found.counts.last_sequence, events[-1].draft.at if events else 0.0
