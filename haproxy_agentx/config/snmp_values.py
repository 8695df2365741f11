"""The values that say how snmpd is spoken to: each reads one text, or raises ValueError with 'what: remedy'.

No message repeats the text: it may be a community or a passphrase that was put in the wrong place.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence

from haproxy_agentx.config.values import NONE, PORTS, is_loopback
from haproxy_agentx.snmp.access import AUTH_PROTOCOLS, LEVELS, PRIV_PROTOCOLS

USER_LIMIT = 32
"""Octets in a user's name (RFC 3414 5, usmUserName)."""

_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9.]{7,15}|localhost):([0-9]{1,5})")


def traps(text: str) -> str | None:
    """Read where traps are listened for: HOST:PORT on loopback, or ``none``. v2c has no secret worth the name."""
    if text == NONE:
        return None
    example = "write 127.0.0.1:1162 or [::1]:1162, or none"
    host, _ = _host_and_port(text, example)
    if not is_loopback(host):
        raise ValueError(
            "it is not this machine, and anybody could send traps there: use a loopback address such as "
            "127.0.0.1:1162, and name it in a trap2sink line of snmpd.conf"
        )
    return text


def address(text: str) -> str:
    """Read where snmpd answers: HOST:PORT, an address in figures or localhost."""
    _host_and_port(text, "write 127.0.0.1:161 or [::1]:161")
    return text


def user(text: str) -> str:
    """Read the name of a user of SNMPv3."""
    if not text.isprintable() or " " in text or len(text.encode(errors="replace")) > USER_LIMIT:
        raise ValueError(f"it is not a user name: use that of createUser, at most {USER_LIMIT} octets without blanks")
    return text


def _one_of(words: Sequence[str], what: str, others: dict[str, str]) -> Callable[[str], str]:
    known = {word.lower(): word for word in words} | others

    def read(text: str) -> str:
        word = known.get(text[:40].lower().replace("-", ""))
        if word is None:
            raise ValueError(f"it is not {what}: use one of {', '.join(words)}")
        return word

    return read


level = _one_of(LEVELS, "a security level", {})
auth_protocol = _one_of(AUTH_PROTOCOLS, "a protocol of authentication", {"sha1": "SHA"})
priv_protocol = _one_of(PRIV_PROTOCOLS, "a protocol of encryption", {"aes128": "AES"})


def _host_and_port(text: str, example: str) -> tuple[str, int]:
    match = _HOST_AND_PORT.fullmatch(text)
    host, port = (match[1], int(match[2])) if match else ("", 0)
    try:
        if host != "localhost":
            ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        port = 0
    if port not in PORTS:
        raise ValueError(f"it is not a numeric address with a port: {example}")
    return host, port
