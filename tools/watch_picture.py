"""The picture of docs/watch.md: the screen of ``watch`` over simulated nodes, as SVG.

python -m tools.watch_picture docs/watch.svg
"""

import io
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from haproxy_agentx.cli.watch import lines_of
from haproxy_agentx.health.model import Cause, Health
from haproxy_agentx.health.severity import Severity
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.watch.grouping import pairings
from haproxy_agentx.watch.report import WatchReport, report_of
from haproxy_agentx.watch.view import EventView, WatchedNode, view_of
from integration.demo.picture import svg
from tests.support.watched import Simulated, pair

WIDTH = 104
AT = 43402.0
"""12:03:22, UTC."""

EVENTS = {
    Health.active: EventView(
        7,
        "serviceFailover",
        "SITE1",
        "active",
        Cause.peerLost,
        "nothing was heard of the other node",
        Severity.cleared,
        4021,
    ),
    Health.blackhole: EventView(
        *(31, "serviceHealthChange", "SHOP", "blackhole", Cause.haproxyUnresponsive),
        *("haproxy local does not answer within 2 s", Severity.critical, 12),
    ),
}


def main() -> None:
    """Write the picture."""
    lines = lines_of(_report(), WIDTH, None, is_compact=False)
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(Text.assemble(*line.spans), soft_wrap=True)
    Path(sys.argv[1]).write_text(svg(console, "haproxy-agentx watch lb1 lb2 edge1 edge2"))


def _report() -> WatchReport:
    well = pair(
        _node("lb1", 1, Health.active, "lb1 serves, lb2 is ready", ("SITE1", "SITE2")),
        _node("lb2", 2, Health.standby, "lb1 serves, lb2 is ready", ("SITE1", "SITE2")),
    )
    why = "edge1 has the addresses and does not serve: haproxy local does not answer; edge2 is ready"
    wrong = [
        replace(node, state=PairState.notServed)
        for node in pair(
            _node("edge1", 3, Health.blackhole, why, ("SHOP",)), _node("edge2", 4, Health.standby, why, ("SHOP",))
        )
    ]
    views = {node.name: _view(node) for node in (*well, *wrong)}
    return report_of(views, pairings(list(views.values())), 0.02, AT)


def _node(name: str, number: int, health: Health, text: str, services: tuple[str, ...]) -> Simulated:
    virtual = f"192.0.2.{100 + (number > 2)}"  # noqa: PLR2004  the second pair
    return Simulated(name, f"192.0.2.{number}", health, text=text, services=services, virtual=virtual)


def _view(node: Simulated) -> WatchedNode:
    view = view_of(node.name, node.address, node.cells(), ROOT)
    return replace(view, events=[event for health, event in EVENTS.items() if health is node.health])


if __name__ == "__main__":
    main()
