"""``haproxy-agentx trap-test``: send one notification, and say how it went."""

import json
import sys
from typing import Any

from haproxy_agentx.cli.running import OTHER_VERSION, find, report_problem
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.request import HANDLER_TIMEOUT

PATIENCE = HANDLER_TIMEOUT + 3.0
"""Seconds for the answer: the daemon's own for a command, and some."""

_SINK = "If it does not arrive, snmpd.conf needs `trap2sink HOST COMMUNITY`, without a comment after it."


def trap_test(config_file: str | None, *, as_json: bool) -> int:
    """Have the daemon send a haxTest. Gives 0 when snmpd has acknowledged it, else 1. Raises ConfigError."""
    running = find(config_file)
    try:
        answer: dict[str, Any] = ask(running.path, {"command": "trap-test"}, PATIENCE)
    except NotRunning as error:
        report_problem(str(error), as_json=as_json)
        return 1
    if as_json:
        print(json.dumps(answer))
    problem = answer.get("problem")
    if problem:
        if not as_json:
            number = f"event {answer['sequence']}: " if "sequence" in answer else ""
            report_problem(f"{number}{problem}", as_json=False)
        return 1
    if not {"sequence", "milliseconds"} <= answer.keys():
        print(OTHER_VERSION, file=sys.stderr)
        return 1
    if not as_json:
        print(f"event {answer['sequence']}: snmpd has acknowledged it in {answer['milliseconds']} ms\n{_SINK}")
    return 0
