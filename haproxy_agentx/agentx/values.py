"""Values as they travel (RFC 2741 5.4): v.data by v.type, in both byte orders.

The functions named after the types of SMIv2 return the octets that a view serves, in network byte order. They raise
LocalError for what the type cannot carry.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.agentx.constants import Tag, label
from haproxy_agentx.agentx.errors import LocalError, PayloadError
from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.wire import Reader, Writer, encode_octets, encode_oid

Value = int | bytes | None
"""Integers of all kinds: int. Octet strings, Opaque, IpAddress: bytes. Object identifier: its key. Others: None."""

Wire = bytes
"""A value as it travels, in network byte order."""

_IP_ADDRESS_SIZE = 4


@dataclass(frozen=True, slots=True)
class _ValueKind:
    """How values of a type are written and read in a byte order, and ``pack``ed in network byte order."""

    write: Callable[[Writer, Any], None]
    read: Callable[[Reader], Value]
    pack: Callable[[Any], Wire]


def _number(form: str) -> _ValueKind:
    return _ValueKind(lambda w, v: w.integers(form, v), lambda r: r.integers(form)[0], struct.Struct(">" + form).pack)


def _checked_ip_address(address: bytes) -> bytes:
    if len(address) != _IP_ADDRESS_SIZE:
        raise LocalError(f"an IpAddress has {_IP_ADDRESS_SIZE} octets, not {len(address)}")
    return address


def _read_ip_address(reader: Reader) -> bytes:
    address = reader.octets()
    if len(address) != _IP_ADDRESS_SIZE:
        raise PayloadError(f"an IpAddress of {len(address)} octets")
    return address


_OCTETS = _ValueKind(lambda w, v: w.octets(v), lambda r: r.octets(), encode_octets)
_NOTHING = _ValueKind(lambda _w, _v: None, lambda _r: None, lambda _v: b"")
_KINDS: Mapping[int, _ValueKind] = {
    Tag.INTEGER: _number("i"),
    Tag.OCTET_STRING: _OCTETS,
    Tag.NULL: _NOTHING,
    Tag.OBJECT_IDENTIFIER: _ValueKind(lambda w, v: w.oid(v), lambda r: r.oid()[0], encode_oid),
    Tag.IP_ADDRESS: _ValueKind(
        lambda w, v: w.octets(_checked_ip_address(v)), _read_ip_address, lambda v: encode_octets(_checked_ip_address(v))
    ),
    Tag.COUNTER32: _number("I"),
    Tag.GAUGE32: _number("I"),
    Tag.TIME_TICKS: _number("I"),
    Tag.OPAQUE: _OCTETS,
    Tag.COUNTER64: _number("Q"),
    Tag.NO_SUCH_OBJECT: _NOTHING,
    Tag.NO_SUCH_INSTANCE: _NOTHING,
    Tag.END_OF_MIB_VIEW: _NOTHING,
}


def write_value(writer: Writer, tag: int, value: Value) -> None:
    """Append a value. Raise LocalError for a type that is unknown, and for a value that it cannot carry."""
    kind = _KINDS.get(tag)
    if kind is None:
        raise LocalError(f"value type {tag} is unknown")
    kind.write(writer, value)


def read_value(reader: Reader, tag: int) -> Value:
    """Read a value. Raise PayloadError."""
    kind = _KINDS.get(tag)
    if kind is None:
        raise PayloadError(f"value type {tag} is unknown")
    return kind.read(reader)


def packer(tag: int) -> Callable[[Any], Wire]:
    """Return what encodes values of a type in network byte order, without a check: struct.error for a number too large.

    For who encodes many values of one type, and knows them.
    """
    return _KINDS[tag].pack


def encode_value(tag: int, value: Value) -> Wire:
    """Return a value of any type in network byte order. Raise LocalError."""
    kind = _KINDS.get(tag)
    if kind is None:
        raise LocalError(f"value type {tag} is unknown")
    try:
        return kind.pack(value)
    except struct.error as error:
        raise LocalError(f"{value!r} is no {label(Tag(tag))}: {error}") from error


def integer(number: int) -> Wire:
    """Return an INTEGER or Integer32, from -2^31 to 2^31-1."""
    return encode_value(Tag.INTEGER, number)


def counter32(number: int) -> Wire:
    """Return a Counter32, from 0 to 2^32-1. A counter that has grown beyond wraps: pass ``number & 0xFFFFFFFF``."""
    return encode_value(Tag.COUNTER32, number)


def gauge32(number: int) -> Wire:
    """Return a Gauge32 or Unsigned32, from 0 to 2^32-1."""
    return encode_value(Tag.GAUGE32, number)


def time_ticks(hundredths: int) -> Wire:
    """Return TimeTicks or a TimeStamp, in hundredths of a second, from 0 to 2^32-1."""
    return encode_value(Tag.TIME_TICKS, hundredths)


def counter64(number: int) -> Wire:
    """Return a Counter64, from 0 to 2^64-1."""
    return encode_value(Tag.COUNTER64, number)


def octet_string(octets: bytes) -> Wire:
    """Return an OCTET STRING, DisplayString or BITS of at most 65,535 octets."""
    return encode_value(Tag.OCTET_STRING, octets)


def opaque(octets: bytes) -> Wire:
    """Return an Opaque of at most 65,535 octets."""
    return encode_value(Tag.OPAQUE, octets)


def ip_address(octets: bytes) -> Wire:
    """Return an IpAddress: 4 octets, the most significant first."""
    return encode_value(Tag.IP_ADDRESS, octets)


def object_identifier(name: Key) -> Wire:
    """Return an OBJECT IDENTIFIER by its key."""
    return encode_value(Tag.OBJECT_IDENTIFIER, name)
