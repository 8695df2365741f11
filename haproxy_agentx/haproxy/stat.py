"""The answer to ``show stat`` (HAProxy management guide 9.1 and 9.3), read in slices as it arrives.

Rows stay the text that HAProxy sent: what is taken from each row at once is only its *signature*, the few fields that
say which object it is and how it is. A reading whose signatures equal those of the reading before needs no new rows
and no new health; all else is cut out of the text when somebody asks for it. Of a row whose text is that of the reading
before, as far as the signature goes and but for the seconds that it counts, not even the signature is cut out.

An answer is good as a whole or refused as a whole. Single rows that make no sense are left out and counted, and whose
they are is kept: they are evidence that is missing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple

from haproxy_agentx.haproxy.records import NOBODY, Owner, is_torn, join, owner, separated, split_row
from haproxy_agentx.vocabulary.source import Invalid, OverLimit

MAX_ROWS = 200_000
"""Rows in an answer."""

MAX_BAD = 256
"""Bad rows of which it is kept whose they are; of more, that they are somebody's."""

MAX_LINE = 64 * 1024
"""Octets in a row. 119 fields and names of a kilobyte need a tenth of it."""

HEADER = b"# pxname,svname,"
SEPARATOR = b"\0"
"""Between the fields of a signature: a row that holds it is a bad one."""

IDENTITY = ("pxname", "svname", "type", "iid", "sid")
"""The fields that say which object a row is. They come first in a signature."""

CONDITION = ("status", "weight", "act", "bck", "check_status")
"""The fields that say how it is, as far as anything is decided on them."""

CLOCK = "lastchg"
"""The field that counts seconds, and so moves in rows in which nothing happens."""

Mark = tuple[int, int, int]
"""Offsets in a row: where ``CLOCK`` begins and ends, and where the last field of its signature has ended."""

NO_MARK = (0, 0, 0)
"""That of an unusual row."""


class Anchors(NamedTuple):
    """Fields where the marks of a reading stand, and how many fields a row has."""

    clock: int
    """That of ``CLOCK``, which a mark begins with."""
    rest: int
    """The one behind the signature, where a mark ends."""
    fields: int


_Look = tuple[bytes | None, Mark]
"""What is seen in a row at once: its signature, and its mark."""

BAD: _Look = (None, NO_MARK)
"""A bad row."""

_CONTROL = bytes(code for code in (*range(1, 32), 127) if code not in b"\t")
"""Characters that no signature holds, besides the separator."""


