"""What is seen of an SNMP message before it is decoded (X.690, RFC 1901, RFC 3412). Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outline:
    """What is seen of a message without decoding it. ``version`` is V1, V2C or V3.

    Of V1 and V2C: ``pdu`` is the tag and ``community`` is as it came. Of V2C: ``varbinds`` is their number, which is
    counted up to a limit. Of V3: ``user`` and ``level`` (1 noAuthNoPriv, 2 authNoPriv, 3 authPriv).
    """

    version: int
    pdu: int | None = None
    community: bytes = b""
    varbinds: int = 0
    user: bytes = b""
    level: int = 0


SEQUENCE, INTEGER, OCTETS = 0x30, 0x02, 0x04
V1, V2C, V3 = 0, 1, 3

MAX_VARBINDS = 64
"""Variable bindings of a notification that is read: keepalived's have 6, ours 30."""

MAX_RESPONSE_VARBINDS = 100
"""Variable bindings of a response that is read: snmpd returns no more."""


def outline(datagram: bytes, most: int = MAX_VARBINDS) -> Outline | None:
    """Look at a message (X.690 8.1, RFC 1901 3, RFC 3412 6). None where it is not one in full.

    Variable bindings are counted up to ``most`` + 1, whatever the message holds.
    """
    whole = element(datagram, 0, SEQUENCE)
    if whole is None or whole[1] != len(datagram):
        return None
    version = element(datagram, whole[0], INTEGER)
    if version is None or version[1] - version[0] != 1:
        return None
    number = datagram[version[0]]
    if number == V3:
        return _outline_v3(datagram, version[1])
    community = element(datagram, version[1], OCTETS)
    if number not in (V1, V2C) or community is None or community[1] >= len(datagram):
        return None
    tag = datagram[community[1]]
    pdu = element(datagram, community[1], tag)
    if pdu is None or pdu[1] != len(datagram):
        return None
    count = _count_varbinds(datagram, pdu[0], most + 1) if number == V2C else 0
    return None if count is None else Outline(number, tag, datagram[slice(*community)], count)


def varbind_list(datagram: bytes, pdu: int) -> tuple[int, int] | None:
    """Return where the variable bindings of the PDU whose contents begin at ``pdu`` begin and end; None for no PDU."""
    at = pdu
    for _ in range(3):  # request-id, error-status, error-index (RFC 3416 3)
        number = element(datagram, at, INTEGER)
        if number is None:
            return None
        at = number[1]
    found = element(datagram, at, SEQUENCE)
    return found if found is not None and found[1] == len(datagram) else None


def _count_varbinds(datagram: bytes, pdu: int, most: int) -> int | None:
    where = varbind_list(datagram, pdu)
    if where is None:
        return None
    at, end = where
    count = 0
    while at < end and count < most:
        item = element(datagram, at, SEQUENCE)
        if item is None or item[1] > end:
            return None
        at = item[1]
        count += 1
    return count


def _outline_v3(datagram: bytes, at: int) -> Outline | None:
    """Look at msgFlags and msgUserName (RFC 3412 6, RFC 3414 2.4)."""
    head = element(datagram, at, SEQUENCE)
    parameters = head and element(datagram, head[1], OCTETS)
    if head is None or parameters is None:
        return None
    at = head[0]
    for _ in range(2):  # msgID, msgMaxSize
        number = element(datagram, at, INTEGER)
        if number is None:
            return None
        at = number[1]
    flags = element(datagram, at, OCTETS)
    usm = element(datagram, parameters[0], SEQUENCE)
    if flags is None or flags[1] - flags[0] != 1 or usm is None:
        return None
    at = usm[0]
    for tag in (OCTETS, INTEGER, INTEGER):  # engine id, boots, time
        part = element(datagram, at, tag)
        if part is None:
            return None
        at = part[1]
    user = element(datagram, at, OCTETS)
    if user is None:
        return None
    level = (1, 2, 1, 3)[datagram[flags[0]] & 3]
    return Outline(V3, user=datagram[slice(*user)], level=level)


def element(data: bytes, at: int, tag: int) -> tuple[int, int] | None:
    """Return where the contents of the element at ``at`` begin and end, if it has that tag and lies within the data."""
    if at + 2 > len(data) or data[at] != tag:
        return None
    length, begin = data[at + 1], at + 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[at + 2 : begin], "big") if at + 2 < begin <= len(data) else len(data)
    return (begin, begin + length) if begin + length <= len(data) else None
