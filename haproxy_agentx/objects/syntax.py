"""SMI syntaxes: how a value becomes one of SNMP, and how HAProxy's texts do.

A syntax has the type of the values that it takes: a mistyped column of the daemon's own is an error of mypy. None is
what has no instance.

The cells of HAProxy stay text (TextSyntax), and are made in windows of a column: one look at the joined texts decides
whether all of them are plain, and only what is not plain is looked at one by one. HAProxy leaves a cell empty when the
statistic does not apply, which is not the same as 0 (HAProxy management guide, 9.1): it is not instantiated. A text
that is not a value of the syntax is not instantiated either.
"""

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import Generic, TypeVar

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import Oid, key
from haproxy_agentx.agentx.values import Value, packer

Wire = bytes
"""The v.data of RFC 2741 5.4, without type and name."""

Encoder = Callable[[Sequence[bytes]], list[Wire | None]]

V = TypeVar("V")
E = TypeVar("E", bound=IntEnum)
F = TypeVar("F", bound=IntFlag)

TEXT_LIMIT = 255
"""Octets in an SnmpAdminString (RFC 3411)."""

_U32 = 0xFFFFFFFF
_U64 = 0xFFFFFFFFFFFFFFFF
_pack32 = struct.Struct(">I").pack
_pack_signed = struct.Struct(">i").pack
_INTEGER = re.compile(rb"-?[0-9]{1,4300}")  # as many digits as int() takes
_NOT_PLAIN = re.compile(rb"[^ -~]")
_LENGTH = tuple(_pack32(n) for n in range(TEXT_LIMIT + 1))
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")


def octets(text: bytes) -> Wire:
    """Return an Octet String (RFC 2741 5.3): length, octets, padding to a multiple of 4."""
    return _pack32(len(text)) + text + _PADDING[len(text) & 3]


@dataclass(frozen=True, slots=True)
class Syntax(Generic[V]):
    """An SMIv2 syntax of values of the type ``V``.

    ``name`` is its name in the MIB; ``tag`` is the v.type of RFC 2741 5.4; ``value`` turns a value into that of a
    variable binding, None where it has no instance; ``labels`` are the named numbers of an enumeration, or the named
    bits of BITS.
    """

    name: str
    tag: Tag
    value: Callable[[V], Value]
    labels: Mapping[str, int] | None = None

    def pack(self, value: Value) -> Wire:
        """Return a value of a variable binding as it travels."""
        return packer(self.tag)(value)


@dataclass(frozen=True, slots=True)
class TextSyntax(Syntax[V]):
    """A syntax whose values HAProxy writes as text.

    ``read`` reads one text, None where it is no value; ``encode`` turns a vector of texts into what travels.
    """

    read: Callable[[bytes], V | None] = field(kw_only=True)
    encode: Encoder = field(kw_only=True)


def of_text(syntax: TextSyntax[V]) -> Syntax[str]:
    """Return the syntax of a record that holds a text of HAProxy."""

    def value(text: str) -> Value:
        found = syntax.read(text.encode(errors="replace"))
        return None if found is None else syntax.value(found)

    return Syntax(syntax.name, syntax.tag, value, syntax.labels)


def printable(text: str) -> bytes | None:
    """Return an SnmpAdminString: UTF-8, no control characters, cut on a character boundary to 255 octets.

    None for an empty text.
    """
    clean = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    found = clean.encode()
    return (found if len(found) <= TEXT_LIMIT else found[:TEXT_LIMIT].decode("utf-8", "ignore").encode()) or None


def _read_text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")


def _text(cell: bytes) -> Wire | None:
    found = printable(_read_text(cell))
    return None if found is None else octets(found)


def _texts(cells: Sequence[bytes]) -> list[Wire | None]:
    if _NOT_PLAIN.search(b"".join(cells)) or len(max(cells, key=len, default=b"")) > TEXT_LIMIT:
        return [_text(cell) for cell in cells]
    return [_LENGTH[len(cell)] + cell + _PADDING[len(cell) & 3] if cell else None for cell in cells]


