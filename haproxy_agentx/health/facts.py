"""What may explain a change: things that happened, each at a moment. Pure."""
# ruff: noqa: N815  -- named as the reasons and causes of the MIB are

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

LINGER = 5.0
"""Seconds for which a fact still explains something after its opposite: keepalived is slower than we are."""

SAME = 0.05
"""Seconds within which a fact and a change are of one moment: one line of keepalived's FIFO makes both."""


class FactKind(Enum):
    """The kinds of facts, of this node unless said otherwise."""

    haproxyGone = auto()
    haproxyUnresponsive = auto()
    haproxyUnreadable = auto()
    haproxyBack = auto()
    noUsableBackend = auto()
    backendDown = auto()
    belowMinimum = auto()
    frontendClosed = auto()
    saturated = auto()
    clientErrors = auto()
    serving = auto()
    """Nothing of these is left."""
    scriptBad = auto()
    scriptGood = auto()
    linkDown = auto()
    linkUp = auto()
    priorityFell = auto()
    priorityRose = auto()
    priorityKept = auto()
    """keepalived left MASTER for BACKUP with the priority of a MASTER: nothing that it tracks has lowered it."""
    keepalivedStopped = auto()
    """It said so: a STOP line, or the state shutdown in a trap."""
    keepalivedGone = auto()
    """The writer of the FIFO vanished."""
    keepalivedBack = auto()
    keepalivedRevived = auto()
    """It is back though it never said that it stops: its parent, the service manager or somebody started it."""
    fifoOpened = auto()
    """keepalived opened its FIFO again: it was reloaded, or its process for VRRP was started again."""
    keepalivedSilent = auto()
    """KEEPALIVED-MIB hangs though snmpd answers."""
    keepalivedAnswers = auto()
    preempted = auto()
    """This node preempted the other, or the other withdrew (newMasterReason preempted, RFC 6527)."""
    noResponse = auto()
    """The other node fell silent (newMasterReason masterNoResponse)."""
    noOther = auto()
    """Likewise, and this node itself had been MASTER just before: no other one was."""
    probeFailed = auto()
    addressLost = auto()
    """An address of an instance that is MASTER is not on its interface any more."""
    addressGained = auto()
    addressTaken = auto()
    """It was gone, keepalived went to BACKUP, and is MASTER again at once: it did not remove it."""
    interfaceBare = auto()
    """An interface that is up has lost the last address of a version of IP that is not keepalived's."""
    interfaceAddressed = auto()
    """It has one again."""
    otherMaster = auto()
    """An instance stays BACKUP, so another node is heard as MASTER."""
    agentStarted = auto()
    """A service was found another one than at the last end."""
    agentYoung = auto()
    """haproxy-agentx has been started: what happened before was not seen."""
    instanceNew = auto()
    instanceGone = auto()
    """keepalived's configuration has an instance that it did not have, or has one no more."""


OVER: Mapping[FactKind, tuple[FactKind, ...]] = {
    FactKind.haproxyGone: (FactKind.haproxyBack,),
    FactKind.haproxyUnresponsive: (FactKind.haproxyBack,),
    FactKind.haproxyUnreadable: (FactKind.haproxyBack,),
    FactKind.haproxyBack: (FactKind.haproxyGone, FactKind.haproxyUnresponsive),
    FactKind.noUsableBackend: (FactKind.serving,),
    FactKind.backendDown: (FactKind.serving,),
    FactKind.belowMinimum: (FactKind.serving,),
    FactKind.frontendClosed: (FactKind.serving,),
    FactKind.saturated: (FactKind.serving,),
    FactKind.clientErrors: (FactKind.serving,),
    FactKind.probeFailed: (FactKind.serving,),
    FactKind.serving: (
        FactKind.noUsableBackend,
        FactKind.frontendClosed,
        FactKind.saturated,
        FactKind.clientErrors,
    ),
    FactKind.scriptBad: (FactKind.scriptGood,),
    FactKind.scriptGood: (FactKind.scriptBad,),
    FactKind.linkDown: (FactKind.linkUp,),
    FactKind.linkUp: (FactKind.linkDown,),
    FactKind.keepalivedStopped: (FactKind.keepalivedBack,),
    FactKind.keepalivedGone: (FactKind.keepalivedBack, FactKind.keepalivedRevived),
    FactKind.keepalivedBack: (FactKind.keepalivedGone, FactKind.keepalivedStopped),
    FactKind.keepalivedRevived: (FactKind.keepalivedGone,),
    FactKind.keepalivedSilent: (FactKind.keepalivedAnswers,),
    FactKind.priorityFell: (FactKind.priorityRose,),
    FactKind.priorityRose: (FactKind.priorityFell,),
    FactKind.interfaceBare: (FactKind.interfaceAddressed,),
    FactKind.interfaceAddressed: (FactKind.interfaceBare,),
    FactKind.addressLost: (FactKind.addressGained,),
    FactKind.addressGained: (FactKind.addressLost,),
}
"""What ends a fact."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something happened. ``what`` is a clause that says all: ``interface eth0 is down``.

    ``subject`` is the VRRP instance or the service that it happened to; empty is the node as a whole.
    """

    at: float
    kind: FactKind
    what: str
    subject: str = ""
