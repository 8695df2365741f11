"""What a measurement does in the network of a host of the lab: connections, requests, and a manager that asks."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Self

from benchmarks.ask import get
from haproxy_agentx.health.model import Health
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.agent_objects import HEALTH_SCALARS
from integration.netlab.host import Host
from tests.support.namespace import enter

HEALTH = ".".join(map(str, (*schema.scalar_oid(HEALTH_SCALARS[0]), 0)))
SNMP = 161
ASKED = 0.002
"""Seconds between two GETs: the resolution of what is measured."""

REQUESTED = 0.05
"""Seconds between two requests of a client."""

TIMEOUT = 1.0
"""Seconds in which a connection of the lab is made."""


class Inside(AbstractContextManager["Inside"]):
    """Repeats ``act`` every ``pause`` seconds in the network of a host while it is entered."""

    def __init__(self, host: Host, act: Callable[[], object], pause: float) -> None:
        self._namespace = Path(f"/proc/{host.leader.pid}/ns/net")
        self._act, self._pause = act, pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        enter(self._namespace)
        while not self._stop.is_set():
            self._act()
            self._stop.wait(self._pause)


class Manager:
    """Asks a host for haxHealth.0; ``seen`` has each change and when it came (monotonic)."""

    def __init__(self, host: Host) -> None:
        self.seen: list[tuple[float, str]] = []
        self.asking = Inside(host, self._ask, ASKED)

    def after(self, at: float) -> tuple[float, str] | None:
        """Return the first change after a moment, None as long as there is none."""
        return next((each for each in list(self.seen) if each[0] >= at), None)

    def _ask(self) -> None:
        found = get(SNMP, HEALTH)
        at = time.monotonic()
        if isinstance(found, int) and (not self.seen or self.seen[-1][1] != Health(found).name):
            self.seen.append((at, Health(found).name))


def connected(host: Host, address: str, port: int, number: int) -> list[socket.socket]:
    """Return that many idle connections from a host; those that are not accepted in time are among them."""

    def connect() -> socket.socket:
        idle = socket.socket()
        idle.settimeout(TIMEOUT)
        with suppress(OSError):
            idle.connect((address, port))
        return idle

    return _once(host, lambda: [connect() for _ in range(number)])


def listening(host: Host, port: int) -> list[socket.socket]:
    """Return a socket that listens on 127.0.0.1 of a host, in a list; each connection is closed at once."""
    found = _once(host, lambda: [socket.create_server(("127.0.0.1", port))])
    threading.Thread(target=_accept, args=found, daemon=True).start()
    return found


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):  # it is shut down
        while True:
            listener.accept()[0].close()


def close(sockets: list[socket.socket]) -> None:
    """Close them, and empty the list."""
    while sockets:
        with suppress(OSError):  # not connected
            sockets[-1].shutdown(socket.SHUT_RDWR)
        sockets.pop().close()


def request(address: str, path: str, seconds: float = TIMEOUT) -> bool:
    """Make one request of a client; return whether it was answered with 200."""
    with suppress(OSError), socket.create_connection((address, 80), seconds) as asking:
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: asking.recv(65536), b""))
        return answer.startswith(b"HTTP/1.1 200 ")
    return False


def _once(host: Host, act: Callable[[], list[socket.socket]]) -> list[socket.socket]:
    """Return sockets that were made in the network of a host, where they stay."""
    found: list[socket.socket] = []

    def run() -> None:
        enter(Path(f"/proc/{host.leader.pid}/ns/net"))
        found.extend(act())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found
