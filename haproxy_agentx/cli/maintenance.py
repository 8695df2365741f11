"""``haproxy-agentx maintenance``: order the maintenance of this node, end it, or show it."""

import json
import sys
from typing import Any

from haproxy_agentx.cli.running import OTHER_VERSION, find, report_problem
from haproxy_agentx.cli.words import span
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.request import HANDLER_TIMEOUT, MAX_MAINTENANCE
from haproxy_agentx.settings.types import duration

PATIENCE = HANDLER_TIMEOUT + 3.0
"""Seconds for the answer."""

USAGE = 2

LENGTH = duration(1.0, float(MAX_MAINTENANCE))


def maintenance(config_file: str | None, action: str, length: str, *, as_json: bool) -> int:
    """Order, end or show the maintenance. Raises ConfigError.

    Returns 0 when it is done, USAGE for a wrong length, else 1.
    """
    running = find(config_file)
    request: dict[str, Any] = {"command": "maintenance"}
    if action != "show":
        try:
            request["seconds"] = int(LENGTH.read(length)) if action == "on" else 0
        except ValueError as error:
            report_problem(f"--for: {error}", as_json=as_json)
            return USAGE
    try:
        answer: dict[str, Any] = ask(running.path, request, PATIENCE)
    except NotRunning as error:
        report_problem(str(error), as_json=as_json)
        return 1
    if as_json:
        print(json.dumps(answer))
        return 0
    remaining = answer.get("remaining")
    if not isinstance(remaining, int | float):
        print(answer.get("problem") or OTHER_VERSION, file=sys.stderr)
        return 1
    print(f"in maintenance for another {span(remaining)}" if remaining > 0 else "not in maintenance")
    return 0
