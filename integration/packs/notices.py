"""How a notification reads in one line, and where its objects are: for systems that know positions. Pure."""

from haproxy_agentx.health.severity import Severity
from integration.packs.mib import carried

SUBJECT = {
    "haxServiceFailover": "service {haxEventSubject}: {haxEventPreviousRole} -> {haxEventRole}, now {haxEventHealth}",
    "haxServiceHealthChange": "service {haxEventSubject}: health {haxEventPreviousHealth} -> {haxEventHealth}",
    "haxSourceChange": "source {haxEventSubject}: {haxEventPreviousState} -> {haxEventState}",
    "haxBackendChange": "backend {haxEventSubject}: {haxEventPreviousState} -> {haxEventState}",
    "haxServerChange": "server {haxEventSubject}: {haxEventPreviousState} -> {haxEventState}",
    "haxPairChange": "pair {haxEventPairKey}, by {haxEventNode}: {haxEventPreviousState} -> {haxEventState}",
    "haxPairMismatch": "nodes of pair {haxEventPairKey}, by {haxEventNode}: {haxEventState}",
    "haxTest": "test notification",
}
"""What a notification reports, with its objects in braces."""

SECTIONS = {
    "haxServiceFailover": "Alarm: serviceNotAsIntended",
    "haxServiceHealthChange": "Health: unknown",
    "haxSourceChange": "Cause: sourceLost",
    "haxBackendChange": "Cause: noUsableBackend",
    "haxServerChange": "Alarm: serverDown",
    "haxPairChange": "Pair: unknown",
    "haxPairMismatch": "Pair: mismatch",
}
"""The section of docs/operations.md to start with; the cause names the one to go on with."""

REPORTED = tuple(name for name in SUBJECT if name != "haxTest")
"""Notifications with a severity, and the number of the event that they clear."""

SEVERITIES = tuple(Severity)


def position(notification: str, name: str) -> int:
    """Return the position of an object in a notification, from 1, without sysUpTime and snmpTrapOID."""
    return carried(notification).index(name) + 1


def line(notification: str, form: str) -> str:
    """Return the line, with each object as ``form`` has its position: '${}' makes '$3'."""
    text = f"{SUBJECT[notification]}: {{haxEventCauseText}}"
    for name in carried(notification):
        text = text.replace(f"{{{name}}}", form.format(position(notification, name)))
    return text
