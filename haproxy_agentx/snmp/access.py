"""How an SNMP agent is reached, and as whom: addresses, users, and the files with their secrets. Pure."""

from dataclasses import dataclass, field
from typing import Final

LEVELS: Final = ("noAuthNoPriv", "authNoPriv", "authPriv")
"""Security levels of SNMPv3 (RFC 3411, 3.4.3)."""

AUTH_PROTOCOLS: Final = ("MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512")
"""usmHMACMD5AuthProtocol, usmHMACSHAAuthProtocol (RFC 3414) and those of RFC 7860, without the hyphen of net-snmp."""

PRIV_PROTOCOLS: Final = ("DES", "AES", "AES192", "AES256")
"""usmDESPrivProtocol (RFC 3414), usmAesCfb128Protocol (RFC 3826), and Blumenthal's longer keys as net-snmp has them."""


@dataclass(frozen=True, slots=True)
class V3Access:
    """A user of SNMPv3 (USM).

    ``level`` is one of LEVELS, the protocols are of AUTH_PROTOCOLS and PRIV_PROTOCOLS. The files hold the passphrases,
    of which line breaks at the end are no part; each is None where the level does not need it.
    """

    user: str
    level: str = "authPriv"
    auth_protocol: str = "SHA"
    auth_file: str | None = None
    priv_protocol: str = "AES"
    priv_file: str | None = None


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """An SNMP agent and who asks it: one of ``community_file`` (v2c) and ``v3`` is given.

    ``address`` is HOST:PORT, where HOST is an IPv4 address, an IPv6 address in brackets, or localhost.
    """

    address: str = "127.0.0.1:161"
    community_file: str | None = None
    v3: V3Access | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user of SNMPv3 with its secrets, of which none is ever written."""

    access: V3Access
    auth: bytes | None = field(default=None, repr=False)
    priv: bytes | None = field(default=None, repr=False)

    @property
    def level(self) -> int:
        """As RFC 3411 5 numbers them: 1 noAuthNoPriv, 2 authNoPriv, 3 authPriv."""
        return LEVELS.index(self.access.level) + 1
