"""A dashboard for Grafana 10.1 and later, built by Grafana's own library. Rows by site and node; no instance names."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from haproxy_agentx.health.model import Health
from haproxy_agentx.health.severity import OF_HEALTH, Severity
from integration.packs.pack import Files, Source
from integration.packs.prometheus import AVAILABILITY, HEALTH_NUMBER

UID = "haproxy-agentx"
NODES = 'job=~"haproxy-agentx.*", site=~"$site", instance=~"$node"'
SERVERS = 'job=~"haproxy-servers.*", site=~"$site", instance=~"$node"'
COLOURS = {
    Severity.cleared: "green",
    Severity.warning: "blue",
    Severity.minor: "yellow",
    Severity.major: "orange",
    Severity.critical: "red",
}
STANDBY = "blue"
"""As in the map: who serves is green, who could take over is blue."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A panel of curves: an expression over the nodes, and how each curve is named."""

    title: str
    expression: str
    legend: str
    unit: str


SERVICE = "{{haxServiceName}} on {{instance}}"

GRAPHS = (
    Graph("Availability of the last hour", f"{AVAILABILITY}{{{NODES}}}", SERVICE, "percentunit"),
    Graph("Usable servers", f"haxServiceUsableServers{{{NODES}}}", SERVICE, "short"),
    Graph(
        "Effective VRRP priority", f"haxVrrpEffectivePriority{{{NODES}}}", "{{haxVrrpName}} on {{instance}}", "short"
    ),
    Graph(
        "Advertisements received",
        f"rate(haxVrrpAdvertsReceived{{{NODES}}}[1m])",
        "{{haxVrrpName}} on {{instance}}",
        "short",
    ),
    Graph(
        "Sessions of frontends",
        f"haxFrontendSessionsCurrent{{{NODES}}}",
        "{{haxFrontendName}} on {{instance}}",
        "short",
    ),
    Graph(
        "Requests of frontends",
        f"rate(haxFrontendRequestsTotal{{{NODES}}}[1m])",
        "{{haxFrontendName}} on {{instance}}",
        "reqps",
    ),
    Graph(
        "Bytes from frontends",
        f"rate(haxFrontendBytesOut{{{NODES}}}[1m])",
        "{{haxFrontendName}} on {{instance}}",
        "Bps",
    ),
    Graph(
        "5xx of frontends", f"rate(haxFrontendHttp5xx{{{NODES}}}[1m])", "{{haxFrontendName}} on {{instance}}", "reqps"
    ),
    Graph("Queues of backends", f"haxBackendQueueCurrent{{{NODES}}}", "{{haxBackendName}} on {{instance}}", "short"),
    Graph(
        "Response time of backends", f"haxBackendResponseTime{{{NODES}}}", "{{haxBackendName}} on {{instance}}", "ms"
    ),
    Graph(
        "Sessions of servers",
        f"haxServerSessionsCurrent{{{SERVERS}}}",
        "{{haxBackendName}}/{{haxServerName}} on {{instance}}",
        "short",
    ),
    Graph("Events that wait to be sent", f"haxAgentEventsQueued{{{NODES}}}", "{{instance}}", "short"),
)

HEALTH = f"{HEALTH_NUMBER}{{{NODES}}}"
SERVING = f'sum by (haxServiceName) (haxServiceHealth{{{NODES}, haxServiceHealth=~"active|activeDegraded"}})'
ROLE = f'haxServiceRole{{{NODES}, haxServiceRole="master"}}'


def render(_: Source) -> Files:
    """Return the dashboard."""
    return {
        "prometheus/grafana-dashboard.json": JSONEncoder(sort_keys=True, indent=2).encode(_dashboard().build()) + "\n"
    }


def expressions() -> tuple[str, ...]:
    """Return all expressions of the dashboard, with its variables."""
    return (HEALTH, SERVING, ROLE, *(graph.expression for graph in GRAPHS))


def _dashboard() -> build.Dashboard:
    board = (
        build.Dashboard("HAProxy and keepalived")
        .uid(UID)
        .tags(["haproxy", "keepalived", "haproxy-agentx"])
        .refresh("10s")
        .time("now-1h", "now")
        .with_variable(build.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_variable("site", "Site", "label_values(haxHealth, site)"))
        .with_variable(_variable("node", "Node", 'label_values(haxHealth{site=~"$site"}, instance)'))
        .with_panel(_health())
        .with_panel(_serving())
        .with_panel(_role())
    )
    for place, graph in enumerate(GRAPHS):
        board = board.with_panel(_graph(graph, place))
    return board


def _source() -> model.DataSourceRef:
    return model.DataSourceRef(type_val="prometheus", uid="${datasource}")


def _variable(name: str, label: str, query: str) -> build.QueryVariable:
    return (
        build.QueryVariable(name)
        .label(label)
        .query(query)
        .datasource(_source())
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _query(expression: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).datasource(_source())


def _mapping() -> model.ValueMap:
    options = {
        str(one.value): model.ValueMappingResult(
            text=one.name, color=STANDBY if one is Health.standby else COLOURS[OF_HEALTH[one]], index=place
        )
        for place, one in enumerate(Health)
    }
    return model.ValueMap(options=options)


def _health() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .title("Health of each service on each node")
        .datasource(_source())
        .with_target(_query(HEALTH, SERVICE))
        .mappings([_mapping()])
        .grid_pos(model.GridPos(h=9, w=16, x=0, y=0))
    )


def _serving() -> stat.Panel:
    mapping = model.ValueMap(
        options={
            "0": model.ValueMappingResult(text="no node serves", color="red", index=0),
            "1": model.ValueMappingResult(text="served", color="green", index=1),
            "2": model.ValueMappingResult(text="two nodes serve", color="red", index=2),
        }
    )
    return (
        stat.Panel()
        .title("How many nodes serve")
        .datasource(_source())
        .with_target(_query(SERVING, "{{haxServiceName}}"))
        .mappings([mapping])
        .grid_pos(model.GridPos(h=9, w=8, x=16, y=0))
    )


def _role() -> statetimeline.Panel:
    mapping = model.ValueMap(
        options={
            "0": model.ValueMappingResult(text="not MASTER", color="blue", index=0),
            "1": model.ValueMappingResult(text="MASTER", color="green", index=1),
        }
    )
    return (
        statetimeline.Panel()
        .title("MASTER")
        .datasource(_source())
        .with_target(_query(ROLE, SERVICE))
        .mappings([mapping])
        .grid_pos(model.GridPos(h=7, w=24, x=0, y=9))
    )


def _graph(graph: Graph, place: int) -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title(graph.title)
        .datasource(_source())
        .with_target(_query(graph.expression, graph.legend))
        .unit(graph.unit)
        .min(0)
        .grid_pos(model.GridPos(h=8, w=12, x=12 * (place % 2), y=16 + 8 * (place // 2)))
    )
