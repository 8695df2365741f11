"""SMI syntaxes, and how a text of HAProxy becomes a value on the wire.

A syntax works on a vector of texts, because the cells of a table are made in windows of a column: one look at the
joined texts decides whether all of them are plain, and only what is not plain is looked at one by one.

The result for a text is the v.data of RFC 2741 5.4 (without type and name), or None where the object is not
instantiated: HAProxy leaves a cell empty when the statistic does not apply, which is not the same as 0
(HAProxy management guide, 9.1). A text that is not a value of the syntax is not instantiated either.
"""

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyagentx3

from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.wire import encode_oid

Wire = bytes
Encoder = Callable[[Sequence[bytes]], list[Wire | None]]

TEXT_LIMIT = 255
"""Octets in an SnmpAdminString (RFC 3411)."""

_U32 = 0xFFFFFFFF
_U64 = 0xFFFFFFFFFFFFFFFF
_pack32 = struct.Struct(">I").pack
_pack_signed = struct.Struct(">i").pack
_pack64 = struct.Struct(">Q").pack
_INTEGER = re.compile(rb"-?[0-9]{1,4300}")  # as many digits as int() takes
_NOT_PLAIN = re.compile(rb"[^ -~]")
_BITS_DIGITS = 20
"""Digits of the largest 64-bit number."""
_LENGTH = tuple(_pack32(n) for n in range(TEXT_LIMIT + 1))
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")


@dataclass(frozen=True, slots=True)
class Syntax:
    """An SMIv2 syntax.

    ``name`` stands in the MIB; ``tag`` is the v.type of RFC 2741 5.4; ``encode`` turns a vector of texts into values;
    ``labels`` are the named numbers of an enumeration, or the named bits of BITS.
    """

    name: str
    tag: int
    encode: Encoder
    labels: Mapping[str, int] | None = None


def octets(text: bytes) -> Wire:
    """Return an Octet String (RFC 2741 5.3): length, octets, padding to a multiple of 4."""
    return _pack32(len(text)) + text + _PADDING[len(text) & 3]


def admin_string(text: bytes) -> Wire:
    """Return an SnmpAdminString: UTF-8, no control characters, cut on a character boundary to 255 octets."""
    clean = "".join(c if c.isprintable() else "?" for c in text.decode("utf-8", "replace"))
    return octets(clean.encode()[:TEXT_LIMIT].decode("utf-8", "ignore").encode())


def _texts(cells: Sequence[bytes]) -> list[Wire | None]:
    if _NOT_PLAIN.search(b"".join(cells)) or len(max(cells, key=len, default=b"")) > TEXT_LIMIT:
        return [admin_string(cell) if cell else None for cell in cells]
    return [_LENGTH[len(cell)] + cell + _PADDING[len(cell) & 3] if cell else None for cell in cells]


def _numbers(pack: Callable[[int], Wire], limit: Callable[[int], int]) -> Encoder:
    """Return the encoder of a number; ``limit`` brings any integer into the range of the syntax."""

    def one(cell: bytes) -> Wire | None:
        return pack(limit(int(cell))) if _INTEGER.fullmatch(cell) else None

    def encode(cells: Sequence[bytes]) -> list[Wire | None]:
        if all(cells) and b"".join(cells).isdigit():
            try:
                return list(map(pack, map(int, cells)))
            except (struct.error, ValueError):  # beyond the range, or of thousands of digits: one by one
                return [one(cell) for cell in cells]
        return [one(cell) for cell in cells]

    return encode


def _clamped(low: int, high: int) -> Callable[[int], int]:
    return lambda number: max(low, min(high, number))


def _wrapped(mask: int) -> Callable[[int], int]:
    return lambda number: max(0, number) & mask


COUNTER64 = Syntax("Counter64", pyagentx3.TYPE_COUNTER64, _numbers(_pack64, _wrapped(_U64)))
COUNTER32 = Syntax("Counter32", pyagentx3.TYPE_COUNTER32, _numbers(_pack32, _wrapped(_U32)))
GAUGE32 = Syntax("Gauge32", pyagentx3.TYPE_GAUGE32, _numbers(_pack32, _clamped(0, _U32)))
UNSIGNED32 = Syntax("Unsigned32", pyagentx3.TYPE_GAUGE32, _numbers(_pack32, _clamped(0, _U32)))
TIMETICKS = Syntax("TimeTicks", pyagentx3.TYPE_TIMETICKS, _numbers(_pack32, _wrapped(_U32)))
TIMESTAMP = Syntax("TimeStamp", pyagentx3.TYPE_TIMETICKS, _numbers(_pack32, _wrapped(_U32)))
INTEGER32 = Syntax("Integer32", pyagentx3.TYPE_INTEGER, _numbers(_pack_signed, _clamped(-0x80000000, 0x7FFFFFFF)))
TEXT = Syntax("SnmpAdminString", pyagentx3.TYPE_OCTETSTRING, _texts)


def enumeration(name: str, labels: Mapping[str, int], classify: Callable[[bytes], int | None]) -> Syntax:
    """Return an enumeration; ``classify`` maps a text to one of the numbers, or to None for no instance."""

    @lru_cache(maxsize=1024)
    def one(cell: bytes) -> Wire | None:
        number = classify(cell) if cell else None
        return None if number is None else _pack_signed(number)

    return Syntax(name, pyagentx3.TYPE_INTEGER, lambda cells: list(map(one, cells)), labels)


def bits(name: str, labels: Mapping[str, int]) -> Syntax:
    """Return a BITS syntax over decimal numbers in which 1 << N stands for bit N; other bits are passed over.

    On the wire are all named bits, bit 0 as the highest of the first octet (RFC 3416 2.5), so the length is fixed.
    """
    mask = sum(1 << number for number in labels.values())
    size = (mask.bit_length() + 7) // 8

    @lru_cache(maxsize=1024)
    def one(cell: bytes) -> Wire | None:
        if not (cell.isdigit() and len(cell) <= _BITS_DIGITS):
            return None
        from_lowest = f"{int(cell) & mask:0{8 * size}b}"[::-1]
        return octets(int(from_lowest, 2).to_bytes(size, "big"))

    return Syntax(name, pyagentx3.TYPE_OCTETSTRING, lambda cells: list(map(one, cells)), labels)


@lru_cache(maxsize=1024)
def _identifier(cell: bytes) -> Wire | None:
    try:
        return encode_oid(key(parse(cell.decode("ascii")))) if cell else None
    except ValueError:
        return None


def derived(base: Syntax, derive: Callable[[bytes], bytes]) -> Syntax:
    """Return ``base`` over a text derived from the cell, such as the x of ``UP x/y``; b"" is not instantiated."""
    cached = lru_cache(maxsize=1024)(derive)
    return Syntax(base.name, base.tag, lambda cells: base.encode(list(map(cached, cells))), base.labels)


TRUTH = enumeration("TruthValue", {"true": 1, "false": 2}, {b"0": 2, b"1": 1}.get)
ROW_POINTER = Syntax("RowPointer", pyagentx3.TYPE_OBJECTIDENTIFIER, lambda cells: list(map(_identifier, cells)))
"""The text is a dotted identifier: the instance of the first accessible column of a row (RFC 2579)."""
