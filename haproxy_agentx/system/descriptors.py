"""Descriptors on an event loop, with one owner each: the only module that gives the loop one, but for the engine's.

uvloop closes the descriptor of a transport by its number. Where the transport was made of a socket object and ends
before uvloop has attached that object (a peer that closes at once), the object closes the same number again, which by
then may be another's. So uvloop opens its descriptors itself, and asyncio's transports share the socket object, whose
second ``close`` does nothing.
"""

import asyncio
import errno
import os
import select
from collections.abc import Callable

from haproxy_agentx.agentx.dial import connected_unix

PATH_LIMIT = 107
"""Octets in the path of a Unix socket (sun_path of unix(7), less its NUL)."""


def opens_itself(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop opens the descriptors of its transports itself: all but asyncio's own."""
    return not isinstance(loop, asyncio.SelectorEventLoop)


async def connect_unix(path: str, protocol: asyncio.BaseProtocol) -> asyncio.Transport:
    """Connect ``protocol`` to the Unix socket at ``path``. Return the transport, which owns the descriptor.

    ``protocol`` may write from now on and not before, least of all in ``connection_made``. The connection may be over
    already: the protocol has been notified. Raise OSError: ENAMETOOLONG, and EAGAIN where the listener's queue is full.
    """
    if len(os.fsencode(path)) > PATH_LIMIT:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    loop = asyncio.get_running_loop()
    if opens_itself(loop):
        transport, _ = await loop.create_unix_connection(lambda: protocol, path)
        return transport
    sock = connected_unix(path)
    try:
        transport, _ = await loop.create_unix_connection(lambda: protocol, sock=sock)
    except BaseException:  # also when cancelled: nobody else would close it
        sock.close()
        raise
    return transport


class ReadEvents:
    """Call ``on_readable`` while ``descriptor`` has something to read, an end or an error, until ``stop``.

    The descriptor stays its owner's, who calls ``stop`` before closing it. What ``on_readable`` raises ends this and
    goes to ``on_failure``: it concerns this source and not the loop. Raise OSError.

    The loop watches an epoll(7) set that holds the descriptor and not the descriptor itself: libuv takes EPOLLERR
    (ENOBUFS of a netlink socket, ECONNREFUSED of a UDP one) for the end of a descriptor and stops watching it without
    a word, and a set is readable whatever happens to what is in it.
    """

    def __init__(
        self, descriptor: int, on_readable: Callable[[], None], on_failure: Callable[[Exception], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_readable = on_readable
        self._on_failure = on_failure
        self._set = select.epoll(1)
        try:
            self._set.register(descriptor, select.EPOLLIN)
            self._loop.add_reader(self._set.fileno(), self._call)
        except BaseException:  # whatever it is: it is raised again, and the set has no other owner
            self._set.close()
            raise

    def stop(self) -> None:
        """Call no more. May be called again."""
        if not self._set.closed:
            self._loop.remove_reader(self._set.fileno())
            self._set.close()

    def _call(self) -> None:
        try:
            self._on_readable()
        except Exception as error:  # noqa: BLE001  -- whatever it is: its source decides
            self.stop()
            self._on_failure(error)
