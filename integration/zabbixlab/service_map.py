"""A service on all its nodes, for Zabbix: the host of its virtual address, and the map with a line to each node. Pure.

The lines say what the nodes are: green the one that serves, blue one that could take over, orange one with reduced
capacity, red one with a fault. The first node is the one that is meant to serve. While all is well no trigger is in
problem state, so the colours of that are those of the lines themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from haproxy_agentx.health.model import Health
from integration.packs.alarms import AGENT_SILENT, DUAL_ACTIVE, NOT_SERVED, SERVING, of_health
from integration.packs.operations import anchor
from integration.packs.zabbix_parts import SILENT_VALUE, key, value_map

GREEN, BLUE, ORANGE, RED = "1A7C11", "2774A4", "F2A20C", "D40000"

IN_PLACE = "siteServedInPlace"
NO_ANSWER = "siteNoAnswer"
PAIR_SECTION = "Pair: failedOver"

MACROS = {"{$HAX.NODATA}": "20s"}
DELAY, HOLD = "2s", "8s"
"""Between two calculations; and how long nodes have to agree, as they are read one after the other, every 5 s."""

REDUCED = (Health.activeDegraded, Health.standbyDegraded)
FAULTS = tuple(health for health in Health if health > max(REDUCED))
MAY_SERVE = (*SERVING, Health.conflict, Health.unknown)
COLOURS: Mapping[str, str] = {
    **{of_health(health): ORANGE for health in REDUCED},
    **{of_health(health): RED for health in FAULTS},
    AGENT_SILENT: RED,
}
"""The colour of a line while an alarm of its node is raised. That of the highest severity counts."""

CALCULATED, HTTP_AGENT = 15, 19
REGEX, NOT_SUPPORTED, CUSTOM_VALUE = 5, 26, 2
INFORMATION, HIGH, DISASTER = 1, 4, 5
UNSIGNED = 3
BOLD = 2
WIDTH, HEIGHT = 680, 420
ICON = 96

Part = dict[str, object]

_ZERO = {"error_handler": CUSTOM_VALUE, "error_handler_params": "0"}


@dataclass(frozen=True, slots=True)
class MappedNode:
    """A node of the service: its host in Zabbix, and the keys of its items that are about the service."""

    host: str
    health: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class MappedService:
    """A service: the name of its host and map, the nodes, first the one meant to serve, and what clients ask."""

    name: str
    members: tuple[MappedNode, ...]
    url: str
    docs: str

    def health_key(self, member: MappedNode) -> str:
        """Return the key of the item for the health of a node."""
        return f"hax.site.health[{member.host}]"


def value_maps() -> Part:
    """Return the value map of the health of a node."""
    made = value_map("HaxNodeHealth", {health.value: health.name for health in Health})
    return {"name": made["name"], "mappings": made["mappings"]}


def items(site: MappedService, valuemap: str, *, new: bool) -> Iterator[Part]:
    """Yield the items of the host. ``new`` is whether the version is 6.4 or later."""
    for member in site.members:
        yield {
            **_calculated(site.health_key(member), f"{member.host}: health", _health(member)),
            "valuemapid": valuemap,
        }
    yield _calculated("hax.site.serving", "Nodes that serve", _how_many(site, SERVING))
    silent = "+".join(f"({_health(member)}={SILENT_VALUE})" for member in site.members)
    yield _calculated("hax.site.may_serve", "Nodes that may serve", f"{_how_many(site, MAY_SERVE)}+{silent}")
    if site.url:
        yield {
            "type": HTTP_AGENT,
            "key_": "hax.site.http",
            "name": f"Status of {site.url}, 0 without an answer",
            "url": site.url,
            "delay": "5s",
            "timeout": "2s",
            "retrieve_mode": 1,
            "status_codes": "100-599",
            "value_type": UNSIGNED,
            "preprocessing": [
                {"type": NOT_SUPPORTED, "params": "-1" if new else "", **_ZERO},
                {"type": REGEX, "params": "HTTP/[0-9.]+ ([0-9]+)\n\\1", **_ZERO},
            ],
        }


def triggers(site: MappedService) -> Iterator[Part]:
    """Yield the triggers of the host. Each is a problem: none is raised while all is well."""
    first, *others = site.members
    yield _trigger(
        site,
        NOT_SERVED.name,
        f"service {site.name} {NOT_SERVED.summary}",
        f"max(/{site.name}/hax.site.may_serve,{HOLD})=0",
        DISASTER,
        NOT_SERVED.section,
    )
    yield _trigger(
        site,
        DUAL_ACTIVE.name,
        f"service {site.name} {DUAL_ACTIVE.summary}",
        f"min(/{site.name}/hax.site.serving,{HOLD})>1",
        DISASTER,
        DUAL_ACTIVE.section,
    )
    for member in others:
        yield _trigger(
            site,
            IN_PLACE,
            f"service {site.name} is served by {member.host}, in place of {first.host}",
            f"{_serves(site, member)} and not {_serves(site, first)}",
            INFORMATION,
            PAIR_SECTION,
            member.host,
        )
    if site.url:
        last = f"last(/{site.name}/hax.site.http)"
        yield _trigger(
            site,
            NO_ANSWER,
            f"clients of service {site.name} get no answer, or that of a fault",
            f"{last}=0 or {last}>=500",
            HIGH,
            NOT_SERVED.section,
        )


def in_place(member: MappedNode) -> str:
    """Return how the trigger is known that a node serves that is not meant to."""
    return known_as({"alarm": IN_PLACE, "node": member.host})


def known_as(tags: Mapping[str, str]) -> str:
    """Return how a trigger of a host is known, by its tags: the alarm, and the node if there is one of each."""
    return f"{tags['alarm']} {tags.get('node', '')}".strip()


def line(site: MappedService, member: MappedNode) -> tuple[str, dict[str, str]]:
    """Return the colour of the line to a node while all is well, and the colours by alarms of the site's host."""
    first = site.members[0]
    meant = member == first
    changed = (in_place(one) for one in (site.members[1:] if meant else (member,)))
    return GREEN if meant else BLUE, {**dict.fromkeys(changed, BLUE if meant else GREEN), DUAL_ACTIVE.name: RED}


