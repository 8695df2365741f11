"""The records that the sources of VRRP knowledge give. Pure.

States are those of KEEPALIVED-MIB (vrrpInstanceState, 1.3.6.1.4.1.9586.100.5.2.3.1.4); times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum


class VrrpState(IntEnum):
    """vrrpInstanceState."""

    init = 0
    backup = 1
    master = 2
    fault = 3
    unknown = 4
    shutdown = 5
    deleted = 6


class FifoEvent(Enum):
    """What a line of ``vrrp_notify_fifo`` reports beside a new state (keepalived.conf(5), notify_fifo)."""

    lower_priority_seen = "MASTER_RX_LOWER_PRI"
    priority_as_master = "MASTER_PRIORITY"
    priority_as_backup = "BACKUP_PRIORITY"


@dataclass(frozen=True, slots=True)
class FifoLine:
    """A line of the FIFO. ``group`` is true for a sync group; one of ``state`` and ``event`` is given."""

    name: str
    state: VrrpState | None
    event: FifoEvent | None
    priority: int
    group: bool = False


@dataclass(frozen=True, slots=True)
class StateTrap:
    """vrrpInstanceStateChange or, with ``group``, vrrpSyncGroupStateChange.

    ``up_time`` is the sysUpTime of the event in hundredths of a second; ``initial`` is vrrpInstanceInitialState.
    """

    name: str
    state: VrrpState
    initial: VrrpState | None
    router_id: str
    up_time: int
    group: bool = False


class NewMasterReason(IntEnum):
    """vrrpv3NotificationInfo newMasterReason (RFC 6527)."""

    notMaster = 0  # noqa: N815  the labels of the MIB
    priority = 1
    preempted = 2
    masterNoResponse = 3  # noqa: N815


@dataclass(frozen=True, slots=True)
class NewMasterTrap:
    """vrrpv3NewMaster (1.3.6.1.2.1.207.0.1): this node has become MASTER.

    It names no instance. ``router_number`` is the virtual router's (vrrpv3OperationsVrId in the index of its objects),
    which is unique on an interface only; None where the trap does not give it.
    """

    reason: NewMasterReason | None
    router_number: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address of an instance. ``ip`` is its canonical text without prefix; ``is_set`` is vrrpAddressStatus set.

    ``interface`` is the one that it belongs on (vrrpAddressIfName), empty where that is not known.
    """

    ip: str
    is_set: bool
    interface: str = ""

    @property
    def place(self) -> "AddressPlace":
        """Return where the kernel has to have it."""
        return AddressPlace(self.ip, self.interface)


@dataclass(frozen=True, slots=True)
class AddressPlace:
    """An address on an interface. The same address elsewhere is another one, a link-local one above all.

    Its prefix is not part of it: with any prefix, the kernel answers for the address. An ``interface`` that is not
    known (empty) is any but the loopback interface, where a copy answers no request from the network (LVS-DR).
    """

    ip: str
    interface: str = ""

    def __str__(self) -> str:
        """Return its text as RFC 4007 11 writes a zone, ``fe80::1%eth0``; without an interface the address alone."""
        return f"{self.ip}%{self.interface}" if self.interface else self.ip

    @classmethod
    def of(cls, text: str) -> "AddressPlace":
        """Return what ``str`` gave the text of."""
        ip, _, interface = text.partition("%")
        return cls(ip, interface)


@dataclass(frozen=True, slots=True)
class MibScript:
    """A tracked script of KEEPALIVED-MIB. ``good`` is None before its first result.

    ``takes`` is the longest time in seconds from a failure (or a success) to its result: interval times fall (or rise).
    """

    name: str
    good: bool | None
    takes: float = 0.0


