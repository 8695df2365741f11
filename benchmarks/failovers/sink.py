"""A trap sink in a host of the lab that knows to the microsecond when each datagram came."""

import socket
import struct
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.health.model import Health, Role
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.event_objects import COLUMNS, EVENT_TABLE
from haproxy_agentx.snmp import v2c
from haproxy_agentx.snmp.message import Value, VarBind
from haproxy_agentx.snmp.outline import outline
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vocabulary.source import SourceError
from haproxy_agentx.vrrp import traps
from haproxy_agentx.vrrp.model import StateTrap
from integration.netlab.plan import ADDRESSES, ROOT
from tests.support.namespace import enter

PORT = 162
RECEIVE_BUFFER = 4 << 20
LARGEST = 65536

SO_TIMESTAMPNS = 35
"""socket(7), which Python does not name: the kernel's time of arrival comes with each datagram."""
_TIMESPEC = struct.Struct("qq")

_HOSTS = {address: host for host, address in ADDRESSES.items()}
_ROOT: Oid = tuple(map(int, ROOT.split(".")))


@dataclass(frozen=True, slots=True)
class Datagram:
    """``at`` is the kernel's clock in nanoseconds."""

    at: int
    host: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """A change of role as a notification tells it; ``up_time`` is that of keepalived's trap, in hundredths of a second.

    Two of the same host, instance, role and up_time, one of keepalived and one of ours, tell the same.
    """

    host: str
    instance: str
    role: Role
    up_time: int


class Sink(AbstractContextManager["Sink"]):
    """Listens at port 162 in a network namespace while it is entered; what came is in ``datagrams``."""

    def __init__(self, namespace: Path) -> None:
        self.datagrams: list[Datagram] = []
        self._namespace = namespace
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._problem: OSError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._problem:
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            enter(self._namespace)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                sock.bind(("", PORT))
                sock.settimeout(0.1)
                self._ready.set()
                while not self._stop.is_set():
                    self._receive(sock)
        except OSError as error:
            self._problem = error
            self._ready.set()

    def _receive(self, sock: socket.socket) -> None:
        try:
            content, ancillary, _, (address, _) = sock.recvmsg(LARGEST, socket.CMSG_SPACE(_TIMESPEC.size))
        except TimeoutError:
            return
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, nanoseconds = _TIMESPEC.unpack(data)
                at = seconds * 1_000_000_000 + nanoseconds
                self.datagrams.append(Datagram(at, _HOSTS.get(address, address), content))


def keepaliveds(datagram: Datagram) -> Change | None:
    """Read a vrrpInstanceStateChange; None for anything else."""
    try:
        trap = traps.read(_varbinds(datagram)) if traps.concerns(datagram.content) else None
    except SourceError:
        return None
    role = _ROLES.get(trap.state.name) if isinstance(trap, StateTrap) and not trap.group else None
    if not isinstance(trap, StateTrap) or role is None:
        return None
    return Change(datagram.host, trap.name, role, trap.up_time)


_ROLES = {"master": Role.master, "backup": Role.backup, "fault": Role.fault, "shutdown": Role.stopped}


def ours(datagram: Datagram) -> Change | None:
    """Read a haxServiceFailover; None for anything else. One that knows of no trap of keepalived's has up_time -1."""
    found = dict(_varbinds(datagram))
    if found.get(traps.TRAP_OID) != (*_ROOT, *schema.NOTIFICATIONS_NODE, Kind.serviceFailover.value):
        return None
    subject, role, up_time = (
        _cell(found, name) for name in ("haxEventSubject", "haxEventRole", "haxEventKeepalivedUpTime")
    )
    if not isinstance(subject, bytes) or not isinstance(role, int):
        return None
    return Change(datagram.host, subject.decode(), Role(role), up_time if isinstance(up_time, int) else -1)


def health_of(datagram: Datagram) -> str | None:
    """Return the health that a notification of ours about a service reports; None for anything else."""
    found = dict(_varbinds(datagram))
    kinds = (Kind.serviceFailover, Kind.serviceHealthChange)
    if found.get(traps.TRAP_OID) not in [(*_ROOT, *schema.NOTIFICATIONS_NODE, kind.value) for kind in kinds]:
        return None
    health = _cell(found, "haxEventHealth")
    return Health(health).name if isinstance(health, int) else None


def pair_state_of(datagram: Datagram) -> tuple[str, str] | None:
    """Return the service and the pair state that a haxPairChange reports; None for anything else."""
    found = dict(_varbinds(datagram))
    if found.get(traps.TRAP_OID) != (*_ROOT, *schema.NOTIFICATIONS_NODE, Kind.pairChange.value):
        return None
    subject, state = (_cell(found, name) for name in ("haxEventSubject", "haxEventState"))
    return (subject.decode(), state.decode()) if isinstance(subject, bytes) and isinstance(state, bytes) else None


def _varbinds(datagram: Datagram) -> tuple[VarBind, ...]:
    seen = outline(datagram.content)
    return v2c.read(datagram.content, seen).varbinds if seen is not None else ()


def _cell(found: dict[Oid, Value], name: str) -> Value:
    column = schema.column_oid(EVENT_TABLE, COLUMNS[name], _ROOT)
    return next((value for oid, value in found.items() if oid[:-1] == column), None)
