"""The rules that find the cause of a change, as a table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from haproxy_agentx.health.facts import FactKind
from haproxy_agentx.health.model import Cause, Reason, Role
from haproxy_agentx.health.moves import Move

_NOTHING = Reason(0)


class Slow(Enum):
    """What may lie between a fact and the change that it explains, beside ``before``."""

    no = "nothing"
    check = "the checks of keepalived: interval times fall or rise"
    preempt = "those, its preempt_delay and the advertisements that it waits for"


@dataclass(frozen=True, slots=True)
class CauseRule:
    """A row: if there is evidence, this is the cause.

    Evidence is one of ``facts`` from ``before`` seconds before the change to ``after`` seconds after it, or one of
    ``reasons``; a row that names neither needs none, and claims no cause but one that the change itself shows.
    ``slow`` is what makes ``before`` longer. ``came_from`` are the roles before, if it matters. A fact of ``unless`` at
    the moment of the change shows that this was not the cause. In ``words`` ``{what}`` is the fact, or the details of
    the service.
    """

    cause: Cause
    facts: tuple[FactKind, ...] = ()
    reasons: Reason = _NOTHING
    before: float = 15.0
    after: float = 2.0
    words: str = "{what}"
    came_from: tuple[Role, ...] = ()
    slow: Slow = Slow.no
    unless: tuple[FactKind, ...] = ()

    @property
    def needs_evidence(self) -> bool:
        """Whether it is more than what is left when nothing was seen."""
        return bool(self.facts or self.reasons)


_OWN_HAPROXY = (
    CauseRule(Cause.haproxyGone, (FactKind.haproxyGone,), slow=Slow.check),
    CauseRule(Cause.haproxyUnresponsive, (FactKind.haproxyUnresponsive,), slow=Slow.check),
    CauseRule(Cause.noUsableBackend, (FactKind.noUsableBackend,), slow=Slow.check),
    CauseRule(Cause.frontendClosed, (FactKind.frontendClosed,), slow=Slow.check),
    CauseRule(Cause.saturated, (FactKind.saturated,), slow=Slow.check),
    CauseRule(Cause.clientErrors, (FactKind.clientErrors,), slow=Slow.check),
    CauseRule(Cause.checkScript, (FactKind.scriptBad,)),
    CauseRule(Cause.belowMinimum, (FactKind.backendDown, FactKind.belowMinimum), slow=Slow.check),
)
_KEPT = (FactKind.priorityKept,)
"""Excludes what makes a MASTER step back only by lowering its priority; without a weight it leads to FAULT."""
_TRACKED_AGAIN = (FactKind.haproxyBack, FactKind.scriptGood, FactKind.linkUp, FactKind.interfaceAddressed)
"""What keepalived may track, or needs, is well again. That servers are makes no node MASTER unless a script says so."""
_WELL_AGAIN = (*_TRACKED_AGAIN, FactKind.serving)
_ANY_NEWS = (
    *_WELL_AGAIN,
    FactKind.keepalivedAnswers,
    FactKind.keepalivedBack,
    FactKind.keepalivedRevived,
    FactKind.addressGained,
)
_SILENCE = (FactKind.keepalivedSilent, FactKind.keepalivedAnswers)
_STARTED = (FactKind.agentStarted,)
_FOUND = CauseRule(Cause.agentRestarted, _STARTED, before=5, words="haproxy-agentx was started")
_BARE = CauseRule(Cause.addressRemoved, (FactKind.interfaceBare,), before=5)
_REVIVED = CauseRule(Cause.recovered, (FactKind.keepalivedRevived,))
_NEW = CauseRule(Cause.configurationChanged, (FactKind.instanceNew,))

_FAILURES = (
    CauseRule(Cause.interfaceDown, (FactKind.linkDown,), before=60),
    _BARE,
    *_OWN_HAPROXY,
    CauseRule(Cause.haproxyGone, reasons=Reason.haproxyGone),
)
_ANY_FAILURE = CauseRule(
    Cause.unknown,
    words="something that keepalived tracks or needs failed; which script, process or interface is not known",
)
_ENDS = (
    CauseRule(Cause.operator, (FactKind.keepalivedStopped,), before=10),
    CauseRule(Cause.keepalivedDead, (FactKind.keepalivedGone,), before=30),
)
_ANY_END = CauseRule(Cause.unknown, words="keepalived is not running: whether it was stopped or died is not known")

RULES: Mapping[Move, Sequence[CauseRule]] = {
    Move.becameMaster: (
        CauseRule(Cause.operator, (FactKind.keepalivedBack,), before=9, words="took over: {what}", slow=Slow.preempt),
        CauseRule(
            Cause.recovered, (FactKind.keepalivedRevived,), before=9, words="took over: {what}", slow=Slow.preempt
        ),
        _NEW,
        CauseRule(Cause.recovered, _TRACKED_AGAIN, before=8, words="took over again: {what}"),
        CauseRule(
            Cause.addressRemoved,
            (FactKind.addressTaken,),
            before=3,
            words="MASTER again, as no other node is: {what}",
        ),
        CauseRule(
            Cause.unknown,
            (FactKind.noOther,),
            before=3,
            words="MASTER again soon after it became BACKUP: whether another node was MASTER meanwhile is not known",
        ),
        CauseRule(
            Cause.peerLost,
            (FactKind.noResponse,),
            before=3,
            words="advertisements of the other node are no longer received",
        ),
        CauseRule(Cause.recovered, _TRACKED_AGAIN, before=5, words="took over again: {what}", slow=Slow.preempt),
        CauseRule(Cause.priority, (FactKind.priorityRose,)),
        CauseRule(Cause.agentRestarted, _STARTED, before=10, words="took over while haproxy-agentx was not running"),
        CauseRule(
            Cause.priority,
            (FactKind.preempted,),
            before=3,
            words="by priority ({what}): this node preempted the other, or the other withdrew",
        ),
        CauseRule(
            Cause.agentRestarted,
            (FactKind.agentYoung,),
            before=5,
            words="what led to it was not seen: haproxy-agentx was started just before",
        ),
        CauseRule(
            Cause.unknown,
            words="no node of higher priority is heard: whether one failed or withdrew is not known",
        ),
    ),
    Move.steppedBack: (
        CauseRule(Cause.interfaceDown, (FactKind.linkDown,)),
        _BARE,
        CauseRule(Cause.operator, (FactKind.keepalivedStopped,), before=10),
        CauseRule(Cause.keepalivedDead, (FactKind.keepalivedGone,)),
        *(replace(rule, unless=_KEPT) for rule in _OWN_HAPROXY),
        CauseRule(Cause.priority, (FactKind.priorityFell,), unless=_KEPT),
        CauseRule(Cause.keepalivedUnresponsive, _SILENCE, before=30),
        CauseRule(Cause.haproxyGone, reasons=Reason.haproxyGone, unless=_KEPT),
        CauseRule(Cause.operator, (FactKind.keepalivedBack,)),
        _REVIVED,
        _NEW,
        CauseRule(
            Cause.agentRestarted, _STARTED, before=10, words="became BACKUP while haproxy-agentx was not running"
        ),
        CauseRule(Cause.unknown, (FactKind.fifoOpened,), before=2, after=1),
        CauseRule(Cause.addressRemoved, (FactKind.addressTaken,), before=0, after=4),
        CauseRule(Cause.peerReturned, (FactKind.otherMaster,), before=0, after=4),
        CauseRule(
            Cause.unknown,
            words="became BACKUP, and keepalived reports no reason: another node may have the higher priority",
        ),
    ),
    Move.failed: (
        *_FAILURES,
        CauseRule(
            Cause.agentRestarted, _STARTED, before=10, words="went to FAULT while haproxy-agentx was not running"
        ),
        _ANY_FAILURE,
    ),
    Move.stopped: (
        *_ENDS,
        CauseRule(Cause.agentRestarted, _STARTED, before=10, words="stopped while haproxy-agentx was not running"),
        _ANY_END,
    ),
    Move.foundFailed: (*_FAILURES, _FOUND, _ANY_FAILURE),
    Move.foundStopped: (*_ENDS, _FOUND, _ANY_END),
    Move.becameBackup: (
        CauseRule(Cause.operator, (FactKind.keepalivedBack,)),
        _REVIVED,
        _NEW,
        CauseRule(Cause.recovered, (*_WELL_AGAIN, FactKind.keepalivedAnswers), slow=Slow.check),
        CauseRule(Cause.agentRestarted, _STARTED, before=10, words="returned while haproxy-agentx was not running"),
        CauseRule(Cause.recovered, words="what keepalived tracks has recovered", came_from=(Role.fault,)),
        CauseRule(Cause.operator, words="keepalived runs the instance again", came_from=(Role.stopped,)),
        CauseRule(Cause.unknown, words="became BACKUP"),
    ),
    Move.roleKnown: (
        CauseRule(Cause.recovered, (FactKind.keepalivedAnswers,)),
        CauseRule(Cause.operator, (FactKind.keepalivedBack,)),
        _REVIVED,
        _NEW,
        CauseRule(Cause.agentRestarted, _STARTED, before=30, words="haproxy-agentx was started"),
        CauseRule(Cause.recovered, words="the role is known again"),
    ),
    Move.roleUnknown: (
        CauseRule(Cause.configurationChanged, (FactKind.instanceGone,)),
        CauseRule(Cause.keepalivedUnresponsive, (FactKind.keepalivedSilent,), before=30),
        CauseRule(Cause.keepalivedDead, (FactKind.keepalivedGone,)),
        CauseRule(Cause.keepalivedUnresponsive, reasons=Reason.roleStale, words="keepalived does not answer"),
        CauseRule(Cause.agentRestarted, _STARTED, before=30, words="haproxy-agentx was started"),
        CauseRule(Cause.sourceLost, words="no source reports the role any longer"),
    ),
    Move.unmanaged: (CauseRule(Cause.configurationChanged, words="the service no longer has a VRRP instance"),),
    Move.conflict: (
        CauseRule(
            Cause.roleDisputed,
            reasons=Reason.roleDisputed,
            words="two nodes are MASTER: advertisements of lower priority are heard from another one",
        ),
        CauseRule(Cause.keepalivedDead, (FactKind.keepalivedGone,), before=60),
        CauseRule(Cause.keepalivedUnresponsive, (FactKind.keepalivedSilent,), before=60),
        CauseRule(Cause.interfaceDown, (FactKind.linkDown,)),
        CauseRule(Cause.addressRemoved, (FactKind.addressLost,)),
        CauseRule(
            Cause.addressConflict,
            reasons=Reason.addressMissing,
            words="MASTER, but the kernel does not have all addresses",
        ),
        CauseRule(Cause.addressConflict, words="not MASTER, but the kernel has an address"),
    ),
    Move.worse: (
        CauseRule(Cause.haproxyGone, reasons=Reason.haproxyGone),
        CauseRule(Cause.haproxyUnresponsive, reasons=Reason.haproxyUnresponsive),
        CauseRule(Cause.frontendClosed, reasons=Reason.frontendClosed),
        CauseRule(Cause.noUsableBackend, reasons=Reason.noUsableBackend | Reason.backendEmpty),
        CauseRule(Cause.saturated, reasons=Reason.saturated),
        CauseRule(Cause.clientErrors, reasons=Reason.clientErrors),
        CauseRule(Cause.keepalivedUnresponsive, reasons=Reason.roleStale, words="keepalived does not answer"),
        CauseRule(Cause.probeFailed, reasons=Reason.probeFailed),
        CauseRule(Cause.sourceLost, reasons=Reason.haproxyUnreadable | Reason.statisticsSilent),
        CauseRule(Cause.belowMinimum, reasons=Reason.backendDown | Reason.belowMinimum),
        CauseRule(
            Cause.operator,
            reasons=Reason.memberMissing | Reason.noMember,
            words="the configuration of HAProxy changed: {what}",
        ),
        CauseRule(
            Cause.unknown,
            reasons=Reason.addressFiltered,
            words="packets of the addresses are dropped, as vrrp_strict, no_accept or another firewall rule does",
        ),
        CauseRule(
            Cause.addressConflict,
            reasons=Reason.addressMissing | Reason.addressHeld,
            words="the kernel and keepalived disagree on the addresses",
        ),
        CauseRule(Cause.agentRestarted, _STARTED, before=30, words="haproxy-agentx was started"),
    ),
    Move.better: (
        CauseRule(Cause.recovered, _ANY_NEWS),
        CauseRule(Cause.agentRestarted, _STARTED, before=10, words="recovered while haproxy-agentx was not running"),
        CauseRule(Cause.recovered, words="the problem has ended"),
    ),
}
"""The rules of each move. The first of which there is evidence decides; the last ones of a move need none."""
