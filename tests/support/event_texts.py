"""Drafts of events out of texts, and the texts of a draft, as the store has them."""

from collections.abc import Mapping

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.store.event_text import cell_texts, draft_of
from haproxy_agentx.vocabulary.event import Kind


def drafted(at: float, kind: Kind, texts: Mapping[str, str], keepalived: Mapping[str, str] | None = None) -> EventDraft:
    """Return the draft of these texts by name of the column, and of keepalived's objects."""
    return draft_of(at, kind, texts, keepalived or {})


def texts_of(draft: EventDraft) -> dict[str, str]:
    """Return what is known of an event, by name of the column."""
    return cell_texts(draft)
