"""Reasons for those who read no BITS: as a number and as a text. Pure."""

from haproxy_agentx.health.model import Reason

KNOWN = sum(Reason)
"""The mask of all reasons."""

TEXT_LIMIT = 255
"""Octets of ``reason_text`` at most, those of an SnmpAdminString; names are ASCII."""

_MORE = ", ..."


def known_reasons(mask: int) -> Reason:
    """Return the reasons of a mask in which bit n has the value 2^n; bits that are no reason are passed over."""
    return Reason(mask & KNOWN)


def reason_names(reasons: Reason) -> list[str]:
    """Return the names of ``reasons`` by their numbers, an empty list where there is none."""
    return [str(reason.name) for reason in Reason if reason in reasons]


def reason_text(reasons: Reason) -> str:
    """Return the names joined by ', ', an empty text without a reason.

    Where they have more than TEXT_LIMIT octets, the last ones are left out and '...' stands for them.
    """
    names = reason_names(reasons)
    text = ", ".join(names)
    while len(text) > TEXT_LIMIT:
        names.pop()
        text = ", ".join(names) + _MORE
    return text
