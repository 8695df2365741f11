"""Records of the CSV that HAProxy sends (RFC 4180), where they are not simply its lines. Pure.

A quoted cell may hold line breaks, also empty lines: HAProxy 2.6 sends what a failed check received so, which is
exactly while a server is DOWN. A record is complete when its quotation marks are even in number. HAProxy before 1.6.4
leaves out the comma behind ``DOWN (agent)``.
"""

import csv
import re
from collections.abc import Callable, Sequence

QUOTE = b'"'

_QUOTED = re.compile(rb'(?:\A|(?<=,))"(?:[^"]|"")*"(?=,|\Z)')
_GLUED = re.compile(rb"(?<=,)((?:UP|DOWN|NOLB|DRAIN|MAINT)[^,\"\n]*\))(?=[0-9])")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")

NOBODY = (b"", b"")
"""The owner of a row that does not even say whose it is."""

Owner = tuple[bytes, bytes]
"""Proxy and name of the object that a row is about."""


def split_row(line: bytes) -> list[bytes]:
    """Cut a record into its fields; quoting is RFC 4180."""
    if QUOTE not in line:
        return line.split(b",")
    (row,) = csv.reader([line.decode("latin-1")])
    return [cell.encode("latin-1") for cell in row]


def is_torn(line: bytes) -> bool:
    """Whether a record cannot be read: a quotation mark is open, or a line break is outside of quoted cells."""
    if line.count(QUOTE) % 2:
        return True
    return (b"\r" in line or b"\n" in line) and not {13, 10}.isdisjoint(_QUOTED.sub(b"", line))


def join(lines: Sequence[bytes], rest: bytes, fits: Callable[[bytes], bool], limit: int) -> tuple[list[bytes], bytes]:
    """Return the records that ``lines`` make, and what has to wait for more, ``rest`` at its end.

    A quotation mark that is closed in another line joins the lines between, when ``fits`` says that a row comes of it
    and it has at most ``limit`` octets. Otherwise its line stays one, which no row comes of, and what follows is looked
    at by itself: a stray quotation mark costs its own row only. Each line is looked at twice at most.
    """
    records: list[bytes] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.count(QUOTE) % 2:
            records.append(line)
            at += 1
            continue
        size, end = len(line), at + 1
        while end < len(lines) and size <= limit and not lines[end].count(QUOTE) % 2:
            size += 1 + len(lines[end])
            end += 1
        if end == len(lines) and size + len(rest) <= limit:
            return records, b"\n".join((*lines[at:], rest))
        record = b"\n".join(lines[at : end + 1]) if end < len(lines) else b""
        if record and len(record) <= limit and fits(record):
            records.append(record)
            at = end + 1
        else:
            records.append(line)
            at += 1
    return records, rest


def separated(line: bytes) -> bytes | None:
    """Return a record with the comma that is missing behind its status, None where none is missing."""
    fixed, count = _GLUED.subn(rb"\1,", line, count=1)
    return fixed if count else None


def owner(line: bytes) -> Owner:
    """Return whose row a record is that cannot be understood, as far as its beginning says it; else ``NOBODY``."""
    names = line[:4096].split(b",", 2)
    if len(names) < 3 or not all(names[:2]) or _CONTROL.search(names[0] + names[1]):  # noqa: PLR2004  both names ended
        return NOBODY
    return names[0].strip(QUOTE), names[1].strip(QUOTE)
