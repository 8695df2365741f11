"""Encoding of all PDUs (RFC 2741 5 and 6), in both byte orders.

The payload of a type is a sequence of fields, and ``LAYOUT`` is the table of these sequences: encoder and decoder are
two walks over the same table. Raises PayloadError for what arrives and LocalError for what we cannot send.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.errors import FrameError, LocalError, PayloadError
from haproxy_agentx.agentx.pdu import Flag, Pdu, PduType, SearchRange, Tag, Value, VarBind
from haproxy_agentx.agentx.wire import Reader, Writer

HEADER_SIZE = 20
VERSION = 1
_CONTEXT_FREE = {
    PduType.OPEN, PduType.CLOSE, PduType.COMMIT_SET, PduType.UNDO_SET, PduType.CLEANUP_SET, PduType.RESPONSE,
}  # fmt: skip

NETWORK_BYTE_ORDER = int(Flag.NETWORK_BYTE_ORDER)
_CONTEXT = int(Flag.NON_DEFAULT_CONTEXT)
_KNOWN_FLAGS = 0x1F
_TYPES = {int(kind): kind for kind in PduType}
"""Plain numbers, because operators of enumerations cost more than reading the rest of a request."""


class Header(NamedTuple):
    """RFC 2741 6.1. ``order`` is the struct prefix of the byte order, ``length`` that of the payload in octets."""

    type: PduType
    flags: int
    order: str
    session_id: int
    transaction_id: int
    packet_id: int
    length: int


def decode_header(data: bytes) -> Header:
    """Read the first 20 octets. Raises FrameError; unknown flags are passed over, as RFC 2741 gives them no meaning."""
    version, kind, flags = data[0], data[1], data[2]
    if version != VERSION:
        raise FrameError(f"AgentX version {version}, only {VERSION} is known")
    if kind not in _TYPES:
        raise FrameError(f"PDU type {kind} is unknown")
    order = ">" if flags & NETWORK_BYTE_ORDER else "<"
    session, transaction, packet, length = struct.unpack_from(order + "4I", data, 4)
    if length % 4:
        raise FrameError(f"a payload of {length} octets is not a multiple of 4")
    return Header(_TYPES[kind], flags & _KNOWN_FLAGS, order, session, transaction, packet, length)


@dataclass(frozen=True, slots=True)
class _Kind:
    write: Callable[[Writer, Any], None]
    read: Callable[[Reader], Value]


def _number(form: str) -> _Kind:
    return _Kind(lambda w, v: w.integers(form, v), lambda r: r.integers(form)[0])


def _read_ip_address(reader: Reader) -> bytes:
    """IpAddress is an octet string of 4 and stays in network order (5.4)."""
    address = reader.octets()
    if len(address) != 4:  # noqa: PLR2004  the size of an IPv4 address
        raise PayloadError(f"an IpAddress of {len(address)} octets")
    return address


_OCTETS = _Kind(lambda w, v: w.octets(v), lambda r: r.octets())
_NOTHING = _Kind(lambda _w, _v: None, lambda _r: None)
_VALUES: dict[int, _Kind] = {
    Tag.INTEGER: _number("i"),
    Tag.OCTET_STRING: _OCTETS,
    Tag.NULL: _NOTHING,
    Tag.OBJECT_IDENTIFIER: _Kind(lambda w, v: w.oid(v), lambda r: r.oid()[0]),
    Tag.IP_ADDRESS: _Kind(lambda w, v: w.octets(v), _read_ip_address),
    Tag.COUNTER32: _number("I"),
    Tag.GAUGE32: _number("I"),
    Tag.TIME_TICKS: _number("I"),
    Tag.OPAQUE: _OCTETS,
    Tag.COUNTER64: _number("Q"),
    Tag.NO_SUCH_OBJECT: _NOTHING,
    Tag.NO_SUCH_INSTANCE: _NOTHING,
    Tag.END_OF_MIB_VIEW: _NOTHING,
}


def _write_varbinds(writer: Writer, varbinds: list[VarBind]) -> None:
    for varbind in varbinds:
        writer.integers("HH", varbind.tag, 0)
        writer.oid(varbind.name)
        kind = _VALUES.get(varbind.tag)
        if kind is None:
            raise LocalError(f"value type {varbind.tag} is unknown")
        kind.write(writer, varbind.value)


def _read_varbinds(reader: Reader) -> tuple[VarBind, ...]:
    varbinds = []
    while reader.more():
        tag, _reserved = reader.integers("HH")
        name, _include = reader.oid()
        kind = _VALUES.get(tag)
        if kind is None:
            raise PayloadError(f"value type {tag} is unknown")
        varbinds.append(VarBind(tag, name, kind.read(reader)))
    return tuple(varbinds)


def _write_ranges(writer: Writer, ranges: list[SearchRange]) -> None:
    for search in ranges:
        writer.oid(search.start, include=search.include)
        writer.oid(search.end)


def _read_ranges(reader: Reader) -> tuple[SearchRange, ...]:
    ranges = []
    while reader.more():
        start, include = reader.oid()
        end, _ = reader.oid()
        ranges.append(SearchRange(start, end, include))
    return tuple(ranges)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a payload: the attribute that it is, how it is written and read."""

    name: str
    write: Callable[[Writer, Any], None]
    read: Callable[[Reader], Any]


