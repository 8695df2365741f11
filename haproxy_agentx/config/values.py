"""The values of the configuration: each function reads one text, or raises ValueError with 'what: remedy'.

A message repeats the text only where it can not be a secret that was put in the wrong place.
"""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from haproxy_agentx.agentx import oid
from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.text.printable import printable

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

CREDENTIAL = "credential:"
CREDENTIALS_DIRECTORY = "/run/credentials/haproxy-agentx.service"
"""Where systemd puts LoadCredential= of our unit (systemd.exec(5)); the daemon itself reads the environment."""

SOCKET_PATH_LIMIT = 107
"""Octets in the path of a Unix socket (unix(7)): sun_path less its end."""

PORTS = range(1, 65536)
NONE = "none"
"""What is written for what is not to be used."""

PATH_LIMIT = 4095
URL_LIMIT = 2048
MAX_DAYS = 3650
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,255}")
_TCP = re.compile(r"tcp:(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+):([0-9]{1,5})")
_PRIORITIES = range(1, 256)


def root(text: str) -> Oid:
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


def duration(least: float, most: float) -> Callable[[str], float]:
    """Return a reader of seconds between ``least`` and ``most``: 1s, 500ms, 2m, 1h, or a plain number of seconds."""

    def read(text: str) -> float:
        match = _DURATION.fullmatch(text)
        if not match:
            raise ValueError(f"'{printable(text, 40)}' is not a duration: write it as 1s, 500ms, 2m, or in seconds")
        seconds = round(float(match[1]) * _SECONDS[match[2]], 9)
        if not least <= seconds <= most:
            raise ValueError(f"{match[0]} is out of range: {least:g}s to {most:g}s are allowed")
        return seconds

    return read


def name(text: str) -> str:
    """Read the name of an HAProxy: it becomes part of SNMP names and log lines."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"'{printable(text, 80)}' is not a name: use 1 to 64 letters, digits and . _ : -")
    return text


def priority(text: str) -> int:
    """Read the priority of the registration (RFC 2741 6.2.3): 1..255, the lower one wins."""
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) not in _PRIORITIES:
        raise ValueError(f"'{printable(text, 40)}' is not a priority: use a whole number from 1 to 255, normally 127")
    return int(text)


def agentx_socket(text: str) -> str:
    """Read where snmpd listens: an absolute path, or ``tcp:HOST:PORT`` with a loopback address or localhost."""
    if not text.startswith("tcp:"):
        return _socket_path(text, ": write the path of the socket, /var/agentx/master, or tcp:127.0.0.1:705")
    match = _TCP.fullmatch(text)
    if not match or int(match[2]) not in PORTS:
        raise ValueError(f"'{printable(text, 80)}' is not an address: write tcp:127.0.0.1:705 or tcp:[::1]:705")
    if not is_loopback(match[1]):
        raise ValueError(
            f"'{printable(text, 80)}' is not this machine, and AgentX has no authentication: use a loopback address "
            "such as tcp:127.0.0.1:705, or the path of the socket"
        )
    return text


def stats(text: str) -> str:
    """Read where an HAProxy is read: the absolute path of its stats socket, or the URL of its statistics page.

    The text is in no message: a password may be in it.
    """
    if "://" in text:
        return _url(text)
    remedy = ": write the path of the stats socket, /run/haproxy/admin.sock, or https://host:8404/stats"
    if re.match(r"(?i)https?:", text):
        raise ValueError("it is not a URL: '//' must follow 'http:' or 'https:'" + remedy)
    return _socket_path(text, remedy)


def socket_path(text: str) -> str:
    """Read the absolute path of a socket."""
    return _socket_path(text, ": write the whole path of the socket, beginning with /")


def days(text: str) -> float:
    """Read a number of days, 0 to MAX_DAYS."""
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > MAX_DAYS:
        raise ValueError(f"'{printable(text, 40)}' is not a number of days: use a whole number from 0 to {MAX_DAYS}")
    return float(text)


def username(text: str) -> str:
    """Read a name for HTTP basic authentication (RFC 7617 2: it holds no colon)."""
    if not text or ":" in text or not text.isprintable() or len(text) > PATH_LIMIT:
        raise ValueError("it is not a user name: no colon can be in it: write the password to the password_file")
    return text


def path(text: str) -> str:
    """Read the absolute path of a file."""
    return _path(text, ": write the whole path, beginning with /")


def secret_file(what: str, credentials: str) -> Callable[[str], str]:
    """Return a reader of the path of a file that holds a secret (``what``: password), or of ``credential:NAME``.

    The latter is the file NAME in the folder ``credentials``, a systemd credential. The text is in no message: it may
    be the secret itself.
    """
    remedy = f": write the whole path of a file that holds the {what}, or credential:NAME for a systemd credential"

    def read(text: str) -> str:
        if not text.startswith(CREDENTIAL):
            return _path(text, remedy)
        credential = text.removeprefix(CREDENTIAL)
        if not _CREDENTIAL_NAME.fullmatch(credential) or credential in {".", ".."}:
            raise ValueError("what follows 'credential:' is not the name of one" + remedy)
        return f"{credentials.rstrip('/')}/{credential}"

    return read


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine: localhost, or a loopback address, IPv6 also in brackets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _path(text: str, remedy: str) -> str:
    if not text.startswith("/"):
        raise ValueError("it is not an absolute path" + remedy)
    if text.endswith("/"):
        raise ValueError("it is the path of a folder" + remedy)
    if not text.isprintable():
        raise ValueError("there is a character in it that cannot be printed" + remedy)
    if len(text.encode()) > PATH_LIMIT:
        raise ValueError(f"it is longer than {PATH_LIMIT} octets" + remedy)
    return text


def _socket_path(text: str, remedy: str) -> str:
    if len(_path(text, remedy).encode()) > SOCKET_PATH_LIMIT:
        raise ValueError(f"the path of a socket has at most {SOCKET_PATH_LIMIT} octets: use a shorter one, or a link")
    return text


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
