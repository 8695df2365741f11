"""The settings of a session, and the events that it reports."""

from dataclasses import dataclass

from haproxy_agentx.agentx.oid import Key
from haproxy_agentx.agentx.pdu import ErrorStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a session asks of the master, and how long it waits.

    ``identity`` and ``description`` name us (o.id, o.descr; the description is cut to 255 octets). Times in seconds:
    ``timeout`` for any answer, ``ping_interval`` between two signs of life, ``retry_interval`` until a refused subtree
    is tried again, ``notify_timeout`` until a Ping asks whether the master has passed over a notification.
    ``priority`` 1..255, the lower wins (RFC 2741 6.2.3).
    """

    identity: Key
    description: str
    subtrees: tuple[Key, ...]
    priority: int = 127
    timeout: float = 5.0
    ping_interval: float = 15.0
    retry_interval: float = 30.0
    close_timeout: float = 1.0
    notify_timeout: float = 2.0


@dataclass(frozen=True, slots=True)
class Ready:
    """All subtrees are registered."""


@dataclass(frozen=True, slots=True)
class MasterRefused:
    """The master has refused ``subtree``; the session goes on with the others and tries again later."""

    subtree: Key
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over. ``reason`` is for people; ``refused`` says that it was the master's decision."""

    reason: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The master has answered the notification that was sent with ``token``; ``error`` 0 says that it was taken."""

    token: object
    error: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The master lives and has not answered the notification that was sent with ``token``: it has answered a later PDU.

    An Acknowledged may still follow from a master that answers out of order.
    """

    token: object


Event = Ready | MasterRefused | Closed | Acknowledged | Unanswered

_REFUSALS = {
    ErrorStatus.DUPLICATE_REGISTRATION: "it is registered already with this priority (duplicateRegistration): by a "
    "second haproxy-agentx or another subagent, or by a line of snmpd.conf (`proxy`, `pass`, `pass_persist`, `extend` "
    "with this OID): remove the other, or set another agentx.priority (the lower wins)",
    ErrorStatus.REQUEST_DENIED: "the master does not allow it: see its configuration (requestDenied)",
    ErrorStatus.UNSUPPORTED_CONTEXT: "the master does not know the default context (unsupportedContext)",
    ErrorStatus.PARSE_ERROR: "the master could not read the request: is it RFC 2741? (parseError)",
    ErrorStatus.PROCESSING_ERROR: "the master failed inside: see its log (processingError)",
    ErrorStatus.OPEN_FAILED: "the master takes no more sessions: see its log (openFailed)",
    ErrorStatus.NOT_OPEN: "the master does not know this session (notOpen)",
}


def refusal(error: int) -> str:
    """Return what an error of the master means and what to do."""
    return _REFUSALS.get(error, f"error {error}")  # type: ignore[call-overload,no-any-return]  # an IntEnum is its int