def _integer(name: str, form: str) -> _Field:
    """Return the field of a number; ``x`` in ``form`` are reserved octets."""
    return _Field(name, lambda w, v: w.integers(form, v), lambda r: r.integers(form)[0])


_ID = _Field("id", lambda w, v: w.oid(v), lambda r: r.oid()[0])
_SUBTREE = _Field("subtree", lambda w, v: w.oid(v), lambda r: r.oid()[0])
_DESCR = _Field("descr", lambda w, v: w.octets(v), lambda r: r.octets())
_RANGES = _Field("ranges", _write_ranges, _read_ranges)
_VARBINDS = _Field("varbinds", _write_varbinds, _read_varbinds)
_UPPER_BOUND = _integer("upper_bound", "I")  # present only when range_subid is not 0 (6.2.3)

LAYOUT: dict[PduType, tuple[type[Pdu], tuple[_Field, ...]]] = {
    PduType.OPEN: (p.Open, (_integer("timeout", "B3x"), _ID, _DESCR)),
    PduType.CLOSE: (p.Close, (_integer("reason", "B3x"),)),
    PduType.REGISTER: (
        p.Register,
        (_integer("timeout", "B"), _integer("priority", "B"), _integer("range_subid", "Bx"), _SUBTREE, _UPPER_BOUND),
    ),
    PduType.UNREGISTER: (
        p.Unregister,
        (_integer("priority", "xB"), _integer("range_subid", "Bx"), _SUBTREE, _UPPER_BOUND),
    ),
    PduType.GET: (p.Get, (_RANGES,)),
    PduType.GET_NEXT: (p.GetNext, (_RANGES,)),
    PduType.GET_BULK: (p.GetBulk, (_integer("non_repeaters", "H"), _integer("max_repetitions", "H"), _RANGES)),
    PduType.TEST_SET: (p.TestSet, (_VARBINDS,)),
    PduType.COMMIT_SET: (p.CommitSet, ()),
    PduType.UNDO_SET: (p.UndoSet, ()),
    PduType.CLEANUP_SET: (p.CleanupSet, ()),
    PduType.NOTIFY: (p.Notify, (_VARBINDS,)),
    PduType.PING: (p.Ping, ()),
    PduType.INDEX_ALLOCATE: (p.IndexAllocate, (_VARBINDS,)),
    PduType.INDEX_DEALLOCATE: (p.IndexDeallocate, (_VARBINDS,)),
    PduType.ADD_AGENT_CAPS: (p.AddAgentCaps, (_ID, _DESCR)),
    PduType.REMOVE_AGENT_CAPS: (p.RemoveAgentCaps, (_ID,)),
    PduType.RESPONSE: (
        p.Response,
        (_integer("sys_up_time", "I"), _integer("error", "H"), _integer("index", "H"), _VARBINDS),
    ),
}


def encode(pdu: Pdu) -> bytes:
    """Return the octets of a PDU, in the byte order of its flags. Raises LocalError."""
    order = ">" if pdu.flags & NETWORK_BYTE_ORDER else "<"
    writer = Writer(order)
    flags = pdu.flags
    if pdu.type not in _CONTEXT_FREE and (pdu.context or flags & _CONTEXT):
        flags |= _CONTEXT
        writer.octets(pdu.context)
    for entry in LAYOUT[pdu.type][1]:
        if entry is not _UPPER_BOUND or pdu.range_subid:  # type: ignore[attr-defined]  # those with it have both
            entry.write(writer, getattr(pdu, entry.name))
    payload = b"".join(writer.parts)
    return encode_header(pdu, flags, len(payload), order) + payload


def encode_header(pdu: Pdu, flags: int, length: int, order: str) -> bytes:
    """Return the 20 octets before a payload of ``length`` octets."""
    numbers = (pdu.session_id, pdu.transaction_id, pdu.packet_id, length)
    return struct.pack(order + "4B4I", VERSION, pdu.type, flags, 0, *numbers)


def decode(header: Header, payload: bytes) -> Pdu:
    """Read a payload. Raises PayloadError, also for octets that are left over."""
    reader = Reader(payload, header.order)
    kind, fields = LAYOUT[header.type]
    values: dict[str, Any] = {}
    if header.flags & _CONTEXT and header.type not in _CONTEXT_FREE:
        values["context"] = reader.octets()
    for entry in fields:
        if entry is not _UPPER_BOUND or values["range_subid"]:
            values[entry.name] = entry.read(reader)
    if reader.more():
        raise PayloadError(f"{len(payload) - reader.at} octets are left over after a {header.type.name}")
    return kind(
        session_id=header.session_id,
        transaction_id=header.transaction_id,
        packet_id=header.packet_id,
        flags=header.flags,
        **values,
    )
