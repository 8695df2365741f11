"""HAProxy's statistics page as a source: its CSV over HTTP or HTTPS (management guide 9, ``;csv``).

``requests`` blocks, so each fetch has a short-lived thread of its own; it is loaded in that thread when first used,
and costs nothing where all sources are sockets.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

from haproxy_agentx.haproxy.bridge import Bridge
from haproxy_agentx.system import lag
from haproxy_agentx.system.patience import Look
from haproxy_agentx.text.url import shown_url
from haproxy_agentx.vocabulary.source import Invalid, SourceError, Unresponsive

Take = Callable[[bytes], None]

_CSV = ";csv"

PREPARATION = 10.0
"""Seconds for loading of modules and certificates, which takes a second at first on a busy machine."""

WHOLE = 3
"""Timeouts that an answer may take that keeps coming. Slow is not silent."""

GRACE = 0.2
"""Seconds that a thread gets to notice that its connection was cut: an attempt may follow at once on one too slow."""


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


class HttpClient:
    """Reads the statistics of one HAProxy by its statistics page.

    ``;csv`` is added where missing (``statistics_url``). Certificates are verified against ``ca_file``, or without it
    against the system's certification authorities. The password is read from ``password_file`` at each fetch, so that
    a new one needs no restart. Credentials in ``url`` are dropped. Raises ValueError when ``url`` is not http or https.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        max_bytes: int,
        username: str | None = None,
        password_file: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        self.request = PageRequest(statistics_url(url), timeout, max_bytes, username, password_file, ca_file)
        self._last: Bridge | None = None

    async def fetch_stat(self, take: Take) -> None:
        """Fetch the CSV and hand it to ``take`` on the loop, in slices of at most 32 KiB, as it comes.

        What ``take`` raises ends the fetch and is raised here. Redirects are not followed, proxies of the environment
        not used, compressed answers refused unread. After a failure or a cancellation the connection is cut, so that
        the thread ends; one that hangs all the same (a name server that does not answer) is waited for: no second one
        is started.

        Raise a SourceError: Absent, Refused, Denied, Unresponsive (silent for ``timeout``), Invalid (also when it is
        not complete within ``WHOLE`` of them), OverLimit. Time in which this process did not run does not count, and a
        failure after such time is ``excused``.
        """
        request = self.request
        if self._last is not None and not await self._last.gone(GRACE):
            raise Unresponsive(
                f"{request.where}: the previous attempt still hangs: check the name server and the connection"
            )
        bridge = self._last = Bridge(take)
        worker = threading.Thread(target=_work, args=(request, bridge), name="haproxy-http", daemon=True)
        try:
            worker.start()
        except RuntimeError as error:
            bridge.ended = True
            raise Invalid(
                f"{request.where}: no thread to fetch it with ({error}): raise TasksMax of the service"
            ) from error
        try:
            await self._follow(bridge)
        finally:
            bridge.stop()

    async def _follow(self, bridge: Bridge) -> None:
        """Wait for the end. What the worker needs for its preparations is our own time and no silence of HAProxy."""
        request = self.request
        try:
            await lag.answered(bridge.begun.wait(), lag.patience(PREPARATION))
        except lag.Silence:
            raise _late(request, bridge, Look.starved) from None
        patience = lag.patience(request.timeout, whole=WHOLE * request.timeout)
        bridge.on_piece = lambda: patience.heard(monotonic())
        try:
            await lag.answered(bridge.outcome, patience)
        except lag.Silence as silence:
            raise _late(request, bridge, silence.look) from silence
        except SourceError as error:
            error.excused = patience.lost > 0
            raise


def _late(request: PageRequest, bridge: Bridge, outcome: Look) -> SourceError:
    """Return the error for an answer that did not come to its end."""
    if outcome is Look.starved:
        return Invalid(
            f"{request.where}: not read, as haproxy-agentx itself hardly ran: look at the load of this machine, and at"
            " CPUQuota and CPUWeight of the service"
        )
    if outcome is Look.slow:
        return Invalid(
            f"{request.where}: the answer comes slowly and is not complete within {WHOLE * request.timeout:g} s:"
            " HAProxy is overloaded, the network slow, or `timeout` too short for so many rows"
        )
    what = "the answer stopped, and nothing more came" if bridge.delivered else "no answer"
    return Unresponsive(
        f"{request.where}: {what} within {request.timeout:g} s: HAProxy is frozen or overloaded, its connections are"
        " used up (`maxconn`), or the network or a name server is slow"
    )


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


def _work(request: PageRequest, bridge: Bridge) -> None:
    """Run in the thread: whatever happens, the outcome is settled."""
    outcome: Exception | None = None
    try:
        from haproxy_agentx.haproxy.http_request import get  # noqa: PLC0415  -- heavy: loaded where first needed

        get(request, bridge)
    except Exception as error:  # noqa: BLE001  -- raised on the loop by fetch_stat
        outcome = error
    finally:
        bridge.finish(outcome)
