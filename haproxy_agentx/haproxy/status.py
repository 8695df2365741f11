"""What HAProxy's status texts mean (columns ``status``, ``check_status`` and ``agent_status`` of ``show stat``).

The texts are those of HAProxy's stats.c and check.c, 1.8 to 3.x. They are distinguished by their beginning: the numbers
in them come from the rise and fall of the configuration, and versions add remarks in parentheses. A text that none of
the rules knows is ``other``, never an error and never taken for healthy.

The members of the enumerations carry the labels of the MIB, and their numbers are part of it: new ones go to the end.
"""
# ruff: noqa: N815  -- the members' names are the labels of the MIB, which SMIv2 wants in camelCase

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class ServerStatus(IntEnum):
    """HaxServerOperStatus: the operational state of a server."""

    up = 1
    upGoingDown = 2
    """``UP x/y``: still used; x more failed checks of y take it down. Also shown after a reload, before any check."""
    down = 3
    downGoingUp = 4
    """``DOWN x/y``: not used; x of the y good checks that it needs have passed."""
    downAgent = 5
    nolb = 6
    """Answered 404 under ``disable-on-404``: keeps its sessions, gets no new load-balanced ones."""
    nolbGoingDown = 7
    drain = 8
    drainGoingDown = 9
    drainAgent = 10
    maint = 11
    maintVia = 12
    """In maintenance because the server that it tracks is."""
    maintResolution = 13
    """In maintenance because its name does not resolve."""
    noCheck = 14
    """Not checked: HAProxy knows nothing of its health."""
    other = 15


class AdminState(IntEnum):
    """HaxAdminState: what an operator or agent has asked for, as far as the status text shows it.

    A server that was drained and has since failed its checks shows DOWN and counts as ready here.
    """

    ready = 1
    drain = 2
    maint = 3
    other = 4


class BackendStatus(IntEnum):
    """HaxBackendOperStatus. A backend without servers is up; one whose servers are all in maintenance is down."""

    up = 1
    down = 2
    upUnpublished = 3
    """``UP (UNPUB)``: added at run time and not published: no traffic is sent to it."""
    other = 4


class FrontendStatus(IntEnum):
    """HaxFrontendOperStatus."""

    open = 1
    stop = 2
    paused = 3
    full = 4
    """At its maxconn; up to HAProxy 1.8."""
    other = 5


class ListenerStatus(IntEnum):
    """HaxListenerOperStatus."""

    open = 1
    full = 2
    waiting = 3
    other = 4


