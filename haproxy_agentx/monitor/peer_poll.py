"""Asks one peer through its snmpd at an interval: one GetBulk for what its agent says of itself and of its services.

Nothing is written, and only what the peer reports of itself is asked for. What it answers is bounded before it is
decoded (``snmp.client``), and so is the number of requests.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from time import monotonic

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.config.model import PeerConfig
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.pair_objects import PAIR_SAMPLE, PAIR_SELF, PAIR_TABLE
from haproxy_agentx.pair.model import PeerState, Sample
from haproxy_agentx.pair.peer import Peer, PeerAnswer
from haproxy_agentx.pair.sample import AgentSelf, SampleError, read_sample, read_self
from haproxy_agentx.snmp.client import SnmpClient
from haproxy_agentx.snmp.message import Error, SnmpRequest, VarBind
from haproxy_agentx.vocabulary.endpoint import parse
from haproxy_agentx.vocabulary.source import Denied, SourceError

log = logging.getLogger(__name__)

ROWS = 60
"""Services that one request asks for at most: with their samples they fit an answer that a client takes."""

FIRST_ROWS = 8
"""Services that the first request asks for."""

MAX_REQUESTS = 6
"""Requests of one poll: FIRST_ROWS + 5 * ROWS services, of 256 that a node has (monitor.services)."""

_NO_AGENT = (
    "{where}: its snmpd answers without HAPROXY-AGENTX-MIB: start haproxy-agentx there, use the same root, or give the "
    "community or user a view of it"
)
_VIRTUAL = "{where}: it is a virtual address, which moves between the nodes: use an address of the node itself"
_OWN = "{where}: it is this node itself: use the address of another node"
_DENIED = "{where}: its snmpd denies access: give the community or user a view of HAPROXY-AGENTX-MIB there"
_TOO_MANY = "{where}: it has over {most} services, which are more than are compared: configure fewer"
_FAILED = "{where}: its snmpd answers with the error-status {error}: look at haproxy-agentx there"


class _PeerFailed(Exception):  # noqa: N818  -- what it carries is a state
    def __init__(self, state: PeerState, words: str) -> None:
        super().__init__(state, words)
        self.state = state
        self.words = words


class PeerPoll:
    """Keeps up ``peer``. ``is_virtual`` says whether an address may be at another node in a moment.

    ``on_poll`` is called after each poll, with whether it has shown anything new.
    """

    def __init__(
        self,
        config: PeerConfig,
        root: Oid,
        run: str,
        is_virtual: Callable[[str], bool],
        on_poll: Callable[[bool], None],
    ) -> None:
        self.peer = Peer(config.name, config.address, config.interval, config.timeout, monotonic())
        self._run = run
        self._is_virtual = is_virtual
        self._on_poll = on_poll
        self._client = SnmpClient(config.access, config.timeout)
        self._self = schema.scalar_oid(PAIR_SELF, root)
        self._sample = schema.column_oid(PAIR_TABLE, PAIR_SAMPLE, root)
        self._rows = FIRST_ROWS

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            began, known = monotonic(), self.peer.changes
            await self._poll()
            self._on_poll(self.peer.changes != known)
            await asyncio.sleep(max(0.0, began + self.peer.interval - monotonic()))

    async def _poll(self) -> None:
        before = self.peer.state(monotonic())
        try:
            self.peer.take(await self._read())
        except _PeerFailed as failed:
            if self.peer.failure is None or self.peer.last_error != failed.words:
                log.warning("peer %s: %s", self.peer.name, failed.words)
            self.peer.fail(failed.state, failed.words, monotonic())
        else:
            if before is not PeerState.ok:
                log.info("peer %s: reading it at %s", self.peer.name, self.peer.address)

    async def _read(self) -> PeerAnswer:
        where = self.peer.address
        if self._is_virtual(parse(where).host):
            raise _PeerFailed(PeerState.incompatible, _VIRTUAL.format(where=where))
        try:
            async with self._client:
                return await self._ask()
        except SampleError as error:
            raise _PeerFailed(PeerState.incompatible, f"{where}: {error}") from error
        except Denied as error:
            raise _PeerFailed(PeerState.denied, str(error)) from error
        except SourceError as error:
            raise _PeerFailed(PeerState.unreachable, str(error)) from error
        except OSError as error:
            raise _PeerFailed(PeerState.unreachable, f"{where}: cannot be reached ({error.strerror})") from error

    async def _ask(self) -> PeerAnswer:
        where, began = self.peer.address, monotonic()
        request = SnmpRequest((self._self, self._sample), self._rows, 1)
        said: AgentSelf | None = None
        samples: list[Sample] = []
        for _ in range(MAX_REQUESTS):
            message = await self._client.ask(request)
            if message.error in (Error.no_access, Error.authorization):
                raise _PeerFailed(PeerState.denied, _DENIED.format(where=where))
            if message.error != Error.none:
                raise _PeerFailed(PeerState.noAgent, _FAILED.format(where=where, error=message.error))
            varbinds = list(message.varbinds)
            if said is None:
                said = self._read_self(varbinds)
                varbinds = varbinds[1:]
            found = [value for name, value in varbinds if name[: len(self._sample)] == self._sample]
            samples += [read_sample(value) for value in found if isinstance(value, bytes)]
            if len(found) < len(varbinds) or not found:
                break
            request = SnmpRequest((varbinds[-1][0],), ROWS, 0)
        else:  # those that were not read would count as none
            raise _PeerFailed(PeerState.incompatible, _TOO_MANY.format(where=where, most=len(samples)))
        self._rows = min(ROWS, len(samples) + 1)
        if said is None:
            raise _PeerFailed(PeerState.noAgent, _NO_AGENT.format(where=where))
        return PeerAnswer(said, tuple(samples), began, monotonic(), time.time())

    def _read_self(self, varbinds: list[VarBind]) -> AgentSelf:
        where = self.peer.address
        name, value = varbinds[0] if varbinds else ((), None)
        if name != (*self._self, 0) or not isinstance(value, bytes):
            raise _PeerFailed(PeerState.noAgent, _NO_AGENT.format(where=where))
        said = read_self(value)
        if said.run == self._run:
            raise _PeerFailed(PeerState.incompatible, _OWN.format(where=where))
        return said
