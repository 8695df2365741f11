"""``haproxy-agentx status``: one screen, or JSON."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from haproxy_agentx.cli.running import OTHER_VERSION, find, tell_problem
from haproxy_agentx.cli.words import is_fine
from haproxy_agentx.control import NotRunning, ask

OPTIONAL = frozenset({"kernelAddresses", "keepalivedFifo", "keepalivedTraps", "keepalivedMib"})
"""Kinds of sources (haxSourceKind) that may be missing."""

_MISSING = frozenset({"absent", "disabled"})
"""States in which an optional source is missing, and nothing is wrong with it."""


def status(config_file: str | None, *, as_json: bool) -> int:
    """Show the state of the daemon that this configuration belongs to. Gives 0 when all is well, else 1.

    Raises ConfigError.
    """
    running = find(config_file)
    try:
        snapshot: dict[str, Any] = ask(running.path)
    except NotRunning as error:
        tell_problem(str(error), as_json=as_json)
        return 1
    if as_json:
        print(json.dumps(snapshot, indent=2))
    try:
        if not as_json:
            from haproxy_agentx.cli.status_screen import show

            show(snapshot, problems(snapshot), notes(snapshot))
        return 1 if problems(snapshot) or running.mistakes else 0
    except (KeyError, TypeError, AttributeError):
        print(OTHER_VERSION, file=sys.stderr)
        return 1


def problems(snapshot: Mapping[str, Any]) -> list[str]:
    """Give all that is not well, in words: with services, with what is read, and with what is served."""
    found = [
        f"{service['name']} is {service['health']}{f': {words}' if words else ''}"
        for service in snapshot.get("services", [])
        if not is_fine(service["health"])
        for words in [service.get("details") or service.get("cause_text")]
    ]
    found += [part["problem"] for part in (snapshot["agentx"], snapshot["store"]) if part["problem"]]
    found += [
        source["error"] or f"{source['name']}: no reading yet"
        for source in snapshot["sources"]
        if source["state"] != "ok" and not _is_missing(source)
    ]
    return found


def notes(snapshot: Mapping[str, Any]) -> list[str]:
    """Give what is not as it could be, and not wrong."""
    missing = [source["error"] for source in snapshot["sources"] if _is_missing(source)]
    contradictions = [
        f"{instance['name']}: {instance['contradiction']}"
        for instance in snapshot.get("vrrp", [])
        if instance.get("contradiction")
    ]
    events = snapshot.get("events", {})
    waiting = [f"{events['queued']} events wait: {events['held']}"] if events.get("held") else []
    return [text for text in contradictions + waiting + missing if text]


def _is_missing(source: Mapping[str, Any]) -> bool:
    return source["kind"] in OPTIONAL and source["state"] in _MISSING
