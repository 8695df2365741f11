"""Whose datagram it is: the uid of the local socket that sent it, by sock_diag(7), which needs no privilege.

A lookup takes some 15 microseconds and is made for each datagram: nothing is kept from one to the next, since a port
may have another owner by then.
"""

import os
import socket
from collections.abc import Callable, Container
from pathlib import Path

from haproxy_agentx.vrrp import sock_diag
from haproxy_agentx.vrrp.sock_diag import DiagUnanswered, Where
from haproxy_agentx.vrrp.trust import Sender

OVERFLOW_UID = 65534
"""The uid shown for one that this user namespace has no number for, and of the user ``nobody``: never believed."""

ROOT = frozenset({0})

Believed = Callable[[], Container[int]]
"""Returns the uids that are believed now: root's, and of those that are snmpd's."""


def only_root() -> Container[int]:
    """Return the uid of root."""
    return ROOT


def master_uids(path: str, pid: int | None, uid: int | None) -> frozenset[int]:
    """Return whose traps are snmpd's, where snmpd is who listens at the AgentX socket ``path``.

    ``pid`` and ``uid`` are SO_PEERCRED of the connection to it: as they were when snmpd began to listen, before it
    gave up root. Its user is that of its process, if that can be seen, and the owner of the socket (agentXPerms).
    """
    found = {0} if uid is None else {0, uid}
    for file in (path, f"/proc/{pid}"):
        try:
            found.add(Path(file).stat().st_uid)
        except OSError:
            continue  # the one is absent over TCP, the other under ProtectProc=invisible
    return frozenset(found - {OVERFLOW_UID})


class Senders:
    """Looks up senders. ``problem`` says in words why it cannot, or is empty."""

    def __init__(self) -> None:
        self.problem = ""
        self._socket: socket.socket | None = None
        self._number = 0

    def open(self) -> None:
        """Open the socket to the kernel, and try it on a socket of our own."""
        self.close()
        try:
            diag = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, sock_diag.PROTOCOL)
            self._socket = diag
            diag.settimeout(0)
            diag.connect((0, 0))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as own:
                own.bind(("127.0.0.1", 0))
                found = self._uid(("127.0.0.1", 9), own.getsockname())
            self.problem = "" if found == os.geteuid() else "the kernel does not find our own socket"
        except (OSError, DiagUnanswered) as error:
            self.problem = str(error)

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def of(self, local: Where, peer: Where, believed: Believed) -> tuple[Sender, int | None]:
        """Return who sent a datagram from ``peer`` to ``local``, and the uid if it is known."""
        if self.problem:
            return Sender.unseen, None
        try:
            uid = self._uid(local, peer)
        except (OSError, DiagUnanswered):
            return Sender.gone, None
        if uid is None:
            return Sender.gone, None
        return (Sender.proven if uid != OVERFLOW_UID and uid in believed() else Sender.foreign), uid

    def _uid(self, local: Where, peer: Where) -> int | None:
        """Ask; the kernel has answered when ``send`` returns. Raise OSError, DiagUnanswered."""
        if self._socket is None:
            raise DiagUnanswered("not open")
        self._number = self._number % 0x7FFFFFFF + 1
        self._socket.send(sock_diag.request(local, peer, self._number))
        return sock_diag.read(self._socket.recv(sock_diag.ANSWER), self._number, peer[1])
