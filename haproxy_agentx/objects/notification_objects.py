"""The notifications. Each is the row of its event in haxEventTable: its objects are columns, their instance the number.

The objects named here are in each notification of a kind, whatever is known (RFC 2578 8.1): ``event_objects.cells``
sees to it.
"""

from haproxy_agentx.objects.declaration import Notification
from haproxy_agentx.vocabulary.event import Kind

_HEAD = ("haxEventSequence", "haxEventTime", "haxEventSubject")
_WHY = ("haxEventReasons", "haxEventCause", "haxEventCauseText", "haxEventSuppressed", "haxEventMaybeRepeated")
_FOR_ALARMS = ("haxEventSeverity", "haxEventClears", "haxEventSubjectIndex")
_REASONS = ("haxEventReasonMask", "haxEventReasonText")
_STATES = (
    *_HEAD,
    "haxEventState",
    "haxEventPreviousState",
    "haxEventCauseText",
    "haxEventSuppressed",
    "haxEventMaybeRepeated",
    *_FOR_ALARMS,
    "haxEventReminder",
)
_PAIR = (
    *_HEAD,
    "haxEventState",
    "haxEventPreviousState",
    "haxEventCause",
    "haxEventCauseText",
    "haxEventSuppressed",
    "haxEventMaybeRepeated",
    *_FOR_ALARMS,
    "haxEventReminder",
    "haxEventPairKey",
    "haxEventNode",
)

_ROW = (
    "The objects are those of the row of haxEventTable that has the event's number as its index. Others of that row "
    "may follow where they apply. A long text is truncated, which '...' marks, so that the notification has at "
    "most 1400 octets. The order of the objects is permanent: new ones are appended. If the master agent does not "
    "acknowledge a notification of that size, it is sent in a short form of at most 484 octets; the omitted objects "
    "are in the row of the event."
)
_RATE = (
    "The rate is limited ('notifications: limit' of the configuration): for each service, for all sources, for all "
    "backends, for all servers, and for all pairs. haxEventSuppressed of a later one counts the changes that were not "
    "reported."
)


def _notification(kind: Kind, objects: tuple[str, ...], description: str) -> Notification:
    name = f"hax{kind.name[0].upper()}{kind.name[1:]}"
    return Notification(kind.value, name, objects, f"{description} {_ROW}")


NOTIFICATIONS: tuple[Notification, ...] = (
    _notification(
        Kind.serviceFailover,
        (
            *_HEAD,
            "haxEventHealth",
            "haxEventPreviousHealth",
            "haxEventRole",
            "haxEventPreviousRole",
            "haxEventServedAsIntended",
            *_WHY,
            "haxEventKeepalivedTrap",
            *_FOR_ALARMS,
            *_REASONS,
            "haxEventReminder",
        ),
        "A notification is generated when the VRRP role of this node for a service, haxEventSubject, changes. "
        "The health may have changed with it. The notification is sent at once. Its objects are followed by those of "
        "the corresponding vrrpInstanceStateChange of KEEPALIVED-MIB, as far as they are known: vrrpInstanceName, "
        "vrrpInstanceState and vrrpInstanceInitialState, without an instance, as keepalived sends them, and "
        "routerId.0. haxEventKeepalivedUpTime is the sysUpTime in that notification. A manager can so correlate the "
        f"two, or use this one alone when keepalived's is lost. {_RATE}",
    ),
    _notification(
        Kind.serviceHealthChange,
        (
            *_HEAD,
            "haxEventHealth",
            "haxEventPreviousHealth",
            "haxEventRole",
            "haxEventServedAsIntended",
            *_WHY,
            *_FOR_ALARMS,
            *_REASONS,
            "haxEventReminder",
        ),
        "A notification is generated when the health of a service, haxEventSubject, changes on this node while its "
        "VRRP role does not. It is sent when the change has lasted for the time 'notifications: hold' of the "
        f"configuration. {_RATE}",
    ),
    _notification(
        Kind.sourceChange,
        _STATES,
        "A notification is generated when a source of the subagent, haxEventSubject, is lost or can be read again. The "
        "states are those of haxSourceState, and haxEventCauseText is haxSourceLastError. The subject AgentX master "
        "stands for all sources that are read through the master agent, while that has no session with the subagent. "
        f"{_RATE}",
    ),
    _notification(
        Kind.backendChange,
        _STATES,
        "A notification is generated when the status of a backend, PROCESS/BACKEND in haxEventSubject, changes. The "
        "states are UP, DOWN, MAINT and EMPTY, as the subagent derives them, which may differ from "
        f"haxBackendStatus. {_RATE}",
    ),
    _notification(
        Kind.serverChange,
        _STATES,
        "A notification is generated when the status of a server, PROCESS/BACKEND/SERVER in haxEventSubject, changes. "
        "The states are HAProxy's statuses without their counts of checks, such as UP for UP 1/3. The notification is "
        "sent only if 'notifications: servers' of "
        f"the configuration enables it. {_RATE}",
    ),
    _notification(
        Kind.test,
        (*_HEAD, "haxEventCauseText", "haxEventMaybeRepeated"),
        "A notification is generated when an administrator runs 'haproxy-agentx trap-test', to verify that "
        "notifications arrive. It reports no event.",
    ),
    _notification(
        Kind.pairChange,
        _PAIR,
        "A notification is generated when haxPairState of a service, haxEventSubject, changes. The states are labels "
        "of HaxRedundancyState. Each node that sees the change sends it: haxEventPairKey is the same in all of them, "
        "and haxEventNode is the node that reports. No notification is generated for redundancy that is missing "
        f"because of the maintenance of a node, nor where no peer is configured. {_RATE}",
    ),
    _notification(
        Kind.pairMismatch,
        _PAIR,
        "A notification is generated when the nodes of a service, haxEventSubject, have differed for 30 seconds in "
        "what haxPairDifferences lists, and when they agree again. The states are same and differs. Each node that "
        f"sees the difference sends it, as haxPairChange. {_RATE}",
    ),
)

OBJECTS_OF = {Kind(notification.sub_id): notification.objects for notification in NOTIFICATIONS}
"""The objects that each notification of a kind carries, in their order."""
