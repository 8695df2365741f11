"""What a trap may do, as a table and its words, for docs/security.md. Pure."""

from collections.abc import Iterable, Sequence
from enum import Enum

from haproxy_agentx.vrrp.trust import (
    ANY_COMMUNITY,
    ANY_SENDER,
    ANY_SPEAKER,
    RULES,
    WORDS,
    Community,
    May,
    Sender,
    Speaker,
)
from tools.documents.parts import Parts, table


def trust_table() -> str:
    """Return the decision table of trust."""
    head = ("sender", "community", "who else speaks", "instance named", "the trap", "why")
    rows = (
        (
            _names(rule.senders, ANY_SENDER),
            _names(rule.communities, ANY_COMMUNITY),
            _names(rule.speakers, ANY_SPEAKER),
            "any" if len(rule.named) > 1 else "yes" if rule.named[0] else "no",
            f"**{_may(rule.may)}**",
            rule.meaning,
        )
        for rule in RULES
    )
    return table(head, rows)


def trust_words() -> str:
    """Return what the words of the table mean."""
    groups: Sequence[type[Enum]] = (Sender, Community, Speaker)
    return table(("word", "meaning"), ((member.name, member.value) for group in groups for member in group))


def _names(members: Iterable[Enum], everything: Sequence[Enum]) -> str:
    given = tuple(members)
    return "any" if given == tuple(everything) else ", ".join(member.name for member in given)


def _may(may: May) -> str:
    return "; ".join(WORDS[each] for each in May if each in may) or "nothing"


PARTS: Parts = {"trust": trust_table, "words of trust": trust_words}
"""What is generated, by name."""
