"""What ``haproxy-agentx status`` draws: services first, then what they are made of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from haproxy_agentx.cli.styled import Styled, columns, printer
from haproxy_agentx.cli.words import health_style, is_fine, pair_style, shown, span
from haproxy_agentx.control.problems import Problem
from haproxy_agentx.health.severity import ProblemSeverity

_KINDS = ("frontend", "backend", "server", "listener")
_NAME_WIDTH = 14
"""Characters of a service's name for which a line of 80 has room."""
_SOURCE_WIDTH = 20
"""Characters of a source's name, likewise."""

Part = Mapping[str, Any]


def show(snapshot: Part, problems: Sequence[Problem], notes: Sequence[str]) -> None:
    """Print one screen. Raises KeyError or TypeError when a needed part of ``snapshot`` is missing or another thing."""
    lines = [_heading(snapshot, bool(problems)), *_services(snapshot.get("services", [])), *_parts(snapshot)]
    lines += _table(["HAProxy", *(f"{kind}s" for kind in _KINDS)], map(_process, _sources(snapshot, has_rows=True)))
    others = _sources(snapshot, has_rows=False)
    if others:
        lines += _table(["of"], ([*_source(source, "yellow"), shown(source["target"])] for source in others))
    lines += [shown(f"  note: {text}", "dim") for text in notes]
    for problem in problems:
        lines.append(shown(f"  {problem.text}", "red" if problem.severity is ProblemSeverity.critical else "yellow"))
    show_line = printer()
    for line in lines:
        show_line(line)


def _heading(snapshot: Part, has_problems: bool) -> Styled:  # noqa: FBT001  -- the one thing that is asked
    mark = shown(" problem ", "white on red") if has_problems else shown(" ok ", "black on green")
    return mark + shown(f" haproxy-agentx {snapshot['version']}, pid {snapshot['pid']}, up {span(snapshot['uptime'])}")


def _services(services: Sequence[Part]) -> list[Styled]:
    """Return a line for each service, and below it why it is so."""
    headings = [shown(word, "bold") for word in ("service", "health", "role (intended)", "HAProxy", "since")]
    rows = columns([headings, *map(_cells, services)], most=_NAME_WIDTH) if services else []
    lines = []
    for row, service in zip(rows, [{}, *services], strict=False):
        lines += ["  " + line for line in row]
        lines += [shown(f"    {words}") for words in _reasons(service)]
    return lines


def _cells(service: Part) -> list[Styled]:
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


def _parts(snapshot: Part) -> list[Styled]:
    agentx = snapshot["agentx"]
    registered = "not registered" if agentx["problem"] else f"registered {snapshot['root']}"
    lines = [shown(f"  agentx   {agentx['socket']}, {registered}"), shown(f"  store    {snapshot['store']['path']}")]
    events = snapshot.get("events")
    if events:
        counts = ", ".join(f"{events[key]} {key}" for key in ("acknowledged", "queued", "suppressed", "lost"))
        lines.append(shown(f"  events   last {events['last']}: {counts}", "yellow" if events["queued"] else ""))
    for instance in snapshot.get("vrrp", []):
        source = f" by {instance['source']}" if instance.get("source") else ""
        priority = f", priority {instance['priority']}" if instance.get("priority") is not None else ""
        lines.append(shown(f"  vrrp     {instance['name']}: {instance['role']}{source}{priority}"))
    lines += _pair(snapshot.get("pair") or {})
    instances = _sources(snapshot, has_rows=True)
    return lines + [shown(f"  haproxy  {instance['name']}: {instance['target']}") for instance in instances]


def _pair(pair: Part) -> Iterator[Styled]:
    """Yield a line for each service over all nodes, and for each peer; none where no peer is configured."""
    for service in pair.get("services", []) if pair.get("peers") else []:
        active = f", active {service['active']}" if service.get("active") else ""
        style = pair_style(service["state"])
        yield shown(f"  pair     {service['name']}: ") + shown(service["state"], style) + shown(active)
    if pair.get("maintenance"):
        yield shown(f"  pair     this node is in maintenance for another {span(pair['maintenance'])}", "yellow")
    for peer in pair.get("peers", []):
        age = "never read" if peer["age"] is None else f"read {span(peer['age'])} ago"
        blind = ", which does not read this node" if peer.get("reads_us") is False else ""
        state = shown(peer["state"], "green" if peer["state"] == "ok" else "yellow")
        yield shown(f"  peer     {peer['name']} at {peer['address']}: ") + state + shown(f", {age}{blind}")


def _sources(snapshot: Part, *, has_rows: bool) -> list[Part]:
    """Return the HAProxy instances, which have rows, or the other sources."""
    return [source for source in snapshot["sources"] if (source.get("rows") is not None) == has_rows]


def _table(headings: Sequence[str], rows: Iterable[Sequence[Styled]]) -> list[Styled]:
    """Return the lines of sources: what each has, and ``headings``, of which all but the first are of numbers."""
    top = [shown(word, "bold") for word in ("source", "state", "age", *headings)]
    found = columns([top, *rows], right=range(4, 4 + len(_KINDS)), most=_SOURCE_WIDTH)
    return ["  " + line for row in found for line in row]


def _process(source: Part) -> list[Styled]:
    version = (source["version"] or "").partition("-")[0]  # without the distribution's part: 80 columns are few
    return [*_source(source, "red"), shown(version), *(shown(source["rows"][kind]) for kind in _KINDS)]


def _source(source: Part, missing: str) -> list[Styled]:
    """Return name, state and age; ``missing`` is the colour of one that is not there."""
    style = {"ok": "green", "absent": missing, "disabled": missing}.get(source["state"], "red")
    age = "never" if source["age"] is None else span(source["age"])
    return [shown(source["name"]), shown(source["state"], style), shown(age)]
