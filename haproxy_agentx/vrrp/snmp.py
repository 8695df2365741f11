"""What an SNMP message says, in plain values (RFC 3416), and how one is known before it is decoded. Pure."""

from dataclasses import dataclass
from enum import Enum, IntEnum

Name = tuple[int, ...]


class Missing(Enum):
    """The exceptions that stand in the place of a value (RFC 3416 3)."""

    noSuchObject = 0x80  # noqa: N815  -- RFC 3416's own words
    noSuchInstance = 0x81  # noqa: N815
    endOfMibView = 0x82  # noqa: N815


Value = int | bytes | Name | Missing | None
"""Numbers and times are int, octet strings and addresses bytes, Null is None."""

VarBind = tuple[Name, Value]


class Kind(Enum):
    """The PDUs that are of interest here, by their tags (RFC 3416 3)."""

    response = 0xA2
    inform = 0xA6
    trap = 0xA7
    report = 0xA8


class Error(IntEnum):
    """The values of error-status (RFC 3416 3) that mean something of their own to a reader."""

    none = 0
    too_big = 1
    gen_err = 5
    no_access = 6
    authorization = 16


@dataclass(frozen=True, slots=True)
class Message:
    """A PDU. ``kind`` is None for all that is not of interest; ``error`` and ``index`` are as they came."""

    kind: Kind | None
    request: int
    error: int
    index: int
    varbinds: tuple[VarBind, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A Get of ``names`` or, with ``repetitions``, a GetBulk whose first ``scalars`` names are not repeated."""

    names: tuple[Name, ...]
    repetitions: int = 0
    scalars: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """What is seen of a message at once: ``version`` is V1, V2C or V3, ``pdu`` the tag, which v3 does not show."""

    version: int
    pdu: int | None = None


SEQUENCE, INTEGER, OCTETS = 0x30, 0x02, 0x04
V1, V2C, V3 = 0, 1, 3


def outline(datagram: bytes) -> Outline | None:
    """Look at the beginning of a message (X.690 8.1, RFC 1901 3). None where it is not one in full."""
    whole = _element(datagram, 0, SEQUENCE)
    if whole is None or whole[1] != len(datagram):
        return None
    version = _element(datagram, whole[0], INTEGER)
    if version is None or version[1] - version[0] != 1:
        return None
    number = datagram[version[0]]
    if number == V3:
        return Outline(number)
    community = _element(datagram, version[1], OCTETS)
    if number not in (V1, V2C) or community is None or community[1] >= len(datagram):
        return None
    pdu = _element(datagram, community[1], datagram[community[1]])
    return Outline(number, datagram[community[1]]) if pdu and pdu[1] == len(datagram) else None


def _element(data: bytes, at: int, tag: int) -> tuple[int, int] | None:
    """Give where the contents of the element at ``at`` begin and end, when it has that tag and lies within the data."""
    if at + 2 > len(data) or data[at] != tag:
        return None
    length, begin = data[at + 1], at + 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[at + 2 : begin], "big") if at + 2 < begin <= len(data) else len(data)
    return (begin, begin + length) if begin + length <= len(data) else None
