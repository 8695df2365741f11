"""The tables of health as text, and a drawing of them, for docs/health.md. Pure."""

from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import combinations

from haproxy_agentx.health.cause_rules import RULES as CAUSE_RULES
from haproxy_agentx.health.cause_rules import CauseRule
from haproxy_agentx.health.facts import LINGER, OVER
from haproxy_agentx.health.model import Health, Held, Readiness, Reason, Role
from haproxy_agentx.health.moves import Change, move_of
from haproxy_agentx.health.rules import RULES, decide
from haproxy_agentx.health.severity import RULES as SEVERITY_RULES
from haproxy_agentx.health.time_in_state import MEANINGS, SHARES, Share
from tools.documents.parts import Parts, table

_VRRP_ROLES = (Role.master, Role.backup, Role.fault, Role.stopped, Role.unknown)
_ROLE_STEPS = (
    (Role.backup, Role.master),
    (Role.master, Role.backup),
    (Role.master, Role.fault),
    (Role.backup, Role.fault),
    (Role.fault, Role.backup),
    (Role.master, Role.stopped),
    (Role.backup, Role.stopped),
    (Role.stopped, Role.backup),
    (Role.master, Role.unknown),
    (Role.unknown, Role.master),
    (Role.backup, Role.unknown),
    (Role.unknown, Role.backup),
)
"""The changes of role that keepalived makes, and that its sources fall silent or report again."""


def _names(members: Iterable[Enum]) -> str:
    return ", ".join(member.name for member in members) or "any"


def health_table() -> str:
    """Return the decision table of health."""
    rows = (
        (_names(rule.roles), _names(rule.held), _names(rule.readiness), f"**{rule.health.name}**", rule.meaning)
        for rule in RULES
    )
    return table(("role", "addresses held", "readiness", "health", "in words"), rows)


def _evidence(rule: CauseRule) -> str:
    unless = f"; not with {_names(rule.unless)}" if rule.unless else ""
    if rule.facts:
        return _names(rule.facts) + unless
    if rule.reasons:
        return "reason " + _names(reason for reason in Reason if reason in rule.reasons) + unless
    return f"none needed, from {_names(rule.came_from)}" if rule.came_from else "none needed"


def cause_table() -> str:
    """Return the rules of the causes."""
    rows = []
    for move, rules in CAUSE_RULES.items():
        for number, rule in enumerate(rules):
            first = move.value if number == 0 else "..."
            when = f"-{rule.before:g} to +{rule.after:g}" if rule.facts else "-"
            words = rule.words.replace("{what}", "...")
            rows.append((first, _evidence(rule), when, f"**{rule.cause.name}**", words))
    return table(("change", "evidence", "seconds", "cause", "in words"), rows)


def fact_table() -> str:
    """Return what ends a fact."""
    head = ("fact", f"explains nothing any more {LINGER:g} s after")
    return table(head, ((fact.name, _names(ends)) for fact, ends in OVER.items()))


def seconds_table() -> str:
    """Return the table of what a second of each state of health counts as."""
    rows = (
        (_object(share), _names(health for health in Health if SHARES[health] is share), share_words)
        for share, share_words in MEANINGS.items()
    )
    return table(("object", "states of health", "in words"), rows)


def _object(share: Share) -> str:
    return f"`haxServiceSeconds{share.name[0].upper()}{share.name[1:]}`"


def severity_table() -> str:
    """Return the table of severities."""
    rows = (
        (_names(rule.kinds), ", ".join(rule.states) or "any", f"**{rule.severity.name}**", rule.meaning)
        for rule in SEVERITY_RULES
    )
    return table(("kind", "state that is reported", "severity", "in words"), rows)


def state_diagram() -> str:
    """Draw the states as a Mermaid diagram: a box for each role, with what readiness makes of it."""
    return "\n".join(["```mermaid", "stateDiagram-v2", *_boxes(), *_roles(), *_conflicts(), "```"])


def _boxes() -> Iterator[str]:
    for role in _VRRP_ROLES:
        yield f"    state {role.name.upper()} {{"
        states = {readiness: decide(role, Held.unknown, readiness) for readiness in Readiness}
        for health in dict.fromkeys(states.values()):
            yield f'        state "{health.name} ({health.value})" as {_node(role, health)}'
        for before, after in combinations((Readiness.ready, Readiness.degraded, Readiness.notReady), 2):
            if states[before] is not states[after]:
                yield f"        {_node(role, states[before])} --> {_node(role, states[after])}: HAProxy {after.name}"
                yield f"        {_node(role, states[after])} --> {_node(role, states[before])}: HAProxy {before.name}"
        if len(set(states.values())) > 1:
            ready, unknown = _node(role, states[Readiness.ready]), _node(role, states[Readiness.unknown])
            yield f"        {ready} --> {unknown}: HAProxy unknown"
            yield f"        {unknown} --> {ready}: HAProxy ready"
        yield "    }"


def _node(role: Role, health: Health) -> str:
    return f"{role.name}_{health.name}"


def _roles() -> Iterator[str]:
    for before, after in _ROLE_STEPS:
        move = move_of(Change(0, before, after, Health.unknown, Health.unknown))
        yield f"    {before.name.upper()} --> {after.name.upper()}: {move.value}"


def _conflicts() -> Iterator[str]:
    """Draw what the kernel's addresses do, where they do not fit the role."""
    for health in (Health.conflict, Health.blackhole):
        yield f'    state "{health.name} ({health.value})" as {health.name}'
        for role in _VRRP_ROLES:
            cases = [(held, value) for held in Held for value in Readiness if _turns(role, held, value) is health]
            if cases:
                held_names = " or ".join(dict.fromkeys(held.name for held, _ in cases))
                readiness = dict.fromkeys(value for _, value in cases)
                only = "" if len(readiness) == len(Readiness) else f", HAProxy {_names(readiness)}"
                yield f"    {role.name.upper()} --> {health.name}: addresses held {held_names}{only}"


def _turns(role: Role, held: Held, readiness: Readiness) -> Health | None:
    """Return the health that the addresses bring about, None where they change nothing."""
    health = decide(role, held, readiness)
    return None if health is decide(role, Held.unknown, readiness) else health


PARTS: Parts = {
    "health": health_table,
    "states": state_diagram,
    "causes": cause_table,
    "facts": fact_table,
    "seconds": seconds_table,
    "severities": severity_table,
}
"""What is generated, by name."""
