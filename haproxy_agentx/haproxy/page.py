"""Which statistics page of HAProxy is fetched, and how (management guide 9, ``;csv``). Pure."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from haproxy_agentx.vocabulary.shown import shown_url

_CSV = ";csv"

WHOLE = 3
"""Timeouts that an answer may take that keeps coming. Slow is not silent."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What to fetch. ``url`` holds no credentials and asks for CSV; ``timeout`` in seconds; ``max_bytes`` of body."""

    url: str = field(repr=False)
    timeout: float
    max_bytes: int
    username: str | None = field(default=None, repr=False)
    password_file: str | None = None
    ca_file: str | None = None

    @property
    def where(self) -> str:
        """``url`` as it may be shown: a query can hold a secret."""
        return shown_url(self.url)


def statistics_url(url: str) -> str:
    """Return ``url`` without credentials and fragment, asking for CSV. Raises ValueError without repeating ``url``.

    ``;csv`` follows the path, but where the query begins with a bare word it follows that: HAProxy compares what is
    asked for with ``stats uri`` by its beginning, and `stats uri /haproxy?stats` is usual (management guide 9).
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        valid = parts.scheme in {"http", "https"} and bool(urlsplit(f"//{host}").hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("not the URL of a statistics page, such as https://host:8404/stats")
    path, query = parts.path or "/", parts.query
    if _CSV not in path and _CSV not in query:
        word, separator, rest = query.partition("&")
        if word and "=" not in word:
            query = f"{word}{_CSV}{separator}{rest}"
        else:
            path += _CSV
    return urlunsplit((parts.scheme, host, path, query, ""))
