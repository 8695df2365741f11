"""The tables of the pair as text, and a drawing of them, for docs/pair.md. Pure."""

from collections.abc import Iterable
from enum import Enum

from haproxy_agentx.pair.model import Difference, PairState
from haproxy_agentx.pair.rules import RULES, PairRule
from haproxy_agentx.pair.standing import RULES as STANDINGS
from haproxy_agentx.pair.traffic import AGREEMENTS, SIGHT
from haproxy_agentx.pair.words import difference_words
from tools.documents.parts import Parts, table


def _names(members: Iterable[Enum]) -> str:
    return ", ".join(member.name for member in members) or "any"


def standing_table() -> str:
    """Return the table of what a node is for a service."""
    rows = (
        (_names(rule.roles), _names(rule.held), _names(rule.readiness), f"**{rule.standing.name}**", rule.meaning)
        for rule in STANDINGS
    )
    return table(("role", "addresses held", "readiness", "standing", "in words"), rows)


def pair_table() -> str:
    """Return the decision table of the pair."""
    rows = (
        (
            _names(rule.claims),
            _names(rule.served),
            _names(rule.sight),
            _names(rule.spare),
            _flags(rule),
            f"**{rule.state.name}**",
            rule.meaning,
        )
        for rule in RULES
    )
    return table(("active nodes", "served", "nodes known", "in reserve", "besides", "pair state", "in words"), rows)


def _flags(rule: PairRule) -> str:
    said = (("traffic elsewhere", rule.elsewhere), ("differences", rule.differs), ("as intended", rule.intended))
    return ", ".join(name if is_so else f"not {name}" for name, is_so in said if is_so is not None) or "any"


def state_list() -> str:
    """Return the states by severity."""
    rows = (
        (str(state.value), state.name, "; or ".join(rule.meaning for rule in RULES if rule.state is state))
        for state in PairState
    )
    return table(("number", "pair state", "in words"), rows)


def difference_table() -> str:
    """Return the differences that are looked for."""
    return table(("difference", "in words"), ((kind.name or "", difference_words(kind)) for kind in Difference))


def sight_table() -> str:
    """Return the table of what a node sees of the clients' packets."""
    rows = (
        (
            _names(rule.tenure),
            _names(rule.arrivals),
            _names(rule.strays),
            f"**{rule.evidence.name}**",
            rule.meaning,
        )
        for rule in SIGHT
    )
    return table(("addresses", "connections", "packets for foreign addresses", "traffic", "in words"), rows)


def agreement_table() -> str:
    """Return the table of what the nodes make of the clients' packets together."""
    rows = (
        (_names(rule.active), _names(rule.others), f"**{rule.agreement.name}**", rule.meaning) for rule in AGREEMENTS
    )
    return table(("active node", "other nodes", "packets arrive", "in words"), rows)


def drawing() -> str:
    """Draw which question decides what, as a Mermaid diagram: the rows of the table, each asked in turn."""
    lines = ["```mermaid", "flowchart TD"]
    for number, rule in enumerate(RULES):
        after = f"q{number + 1}" if number + 1 < len(RULES) else ""
        if after:
            lines.append(f'    q{number}{{"{rule.meaning}?"}} -- yes --> s{number}["{rule.state.name}"]')
            lines.append(f"    q{number} -- no --> {after}")
        else:
            lines.append(f'    q{number}["{rule.state.name}: {rule.meaning}"]')
    return "\n".join([*lines, "```"])


PARTS: Parts = {
    "pair-states": state_list,
    "pair": pair_table,
    "drawing": drawing,
    "standings": standing_table,
    "differences": difference_table,
    "sight": sight_table,
    "agreement": agreement_table,
}
"""What is generated, by name."""
