"""A listener for the notifications that the local snmpd sends us: keepalived's, and by the way our own.

The price of a datagram is bounded before it is parsed: its octets, then whose it is (15 microseconds), then an outline
that counts what is in it (30 microseconds), then its community. What is left out is a failure of the source.
"""

import asyncio
import errno
import hmac
import logging
import socket
import struct
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.access import User, V3Access
from haproxy_agentx.snmp.client import user_of
from haproxy_agentx.snmp.message import Message, PduKind
from haproxy_agentx.snmp.outline import V2C, V3, Outline, outline
from haproxy_agentx.system.secret_file import read_secret
from haproxy_agentx.system.service_manager import inherited_udp
from haproxy_agentx.vocabulary.endpoint import Endpoint, parse
from haproxy_agentx.vocabulary.source import Absent, Denied, Invalid, Refused, SourceError, SourceKind, SourceState
from haproxy_agentx.vocabulary.source_record import MAX_REPORTED, Source
from haproxy_agentx.vrrp import traps
from haproxy_agentx.vrrp.sender import Believed, Senders, only_root
from haproxy_agentx.vrrp.traps import Trap
from haproxy_agentx.vrrp.trust import PROVEN, Community, Sender, TrapEvidence, is_refused, refused, unproven

if TYPE_CHECKING:
    from haproxy_agentx.snmp.usm import Usm

log = logging.getLogger(__name__)

MAX_DATAGRAM = 8 * 1024
"""Octets of a notification: keepalived's have 160, ours 2,000; decoding a long one would hold up everybody."""

RECEIVE_BUFFER = 1 << 20
"""Octets, for which the kernel may give less (net.core.rmem_max)."""

BUDGET = 0.002
"""Seconds in which datagrams are read before others have their turn."""

REST = 0.008
"""Seconds until the next turn after one that used its budget up: a flood gets a fifth of a core at most."""

RETRY = 5.0
"""Seconds until a port that is taken, or a secret that cannot be read, is tried again."""

SECRET_INTERVAL = 10.0
"""Seconds after which a changed community applies."""

V3_UNPROVEN = 0.5
"""Seconds at least between two messages of SNMPv3 that are decrypted though their sender is not known to be snmpd."""

_SO_RXQ_OVFL = 40
"""socket(7): the count of datagrams that the kernel has dropped comes with the next one."""

OnTrap = Callable[[Trap, float, TrapEvidence], None]


