"""What is asked of an HAProxy beside its statistics: peers and certificates, and of its master process the workers.

None of it counts for health. One command is on its way at a time, on a connection of its own, less often than the
statistics are read; what this HAProxy does not know is asked once of each of its processes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic

from haproxy_agentx.haproxy import certificates, master, peers
from haproxy_agentx.haproxy.certificates import Certificate
from haproxy_agentx.haproxy.diagnosis import explain_master
from haproxy_agentx.haproxy.master import ReloadResult
from haproxy_agentx.haproxy.socket import SocketClient
from haproxy_agentx.system.slices import Slices
from haproxy_agentx.vocabulary.source import Denied, Invalid, SourceError, SourceKind, UnknownCommand, of_os_error
from haproxy_agentx.vocabulary.source_record import Source

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two rounds of questions."""

CERTIFICATES_EVERY = 60.0
"""Seconds between two questions for the certificates."""

MISSED = 3
"""Questions for the certificates in a row that may fail before those of the last answer are withdrawn."""

STRANGE = 3
"""Rounds in a row in which the process that is read is none of the master's: one can be a reload."""


Identity = tuple[int, int | None]
"""Process id and start time of an HAProxy process."""

TakeCertificates = Callable[[Sequence[Certificate]], Awaitable[None]]


class Details:
    """Asks one HAProxy: ``path`` is its statistics socket, ``master_path`` that of its master, if it is configured.

    ``timeout`` in seconds for which an answer may be silent; ``on_certificates`` is called with each list of them.
    """

    def __init__(
        self, name: str, path: str, timeout: float, master_path: str | None, on_certificates: TakeCertificates
    ) -> None:
        self.peers_down: int | None = None
        self.reload_result: ReloadResult | None = None
        self.old_workers: int | None = None
        self.master: Source | None = None
        """How reading the master's socket goes; None where it is not configured."""
        self._name = name
        self._slices = Slices()
        self._socket = SocketClient(path, timeout, peers.LIMIT)
        self._master_socket: SocketClient | None = None
        if master_path is not None:
            self.master = Source(name=master_name(name), kind=SourceKind.haproxyMaster, target=master_path)
            self._master_socket = SocketClient(master_path, timeout, master.LIMIT)
        self._identity: Identity | None = None
        self._asks_peers = True
        self._asks_certificates = True
        self._certificates_due = 0.0
        self._missed = 0
        self._complaint = ""
        """The last failure to read certificates, which is logged once."""
        self._has_certificates = False
        self._on_certificates = on_certificates
        self._strange = 0
        self._woken = asyncio.Event()

    def follow(self, identity: Identity | None) -> None:
        """Record which HAProxy process the statistics are read from now; None when they cannot be read."""
        if identity == self._identity:
            return
        self._identity = identity
        self._asks_peers = self._asks_certificates = True
        self._certificates_due, self._missed = 0.0, MISSED
        self.peers_down = self.old_workers = None
        self._woken.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._woken.clear()
            if self._master_socket is not None and self.master is not None:
                await self._ask_master(self._master_socket, self.master)
            if self._identity is not None and self._asks_peers:
                await self._ask_peers(self._identity)
            await self._ask_certificates(self._identity)
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._woken.wait()

    async def _ask_peers(self, identity: Identity) -> None:
        """Ask; what an earlier process said, or does not know, says nothing of the one that is followed by then."""
        down, asks = None, True
        try:
            down = await self._slices.run(peers.peers_down(await _answer(self._socket, b"show peers")))
            asks = down is not None  # sections of peers come with another process only
        except (UnknownCommand, Denied) as error:
            log.debug("%s: peers are not asked for again: %s", self._name, error)
            asks = False
        except SourceError as error:
            log.debug("%s: %s", self._name, error)
        if identity == self._identity:
            self.peers_down, self._asks_peers = down, asks

    async def _ask_certificates(self, identity: Identity | None) -> None:
        """Ask, and hand over the certificates; none where they are not known any more."""
        found: Sequence[Certificate] | None = None
        missed, asks, complaint = self._missed, self._asks_certificates, self._complaint
        if identity is None:
            missed = MISSED
        elif asks and monotonic() >= self._certificates_due:
            self._certificates_due = monotonic() + CERTIFICATES_EVERY
            try:
                found = await self._slices.run(
                    certificates.parse(await _answer(self._socket, b"show ssl sni", certificates.LIMIT))
                )
                missed, complaint = 0, ""
            except (UnknownCommand, Denied) as error:
                log.debug("%s: certificates are not asked for again: %s", self._name, error)
                missed, asks = MISSED, False
            except SourceError as error:
                missed, complaint = missed + 1, str(error)
        if identity != self._identity:
            return
        if complaint and complaint != self._complaint:
            log.warning("%s: certificates: %s", self._name, complaint)
        self._missed, self._asks_certificates, self._complaint = missed, asks, complaint
        if found is None and self._missed >= MISSED and self._has_certificates:
            found = ()
        if found is not None:
            self._has_certificates = bool(found)
            await self._on_certificates(found)

    async def _ask_master(self, client: SocketClient, source: Source) -> None:
        try:
            workers = master.parse(await _answer(client, b"show proc"))
            identity = self._identity
            left_over = None if identity is None else workers.left_over(identity[0])
            self._strange = self._strange + 1 if identity is not None and left_over is None else 0
            if identity is not None and self._strange >= STRANGE:
                raise Invalid(
                    f"{client.path}: the process {identity[0]} that is read is no worker of this master: correct"
                    " `master_socket`, or `stats`"
                )
        except SourceError as failure:
            error = explain_master(client.path, failure)
            if failure.excused:
                return
            self.reload_result = self.old_workers = None
            if source.failed(error, monotonic()):
                log.warning("%s: %s", source.name, error)
        else:
            self.reload_result, self.old_workers = workers.result, left_over
            if source.succeeded(monotonic()):
                log.info("%s: reading %s", source.name, source.target)


def master_name(name: str) -> str:
    """Return the name of the source that is the master process of the HAProxy ``name``: no HAProxy has a slash."""
    return f"{name}/master"


async def _answer(client: SocketClient, command: bytes, limit: int | None = None) -> bytes:
    """Return a whole answer. Raise SourceError, also where the kernel refuses something."""
    answer = bytearray()
    try:
        await client.exchange(command, answer.extend, limit)
    except OSError as error:
        raise of_os_error(client.path, error) from error
    return bytes(answer)
