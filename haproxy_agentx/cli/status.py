"""``haproxy-agentx status``: one screen, or JSON."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from haproxy_agentx.cli.running import OTHER_VERSION, find, report_problem
from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.control.problems import Problem, notes, problems, worst
from haproxy_agentx.health.severity import PluginStatus, ProblemSeverity
from haproxy_agentx.vocabulary.shown import printable

LONGEST_LINE = 600
"""Characters of the text of `--line`."""


def status(config_file: str | None, *, as_json: bool, as_line: bool = False) -> int:
    """Show the state of the daemon that this configuration belongs to.

    Return a PluginStatus: ok, or the severity of the worst problem, or unknown when the daemon does not run or does
    not answer. A configuration file that has become wrong since the daemon read it is a warning. ``as_line`` prints one
    line for a monitoring system. Raises ConfigError.
    """
    running = find(config_file)
    try:
        snapshot: dict[str, Any] = ask(running.path)
    except NotRunning as error:
        if as_line:
            print(_plugin_line(PluginStatus.unknown, str(error)))
        else:
            report_problem(str(error), as_json=as_json)
        return PluginStatus.unknown
    if as_json:
        print(json.dumps(snapshot, indent=2))
    try:
        found = problems(snapshot)
        severity = worst(found)
        result = _STATUS[max(severity, ProblemSeverity.warning) if running.mistakes else severity]
        if as_line:
            print(_summary(result, snapshot, found))
        elif not as_json:
            from haproxy_agentx.cli.status_screen import show

            show(snapshot, found, notes(snapshot))
    except (KeyError, TypeError, AttributeError):
        print(_plugin_line(PluginStatus.unknown, OTHER_VERSION) if as_line else OTHER_VERSION, file=_output(as_line))
        return PluginStatus.unknown
    return result


_STATUS = {
    ProblemSeverity.none: PluginStatus.ok,
    ProblemSeverity.warning: PluginStatus.warning,
    ProblemSeverity.critical: PluginStatus.critical,
}


def _summary(result: PluginStatus, snapshot: Mapping[str, Any], found: Sequence[Problem]) -> str:
    """Return the worst problem, or where there is none the health of each service; and figures."""
    services = snapshot.get("services", [])
    text = ", ".join(f"{service['name']} {service['health']}" for service in services) or "no services"
    if found:
        text = found[0].text + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
    elif result is not PluginStatus.ok:
        text = "the configuration file has become wrong since it was read: run check-config"
    queued = snapshot.get("events", {}).get("queued", 0)
    return _plugin_line(result, text, f" | services={len(services)} problems={len(found)} queued={int(queued)}")


def _plugin_line(result: PluginStatus, text: str, figures: str = "") -> str:
    """Return a line as the Monitoring Plugins Development Guidelines want it: a bar is before figures only."""
    return f"HAPROXY-AGENTX {result.name.upper()}: {printable(text, LONGEST_LINE).replace('|', '/')}{figures}"


def _output(is_plugin: bool) -> TextIO:  # noqa: FBT001  -- the one thing that is asked
    return sys.stdout if is_plugin else sys.stderr
