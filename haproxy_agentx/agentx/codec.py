"""Encoding of all PDUs (RFC 2741 5 and 6), in both byte orders.

The payload of a type is a sequence of fields, and ``LAYOUT`` is the table of these sequences: encoder and decoder are
two walks over the same table. They raise PayloadError for what arrives and LocalError for what cannot be sent.
"""

import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.constants import Flag, PduType
from haproxy_agentx.agentx.errors import PayloadError
from haproxy_agentx.agentx.header import Header, order_of, prefix
from haproxy_agentx.agentx.pdu import Pdu, SearchRange, VarBind
from haproxy_agentx.agentx.values import read_value, write_value
from haproxy_agentx.agentx.wire import Reader, Writer

PAUSE_AFTER = 64
"""Search ranges or variable bindings that are processed before others get their turn."""

_CONTEXT_FREE = {
    PduType.OPEN, PduType.CLOSE, PduType.COMMIT_SET, PduType.UNDO_SET, PduType.CLEANUP_SET, PduType.RESPONSE,
}  # fmt: skip
_CONTEXT = int(Flag.NON_DEFAULT_CONTEXT)


def _write_varbind(writer: Writer, varbind: VarBind) -> None:
    writer.integers("HH", varbind.tag, 0)
    writer.oid(varbind.name)
    write_value(writer, varbind.tag, varbind.value)


def _read_varbind(reader: Reader) -> VarBind:
    tag, _reserved = reader.integers("HH")
    name, _include = reader.oid()
    return VarBind(tag, name, read_value(reader, tag))


def _write_range(writer: Writer, search: SearchRange) -> None:
    writer.oid(search.start, include=search.include)
    writer.oid(search.end)


def _read_range(reader: Reader) -> SearchRange:
    start, include = reader.oid()
    end, _ = reader.oid()
    return SearchRange(start, end, include)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a payload: the attribute that it is, how it is written and read.

    A field that is ``repeated`` is a sequence up to the end of the payload, and written and read are its elements.
    """

    name: str
    write: Callable[[Writer, Any], None]
    read: Callable[[Reader], Any]
    repeated: bool = False


def _integer(name: str, form: str) -> _Field:
    """Return the field of a number; ``x`` in ``form`` are reserved octets."""
    return _Field(name, lambda w, v: w.integers(form, v), lambda r: r.integers(form)[0])


_ID = _Field("id", lambda w, v: w.oid(v), lambda r: r.oid()[0])
_SUBTREE = _Field("subtree", lambda w, v: w.oid(v), lambda r: r.oid()[0])
_DESCR = _Field("descr", lambda w, v: w.octets(v), lambda r: r.octets())
_RANGES = _Field("ranges", _write_range, _read_range, repeated=True)
_VARBINDS = _Field("varbinds", _write_varbind, _read_varbind, repeated=True)
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
    """Return the octets of a PDU, in the byte order of its flags. Raise LocalError."""
    writer = Writer(order_of(pdu.flags))
    flags = pdu.flags
    if pdu.type not in _CONTEXT_FREE and (pdu.context or flags & _CONTEXT):
        flags |= _CONTEXT
        writer.octets(pdu.context)
    for entry in LAYOUT[pdu.type][1]:
        if entry is _UPPER_BOUND and not pdu.range_subid:  # type: ignore[attr-defined]  # those with it have both
            continue
        value = getattr(pdu, entry.name)
        for element in value if entry.repeated else (value,):
            entry.write(writer, element)
    payload = b"".join(writer.parts)
    numbers = struct.pack(writer.order + "3I", pdu.transaction_id, pdu.packet_id, len(payload))
    return prefix(pdu.type, pdu.session_id, flags) + numbers + payload


def decode(header: Header, payload: bytes) -> Pdu:
    """Read a payload. Raise PayloadError, also for octets that are left over."""
    steps = decode_in_steps(header, payload)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


def decode_in_steps(header: Header, payload: bytes) -> Generator[None, None, Pdu]:
    """Do the same, with a pause after each ``PAUSE_AFTER`` elements of a sequence."""
    reader = Reader(payload, header.order)
    kind, fields = LAYOUT[header.type]
    values: dict[str, Any] = {}
    if header.flags & _CONTEXT and header.type not in _CONTEXT_FREE:
        values["context"] = reader.octets()
    for entry in fields:
        if entry is _UPPER_BOUND and not values["range_subid"]:
            continue
        if not entry.repeated:
            values[entry.name] = entry.read(reader)
            continue
        elements: list[Any] = []
        read, more = entry.read, reader.more
        while more():
            elements.append(read(reader))
            if len(elements) % PAUSE_AFTER == 0:
                yield
        values[entry.name] = tuple(elements)
    if reader.more():
        raise PayloadError(f"{len(payload) - reader.at} octets are left over after a {header.type.name}")
    return kind(
        session_id=header.session_id,
        transaction_id=header.transaction_id,
        packet_id=header.packet_id,
        flags=header.flags,
        **values,
    )
