"""The types of the values of a probe. Pure."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from haproxy_agentx.haproxy.probe_place import place_of
from haproxy_agentx.settings.patterns import any_case, number
from haproxy_agentx.settings.types import ValueType, plain, text, words
from haproxy_agentx.vocabulary.shown import URL_LIMIT, printable, shown_url

_HOST_PATTERN = r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
_STATUSES = re.compile("([1-5][0-9]{2})(?: ?- ?([1-5][0-9]{2}))?")


def _url(text: str) -> str:
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


def _host(text: str) -> str:
    if not re.fullmatch(_HOST_PATTERN, text):
        raise ValueError(f"'{printable(text, 80)}' is not a host: write a name such as www.example.org")
    return text


def _statuses(text: str) -> tuple[int, int]:
    match = _STATUSES.fullmatch(text)
    if not match or int(match[1]) > int(match[2] or match[1]):
        raise ValueError(f"'{printable(text, 40)}' is not a status: write 200, or a range such as 200-399")
    return int(match[1]), int(match[2] or match[1])


PROBE_URL: ValueType[str] = ValueType(
    words="URL",
    read=_url,
    write=shown_url,
    schema={
        **text(f"(?:{any_case('http')}[Ss]?|{any_case('tcp')})://[!-~]+"),
        "maxLength": URL_LIMIT,
    },
)
PROBE_HOST: ValueType[str] = ValueType(words="host name", read=_host, schema=plain(_HOST_PATTERN))
"""What is sent as Host (RFC 9110 7.2): a name, or an address in figures, also with a port."""

METHOD = words({word: word for word in ("GET", "HEAD", "OPTIONS")}, "a method for a probe")
"""Those that change nothing (RFC 9110 9.2.1)."""

STATUSES: ValueType[tuple[int, int]] = ValueType(
    words="code, or range of codes",
    read=_statuses,
    write=lambda statuses: f"{statuses[0]}-{statuses[1]}",
    schema={
        "type": ["integer", "string"],
        "minimum": 100,
        "maximum": 599,
        "pattern": f"^{number(100, 599)}(?: ?- ?{number(100, 599)})?$",
    },
)
