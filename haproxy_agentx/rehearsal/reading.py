"""What is read for a rehearsal: the daemon here by its control socket, the peers by SNMP, the service by requests."""

import asyncio
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import monotonic
from typing import Any, Self

from haproxy_agentx.config import Config
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.request import MAX_EVENTS
from haproxy_agentx.haproxy.probe import Prober
from haproxy_agentx.haproxy.probe_target import ProbeTarget
from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.monitor.peer_poll import PeerPoll
from haproxy_agentx.pair.peer import Peer
from haproxy_agentx.rehearsal.outage import Outage
from haproxy_agentx.rehearsal.seen_events import NodeEvents, from_answer, from_cells, names
from haproxy_agentx.rehearsal.sight import NodeView
from haproxy_agentx.snmp.client import SnmpClient
from haproxy_agentx.snmp.message import SnmpRequest
from haproxy_agentx.vocabulary.source import SourceError

PEER_INTERVAL = 0.5
"""Seconds between two readings of a peer."""

EACH = 20
"""Events of a peer, of either kind, that are asked for in one look: the service has to be looked at meanwhile."""

PROBE_INTERVAL = 0.1
PROBE_TIMEOUT = 1.0
"""Seconds from the beginning of one request to that of the next, and for one request."""

Answered = Mapping[str, Any]


class OtherVersion(Exception):  # noqa: N818  it is a state
    """The daemon here does not answer as this version does."""


@contextmanager
def taken_apart() -> Iterator[None]:
    """Yield while an answer of the daemon here is taken apart. Raises OtherVersion where it lacks what is read."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise OtherVersion from error


class NodeReader:
    """Reads all nodes of ``service``; as a context manager it reads the peers in the meantime."""

    def __init__(self, config: Config, path: str, service: str) -> None:
        self.config = config
        self.service = service
        self._path = path
        self._polled = asyncio.Event()
        self._polls = [
            PeerPoll(
                replace(one, interval=PEER_INTERVAL), config.root, "", lambda _host: False, lambda _: self._polled.set()
            )
            for one in config.peers or ()
        ]
        self._clients = {one.name: SnmpClient(one.access, one.timeout) for one in config.peers or ()}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(poll.run()) for poll in self._polls]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def read_once(self) -> None:
        """Wait until each peer has answered, or has failed to."""
        while any(poll.peer.answer is None and poll.peer.failure is None for poll in self._polls):
            self._polled.clear()
            await self._polled.wait()

    async def snapshot(self) -> Answered:
        """Return the state of the daemon here. Raises NotRunning."""
        return await asyncio.to_thread(ask, self._path)

    async def nodes(self) -> list[NodeView]:
        """Return all nodes as they are now, this one first. Raises OtherVersion."""
        try:
            snapshot = await self.snapshot()
        except NotRunning as error:
            own = NodeView(own_name(), problem=str(error))
        else:
            with taken_apart():
                own = own_view(snapshot, self.service)
        return [own, *(peer_view(poll.peer, self.service, monotonic()) for poll in self._polls)]

    async def take_events(self, logs: Sequence[NodeEvents]) -> bool:
        """Read events that have come, and how far those have come that are known; return whether one is new.

        Raises OtherVersion.
        """
        own, *others = logs
        news = [await self._own_events(own)]
        news += [await self._events_of(poll.peer, log) for poll, log in zip(self._polls, others, strict=True)]
        return any(news)

    async def _own_events(self, log: NodeEvents) -> bool:
        since = min([number - 1 for number in log.pending], default=log.last)
        request = {"command": "events", "since": since, "limit": MAX_EVENTS}
        try:
            page: dict[str, Any] = await asyncio.to_thread(ask, self._path, request)
        except NotRunning:
            return False
        with taken_apart():
            log.last = max(log.last, int(page.get("last", 0)))
            events = [from_answer(log.node, event) for event in page.get("events", ())]
        return sum(log.add(event) for event in events) > 0

    async def _events_of(self, peer: Peer, log: NodeEvents) -> bool:
        if peer.answer is None or not peer.is_read(monotonic()):
            return False
        log.last = max(log.last, peer.answer.said.last_event)
        is_new = False
        with suppress(SourceError, OSError):
            async with self._clients[peer.name] as client:
                for number in (*log.pending[-EACH:], *log.newest_missing(EACH)):
                    message = await client.ask(SnmpRequest(names(number, self.config.root)))
                    event = from_cells(log.node, number, [value for _, value in message.varbinds])
                    is_new = (event is not None and log.add(event)) or is_new
        return is_new


def own_name() -> str:
    """Return the name of this node."""
    return socket.gethostname() or "localhost"


def own_view(snapshot: Answered, service: str) -> NodeView:
    """Return this node. Raises KeyError or TypeError for the answer of another version."""
    name = own_name()
    found = next((one for one in snapshot["services"] if one["name"] == service), None)
    if found is None or "role" not in found:
        return NodeView(name, problem=f"it does not know the health of {service} yet")
    return NodeView(
        name,
        Health.__members__.get(str(found["health"]), Health.unknown),
        Role.__members__.get(str(found["role"]), Role.unknown),
        int(snapshot["events"]["last"]),
        float(snapshot["pair"]["maintenance"]),
    )


def peer_view(peer: Peer, service: str, now: float) -> NodeView:
    """Return a peer as it was last read."""
    if peer.answer is None or not peer.is_read(now):
        return NodeView(peer.name, problem=peer.last_error or "it was not read yet")
    sample = next((one for one in peer.answer.samples if one.service == service), None)
    if sample is None:
        return NodeView(peer.name, problem=f"it has no service {service}")
    said = peer.answer.said
    return NodeView(peer.name, sample.health, sample.role, said.last_event, said.maintenance)


async def probe(url: str, target: ProbeTarget | None, outage: Outage) -> None:
    """Make requests until cancelled; ``target`` says how, where the configuration has a probe of the service."""
    how = ProbeTarget(url) if target is None else target
    prober = Prober(replace(how, remote=True, timeout=PROBE_TIMEOUT), lambda _address: True)
    while True:
        began = monotonic()
        answer = await prober.ask(url)
        outage.add(answer.outcome, began, monotonic())
        await asyncio.sleep(max(0.0, began + PROBE_INTERVAL - monotonic()))
