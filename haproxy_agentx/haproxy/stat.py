"""The answer to ``show stat`` (HAProxy management guide 9.1 and 9.3), read in slices as it arrives.

Rows stay the text that HAProxy sent: what is taken from each row at once is only its *signature*, the few fields that
say which object it is and how it is. A reading whose signatures equal those of the reading before needs no new rows
and no new health; all else is cut out of the text when somebody asks for it.

An answer is good as a whole or refused as a whole; single rows that make no sense are left out and counted.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from operator import itemgetter

from haproxy_agentx.source import Invalid

MAX_ROWS = 200_000
"""Rows in an answer."""

MAX_LINE = 64 * 1024
"""Octets in a row. 119 fields and names of a kilobyte need a tenth of it."""

HEADER = b"# pxname,svname,"
SEPARATOR = b"\0"
"""Between the fields of a signature: no row holds it, as a row with control characters is a bad one."""

IDENTITY = ("pxname", "svname", "type", "iid", "sid")
"""The fields that say which object a row is. They come first in a signature."""

CONDITION = ("status", "weight", "act", "bck", "check_status")
"""The fields that say how it is, as far as anything is decided on them."""

_CONTROL = bytes(code for code in (*range(32), 127) if code not in b"\t\n")
"""Characters that no row holds."""


class Kind(IntEnum):
    """The field ``type``."""

    FRONTEND = 0
    BACKEND = 1
    SERVER = 2
    LISTENER = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One whole answer. ``lines`` and ``signatures`` are in step.

    ``fields`` maps the name of a field to its place in a row; ``same_rows`` says that the rows are the same objects,
    in the same order, as in the reading before; ``changed`` are the places of rows whose signature is another one.
    """

    fields: dict[str, int]
    lines: list[bytes] = field(repr=False)
    signatures: list[bytes] = field(repr=False)
    same_rows: bool
    changed: Sequence[int]
    bad_rows: int


def split_row(line: bytes) -> list[bytes]:
    """Cut a row into its fields; quoting is RFC 4180."""
    if b'"' not in line:
        return line.split(b",")
    (row,) = csv.reader([line.decode("latin-1")])
    return [cell.encode("latin-1") for cell in row]


class StatParser:
    """Takes an answer in slices and gives the Reading. ``previous`` is the reading before, to compare with.

    ``ends_empty`` says that the answer ends with an empty line, as on the socket; over HTTP it does not.
    """

    def __init__(self, previous: Reading | None = None, *, ends_empty: bool = True, max_rows: int = MAX_ROWS) -> None:
        self._known = previous.signatures if previous else []
        self._ends_empty = ends_empty
        self._max_rows = max_rows
        self._rest = b""
        self._header: _Header | None = None
        self._lines: list[bytes] = []
        self._signatures: list[bytes] = []
        self._same_rows = True
        self._changed: list[int] = []
        self._bad_rows = 0
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Take a slice. Raises Invalid when this is no statistics, or too much of it."""
        text = self._rest + data
        *lines, self._rest = text.split(b"\n")
        if len(text) > MAX_LINE and max(map(len, (self._rest, *lines))) > MAX_LINE:
            raise Invalid(f"show stat: a row of more than {MAX_LINE} bytes: is this HAProxy?")
        if self._header is None and lines:
            self._header = _Header(lines.pop(0))
        if self._header is None or not lines:
            return
        if self._ended or b"" in lines[:-1]:
            raise Invalid("show stat: the answer goes on after the empty line that ends it: is this HAProxy?")
        if not lines[-1]:
            lines.pop()
            self._ended = True
        if len(self._lines) + self._bad_rows + len(lines) > self._max_rows:
            raise Invalid(f"show stat: more than {self._max_rows} rows, which is the limit")
        self._take(lines, self._header.signatures(lines, plain=b'"' not in text and not _odd(text)))

    def finish(self) -> Reading:
        """Give the reading, once the stream has ended. Raises Invalid for an answer that is torn."""
        if self._header is None or self._rest or self._ended != self._ends_empty:
            rows = len(self._lines)
            raise Invalid(f"show stat: the answer is torn after {rows} rows and is refused; the last good one stands")
        return Reading(
            fields=self._header.fields,
            lines=self._lines,
            signatures=self._signatures,
            same_rows=self._same_rows and len(self._known) == len(self._lines),
            changed=self._changed,
            bad_rows=self._bad_rows,
        )

    def _take(self, lines: list[bytes], signatures: list[bytes | None]) -> None:
        """Keep rows. Where a signature is that of the reading before, its octets are kept once."""
        good = [signature for signature in signatures if signature is not None]
        if len(good) < len(lines):
            self._bad_rows += len(lines) - len(good)
            lines = [line for line, signature in zip(lines, signatures, strict=True) if signature is not None]
        first = len(self._lines)
        known = self._known[first : first + len(good)]
        self._lines += lines
        if good == known:
            self._signatures += known
            return
        self._signatures += good
        for place, signature in enumerate(good):
            if place >= len(known) or signature != known[place]:
                self._changed.append(first + place)
                self._same_rows = (
                    self._same_rows and place < len(known) and (identity(signature) == identity(known[place]))
                )


def identity(signature: bytes) -> list[bytes]:
    """Give the fields of ``IDENTITY``."""
    return signature.split(SEPARATOR, len(IDENTITY))[: len(IDENTITY)]


def _odd(text: bytes) -> bool:
    return len(text.translate(None, _CONTROL)) != len(text)


class _Header:
    """The first line of an answer. Raises Invalid when it is none."""

    def __init__(self, line: bytes) -> None:
        if not line.startswith(HEADER):
            beginning = line[:60].decode("ascii", "replace")
            raise Invalid(f"show stat: no statistics, but {beginning!r}: is this HAProxy?")
        names = line.removeprefix(b"# ").decode("ascii", "replace").split(",")
        self.fields = {name: place for place, name in enumerate(names) if name not in ("", "-")}
        missing = [name for name in (*IDENTITY, *CONDITION) if name not in self.fields]
        if missing:
            raise Invalid(f"show stat: no column {missing[0]}: is this HAProxy?")
        places = [self.fields[name] for name in (*IDENTITY, *CONDITION)]
        self._pick: Callable[[Sequence[bytes]], Sequence[bytes]] = itemgetter(*places)
        self._cut = max(places) + 1
        self._commas = len(names) - 1

    def signatures(self, lines: list[bytes], *, plain: bool) -> list[bytes | None]:
        """Give the signature of each row, None for a bad one. ``plain``: nothing is quoted, no control characters."""
        if plain and {line.count(b",") for line in lines} <= {self._commas}:
            pick, cut, join = self._pick, self._cut, SEPARATOR.join
            return [join(pick(line.split(b",", cut))) for line in lines]
        return [self._signature(line) for line in lines]

    def _signature(self, line: bytes) -> bytes | None:
        row = [] if _odd(line) else split_row(line)
        return SEPARATOR.join(self._pick(row)) if len(row) == self._commas + 1 else None
