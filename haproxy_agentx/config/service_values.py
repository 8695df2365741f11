"""The values of services and of notifications: each reads one text, or raises ValueError with 'what: remedy'."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from haproxy_agentx.config.values import NONE, URL_LIMIT, duration, path
from haproxy_agentx.haproxy.probe_target import place_of
from haproxy_agentx.health.model import Minimum, Role
from haproxy_agentx.text.printable import printable

MAX_MINIMUM = 1_000_000
"""Servers; more than any HAProxy has."""

INSTANCE_LIMIT = 255
"""Octets in the name of a VRRP instance (SnmpAdminString)."""

PROXY_LIMIT = 255
LIMIT_RANGE = (1, 600)
_REMINDER = duration(10.0, 604800.0)
"""Events in a minute or an hour."""

_PROXY = re.compile(rf"(?:[A-Za-z0-9._:-]{{1,64}}/)?[A-Za-z0-9._:-]{{1,{PROXY_LIMIT}}}")
_MINIMUM = re.compile("([0-9]{1,9}) ?(%?)")
_LIMIT = re.compile("([0-9]{1,9}) ?/ ?(min|hour|h)")
_SECONDS = {"min": 60.0, "h": 3600.0, "hour": 3600.0}
_YES, _NO = {"yes", "true", "on"}, {"no", "false", "off"}
_PERCENT = 100
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_METHODS = {"GET", "HEAD", "OPTIONS"}
_STATUSES = re.compile("([1-5][0-9]{2})(?: ?- ?([1-5][0-9]{2}))?")
_FALLS = range(1, 101)
_ROLES = {"master": Role.master, "backup": Role.backup}


def fifo(text: str) -> str | None:
    """Read the absolute path of a FIFO, or ``none``."""
    return None if text == NONE else path(text)


def vrrp_instance(text: str) -> str:
    """Read the name of a VRRP instance, as keepalived.conf has it."""
    if not text.isprintable() or text != text.strip() or len(text.encode(errors="replace")) > INSTANCE_LIMIT:
        raise ValueError(
            f"it is not the name of a VRRP instance: write what follows vrrp_instance in keepalived.conf, at most "
            f"{INSTANCE_LIMIT} octets"
        )
    return text


def proxy(text: str) -> str:
    """Read the name of a frontend or backend, or PROCESS/NAME with the name of an HAProxy of this configuration."""
    if not _PROXY.fullmatch(text):
        raise ValueError(
            f"'{printable(text, 80)}' is not the name of a frontend or backend: write it as haproxy.cfg has it, or as "
            "PROCESS/NAME"
        )
    return text


def minimum(text: str) -> Minimum:
    """Read how many servers a backend needs: a number from 1, or 1% to 100%."""
    match = _MINIMUM.fullmatch(text)
    if not match:
        raise ValueError(f"'{printable(text, 40)}' is not a minimum: write a number of servers, or percent such as 80%")
    number, percent = int(match[1]), bool(match[2])
    most = _PERCENT if percent else MAX_MINIMUM
    if not 1 <= number <= most:
        raise ValueError(f"{match[0]} is out of range: 1{match[2]} to {most}{match[2]} are allowed")
    return Minimum(number, percent)


def intended_role(text: str) -> Role:
    """Read the intended role of this node, master or backup."""
    role = _ROLES.get(text[:40].lower())
    if role is None:
        raise ValueError(f"'{printable(text, 40)}' is not a role: write master or backup")
    return role


def reminder(text: str) -> float | None:
    """Read the seconds between two reports of a problem that lasts, None for ``none``."""
    return None if text == NONE else _REMINDER(text)


def limit(text: str) -> tuple[int, float]:
    """Read a rate such as 10/min or 60/hour: so many events in so many seconds."""
    match = _LIMIT.fullmatch(text)
    if not match:
        raise ValueError(f"'{printable(text, 40)}' is not a limit: write it as 10/min or 60/hour")
    least, most = LIMIT_RANGE
    if not least <= int(match[1]) <= most:
        raise ValueError(f"{match[0]} is out of range: {least} to {most} per min or hour are allowed")
    return int(match[1]), _SECONDS[match[2]]


def probe_url(text: str) -> str:
    """Read the URL of a probe. The text is in no message: a token may be in its query."""
    example = ": write it as http://127.0.0.1:80/path, https://... or tcp://127.0.0.1:3306"
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > URL_LIMIT:
        raise ValueError(f"it is not a URL: only ASCII without blanks, and {URL_LIMIT} characters at most" + example)
    try:
        parts = urlsplit(text)
        place = place_of(text)
    except ValueError:
        raise ValueError("it is not the URL of a probe: scheme, address or port cannot be read" + example) from None
    if "@" in parts.netloc:
        raise ValueError("credentials in a URL are refused, they end up in logs: probe a page that needs none")
    if parts.fragment or (not place.is_http and (parts.path or parts.query)):
        raise ValueError("nothing can follow '#', and nothing the port of tcp://: remove it")
    try:
        ip_address(place.address)
    except ValueError:
        raise ValueError(
            "the host is a name: write an address of this node in figures or localhost, and the name as host"
        ) from None
    return text


def probe_host(text: str) -> str:
    """Read what is sent as Host (RFC 9110 7.2): a name, or an address in figures, also with a port."""
    if not _HOST.fullmatch(text):
        raise ValueError(f"'{printable(text, 80)}' is not a host: write a name such as www.example.org")
    return text


def probe_method(text: str) -> str:
    """Read the method of a probe: one that changes nothing (RFC 9110 9.2.1)."""
    if text.upper() not in _METHODS:
        raise ValueError(f"'{printable(text, 40)}' is not a method for a probe: write GET, HEAD or OPTIONS")
    return text.upper()


def probe_statuses(text: str) -> tuple[int, int]:
    """Read a status of HTTP, or a range of them."""
    match = _STATUSES.fullmatch(text)
    if not match or int(match[1]) > int(match[2] or match[1]):
        raise ValueError(f"'{printable(text, 40)}' is not a status: write 200, or a range such as 200-399")
    return int(match[1]), int(match[2] or match[1])


def fall(text: str) -> int:
    """Read how many failures one after the other count."""
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) not in _FALLS:
        raise ValueError(f"'{printable(text, 40)}' is not a number of failures: use 1 to 100")
    return int(text)


def yes_or_no(text: str) -> bool:
    """Read yes or no, true or false, on or off."""
    word = text[:40].lower()
    if word not in _YES | _NO:
        raise ValueError(f"'{printable(text, 40)}' is neither yes nor no: write yes or no")
    return word in _YES
