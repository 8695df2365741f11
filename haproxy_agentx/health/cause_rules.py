"""The rules that find the cause of a change, as a table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haproxy_agentx.health.facts import FactKind
from haproxy_agentx.health.model import Cause, Reason, Role
from haproxy_agentx.health.moves import Move

_NOTHING = Reason(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: if there is evidence, this is the cause.

    Evidence is one of ``facts`` from ``before`` seconds before the change to ``after`` seconds after it, or one of
    ``reasons``; a row that names neither needs none. ``came_from`` are the roles before, if it matters. In ``words``
    ``{what}`` is the fact, or the details of the service.
    """

    cause: Cause
    facts: tuple[FactKind, ...] = ()
    reasons: Reason = _NOTHING
    before: float = 15.0
    after: float = 2.0
    words: str = "{what}"
    came_from: tuple[Role, ...] = ()

    @property
    def needs_evidence(self) -> bool:
        """Say whether it is more than what is left when nothing was seen."""
        return bool(self.facts or self.reasons)


_OWN_HAPROXY = (
    Rule(Cause.haproxyGone, (FactKind.haproxyGone,)),
    Rule(Cause.haproxyUnresponsive, (FactKind.haproxyUnresponsive,)),
    Rule(Cause.noUsableBackend, (FactKind.noUsableBackend,)),
    Rule(Cause.frontendClosed, (FactKind.frontendClosed,)),
    Rule(Cause.saturated, (FactKind.saturated,)),
    Rule(Cause.clientErrors, (FactKind.clientErrors,)),
    Rule(Cause.checkScript, (FactKind.scriptBad,)),
    Rule(Cause.belowMinimum, (FactKind.backendDown, FactKind.belowMinimum)),
)
_WELL_AGAIN = (FactKind.haproxyBack, FactKind.serving, FactKind.scriptGood, FactKind.linkUp)
_ANY_NEWS = (
    *_WELL_AGAIN,
    FactKind.keepalivedAnswers,
    FactKind.keepalivedBack,
    FactKind.addressGained,
    FactKind.addressLost,
)
_SILENCE = (FactKind.keepalivedSilent, FactKind.keepalivedAnswers)
_STARTED = (FactKind.agentStarted,)

