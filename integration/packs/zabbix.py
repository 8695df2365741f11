"""The template for Zabbix, in the format of 6.0 and in that of 7.0.

6.0 asks for each value by itself, and discovers by discovery[]. 7.0 walks the columns of a table in one item, of which
all others are made. OIDs are numeric, with a leading dot; the server needs no MIB modules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integration.packs import zabbix_keepalived
from integration.packs import zabbix_parts as parts
from integration.packs.alarms import ALARMS, THRESHOLDS, Alarm
from integration.packs.mib import Object
from integration.packs.pack import Files, Source, as_yaml
from integration.packs.watched import SCALAR_TEXTS, SCALARS, WATCHED, Watched
from integration.packs.zabbix_graphs import dashboards, graph_prototypes
from integration.packs.zabbix_readme import readme
from integration.packs.zabbix_traps import trap_items, trap_prototypes

LONGEST = 512
"""Characters of the field for an OID at most."""

HEARTBEAT = "10m"
"""After which an unchanged value is kept again."""

Part = dict[str, object]

_EMPTY = {"error_handler": "CUSTOM_VALUE", "error_handler_params": "[]"}
"""A table without rows is no error."""


@dataclass(frozen=True, slots=True)
class Format:
    """A version of the format; ``walks`` is whether it has walk[] and get[]."""

    version: str
    walks: bool


FORMATS = (Format("6.0", walks=False), Format("7.0", walks=True))
_COUNTED = parts.sampled(ALARMS)


def render(source: Source) -> Files:
    """Return the template in both formats."""
    files = {
        f"zabbix/{one.version}/template_haproxy_keepalived_snmp.yaml": as_yaml(_export(source, one)) for one in FORMATS
    }
    for one in FORMATS:
        keepalived = zabbix_keepalived.export(source, one.version, groups=_groups(one))
        files[f"zabbix/{one.version}/template_keepalived_snmp.yaml"] = as_yaml(keepalived)
        files[f"zabbix/{one.version}/README.md"] = readme(source, one.version)
    return files


def _groups(form: Format) -> str:
    return "template_groups" if form.walks else "groups"


def _export(source: Source, form: Format) -> Part:
    group = {"uuid": "a571c0d144b14fd4a87a9d9b2aa9fcd6", "name": "Templates/Applications"}  # Zabbix's own
    return {"zabbix_export": {"version": form.version, _groups(form): [group], "templates": [_template(source, form)]}}


def _template(source: Source, form: Format) -> Part:
    vendor = {"vendor": {"name": "haproxy-agentx", "version": f"{form.version}-0"}} if form.walks else {}
    return {
        "uuid": parts.uuid("template"),
        "template": parts.TEMPLATE,
        "name": parts.TEMPLATE,
        "description": "Health of the services of HAProxy under keepalived, with causes, from HAPROXY-AGENTX-MIB.\n"
        "Traps: the host's SNMP interface has to be the address that they come from (clientaddr of snmpd.conf).",
        **vendor,
        "groups": [{"name": "Templates/Applications"}],
        "items": [*_scalars(source, form), *(_masters(source) if form.walks else ()), *trap_items(source)],
        "discovery_rules": [_rule(source, form, watched) for watched in WATCHED],
        "tags": [{"tag": "class", "value": "network"}, {"tag": "target", "value": "haproxy"}],
        "macros": list(_macros(form)),
        "dashboards": dashboards(wide=form.walks),
        "valuemaps": list(parts.value_maps()),
    }


def _macros(form: Format) -> Iterator[Part]:
    for one in THRESHOLDS:
        suffix = one.unit if one.unit == "s" else ""
        yield {"macro": parts.macro(one), "value": f"{one.default}{suffix}", "description": one.meaning}
    yield {"macro": "{$HAX.INTERVAL}", "value": "5s", "description": "Time between two readings"}
    yield {"macro": "{$HAX.DISCOVERY}", "value": "5m", "description": "Time between two discoveries"}
    yield {"macro": "{$HAX.NODATA}", "value": "30s", "description": "Silence of a node that is reported, from 30s on"}
    if form.walks:
        yield {"macro": "{$HAX.TIMEOUT}", "value": "10s", "description": "Time that a reading of a table may take"}
    for watched in WATCHED:
        yield {
            "macro": _filter(watched),
            "value": "^$" if watched.asked else ".*",
            "description": f"Names of the {parts.plural(watched)} that are discovered, as a regular expression",
        }


def _filter(watched: Watched) -> str:
    return f"{{$HAX.{watched.kind.upper()}.MATCHES}}"


def _scalars(source: Source, form: Format) -> Iterator[Part]:
    for name in (*SCALARS, *SCALAR_TEXTS):
        one = source.mib.object(name)
        oid = f".{one.oid}.0"
        steps = [_absent(form, keep=name == "haxHealth")]
        yield _item(source, one, None, {"type": "SNMP_AGENT", "snmp_oid": f"get[{oid}]" if form.walks else oid}, steps)


def _absent(form: Format, *, keep: bool) -> Part:
    """Return the step for an object that is not instantiated: it has no value, or SILENT_VALUE."""
    step: Part = {"type": "CHECK_NOT_SUPPORTED", "parameters": ["-1" if form.walks else ""]}
    if keep:
        return {**step, "error_handler": "CUSTOM_VALUE", "error_handler_params": str(parts.SILENT_VALUE)}
    return {**step, "error_handler": "DISCARD_VALUE"}


def _item(source: Source, one: Object, watched: Watched | None, how: Part, steps: Sequence[Part]) -> Part:
    rate = one.is_counter and one.name not in _COUNTED
    title = one.name.removeprefix("hax").removeprefix(watched.kind.title() if watched else "")
    subject = f"{watched.kind.capitalize()} {parts.row_name(watched)}: " if watched else "Node: "
    unit = parts.units(one, rate=rate)
    changing = [{"type": "CHANGE_PER_SECOND", "parameters": [""]}] if rate else []
    ticks = [{"type": "MULTIPLIER", "parameters": ["0.01"]}] if one.syntax == "TimeTicks" else []
    quiet = (one.is_enumeration or one.is_text) and one.name not in _COUNTED
    quiet_steps = [{"type": "DISCARD_UNCHANGED_HEARTBEAT", "parameters": [HEARTBEAT]}] if quiet else []
    alarms = (
        []
        if watched
        else [alarm for alarm in ALARMS if alarm.kind == "node" and one.name in parts.objects_of(alarm.when)]
    )
    kind = watched.kind if watched else "node"
    tags = [{"tag": "component", "value": kind}]
    if watched:
        tags.append({"tag": kind, "value": parts.row_name(watched)})
    return {
        "uuid": parts.uuid("item", one.name),
        "name": f"{subject}{title}",
        **how,
        "key": parts.key(one.name, row=watched is not None),
        **({} if how["type"] == "DEPENDENT" else {"delay": "{$HAX.INTERVAL}"}),
        "history": "7d",
        **(
            {"trends": "0", "value_type": "CHAR"}
            if one.is_text
            else {"value_type": "FLOAT"}
            if rate or one.syntax.startswith("Integer32")
            else {}
        ),
        **({"units": unit} if unit else {}),
        "description": one.description,
        **({"valuemap": {"name": one.syntax}} if one.is_enumeration else {}),
        "preprocessing": [*steps, *ticks, *changing, *quiet_steps],
        "tags": tags,
        **({"triggers": [_trigger(source, alarm) for alarm in alarms]} if alarms else {}),
    }


def _trigger(source: Source, alarm: Alarm) -> Part:
    row = alarm.kind != "node"
    name = (
        f"{alarm.kind} {parts.row_name(parts.OF_KIND[alarm.kind])} {alarm.summary}" if row else f"node {alarm.summary}"
    )
    text = alarm.shown[0] if alarm.shown else ""
    section = source.sections[alarm.section]
    expression = parts.expression(source.mib, alarm)
    explained = [one for one in ALARMS if one.name in alarm.explained_by]
    return {
        "uuid": parts.uuid("trigger", alarm.name),
        "expression": expression,
        "name": name,
        **({"event_name": f"{name}: {{?last(/{{HOST.HOST}}/{parts.key(text, row=row)})}}"} if text else {}),
        "opdata": "{ITEM.LASTVALUE1}",
        "priority": parts.PRIORITIES[alarm.severity],
        "description": f"{section.text}\n{source.link(alarm.section)}",
        **({"dependencies": [_dependency(source, one) for one in explained]} if explained else {}),
        "tags": [{"tag": "scope", "value": "availability"}, {"tag": "alarm", "value": alarm.name}],
    }


def _dependency(source: Source, alarm: Alarm) -> Part:
    made = _trigger(source, alarm)
    return {"name": made["name"], "expression": made["expression"]}


def _names(watched: Watched) -> list[tuple[str, str]]:
    """Return the columns that name a row, each after its macro."""
    return [("{#NAME}", watched.name), *([parts.PARENT[watched.table]] if watched.table in parts.PARENT else [])]


def _walk(watched: Watched, place: int) -> str:
    return f"hax.{watched.kind}.walk" + (f"{place + 1}" if place else "")


def _walks(source: Source, watched: Watched) -> list[list[str]]:
    """Return the columns of each walk. In the first are those that name a row, and those that alarms ask for or show.

    What is read in one walk is there at once: an alarm names the cause that belongs to its value.
    """
    walks: list[list[str]] = [[]]
    alarms = [alarm for alarm in ALARMS if alarm.kind == watched.kind]
    asked = (name for alarm in alarms for when in (alarm.when, alarm.only) if when for name in parts.objects_of(when))
    shown = (name for alarm in alarms for name in alarm.shown)
    names = (*(name for _, name in _names(watched)), *asked, *shown, *watched.values, *watched.texts)
    for name in dict.fromkeys(names):
        if len(_walked(source, [*walks[-1], name])) > LONGEST:
            walks.append([])
        walks[-1].append(name)
    return walks


def _walked(source: Source, names: Sequence[str]) -> str:
    return f"walk[{','.join(f'.{source.mib.object(name).oid}' for name in names)}]"


def _masters(source: Source) -> Iterator[Part]:
    """Yield the items that walk a table; what they read is not kept."""
    for watched in WATCHED:
        for place, names in enumerate(_walks(source, watched)):
            key = _walk(watched, place)
            yield {
                "uuid": parts.uuid("walk", key),
                "name": f"Walk {place + 1} of {watched.table}",
                "type": "SNMP_AGENT",
                "snmp_oid": _walked(source, names),
                "key": key,
                "delay": "{$HAX.INTERVAL}",
                "timeout": "{$HAX.TIMEOUT}",
                "history": "0",
                "trends": "0",
                "value_type": "TEXT",
                "description": "Columns of the table that the items below are made of.",
                "tags": [{"tag": "component", "value": "raw"}],
            }


def _rule(source: Source, form: Format, watched: Watched) -> Part:
    pairs = [(macro, f".{source.mib.object(name).oid}") for macro, name in _names(watched)]
    if form.walks:
        parameters = [word for macro, oid in pairs for word in (macro, oid, "0")]
        how: Part = {
            "type": "DEPENDENT",
            "master_item": {"key": _walk(watched, 0)},
            "preprocessing": [
                {"type": "SNMP_WALK_TO_JSON", "parameters": parameters, **_EMPTY},
                {"type": "DISCARD_UNCHANGED_HEARTBEAT", "parameters": ["{$HAX.DISCOVERY}"]},
            ],
        }
    else:
        how = {
            "type": "SNMP_AGENT",
            "snmp_oid": f"discovery[{','.join(word for pair in pairs for word in pair)}]",
            "delay": "{$HAX.DISCOVERY}",
        }
    many = [alarm for alarm in ALARMS if alarm.kind == watched.kind]
    return {
        "uuid": parts.uuid("discovery", watched.table),
        "name": parts.plural(watched).capitalize(),
        **how,
        "key": f"hax.{watched.kind}.discovery",
        "lifetime": "1d",
        "filter": {
            "evaltype": "AND",
            "conditions": [{"macro": "{#NAME}", "value": _filter(watched), "formulaid": "A"}],
        },
        "item_prototypes": [
            *(_prototype(source, form, watched, name) for name in (*watched.values, *watched.texts)),
            *trap_prototypes(source, watched),
        ],
        **({"graph_prototypes": graphs} if (graphs := list(graph_prototypes(watched))) else {}),
        **({"trigger_prototypes": [_trigger(source, alarm) for alarm in many]} if many else {}),
    }


def _prototype(source: Source, form: Format, watched: Watched, name: str) -> Part:
    one = source.mib.object(name)
    oid = f".{one.oid}.{{#SNMPINDEX}}"
    if form.walks:
        step: Part = {"type": "SNMP_WALK_VALUE", "parameters": [oid, "0"], "error_handler": "DISCARD_VALUE"}
        place = next(place for place, names in enumerate(_walks(source, watched)) if name in names)
        master: Part = {"type": "DEPENDENT", "master_item": {"key": _walk(watched, place)}}
        return _item(source, one, watched, master, [step])
    return _item(source, one, watched, {"type": "SNMP_AGENT", "snmp_oid": oid}, [_absent(form, keep=False)])