class RowKind(IntEnum):
    """The field ``type``."""

    FRONTEND = 0
    BACKEND = 1
    SERVER = 2
    LISTENER = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One whole answer. ``lines``, ``signatures`` and ``marks`` are in step.

    ``fields`` maps the name of a field to its place in a row; ``same_rows`` says that the rows are the same objects,
    in the same order, as in the reading before; ``changed`` are the places of rows whose signature is another one.
    """

    fields: dict[str, int]
    lines: list[bytes] = field(repr=False)
    signatures: list[bytes] = field(repr=False)
    same_rows: bool
    changed: Sequence[int]
    bad_rows: int
    bad: tuple[Owner, ...] = ()
    """Whose rows could not be understood."""
    marks: list[Mark] = field(default_factory=list, repr=False, compare=False)
    anchors: Anchors = field(default=Anchors(0, 0, 0), compare=False)

    def cut(self, number: int, places: Sequence[int]) -> list[bytes]:
        """Cut a field, by its place in a row, out of the rows at ``places``.

        Each is cut from the nearest of the ends of the row and its mark: splitting off all that stands before a field
        takes as long as all else that is done for a cell.
        """
        lines, marks, (clock, rest, fields) = self.lines, self.marks, self.anchors

        def closely(at: int) -> bytes:
            return split_row(lines[at])[number]

        if number < clock:
            return [lines[at].split(b",", number + 1)[number] if marks[at][2] else closely(at) for at in places]
        if number - rest >= fields - number:
            back = fields - number
            return [lines[at].rsplit(b",", back)[1] if marks[at][2] else closely(at) for at in places]
        end, skip = (0, number - clock) if number < rest else (2, number - rest)
        return [
            lines[at][mark[end] :].split(b",", skip + 1)[skip] if (mark := marks[at])[2] else closely(at)
            for at in places
        ]


class StatParser:
    """Parser of an answer that arrives in slices; it returns the Reading. ``previous`` is the reading before.

    ``ends_empty`` says that the answer ends with an empty line, as on the socket; over HTTP it does not. ``admit`` is
    called with the rows and the octets that have come before more of them are kept, and may raise a SourceError.
    """

    def __init__(
        self,
        previous: Reading | None = None,
        *,
        ends_empty: bool = True,
        max_rows: int = MAX_ROWS,
        admit: Callable[[int, int], None] = lambda _rows, _octets: None,
    ) -> None:
        self._before = previous or Reading({}, [], [], same_rows=True, changed=(), bad_rows=0)
        self._ends_empty = ends_empty
        self._max_rows = max_rows
        self._admit = admit
        self._octets = 0
        self._rest = b""
        self._header: _Header | None = None
        self._lines: list[bytes] = []
        self._signatures: list[bytes] = []
        self._marks: list[Mark] = []
        self._same_rows = True
        self._changed: list[int] = []
        self._bad_rows = 0
        self._bad: list[Owner] = []
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Process a slice. Raises Invalid when this is no statistics, or too much of it."""
        text = self._rest + data
        *lines, self._rest = text.split(b"\n")
        if len(text) > MAX_LINE and max(map(len, (self._rest, *lines))) > MAX_LINE:
            raise Invalid(f"show stat: a row of more than {MAX_LINE} bytes: is this HAProxy?")
        if self._header is None and lines:
            self._header = _Header(lines.pop(0))
        if self._header is None or not lines:
            return
        unusual = _unusual(text)
        if unusual:
            lines, self._rest = join(lines, self._rest, self._header.fits, MAX_LINE)
            if not lines:
                return
        if self._ended or b"" in lines[:-1]:
            raise Invalid("show stat: the answer goes on after the empty line that ends it: is this HAProxy?")
        if not lines[-1]:
            lines.pop()
            self._ended = True
        rows = len(self._lines) + self._bad_rows + len(lines)
        if rows > self._max_rows:
            raise OverLimit(f"show stat: more than {self._max_rows} rows, which is the limit")
        self._octets += len(text) - len(self._rest)
        self._admit(rows, self._octets)
        self._take(lines, *self._look(self._header, lines, plain=not unusual))

    def finish(self) -> Reading:
        """Return the reading, once the stream has ended. Raises Invalid for an answer that is torn."""
        while self._header is not None and b"\n" in self._rest:  # a quotation mark that nothing closed
            line, _, rest = self._rest.partition(b"\n")
            if owner(line) != NOBODY and not self._header.is_long_enough(line):
                break  # a row that is torn within a cell
            self._rest = b""
            self._take([line], [None], [NO_MARK])
            self.feed(rest)
        if self._header is None or self._rest or self._ended != self._ends_empty:
            rows = len(self._lines)
            raise Invalid(
                f"show stat: the answer is torn after {rows} rows and is refused; the last good answer is kept"
            )
        return Reading(
            fields=self._header.fields,
            lines=self._lines,
            signatures=self._signatures,
            same_rows=self._same_rows and len(self._before.lines) == len(self._lines),
            changed=self._changed,
            bad_rows=self._bad_rows,
            bad=tuple(self._bad),
            marks=self._marks,
            anchors=self._header.anchors,
        )

    def _look(self, header: "_Header", lines: list[bytes], *, plain: bool) -> tuple[list[bytes | None], list[Mark]]:
        """Return the signatures and marks of rows, no signature for a bad one. ``plain``: none of them is unusual."""
        before, rows = self._before, slice(len(self._lines), len(self._lines) + len(lines))
        marks = before.marks[rows] if header.fields == before.fields else []
        signatures: list[bytes | None] = [
            signature
            if rest
            and new[:begin] == old[:begin]
            and new[end:rest] == old[end:rest]
            and new.find(b",", begin) == end
            and new.count(b",", rest) == header.commas_after
            and (plain or not _unusual(new))
            else None
            for new, old, signature, (begin, end, rest) in zip(
                lines, before.lines[rows], before.signatures[rows], marks, strict=False
            )
        ]
        more = len(lines) - len(signatures)
        signatures += [None] * more
        marks += [NO_MARK] * more
        moved = [at for at, signature in enumerate(signatures) if signature is None]
        for at, look in zip(moved, header.look([lines[at] for at in moved], plain=plain), strict=True):
            signatures[at], marks[at] = look
            if look is BAD and (fixed := separated(lines[at])) is not None:
                ((signatures[at], marks[at]),) = header.look([fixed], plain=False)
                lines[at] = fixed if signatures[at] is not None else lines[at]
        return signatures, marks

    def _take(self, lines: list[bytes], signatures: list[bytes | None], marks: list[Mark]) -> None:
        """Keep rows. Where a signature is that of the reading before, its octets are kept once."""
        good = [signature for signature in signatures if signature is not None]
        if len(good) < len(lines):
            self._bad_rows += len(lines) - len(good)
            self._note_bad(line for line, signature in zip(lines, signatures, strict=True) if signature is None)
            lines = [line for line, signature in zip(lines, signatures, strict=True) if signature is not None]
            marks = [mark for mark, signature in zip(marks, signatures, strict=True) if signature is not None]
        first = len(self._lines)
        known = self._before.signatures[first : first + len(good)]
        self._lines += lines
        self._marks += marks
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

    def _note_bad(self, lines: Iterable[bytes]) -> None:
        """Keep whose the bad rows are."""
        for line in lines:
            if len(self._bad) < MAX_BAD:
                self._bad.append(owner(line))
            elif self._bad[-1] != NOBODY:
                self._bad.append(NOBODY)


