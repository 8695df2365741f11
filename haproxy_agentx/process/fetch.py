"""One reading of an HAProxy: by its statistics socket, or by its statistics page."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from haproxy_agentx.config import HaproxyConfig
from haproxy_agentx.haproxy import info as show_info
from haproxy_agentx.haproxy.http import HttpClient
from haproxy_agentx.haproxy.info import Info
from haproxy_agentx.haproxy.liveness import Peer
from haproxy_agentx.haproxy.socket import SocketClient
from haproxy_agentx.haproxy.stat import Reading, StatParser
from haproxy_agentx.vocabulary.source import Invalid

log = logging.getLogger(__name__)

MAX_BYTES = 128 << 20
"""Octets in an answer of HAProxy: 300,000 servers."""

MAX_INFO = 256 * 1024
"""Octets in the answer to ``show info``: it has 3,000."""

RELOAD_TRIES = 3
"""Readings in a row that a reload may fall into."""

Admit = Callable[[int, int], None]
"""Called with the rows and the octets that have come so far; raises OverLimit where there is no memory for more."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A good reading. ``info`` is what ``show info`` said at the same moment, None where there is only the page.

    ``restarts`` is how often HAProxy was seen to be started or reloaded since the reading before; ``peer`` is who
    listens at the socket, if the kernel says it.
    """

    reading: Reading
    info: Info | None = None
    restarts: int = 0
    peer: Peer | None = None


class Fetch(Protocol):
    """Reads one HAProxy."""

    async def fetch(self, last: Reading | None) -> Fetched:
        """Return a reading; ``last`` is the one before. Raise SourceError or OSError."""


def fetching(config: HaproxyConfig, most: int, admit: Admit, yield_cpu: Callable[[], None]) -> Fetch:
    """Return what reads an HAProxy as it is configured; ``most`` is the limit of an answer in octets."""
    octets = min(MAX_BYTES, most)
    if is_page(config):
        client = HttpClient(config.stats, config.timeout, octets, config.username, config.password_file, config.ca_file)
        return PageFetch(client, admit, yield_cpu)
    return SocketFetch(config.name, SocketClient(config.stats, config.timeout, octets), admit, yield_cpu)


def is_page(config: HaproxyConfig) -> bool:
    """Whether an HAProxy is read by its statistics page."""
    return config.stats.startswith(("http://", "https://"))


class PageFetch:
    """Reads the CSV of a statistics page."""

    def __init__(self, client: HttpClient, admit: Admit, yield_cpu: Callable[[], None]) -> None:
        self._client = client
        self._admit = admit
        self._yield_cpu = yield_cpu

    async def fetch(self, last: Reading | None) -> Fetched:
        """Return a reading, without ``show info``."""
        parser = StatParser(last, ends_empty=False, admit=self._admit)
        await self._client.fetch_stat(_feeding(parser, self._yield_cpu))
        return Fetched(parser.finish())


class SocketFetch:
    """Asks a statistics socket for both answers. ``name`` is HAProxy's, for the log."""

    def __init__(self, name: str, client: SocketClient, admit: Admit, yield_cpu: Callable[[], None]) -> None:
        self._name = name
        self._client = client
        self._admit = admit
        self._yield_cpu = yield_cpu
        self._before: tuple[int, int | None] | None = None
        """Process id and start time of the last good reading."""

    async def fetch(self, last: Reading | None) -> Fetched:
        """Return a reading. One that a reload came between is made again: counters and process belong together."""
        before = self._before
        for restarts in range(RELOAD_TRIES):
            parser = StatParser(last, admit=self._admit)
            await self._client.exchange(b"show stat", _feeding(parser, self._yield_cpu))
            reading = parser.finish()
            answer = bytearray()
            await self._client.exchange(b"show info", answer.extend, MAX_INFO)
            info = show_info.parse(bytes(answer))
            if before is None or before == info.identity:
                self._before = info.identity
                return Fetched(reading, info, restarts, self._client.peer)
            log.info("%s: HAProxy was started or reloaded: its process is now %d", self._name, info.pid)
            before = info.identity
        raise Invalid(f"{self._client.path}: HAProxy is reloaded faster than it can be read")


def _feeding(parser: StatParser, yield_cpu: Callable[[], None]) -> Callable[[bytes], None]:
    def feed(piece: bytes) -> None:
        yield_cpu()
        parser.feed(piece)

    return feed
