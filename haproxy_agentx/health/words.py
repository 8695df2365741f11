"""What is wrong with HAProxy, in words for a line of a notification. Pure.

Names come from outside and may be long; they are cut, so that a line stays one that a person reads.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum

from haproxy_agentx.haproxy.status import FrontendStatus
from haproxy_agentx.health.backend import Backend
from haproxy_agentx.health.model import Reason
from haproxy_agentx.health.proxies import Proxies
from haproxy_agentx.health.traffic import ClientOutcome
from haproxy_agentx.vocabulary.shown import printable

MAX_LINE = 240
"""Characters in a line: with a few that take more octets it still fits the 255 of an SnmpAdminString."""

MAX_NAME = 40
"""Characters of a name."""

MAX_PARTS = 3
"""Things that a line holds; of the others the number."""

MAX_SERVERS = 3
"""Servers that are named of a backend."""


class DetailKind(IntEnum):
    """What kind of thing is reported; the worst first."""

    trouble = 1
    closed = 2
    clients = 3
    down = 4
    below = 5
    unread = 6
    missing = 7
    remark = 8
    """Only reported when nothing is wrong."""


def of_trouble(process: str, trouble: Reason, words: str) -> str:
    """Return why a HAProxy cannot be judged; ``words`` has it from its source, if there is more to say."""
    if words:
        return words if process in words else f"haproxy {_name(process)}: {words}"
    if Reason.haproxyGone in trouble:
        return f"haproxy {_name(process)} is gone"
    if Reason.haproxyUnresponsive in trouble:
        return f"haproxy {_name(process)} does not answer"
    return f"haproxy {_name(process)} could not be read"


def of_frontend(where: str, status: FrontendStatus) -> str:
    """Return that a frontend is not open."""
    word = "of unknown status" if status is FrontendStatus.other else status.name.upper()
    return f"frontend {_name(where)} is {word}"


_CLIENTS: Mapping[ClientOutcome, str] = {
    ClientOutcome.crowded: "is at its limit of connections",
    ClientOutcome.full: "is at its limit of connections and accepts no new client",
    ClientOutcome.partly: "answers a part of its requests with HAProxy's own errors",
    ClientOutcome.failing: "answers every request with HAProxy's own errors",
    ClientOutcome.refusing: "denies every request since its counters restarted, as at a reload",
    ClientOutcome.unread: "has a row that is missing or cannot be understood",
}
_CONNECTIONS: Mapping[ClientOutcome, str] = {
    **_CLIENTS,
    ClientOutcome.partly: "returns nothing on a part of its connections, while connections to servers fail",
    ClientOutcome.failing: "returns nothing on its connections, while connections to servers fail",
    ClientOutcome.refusing: "denies every connection since its counters restarted, as at a reload",
}
"""Likewise in TCP mode, which has no requests."""


def of_clients(where: str, standing: ClientOutcome, *, is_tcp: bool = False) -> str:
    """Return what clients of a frontend get; ``is_tcp`` says that it is in TCP mode."""
    return f"frontend {_name(where)} {(_CONNECTIONS if is_tcp else _CLIENTS)[standing]}"


def of_queue(where: str, standing: ClientOutcome) -> str:
    """Return that clients wait for the servers of a backend."""
    words = "and no client gets one" if standing is ClientOutcome.full else "and some wait in vain"
    return f"clients of backend {_name(where)} wait for a server, {words}"


def of_unknown(proxies: Proxies, backend: Backend, where: str) -> str:
    """Return that rows of a backend are missing, and which."""
    named = ", ".join(_name(server) for server in proxies.lacking(backend, MAX_SERVERS))
    return f"rows of backend {_name(where)} are missing or cannot be understood{f' ({named})' if named else ''}"


def of_backend(proxies: Proxies, backend: Backend, where: str, needed: int) -> str:
    """Return what a backend lacks, and which of its servers."""
    lacking = proxies.lacking(backend, MAX_SERVERS + 1)
    named = ", ".join(_name(server) for server in lacking[:MAX_SERVERS])
    if len(lacking) > MAX_SERVERS:
        named += ", ..."
    servers = f" ({named})" if named else ""
    usable, counted = backend.summary.usable, backend.summary.counted
    if not usable and backend.summary.status == "UP":
        return f"backend {_name(where)} serves by servers without checks only{servers}"
    if not usable and not servers and counted:
        return f"backend {_name(where)} is DOWN: HAProxy uses none of its {counted} servers"
    if not counted:
        return f"backend {_name(where)} has no server to use{servers}"
    if not usable:
        return f"backend {_name(where)} has no usable server of {counted}{servers}"
    return f"backend {_name(where)} has {usable} of {counted} servers, needs {needed}{servers}"


def sentence(details: Sequence[tuple[DetailKind, str]]) -> str:
    """Put together what must be reported, the worst first; remarks only when there is nothing else."""
    wrong = [item for item in details if item[0] is not DetailKind.remark]
    parts = [text for _, text in sorted(wrong or details, key=lambda item: item[0])]
    more = len(parts) - MAX_PARTS
    if more > 0:
        parts = [*parts[:MAX_PARTS], f"and {more} more"]
    return line("; ".join(parts))


def line(text: str) -> str:
    """Return ``text`` as one line that is not too long."""
    return printable(text, MAX_LINE)


def _name(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[:MAX_NAME] + "..."
