"""Builds the host and the map of a service in a Zabbix, over those that are there by these names."""

from collections.abc import Mapping, Sequence

from integration.packs.zabbix_parts import key
from integration.zabbixlab import service_map as plan
from integration.zabbixlab.api import Api, ZabbixError
from integration.zabbixlab.content import the_group, the_id

HEALTH = key("haxServiceHealth", row=False)
NODE_ICON, ADDRESS_ICON = "Server_(96)", "Cloud_(96)"


def build(api: Api, name: str, nodes: Sequence[str], url: str, docs: str) -> str:
    """Build the host and the map of a service; return the identifier of the map. ZabbixError.

    ``nodes`` are the names of their hosts, first the one that is meant to serve. ``url`` is what clients ask.
    """
    members = tuple(_member(api, node, name) for node in nodes)
    site = plan.MappedService(name, members, url, docs)
    _build_host(api, site)
    hosts = {host: the_id(api, "host", "hostid", host) for host in (name, *nodes)}
    alarms = {name: _alarms(api, name, None), **{one.host: _alarms(api, one.host, one.keys) for one in members}}
    icons = the_id(api, "image", "imageid", NODE_ICON, "name"), the_id(api, "image", "imageid", ADDRESS_ICON, "name")
    made = plan.site_map(site, hosts, icons, alarms)
    if found := api.call("map.get", {"filter": {"name": name}, "output": ["sysmapid"]}):
        api.call("map.update", {**made, "sysmapid": found[0]["sysmapid"]})
        return str(found[0]["sysmapid"])
    return str(api.call("map.create", made)["sysmapids"][0])


def _member(api: Api, node: str, service: str) -> plan.MappedNode:
    the_id(api, "host", "hostid", node)
    tagged = {"tags": [{"tag": "service", "value": service, "operator": 1}]}
    keys = frozenset(one["key_"] for one in api.call("item.get", {"output": ["key_"], "host": node, **tagged}))
    health = next((one for one in keys if one.startswith(f"{HEALTH}[")), None)
    if health is None:
        raise ZabbixError(
            f"{node} has no item for the health of service '{service}': wait for the discovery of services"
        )
    return plan.MappedNode(node, health, keys)


def _build_host(api: Api, site: plan.MappedService) -> None:
    for old in api.call("host.get", {"filter": {"host": [site.name]}, "output": ["hostid"]}):
        api.call("host.delete", [old["hostid"]])
    host = api.call(
        "host.create",
        {
            "host": site.name,
            "groups": [{"groupid": the_group(api)}],
            "macros": [{"macro": macro, "value": value} for macro, value in plan.MACROS.items()],
        },
    )["hostids"][0]
    valuemap = api.call("valuemap.create", {"hostid": host, **plan.value_maps()})["valuemapids"][0]
    made = plan.items(site, valuemap, new=api.version >= (6, 4))
    api.call("item.create", [{"hostid": host, **item} for item in made])
    api.call("trigger.create", list(plan.triggers(site)))


def _alarms(api: Api, host: str, keys: frozenset[str] | None) -> Mapping[str, str]:
    """Return the triggers of a host by how they are known: of its rows, only those that ask for one of ``keys``."""
    shown = api.call(
        "trigger.get", {"output": ["triggerid"], "host": host, "selectTags": "extend", "selectItems": ["key_"]}
    )
    found: dict[str, str] = {}
    for one in shown:
        tags = {tag["tag"]: tag["value"] for tag in one["tags"]}
        asked = {item["key_"] for item in one["items"]}
        if "alarm" in tags and (keys is None or asked & keys or not any("[" in asked_for for asked_for in asked)):
            found[plan.known_as(tags)] = one["triggerid"]
    return found
