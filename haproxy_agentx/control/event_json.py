"""An event as JSON, as ``haproxy-agentx events --json`` prints it. Pure."""

from datetime import UTC, datetime
from enum import IntEnum

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.health.event import Event
from haproxy_agentx.health.model import Reason, reason_names
from haproxy_agentx.store.event_text import keepalived_texts


def _label(member: IntEnum | None) -> str | None:
    return None if member is None else member.name


def _reasons(reasons: Reason | None) -> list[str] | None:
    return None if reasons is None else reason_names(reasons)


def event_json(event: Event) -> dict[str, object]:
    """Return all of an event; each key is always there, null where it does not apply.

    Times are ISO 8601 in UTC. ``trap`` says whether keepalived's own trap was seen, ``trap_time`` is the sysUpTime in
    it, in hundredths of a second; ``clears`` is the number of the event whose problem ends with this one;
    ``keepalived`` are the objects of KEEPALIVED-MIB that the notification repeats.
    """
    draft = event.draft
    return {
        "sequence": event.sequence,
        "time": _date(draft.at),
        "kind": draft.kind.name,
        "subject": draft.subject,
        "health": _label(draft.health),
        "previous_health": _label(draft.previous_health),
        "role": _label(draft.role),
        "previous_role": _label(draft.previous_role),
        "as_intended": draft.served_as_intended,
        "reasons": _reasons(draft.reasons),
        "cause": _label(draft.cause),
        "cause_text": draft.cause_text,
        "state": draft.state,
        "previous_state": draft.previous_state,
        "suppressed": draft.suppressed,
        "trap": _label(draft.keepalived_trap),
        "trap_time": draft.keepalived_up_time,
        "row": None if draft.subject_row is None else dotted(draft.subject_row),
        "severity": _label(draft.severity),
        "clears": draft.clears or None,
        "reminder": draft.reminder,
        "subject_index": draft.subject_index or None,
        "pair_key": draft.pair_key,
        "node": draft.node,
        "delivery": event.delivery.name,
        "tries": event.tries,
        "maybe_repeated": event.maybe_repeated,
        "acknowledged": None if event.acknowledged_at is None else _date(event.acknowledged_at),
        "keepalived": keepalived_texts(draft.keepalived),
    }


def _date(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return None