def identity(signature: bytes) -> list[bytes]:
    """Return the fields of ``IDENTITY``."""
    return signature.split(SEPARATOR, len(IDENTITY))[: len(IDENTITY)]


def _unusual(text: bytes) -> bool:
    """Whether a row, or one of many, cannot be cut at its commas."""
    return b'"' in text or b"\r" in text or SEPARATOR in text


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
        self._clock = min(self.fields.get(CLOCK, self._cut), self._cut)
        self._commas = len(names) - 1
        self.anchors = Anchors(self._clock, self._cut, len(names))
        self.commas_after = self._commas - self._cut
        """Commas in a row from where its mark ends."""
        self._marks: dict[Mark, Mark] = {}
        """Those that were given: many rows have the same."""

    def look(self, lines: list[bytes], *, plain: bool) -> list[_Look]:
        """Return the signature and the mark of each row. ``plain``: none of them is unusual."""
        if not plain:
            return [self._look_closely(line) if _unusual(line) else self.look([line], plain=True)[0] for line in lines]
        pick, clock, more, commas, known = self._pick, self._clock, self._cut - self._clock, self._commas, self._marks
        looks: list[_Look] = []
        for line in lines:
            row = line.split(b",", clock)
            rest = row.pop()
            row += rest.split(b",", more)
            end = row[-1]
            if len(row) + end.count(b",") != commas + 1 or len(row) <= clock + more:
                looks.append(BAD)
                continue
            begin = len(line) - len(rest)
            mark = (begin, begin + len(row[clock]), len(line) - len(end))
            looks.append((SEPARATOR.join(pick(row)), known.setdefault(mark, mark)))
        if _odd(b"".join([signature for signature, _ in looks if signature])):
            return [BAD if look[0] and _odd(look[0]) else look for look in looks]
        return looks

    def is_long_enough(self, line: bytes) -> bool:
        """Whether a line has the commas of a row, quoted ones among them."""
        return line.count(b",") >= self._commas

    def fits(self, line: bytes) -> bool:
        """Whether a record has as many fields as a row has."""
        return self._look_closely(line) is not BAD or self._look_closely(separated(line) or b"") is not BAD

    def _look_closely(self, line: bytes) -> _Look:
        row = [] if SEPARATOR in line or is_torn(line) else split_row(line)
        if len(row) != self._commas + 1:
            return BAD
        signature = SEPARATOR.join(self._pick(row))
        return BAD if _odd(signature) else (signature, NO_MARK)


def _odd(signature: bytes) -> bool:
    return len(signature.translate(None, _CONTROL)) != len(signature)
