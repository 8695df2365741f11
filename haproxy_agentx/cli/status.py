"""``haproxy-agentx status``: one screen, or JSON."""

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from haproxy_agentx.config import Config, ConfigError, load
from haproxy_agentx.control import NotRunning, Snapshot, ask, control_path

if TYPE_CHECKING:
    from rich.console import Console

_KINDS = ("frontend", "backend", "server", "listener")


def status(config_file: str | None, *, as_json: bool) -> int:
    """Show the state of the daemon that this configuration belongs to. Gives 0 when all is well, else 1.

    Raises ConfigError, but of the default file only when no daemon runs with the default store: a mistake that was
    made in that file since hides nothing.
    """
    mistakes: ConfigError | None = None
    try:
        store = load(config_file).store
    except ConfigError as error:
        store, mistakes = Config().store, error
        if config_file is not None or not os.path.exists(control_path(store)):  # noqa: PTH110  no permission is no
            raise
        print(f"{error}\nThis is not in force. The haproxy-agentx that runs:", file=sys.stderr)
    try:
        snapshot: dict[str, Any] = ask(control_path(store))
    except NotRunning as error:
        print(json.dumps({"problem": str(error)}) if as_json else error, file=sys.stdout if as_json else sys.stderr)
        return 1
    if as_json:
        print(json.dumps(snapshot, indent=2))
    try:
        if not as_json:
            _show(snapshot)
        return 1 if problems(snapshot) or mistakes else 0
    except (KeyError, TypeError):
        print("the running haproxy-agentx is of another version than this command: restart it", file=sys.stderr)
        return 1


def problems(snapshot: Snapshot) -> list[str]:
    """Give all that is not well, in words."""
    parts: list[Any] = [snapshot["agentx"], snapshot["store"]]
    sources: list[Any] = snapshot["sources"]  # type: ignore[assignment]
    found = [part["problem"] for part in parts]
    found += [source["error"] or f"{source['name']}: no reading yet" for source in sources if source["state"] != "ok"]
    return [text for text in found if text]


def _show(snapshot: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    bad = problems(snapshot)
    mark = Text(" ok ", "black on green") if not bad else Text(" look ", "white on red")
    console.print(mark, f"haproxy-agentx {snapshot['version']}, pid {snapshot['pid']}, up {_span(snapshot['uptime'])}")
    agentx = snapshot["agentx"]
    registered = "not registered" if agentx["problem"] else f"registered {snapshot['root']}"
    _line(console, f"  agentx   {agentx['socket']}, {registered}")
    _line(console, f"  store    {snapshot['store']['path']}")
    for source in snapshot["sources"]:
        _line(console, f"  haproxy  {source['name']}: {source['target']}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("  source", overflow="fold")
    for heading in ("state", "age", "HAProxy"):
        table.add_column(heading, no_wrap=True)
    for kind in _KINDS:
        table.add_column(f"{kind}s", justify="right", no_wrap=True)
    for source in snapshot["sources"]:
        style = "green" if source["state"] == "ok" else "red"
        age = "never" if source["age"] is None else _span(source["age"])
        rows = [str(source["rows"][kind]) for kind in _KINDS]
        state = Text(source["state"], style)
        version = (source["version"] or "").partition("-")[0]  # without the distribution's part: 80 columns are few
        table.add_row(f"  {source['name']}", state, age, version, *rows)
    console.print(table)
    for text in bad:
        _line(console, f"  {text}", "red")


def _line(console: "Console", text: str, style: str = "") -> None:
    """Print a line as one, however narrow the screen: remedies are copied from it."""
    from rich.text import Text

    console.print(Text(text, style), soft_wrap=True)


def _span(seconds: float) -> str:
    """Write a span of time in its two largest units."""
    if seconds < 10:  # noqa: PLR2004  a span that is worth a fraction
        return f"{seconds:.1f} s"
    for size, unit, small, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // small)} {smaller}"
    return f"{int(seconds)} s"
