"""The answer to ``show ssl sni`` (HAProxy 3.2 and later, management guide 9.3): which certificates end when. Pure."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime

from haproxy_agentx.vocabulary.source import Invalid

LIMIT = 4 << 20
"""Octets in an answer: some 30,000 names."""

MAX_ROWS = 1000
"""Certificates of one HAProxy that are kept: those that end first."""

DAY = 86400.0
PAUSE = 128
"""Lines between two pauses: a few tenths of a millisecond."""

_HELD = 2 * MAX_ROWS
"""Certificates that are held while an answer is read: what a long one costs in memory is bounded."""

_Found = dict[tuple[bytes, bytes, bytes], float | None]
"""When certificates end, by frontend, name and file."""

_COLUMNS = (b"Frontend/Bind", b"SNI", b"Filename", b"NotAfter")
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as a frontend shows it to clients. ``not_after`` is in seconds since 1970; None: not known."""

    frontend: str
    name: str
    """The server name (SNI) that it is for, with ``*`` for any."""
    file: str
    not_after: float | None

    @property
    def key(self) -> str:
        """What its row is known by: no cell of the answer holds a TAB, but names and files may hold spaces."""
        return f"{self.frontend}\t{self.name}\t{self.file}"

    def days_left(self, now: float) -> int | None:
        """Return the whole days until it ends, negative once it has; ``now`` is in seconds since 1970."""
        return None if self.not_after is None else int((self.not_after - now) // DAY)

    def ends_within(self, days: float, now: float) -> bool:
        """Whether it has ended, or will within so many days."""
        return self.not_after is not None and self.not_after - now < days * DAY


def parse(answer: bytes) -> Generator[None, None, list[Certificate]]:
    """Return the certificates, those that end first at the beginning, ``MAX_ROWS`` at most. Pauses.

    The sockets of a frontend count together. Raise Invalid for an answer that is torn, or no such answer.
    """
    first = answer.split(b"\n", 1)[0]
    header = first.removeprefix(b"# ").split(b"\t")
    if not first.startswith(b"# ") or any(name not in header for name in _COLUMNS):
        raise Invalid(f"show ssl sni: no list of names, but {answer[:60].decode('ascii', 'replace')!r}")
    if not answer.endswith(b"\n\n"):
        raise Invalid(f"show ssl sni: the answer is torn after {len(answer)} bytes (no empty line at its end)")
    places = [header.index(name) for name in _COLUMNS]
    ends: dict[bytes, float | None] = {}
    found: _Found = {}
    for number, line in enumerate(_lines(answer, len(first) + 1), 1):
        cells = line.split(b"\t")
        if len(cells) < len(header):
            raise Invalid(f"show ssl sni: a line of {len(cells)} cells in place of {len(header)}: is this HAProxy?")
        bind, name, file, not_after = (cells[place] for place in places)
        if not_after not in ends:
            ends[not_after] = _seconds(not_after)
        key = bind.partition(b"/")[0], name, file
        found[key] = _first(ends[not_after], found[key]) if key in found else ends[not_after]
        if not number % PAUSE:
            yield
            if len(found) > _HELD:
                found = _earliest(found)
            if len(ends) > _HELD:
                ends.clear()
    return [
        Certificate(_text(frontend), _text(name), _text(file), not_after)
        for (frontend, name, file), not_after in _earliest(found).items()
    ]


def _lines(answer: bytes, begin: int) -> Generator[bytes, None, None]:
    """Yield the lines from ``begin`` to the empty one at the end of the answer."""
    last = len(answer) - 1
    while begin < last:
        end = answer.index(b"\n", begin)
        yield answer[begin:end]
        begin = end + 1


def _earliest(found: _Found) -> _Found:
    """Return those that end first, in that order. One that is left out now would be left out at the end, too."""
    rows = sorted(found.items(), key=lambda row: (row[1] is None, row[1], row[0]))
    return dict(rows[:MAX_ROWS])


def _first(one: float | None, other: float | None) -> float | None:
    known = [end for end in (one, other) if end is not None]
    return min(known, default=None)


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")


def _seconds(text: bytes) -> float | None:
    """Read a time such as ``Dec  3 05:05:09 2026 GMT``, as OpenSSL prints it; None for anything else."""
    try:
        month, day, clock, year, zone = text.split()
        hour, minute, second = map(int, clock.split(b":"))
        at = datetime(int(year), _MONTHS[month], int(day), hour, minute, second, tzinfo=UTC)
    except (ValueError, KeyError, OverflowError):
        return None
    return at.timestamp() if zone == b"GMT" else None