class CheckStatus(IntEnum):
    """HaxCheckStatus: HAProxy's own codes in lower case (management guide 9.1, ``check_status``)."""

    unk = 1
    ini = 2
    """No check has ended yet: says nothing of the server."""
    checked = 3
    hana = 4
    sockerr = 5
    l4ok = 6
    l4tout = 7
    l4con = 8
    l6ok = 9
    l6tout = 10
    l6rsp = 11
    l7ok = 12
    l7okc = 13
    l7tout = 14
    l7rsp = 15
    l7sts = 16
    procerr = 17
    proctout = 18
    procok = 19
    other = 20


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the status text of a server says. ``progress`` of ``needed`` checks; both 0 when no change is under way."""

    status: ServerStatus
    admin: AdminState
    progress: int = 0
    needed: int = 0


CACHE = 4096
"""Texts kept with their meaning; ``MAINT (via px/srv)`` has as many forms as there are tracked servers."""

_PROGRESS = re.compile(rb" (-?[0-9]{1,9})/([0-9]{1,9})")
_WORD = re.compile(rb"no check|[A-Z]+")
_CHECK_RUNNING = b"* "

_PLAIN: Mapping[bytes, ServerStatus] = {
    b"UP": ServerStatus.up,
    b"DOWN": ServerStatus.down,
    b"NOLB": ServerStatus.nolb,
    b"DRAIN": ServerStatus.drain,
    b"MAINT": ServerStatus.maint,
    b"no check": ServerStatus.noCheck,
}
_MOVING: Mapping[bytes, ServerStatus] = {
    b"UP": ServerStatus.upGoingDown,
    b"DOWN": ServerStatus.downGoingUp,
    b"NOLB": ServerStatus.nolbGoingDown,
    b"DRAIN": ServerStatus.drainGoingDown,
}
_REMARKS: tuple[tuple[bytes, bytes, ServerStatus], ...] = (
    (b"DOWN", b"(agent", ServerStatus.downAgent),
    (b"DRAIN", b"(agent", ServerStatus.drainAgent),
    (b"MAINT", b"(via", ServerStatus.maintVia),
    (b"MAINT", b"(resolution", ServerStatus.maintResolution),
)
_ADMIN: Mapping[bytes, AdminState] = {b"MAINT": AdminState.maint, b"DRAIN": AdminState.drain}
_UNKNOWN_SERVER = ServerState(ServerStatus.other, AdminState.other)

_BACKEND: Mapping[bytes, BackendStatus] = {b"UP": BackendStatus.up, b"DOWN": BackendStatus.down}
_FRONTEND: Mapping[bytes, FrontendStatus] = {
    b"OPEN": FrontendStatus.open,
    b"STOP": FrontendStatus.stop,
    b"PAUSED": FrontendStatus.paused,
    b"FULL": FrontendStatus.full,
}
_LISTENER: Mapping[bytes, ListenerStatus] = {
    b"OPEN": ListenerStatus.open,
    b"FULL": ListenerStatus.full,
    b"WAITING": ListenerStatus.waiting,
}
_CHECK: Mapping[bytes, CheckStatus] = {
    member.name.upper().encode(): member for member in CheckStatus if member is not CheckStatus.other
}


def labels(kind: type[IntEnum]) -> dict[str, int]:
    """Return the named numbers of an enumeration, in their order, as the MIB wants them."""
    return {member.name: member.value for member in kind}


@lru_cache(maxsize=CACHE)
def server_state(text: bytes) -> ServerState:
    """Read the status of a server row."""
    word, rest = _split(text)
    plain = _PLAIN.get(word)
    if plain is None:
        return _UNKNOWN_SERVER
    admin = _ADMIN.get(word, AdminState.ready)
    if word in _MOVING and (moving := _PROGRESS.match(rest)):
        # a server added at run time has shown 'UP -1/3' until its first check
        return ServerState(_MOVING[word], admin, max(0, int(moving[1])), int(moving[2]))
    remark = rest.lstrip()
    for beginning, mark, status in _REMARKS:
        if word == beginning and remark.startswith(mark):
            return ServerState(status, admin)
    return ServerState(plain, admin)


def server_status(text: bytes) -> ServerStatus:
    """Return the operational state of a server row's status."""
    return server_state(text).status


def admin_state(text: bytes) -> AdminState:
    """Return the administrative state that a server row's status shows."""
    return server_state(text).admin


def server_progress(text: bytes) -> tuple[int, int] | None:
    """Return x and y of ``UP x/y`` and the like; None when no change is under way."""
    state = server_state(text)
    return (state.progress, state.needed) if state.status in _MOVING.values() else None


@lru_cache(maxsize=CACHE)
def backend_status(text: bytes) -> BackendStatus:
    """Read the status of a backend row."""
    word, rest = _split(text)
    if word == b"UP" and rest.lstrip().startswith(b"(UNPUB"):
        return BackendStatus.upUnpublished
    return _BACKEND.get(word, BackendStatus.other)


def frontend_status(text: bytes) -> FrontendStatus:
    """Read the status of a frontend row."""
    return _FRONTEND.get(_split(text)[0], FrontendStatus.other)


def listener_status(text: bytes) -> ListenerStatus:
    """Read the status of a listener row."""
    return _LISTENER.get(_split(text)[0], ListenerStatus.other)


def check_status(text: bytes) -> CheckStatus:
    """Read ``check_status`` or ``agent_status``, whether or not a check is running."""
    return _CHECK.get(text.removeprefix(_CHECK_RUNNING), CheckStatus.other)


def check_running(text: bytes) -> bool:
    """Whether a check is in progress: HAProxy then puts ``* `` before the result of the last one."""
    return text.startswith(_CHECK_RUNNING)


def _split(text: bytes) -> tuple[bytes, bytes]:
    """Return the leading word of a status and the rest; no word when a letter follows that makes it another one."""
    found = _WORD.match(text)
    if found is None or text[found.end() :][:1].isalnum():
        return b"", text
    return found[0], text[found.end() :]
