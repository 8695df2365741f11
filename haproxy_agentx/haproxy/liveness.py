"""The witnesses beside the statistics channel: the process, the queue of its socket, this machine's listening sockets.

None needs a privilege. A pidfd (pidfd_open(2)) is readable at the moment when the process ends. The processor time of
another process can be read by its clock (clock_getcpuclockid(3)), also where /proc hides it (ProtectProc=invisible,
hidepid): one that is stopped uses none. sock_diag(7) lists sockets, with how many connections wait.

``Pid`` of `show info` is a number of HAProxy's own process namespace. It is taken for a process here only where the
kernel says the same of the other end of the socket (SO_PEERCRED): the same process, or its master, by their group.
"""

import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from haproxy_agentx.haproxy.standing import CROWD, Channel, Life, Ports, SilenceEvidence, SocketQueue
from haproxy_agentx.system import sock_dump
from haproxy_agentx.system.descriptors import ReadEvents
from haproxy_agentx.system.sock_dump import LISTEN, Listening, UnixSocket, Unreadable

MAX_MESSAGES = 256
"""Messages of one list that are read: some ten thousand sockets."""

LOOK = 10.0
"""Seconds between two looks at the listening sockets while HAProxy answers."""

STILL = 1.8
"""Seconds without any processor time that mean something: an idle HAProxy checks its servers every two (`inter`)."""

_STOPPED = ("T", "t")

Peer = tuple[int, bytes]
"""Who listens at the statistics socket, as the kernel says: a process id (0: not of this namespace), and its name."""


class Liveness:
    """The witnesses of one HAProxy. ``on_end`` is called once when the process that was read ends.

    ``page_port`` is the port of a statistics page on this machine; None for a socket, and for a page elsewhere.
    """

    def __init__(self, on_end: Callable[[], None], page_port: int | None = None) -> None:
        self._on_end = on_end
        self._page_port = page_port
        self._pid = 0
        self._descriptor = -1
        self._events: ReadEvents | None = None
        self._is_ours = False
        """Whether the process is surely HAProxy's."""
        self._name = b""
        self._used: tuple[float, int] | None = None
        """When HAProxy's processor time was looked at, and how much it was, in nanoseconds."""
        self._listening: frozenset[tuple[bytes, int]] | None = None
        self._looked_at = float("-inf")

    def begin(self, now: float) -> None:
        """Note how much processor time HAProxy has used: an attempt to read begins, the first since a good one."""
        if self._used is None:
            self._measure(now)

    def take(self, pid: int, peer: Peer | None, now: float) -> None:
        """Record a good reading: of which process, and who listens at the socket, if the kernel says it."""
        self._used = None
        if pid != self._pid or self.has_ended:
            self._watch(pid, peer)
            self._listening, self._looked_at = None, float("-inf")
        if peer is not None:
            self._name = peer[1]
        if now - self._looked_at >= LOOK:
            self._looked_at = now
            found = self._look() if self._is_ours and self._is_here() else None
            # those only that have been there all the time: ports of other programs come and go
            self._listening = found if found is None or self._listening is None else found & self._listening

    def found(self, channel: Channel, now: float) -> SilenceEvidence:
        """Return what is seen now, at the end of an attempt that failed."""
        return SilenceEvidence(channel, self._life(now), self._queue(channel), self._ports())

    @property
    def has_ended(self) -> bool:
        """Whether the process that was read is known to have ended."""
        if self._descriptor < 0:
            return False
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Watch no more. May be called again."""
        if self._events is not None:
            self._events.stop()
            self._events = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._pid = 0

    def _watch(self, pid: int, peer: Peer | None) -> None:
        self.close()
        self._is_ours = is_same(pid, peer)
        self._pid = pid
        with suppress(OSError, OverflowError):  # ended already, of another namespace, or an old kernel
            self._descriptor = os.pidfd_open(pid)
            self._events = ReadEvents(self._descriptor, self._ended, lambda _: None)

    def _ended(self) -> None:
        if self._events is not None:
            self._events.stop()
            self._events = None
        self._on_end()

    def _processor_time(self) -> int | None:
        if not self._is_ours or self._descriptor < 0:
            return None
        try:
            return time.clock_gettime_ns(~self._pid << 3 | 2)  # CPUCLOCK_SCHED of a process
        except (OSError, OverflowError):
            return None

    def _measure(self, now: float) -> None:
        used = self._processor_time()
        self._used = None if used is None else (now, used)

    def _life(self, now: float) -> Life:
        if not self._is_ours or self._descriptor < 0:
            return Life.unknown
        if self.has_ended:
            return Life.ended
        return Life.stopped if state_of(self._pid) in _STOPPED else self._work(now)

    def _work(self, now: float) -> Life:
        """Return whether a process that lives has worked since the first attempt that failed."""
        before, used = self._used, self._processor_time()
        if before is None or used is None:
            return Life.lives
        if used > before[1]:
            self._measure(now)
            return Life.running
        if now - before[0] < STILL:
            return Life.lives
        return Life.still

    def _queue(self, channel: Channel) -> SocketQueue:
        try:
            if channel is Channel.page:
                if self._page_port is None:
                    return SocketQueue.unknown
                waits = any(each.waiting for each in tcp_listening() if each.port == self._page_port)
                return SocketQueue.waiting if waits else SocketQueue.accepted
            named = [each for each in unix_sockets() if each.name == self._name] if self._name else []
        except (OSError, Unreadable):
            return SocketQueue.unknown
        listeners = [each for each in named if each.state == LISTEN]
        if channel is not Channel.silent or not listeners:
            return SocketQueue.unknown
        if not any(each.waiting for each in listeners):
            return SocketQueue.accepted
        held = sum(each.state != LISTEN and each.inode != 0 for each in named)
        return SocketQueue.used_up if held >= CROWD else SocketQueue.waiting

    def _ports(self) -> Ports:
        now = self._look() if self._listening is not None else None
        if now is None or not self._listening:
            return Ports.unknown
        return Ports.kept if self._listening <= now else Ports.vanished

    def _is_here(self) -> bool:
        """Whether HAProxy's statistics socket is of this network namespace, and so its other sockets surely, too."""
        try:
            return any(each.state == LISTEN and each.name == self._name for each in unix_sockets())
        except (OSError, Unreadable):
            return False

    @staticmethod
    def _look() -> frozenset[tuple[bytes, int]] | None:
        """Return the addresses and ports that are listened on; None where they cannot be seen, or there is none."""
        try:
            return frozenset((each.address, each.port) for each in tcp_listening()) or None
        except (OSError, Unreadable):
            return None


