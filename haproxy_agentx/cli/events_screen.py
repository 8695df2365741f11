"""An event on the screen: what happened in a line, and why and whether it was delivered in another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from haproxy_agentx.cli.words import health_style, shown

Part = Mapping[str, Any]

INDENT = 7
"""Blanks before the second line: numbers are that wide, with what follows."""

_DELIVERY_STYLES = {"acknowledged": "dim", "queued": "yellow", "sent": "yellow"}
_TRAPS = {"seen": "keepalived's trap seen", "notSeen": "keepalived's trap not seen"}


class EventsScreen:
    """Prints events in lines of the terminal's width, or of 80 characters without one."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def show(self, event: Part) -> None:
        """Print one. Raises KeyError or TypeError when a needed part of it is missing."""
        self._console.print(_what(event), soft_wrap=True)
        for line in _why(event).wrap(self._console, max(self._console.width - INDENT, INDENT)):
            line.rstrip()
            self._console.print(Text.assemble(" " * INDENT, line), soft_wrap=True)


def _what(event: Part) -> Text:
    change = Text()
    if event["health"] is not None:
        change = _change(event["previous_health"], event["health"], health_style(event["health"]))
    elif event["state"] is not None:
        change = _change(event["previous_state"], event["state"], "")
    return Text.assemble(
        f"{event['sequence']:>{INDENT - 2}}  {_local(event['time'])}  ",
        shown(event["kind"], "bold"),
        shown(f"  {event['subject'] or ''}"),
        change,
    )


def _change(before: str | None, after: str, style: str) -> Text:
    return Text.assemble(shown(f"  {before} -> " if before and before != after else "  "), shown(after, style))


def _why(event: Part) -> Text:
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
    return shown("; ").join(parts)


def _local(time: str | None) -> str:
    """Write a date of an answer as the clock on the wall had it."""
    if time is None:
        return "(no date)"
    return datetime.fromisoformat(time).astimezone().isoformat(" ", "milliseconds")[:23]
