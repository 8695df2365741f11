"""One GET of the statistics page by ``requests``, blocking: for a thread, in which alone this module is imported."""

import socket
import ssl
from collections.abc import Callable, Generator
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3 import HTTPResponse, connection_from_url
from urllib3.exceptions import HTTPError

from haproxy_agentx import __version__
from haproxy_agentx.haproxy.http_diagnosis import explain, explain_status
from haproxy_agentx.haproxy.page import WHOLE, PageRequest
from haproxy_agentx.system.secret_file import read_secret, unreadable
from haproxy_agentx.vocabulary.source import Invalid, OverLimit, Refused

Hold = Callable[[socket.socket], None]

SLICE = 32 * 1024
_HEADERS = {
    "User-Agent": f"haproxy-agentx/{__version__}",
    "Accept": "text/plain, text/csv",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_REDIRECTS = range(300, 400)
_OK = 200


def pieces(request: PageRequest, hold: Hold) -> Generator[bytes, None, None]:
    """Yield nothing, ``b""``, when the preparations are done, then the body of ``request`` in slices.

    Each connection is shown to ``hold``. There is no session: it would follow a redirect, or read all of its body, and
    use the proxies, .netrc and certificates that the environment of the daemon names. Raise a SourceError.
    """
    auth = None
    if request.username is not None:
        password = read_secret(request.password_file, "password_file") if request.password_file else b""
        auth = HTTPBasicAuth(request.username.encode(), password)
    context = trust(request.ca_file) if request.url.startswith("https:") else None
    yield b""
    try:
        get = requests.Request("GET", request.url, _HEADERS, auth=auth).prepare()
        # a read may take longer than that: who has been silent is for the loop to say, which knows whether it ran
        within = (request.timeout, WHOLE * request.timeout)
        with (
            closing(_Adapter(request.url, context, hold)) as adapter,
            adapter.send(get, stream=True, timeout=within) as response,
        ):
            _check(request, response)
            yield from _body(request, response.raw)
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise explain(request, error) from None  # the chain repeats the request, headers and all


class _Adapter(HTTPAdapter):
    """Sends over one pool of connections: each is shown to ``hold``, and trusts what ``context`` does, not more."""

    def __init__(self, url: str, context: ssl.SSLContext | None, hold: Hold) -> None:
        super().__init__(max_retries=0)
        tls: dict[str, Any] = {} if context is None else {"ssl_context": context, "cert_reqs": "CERT_REQUIRED"}
        self._pool = connection_from_url(url, **tls)
        self._pool.ConnectionCls = _shown(self._pool.ConnectionCls, hold)

    def get_connection_with_tls_context(self, *_: object, **__: object) -> Any:  # noqa: ANN401  -- requests' own type
        """Return the pool, whatever the environment says of proxies."""
        return self._pool

    get_connection = get_connection_with_tls_context
    """Its name before requests 2.32."""

    def cert_verify(self, *_: object) -> None:
        """Leave the trust to the context: requests would add the authorities of its own bundle to a private one."""

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        super().close()


def _shown(kind: Any, hold: Hold) -> Any:  # noqa: ANN401  -- two classes of urllib3
    class ShownConnection(kind):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            hold(self.sock)

    return ShownConnection


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Return the TLS context that verifies against ``ca_file``, reread when it has changed; None is the system's."""
    if ca_file is None:
        return _context(None, ())
    try:
        status = Path(ca_file).stat()
        return _context(ca_file, (status.st_mtime_ns, status.st_ino, status.st_size))
    except ssl.SSLError as error:
        raise Refused(f"{ca_file}: holds no certificates in PEM format: correct ca_file") from error
    except OSError as error:
        raise unreadable(ca_file, "ca_file", error) from error


@lru_cache(maxsize=16)
def _context(ca_file: str | None, _version: tuple[int, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is not None:
        # Python 3.13 and later set this flag, and refuse what `openssl req -x509` makes for a private authority (no key
        # usage, no authority key identifier; RFC 5280 4.2.1.1, 4.2.1.3). An authority that the administrator names is
        # trusted as every other TLS client trusts it. Signature, dates, name and basic constraints are still verified.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _check(request: PageRequest, response: requests.Response) -> None:
    """Refuse what is not the CSV, before its body is read."""
    if response.status_code in _REDIRECTS:
        raise Refused(
            f"{request.where}: redirects to {_target(request, response)} (HTTP {response.status_code}), which is not"
            " followed: give the address of the statistics page itself",
        )
    if response.status_code != _OK:
        raise explain_status(request, response.status_code)
    coding = response.headers.get("Content-Encoding", "identity")
    if coding.strip().lower() not in {"", "identity"}:
        raise Invalid(
            f"{request.where}: the answer is compressed ({coding[:40]}) unasked, and was refused:"
            " turn compression off for the statistics page",
        )
    kind = response.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()
    if kind == "text/html":
        raise Invalid(f"{request.where}: answers a page of HTML, not CSV: is it the path of 'stats uri'?")


def _target(request: PageRequest, response: requests.Response) -> str:
    try:
        host = urlsplit(urljoin(request.url, response.headers.get("Location", ""))).hostname
    except ValueError:
        host = None
    return (host or "an unreadable address")[:255]


def _body(request: PageRequest, body: HTTPResponse) -> Generator[bytes, None, None]:
    """Yield it. ``read`` and not ``stream``: http.client bounds the lines between chunks, urllib3 does not."""
    received = 0
    while piece := body.read(SLICE, decode_content=False):
        received += len(piece)
        if received > request.max_bytes:
            limit = f"the answer is over the limit of {request.max_bytes} bytes"
            raise OverLimit(f"{request.where}: {limit} and was refused")
        yield piece
    if not received:
        raise Invalid(f"{request.where}: the answer is empty: is it the statistics page of HAProxy?")