def _number(name: str, tag: Tag, limit: Callable[[int], int]) -> TextSyntax[int]:
    """Return the syntax of a number; ``limit`` brings any integer into its range."""
    pack = packer(tag)

    def read(cell: bytes) -> int | None:
        return int(cell) if _INTEGER.fullmatch(cell) else None

    def one(cell: bytes) -> Wire | None:
        found = read(cell)
        return None if found is None else pack(limit(found))

    def encode(cells: Sequence[bytes]) -> list[Wire | None]:
        if all(cells) and b"".join(cells).isdigit():
            try:
                return list(map(pack, map(int, cells)))
            except (struct.error, ValueError):  # beyond the range, or of thousands of digits: one by one
                return [one(cell) for cell in cells]
        return [one(cell) for cell in cells]

    return TextSyntax(name, tag, limit, read=read, encode=encode)


def _clamped(low: int, high: int) -> Callable[[int], int]:
    return lambda number: max(low, min(high, number))


def _wrapped(mask: int) -> Callable[[int], int]:
    return lambda number: max(0, number) & mask


COUNTER64 = _number("Counter64", Tag.COUNTER64, _wrapped(_U64))
COUNTER32 = _number("Counter32", Tag.COUNTER32, _wrapped(_U32))
GAUGE32 = _number("Gauge32", Tag.GAUGE32, _clamped(0, _U32))
UNSIGNED32 = _number("Unsigned32", Tag.GAUGE32, _clamped(0, _U32))
TIMETICKS = _number("TimeTicks", Tag.TIME_TICKS, _wrapped(_U32))
TIMESTAMP = _number("TimeStamp", Tag.TIME_TICKS, _wrapped(_U32))
INTEGER32 = _number("Integer32", Tag.INTEGER, _clamped(-0x80000000, 0x7FFFFFFF))
TEXT = TextSyntax("SnmpAdminString", Tag.OCTET_STRING, printable, read=_read_text, encode=_texts)


def enumeration(name: str, labels: Mapping[str, int], classify: Callable[[bytes], int | None]) -> TextSyntax[int]:
    """Return an enumeration of HAProxy; ``classify`` maps a text to one of the numbers, or to None for no instance."""

    def read(cell: bytes) -> int | None:
        return classify(cell) if cell else None

    @lru_cache(maxsize=1024)
    def one(cell: bytes) -> Wire | None:
        number = read(cell)
        return None if number is None else _pack_signed(number)

    return TextSyntax(name, Tag.INTEGER, int, labels, read=read, encode=lambda cells: list(map(one, cells)))


def derived(base: TextSyntax[V], derive: Callable[[bytes], bytes]) -> TextSyntax[V]:
    """Return ``base`` over a text derived from the cell, such as the x of ``UP x/y``; b"" is not instantiated."""
    cached = lru_cache(maxsize=1024)(derive)
    return replace(
        base, read=lambda cell: base.read(derive(cell)), encode=lambda cells: base.encode(list(map(cached, cells)))
    )


def named(name: str, members: type[E]) -> Syntax[E]:
    """Return the syntax of an enumeration of the daemon: the labels are the names of its members."""
    return Syntax(name, Tag.INTEGER, int, {member.name: member.value for member in members})


def bits(name: str, flags: type[F]) -> Syntax[F]:
    """Return a BITS syntax in which the flag of the value 1 << N is bit N; a value without a flag is passed over.

    On the wire are all named bits, bit 0 as the highest of the first octet (RFC 3416 2.5), so the length is fixed.
    """
    labels = {str(flag.name): flag.value.bit_length() - 1 for flag in flags}
    mask = sum(1 << number for number in labels.values())
    size = (mask.bit_length() + 7) // 8

    @lru_cache(maxsize=1024)
    def value(flags: int) -> bytes:
        from_lowest = f"{flags & mask:0{8 * size}b}"[::-1]
        return int(from_lowest, 2).to_bytes(size, "big")

    return Syntax(name, Tag.OCTET_STRING, value, labels)


TRUTH = enumeration("TruthValue", {"true": 1, "false": 2}, {b"0": 2, b"1": 1}.get)
"""Of HAProxy, which writes 1 and 0."""

FLAG: Syntax[bool] = Syntax("TruthValue", Tag.INTEGER, lambda flag: 1 if flag else 2, TRUTH.labels)

ROW_POINTER: Syntax[Oid] = Syntax("RowPointer", Tag.OBJECT_IDENTIFIER, lru_cache(maxsize=1024)(key))
"""The instance of the first accessible column of a row (RFC 2579)."""