RULES: Mapping[Move, Sequence[Rule]] = {
    Move.tookOver: (
        Rule(Cause.operator, (FactKind.keepalivedBack,), words="took over: {what}"),
        Rule(Cause.recovered, _WELL_AGAIN, before=8, words="took over again: {what}"),
        Rule(Cause.peerLost, (FactKind.noResponse,), before=3, words="the other node does not answer"),
        Rule(Cause.recovered, _WELL_AGAIN, words="took over again: {what}"),
        Rule(Cause.priority, (FactKind.priorityRose,)),
        Rule(Cause.priority, (FactKind.gaveWay,), before=3, words="the other node gave way ({what})"),
        Rule(Cause.agentRestarted, _STARTED, before=10, words="took over while haproxy-agentx did not run"),
        Rule(Cause.peerLost, words="nothing happened here: the other node is gone or gave way"),
    ),
    Move.gaveUp: (
        Rule(Cause.interfaceDown, (FactKind.linkDown,)),
        Rule(Cause.operator, (FactKind.keepalivedStopped,), before=10),
        Rule(Cause.keepalivedDead, (FactKind.keepalivedGone,)),
        *_OWN_HAPROXY,
        Rule(Cause.priority, (FactKind.priorityFell,)),
        Rule(Cause.keepalivedUnresponsive, _SILENCE, before=30),
        Rule(Cause.haproxyGone, reasons=Reason.haproxyGone),
        Rule(Cause.operator, (FactKind.keepalivedBack,)),
        Rule(Cause.agentRestarted, _STARTED, before=10, words="gave up while haproxy-agentx did not run"),
        Rule(Cause.peerReturned, words="nothing is wrong here: the other node, with a higher priority, took over"),
    ),
    Move.failed: (
        Rule(Cause.interfaceDown, (FactKind.linkDown,), before=60),
        *_OWN_HAPROXY,
        Rule(Cause.haproxyGone, reasons=Reason.haproxyGone),
        Rule(Cause.agentRestarted, _STARTED, before=10, words="went to FAULT while haproxy-agentx did not run"),
        Rule(Cause.checkScript, words="something that keepalived tracks failed: a script, process or interface"),
    ),
    Move.stopped: (
        Rule(Cause.operator, (FactKind.keepalivedStopped,), before=10),
        Rule(Cause.keepalivedDead, (FactKind.keepalivedGone,), before=30),
        Rule(Cause.agentRestarted, _STARTED, before=10, words="stopped while haproxy-agentx did not run"),
        Rule(Cause.keepalivedDead, words="keepalived does not run, and did not say that it stops"),
    ),
    Move.standsBy: (
        Rule(Cause.operator, (FactKind.keepalivedBack,)),
        Rule(Cause.recovered, (*_WELL_AGAIN, FactKind.keepalivedAnswers)),
        Rule(Cause.agentRestarted, _STARTED, before=10, words="came back while haproxy-agentx did not run"),
        Rule(Cause.recovered, words="what keepalived tracks is well again", came_from=(Role.fault,)),
        Rule(Cause.operator, words="keepalived runs the instance again"),
    ),
    Move.seenAgain: (
        Rule(Cause.recovered, (FactKind.keepalivedAnswers,)),
        Rule(Cause.operator, (FactKind.keepalivedBack,)),
        Rule(Cause.agentRestarted, _STARTED, before=30, words="haproxy-agentx has been started"),
        Rule(Cause.recovered, words="the role is known again"),
    ),
    Move.lostSight: (
        Rule(Cause.keepalivedUnresponsive, (FactKind.keepalivedSilent,), before=30),
        Rule(Cause.keepalivedDead, (FactKind.keepalivedGone,)),
        Rule(Cause.keepalivedUnresponsive, reasons=Reason.roleStale, words="keepalived does not answer"),
        Rule(Cause.agentRestarted, _STARTED, before=30, words="haproxy-agentx has been started"),
        Rule(Cause.sourceLost, words="nothing tells the role any more"),
    ),
    Move.unmanaged: (Rule(Cause.operator, words="no VRRP instance belongs to the service any more"),),
    Move.conflict: (
        Rule(Cause.keepalivedDead, (FactKind.keepalivedGone,), before=60),
        Rule(Cause.keepalivedUnresponsive, (FactKind.keepalivedSilent,), before=60),
        Rule(Cause.addressConflict, (FactKind.addressLost, FactKind.addressGained)),
        Rule(
            Cause.addressConflict,
            reasons=Reason.addressMissing,
            words="MASTER, and the kernel does not have all addresses",
        ),
        Rule(Cause.addressConflict, words="not MASTER, and the kernel has an address"),
    ),
    Move.worse: (
        Rule(Cause.haproxyGone, reasons=Reason.haproxyGone),
        Rule(Cause.haproxyUnresponsive, reasons=Reason.haproxyUnresponsive),
        Rule(Cause.frontendClosed, reasons=Reason.frontendClosed),
        Rule(Cause.noUsableBackend, reasons=Reason.noUsableBackend | Reason.backendEmpty),
        Rule(Cause.saturated, reasons=Reason.saturated),
        Rule(Cause.clientErrors, reasons=Reason.clientErrors),
        Rule(Cause.keepalivedUnresponsive, reasons=Reason.roleStale, words="keepalived does not answer"),
        Rule(Cause.sourceLost, reasons=Reason.haproxyUnreadable),
        Rule(Cause.belowMinimum, reasons=Reason.backendDown | Reason.belowMinimum),
        Rule(
            Cause.operator,
            reasons=Reason.memberMissing | Reason.noMember,
            words="the configuration of HAProxy changed: {what}",
        ),
        Rule(
            Cause.addressConflict,
            reasons=Reason.addressMissing | Reason.addressHeld,
            words="the kernel and keepalived disagree on the addresses",
        ),
        Rule(Cause.agentRestarted, _STARTED, before=30, words="haproxy-agentx has been started"),
    ),
    Move.better: (
        Rule(Cause.recovered, _ANY_NEWS),
        Rule(Cause.agentRestarted, _STARTED, before=10, words="got better while haproxy-agentx did not run"),
        Rule(Cause.recovered, words="what was wrong is over"),
    ),
}
"""The rules of each move. The first of which there is evidence decides; the last ones of a move need none."""
