"""Messages of SNMPv2c, from and to plain values (RFC 1901 3, RFC 3416 3, X.690 8), without a library. Pure.

A library takes ten times as long, and every user of this machine can send such a message to the trap port.
"""

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Message, Missing, PduKind, SnmpRequest, Value, VarBind
from haproxy_agentx.snmp.outline import INTEGER, MAX_VARBINDS, OCTETS, SEQUENCE, V2C, Outline, element, varbind_list
from haproxy_agentx.vocabulary.source import Invalid

MAX_SUBIDENTIFIERS = 128
"""RFC 2578 3.5."""

MAX_SUBIDENTIFIER = 0xFFFFFFFF

_NULL, _OID = 0x05, 0x06
_ENCODED_NULL = bytes((_NULL, 0))
_GET, _GET_BULK = 0xA0, 0xA5
_UNSIGNED = {0x41, 0x42, 0x43, 0x46}
"""Counter32, Gauge32, TimeTicks, Counter64 (RFC 2578 7.1)."""

_STRINGS = {OCTETS, 0x40, 0x44}
"""OCTET STRING, IpAddress, Opaque."""

MAX_INTEGER = 9
"""Octets of a Counter64 whose first bit is set."""

_GARBAGE = "an SNMP message is garbage ({})"


def request(asked: SnmpRequest, number: int, community: bytes) -> bytes:
    """Return the message that asks for ``asked``; ``number`` is its request-id."""
    tag, second, third = (_GET_BULK, asked.scalars, asked.repetitions) if asked.repetitions else (_GET, 0, 0)
    varbinds = b"".join(_encoded(SEQUENCE, _encoded_name(name) + _ENCODED_NULL) for name in asked.names)
    numbers = b"".join(_encoded_integer(each) for each in (number, second, third))
    pdu = _encoded(tag, numbers + _encoded(SEQUENCE, varbinds))
    return _encoded(SEQUENCE, _encoded_integer(V2C) + _encoded(OCTETS, community) + pdu)


def read(datagram: bytes, seen: Outline, most: int = MAX_VARBINDS) -> Message:
    """Return the PDU of a message whose outline, of V2C, is ``seen``. Raise Invalid, also above ``most`` bindings.

    ``kind`` is None for a PDU that is neither a notification nor a response.
    """
    if seen.version != V2C or seen.pdu is None:
        raise Invalid(_GARBAGE.format("not SNMPv2c"))
    if seen.varbinds > most:
        raise Invalid(f"a message with over {most} variable bindings was ignored")
    return read_pdu(datagram[_tag(datagram) :], most)


def read_pdu(pdu: bytes, most: int) -> Message:
    """Return what a PDU says, ``kind`` None for one that is not of interest. Raise Invalid, also above ``most``."""
    kind = _KINDS.get(pdu[0])
    if kind is None:
        return Message(None, 0, 0, 0, ())
    contents, _ = _must(pdu, 0, pdu[0])
    numbers, at = [], contents
    for _ in range(3):
        begin, at = _must(pdu, at, INTEGER)
        numbers.append(_integer(pdu[begin:at], signed=True))
    request, status, index = numbers
    where = varbind_list(pdu, contents)
    if where is None:
        raise Invalid(_GARBAGE.format("no variable bindings"))
    return Message(kind, request, status, index, tuple(_varbinds(pdu, *where, most)))


def without_varbinds(scoped: bytes) -> tuple[bytes, bytes | None]:
    """Return a scoped PDU (RFC 3412 6.8) with its response replaced by one without variable bindings, and the response.

    What holds no response, or is garbage, is returned as it is, with None.
    """
    whole = element(scoped, 0, SEQUENCE)
    engine = whole and element(scoped, whole[0], OCTETS)
    context = engine and element(scoped, engine[1], OCTETS)
    pdu = context and element(scoped, context[1], PduKind.response.value)
    if whole is None or context is None or pdu is None or pdu[1] != whole[1]:
        return scoped, None
    at = pdu[0]
    for _ in range(3):
        number = element(scoped, at, INTEGER)
        if number is None:
            return scoped, None
        at = number[1]
    bare = _encoded(PduKind.response.value, scoped[pdu[0] : at] + _encoded(SEQUENCE, b""))
    return _encoded(SEQUENCE, scoped[whole[0] : context[1]] + bare), scoped[context[1] : pdu[1]]


