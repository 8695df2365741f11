"""Events of each kind, with all that the daemon tells of such."""

from typing import Any

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.health.event import Event
from haproxy_agentx.health.model import Reason
from haproxy_agentx.objects import root
from haproxy_agentx.vocabulary.event import Kind
from tests.support.event_texts import drafted

AT = 1795373878.54
"""2026-11-22 18:57:58.5 UTC."""

ROOT = dotted(root.ROOT)
REASONS = Reason.haproxyUnresponsive | Reason.roleStale

_SERVICE = {
    "haxEventSubject": "SITE1",
    "haxEventHealth": "blackhole",
    "haxEventPreviousHealth": "active",
    "haxEventRole": "master",
    "haxEventPreviousRole": "backup",
    "haxEventServedAsIntended": "false",
    "haxEventReasons": str(int(REASONS)),
    "haxEventCause": "haproxyUnresponsive",
    "haxEventCauseText": "haproxy local does not answer within 2 s",
    "haxEventSuppressed": "3",
    "haxEventSubjectRow": f"{ROOT}.1.3.1.2.1",
    "haxEventSeverity": "critical",
    "haxEventClears": "5",
    "haxEventSubjectIndex": "1",
}
_STATE = {
    "haxEventState": "DOWN",
    "haxEventPreviousState": "UP",
    "haxEventCauseText": "no usable server of 3",
    "haxEventSuppressed": "0",
    "haxEventClears": "0",
}
_PAIR = {
    "haxEventSubject": "SITE1",
    "haxEventState": "dualActive",
    "haxEventPreviousState": "redundant",
    "haxEventCause": "roleDisputed",
    "haxEventCauseText": "two nodes have an address, or are MASTER, at once; lb1 serves; lb2 serves",
    "haxEventSuppressed": "0",
    "haxEventSubjectRow": f"{ROOT}.1.14.1.2.1",
    "haxEventSeverity": "critical",
    "haxEventClears": "0",
    "haxEventSubjectIndex": "1",
    "haxEventPairKey": "SITE1/51",
    "haxEventNode": "lb1",
}
DRAFTS = {
    Kind.serviceFailover: drafted(
        AT,
        Kind.serviceFailover,
        {**_SERVICE, "haxEventKeepalivedTrap": "seen", "haxEventKeepalivedUpTime": "924342"},
        {
            "vrrpInstanceName": "SITE1",
            "vrrpInstanceState": "master",
            "vrrpInstanceInitialState": "backup",
            "routerId": "lb1",
        },
    ),
    Kind.serviceHealthChange: drafted(AT, Kind.serviceHealthChange, _SERVICE),
    Kind.sourceChange: drafted(
        AT,
        Kind.sourceChange,
        {
            "haxEventSubject": "local",
            "haxEventState": "refused",
            "haxEventPreviousState": "ok",
            "haxEventCauseText": "no process listens",
            "haxEventSuppressed": "0",
            "haxEventSubjectRow": f"{ROOT}.1.2.1.2.1",
            "haxEventSeverity": "major",
            "haxEventClears": "0",
            "haxEventSubjectIndex": "1",
        },
    ),
    Kind.backendChange: drafted(
        AT,
        Kind.backendChange,
        {
            **_STATE,
            "haxEventSubject": "local/app",
            "haxEventSubjectRow": f"{ROOT}.1.8.1.10.1.3",
            "haxEventSeverity": "major",
            "haxEventSubjectIndex": "3",
        },
    ),
    Kind.serverChange: drafted(
        AT,
        Kind.serverChange,
        {
            **_STATE,
            "haxEventSubject": "local/app/web1",
            "haxEventSubjectRow": f"{ROOT}.1.9.1.10.1.3.1",
            "haxEventSeverity": "minor",
            "haxEventSubjectIndex": "1",
        },
    ),
    Kind.pairChange: drafted(AT, Kind.pairChange, _PAIR),
    Kind.pairMismatch: drafted(
        AT, Kind.pairMismatch, {**_PAIR, "haxEventState": "differs", "haxEventPreviousState": "same"}
    ),
    Kind.test: drafted(AT, Kind.test, {"haxEventSubject": "test", "haxEventCauseText": "an operator asked for it"}),
}


def event_of(kind: Kind, sequence: int = 7, **changes: Any) -> Event:
    """Give an event of a kind."""
    return Event(sequence, DRAFTS[kind], **changes)
