"""Where the URL of a probe leads. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from haproxy_agentx.vocabulary.shown import shown_url

PORTS = {"http": 80, "https": 443}


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


def place_of(url: str) -> ProbePlace:
    """Return where a URL leads. Raise ValueError: it has no such scheme, no port (tcp), or no address."""
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme)
    if parts.scheme not in ("http", "https", "tcp") or not parts.hostname or not port:
        raise ValueError("it is not the URL of a probe")
    address = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return ProbePlace(parts.scheme, address, port, path, shown_url(url))
