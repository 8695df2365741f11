"""A listener for the notifications that the local snmpd sends us: keepalived's, and by the way our own."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Any

from haproxy_agentx.source import Absent, Denied, Invalid, Refused, SourceError, SourceState
from haproxy_agentx.source.record import MAX_TOLD, Source
from haproxy_agentx.vrrp import endpoint, traps
from haproxy_agentx.vrrp.access import V3Access
from haproxy_agentx.vrrp.snmp import V2C, V3, Kind, Message, outline
from haproxy_agentx.vrrp.snmp_client import user_of
from haproxy_agentx.vrrp.traps import Trap

if TYPE_CHECKING:
    from haproxy_agentx.vrrp.usm import User, Usm

log = logging.getLogger(__name__)

MAX_DATAGRAM = 8 * 1024
"""Octets of a notification: keepalived's have 160, ours 2,000; decoding a long one would hold up everybody."""

RECEIVE_BUFFER = 1 << 20
"""Octets, for which the kernel may give less (net.core.rmem_max)."""

BURST = 32
"""Datagrams that are read before others have their turn."""

RETRY = 5.0
"""Seconds until a port that is taken is tried again."""


class TrapListener:
    """Listens at ``address``, HOST:PORT of the loopback, and calls ``on_trap`` with the monotonic time of reading.

    SNMPv2c is taken from whoever is on this machine, unless ``v2c`` is False; SNMPv3 with ``credentials`` only.
    Informs are answered. Raises ValueError for an address that is not of the loopback.

    The source is ok while the port is open. Its age is that of the last notification of whatever kind, so that before
    the first one there is none: has snmpd.conf the line that sends them here? What is refused counts as a failure and
    leaves the state.
    """

    def __init__(
        self,
        address: str,
        credentials: V3Access | None,
        on_trap: Callable[[Trap, float], None],
        *,
        v2c: bool = True,
    ) -> None:
        self._endpoint = endpoint.parse(address)
        if not self._endpoint.is_loopback:
            raise ValueError("notifications are listened to on the loopback only: write 127.0.0.1:1162")
        self.source = Source(name="keepalived-traps", kind="keepalivedTraps", target=address)
        self._credentials = credentials
        self._on_trap = on_trap
        self._v2c = v2c
        self._socket: socket.socket | None = None
        self._codec: ModuleType | None = None
        self._usm: Usm | None = None
        self._user: User | None = None
        self._told: set[str] = set()

    async def run(self) -> None:
        """Listen for ever."""
        while True:
            try:
                await self._prepare()
                with self._bind() as listening:
                    self._socket = listening
                    await self._serve(listening)
            except SourceError as error:
                if self.source.failed(error, monotonic()):
                    log.warning("keepalived-traps: %s", error)
            await asyncio.sleep(RETRY)

    async def _prepare(self) -> None:
        if self._credentials is not None:
            self._user = await asyncio.to_thread(user_of, self._credentials)
            self._usm = await asyncio.to_thread(self._engine, self._user)  # 80 ms

    def _engine(self, user: "User") -> "Usm":
        from haproxy_agentx.vrrp.usm import Usm  # noqa: PLC0415  -- pysnmp's engine is 12 MB, for those who use v3

        return Usm(user, self._send, self._take_notification)

    def _bind(self) -> socket.socket:
        where = self._endpoint
        family = socket.AF_INET6 if where.is_ipv6 else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            listening.bind((where.host, where.port))
        except OSError as error:
            listening.close()
            raise _explain(self.source.target, error) from error
        return listening

    async def _serve(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.source.state = SourceState.ok
        log.info("keepalived-traps: listening at %s", self.source.target)
        try:
            if self._codec is None:
                await _readable(listening)  # many a machine has no keepalived that would send anything
                self._codec = await asyncio.to_thread(_codec)  # 50 ms
            loop.add_reader(listening, self._drain)
            await loop.create_future()  # for ever: what comes is read by _drain
        finally:
            loop.remove_reader(listening)

    def _drain(self) -> None:
        for _ in range(BURST):
            if self._socket is None:
                return
            try:
                datagram, peer = self._socket.recvfrom(MAX_DATAGRAM + 1)
            except BlockingIOError:
                return
            except OSError as error:  # of an answer to an inform that nobody waits for
                log.debug("keepalived-traps: %s", error)
                continue
            try:
                self._take(datagram, peer)
            except SourceError as error:
                self._refuse(error)

    def _take(self, datagram: bytes, peer: tuple[Any, ...]) -> None:
        if not endpoint.Endpoint(peer[0].partition("%")[0], peer[1]).is_loopback:
            raise Denied(f"a datagram of {peer[0]} was left aside: is there a `clientaddr` in snmpd.conf? remove it")
        if len(datagram) > MAX_DATAGRAM:
            raise Invalid(f"a datagram of over {MAX_DATAGRAM} bytes was left aside")
        seen = outline(datagram)
        if seen is None:
            raise Invalid("a datagram is no SNMP message: does something else send to this port?")
        if seen.version == V3:
            self._take_v3(datagram, peer)
        elif seen.version == V2C and self._v2c:
            self._take_v2c(datagram, seen.pdu, peer)
        else:
            raise Denied(
                f"a notification of SNMPv{'2c' if seen.version == V2C else '1'} was left aside: in snmpd.conf write "
                + (f"`trap2sink {self.source.target}`" if self._v2c else "`trapsess -v 3 ...`")
            )

    def _take_v2c(self, datagram: bytes, pdu: int | None, peer: tuple[Any, ...]) -> None:
        if pdu == Kind.trap.value and not traps.concerns(datagram):
            self.source.succeeded(monotonic())  # whatever it tells, it shows that notifications come here
            return
        if self._codec is None:
            return
        community, decoded = self._codec.unwrap(datagram)
        message = self._codec.read(decoded)
        if message.kind is Kind.inform:
            self._send(self._codec.wrap(self._codec.answer(decoded), community), peer)
        self._take_notification(message)

    def _take_v3(self, datagram: bytes, peer: tuple[Any, ...]) -> None:
        if self._usm is None or self._user is None:
            raise Denied("a notification of SNMPv3 was left aside: no user of SNMPv3 is configured to read it with")
        if self._usm.is_worn:
            self._usm = self._engine(self._user)
        if not self._usm.receive(datagram, peer, monotonic()):
            raise Invalid("a message of SNMPv3 is garbage, or no notification")

    def _take_notification(self, message: Message) -> None:
        if message.kind not in (Kind.trap, Kind.inform):
            raise Invalid("a message of SNMP is no notification")
        now = monotonic()
        trap = traps.read(message.varbinds)
        self.source.succeeded(now)
        if trap is not None:
            self._on_trap(trap, now)

    def _send(self, datagram: bytes, peer: tuple[Any, ...]) -> None:
        try:
            if self._socket is not None:
                self._socket.sendto(datagram, peer)
        except OSError as error:  # the sender is gone, or will send it again
            log.debug("keepalived-traps: no answer to an inform: %s", error)

    def _refuse(self, error: SourceError) -> None:
        """Count what was refused, and tell each kind once: anybody on this machine can send anything here."""
        self.source.refuse(error, monotonic())
        if str(error) not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(str(error))
            log.warning("keepalived-traps: %s", error)


def _explain(target: str, error: OSError) -> SourceError:
    if error.errno == errno.EADDRINUSE:
        return Refused(
            f"{target}: the port is taken: a snmptrapd, a second haproxy-agentx or any other program has it: `ss -ulpn`"
            " shows which; stop it, or set another port in `keepalived.traps` and in snmpd.conf"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Denied(f"{target}: no permission to open the port ({error.strerror}): give one above 1023")
    return Absent(f"{target}: cannot be opened ({error.strerror}): is there such an address on this machine?")


async def _readable(listening: socket.socket) -> None:
    """Wait for a datagram, and leave it there."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(listening, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(listening)


def _codec() -> ModuleType:
    from haproxy_agentx.vrrp import pdu  # noqa: PLC0415  -- pysnmp is 3 MB, for those who use it

    return pdu
