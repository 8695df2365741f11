"""Events for tests."""

from haproxy_agentx.event import Kind, News

FAILOVER = {
    "haxEventSubject": "SITE1",
    "haxEventHealth": "active",
    "haxEventPreviousHealth": "standby",
    "haxEventCause": "peerLost",
    "haxEventCauseText": "no advertisement of the other node came for 3.6 s",
}


def news(number: int = 1, kind: Kind = Kind.serviceFailover, **cells: str) -> News:
    """Give an event of the moment ``number``, which is in its words, too."""
    texts = FAILOVER | {"haxEventReasons": str(number)} | cells
    return News(1_800_000_000.0 + number, kind, texts, {"vrrpInstanceName": "SITE1", "vrrpInstanceState": "master"})


def several(first: int, last: int) -> list[News]:
    """Give events, both ends included."""
    return [news(number) for number in range(first, last + 1)]
