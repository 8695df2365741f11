"""``haproxy-agentx status``: one screen, or JSON."""

import json
import sys
from typing import Any

from haproxy_agentx.cli.running import OTHER_VERSION, find, report_problem
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.problems import notes, problems, worst
from haproxy_agentx.health.severity import PluginStatus, ProblemSeverity


def status(config_file: str | None, *, as_json: bool) -> int:
    """Show the state of the daemon that this configuration belongs to.

    Return a PluginStatus: ok, or the severity of the worst problem, or unknown when the daemon does not run or does
    not answer. A configuration file that has become wrong since the daemon read it is a warning. Raises ConfigError.
    """
    running = find(config_file)
    try:
        snapshot: dict[str, Any] = ask(running.path)
    except NotRunning as error:
        report_problem(str(error), as_json=as_json)
        return PluginStatus.unknown
    if as_json:
        print(json.dumps(snapshot, indent=2))
    try:
        if not as_json:
            from haproxy_agentx.cli.status_screen import show

            show(snapshot, problems(snapshot), notes(snapshot))
        severity = worst(problems(snapshot))
    except (KeyError, TypeError, AttributeError):
        print(OTHER_VERSION, file=sys.stderr)
        return PluginStatus.unknown
    return _STATUS[max(severity, ProblemSeverity.warning) if running.mistakes else severity]


_STATUS = {
    ProblemSeverity.none: PluginStatus.ok,
    ProblemSeverity.warning: PluginStatus.warning,
    ProblemSeverity.critical: PluginStatus.critical,
}
