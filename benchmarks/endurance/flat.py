"""Whether what a daemon uses stays flat: samples of a long run go in, figures and what has grown come out. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

MEMORY = 2.0
"""Megabytes of growth that are none: the 500 events that the daemon has at hand take more than one."""

DESCRIPTORS = 2
"""Descriptors of growth that are none: a command, or a poll under way, has one or two while it is looked at."""

THREADS = 1
"""Threads of growth that are none: the store process has one while it writes."""

AHEAD = 4500
"""Kilobytes of a write-ahead log that are none: SQLite empties it when it has 1000 pages, and keeps its length."""

NAME = 160
"""Octets that the number of a name may take in the store, which keeps it permanently."""

EVENT = 2500
"""Octets that an event may take in the store, until its log is full."""

LOG = 5000
"""Events of a full log (store.ledger.MAX_LOG)."""

ENOUGH = 8
"""Samples below which nothing is judged."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a daemon and its store process use at a moment: megabytes and numbers.

    ``octets`` are those of the store's file, ``ahead`` those of its write-ahead log. ``names`` are the servers that
    HAProxy has had so far, ``events`` those that were numbered.
    """

    at: float
    daemon: float
    store: float
    descriptors: int
    threads: int
    octets: int
    ahead: int
    names: int
    events: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity in the second and in the last quarter of a run, and by how much it may have grown between."""

    name: str
    early: float
    late: float
    allowed: float

    @property
    def is_flat(self) -> bool:
        """Whether it has not grown by more."""
        return self.late <= self.early + self.allowed


_QUANTITIES: tuple[tuple[str, Callable[[Sample], float], float], ...] = (
    ("memory of the daemon, MB", lambda one: one.daemon, MEMORY),
    ("memory of the store process, MB", lambda one: one.store, MEMORY),
    ("descriptors of both", lambda one: one.descriptors, DESCRIPTORS),
    ("threads of both", lambda one: one.threads, THREADS),
    ("write-ahead log of the store, KB", lambda one: one.ahead / 1000, AHEAD),
)


def figures(samples: Sequence[Sample]) -> Iterator[Figure]:
    """Yield the medians of the second and the last quarter; nothing where there are fewer than ENOUGH samples."""
    if len(samples) < ENOUGH:
        return
    quarter = len(samples) // 4
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    for name, of, allowed in _QUANTITIES:
        yield Figure(name, median(map(of, early)), median(map(of, late)), allowed)
    names = median(one.names for one in late) - median(one.names for one in early)
    events = median(min(one.events, LOG) for one in late) - median(min(one.events, LOG) for one in early)
    size = [median(one.octets for one in part) for part in (early, late)]
    yield Figure("file of the store, KB", size[0] / 1000, size[1] / 1000, (names * NAME + events * EVENT) / 1000)
