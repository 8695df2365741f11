"""HAProxy's statistics page as a source: its CSV over HTTP or HTTPS.

``requests`` blocks, so a short-lived thread makes each fetch, one step after the other as the loop asks for it. It is
loaded in that thread when first used, and costs nothing where all sources are sockets.
"""

from collections.abc import Callable, Generator
from time import monotonic

from haproxy_agentx.haproxy.blocking import HeldConnection, Pulled
from haproxy_agentx.haproxy.http_diagnosis import explain_late
from haproxy_agentx.haproxy.page import WHOLE, PageRequest, statistics_url
from haproxy_agentx.system import lag
from haproxy_agentx.system.patience import Look, Patience
from haproxy_agentx.vocabulary.source import Invalid, SourceError, Unresponsive

Take = Callable[[bytes], None]

PREPARATION = 10.0
"""Seconds for loading of modules and certificates, which takes a second at first on a busy machine."""


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
        self._last: Pulled[bytes] | None = None

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
        where = self.request.where
        await self._end_last()
        connection = HeldConnection()
        try:
            pieces = self._last = Pulled(_pieces(self.request, connection), "haproxy-http")
        except RuntimeError as error:
            raise Invalid(f"{where}: no thread to fetch it with ({error}): raise TasksMax of the service") from error
        try:
            await self._follow(pieces, take)
        finally:
            connection.cut()
            pieces.end()

    async def _end_last(self) -> None:
        """Wait for the thread of the previous attempt, whose connection was cut, as long as for an answer."""
        if self._last is None:
            return
        try:
            await lag.answered(self._last.gone(), lag.patience(self.request.timeout))
        except lag.Silence as silence:
            if silence.look is Look.starved:
                raise explain_late(self.request, silence.look, began=False) from silence
            raise Unresponsive(
                f"{self.request.where}: the previous attempt still hangs: check the name server and the connection"
            ) from silence

    async def _follow(self, pieces: Pulled[bytes], take: Take) -> None:
        """Wait for the end. What the thread needs for its preparations is our own time and no silence of HAProxy."""
        request = self.request
        try:
            await lag.answered(pieces.next(), lag.patience(PREPARATION))
        except lag.Silence as silence:
            raise explain_late(request, Look.starved, began=False) from silence
        patience = lag.patience(request.timeout, whole=WHOLE * request.timeout)
        try:
            await lag.answered(_copy(pieces, take, patience), patience)
        except lag.Silence as silence:
            raise explain_late(request, silence.look, began=pieces.count > 1) from silence
        except SourceError as error:
            error.excused = patience.lost > 0
            raise


async def _copy(pieces: Pulled[bytes], take: Take, patience: Patience) -> None:
    while piece := await pieces.next():
        patience.heard(monotonic())
        take(piece)


def _pieces(request: PageRequest, connection: HeldConnection) -> Generator[bytes, None, None]:
    """Yield once when all is loaded, then the body. Run in the thread, whose first step this import is."""
    from haproxy_agentx.haproxy import http_exchange  # noqa: PLC0415  -- heavy: loaded where first needed

    yield from http_exchange.pieces(request, connection.hold)
