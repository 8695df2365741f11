"""An event on the screen: what happened in a line, and why and whether it was delivered in another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from haproxy_agentx.cli.styled import Styled, joined, printer, width
from haproxy_agentx.cli.words import health_style, shown
from haproxy_agentx.vocabulary.event import Delivery

Part = Mapping[str, Any]

INDENT = 7
"""Blanks before the second line: numbers are that wide, with what follows."""

_DELIVERY_STYLES = {Delivery.acknowledged.name: "dim", Delivery.queued.name: "yellow", Delivery.sent.name: "yellow"}
_TRAPS = {"seen": "keepalived's trap seen", "notSeen": "keepalived's trap not seen"}


class EventsScreen:
    """Prints events in lines of the terminal's width, or of 80 characters without one."""

    def __init__(self) -> None:
        self._print = printer()

    def show(self, event: Part) -> None:
        """Print one. Raises KeyError or TypeError when a needed part of it is missing."""
        self._print(_what(event))
        for line in _why(event).wrapped(max(width() - INDENT, INDENT)):
            self._print(" " * INDENT + line)


def _what(event: Part) -> Styled:
    change = Styled()
    if event["health"] is not None:
        change = _change(event["previous_health"], event["health"], health_style(event["health"]))
    elif event["state"] is not None:
        change = _change(event["previous_state"], event["state"], "")
    number = f"{event['sequence']:>{INDENT - 2}}  {_local(event['time'])}  "
    return number + shown(event["kind"], "bold") + shown(f"  {event['subject'] or ''}") + change


def _change(before: str | None, after: str, style: str) -> Styled:
    return shown(f"  {before} -> " if before and before != after else "  ") + shown(after, style)


def _why(event: Part) -> Styled:
    role, role_before = event["role"], event["previous_role"]
    parts = []
    if role is not None and role_before is not None and role != role_before:
        parts.append(shown(f"{role_before} -> {role}"))
    words = event["cause_text"] or ""
    if event["cause"] not in {None, "none"}:
        words = f"{event['cause']}: {words}" if words else event["cause"]
    if words:
        parts.append(shown(words))
    if event["suppressed"]:
        parts.append(shown(f"{event['suppressed']} before it were suppressed", "yellow"))
    delivery = event["delivery"] + (f", {event['tries']} tries" if event["maybe_repeated"] else "")
    parts.append(shown(delivery, _DELIVERY_STYLES.get(event["delivery"], "red")))
    if event["trap"] in _TRAPS:
        parts.append(shown(_TRAPS[event["trap"]], "" if event["trap"] == "seen" else "yellow"))
    return joined(parts, "; ")


def _local(time: str | None) -> str:
    """Write a date of an answer as the clock on the wall had it."""
    if time is None:
        return "(no date)"
    return datetime.fromisoformat(time).astimezone().isoformat(" ", "milliseconds")[:23]
