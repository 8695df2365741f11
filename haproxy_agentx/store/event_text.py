"""An event as a row of the file, and back. Pure."""

import json
from collections.abc import Mapping

from haproxy_agentx.vocabulary.event import Delivery, Event, EventDraft, Kind

TEXT_LIMIT = 2000
"""Characters of one text of an event: names of HAProxy's are of any length, and SNMP shows 255 octets."""

EventRow = tuple[int, float, int, str, str, int, int, float | None, int]
"""Sequence, date, kind, cells, keepalived, delivery, tries, date of the acknowledgement, unkept.

The texts are JSON, ASCII."""


def to_row(event: Event) -> EventRow:
    """Return the row of an event."""
    draft = event.draft
    texts = (_to_json(draft.cells), _to_json(draft.keepalived))
    return (
        event.sequence,
        draft.at,
        draft.kind,
        *texts,
        event.delivery,
        event.tries,
        event.acknowledged_at,
        int(event.unkept),
    )


def from_row(row: EventRow) -> Event | None:
    """Return the event of a row, None if there is none in it: somebody has edited the file."""
    sequence, at, kind, cells, keepalived, delivery, tries, acknowledged_at, unkept = row
    try:
        draft = EventDraft(float(at), Kind(kind), _from_json(cells), _from_json(keepalived))
        when = None if acknowledged_at is None else float(acknowledged_at)
        return Event(int(sequence), draft, Delivery(delivery), int(tries), when, bool(unkept))
    except (ValueError, TypeError):
        return None


def _to_json(texts: Mapping[str, str]) -> str:
    return json.dumps({name: text[:TEXT_LIMIT] for name, text in texts.items()}, separators=(",", ":"))


def _from_json(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"{text} is no object of texts")
    return found