def site_map(
    site: MappedService, hosts: Mapping[str, str], icons: tuple[str, str], alarms: Mapping[str, Mapping[str, str]]
) -> Part:
    """Return the map. ``hosts`` are identifiers by name, ``alarms`` those of triggers by host and alarm.

    ``icons`` are those of a node and of the virtual address.
    """
    below = _spread(len(site.members))
    elements = [
        _element(1, hosts[site.name], icons[1], (WIDTH - ICON) // 2, 40, f"{{HOST.NAME}}\n{site.url}"),
        *(
            _element(place + 2, hosts[member.host], icons[0], x, 250, _label(site, member))
            for place, (member, x) in enumerate(zip(site.members, below, strict=True))
        ),
    ]
    return {
        "name": site.name,
        "width": WIDTH,
        "height": HEIGHT,
        "expand_macros": 1,
        "grid_show": 0,
        "grid_align": 0,
        "label_type": 0,
        "selements": elements,
        "links": [_link(place + 2, *_line(site, member, alarms)) for place, member in enumerate(site.members)],
    }


def _label(site: MappedService, member: MappedNode) -> str:
    return f"{{HOST.NAME}}\n{{?last(/{site.name}/{site.health_key(member)})}}"


def _line(
    site: MappedService, member: MappedNode, alarms: Mapping[str, Mapping[str, str]]
) -> tuple[str, dict[str, str]]:
    colour, by_site = line(site, member)
    there, here = alarms[site.name], alarms[member.host]
    return colour, {
        **{there[alarm]: shown for alarm, shown in by_site.items()},
        **{here[alarm]: shown for alarm, shown in COLOURS.items()},
    }


def _spread(number: int) -> Sequence[int]:
    """Return where elements stand beside each other."""
    return [(2 * place + 1) * WIDTH // (2 * number) - ICON // 2 for place in range(number)]


def _element(number: int, host: str, icon: str, x: int, y: int, label: str) -> Part:
    return {
        "selementid": str(number),
        "elementtype": 0,
        "elements": [{"hostid": host}],
        "iconid_off": icon,
        "label": label,
        "label_location": 0,
        "x": x,
        "y": y,
    }


def _link(number: int, colour: str, by_trigger: Mapping[str, str]) -> Part:
    return {
        "selementid1": "1",
        "selementid2": str(number),
        "color": colour,
        "drawtype": BOLD,
        "linktriggers": [
            {"triggerid": trigger, "color": shown, "drawtype": BOLD} for trigger, shown in by_trigger.items()
        ],
    }


def _health(member: MappedNode) -> str:
    """Return the formula of the health of a node: SILENT_VALUE where the node does not answer."""
    node = f"/{member.host}/{key('haxHealth', row=False)}"
    return f"last(/{member.host}/{member.health})*(last({node})>0)*(count({node},{{$HAX.NODATA}})>0)"


def _how_many(site: MappedService, healths: Sequence[Health]) -> str:
    return "+".join(f"({_health(member)}={health.value})" for member in site.members for health in healths)


def _serves(site: MappedService, member: MappedNode) -> str:
    last = f"last(/{site.name}/{site.health_key(member)})"
    return f"({' or '.join(f'{last}={health.value}' for health in SERVING)})"


def _calculated(key_: str, name: str, formula: str) -> Part:
    return {"type": CALCULATED, "key_": key_, "name": name, "params": formula, "delay": DELAY, "value_type": UNSIGNED}


def _trigger(
    site: MappedService, alarm: str, name: str, expression: str, priority: int, section: str, node: str = ""
) -> Part:
    tags = {"scope": "availability", "alarm": alarm, **({"node": node} if node else {})}
    return {
        "description": name,
        "expression": expression,
        "priority": priority,
        "comments": f"{site.docs}#{anchor(section)}",
        "tags": [{"tag": tag, "value": value} for tag, value in tags.items()],
    }
