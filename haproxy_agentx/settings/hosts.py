"""The types of addresses and of URLs' hosts. Pure; no message repeats the text."""

import ipaddress
import re

from haproxy_agentx.settings.patterns import number
from haproxy_agentx.settings.types import ValueType, text

PORTS = range(1, 65536)
PORT_PATTERN = number(PORTS[0], PORTS[-1])
HOST_PATTERN = r"\[[0-9A-Fa-f:.]{2,45}\]|[0-9.]{7,15}|localhost"
_HOST_AND_PORT = re.compile(f"({HOST_PATTERN}):([0-9]{{1,5}})")


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine: localhost, or a loopback address, IPv6 also in brackets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_and_port(text: str, example: str) -> tuple[str, int]:
    """Return the numeric address, IPv6 in brackets, or localhost, and the port. Raise ValueError with the example."""
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


def _address(text: str) -> str:
    host_and_port(text, "write 127.0.0.1:161 or [::1]:161")
    return text


def _loopback(text: str) -> str:
    host, _ = host_and_port(text, "write 127.0.0.1:1162 or [::1]:1162, or none")
    if not is_loopback(host):
        raise ValueError(
            "it is not this machine, and anybody could send traps there: use a loopback address such as "
            "127.0.0.1:1162, and name it in a trap2sink line of snmpd.conf"
        )
    return text


_SCHEMA = text(f"(?:{HOST_PATTERN}):{PORT_PATTERN}")

ADDRESS: ValueType[str] = ValueType(words="ADDRESS:PORT", read=_address, schema=_SCHEMA)
"""HOST:PORT, where HOST is an address in figures, IPv6 in brackets, or localhost."""

LOOPBACK: ValueType[str] = ValueType(words="ADDRESS:PORT", read=_loopback, schema=_SCHEMA)
"""HOST:PORT on this machine, where traps are received: SNMPv2c has no secret worth the name."""
