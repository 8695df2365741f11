"""``haproxy-agentx watch``: pairs of load balancers on a terminal, asked by SNMP from anywhere.

It needs no daemon and no configuration here. The exit status is that of the worst pair, as of ``check``.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from types import FrameType

from haproxy_agentx.cli.snmp_options import who_asks
from haproxy_agentx.cli.styled import Styled, joined, printer
from haproxy_agentx.cli.styled import width as terminal_width
from haproxy_agentx.cli.watch_grid import grid_of
from haproxy_agentx.cli.watch_map import map_of
from haproxy_agentx.cli.words import shown
from haproxy_agentx.health.severity import PluginStatus
from haproxy_agentx.snmp.many import Asker, SocketAddress, resolve
from haproxy_agentx.snmp.walk import ColumnWalk
from haproxy_agentx.vocabulary.shown import printable
from haproxy_agentx.vocabulary.source import Denied, SourceError
from haproxy_agentx.watch.as_json import json_of
from haproxy_agentx.watch.asked import columns_below, events_below, scalars_below
from haproxy_agentx.watch.grouping import Pairing, pairings
from haproxy_agentx.watch.report import WatchReport, report_of
from haproxy_agentx.watch.view import WatchedNode, view_of, with_events

MOST_HOSTS = 1000
"""Each has a socket, and a process has 1,024 descriptors unless the limit is raised."""

MOST_DRAWN = 8
"""Hosts that are drawn as maps, with their events; more are a cell each."""

EVENTS_EACH = 8
"""Last events that are read of a host."""

LAST_EVENT = 0x7FFFFFFF
"""The highest number of an event."""

Draw = Callable[[WatchReport], None]


def watch(options: argparse.Namespace) -> int:
    """Show all hosts once, or until interrupted; return the status that was shown last."""
    declared = [[name.strip() for name in text.split(",") if name.strip()] for text in options.hosts]
    hosts = list(dict.fromkeys(name for names in declared for name in names))
    if not 0 < len(hosts) <= MOST_HOSTS:
        print(f"watch: {len(hosts)} hosts: name 1 to {MOST_HOSTS}", file=sys.stderr)
        return PluginStatus.unknown
    try:
        asker = Asker(who_asks(options), options.timeout)
    except Denied as error:
        print(printable(str(error), 400), file=sys.stderr)
        return PluginStatus.unknown
    has_events = not options.compact and len(hosts) <= MOST_DRAWN
    looks = Looks(asker, hosts, declared, options, has_events=has_events)
    status = PluginStatus.unknown
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        draw = _drawing(options, stack, is_compact=not has_events)
        while True:
            began = time.monotonic()
            report = looks.look()
            status = report.status
            draw(report)
            if options.once:
                break
            time.sleep(max(0.0, began + options.interval - time.monotonic()))
    return status


class Looks:
    """Asks all hosts, one look after another. What belongs together is learned over all of them."""

    def __init__(
        self,
        asker: Asker,
        hosts: Sequence[str],
        declared: Sequence[Sequence[str]],
        options: argparse.Namespace,
        *,
        has_events: bool,
    ) -> None:
        self._asker = asker
        self._hosts = hosts
        self._declared = declared
        self._port = options.port
        self._root = options.root
        self._has_events = has_events
        self._addresses: dict[str, SocketAddress | SourceError] = {}
        self._pairings: set[Pairing] = set()

    def look(self) -> WatchReport:
        """Ask all hosts, and return what they answer."""
        began = time.monotonic()
        new = [host for host in self._hosts if not isinstance(self._addresses.get(host), tuple)]
        self._addresses |= resolve(new, self._port, self._asker.timeout)
        root = self._root
        columns, scalars = columns_below(root), scalars_below(root)
        walks = self._asker.walk(
            {host: self._addresses[host] for host in self._hosts}, lambda _: ColumnWalk(columns, scalars)
        )
        views = {host: self._view(host, walks[host]) for host in self._hosts}
        if self._has_events:
            self._read_events(views)
        self._pairings |= pairings(list(views.values()), self._declared)
        for host, view in views.items():
            if view.problem:  # its name may have another address by now
                self._addresses.pop(host, None)
        return report_of(views, self._pairings, time.monotonic() - began, time.time())

    def _view(self, host: str, walk: ColumnWalk | SourceError) -> WatchedNode:
        found = self._addresses[host]
        address = str(found[1][0]) if isinstance(found, tuple) else ""
        if isinstance(walk, SourceError):
            return WatchedNode(host, address, str(walk))
        return view_of(host, address, walk.cells, self._root)

    def _read_events(self, views: dict[str, WatchedNode]) -> None:
        """Add the last events to the views; a node that answers no more meanwhile has none."""
        columns = events_below(self._root)
        first = {
            host: max(0, min(view.last_event, LAST_EVENT) - EVENTS_EACH)
            for host, view in views.items()
            if not view.problem and view.last_event
        }
        walks = self._asker.walk(
            {host: self._addresses[host] for host in first}, lambda host: ColumnWalk(columns, after=(first[host],))
        )
        for host, walk in walks.items():
            if isinstance(walk, ColumnWalk):
                views[host] = with_events(views[host], walk.cells, self._root)


def _drawing(options: argparse.Namespace, stack: ExitStack, *, is_compact: bool) -> Draw:
    """Return what shows a report: as JSON, on the whole terminal until ``stack`` ends, or as lines."""
    if options.json:
        indent = 2 if options.once else None
        return lambda report: print(json.dumps(json_of(report), indent=indent), flush=True)
    if options.once or not sys.stdout.isatty():
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")  # signs, where the locale has none
        show = printer()
        columns = terminal_width()

        def print_lines(report: WatchReport) -> None:
            for line in lines_of(report, columns, None, is_compact=is_compact):
                show(line)
            sys.stdout.flush()

        return print_lines
    from rich.console import Console
    from rich.text import Text

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)  # the terminal gets its state back
    stack.callback(signal.signal, signal.SIGTERM, before)
    console = Console(highlight=False)
    screen = stack.enter_context(console.screen())
    screen.update(Text("asking ..."))

    def update(report: WatchReport) -> None:
        lines = lines_of(report, console.width, console.height, is_compact=is_compact)
        screen.update(Text.assemble(*(span for span in joined(lines, "\n").spans), no_wrap=True))

    return update


def lines_of(report: WatchReport, width: int, height: int | None, *, is_compact: bool) -> list[Styled]:
    """Return the screen: maps, or the grid where there are many or the maps have no room."""
    date = time.strftime("%H:%M:%S", time.localtime(report.at))
    head = shown("haproxy-agentx watch", "bold") + shown(
        f"  {date}  {report.answering} of {report.hosts} hosts answer, read in {report.took:.2f} s", "dim"
    )
    lines = [head.part(0, width)]
    if not is_compact:
        for site in report.sites:
            lines += [Styled(), *map_of(site, width)]
        if height is None or len(lines) <= height:
            return lines
        if len(report.sites) == 1:
            return [*lines[: height - 1], shown("  ... the terminal has too few lines for the rest", "dim")]
    return [lines[0], *grid_of(report, width, None if height is None else height - 1)]
