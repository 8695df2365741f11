"""How a master is reached: by the path of a Unix socket, or at a TCP port of the loopback (RFC 2741 8)."""

import asyncio
import errno
import os
import socket
import struct

from haproxy_agentx.agentx.events import MasterProblem
from haproxy_agentx.agentx.link import SessionLink
from haproxy_agentx.agentx.transport import LingeringTransport

TCP_PREFIX = "tcp:"
"""What an address begins with that is not a path: ``tcp:HOST:PORT``."""

PATH_LIMIT = 107
"""Octets in the path of a Unix socket (sun_path of unix(7), less its NUL)."""


async def dial(address: str, link: SessionLink, within: float) -> tuple[int, int] | None:
    """Connect ``link`` to a master, within so many seconds. Raise OSError, of which TimeoutError is one.

    Return process ID and uid of the process that listens at a Unix socket (SO_PEERCRED); None over TCP. The connection
    may be over already: the link has been notified. It may write from now on, and not before.

    On asyncio's own loop the transport is ours. All other loops (uvloop) open the descriptors of their transports
    themselves: uvloop closes one by its number, which a socket object of ours would close again.
    """
    loop = asyncio.get_running_loop()
    is_ours = isinstance(loop, asyncio.SelectorEventLoop)
    async with asyncio.timeout(within):
        if address.startswith(TCP_PREFIX):
            host, port = host_and_port(address)
            if is_ours:
                link.connection_made(LingeringTransport(loop, await _connected_tcp(loop, host, port), link))
            else:
                await loop.create_connection(lambda: link, host, port)  # sets TCP_NODELAY, as all loops do
            return None
        if len(os.fsencode(address)) > PATH_LIMIT:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        if is_ours:
            sock = connected_unix(address)
            peer = _peer(sock)
            link.connection_made(LingeringTransport(loop, sock, link))
            return peer
        transport, _ = await loop.create_unix_connection(lambda: link, address)
        return _peer(transport.get_extra_info("socket"))


def host_and_port(address: str) -> tuple[str, int]:
    """Return the parts of ``tcp:HOST:PORT``; HOST may be an IPv6 address in brackets. Raise ValueError."""
    host, _, port = address.removeprefix(TCP_PREFIX).rpartition(":")
    return host.strip("[]"), int(port)


def unreachable(address: str, error: OSError) -> MasterProblem:
    """Return what an error of ``dial`` says."""
    if error.errno == errno.ENOENT:
        why = "there is no such socket"
    elif error.errno == errno.ECONNREFUSED:
        why = "no process listens there"
    elif error.errno == errno.EACCES:
        why = f"permission denied for uid {os.geteuid()}"
    elif isinstance(error, TimeoutError | BlockingIOError):
        why = "it does not take the connection"
    else:
        why = error.strerror or str(error)
    return MasterProblem(f"cannot connect to the AgentX master at {address}: {why}", error)


def connected_unix(path: str) -> socket.socket:
    """Return a socket that is connected to ``path``; the caller owns it. Raise OSError.

    It connects at once or not at all. A Unix socket never connects later: EAGAIN means that the queue of the listener
    is full, which asyncio would take for a connection under way.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        sock.connect(path)
    except BaseException:  # whatever it is: it is raised again, and the descriptor has no other owner
        sock.close()
        raise
    return sock


async def _connected_tcp(loop: asyncio.AbstractEventLoop, host: str, port: int) -> socket.socket:
    """Return a socket that is connected to a TCP port, without Nagle's delay; the caller owns it. Raise OSError."""
    infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, _, _, _, target = infos[0]
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        await loop.sock_connect(sock, target)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:  # also when cancelled: it is raised again, and the descriptor has no other owner
        sock.close()
        raise
    return sock


def _peer(sock: socket.socket) -> tuple[int, int]:
    process, uid, _ = struct.unpack("=3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return process, uid
