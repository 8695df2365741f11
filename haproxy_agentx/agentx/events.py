"""What a session is given, its settings, and what it reports, its events."""

from dataclasses import dataclass

from haproxy_agentx.agentx.oid import Key


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
class MasterProblem:
    """What keeps us from serving a master. ``text`` is WHAT: WHY, in one line.

    What to do about it depends on the master and on the application, which finds it by ``cause``: the error of a
    Response (ErrorStatus, or a number that RFC 2741 does not know), what connecting has raised, or None.
    """

    text: str
    cause: int | OSError | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """All subtrees are registered."""


@dataclass(frozen=True, slots=True)
class RegistrationRefused:
    """The master refuses ``subtree``; the session continues with the others, and tries this one again later."""

    subtree: Key
    problem: MasterProblem


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over. ``refused`` says that it was the master's decision."""

    problem: MasterProblem
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The master has answered the notification that was sent with ``token``. ``error`` 0: it was accepted."""

    token: object
    error: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The master lives and has not answered the notification that was sent with ``token``: it has answered a later PDU.

    An Acknowledged may still follow from a master that answers out of order.
    """

    token: object


Event = Ready | RegistrationRefused | Closed | Acknowledged | Unanswered
