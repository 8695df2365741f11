"""Why a service changed: what happened just before and at once after decides. Pure.

A change is first sorted into a Move; then the first rule for that move decides of which there is evidence: a fact near
in time, or a reason of the service. Reasons that are new go before those that were there already.
"""

from collections.abc import Mapping, Sequence

from haproxy_agentx.health.cause_rules import RULES, CauseRule, Slow
from haproxy_agentx.health.facts import LINGER, OVER, SAME, Fact, FactKind
from haproxy_agentx.health.model import Cause, Reason
from haproxy_agentx.health.moves import FINE, Change, Move, move_of
from haproxy_agentx.health.words import line

__all__ = ["Cause", "Change", "Fact", "FactKind", "explain"]

_SILENT_WORDS: Mapping[Cause, str] = {
    Cause.haproxyGone: "HAProxy is gone",
    Cause.haproxyUnresponsive: "HAProxy does not answer",
    Cause.frontendClosed: "a frontend is not open",
    Cause.saturated: "the connections of HAProxy, a frontend or servers are used up",
    Cause.clientErrors: "requests, or connections in TCP mode, end in HAProxy's own errors",
    Cause.noUsableBackend: "no backend has a usable server",
    Cause.belowMinimum: "a backend has fewer usable servers than it needs",
    Cause.sourceLost: "HAProxy cannot be read",
    Cause.probeFailed: "requests like a client's fail",
}
"""What is said of a cause of which there are no details."""


def explain(change: Change, facts: Sequence[Fact]) -> tuple[Cause, str]:
    """Return the cause of a change and a line on it; ``facts`` may be in any order and go back for any time."""
    move = move_of(change)
    if move is Move.unchanged:
        return Cause.none, ""
    appeared = change.reasons & ~change.reasons_before
    rules = [rule for rule in RULES[move] if not rule.came_from or change.role_before in rule.came_from]
    for reasons, choice in ((appeared, [rule for rule in rules if rule.needs_evidence]), (change.reasons, rules)):
        for rule in choice:
            what = _evidence(rule, change, reasons, facts)
            if what is not None:
                return rule.cause, _words(rule, what, change, move)
    return Cause.unknown, line(f"nothing was seen that explains it; {change.details}".removesuffix("; "))


def _evidence(rule: CauseRule, change: Change, reasons: Reason, facts: Sequence[Fact]) -> str | None:
    """Return the evidence for a row in words, None where there is none, or some against it."""
    if any(fact.kind in rule.unless and abs(fact.at - change.at) <= SAME for fact in facts):
        return None
    if rule.reasons:
        return change.details if rule.reasons & reasons else None
    if not rule.facts:
        return change.details
    found = [fact for fact in facts if fact.kind in rule.facts and _is_near(fact, rule, change, facts)]
    return min(found, key=lambda fact: abs(fact.at - change.at)).what if found else None


def _is_near(fact: Fact, rule: CauseRule, change: Change, facts: Sequence[Fact]) -> bool:
    """Whether a fact is near enough, and was not over long before the change."""
    slow = {Slow.no: 0.0, Slow.check: change.checks, Slow.preempt: change.checks + change.delay}
    at, before = change.at, rule.before + slow[rule.slow]
    if not at - before <= fact.at <= at + rule.after:
        return False
    ends = OVER.get(fact.kind, ())
    return not any(other.kind in ends and fact.at <= other.at < at - LINGER for other in facts)


def _words(rule: CauseRule, what: str, change: Change, move: Move) -> str:
    text = rule.words.replace("{what}", what or _SILENT_WORDS.get(rule.cause, ""))
    if move is Move.better and change.health not in FINE and change.details:
        text = f"{text}; still: {change.details}"
    return line(text.rstrip(": "))
