"""An event as JSON, as ``haproxy-agentx events --json`` prints it. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime

from haproxy_agentx.health.reasons import known_reasons, reason_names
from haproxy_agentx.vocabulary.event import Event


def _flag(text: str) -> bool:
    return text == "true"


def _number(text: str) -> int | None:
    """Return a number, None for 0, which stands for none."""
    return int(text) or None


def _reasons(text: str) -> list[str]:
    return reason_names(known_reasons(int(text)))


_KEYS: dict[str, tuple[str, Callable[[str], object]]] = {
    "subject": ("haxEventSubject", str),
    "health": ("haxEventHealth", str),
    "previous_health": ("haxEventPreviousHealth", str),
    "role": ("haxEventRole", str),
    "previous_role": ("haxEventPreviousRole", str),
    "as_intended": ("haxEventServedAsIntended", _flag),
    "reasons": ("haxEventReasons", _reasons),
    "cause": ("haxEventCause", str),
    "cause_text": ("haxEventCauseText", str),
    "state": ("haxEventState", str),
    "previous_state": ("haxEventPreviousState", str),
    "suppressed": ("haxEventSuppressed", int),
    "trap": ("haxEventKeepalivedTrap", str),
    "trap_time": ("haxEventKeepalivedUpTime", int),
    "row": ("haxEventSubjectRow", str),
    "severity": ("haxEventSeverity", str),
    "clears": ("haxEventClears", _number),
    "reminder": ("haxEventReminder", _flag),
    "subject_index": ("haxEventSubjectIndex", _number),
    "pair_key": ("haxEventPairKey", str),
    "node": ("haxEventNode", str),
}
"""Keys by column of haxEventTable."""


def event_json(event: Event) -> dict[str, object]:
    """Return all of an event; each key is always there, null where it does not apply.

    Times are ISO 8601 in UTC. ``trap`` says whether keepalived's own trap was seen, ``trap_time`` is the sysUpTime in
    it, in hundredths of a second; ``clears`` is the number of the event whose problem ends with this one;
    ``keepalived`` are the objects of KEEPALIVED-MIB that the notification repeats.
    """
    cells = event.draft.cells
    return {
        "sequence": event.sequence,
        "time": _date(event.draft.at),
        "kind": event.draft.kind.name,
        **{key: _value(cells.get(column), read) for key, (column, read) in _KEYS.items()},
        "delivery": event.delivery.name,
        "tries": event.tries,
        "maybe_repeated": event.maybe_repeated,
        "acknowledged": None if event.acknowledged_at is None else _date(event.acknowledged_at),
        "keepalived": dict(event.draft.keepalived),
    }


def _value(text: str | None, read: Callable[[str], object]) -> object:
    """Read a cell; one that another version has left and that is no value counts as missing."""
    if text is None:
        return None
    try:
        return read(text)
    except ValueError:
        return None


def _date(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return None
