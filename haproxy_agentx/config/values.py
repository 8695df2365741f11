"""The types of values that no other part of the program has. Pure.

A message repeats the text only where it can not be a secret that was put in the wrong place.
"""

import re
from urllib.parse import urlsplit

from haproxy_agentx.agentx import oid
from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.model import Role
from haproxy_agentx.health.rate_limiter import Rate
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.settings.hosts import PORT_PATTERN
from haproxy_agentx.settings.paths import PATH_LIMIT, PATH_PATTERN, checked_socket_path
from haproxy_agentx.settings.patterns import any_case, number
from haproxy_agentx.settings.types import ValueType, plain, text, words
from haproxy_agentx.vocabulary.endpoint import parse
from haproxy_agentx.vocabulary.shown import URL_LIMIT, printable, shown_url

INTERNET: Oid = (1, 3, 6, 1)
MAX_ROOT = 100
"""Sub-identifiers in the root; 128 is the limit of an instance (RFC 2578 3.5), and ours add up to seven."""

OTHERS: dict[Oid, str] = {
    (1, 3, 6, 1, 2, 1): "the standard MIBs (mib-2)",
    (1, 3, 6, 1, 4, 1, 2021): "net-snmp's own UCD-SNMP-MIB",
    (1, 3, 6, 1, 4, 1, 9586, 100, 5): "keepalived's KEEPALIVED-MIB",
    (1, 3, 6, 1, 6, 3): "SNMP's own administration (snmpModules)",
}
"""What a root would shadow in snmpd."""

INSTANCE_LIMIT = 255
"""Octets in the name of a VRRP instance (SnmpAdminString)."""

LIMIT_RANGE = (1, 600)
"""Events in a minute or an hour."""

_NAME_PATTERN = "[A-Za-z0-9._:-]{1,64}"
_LIMIT = re.compile("([0-9]{1,9}) ?/ ?(min|hour|h)")
_PERIODS = {"min": 60.0, "h": 3600.0, "hour": 3600.0}


def _root(text: str) -> Oid:
    """Read the root of the MIB: below 1.3.6.1, at most MAX_ROOT long, and not in a subtree that belongs to others."""
    try:
        value = oid.parse(text)
    except ValueError:
        raise ValueError(
            f"'{printable(text, 80)}' is not an object identifier: write numbers below 2^32 and dots, such as "
            f"{oid.dotted(ROOT)}"
        ) from None
    if len(value) > MAX_ROOT:
        raise ValueError(f"it has {len(value)} sub-identifiers: use at most {MAX_ROOT}")
    if len(value) <= len(INTERNET) or value[: len(INTERNET)] != INTERNET:
        raise ValueError(
            "it is not below 1.3.6.1 (internet): use an OID below your own enterprise number in 1.3.6.1.4.1"
        )
    for other, whose in OTHERS.items():
        shorter = min(len(value), len(other))
        if value[:shorter] == other[:shorter]:
            raise ValueError(
                f"it would shadow {oid.dotted(other)}, {whose}: use an OID below your own enterprise number"
            )
    return value


def _name(text: str) -> str:
    if not re.fullmatch(_NAME_PATTERN, text):
        raise ValueError(f"'{printable(text, 80)}' is not a name: use 1 to 64 letters, digits and . _ : -")
    return text


def _agentx_socket(text: str) -> str:
    """Read where snmpd listens: an absolute path, or ``tcp:HOST:PORT`` with a loopback address or localhost."""
    if not text.startswith("tcp:"):
        return checked_socket_path(text, ": write the path of the socket, /var/agentx/master, or tcp:127.0.0.1:705")
    try:
        endpoint = parse(text.removeprefix("tcp:"))
    except ValueError:
        raise ValueError(
            f"'{printable(text, 80)}' is not an address: write tcp:127.0.0.1:705 or tcp:[::1]:705"
        ) from None
    if not endpoint.is_loopback:
        raise ValueError(
            f"'{printable(text, 80)}' is not this machine, and AgentX has no authentication: use a loopback address "
            "such as tcp:127.0.0.1:705, or the path of the socket"
        )
    return text


