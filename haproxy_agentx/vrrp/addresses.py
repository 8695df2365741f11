"""Who holds which address, from the kernel itself: rtnetlink(7), without any privilege.

KEEPALIVED-MIB can say MASTER and allSet with no address on the interface; the kernel cannot. It reports a change 0.2
ms before keepalived's FIFO does.
"""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from haproxy_agentx.system.descriptors import ReadEvents
from haproxy_agentx.vocabulary.source import Denied, Invalid, SourceError, SourceKind, Unresponsive
from haproxy_agentx.vocabulary.source_record import Source
from haproxy_agentx.vrrp import netlink
from haproxy_agentx.vrrp.interfaces import Interfaces
from haproxy_agentx.vrrp.model import Kernel
from haproxy_agentx.vrrp.netlink import AddressMessage, DumpEnd, LinkMessage, NetlinkMessage

log = logging.getLogger(__name__)

REFRESH: Final = 30.0
"""Seconds between two readings of everything: an insurance, as the kernel reports changes."""

DUMP_TIMEOUT: Final = 5.0
"""Seconds within which a reading of everything ends."""

AGAIN: Final = 0.05
"""Seconds until everything is read again after changes got lost: a burst of them is not answered by one of dumps."""

RETRY: Final = 2.0
"""Seconds until the kernel is asked again after a failure."""

RECEIVE_BUFFER: Final = 1 << 20
"""Bytes of changes that may wait for us; the kernel grants what net.core.rmem_max allows."""

DATAGRAM: Final = 16 * 1024
"""Bytes of a datagram; the kernel makes the parts of a dump no larger than what it is asked for."""

BURST: Final = 64
"""Datagrams that are looked at in one turn of the loop, if they are small."""

Request = Callable[[int], bytes]

_DUMPS: Final[tuple[Request, ...]] = (netlink.dump_links, netlink.dump_addresses)
"""What a reading of everything asks for, in this order: the kernel has one dump at a time on a socket."""

_NO_DESCRIPTOR = (Invalid, "no file descriptor left: raise LimitNOFILE of the service")
_NOT_ALLOWED = (
    Denied,
    "no permission to ask the kernel for addresses: add AF_NETLINK to RestrictAddressFamilies= of the service",
)
_EXPLAINED: Mapping[int, tuple[type[SourceError], str]] = {
    errno.EMFILE: _NO_DESCRIPTOR,
    errno.ENFILE: _NO_DESCRIPTOR,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EAFNOSUPPORT: _NOT_ALLOWED,
}


class KernelAddresses:
    """Keeps ``kernel`` as the kernel has it, and calls ``on_change`` with it and the time at each change.

    The first call is that of the first reading. ``kernel`` is None until then, and while the kernel can not be asked.
    Several changes that came in one burst are one call.
    """

    def __init__(self, on_change: Callable[[Kernel, float], None]) -> None:
        self.kernel: Kernel | None = None
        self.source = Source(name="kernel", kind=SourceKind.kernelAddresses, target="rtnetlink")
        self._on_change = on_change

    async def run(self) -> None:
        """Read until cancelled; the socket is closed when this is cancelled."""
        while True:
            try:
                await self._follow()
            except SourceError as error:
                self._failed(error)
            except OSError as error:
                kind, text = _EXPLAINED.get(error.errno or 0, (Invalid, error.strerror or str(error)))
                self._failed(kind(f"rtnetlink: {text}"))
            await asyncio.sleep(RETRY)

    async def _follow(self) -> None:
        """Follow the kernel on one socket. Raises OSError and SourceError."""
        with _connect() as connection:
            conversation = _NetlinkConversation(connection, self._take)
            try:
                await conversation.run()
            finally:
                conversation.close()

    def _take(self, interfaces: Interfaces) -> None:
        now = monotonic()
        if self.source.succeeded(now):
            log.info("kernel addresses: reading them")
        kernel = interfaces.kernel()
        if kernel != self.kernel:
            self.kernel = kernel
            self._on_change(kernel, now)

    def _failed(self, error: SourceError) -> None:
        self.kernel = None
        if self.source.failed(error, monotonic()):
            log.warning("kernel addresses: %s", error)