class TrapListener:
    """Listens at ``address``, HOST:PORT of the loopback, and calls ``on_trap`` with the monotonic time of reading.

    ``believed`` returns the uids whose datagrams are taken (vrrp/trust.py). SNMPv2c is taken unless ``v2c`` is False,
    with the community in ``community_file`` if that is given; SNMPv3 with ``credentials`` only. Informs are answered.
    Raises ValueError for an address that is not of the loopback.

    The source is ok while the port is open. Its age is that of the last notification of whatever kind, so that before
    the first one there is none: has snmpd.conf the line that sends them here? What is refused counts as a failure and
    leaves the state.
    """

    def __init__(
        self,
        address: str,
        credentials: V3Access | None,
        on_trap: OnTrap,
        *,
        v2c: bool = True,
        community_file: str | None = None,
        believed: Believed = only_root,
    ) -> None:
        self._endpoint = parse(address)
        if not self._endpoint.is_loopback:
            raise ValueError("notifications are listened to on the loopback only: write 127.0.0.1:1162")
        self.source = Source(name="keepalived-traps", kind=SourceKind.keepalivedTraps, target=address)
        self._local = (self._endpoint.host, self._endpoint.port)
        self._credentials = credentials
        self._on_trap = on_trap
        self._v2c = v2c
        self._community_file = community_file
        self._community: bytes | None = None
        self._believed = believed
        self._senders = Senders()
        self._socket: socket.socket | None = None
        self._usm: Usm | None = None
        self._user: User | None = None
        self._v3_at = 0.0
        self._dropped = 0
        self._evidence = PROVEN
        """Of the datagram that is being taken."""
        self._reported: set[str] = set()

    async def run(self) -> None:
        """Listen until cancelled. The port is kept also while a secret cannot be read, from other processes."""
        while True:
            try:
                with self._bind() as listening:
                    await self._keep(listening)
            except SourceError as error:
                self._fail(error)
            await asyncio.sleep(RETRY)

    async def _keep(self, listening: socket.socket) -> None:
        self._senders.open()
        if self._senders.problem:
            log.warning(
                "keepalived-traps: the sender of a trap cannot be looked up: %s: load the kernel module udp_diag",
                self._senders.problem,
            )
        try:
            while True:
                try:
                    await self._prepare()
                    self._socket = listening
                    await self._serve(listening)
                except SourceError as error:
                    self._fail(error)
                await asyncio.sleep(RETRY)
        finally:
            self._senders.close()

    async def _prepare(self) -> None:
        await self._read_community()
        if self._credentials is not None:
            self._user = await asyncio.to_thread(user_of, self._credentials)
            self._usm = await asyncio.to_thread(self._engine, self._user)  # 80 ms

    async def _read_community(self) -> None:
        if self._community_file is not None:
            key = "keepalived.traps.community_file"
            self._community = await asyncio.to_thread(read_secret, self._community_file, key)

    def _engine(self, user: User) -> "Usm":
        from haproxy_agentx.snmp.usm import Usm  # noqa: PLC0415  -- pysnmp's engine is 18 MB, for those who use v3

        return Usm(user, self._send, self._take_notification)

    def _bind(self) -> socket.socket:
        where = self._endpoint
        listening, others = inherited_udp(where.host, where.port)
        if others and listening is None:
            log.warning(
                "keepalived-traps: the service manager has opened %s, and keepalived.traps is %s: correct"
                " ListenDatagram= of haproxy-agentx.socket",
                ", ".join(others),
                self.source.target,
            )
        family = socket.AF_INET6 if where.is_ipv6 else socket.AF_INET
        own = listening is None
        if listening is None:
            listening = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            listening.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
            if own:
                listening.bind((where.host, where.port))
        except OSError as error:
            listening.close()
            raise _no_port(self.source.target, error) from error
        self._dropped = 0
        return listening

    async def _serve(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.source.state = SourceState.ok
        log.info("keepalived-traps: listening at %s", self.source.target)
        try:
            loop.add_reader(listening, self._drain)
            while True:  # what comes is read by _drain
                await asyncio.sleep(SECRET_INTERVAL)
                await self._read_community()
        finally:
            self._socket = None
            loop.remove_reader(listening)

    def _drain(self) -> None:
        ends = monotonic() + BUDGET
        while self._socket is not None:
            try:
                datagram, ancillary, _, peer = self._socket.recvmsg(MAX_DATAGRAM + 1, 64)
            except BlockingIOError:
                return
            except OSError as error:  # of an answer to an inform that nobody waits for
                log.debug("keepalived-traps: %s", error)
            else:
                self._take_one(datagram, ancillary, peer)
            if monotonic() >= ends:
                self._rest()
                return

    def _rest(self) -> None:
        """Leave what has come for a while to others who want to be served."""
        if self._socket is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.call_later(REST, self._resume, self._socket)

    def _resume(self, listening: socket.socket) -> None:
        if self._socket is listening:
            asyncio.get_running_loop().add_reader(listening, self._drain)

    def _take_one(self, datagram: bytes, ancillary: list[tuple[int, int, bytes]], peer: tuple[Any, ...]) -> None:
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _SO_RXQ_OVFL):
                self._count_dropped(struct.unpack("=I", data)[0])
        try:
            self._take(datagram, peer)
        except SourceError as error:
            self._refuse(error)

    def _count_dropped(self, total: int) -> None:
        if total != self._dropped:
            self.source.failures += (total - self._dropped) % (1 << 32) - 1
            self._dropped = total
            self._refuse(
                Invalid("the kernel dropped datagrams: more come than are read: does a program flood the port?")
            )

    def _take(self, datagram: bytes, peer: tuple[Any, ...]) -> None:
        where = (peer[0].partition("%")[0], peer[1])
        if not Endpoint(*where).is_loopback:
            raise Denied(f"a datagram of {peer[0]} was ignored: remove `clientaddr` from snmpd.conf")
        if len(datagram) > MAX_DATAGRAM:
            raise Invalid(f"a datagram of over {MAX_DATAGRAM} bytes was ignored")
        sender, uid = self._senders.of(self._local, where, self._believed)
        if all(is_refused(TrapEvidence(sender, community)) for community in Community):
            raise unproven(sender, uid)
        seen = outline(datagram)
        if seen is None:
            raise Invalid("a datagram is not an SNMP message: does another program send to this port?")
        if seen.version == V3:
            self._take_v3(datagram, seen, peer, sender)
        elif seen.version == V2C and self._v2c:
            self._take_v2c(datagram, seen, peer, sender)
        else:
            raise Denied(
                f"a notification of SNMPv{'2c' if seen.version == V2C else '1'} was ignored: in snmpd.conf write "
                + (f"`trap2sink {self.source.target}`" if self._v2c else "`trapsess -v 3 ...`")
            )

    def _take_v2c(self, datagram: bytes, seen: Outline, peer: tuple[Any, ...], sender: Sender) -> None:
        self._evidence = TrapEvidence(sender, self._compare(seen.community))
        if is_refused(self._evidence):
            raise refused(self._evidence, self._senders.problem)
        if seen.pdu == PduKind.trap.value and not traps.concerns(datagram):
            self.source.succeeded(monotonic())  # whatever it says, it shows that notifications come here
            return
        message = v2c.read(datagram, seen)
        if message.kind is PduKind.inform:
            self._send(v2c.answer(datagram), peer)
        self._take_notification(message)

    def _compare(self, community: bytes) -> Community:
        if self._community is None:
            return Community.unasked
        return Community.right if hmac.compare_digest(community, self._community) else Community.wrong

    def _take_v3(self, datagram: bytes, seen: Outline, peer: tuple[Any, ...], sender: Sender) -> None:
        if self._usm is None or self._user is None:
            raise Denied("a notification of SNMPv3 was ignored: no user of SNMPv3 is configured to read it with")
        access = self._user.access
        discovers = not seen.user  # the sender of an inform asks for our engine id first (RFC 3414 4)
        if not discovers and not hmac.compare_digest(seen.user, access.user.encode()):
            raise Denied(
                f"a notification of SNMPv3 of another user than {access.user!r} was ignored: correct the -u of the"
                " `trapsess` line in snmpd.conf, or v3.user"
            )
        if not discovers and seen.level < self._user.level:
            raise Denied(
                f"an SNMPv3 notification of {access.user!r} came below {access.level}: correct the -l of the"
                " `trapsess` line in snmpd.conf"
            )
        now = monotonic()
        self._evidence = PROVEN if self._user.level > 1 else TrapEvidence(sender)
        if is_refused(self._evidence):
            raise unproven(sender, None)
        if sender is not Sender.proven:
            if now < self._v3_at + V3_UNPROVEN:
                raise Denied("notifications of SNMPv3 come too often from a sender that cannot be looked up")
            self._v3_at = now
        if self._usm.needs_replacement:
            self._usm = self._engine(self._user)
        if not self._usm.receive(datagram, peer, now):
            raise Invalid("a message of SNMPv3 is garbage, or no notification")

    def _take_notification(self, message: Message) -> None:
        if message.kind not in (PduKind.trap, PduKind.inform):
            raise Invalid("a message of SNMP is no notification")
        now = monotonic()
        trap = traps.read(message.varbinds)
        self.source.succeeded(now)
        if trap is not None:
            self._on_trap(trap, now, self._evidence)

    def _send(self, datagram: bytes, peer: tuple[Any, ...]) -> None:
        try:
            if self._socket is not None:
                self._socket.sendto(datagram, peer)
        except OSError as error:  # the sender is gone, or will send it again
            log.debug("keepalived-traps: no answer to an inform: %s", error)

    def _fail(self, error: SourceError) -> None:
        if self.source.failed(error, monotonic()):
            log.warning("keepalived-traps: %s", error)

    def _refuse(self, error: SourceError) -> None:
        """Count what was refused, and log each kind once: anybody on this machine can send anything here."""
        self.source.refuse(error, monotonic())
        if str(error) not in self._reported and len(self._reported) < MAX_REPORTED:
            self._reported.add(str(error))
            log.warning("keepalived-traps: %s", error)


def _no_port(target: str, error: OSError) -> SourceError:
    """Return why the port cannot be opened."""
    if error.errno == errno.EADDRINUSE:
        return Refused(
            f"{target}: the port is taken: a snmptrapd, a second haproxy-agentx or any other program has it, and reads"
            " the community of snmpd.conf: `ss -ulpn` names it; stop it, and enable haproxy-agentx.socket, which"
            " takes the port first"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Denied(f"{target}: no permission to open the port ({error.strerror}): give one above 1023")
    return Absent(f"{target}: cannot be opened ({error.strerror}): is there such an address on this machine?")
