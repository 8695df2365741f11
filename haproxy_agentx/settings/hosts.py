"""The types of addresses and of URLs' hosts. Pure; no message repeats the text."""

from ipaddress import ip_address

from haproxy_agentx.settings.patterns import number
from haproxy_agentx.settings.types import ValueType, text
from haproxy_agentx.vocabulary.endpoint import HOST_PATTERN, PORTS, parse

PORT_PATTERN = number(PORTS[0], PORTS[-1])


def _address(text: str) -> str:
    parse(text)
    return text


def _host(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("it is not a numeric address: write 192.0.2.50 or 2001:db8::50, without a port") from None


def _loopback(text: str) -> str:
    if not parse(text, "write 127.0.0.1:1162 or [::1]:1162, or none").is_loopback:
        raise ValueError(
            "it is not this machine, and anybody could send traps there: use a loopback address such as "
            "127.0.0.1:1162, and name it in a trap2sink line of snmpd.conf"
        )
    return text


_SCHEMA = text(f"(?:{HOST_PATTERN}):{PORT_PATTERN}")

ADDRESS: ValueType[str] = ValueType(words="ADDRESS:PORT", read=_address, schema=_SCHEMA)
"""HOST:PORT, where HOST is an address in figures, IPv6 in brackets, or localhost."""

HOST: ValueType[str] = ValueType(words="address", read=_host, schema=text("[0-9A-Fa-f:.]{2,45}"))
"""An IP address in figures."""

LOOPBACK: ValueType[str] = ValueType(words="ADDRESS:PORT", read=_loopback, schema=_SCHEMA)
"""HOST:PORT on this machine, where traps are received: SNMPv2c has no secret worth the name."""
