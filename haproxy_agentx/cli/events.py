"""``haproxy-agentx events``: what happened, why, and whether it was delivered."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from haproxy_agentx.cli.running import OTHER_VERSION, find, report_problem
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.request import MAX_EVENTS

POLL = 0.5
"""Seconds between two looks of --follow."""

Event = Mapping[str, Any]


class CannotAnswer(Exception):  # noqa: N818  the daemon's answer
    """The daemon answers, and not with events; the text says why and what to do."""


def events(config_file: str | None, *, limit: int, follow: bool, as_json: bool) -> int:
    """Print the last ``limit`` events, with ``follow`` then each that comes, until interrupted.

    Return 1 when no daemon answers, or the file has become wrong since. Raises ConfigError.
    """
    running = find(config_file)
    log = _Log(running.path)
    show = _print_json if as_json else _screen()
    try:
        for event in log.last(limit):
            show(event)
        if follow:
            _follow(log, show)
    except (NotRunning, CannotAnswer) as error:
        report_problem(str(error), as_json=as_json)
        return 1
    except (KeyError, TypeError, AttributeError):
        print(OTHER_VERSION, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        if not follow:
            raise
    return 1 if running.mistakes else 0


def _follow(log: "_Log", show: Any) -> None:  # noqa: ANN401  one of the two ways to print
    """Print what comes; a daemon that is restarted is waited for."""
    was_there = True
    while True:
        sys.stdout.flush()
        time.sleep(POLL)
        try:
            for event in log.more():
                show(event)
            was_there = True
        except NotRunning as error:
            if was_there:
                print(f"{error}\nWaiting for it.", file=sys.stderr)
            was_there = False


class _Log:
    """The log of the daemon at ``path``, read by pages."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = 0

    def last(self, number: int) -> Iterator[Event]:
        """Yield the last events, and go on behind them."""
        if number <= MAX_EVENTS:
            page = self._ask({"limit": max(number, 1)})
            self._seen = page["last"]
            yield from page["events"][-number:] if number else ()
        else:
            self._seen = max(0, self._ask({"limit": 1})["last"] - number)
            yield from self.more()

    def more(self) -> Iterator[Event]:
        """Yield what has come since; all, when the log was recreated."""
        while True:
            page = self._ask({"since": self._seen, "limit": MAX_EVENTS})
            if page["last"] < self._seen:
                self._seen = 0
                continue
            if not page["events"]:
                return
            for event in page["events"]:
                yield event
                self._seen = event["sequence"]

    def _ask(self, request: Mapping[str, object]) -> dict[str, Any]:
        answer: dict[str, Any] = ask(self._path, {"command": "events", **request})
        if answer.get("problem"):
            raise CannotAnswer(str(answer["problem"]))
        return answer


def _print_json(event: Event) -> None:
    print(json.dumps(event))


def _screen() -> Any:  # noqa: ANN401  what prints an event
    from haproxy_agentx.cli.events_screen import EventsScreen

    return EventsScreen().show