class _NetlinkConversation:
    """One socket: dumps, and notifications between and beside them.

    While a dump comes in, notifications go into the present picture as well as into the one that is being made: in
    the socket's queue all messages are in the order of what happened.
    """

    def __init__(self, connection: socket.socket, on_picture: Callable[[Interfaces], None]) -> None:
        self._connection = connection
        self._on_picture = on_picture
        self._buffer = bytearray(DATAGRAM)
        self._view = memoryview(self._buffer)
        self._picture: Interfaces | None = None
        self._making: Interfaces | None = None
        self._step = 0
        self._sequence = 0
        self._again = False
        self._woken = asyncio.Event()
        self._error: Exception | None = None
        self._events = ReadEvents(connection.fileno(), self._readable, self._failed)

    def close(self) -> None:
        """Read no more; the socket is its owner's to close."""
        self._events.stop()

    async def run(self) -> None:
        """Ask for everything, at once and each REFRESH seconds; SourceError when a dump does not end, and OSError."""
        while True:
            self._again = False
            self._begin()
            try:
                async with asyncio.timeout(DUMP_TIMEOUT):
                    await self._until(lambda: self._making is None)
            except TimeoutError as error:
                raise Unresponsive(
                    f"rtnetlink: the kernel did not report all addresses within {DUMP_TIMEOUT:g} s"
                ) from error
            try:
                async with asyncio.timeout(REFRESH):
                    await self._until(lambda: self._again)
            except TimeoutError:
                continue
            await asyncio.sleep(AGAIN)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition() or self._error is not None:
            if self._error is not None:
                raise self._error
            self._woken.clear()
            await self._woken.wait()

    def _readable(self) -> None:
        """Read what has come: at most BURST datagrams, and no second large one."""
        changed = False
        for _ in range(BURST):
            size = self._receive()
            if size is None:
                break
            changed = self._accept(netlink.parse(self._view[:size])) or changed
            if size > DATAGRAM // 4:
                break
        if changed and self._picture is not None:
            self._on_picture(self._picture)
        if self._making is None or self._again:
            self._woken.set()

    def _failed(self, error: Exception) -> None:
        """Have ``run`` raise what went wrong, whatever it is."""
        self._error = error
        self._woken.set()

    def _receive(self) -> int | None:
        """Read a datagram into the buffer; its size, 0 for one that is not the kernel's, None when there is none."""
        try:
            size, _, flags, (sender, _) = self._connection.recvmsg_into([self._buffer])
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            self._again = True  # changes came faster than we read, and some of them are lost
            return 0
        if flags & socket.MSG_TRUNC:
            self._again = True
            return 0
        return 0 if sender else size

    def _accept(self, messages: list[NetlinkMessage]) -> bool:
        """Record what the kernel reports; return True when the picture may have changed."""
        changed = False
        for item in messages:
            if isinstance(item, LinkMessage | AddressMessage):
                for interfaces in filter(None, (self._picture, self._making)):
                    interfaces.take((item,))
                changed = True
            elif isinstance(item, DumpEnd):
                changed = self._dumped(item) or changed
            else:
                self._again = True
        return changed

    def _begin(self) -> None:
        self._making = Interfaces()
        self._step = 0
        self._ask()

    def _ask(self) -> None:
        self._sequence = self._sequence % 0xFFFF_FFFF + 1
        self._connection.send(_DUMPS[self._step](self._sequence))

    def _dumped(self, end: DumpEnd) -> bool:
        """Ask for the next part, or take over what was read; True in this case."""
        if self._making is None or end.sequence != self._sequence:
            return False
        if end.error:
            raise OSError(end.error, os.strerror(end.error))
        self._step += 1
        if self._step < len(_DUMPS):
            self._ask()
            return False
        if self._again:
            self._making = None  # something is missing in it
            return False
        self._picture, self._making = self._making, None
        return True


def _connect() -> socket.socket:
    """Open a socket that hears of changes from now on."""
    connection = socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
    )
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.bind((0, netlink.GROUPS))
    except BaseException:  # whatever it is, nobody else would close it; it is raised again
        connection.close()
        raise
    return connection
