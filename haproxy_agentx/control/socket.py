"""The daemon's control socket: a client may ask one thing and gets one JSON document, and end of file.

It stands beside the store, in the directory that belongs to the daemon's user, and only its user and group may use it.
A client sends a line of JSON (``control/request``) or nothing, and half-closes. Nothing, or ``{}``, asks for the state
of the daemon; ``{"command": NAME}`` is for one of its handlers. ``{"problem": TEXT}`` answers what cannot be done.
"""

import asyncio
import json
import logging
import os
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from haproxy_agentx.control.request import (
    HANDLER_TIMEOUT,
    MAX_OCTETS,
    MAX_REQUEST,
    TIMEOUT,
    BadRequest,
    Request,
    Snapshot,
    parse,
)
from haproxy_agentx.system.bound_socket import bound

log = logging.getLogger(__name__)

REQUEST_TIMEOUT = 1.0
"""Seconds for the request; who sends nothing and does not half-close is then given the state."""

MAX_CLIENTS = 16
"""Connections at a time."""

MAX_OTHERS = 12
"""Those of them that are not root's: root always finds one."""

MAX_OF_USER = 6
"""Those of one user who is not root."""

Handler = Callable[[Request], Awaitable[Snapshot]]
"""Does a command. It may raise BadRequest."""

NO_HANDLERS: Mapping[str, Handler] = {}


class Control:
    """Serves ``snapshot`` and ``handlers`` at ``path``. If it cannot, it logs why, and SNMP is served.

    ``bind`` returns a socket that is bound to the path, or raises OSError: it may take its
    time. Who binds it unlinks it.
    """

    def __init__(
        self,
        path: str,
        snapshot: Callable[[], Snapshot],
        handlers: Mapping[str, Handler] = NO_HANDLERS,
        bind: Callable[[str], Awaitable[socket.socket]] | None = None,
    ) -> None:
        self._path = path
        self._bind = bind or bind_here
        self._snapshot = snapshot
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._clients: Counter[int] = Counter()
        """Connections by the uid of the client (SO_PEERCRED)."""

    async def start(self) -> None:
        """Listen."""
        try:
            sock = await self._bind(self._path)
        except OSError as error:
            log.warning(
                "control socket %s: cannot listen, so haproxy-agentx status has no answer: %s",
                self._path,
                error.strerror or error,
            )
            return
        self._server = await asyncio.start_unix_server(self._serve, sock=sock, limit=MAX_REQUEST)  # it owns it now

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            if self._bind is bind_here:
                with suppress(OSError):
                    os.unlink(self._path)  # noqa: PTH108

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _uid_of(writer)
        if not self._has_room(uid):
            writer.transport.abort()
            return
        self._clients[uid] += 1
        try:
            answer = json.dumps(await self._answer(reader)).encode()
            if len(answer) > MAX_OCTETS:
                answer = json.dumps(
                    {"problem": f"the answer is longer than {MAX_OCTETS} octets: ask for less"}
                ).encode()
            async with asyncio.timeout(TIMEOUT):
                writer.write(answer)
                await writer.drain()
        except (OSError, TimeoutError) as error:
            log.debug("control socket: %s", error)
        except asyncio.CancelledError:
            log.debug("control socket: the daemon ends")  # asyncio's streams would log a cancelled task as a failure
        finally:
            self._clients[uid] -= 1
            if not self._clients[uid]:
                del self._clients[uid]
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    def _has_room(self, uid: int) -> bool:
        """Whether one more client of this user is served: a member of the group cannot shut root out."""
        total = self._clients.total()
        if uid == 0:
            return total < MAX_CLIENTS
        return total - self._clients[0] < MAX_OTHERS and total < MAX_CLIENTS and self._clients[uid] < MAX_OF_USER

    async def _answer(self, reader: asyncio.StreamReader) -> Snapshot:
        try:
            request = parse(await _read_line(reader))
            name = request.get("command")
            if name is None:
                return self._snapshot()
            handler = self._handlers.get(name, self._unknown)
            async with asyncio.timeout(HANDLER_TIMEOUT):
                return await handler(request)
        except BadRequest as error:
            return {"problem": str(error)}
        except TimeoutError:
            return {"problem": f"it was not done within {HANDLER_TIMEOUT:g} s: the log of haproxy-agentx may say why"}

    async def _unknown(self, _request: Request) -> Snapshot:
        known = ", ".join(self._handlers) or "none"
        return {"problem": f"the running haproxy-agentx has no such command; it has: {known}"}


def _uid_of(writer: asyncio.StreamWriter) -> int:
    """Return the uid of the process that connected."""
    sock = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("=3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(uid)


async def bind_here(path: str) -> socket.socket:
    """Bind in this process."""
    return bound(path)


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """Read up to the end of the line or of what is sent; one octet more than a request may have is enough."""
    line = bytearray()
    with suppress(TimeoutError):
        async with asyncio.timeout(REQUEST_TIMEOUT):
            while b"\n" not in line and len(line) <= MAX_REQUEST and (piece := await reader.read(MAX_REQUEST + 1)):
                line += piece
    return bytes(line.partition(b"\n")[0])
