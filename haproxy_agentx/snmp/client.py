"""Asking an SNMP agent over UDP, by v2c or v3. One request at a time."""

import asyncio
import random
import socket
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Self

from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.access import SnmpAccess, User, V3Access
from haproxy_agentx.snmp.message import LEVELS, MAX_REQUEST, Message, PduKind, SnmpRequest
from haproxy_agentx.snmp.outline import MAX_RESPONSE_VARBINDS, Outline, outline
from haproxy_agentx.system import lag
from haproxy_agentx.system.descriptors import ReadEvents
from haproxy_agentx.system.patience import Look
from haproxy_agentx.system.secret_file import read_secret
from haproxy_agentx.vocabulary.endpoint import parse
from haproxy_agentx.vocabulary.source import Denied, Invalid, OverLimit, Refused, SourceError, Unresponsive

if TYPE_CHECKING:
    from haproxy_agentx.snmp.usm import Usm

MAX_ANSWER = 32 * 1024
"""Octets of an answer: ``mib_walk.MAX_ANSWER`` objects with names and values of 600."""

BURST = 16
"""Datagrams that are read in one turn of the loop: all but one are late, or foreign."""

Outcome = Message | SourceError


class SnmpClient:
    """Asks the agent of ``access``; ``timeout`` in seconds for each request, of which none is sent again.

    Secrets are read at ``open``. As a context manager it closes its socket. Raises ValueError for an address that is
    none.
    """

    def __init__(self, access: SnmpAccess, timeout: float) -> None:
        self._access = access
        self._timeout = timeout
        self._peer = parse(access.address)
        self._socket: socket.socket | None = None
        self._events: ReadEvents | None = None
        self._community = b""
        self._usm: Usm | None = None
        self._user: User | None = None
        self._number = random.randrange(1 << 30)  # noqa: S311  -- no secret: it tells answers apart
        self._pending: asyncio.Future[Outcome] | None = None

    async def open(self) -> Self:
        """Read the secrets and make a new socket, on which no late answer to an old request can come.

        Raises Denied or Invalid.
        """
        if self._access.v3 is None:
            path = self._access.community_file
            self._community = await asyncio.to_thread(read_secret, path, "community_file")
        else:
            await self._prepare(self._access.v3)
        family = socket.AF_INET6 if self._peer.is_ipv6 else socket.AF_INET
        try:
            self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            self._socket.connect((self._peer.host, self._peer.port))
            self._events = ReadEvents(self._socket.fileno(), self._read, self._failed)
        except OSError as error:
            self.close()
            raise Invalid(
                f"{self._access.address}: cannot be reached ({error.strerror}): correct the address"
            ) from error
        return self

    async def _prepare(self, access: V3Access) -> None:
        """Make the engine, unless the one at hand has the same user and has not gone wrong."""
        user = await asyncio.to_thread(user_of, access)
        if self._usm is None or self._usm.needs_replacement or user != self._user:
            self._user = user
            self._usm = await asyncio.to_thread(_engine, user, self._send)  # 80 ms

    def close(self) -> None:
        """Close the socket. The engine of v3 stays: it knows the agent's."""
        if self._events is not None:
            self._events.stop()
            self._events = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def ask(self, request: SnmpRequest) -> Message:
        """Return the answer, whatever its error-status.

        Raises a SourceError: Refused (no process is there), Unresponsive (after the timeout), Denied (by v3), Invalid.
        """
        self._number = self._number % MAX_REQUEST + 1
        self._pending = asyncio.get_running_loop().create_future()
        where = self._access.address
        try:
            self._put(request)
            outcome = await lag.answered(self._pending, lag.patience(self._timeout))
        except lag.Silence as silence:
            if silence.look is Look.starved:
                raise Invalid(
                    f"{where}: not read, as haproxy-agentx itself hardly ran: look at this machine's load"
                ) from silence
            raise Unresponsive(f"{where}: no answer within {self._timeout:g} s") from silence
        finally:
            self._pending = None
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def _put(self, request: SnmpRequest) -> None:
        if self._socket is None:
            raise RuntimeError("the client is not open")
        number = self._number
        if self._usm is None:
            self._send(v2c.request(request, number, self._community), ())
        else:
            peer = self._peer.host, self._peer.port
            self._usm.request(request, number, peer, monotonic(), lambda outcome: self._settle(outcome, number))

    def _send(self, datagram: bytes, _peer: tuple[object, ...]) -> None:
        try:
            if self._socket is not None:
                self._socket.send(datagram)
        except BlockingIOError:
            pass  # as if it were lost on the way
        except OSError as error:
            self._settle(self._unreachable(error))

    def _read(self) -> None:
        """Read what has come. Only what may answer the request under way is decoded, and one of it in a turn."""
        for _ in range(BURST):
            if self._socket is None:
                return
            try:
                datagram = self._socket.recv(MAX_ANSWER + 1)
            except BlockingIOError:
                return
            except OSError as error:
                self._settle(self._unreachable(error))
                return
            if self._pending is not None and not self._pending.done():
                self._take(datagram)
                return

    def _failed(self, error: Exception) -> None:
        """End the request under way with what reading raised, whatever it is."""
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(error)

    def _take(self, datagram: bytes) -> None:
        try:
            seen = self._outline(datagram)
            if self._usm is not None:
                self._usm.receive(datagram, (self._peer.host, self._peer.port), monotonic())
            else:
                self._settle(v2c.read(datagram, seen, MAX_RESPONSE_VARBINDS))
        except SourceError as error:
            self._settle(error)

    def _outline(self, datagram: bytes) -> Outline:
        """Return what is seen of an answer. Raise OverLimit for what takes long to decode, Invalid for garbage."""
        where = self._access.address
        if len(datagram) > MAX_ANSWER:
            raise OverLimit(f"{where}: an answer of over {MAX_ANSWER} bytes was refused: is this snmpd?")
        seen = outline(datagram, MAX_RESPONSE_VARBINDS)
        if seen is None:
            raise Invalid(f"{where}: the answer is garbage: is this snmpd?")
        if seen.varbinds > MAX_RESPONSE_VARBINDS:
            raise OverLimit(f"{where}: an answer of over {MAX_RESPONSE_VARBINDS} objects was refused: is this snmpd?")
        return seen

    def _settle(self, outcome: Outcome, number: int | None = None) -> None:
        """Record what answers the request under way; anything else is late or foreign."""
        if self._pending is None or self._pending.done() or number not in (None, self._number):
            return
        if isinstance(outcome, Message) and (outcome.kind is not PduKind.response or outcome.request != self._number):
            return
        self._pending.set_result(outcome)

    def _unreachable(self, error: OSError) -> SourceError:
        where = self._access.address
        if isinstance(error, ConnectionRefusedError):
            return Refused(f"{where}: no process listens there: snmpd is not running, or has another `agentaddress`")
        if isinstance(error, PermissionError):
            return Denied(
                f"{where}: the system does not let us send there ({error.strerror}): a firewall, IPAddressDeny?"
            )
        return Invalid(f"{where}: cannot be reached ({error.strerror})")


def user_of(access: V3Access) -> User:
    """Return a user of SNMPv3 with the secrets that its level needs. Raises Denied."""
    level = LEVELS.index(access.level)
    return User(
        access,
        read_secret(access.auth_file, "v3.auth_file") if level > 0 else None,
        read_secret(access.priv_file, "v3.priv_file") if level > 1 else None,
    )


def _engine(user: User, send: Callable[[bytes, tuple[object, ...]], None]) -> "Usm":
    from haproxy_agentx.snmp.usm import Usm  # noqa: PLC0415  -- pysnmp's engine is 18 MB, for those who use v3

    return Usm(user, send)
