"""The daemon's control socket: whoever connects gets one JSON document, the state of the daemon, and end of file.

It stands beside the store, in the directory that belongs to the daemon's user, and only its user and group may read.
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

log = logging.getLogger(__name__)

MODE = 0o660
TIMEOUT = 2.0
"""Seconds for a whole exchange, on both sides."""

MAX_OCTETS = 1 << 20

Snapshot = dict[str, object]


class NotRunning(Exception):  # noqa: N818  it is a state and no error: the caller decides what it means
    """Nobody answers; the text says where and what to do."""


def control_path(store: str) -> str:
    """Give the path of the control socket that belongs to a store."""
    return str(Path(store).with_name("control.sock"))


class Control:
    """Serves ``snapshot`` at ``path``. That it cannot is told in the log and no reason not to serve SNMP."""

    def __init__(self, path: str, snapshot: Callable[[], Snapshot]) -> None:
        self._path = path
        self._snapshot = snapshot
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket that a dead daemon has left is replaced (the lock says that it is dead)."""
        sock = socket.socket(socket.AF_UNIX)
        try:
            with suppress(FileNotFoundError):
                os.unlink(self._path)  # noqa: PTH108
            sock.bind(self._path)
            os.chmod(self._path, MODE)  # noqa: PTH101
            self._server = await asyncio.start_unix_server(self._answer, sock=sock)
        except OSError as error:
            sock.close()
            log.warning("no `haproxy-agentx status`: cannot listen at %s: %s", self._path, error.strerror or error)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            with suppress(OSError):
                os.unlink(self._path)  # noqa: PTH108

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                writer.write(json.dumps(self._snapshot()).encode())
                await writer.drain()
        except (OSError, TimeoutError) as error:
            log.debug("control socket: %s", error)
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()


def ask(path: str) -> Snapshot:
    """Give the state of the daemon that listens at ``path``. Raises NotRunning."""
    answer = bytearray()
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            ends = monotonic() + TIMEOUT
            sock.settimeout(TIMEOUT)
            sock.connect(path)
            while piece := sock.recv(65536):
                sock.settimeout(max(0.001, ends - monotonic()))
                answer += piece
                if len(answer) > MAX_OCTETS:
                    raise NotRunning(f"{path}: the answer is longer than {MAX_OCTETS} octets: is this haproxy-agentx?")
        snapshot = json.loads(answer)
    except PermissionError as error:
        raise NotRunning(f"{path}: permission denied: run this as root, or as a member of haproxy-agentx") from error
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NotRunning(
            f"{path}: haproxy-agentx does not run here (systemctl start haproxy-agentx; journalctl -u haproxy-agentx "
            "says why when it ends), or its store is elsewhere (--config FILE)"
        ) from error
    except TimeoutError as error:
        raise NotRunning(
            f"{path}: no answer within {TIMEOUT:g} s: is haproxy-agentx frozen? Then systemctl restart haproxy-agentx"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise NotRunning(f"{path}: {error}") from error
    if not isinstance(snapshot, dict):
        raise NotRunning(f"{path}: what answers there is not haproxy-agentx")
    return snapshot
