"""Graphs of discovered rows for Zabbix, and the dashboard of a host that shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from integration.packs import zabbix_parts as parts
from integration.packs.watched import Watched

Part = dict[str, object]

COLOURS = ("1A7C11", "F63100", "2774A4", "A54F10")
DASHBOARD = "HAProxy and keepalived"


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph of each row of a kind: its title, and the objects that it shows."""

    kind: str
    title: str
    objects: tuple[str, ...]


GRAPHS = (
    Graph("service", "health", ("haxServiceHealth",)),
    Graph("service", "servers", ("haxServiceUsableServers", "haxServiceEligibleServers")),
    Graph("instance", "priority", ("haxVrrpEffectivePriority", "haxVrrpBasePriority")),
    Graph("frontend", "sessions", ("haxFrontendSessionsCurrent",)),
    Graph("frontend", "traffic", ("haxFrontendBytesIn", "haxFrontendBytesOut")),
    Graph("backend", "sessions and queue", ("haxBackendSessionsCurrent", "haxBackendQueueCurrent")),
)


def graph_prototypes(watched: Watched) -> Iterator[Part]:
    """Yield the graphs of a discovery rule."""
    for graph in GRAPHS:
        if graph.kind == watched.kind:
            yield {
                "uuid": parts.uuid("graph", graph.kind, graph.title),
                "name": _name(graph),
                "graph_items": [
                    {
                        "sortorder": str(place),
                        "color": COLOURS[place],
                        "item": {"host": parts.TEMPLATE, "key": parts.key(name, row=True)},
                    }
                    for place, name in enumerate(graph.objects)
                ],
            }


def dashboards(*, wide: bool) -> list[Part]:
    """Return the dashboard for 1920x1080: two graphs beside each other; ``wide`` is the grid of 72 columns of 7.0."""
    width = 36 if wide else 12
    widgets = [
        {
            "type": "graphprototype" if wide else "GRAPH_PROTOTYPE",
            "x": str(width * (place % 2)),
            "y": str(5 * (place // 2)),
            "width": str(width),
            "height": "5",
            "fields": [
                {"type": "INTEGER", "name": "columns", "value": "1"},
                {
                    "type": "GRAPH_PROTOTYPE",
                    "name": "graphid.0" if wide else "graphid",
                    "value": {"host": parts.TEMPLATE, "name": _name(graph)},
                },
                *([{"type": "STRING", "name": "reference", "value": f"HAXG{chr(ord('A') + place)}"}] if wide else []),
            ],
        }
        for place, graph in enumerate(GRAPHS)
    ]
    return [{"uuid": parts.uuid("dashboard"), "name": DASHBOARD, "pages": [{"widgets": widgets}]}]


def _name(graph: Graph) -> str:
    return f"{graph.kind.capitalize()} {parts.row_name(parts.OF_KIND[graph.kind])}: {graph.title}"
