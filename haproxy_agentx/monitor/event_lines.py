"""The lines of the log for events that are on disk."""

import asyncio
import logging
from collections.abc import Mapping

from haproxy_agentx.health.model import Health
from haproxy_agentx.vocabulary.event import Event, EventDraft

log = logging.getLogger(__name__)

LEVELS = {health: logging.INFO if health <= Health.standby else logging.WARNING for health in Health}


def log_events(appended: asyncio.Future[list[Event]]) -> None:
    """Log events that are on disk."""
    if appended.cancelled():
        return
    for event in appended.result():
        log.log(_level(event.draft), "event %d: %s", event.sequence, _words(event.draft))


def _level(draft: EventDraft) -> int:
    name = draft.cells.get("haxEventHealth")
    return LEVELS[Health[name]] if name else logging.INFO


def _words(draft: EventDraft) -> str:
    """Return an event as one line."""
    cells: Mapping[str, str] = draft.cells
    before, after = (
        (cells.get("haxEventPreviousHealth"), cells.get("haxEventHealth"))
        if "haxEventHealth" in cells
        else (cells.get("haxEventPreviousState"), cells.get("haxEventState"))
    )
    role = cells.get("haxEventRole")
    role_before = cells.get("haxEventPreviousRole")
    moved = f" ({role_before} -> {role})" if role != role_before else ""
    change = f"reminder of {after}" if cells.get("haxEventReminder") == "true" else f"{before} -> {after}{moved}"
    return f"{cells.get('haxEventSubject', '')}: {change}: {cells.get('haxEventCauseText', '')}"
