"""What may explain a change: things that happened, each at a moment. Pure."""
# ruff: noqa: N815  -- named as the reasons and causes of the MIB are

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

LINGER = 5.0
"""Seconds for which a fact still explains something after its opposite: keepalived is slower than we are."""


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
    keepalivedStopped = auto()
    """It said so: a STOP line, or the state shutdown in a trap."""
    keepalivedGone = auto()
    """The writer of the FIFO vanished."""
    keepalivedBack = auto()
    keepalivedSilent = auto()
    """KEEPALIVED-MIB hangs though snmpd answers."""
    keepalivedAnswers = auto()
    gaveWay = auto()
    """The other node lowered its priority or withdrew (newMasterReason preempted, RFC 6527)."""
    noResponse = auto()
    """The other node fell silent (newMasterReason masterNoResponse)."""
    addressLost = auto()
    addressGained = auto()
    agentStarted = auto()


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
    FactKind.keepalivedGone: (FactKind.keepalivedBack,),
    FactKind.keepalivedBack: (FactKind.keepalivedGone, FactKind.keepalivedStopped),
    FactKind.keepalivedSilent: (FactKind.keepalivedAnswers,),
    FactKind.priorityFell: (FactKind.priorityRose,),
    FactKind.priorityRose: (FactKind.priorityFell,),
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