def answer(datagram: bytes) -> bytes:
    """Return the response to an inform: its own octets under another tag (RFC 3416 4.2.7)."""
    at = _tag(datagram)
    return datagram[:at] + bytes((PduKind.response.value,)) + datagram[at + 1 :]


def _encoded(tag: int, content: bytes) -> bytes:
    """Encode an element (X.690 8.1)."""
    length = len(content)
    if length < 0x80:  # noqa: PLR2004  -- X.690 8.1.3.4
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _encoded_integer(number: int) -> bytes:
    """Encode an INTEGER that is not negative (X.690 8.3)."""
    return _encoded(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _encoded_name(name: Oid) -> bytes:
    """Encode an OBJECT IDENTIFIER (X.690 8.19)."""
    octets = bytearray()
    for number in (40 * name[0] + name[1], *name[2:]):
        for shift in range(7 * ((number.bit_length() - 1) // 7), 0, -7):
            octets.append(0x80 | number >> shift & 0x7F)
        octets.append(number & 0x7F)
    return _encoded(_OID, bytes(octets))


_KINDS = {kind.value: kind for kind in PduKind}


def _tag(datagram: bytes) -> int:
    """Return where the PDU begins."""
    begin, _ = _must(datagram, 0, SEQUENCE)
    _, after_version = _must(datagram, begin, INTEGER)
    return _must(datagram, after_version, OCTETS)[1]


def _must(datagram: bytes, at: int, tag: int) -> tuple[int, int]:
    found = element(datagram, at, tag)
    if found is None:
        raise Invalid(_GARBAGE.format(f"no element of type {tag:#x}"))
    return found


def _varbinds(datagram: bytes, at: int, end: int, most: int) -> list[VarBind]:
    found: list[VarBind] = []
    while at < end:
        if len(found) >= most:
            raise Invalid(f"a message with over {most} variable bindings was ignored")
        begin, at = _must(datagram, at, SEQUENCE)
        name_begin, name_end = _must(datagram, begin, _OID)
        if name_end >= at:
            raise Invalid(_GARBAGE.format("a variable binding without a value"))
        tag = datagram[name_end]
        value_begin, value_end = _must(datagram, name_end, tag)
        if value_end != at:
            raise Invalid(_GARBAGE.format("a variable binding of another length"))
        found.append((_name(datagram[name_begin:name_end]), _value(tag, datagram[value_begin:value_end])))
    return found


def _name(octets: bytes) -> Oid:
    """Read an OBJECT IDENTIFIER (X.690 8.19)."""
    numbers: list[int] = []
    number, begins = 0, True
    for octet in octets:
        if begins and octet == 0x80:  # noqa: PLR2004  a leading zero, X.690 8.19.2
            raise Invalid(_GARBAGE.format("an identifier with a leading zero"))
        number = number << 7 | octet & 0x7F
        begins = not octet & 0x80
        if number > MAX_SUBIDENTIFIER + 80 * (not numbers) or len(numbers) > MAX_SUBIDENTIFIERS:
            raise Invalid(_GARBAGE.format("an identifier that is too long"))
        if begins:
            if not numbers:
                first = min(number // 40, 2)
                numbers.append(first)
                number -= 40 * first
            numbers.append(number)
            number = 0
    if not numbers or not begins:
        raise Invalid(_GARBAGE.format("a torn identifier"))
    return tuple(numbers)


def _integer(octets: bytes, *, signed: bool) -> int:
    if not 0 < len(octets) <= MAX_INTEGER:
        raise Invalid(_GARBAGE.format("a number that is too long"))
    return int.from_bytes(octets, "big", signed=signed)


def _value(tag: int, octets: bytes) -> Value:
    if tag == INTEGER:
        return _integer(octets, signed=True)
    if tag in _UNSIGNED:
        return _integer(octets, signed=False)
    if tag in _STRINGS:
        return octets
    if tag == _OID:
        return _name(octets)
    if tag == _NULL:
        return None
    try:
        return Missing(tag)
    except ValueError:
        raise Invalid(_GARBAGE.format(f"a value of type {tag:#x}")) from None
