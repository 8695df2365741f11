"""Walks many SNMP agents at once, by v2c or v3, on blocking sockets: for commands, which have no event loop.

Each agent has a socket of its own, which is connected, so that no other host can answer in its place. SNMPv3 is
imported when it is used.
"""

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any

from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.message import Message, PduKind
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS, outline
from haproxy_agentx.snmp.walk import ColumnWalk
from haproxy_agentx.vocabulary.source import Absent, Denied, Invalid, Refused, SourceError, Unresponsive

if TYPE_CHECKING:
    from haproxy_agentx.snmp.access import User
    from haproxy_agentx.snmp.usm import Usm

TRIES = 3
"""Times that a request is sent within the timeout: a datagram may be lost."""

WHOLE = 4
"""Timeouts within which an agent has answered all requests, or it counts as one that does not answer."""

RESOLVERS = 32
"""Names that are looked up at a time."""

_DATAGRAM = 65535

_SILENT = "no answer from its snmpd: it does not run or listen there, or the community or user is not for this host"
_REFUSED = "no process listens there: snmpd is not running, or has another `agentaddress`"

SocketAddress = tuple[int, tuple[Any, ...]]
"""A family, and an address of it as sockets have it."""


def resolve(hosts: Iterable[str], port: int, timeout: float) -> dict[str, SocketAddress | SourceError]:
    """Return the address of each host. Names are looked up side by side; one that takes longer is Absent."""
    found: dict[str, SocketAddress | SourceError] = {}
    names: deque[str] = deque()
    for host in dict.fromkeys(hosts):
        try:
            found[host] = _look_up(host, port, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            names.append(host)
    waited = list(names)

    def work() -> None:
        while True:
            try:
                host = names.popleft()
            except IndexError:
                return
            try:
                found[host] = _look_up(host, port)
            except OSError as error:
                found[host] = Absent(f"its name is not known: {error.strerror}")
            except UnicodeError:
                found[host] = Absent("it is not a name of a host")

    until = monotonic() + timeout
    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(RESOLVERS, len(names)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(max(0.0, until - monotonic()))
    late = Absent(f"its name was not found within {timeout:g} s")
    return {**dict.fromkeys(waited, late), **dict(found)}


def _look_up(host: str, port: int, flags: int = 0) -> SocketAddress:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=flags)[0]
    return family, address


class Asker:
    """Asks as ``who``: a community, or a user of SNMPv3. ``timeout`` in seconds is for each request."""

    def __init__(self, who: "bytes | User", timeout: float) -> None:
        self.who = who
        self.timeout = timeout
        self.conversations: dict[tuple[Any, ...], _SnmpConversation] = {}
        self._usm: Usm | None = None

    def walk(
        self, addresses: Mapping[str, SocketAddress | SourceError], walk: Callable[[str], ColumnWalk]
    ) -> dict[str, ColumnWalk | SourceError]:
        """ColumnWalk all hosts at once, and return for each its complete walk, or why there is none.

        It takes WHOLE timeouts at most.
        """
        outcomes: dict[str, ColumnWalk | SourceError] = {}
        self.usm()  # no part of any timeout
        with selectors.DefaultSelector() as selector:
            talks = []
            for host, address in addresses.items():
                if isinstance(address, SourceError):
                    outcomes[host] = address
                    continue
                talk = _SnmpConversation(self, walk(host))
                talks.append((host, talk))
                talk.open(address, selector)
            running = [talk for _, talk in talks if talk.outcome is None]
            while running:
                wait = min(talk.due for talk in running) - monotonic()
                for key, _ in selector.select(max(0.0, wait)):
                    key.data.read()
                now = monotonic()
                for talk in running:
                    talk.expire(now)
                    if talk.outcome is not None:
                        talk.close(selector)  # what comes later is not read, and would end each wait
                running = [talk for talk in running if talk.outcome is None]
            for host, talk in talks:
                talk.close(selector)
                outcomes[host] = talk.outcome or Invalid(_SILENT)
        self.conversations.clear()
        return outcomes

    def usm(self) -> "Usm | None":
        """Return the engine of SNMPv3, None for SNMPv2c. It is made once: that takes a tenth of a second."""
        if isinstance(self.who, bytes):
            return None
        if self._usm is None or (self._usm.needs_replacement and not self.conversations):
            from haproxy_agentx.snmp.usm import Usm  # noqa: PLC0415  -- pysnmp's engine is 18 MB, for those who use v3

            self._usm = Usm(self.who, self._send)
        return self._usm

    def _send(self, datagram: bytes, peer: tuple[Any, ...]) -> None:
        talk = self.conversations.get(peer)
        if talk is not None:
            talk.send(datagram)


class _SnmpConversation:
    """The requests to one agent, one at a time. ``due`` is when it has to be looked at again."""

    def __init__(self, asker: Asker, walk: ColumnWalk) -> None:
        self.outcome: ColumnWalk | SourceError | None = None
        self.due = 0.0
        self._asker = asker
        self._walk = walk
        self._number = 1
        """request-id, the same for all tries: a late answer counts."""
        self._tries = 0
        self._until = monotonic() + WHOLE * asker.timeout
        self._request = walk.request()
        self._peer: tuple[Any, ...] = ()
        """Its address, and a number: two hosts may have one address."""
        self._socket: socket.socket | None = None

    def open(self, address: SocketAddress, selector: selectors.BaseSelector) -> None:
        """Connect a socket and send the first request."""
        family, place = address
        self._peer = next(peer for number in count() if (peer := (*place, number)) not in self._asker.conversations)
        self._asker.conversations[self._peer] = self
        try:
            self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            self._socket.connect(place)
        except OSError as error:
            self._fail(error)
            return
        selector.register(self._socket, selectors.EVENT_READ, self)
        self._put()

    def close(self, selector: selectors.BaseSelector) -> None:
        """Close the socket."""
        if self._socket is not None:
            if self._socket in selector.get_map():
                selector.unregister(self._socket)
            self._socket.close()
            self._socket = None

    def send(self, datagram: bytes) -> None:
        """Send a datagram; one that the kernel has no room for is lost."""
        try:
            if self._socket is not None:
                self._socket.send(datagram)
        except BlockingIOError:
            pass
        except OSError as error:
            self._fail(error)

    def expire(self, now: float) -> None:
        """Send the request again if its time is over, or end."""
        if self.outcome is None and now >= self.due:
            self.read()  # this process may have been late, and the answer is here
        if self.outcome is not None or now < self.due:
            return
        if self._tries >= TRIES or now >= self._until:
            self.outcome = Unresponsive(_SILENT)
        else:
            self._put()

    def read(self) -> None:
        """Receive the datagram that has come."""
        if self._socket is None or self.outcome is not None:
            return
        try:
            datagram = self._socket.recv(_DATAGRAM)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)
            return
        try:
            self._take(datagram)
        except SourceError as error:
            self.outcome = error

    def _put(self) -> None:
        self._tries += 1
        self.due = min(monotonic() + self._asker.timeout / TRIES, self._until)
        number = self._number
        try:
            usm = self._asker.usm()
            if usm is not None:
                usm.request(self._request, number, self._peer, monotonic(), lambda found: self._settle(found, number))
            elif isinstance(self._asker.who, bytes):
                self.send(v2c.request(self._request, number, self._asker.who))
        except SourceError as error:
            self.outcome = error

    def _take(self, datagram: bytes) -> None:
        seen = outline(datagram, MAX_RESPONSE_VARBINDS)
        if seen is None or seen.varbinds > MAX_RESPONSE_VARBINDS:
            raise Invalid("its answer is garbage: is this snmpd?")
        usm = self._asker.usm()
        if usm is not None:
            usm.receive(datagram, self._peer, monotonic())
        elif seen.community == self._asker.who:
            self._settle(v2c.read(datagram, seen, MAX_RESPONSE_VARBINDS), self._number)

    def _settle(self, found: Message | SourceError, number: int) -> None:
        """Record what answers the request; what is late or foreign is left out."""
        if self.outcome is not None or number != self._number:
            return
        if isinstance(found, SourceError):
            self.outcome = found
            return
        if found.kind is not PduKind.response or found.request != number:
            return
        self._walk.take(found)
        if self._walk.is_complete:
            self.outcome = self._walk
            return
        self._tries = 0
        self._number += 1
        self._request = self._walk.request()
        self._put()

    def _fail(self, error: OSError) -> None:
        if self.outcome is None:
            refused = isinstance(error, ConnectionRefusedError)
            self.outcome = Refused(_REFUSED) if refused else Denied(f"cannot be asked: {error.strerror}")
