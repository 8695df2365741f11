"""What an SNMP message says, in plain values (RFC 3416). Pure."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from haproxy_agentx.agentx.oid import Oid


class Missing(Enum):
    """The exceptions that stand in the place of a value (RFC 3416 3)."""

    noSuchObject = 0x80  # noqa: N815  -- RFC 3416's own words
    noSuchInstance = 0x81  # noqa: N815
    endOfMibView = 0x82  # noqa: N815


Value = int | bytes | Oid | Missing | None
"""Numbers and times are int, octet strings and addresses bytes, Null is None."""

VarBind = tuple[Oid, Value]

MAX_REQUEST = 0x7FFFFFFF
"""request-id is an Integer32, and some agents want it positive."""


LEVELS: Final = ("noAuthNoPriv", "authNoPriv", "authPriv")
"""Security levels of SNMPv3 (RFC 3411, 3.4.3)."""

AUTH_PROTOCOLS: Final = ("MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512")
"""usmHMACMD5AuthProtocol, usmHMACSHAAuthProtocol (RFC 3414) and those of RFC 7860, without the hyphen of net-snmp."""

PRIV_PROTOCOLS: Final = ("DES", "AES", "AES192", "AES256")
"""usmDESPrivProtocol (RFC 3414), usmAesCfb128Protocol (RFC 3826), and Blumenthal's longer keys as net-snmp has them."""


class PduKind(Enum):
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

    kind: PduKind | None
    request: int
    error: int
    index: int
    varbinds: tuple[VarBind, ...]


@dataclass(frozen=True, slots=True)
class SnmpRequest:
    """A Get of ``names`` or, with ``repetitions``, a GetBulk whose first ``scalars`` names are not repeated."""

    names: tuple[Oid, ...]
    repetitions: int = 0
    scalars: int = 0


DISCOVERY = bytes.fromhex(
    "3037020103300d020101020205dc0401040201030410300e0400020100020100040004000400301104000400a00b0201010201000201003000"
)
"""A request of SNMPv3 without an engine, a user or a name: an agent answers it with its engine (RFC 3414 4)."""
