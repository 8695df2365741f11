"""What is put into a Zabbix by its API, and what is seen of it: templates, nodes, values and problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.packs.files import FOLDER
from integration.zabbixlab.api import Api, Version, ZabbixError

GROUP = "Load balancers"
OWN_HOST = "Zabbix server"
"""The host that each new Zabbix has. It asks for an agent that the lab has not."""

_BOTH = {"createMissing": True, "updateExisting": True}
_KINDS = ("templates", "items", "triggers", "discoveryRules", "valueMaps", "templateDashboards", "graphs")


@dataclass(frozen=True, slots=True)
class SnmpHost:
    """A load balancer as Zabbix knows it; its traps come from ``address``."""

    name: str
    address: str
    community: str = "public"
    port: int = 161


def template_files(version: Version, folder: Path = FOLDER) -> list[Path]:
    """Return the files of templates for a version of Zabbix."""
    return sorted((folder / "zabbix" / ("7.0" if version >= (7, 0) else "6.0")).glob("*.yaml"))


def import_template(api: Api, text: str) -> None:
    """Import a template as the front end does, over what is there."""
    groups = "groups" if api.version < (6, 2) else "template_groups"
    rules = {**dict.fromkeys(_KINDS, _BOTH), groups: _BOTH}
    api.call("configuration.import", {"format": "yaml", "rules": rules, "source": text})


def the_id(api: Api, kind: str, identifier: str, name: str, field: str = "host") -> str:
    """Return the identifier of the one object of a kind with a name. ZabbixError where there is none."""
    found = api.call(f"{kind}.get", {"filter": {field: [name]}, "output": [identifier]})
    if not found:
        raise ZabbixError(f"there is no {kind} '{name}' in this Zabbix")
    return str(found[0][identifier])


def the_group(api: Api, name: str = GROUP) -> str:
    """Return the identifier of a group of hosts, which is made where it is missing."""
    try:
        return the_id(api, "hostgroup", "groupid", name, "name")
    except ZabbixError:
        return str(api.call("hostgroup.create", {"name": name})["groupids"][0])


def add_node(api: Api, node: SnmpHost, templates: Sequence[str], macros: Mapping[str, str]) -> None:
    """Add a load balancer with templates."""
    interface = {
        "type": 2,
        "main": 1,
        "useip": 1,
        "ip": node.address,
        "dns": "",
        "port": str(node.port),
        "details": {"version": 2, "bulk": 1, "community": node.community},
    }
    api.call(
        "host.create",
        {
            "host": node.name,
            "interfaces": [interface],
            "groups": [{"groupid": the_group(api)}],
            "templates": [{"templateid": the_id(api, "template", "templateid", one)} for one in templates],
            "macros": [{"macro": name, "value": value} for name, value in macros.items()],
        },
    )


def remove_own_host(api: Api) -> None:
    """Remove the host that a new Zabbix has."""
    api.call("host.delete", [the_id(api, "host", "hostid", OWN_HOST)])


def values(api: Api, host: str) -> dict[str, str]:
    """Return the last value of each item of a host, by its key."""
    items = api.call("item.get", {"output": ["key_", "lastvalue", "lastclock"], "host": host, "monitored": True})
    return {one["key_"]: one["lastvalue"] for one in items if one["lastclock"] != "0"}


def refused(api: Api, host: str) -> list[tuple[str, str]]:
    """Return the key and the error of each item and discovery rule that has no value for a reason."""
    wanted = {"output": ["key_", "error"], "filter": {"state": 1}, "host": host}
    return [
        (one["key_"], one["error"]) for kind in ("item", "discoveryrule") for one in api.call(f"{kind}.get", wanted)
    ]


def problems(api: Api) -> frozenset[tuple[str, str]]:
    """Return the open problems: the tag alarm, and the host."""
    shown: list[dict[str, Any]] = api.call(
        "trigger.get",
        {
            "output": ["triggerid"],
            "filter": {"value": 1},
            "selectTags": "extend",
            "selectHosts": ["host"],
            "skipDependent": True,
            "monitored": True,
        },
    )
    found = ((tag["value"], one["hosts"][0]["host"]) for one in shown for tag in one["tags"] if tag["tag"] == "alarm")
    return frozenset(found)


def names(api: Api) -> list[str]:
    """Return the names of the open problems, as a person reads them."""
    return [one["name"] for one in api.call("problem.get", {"output": ["name"], "recent": False})]


def texts(api: Api, host: str, key: str, part: str) -> list[str]:
    """Return the last texts of the trap item of a host whose key starts with ``key`` and has ``part`` in it."""
    items = api.call(
        "item.get", {"output": ["itemid", "key_"], "host": host, "search": {"key_": key}, "startSearch": True}
    )
    chosen = [one["itemid"] for one in items if part in one["key_"]]
    wanted = {"history": 2, "itemids": chosen, "sortfield": "clock", "sortorder": "DESC", "limit": 20}
    return [one["value"] for one in api.call("history.get", wanted)] if chosen else []
