"""RFC 2741 on the wire, written a second time and independently, as the oracle of the conformance tests.

Nothing of the package under test is used here. Identifiers are dotted text, values plain Python, orders struct's
prefixes: ``>`` is NETWORK_BYTE_ORDER.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

OPEN, CLOSE, REGISTER, UNREGISTER, GET, GETNEXT, GETBULK = 1, 2, 3, 4, 5, 6, 7
TESTSET, COMMITSET, UNDOSET, CLEANUPSET, NOTIFY, PING = 8, 9, 10, 11, 12, 13
INDEXALLOCATE, INDEXDEALLOCATE, ADDAGENTCAPS, REMOVEAGENTCAPS, RESPONSE = 14, 15, 16, 17, 18
INSTANCE, NEW_INDEX, ANY_INDEX, CONTEXT, NETWORK = 1, 2, 4, 8, 16

INTEGER, OCTETS, NULL, OID, IPADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = (
    2, 4, 5, 6, 64, 65, 66, 67, 68, 70,
)  # fmt: skip
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 128, 129, 130

GEN_ERR, NO_ACCESS, COMMIT_FAILED, UNDO_FAILED, NOT_WRITABLE = 5, 6, 14, 15, 17
OPEN_FAILED, NOT_OPEN, UNSUPPORTED_CONTEXT, DUPLICATE_REGISTRATION = 256, 257, 262, 263
UNKNOWN_REGISTRATION, UNKNOWN_AGENT_CAPS, PARSE_ERROR, REQUEST_DENIED, PROCESSING_ERROR = 264, 265, 266, 267, 268

HEADER = 20


class VarBind(NamedTuple):
    """5.4: the name, the type, and the value: int, bytes, dotted text for an identifier, None for exceptions."""

    name: str
    type: int
    value: int | bytes | str | None


class Frame(NamedTuple):
    """One PDU as it came (6.1)."""

    type: int
    flags: int
    session: int
    transaction: int
    packet: int
    payload: bytes

    @property
    def order(self) -> str:
        return ">" if self.flags & NETWORK else "<"


class Answer(NamedTuple):
    """The payload of a Response (6.2.16)."""

    uptime: int
    error: int
    index: int  # type: ignore[assignment]  # of the varbind, and no method of a tuple
    varbinds: list[VarBind]


class Opening(NamedTuple):
    """The payload of an Open (6.2.1)."""

    timeout: int
    id: str
    descr: bytes


class Registration(NamedTuple):
    """The payload of a Register or Unregister without a range (6.2.3, 6.2.4)."""

    timeout: int
    priority: int
    subtree: str


# Writing


def oid(dotted: str, order: str = ">", include: int = 0) -> bytes:
    """5.1; an empty text is the null identifier."""
    numbers = [int(part) for part in dotted.split(".")] if dotted else []
    prefix = 0
    if numbers[:4] == [1, 3, 6, 1] and len(numbers) > 4 and 0 < numbers[4] < 256:
        prefix, numbers = numbers[4], numbers[5:]
    return struct.pack(f"{order}4B{len(numbers)}I", len(numbers), prefix, include, 0, *numbers)


def octets(text: bytes, order: str = ">") -> bytes:
    """5.3."""
    return struct.pack(order + "I", len(text)) + text + b"\0" * ((4 - len(text) % 4) % 4)


def value(kind: int, content: Any = None, order: str = ">") -> bytes:
    """5.4, v.data alone."""
    if kind in _NUMBERS:
        return struct.pack(order + _NUMBERS[kind], content)
    if kind == OID:
        return oid(content, order)
    return octets(content, order) if kind in {OCTETS, IPADDRESS, OPAQUE} else b""


_NUMBERS = {INTEGER: "i", COUNTER32: "I", GAUGE32: "I", TIMETICKS: "I", COUNTER64: "Q"}


def varbind(name: str, kind: int, content: Any = None, order: str = ">") -> bytes:
    """5.4."""
    return struct.pack(order + "HH", kind, 0) + oid(name, order) + value(kind, content, order)


Range = str | tuple[str, str] | tuple[str, str, int]
"""The start, or start and end, or start, end and include."""


def ranges(searches: Iterable[Range], order: str = ">") -> bytes:
    """5.2."""
    parts: list[bytes] = []
    for search in searches:
        start, *rest = (search,) if isinstance(search, str) else search
        end, include = (*rest, "", 0)[:2] if len(rest) != 1 else (rest[0], 0)
        parts += oid(start, order, include), oid(end, order)
    return b"".join(parts)


def frame(
    kind: int,
    payload: bytes = b"",
    *,
    session: int = 0,
    transaction: int = 0,
    packet: int = 0,
    order: str = ">",
    flags: int = 0,
    version: int = 1,
    reserved: int = 0,
    length: int | None = None,
) -> bytes:
    """6.1; everything can be wrong, for who wants it wrong."""
    flags |= NETWORK if order == ">" else 0
    size = len(payload) if length is None else length
    return struct.pack(order + "4B4I", version, kind, flags, reserved, session, transaction, packet, size) + payload


def response(
    request: Frame, error: int = 0, index: int = 0, *, session: int | None = None, varbinds: Sequence[bytes] = ()
) -> bytes:
    """6.2.16, in the byte order of the request."""
    payload = struct.pack(request.order + "IHH", 4200, error, index) + b"".join(varbinds)
    return frame(
        RESPONSE,
        payload,
        session=request.session if session is None else session,
        transaction=request.transaction,
        packet=request.packet,
        order=request.order,
    )


# Reading


def take_frame(data: bytearray) -> Frame | None:
    """Take one whole PDU from the front of what was read."""
    if len(data) < HEADER:
        return None
    version, kind, flags, _ = data[:4]
    assert version == 1
    order = ">" if flags & NETWORK else "<"
    session, transaction, packet, length = struct.unpack_from(order + "4I", data, 4)
    assert length % 4 == 0, "payload_length must be a multiple of 4"
    if len(data) < HEADER + length:
        return None
    whole = Frame(kind, flags, session, transaction, packet, bytes(data[HEADER : HEADER + length]))
    del data[: HEADER + length]
    return whole


def read_oid(data: bytes, at: int, order: str) -> tuple[str, int]:
    """Give the identifier and where it ends."""
    count, prefix, _include, reserved = data[at : at + 4]
    assert reserved == 0
    numbers = struct.unpack_from(f"{order}{count}I", data, at + 4)
    head = (1, 3, 6, 1, prefix) if prefix else ()
    return ".".join(map(str, head + numbers)), at + 4 + 4 * count


def read_octets(data: bytes, at: int, order: str) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(order + "I", data, at)
    end = at + 4 + length
    padded = end + (-length % 4)
    assert padded <= len(data)
    assert not any(data[end:padded]), "padding must be zero (5.3)"
    return data[at + 4 : end], padded


def read_varbind(data: bytes, at: int, order: str) -> tuple[VarBind, int]:
    kind, reserved = struct.unpack_from(order + "HH", data, at)
    assert reserved == 0
    name, at = read_oid(data, at + 4, order)
    content: int | bytes | str | None = None
    if kind in _NUMBERS:
        (content,) = struct.unpack_from(order + _NUMBERS[kind], data, at)
        at += struct.calcsize(order + _NUMBERS[kind])
    elif kind == OID:
        content, at = read_oid(data, at, order)
    elif kind in {OCTETS, IPADDRESS, OPAQUE}:
        content, at = read_octets(data, at, order)
    else:
        assert kind in {NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW}, f"value type {kind}"
    return VarBind(name, kind, content), at


def read_varbinds(data: bytes, at: int, order: str) -> list[VarBind]:
    found = []
    while at < len(data):
        one, at = read_varbind(data, at, order)
        found.append(one)
    return found


def read_answer(answer: Frame) -> Answer:
    assert answer.type == RESPONSE
    uptime, error, index = struct.unpack_from(answer.order + "IHH", answer.payload)
    return Answer(uptime, error, index, read_varbinds(answer.payload, 8, answer.order))


def read_opening(opening: Frame) -> Opening:
    name, at = read_oid(opening.payload, 4, opening.order)
    descr, at = read_octets(opening.payload, at, opening.order)
    assert at == len(opening.payload)
    return Opening(opening.payload[0], name, descr)


def read_registration(registration: Frame) -> Registration:
    timeout, priority, range_subid, _ = registration.payload[:4]
    assert range_subid == 0
    subtree, at = read_oid(registration.payload, 4, registration.order)
    assert at == len(registration.payload)
    return Registration(timeout, priority, subtree)


def read_close(close: Frame) -> int:
    """Give the reason."""
    assert len(close.payload) == 4
    return close.payload[0]
