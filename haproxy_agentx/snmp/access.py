"""How an SNMP agent is reached, and as whom: addresses, users, and the files with their secrets. Pure."""

from dataclasses import dataclass, field

from haproxy_agentx.settings.given import Given
from haproxy_agentx.settings.hosts import ADDRESS
from haproxy_agentx.settings.keys import key, optional, optional_group, required
from haproxy_agentx.settings.paths import secret_file
from haproxy_agentx.settings.types import ValueType, plain, words
from haproxy_agentx.snmp.message import AUTH_PROTOCOLS, LEVELS, PRIV_PROTOCOLS

USER_LIMIT = 32
"""Octets in a user's name (RFC 3414 5, usmUserName)."""

_FILES_OF_LEVELS = {"auth_file": ("authNoPriv", "authPriv"), "priv_file": ("authPriv",)}
"""Levels that a file is needed for."""


def _user(text: str) -> str:
    if not text.isprintable() or " " in text or len(text.encode(errors="replace")) > USER_LIMIT:
        raise ValueError(f"it is not a user name: use that of createUser, at most {USER_LIMIT} octets without blanks")
    return text


# No message repeats the text: it may be a community or a passphrase that was put in the wrong place.
_USER: ValueType[str] = ValueType(words="name", read=_user, schema={**plain("[^ ]+"), "maxLength": USER_LIMIT})
_LEVEL = words({word: word for word in LEVELS}, "a security level", echo=False)
_AUTH = words({word: word for word in AUTH_PROTOCOLS}, "a protocol of authentication", {"SHA1": "SHA"}, echo=False)
_PRIV = words({word: word for word in PRIV_PROTOCOLS}, "a protocol of encryption", {"AES128": "AES"}, echo=False)


@dataclass(frozen=True, slots=True)
class V3Access:
    """A user of SNMPv3 (USM).

    The files hold the passphrases, of which line breaks at the end are no part; each is None where the level does not
    need it.
    """

    user: str = required(_USER, example="monitor", help="user of createUser")
    level: str = key(_LEVEL, default="authPriv", help="{range}")
    auth_protocol: str = key(_AUTH, default="SHA", help="{range}")
    auth_file: str | None = optional(
        secret_file("passphrase"),
        example="/etc/haproxy-agentx/auth",
        help="file with the passphrase, or credential:NAME",
    )
    priv_protocol: str = key(_PRIV, default="AES", help="{range}")
    priv_file: str | None = optional(
        secret_file("passphrase"), example="/etc/haproxy-agentx/priv", help="the same for the privacy passphrase"
    )

    def check(self, given: Given) -> None:
        """Note files that the level needs, and those that it does not use."""
        if given.refused("level"):
            return
        for file, levels in _FILES_OF_LEVELS.items():
            if self.level in levels and not given.has(file):
                given.note_at(file, f"it is missing, and the level is {self.level}: add it, or take another level")
            if self.level not in levels and given.has(file):
                given.note_at(file, f"it is not used with the level {self.level}: remove it, or raise the level")


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """An SNMP agent and who asks it: one of ``community_file`` (v2c) and ``v3`` is given.

    ``address`` is HOST:PORT, where HOST is an IPv4 address, an IPv6 address in brackets, or localhost.
    """

    address: str = key(ADDRESS, default="127.0.0.1:161", help="where it answers SNMP requests")
    community_file: str | None = optional(
        secret_file("community"),
        example="/etc/haproxy-agentx/community",
        help="SNMPv2c: file with the community, or credential:NAME",
    )
    v3: V3Access | None = optional_group(V3Access, help="SNMPv3 instead of a community")

    def check(self, given: Given) -> None:
        """Note where nothing, or more than one thing, says who asks."""
        found = [name for name in ("community_file", "v3") if given.has(name)]
        if len(found) > 1:
            given.note_at(found[1], f"{found[0]} is given, too: remove one of the two")
        elif not found:
            given.note_here("it does not say who asks: add community_file for SNMPv2c, or v3")


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
