"""One GET of the statistics page by ``requests``, blocking: for a worker thread, which alone imports this module."""

import ssl
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from haproxy_agentx import __version__
from haproxy_agentx.haproxy.bridge import Bridge
from haproxy_agentx.haproxy.http import WHOLE, PageRequest
from haproxy_agentx.haproxy.http_diagnosis import explain, explain_status
from haproxy_agentx.vocabulary.source import Denied, Invalid, OverLimit, Refused

SLICE = 32 * 1024
PASSWORD_LIMIT = 4096
"""Bytes in a password file."""

_HEADERS = {
    "User-Agent": f"haproxy-agentx/{__version__}",
    "Accept": "text/plain, text/csv",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_REDIRECTS = range(300, 400)
_OK = 200


def get(request: PageRequest, bridge: Bridge) -> None:
    """Fetch ``request`` and offer its body to ``bridge`` in slices. Raises a SourceError, or Stopped."""
    context = trust(request.ca_file) if request.url.startswith("https:") else None
    with _Session() as session:
        session.trust_env = False  # no proxy, .netrc or CA bundle of whoever started the daemon
        session.headers.update(_HEADERS)
        if request.username is not None:
            session.auth = HTTPBasicAuth(request.username.encode(), _password(request.password_file))
        adapter = _Adapter(context)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        _thread.bridge = bridge
        bridge.begin()
        try:
            # a read may take longer than that: who has been silent is for the loop to say, which knows whether it ran
            within = (request.timeout, WHOLE * request.timeout)
            with session.get(request.url, stream=True, allow_redirects=False, timeout=within) as response:
                _check(request, response)
                _copy(request, response.raw, bridge)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise explain(request, error) from None  # the chain repeats the request, headers and all
        finally:
            del _thread.bridge
            bridge.release()


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
        raise _unreadable(ca_file, "ca_file", error) from error


@lru_cache(maxsize=16)
def _context(ca_file: str | None, _version: tuple[int, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is not None:
        # Python 3.13 and later set this flag, and refuse what `openssl req -x509` makes for a private authority (no key
        # usage, no authority key identifier; RFC 5280 4.2.1.1, 4.2.1.3). An authority that the administrator names is
        # trusted as every other TLS client trusts it. Signature, dates, name and basic constraints are still verified.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _unreadable(path: str, key: str, error: OSError) -> Denied:
    return Denied(f"{path}: cannot be read ({error.strerror}): correct {key}, or let the daemon's user read the file")


def _password(path: str | None) -> bytes:
    """Read the first line of the password file."""
    if path is None:
        return b""
    try:
        with Path(path).open("rb") as file:
            content = file.read(PASSWORD_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, "password_file", error) from error
    line = content.partition(b"\n")[0].removesuffix(b"\r")
    if not line or len(content) > PASSWORD_LIMIT:
        raise Denied(f"{path}: holds no password in its first line, or over {PASSWORD_LIMIT} bytes")
    return line


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


def _copy(request: PageRequest, body: HTTPResponse, bridge: Bridge) -> None:
    """Offer the body. ``read`` and not ``stream``: http.client bounds the lines between chunks, urllib3 does not."""
    received = 0
    while piece := body.read(SLICE, decode_content=False):
        received += len(piece)
        if received > request.max_bytes:
            limit = f"the answer is over the limit of {request.max_bytes} bytes"
            raise OverLimit(f"{request.where}: {limit} and was refused")
        bridge.offer(piece)
    if not received:
        raise Invalid(f"{request.where}: the answer is empty: is it the statistics page of HAProxy?")


class _Thread(threading.local):
    """The bridge that the connections of this thread are announced to."""

    bridge: Bridge


_thread = _Thread()


class _Plain(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _thread.bridge.hold(self.sock)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _thread.bridge.hold(self.sock)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """See no redirect anywhere: requests reads the whole body of one even when it does not follow it."""


class _Adapter(HTTPAdapter):
    """Connections that the loop can cut, and our TLS context with nothing added to what it trusts."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: ANN401, FBT001, FBT002  -- the signature is that of requests
        if self._context is not None:
            options["ssl_context"] = self._context
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:  # noqa: ANN401, ARG002  -- likewise
        """Leave the trust to the context: requests would add the authorities of its own bundle to a private one."""
        conn.cert_reqs = "CERT_REQUIRED"