def _stats(text: str) -> str:
    """Read where an HAProxy is read: the absolute path of its stats socket, or the URL of its statistics page.

    The text is in no message: a password may be in it.
    """
    if "://" in text:
        return _url(text)
    remedy = ": write the path of the stats socket, /run/haproxy/admin.sock, or https://host:8404/stats"
    if re.match(r"(?i)https?:", text):
        raise ValueError("it is not a URL: '//' must follow 'http:' or 'https:'" + remedy)
    return checked_socket_path(text, remedy)


def _url(text: str) -> str:
    example = ": write it as https://host:8404/stats"
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > URL_LIMIT:
        raise ValueError(f"it is not a URL: only ASCII without blanks, and {URL_LIMIT} characters at most" + example)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it is not a URL: host or port cannot be read" + example) from None
    if "@" in parts.netloc:
        raise ValueError("credentials in a URL are refused, they end up in logs: use the keys username, password_file")
    if parts.scheme not in {"http", "https"}:
        raise ValueError("only http:// and https:// are supported" + example)
    if not host or port == 0:
        raise ValueError("it is not a URL: there is no host, or the port is 0" + example)
    if parts.fragment:
        raise ValueError("a URL of a statistics page has no '#...': remove it")
    return text


def _username(text: str) -> str:
    """Read a name for HTTP basic authentication (RFC 7617 2: it holds no colon)."""
    if not text or ":" in text or not text.isprintable() or len(text) > PATH_LIMIT:
        raise ValueError("it is not a user name: no colon can be in it: write the password to the password_file")
    return text


def _vrrp_instance(text: str) -> str:
    if not text.isprintable() or text != text.strip() or len(text.encode(errors="replace")) > INSTANCE_LIMIT:
        raise ValueError(
            f"it is not the name of a VRRP instance: write what follows vrrp_instance in keepalived.conf, at most "
            f"{INSTANCE_LIMIT} octets"
        )
    return text


def _limit(text: str) -> Rate:
    match = _LIMIT.fullmatch(text)
    if not match:
        raise ValueError(f"'{printable(text, 40)}' is not a limit: write it as 10/min or 60/hour")
    least, most = LIMIT_RANGE
    if not least <= int(match[1]) <= most:
        raise ValueError(f"{match[0]} is out of range: {least} to {most} per min or hour are allowed")
    return Rate(int(match[1]), _PERIODS[match[2]])


def _limit_text(rate: Rate) -> str:
    return f"{rate.limit}/{'hour' if rate.per == _PERIODS['hour'] else 'min'}"


ROOT_OID: ValueType[Oid] = ValueType(
    words="object identifier",
    read=_root,
    write=oid.dotted,
    schema=text(rf"\.?0*1\.0*3\.0*6\.0*1(?:\.[0-9]{{1,10}}){{1,{MAX_ROOT - len(INTERNET)}}}"),
)
NAME: ValueType[str] = ValueType(words="name", read=_name, schema=plain(_NAME_PATTERN))
"""It becomes part of SNMP names and log lines."""

AGENTX_SOCKET: ValueType[str] = ValueType(
    words="path, or tcp:ADDRESS:PORT",
    read=_agentx_socket,
    schema=text(rf"{PATH_PATTERN}|tcp:(?:\[[0-9A-Fa-f:.]+\]|localhost|127\.[0-9.]+):{PORT_PATTERN}"),
)
STATS: ValueType[str] = ValueType(
    words="path or URL",
    read=_stats,
    write=shown_url,
    schema={**text(f"{PATH_PATTERN}|{any_case('http')}[Ss]?://[!-~]+"), "maxLength": URL_LIMIT},
)
USERNAME: ValueType[str] = ValueType(words="name", read=_username, schema=plain("[^:]+"))
VRRP_INSTANCE: ValueType[str] = ValueType(
    words="name", read=_vrrp_instance, schema={**plain(".+"), "maxLength": INSTANCE_LIMIT}
)
ROLE = words({"master": Role.master, "backup": Role.backup}, "a role")
LIMIT: ValueType[Rate] = ValueType(
    words="COUNT/min or COUNT/hour",
    read=_limit,
    write=_limit_text,
    range=f"{LIMIT_RANGE[0]} to {LIMIT_RANGE[1]} per min or hour",
    schema=text(f"{number(*LIMIT_RANGE)} ?/ ?(?:min|hour|h)"),
)