def is_same(pid: int, peer: Peer | None) -> bool:
    """Whether ``pid`` is a process here, and the one that listens or of its group: a worker and its master."""
    if peer is None or peer[0] <= 0 or pid <= 0:
        return False
    try:
        return peer[0] == pid or os.getpgid(pid) == os.getpgid(peer[0])
    except (OSError, OverflowError):
        return False


def state_of(pid: int) -> str:
    """Return the state of a process (proc(5), stat), empty where it is hidden."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(") ")[2][:1]
    except OSError:
        return ""


def tcp_listening() -> list[Listening]:
    """Return the listening TCP sockets of this network namespace. Raise OSError, Unreadable."""
    families = (sock_dump.AF_INET, sock_dump.AF_INET6)
    return [
        sock_dump.listening(body)
        for family in families
        for body in _listed(lambda number, family=family: sock_dump.listening_request(family, number))  # type: ignore[misc]
    ]


def unix_sockets() -> list[UnixSocket]:
    """Return the Unix sockets of this network namespace that have a name. Raise OSError, Unreadable."""
    found = map(sock_dump.unix_socket, _listed(sock_dump.unix_request))
    return [each for each in found if each.name]


def _listed(request: Callable[[int], bytes]) -> list[bytes]:
    found: list[bytes] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, sock_dump.PROTOCOL) as diag:
        diag.settimeout(0)  # the kernel has answered when it was asked: there is nothing to wait for
        diag.connect((0, 0))
        diag.send(request(1))
        for _ in range(MAX_MESSAGES):
            bodies, is_end = sock_dump.bodies(diag.recv(sock_dump.ANSWER), 1)
            found += bodies
            if is_end:
                return found
    raise Unreadable("more sockets than are read")