@dataclass(frozen=True, slots=True)
class MibInstance:
    """A row of vrrpInstanceTable with its addresses, scripts and interfaces.

    ``row`` is the row's index now: a position in the configuration file, which any edit shifts. A cell that keepalived
    does not have is None or empty: it is absent, and says nothing.
    """

    row: int
    name: str
    router_number: int | None
    """vrrpInstanceVirtualRouterId."""
    state: VrrpState
    initial: VrrpState | None
    wanted: VrrpState | None
    base_priority: int | None
    effective_priority: int | None
    interface: str
    """vrrpInstancePrimaryInterface; empty where ``interface`` is omitted (unicast, keepalived 2.2.8)."""
    addresses: tuple[Address, ...] = ()
    scripts: tuple[MibScript, ...] = ()
    sync_group: str = ""
    preempts: bool = True
    """Whether it takes over from a master of lower priority (keepalived.conf(5), nopreempt)."""
    preempt_delay: float = 0.0
    """Seconds that it waits before it does so."""
    advertises_each: float | None = None
    """Seconds between two advertisements."""
    accepts: bool = True
    """Whether packets to its addresses are let in while it is MASTER (vrrpInstanceAccept; VRRPv3 only shows it)."""
    tracked: tuple[str, ...] = ()
    """The interfaces that it tracks, by itself or by its sync group (vrrpTrackedInterfaceTable)."""

    @property
    def interfaces(self) -> frozenset[str]:
        """Return all interfaces that matter to it: its own, those of its addresses, the tracked ones."""
        return frozenset(filter(None, (self.interface, *(a.interface for a in self.addresses), *self.tracked)))


class RouterState(IntEnum):
    """vrrpv3OperationsStatus (RFC 6527)."""

    initialize = 1
    backup = 2
    master = 3


@dataclass(frozen=True, slots=True)
class MibRouter:
    """A row of vrrpv3OperationsTable and vrrpv3StatisticsTable of VRRPV3-MIB. What is absent is None or empty."""

    interface_index: int
    """ifIndex."""
    router_number: int
    ip_version: int
    """4 or 6."""
    state: RouterState | None
    master: str
    """vrrpv3OperationsMasterIpAddr as text: of a master its own address, else that of the last advertisement."""
    received: int | None
    """vrrpv3StatisticsRcvdAdvertisements."""


@dataclass(frozen=True, slots=True)
class MibReading:
    """KEEPALIVED-MIB, read once through snmpd: asked for at ``began``, answered in full at ``ended``.

    ``routers`` are the rows of VRRPV3-MIB, none where it is not answered.
    """

    router_id: str
    version: str
    instances: tuple[MibInstance, ...]
    began: float
    ended: float
    routers: tuple[MibRouter, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface. ``up`` is IFF_UP with IFF_RUNNING: configured up, and it has a carrier.

    ``index`` is its ifIndex, 0 where that is not known.
    """

    name: str
    up: bool
    loopback: bool
    index: int = 0


@dataclass(frozen=True, slots=True)
class Kernel:
    """Who has which address, by the kernel. Addresses that wait for or failed duplicate detection are left out.

    ``addresses`` gives the interfaces of each canonical address text (``ipaddress``); ``links`` the interfaces by name.
    """

    addresses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)

    def has(self, place: AddressPlace) -> bool:
        """Whether an address is where it belongs."""
        on = self.addresses.get(place.ip, frozenset())
        if place.interface:
            return place.interface in on
        return any(name not in self.links or not self.links[name].loopback for name in on)


class MibFailure(Enum):
    """Why KEEPALIVED-MIB could not be read."""

    snmpd = "snmpd does not answer"
    """Nothing is said about keepalived."""
    denied = "snmpd answers and does not let us read it"
    """Nothing is said about keepalived."""
    invalid = "what was answered is no reading: torn, garbage, or changed while it was read"
    """Nothing is said about keepalived, but that something answers for it."""
    frozen = "snmpd answers, and keepalived is connected to it and does not answer"
    not_there = "snmpd answers, and keepalived is not connected to it"
    """It is gone, or runs without -x, or snmpd was restarted: keepalived connects again after 15 s only."""
    no_vrrp = "keepalived is connected to snmpd, and its VRRP part shows no instance"
    """The process for virtual servers answers the scalars; the one for VRRP is dead, hangs, or has nothing to do."""
