"""Collectors of numbers: Telegraf, the OpenTelemetry collector, and the profiles of Datadog and Netdata. OIDs only.

A row is named by the columns of its own table and, where a collector can look into another table, of those above it.
"""

from collections.abc import Iterator

from integration.packs.mib import NOTIFICATIONS, Object, carried
from integration.packs.pack import GENERATED, NAME, Files, Source, as_yaml
from integration.packs.watched import SCALARS, WATCHED, Watched, lineage
from integration.packs.zabbix_parts import PARENT

NET_SNMP_LINUX = "1.3.6.1.4.1.8072.3.2.10"
"""sysObjectID of net-snmp on Linux, by which profiles are selected: haproxy-agentx has none of its own."""

NAMED = ("haxServiceHealth", "haxServiceRole", "haxVrrpState", "haxPairState")
"""Enumerations whose labels Telegraf adds as a text beside the number."""

MIB = "HAPROXY-AGENTX-MIB"


def render(source: Source) -> Files:
    """Return the files of all four."""
    profile = {"sysobjectid": [NET_SNMP_LINUX], "metrics": list(_profile(source))}
    return {
        "telegraf/haproxy-agentx.conf": "\n".join(_telegraf(source)),
        "opentelemetry/receiver.example.yaml": as_yaml(_receiver(source)),
        "datadog/haproxy-agentx.yaml": as_yaml(profile),
        "datadog/haproxy-agentx.traps.yaml": as_yaml(_traps(source)),
        "netdata/haproxy-agentx.yaml": as_yaml(
            {"selector": [{"sysObjectID": {"include": [NET_SNMP_LINUX]}}], **_netdata(source)}
        ),
    }


def _labels(watched: Watched) -> list[str]:
    """Return the columns of the table itself that name a row."""
    return [*([PARENT[watched.table][1]] if watched.table in PARENT else []), watched.name]


def _telegraf(source: Source) -> Iterator[str]:
    yield f"# {GENERATED}"
    yield "[[inputs.snmp]]"
    yield '  agents = ["udp://192.0.2.11:161", "udp://192.0.2.12:161"]'
    yield '  version = 2\n  community = "public"\n  interval = "10s"\n  name = "haproxy_agentx"'
    for one in source.objects(SCALARS):
        yield f'  [[inputs.snmp.field]]\n    name = "{one.name}"\n    oid = ".{one.oid}.0"'
    for watched in WATCHED:
        comment = "# " if watched.asked else ""
        block = [
            "  [[inputs.snmp.table]]",
            f'    name = "{watched.table}"',
            '    inherit_tags = ["agent_host"]',
            "    index_as_tag = true",
        ]
        for name in _labels(watched):
            oid = source.mib.object(name).oid
            block += [
                "    [[inputs.snmp.table.field]]",
                f'      name = "{name}"',
                f'      oid = ".{oid}"',
                "      is_tag = true",
            ]
        for one in source.objects(watched.values):
            block += ["    [[inputs.snmp.table.field]]", f'      name = "{one.name}"', f'      oid = ".{one.oid}"']
        yield from (f"{comment}{line}" for line in block)
    for one in source.objects(NAMED):
        yield "[[processors.enum]]\n  [[processors.enum.mapping]]"
        yield f'    field = "{one.name}"\n    dest = "{one.name}Name"'
        yield "    [processors.enum.mapping.value_mappings]"
        yield from (f'      "{number}" = "{label}"' for label, number in one.labels.items())
    yield ""


def _receiver(source: Source) -> dict[str, object]:
    attributes = {
        name: {"oid": f".{source.mib.object(name).oid}"}
        for watched in WATCHED
        if not watched.asked
        for name in _labels(watched)
    }
    metrics: dict[str, object] = {}
    for one in source.objects(SCALARS):
        metrics[one.name] = {**_kind(one), "scalar_oids": [{"oid": f".{one.oid}.0"}]}
    for watched in WATCHED:
        if not watched.asked:
            names = [{"name": name} for name in _labels(watched)]
            for one in source.objects(watched.values):
                metrics[one.name] = {**_kind(one), "column_oids": [{"oid": f".{one.oid}", "attributes": names}]}
    node = {
        "endpoint": "udp://192.0.2.11:161",
        "version": "v2c",
        "community": "public",
        "collection_interval": "10s",
        "attributes": attributes,
        "metrics": metrics,
    }
    return {"receivers": {f"snmp/{NAME}": node}}


def _kind(one: Object) -> dict[str, object]:
    unit = one.units or "1"
    if one.is_counter:
        return {"unit": unit, "sum": {"value_type": "int", "monotonic": True, "aggregation": "cumulative"}}
    return {"unit": unit, "gauge": {"value_type": "int"}}


def _profile(source: Source) -> Iterator[dict[str, object]]:
    for one in source.objects(SCALARS):
        yield {"MIB": MIB, "symbol": _symbol(one)}
    for watched in WATCHED:
        yield {
            "MIB": MIB,
            "table": {"OID": source.mib.entry(watched.table).rpartition(".")[0], "name": watched.table},
            "symbols": [_symbol(one) for one in source.objects(watched.values)],
            "metric_tags": list(_tags(source, watched)),
        }


def _tags(source: Source, watched: Watched) -> Iterator[dict[str, object]]:
    for place, one in enumerate(lineage(watched)):
        tag: dict[str, object] = {
            "tag": f"hax_{one.kind}",
            "MIB": MIB,
            "table": one.table,
            "symbol": {"OID": source.mib.object(one.name).oid, "name": one.name},
        }
        if one is not watched:  # the row above has the first parts of the index
            tag["index_transform"] = [{"start": 0, "end": place}]
        yield tag


def _symbol(one: Object) -> dict[str, object]:
    return {"OID": one.oid if not one.instance else f"{one.oid}.0", "name": one.name}


def _netdata(source: Source) -> dict[str, object]:
    """Return the same metrics in Netdata's dialect, which shows the labels of an enumeration as dimensions."""
    metrics = []
    for entry in _profile(source):
        symbols = entry.get("symbols") or [entry["symbol"]]
        for symbol in symbols if isinstance(symbols, list) else []:
            one = source.mib.object(str(symbol["name"]))
            symbol["chart_meta"] = {
                "family": "HAProxy/" + (one.table.removeprefix("hax").removesuffix("Table") or "Node"),
                "description": one.description.split(". ")[0],
                "unit": one.units or "1",
            }
            if one.is_enumeration:
                symbol["mapping"] = {number: label for label, number in one.labels.items()}
        metrics.append(entry)
    return {"metrics": metrics}


def _traps(source: Source) -> dict[str, object]:
    """Return the database of traps of the Datadog agent: names of notifications, and of their variables."""
    used = dict.fromkeys(name for notification in NOTIFICATIONS for name in carried(notification))
    variables = {}
    for one in source.objects(tuple(used)):
        enum = {"enum": {number: label for label, number in one.labels.items()}} if one.is_enumeration else {}
        variables[one.oid] = {"name": one.name, "descr": one.description, **enum}
    traps = {source.mib.notification(name): {"name": name, "mib": MIB} for name in NOTIFICATIONS}
    return {"traps": traps, "vars": variables}
