"""What ``haproxy-agentx status`` draws: services first, then what they are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from haproxy_agentx.cli.words import health_style, is_fine, shown, span
from haproxy_agentx.control.problems import Problem
from haproxy_agentx.health.severity import ProblemSeverity

_KINDS = ("frontend", "backend", "server", "listener")
_NAME_WIDTH = 14
"""Characters of a service's name for which a line of 80 has room."""

Part = Mapping[str, Any]


def show(snapshot: Part, problems: Sequence[Problem], notes: Sequence[str]) -> None:
    """Print one screen. Raises KeyError or TypeError when a needed part of ``snapshot`` is missing or another thing."""
    console = Console(highlight=False)
    mark = Text(" problem ", "white on red") if problems else Text(" ok ", "black on green")
    console.print(mark, f"haproxy-agentx {snapshot['version']}, pid {snapshot['pid']}, up {span(snapshot['uptime'])}")
    _show_services(console, snapshot.get("services", []))
    _show_parts(console, snapshot)
    processes = [source for source in snapshot["sources"] if source.get("rows") is not None]
    console.print(_process_table(processes))
    others = [source for source in snapshot["sources"] if source.get("rows") is None]
    if others:
        console.print(_source_table(others))
    for text in notes:
        _line(console, shown(f"  note: {text}", "dim"))
    for problem in problems:
        _line(console, shown(f"  {problem.text}", "red" if problem.severity is ProblemSeverity.critical else "yellow"))


def _show_services(console: Console, services: Sequence[Part]) -> None:
    """Print a line for each service, and below it why it is so."""
    rows = [_cells(service) for service in services]
    headings = [Text(word, "bold") for word in ("service", "health", "role (intended)", "HAProxy", "since")]
    short = [row for row in rows if len(row[0]) <= _NAME_WIDTH]
    name_width = max((len(row[0]) for row in [headings, *short]), default=0)
    others = [max(len(row[place]) for row in [headings, *rows]) for place in range(1, len(headings))]
    for row, service in zip([headings, *rows] if rows else [], [{}, *services], strict=False):
        line = Text("  ")
        name = row[0]
        if len(name) > name_width:
            _line(console, Text.assemble("  ", name))
            name = Text()
        for cell, width in zip([name, *row[1:]], [name_width, *others], strict=True):
            line.append_text(cell).append(" " * (width - len(cell) + 2))
        line.rstrip()
        _line(console, line)
        for words in _reasons(service):
            _line(console, shown(f"    {words}"))


def _cells(service: Part) -> list[Text]:
    intended, role = service.get("intended"), service.get("role") or "unknown"
    is_intended = service.get("as_intended", True)
    servers = f" {service['usable']}/{service['configured']}" if service.get("configured") else ""
    since = service.get("since")
    return [
        shown(service["name"]),
        shown(service["health"], health_style(service["health"])),
        shown(f"{role} ({intended})" if intended else role, "" if is_intended else "yellow"),
        shown(f"{service.get('readiness') or 'unknown'}{servers}"),
        shown("" if since is None else span(since)),
    ]


def _reasons(service: Part) -> list[str]:
    """Return why a service is as it is, each in a line."""
    found = []
    if service.get("cause_text"):
        found.append(f"last change: {service.get('cause') or 'unknown'}: {service['cause_text']}")
    if service.get("details") and is_fine(service["health"]):  # else it is among the problems
        found.append(str(service["details"]))
    if service.get("probe") and service.get("probe") != "passing":
        found.append(f"the probe is {service['probe']}: {service.get('probe_words') or 'no request yet'}")
    if service.get("maintenance"):
        found.append("servers are in maintenance")
    return found


def _show_parts(console: Console, snapshot: Part) -> None:
    agentx = snapshot["agentx"]
    registered = "not registered" if agentx["problem"] else f"registered {snapshot['root']}"
    _line(console, shown(f"  agentx   {agentx['socket']}, {registered}"))
    _line(console, shown(f"  store    {snapshot['store']['path']}"))
    events = snapshot.get("events")
    if events:
        counts = ", ".join(f"{events[key]} {key}" for key in ("acknowledged", "queued", "suppressed", "lost"))
        _line(console, shown(f"  events   last {events['last']}: {counts}", "yellow" if events["queued"] else ""))
    for instance in snapshot.get("vrrp", []):
        source = f" by {instance['source']}" if instance.get("source") else ""
        priority = f", priority {instance['priority']}" if instance.get("priority") is not None else ""
        _line(console, shown(f"  vrrp     {instance['name']}: {instance['role']}{source}{priority}"))
    for source in snapshot["sources"]:
        if source.get("rows") is not None:
            _line(console, shown(f"  haproxy  {source['name']}: {source['target']}"))


def _process_table(sources: Sequence[Part]) -> Table:
    table = _table("source", "state", "age", "HAProxy")
    for kind in _KINDS:
        table.add_column(f"{kind}s", justify="right", no_wrap=True)
    for source in sources:
        version = (source["version"] or "").partition("-")[0]  # without the distribution's part: 80 columns are few
        table.add_row(*_source_cells(source, "red"), shown(version), *(str(source["rows"][kind]) for kind in _KINDS))
    return table


def _source_table(sources: Sequence[Part]) -> Table:
    table = _table("source", "state", "age", "of")
    for source in sources:
        table.add_row(*_source_cells(source, "yellow"), shown(source["target"]))
    return table


def _table(first: str, *headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column(f"  {first}", overflow="fold")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _source_cells(source: Part, missing: str) -> list[Text]:
    """Return name, state and age; ``missing`` is the colour of one that is not there."""
    style = {"ok": "green", "absent": missing, "disabled": missing}.get(source["state"], "red")
    age = "never" if source["age"] is None else span(source["age"])
    return [shown(f"  {source['name']}"), shown(source["state"], style), shown(age)]


def _line(console: Console, text: Text) -> None:
    """Print a line as one, however narrow the screen: remedies are copied from it."""
    console.print(text, soft_wrap=True)
