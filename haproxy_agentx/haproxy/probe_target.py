"""What a probe asks, and what counts as an answer. Pure.

A probe is one request as a client makes it: a connection (tcp), or a request of HTTP/1.1 (RFC 9112) of which only the
status line counts.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from haproxy_agentx import __version__
from haproxy_agentx.text.url import shown_url

HEAD_LIMIT = 4096
"""Octets of a status line at most."""

ANSWER_LIMIT = 64 * 1024
"""Octets of an answer that are read, so that HAProxy sees no client that breaks off; what is more is not."""

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """A probe: ``url`` is asked while this node serves the address, ``standby_url`` while it does not.

    URLs are http, https or tcp with an IP address or localhost; ``host`` is the name in the Host header and of the
    certificate. ``statuses`` are the least and the greatest that count as good. ``interval`` and ``timeout`` are in
    seconds; ``fall`` failures one after the other are a failed probe. ``remote`` allows an address that is not here.
    """

    url: str = field(repr=False)
    standby_url: str | None = field(default=None, repr=False)
    host: str | None = None
    method: str = "GET"
    statuses: tuple[int, int] = (200, 399)
    interval: float = 2.0
    timeout: float = 2.0
    fall: int = 3
    remote: bool = False
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class ProbePlace:
    """Where a URL leads. ``address`` is an IP address without brackets, ``path`` the request target of HTTP."""

    scheme: str
    address: str
    port: int
    path: str
    shown: str

    @property
    def is_http(self) -> bool:
        """Whether a request follows the connection."""
        return self.scheme != "tcp"


class ProbeOutcome(Enum):
    """What one request showed."""

    passed = "answered as it should be"
    failed = "not answered as it should be"
    not_asked = "could not be asked: nothing is said of the service"


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request, and in words why it is not ``passed``."""

    outcome: ProbeOutcome
    words: str = ""


PASSED = Answer(ProbeOutcome.passed)


def place_of(url: str) -> ProbePlace:
    """Return where a URL leads. Raise ValueError: it has no such scheme, no port (tcp), or no address."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    if parts.scheme not in ("http", "https", "tcp") or not parts.hostname or not port:
        raise ValueError("it is not the URL of a probe")
    address = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ProbePlace(parts.scheme, address, port, path, shown_url(url))


def request(target: ProbeTarget, place: ProbePlace) -> bytes:
    """Return the request of HTTP/1.1; the connection ends with its answer."""
    address = f"[{place.address}]" if ":" in place.address else place.address
    host = target.host or (address if place.port == _PORTS[place.scheme] else f"{address}:{place.port}")
    lines = (
        f"{target.method} {place.path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: haproxy-agentx/{__version__}",
        "Accept: */*",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def judge(target: ProbeTarget, place: ProbePlace, line: bytes) -> Answer:
    """Judge the status line of an answer, with or without its end."""
    found = _STATUS.fullmatch(line.rstrip(b"\r\n"))
    if found is None:
        what = "ends without an answer" if not line else "answers something else than HTTP/1.1"
        return Answer(ProbeOutcome.failed, f"probe {place.shown} {what}")
    status, (least, most) = int(found[1]), target.statuses
    if least <= status <= most:
        return PASSED
    wanted = str(least) if least == most else f"{least} to {most}"
    return Answer(ProbeOutcome.failed, f"probe {place.shown} answers HTTP {status}, not {wanted}")
