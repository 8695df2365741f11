"""The lines of the log for events that are on disk."""

import asyncio
import logging
from enum import IntEnum

from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import Health

log = logging.getLogger(__name__)

LEVELS = {health: logging.INFO if health <= Health.standby else logging.WARNING for health in Health}


def log_events(appended: asyncio.Future[list[Event]]) -> None:
    """Log events that are on disk."""
    if appended.cancelled():
        return
    for event in appended.result():
        log.log(_level(event.draft), "event %d: %s", event.sequence, _words(event.draft))


def _level(draft: EventDraft) -> int:
    return logging.INFO if draft.health is None else LEVELS[draft.health]


def _words(draft: EventDraft) -> str:
    """Return an event as one line."""
    of_service = draft.health is not None
    before, after = (
        (_label(draft.previous_health), _label(draft.health)) if of_service else (draft.previous_state, draft.state)
    )
    moved = f" ({_label(draft.previous_role)} -> {_label(draft.role)})" if draft.role is not draft.previous_role else ""
    change = f"reminder of {after}" if draft.reminder else f"{before} -> {after}{moved}"
    return f"{draft.subject or ''}: {change}: {draft.cause_text or ''}"


def _label(member: IntEnum | None) -> str | None:
    return None if member is None else member.name
