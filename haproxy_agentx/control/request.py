"""What is asked at the control socket: a line of JSON, ``{"command": NAME, ...}``; nothing asks for the state. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

TIMEOUT = 2.0
"""Seconds for a whole exchange that asks for the state, on both sides."""

HANDLER_TIMEOUT = 15.0
"""Seconds for a command."""

MAX_REQUEST = 4096
"""Octets in a request, its end of line not counted."""

MAX_OCTETS = 1 << 20
"""Octets of an answer."""

MAX_EVENTS = 250
"""Events in one answer; who wants more asks again with a higher ``since``."""

DEFAULT_EVENTS = 20
MAX_SEQUENCE = 2**31 - 1
MAX_MAINTENANCE = 30 * 86400
"""Seconds for which a node may be in maintenance by one order."""

Request = Mapping[str, Any]
Snapshot = dict[str, object]
"""What is answered: the state of the daemon, or what a command returns."""


class BadRequest(ValueError):  # noqa: N818  it is an answer
    """The request is none; the text says what is wrong with it and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which events are wanted: the first ``limit`` above ``since``, or the last ``limit`` where that is None."""

    since: int | None
    limit: int


def parse(line: bytes) -> Request:
    """Read a request; an empty one is ``{}``. Raises BadRequest."""
    if len(line) > MAX_REQUEST:
        raise BadRequest(f"the request is longer than {MAX_REQUEST} octets")
    if not line.strip():
        return {}
    try:
        request = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadRequest("the request is not a line of JSON") from None
    if not isinstance(request, dict):
        raise BadRequest("the request is not a JSON object")
    if not isinstance(request.get("command", ""), str):
        raise BadRequest("the command of the request is not a text")
    return request


def page(request: Request) -> Page:
    """Read ``since`` and ``limit``. Raises BadRequest."""
    since = None if request.get("since") is None else _number(request, "since", 0, MAX_SEQUENCE)
    return Page(since, _number({"limit": DEFAULT_EVENTS} | dict(request), "limit", 1, MAX_EVENTS))


def maintenance_seconds(request: Request) -> int | None:
    """Read ``seconds``; None where it is only asked. Raises BadRequest."""
    return None if request.get("seconds") is None else _number(request, "seconds", 0, MAX_MAINTENANCE)


def _number(request: Request, key: str, least: int, most: int) -> int:
    value = request[key]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(f"{key} of the request is not a whole number from {least} to {most}")
    return value


def _refuse(_word: str) -> NoReturn:
    raise ValueError
