"""Events for tests."""

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.vocabulary.event import Kind
from tests.support.event_texts import drafted

FAILOVER = {
    "haxEventSubject": "SITE1",
    "haxEventHealth": "active",
    "haxEventPreviousHealth": "standby",
    "haxEventCause": "peerLost",
    "haxEventCauseText": "no advertisement of the other node came for 3.6 s",
}


def draft(number: int = 1, kind: Kind = Kind.serviceFailover, **cells: str) -> EventDraft:
    """Give an event of the moment ``number``, which is in its words, too."""
    texts = FAILOVER | {"haxEventReasons": str(number)} | cells
    return drafted(1_800_000_000.0 + number, kind, texts, {"vrrpInstanceName": "SITE1", "vrrpInstanceState": "master"})


def several(first: int, last: int) -> list[EventDraft]:
    """Give events, both ends included."""
    return [draft(number) for number in range(first, last + 1)]
