"""The vocabulary of health. The members' names are the labels of the MIB, and their numbers are part of it."""
# ruff: noqa: N815  -- SMIv2 wants labels in camelCase

from dataclasses import dataclass
from enum import IntEnum, IntFlag


class Health(IntEnum):
    """HaxNodeHealth, ordered by severity: 1 and 2 are good, 3 to 7 degraded, 8 and above critical."""

    active = 1
    standby = 2
    activeDegraded = 3
    standbyDegraded = 4
    standbyNotReady = 5
    fault = 6
    stopped = 7
    unknown = 8
    blackhole = 9
    conflict = 10


class Role(IntEnum):
    """HaxVrrpRole: what this node is in a VRRP instance, after contradictions are resolved."""

    none = 1
    """There is no keepalived and no instance: the node is a service of its own."""
    master = 2
    backup = 3
    fault = 4
    stopped = 5
    """keepalived does not run, or has shut the instance down."""
    unknown = 6


class Held(IntEnum):
    """Which of the addresses that belong to a service the kernel has, and whether they are this node's alone."""

    all = 1
    some = 2
    none = 3
    unknown = 4
    """It is not known which addresses belong to it, or they may still be on their way."""
    unseen = 5
    """Some belong to it, and the kernel cannot be asked, or keepalived lists none of them any more."""
    disputed = 6
    """They are here as far as is known, and a second MASTER is heard on the wire."""
    filtered = 7
    """They are all here, and packets of them are dropped, as no_accept and vrrp_strict have keepalived do it."""


class Readiness(IntEnum):
    """HaxReadiness: whether HAProxy serves a service, or would."""

    ready = 1
    degraded = 2
    notReady = 3
    unknown = 4


class MemberKind(IntEnum):
    """HaxMemberKind: what a member of a service is in HAProxy."""

    frontend = 1
    backend = 2


class Reason(IntFlag):
    """HaxReasons (BITS): why readiness is what it is, and what else is worth knowing. Bit N is value 1 << N."""

    haproxyGone = 1 << 0
    haproxyUnresponsive = 1 << 1
    haproxyUnreadable = 1 << 2
    """No permission, garbage, never read: nothing is known."""
    frontendClosed = 1 << 3
    noUsableBackend = 1 << 4
    backendDown = 1 << 5
    belowMinimum = 1 << 6
    unchecked = 1 << 7
    """A backend without checked servers counts as usable."""
    maintenance = 1 << 8
    """Servers are in MAINT or DRAIN; never of influence on health by itself."""
    memberMissing = 1 << 9
    """A frontend or backend of the configuration is not in HAProxy."""
    addressMissing = 1 << 10
    addressHeld = 1 << 11
    roleStale = 1 << 12
    """keepalived runs and does not answer."""
    noMember = 1 << 13
    """No frontend or backend belongs to it: nothing shows that it serves."""
    saturated = 1 << 14
    """The connections of HAProxy, of a frontend or of the servers are used up."""
    clientErrors = 1 << 15
    """Requests, or connections in TCP mode, of the last seconds ended in HAProxy's own errors."""
    statisticsSilent = 1 << 16
    """The statistics are not answered; whether HAProxy serves is known otherwise, or not known."""
    probeFailed = 1 << 17
    """Requests like a client's fail."""
    roleDisputed = 1 << 18
    """A second MASTER, of lower priority, is heard on the wire."""
    addressFiltered = 1 << 19
    """The kernel holds the address, and packets of it are dropped."""
    backendEmpty = 1 << 20
    """A backend has lost all its servers, or all that there is to serve has none."""
    certificateExpiring = 1 << 21
    """A frontend shows a certificate that ends soon or has ended; never of influence on health by itself."""


class Cause(IntEnum):
    """HaxCause: why a service changed."""

    none = 1
    haproxyGone = 2
    haproxyUnresponsive = 3
    noUsableBackend = 4
    belowMinimum = 5
    frontendClosed = 6
    checkScript = 7
    interfaceDown = 8
    priority = 9
    """Priorities decided: this node's own changed, it preempted the other, or the other withdrew."""
    peerLost = 10
    peerReturned = 11
    """A node with a higher priority took over."""
    operator = 12
    """keepalived was stopped, started or its configuration changed."""
    keepalivedDead = 13
    keepalivedUnresponsive = 14
    addressConflict = 15
    sourceLost = 16
    recovered = 17
    """What was wrong is over."""
    agentRestarted = 18
    """It happened while haproxy-agentx did not run."""
    unknown = 19
    saturated = 20
    clientErrors = 21
    probeFailed = 22
    """Requests like a client's began to fail."""
    roleDisputed = 23
    """Two nodes were MASTER at the same time."""
    addressRemoved = 24
    """Somebody other than keepalived removed an address."""
    configurationChanged = 25
    """An instance, a service or a member was added, changed or removed."""
    trafficElsewhere = 26
    """Clients' packets arrive at a node that has lost the addresses; only of a pair of nodes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """All that is known of a service at a moment, and what it amounts to."""

    role: Role
    held: Held
    readiness: Readiness
    health: Health
    reasons: Reason
    usable: int
    """Servers that could serve."""
    configured: int
    """Servers that are not in maintenance."""
    details: str = ""
    """The reasons in words: which backend, which source."""
    maintenance: bool = False


KNOWN_REASONS = sum(Reason)
"""The mask of all reasons."""

REASON_TEXT_LIMIT = 255
"""Octets of ``reason_text`` at most, those of an SnmpAdminString; names are ASCII."""

_MORE = ", ..."


def known_reasons(mask: int) -> Reason:
    """Return the reasons of a mask in which bit n has the value 2^n; bits that are no reason are passed over."""
    return Reason(mask & KNOWN_REASONS)


_NAMED = tuple((int(reason), str(reason.name)) for reason in Reason)


def reason_names(reasons: Reason) -> list[str]:
    """Return the names of ``reasons`` by their numbers, an empty list where there is none."""
    mask = int(reasons)
    return [name for bit, name in _NAMED if mask & bit]


def reason_text(reasons: Reason) -> str:
    """Return the names joined by ', ', an empty text without a reason.

    Where they have more than REASON_TEXT_LIMIT octets, the last ones are left out and '...' stands for them.
    """
    names = reason_names(reasons)
    text = ", ".join(names)
    while len(text) > REASON_TEXT_LIMIT:
        names.pop()
        text = ", ".join(names) + _MORE
    return text
