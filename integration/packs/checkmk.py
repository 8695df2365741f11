"""Checkmk 2.3: a plug-in with a section and a check for each object that alarms ask for in few rows."""

from pprint import pformat

from integration.packs.alarms import ALARMS, OneOf
from integration.packs.pack import GENERATED, NAGIOS, Files, Source
from integration.packs.watched import OF_TABLE

TABLES = ("haxServiceTable", "haxPairTable", "haxSourceTable")
STATES = {"warning": "WARN", "critical": "CRIT"}


def render(source: Source) -> Files:
    """Return the plug-in and its manual page."""
    tables = {}
    for table in TABLES:
        watched = OF_TABLE[table]
        value = watched.values[0]
        levels = {
            source.mib.value(value, label): STATES[NAGIOS[alarm.severity]]
            for alarm in ALARMS
            if isinstance(alarm.when, OneOf) and alarm.when.object == value
            for label in alarm.when.labels
        }
        labels = {number: label for label, number in source.mib.object(value).labels.items()}
        tables[watched.kind] = {
            "base": f".{source.mib.entry(table)}",
            "columns": [
                source.mib.object(name).oid.rpartition(".")[2]
                for name in (watched.name, value, watched.texts[-1 if table == "haxSourceTable" else 0])
            ],
            "labels": labels,
            "levels": levels,
        }
    health = f".{source.mib.object('haxHealth').oid}.0"
    plugin = _PLUGIN.format(generated=GENERATED, health=health, tables=pformat(tables, width=110, sort_dicts=False))
    pages = {f"{_FOLDER}/checkman/haproxy_agentx_{kind}": _PAGE.format(kind=kind) for kind in tables}
    return {f"{_FOLDER}/agent_based/haproxy_agentx.py": plugin, **pages}


_FOLDER = "checkmk/cmk_addons/plugins/haproxy_agentx"

_PAGE = """title: HAProxy and keepalived: state of each {kind}
agents: snmp
catalog: app/haproxy
license: Apache-2.0
distribution: haproxy-agentx
description:
 Reports the state of each {kind} of haproxy-agentx, by HAPROXY-AGENTX-MIB, with its cause.
item:
 The name of the {kind}
discovery:
 One service for each row.
"""

_PLUGIN = '''# {generated}
"""HAProxy and keepalived, by HAPROXY-AGENTX-MIB."""

from cmk.agent_based.v2 import CheckPlugin, Result, Service, SimpleSNMPSection, SNMPTree, State, exists

DETECT = exists("{health}")

TABLES = {tables}


def _parse(string_table):
    return {{name: (int(value), text) for name, value, text in string_table if value.isdigit()}}


def _discover(section):
    for name in section:
        yield Service(item=name)


def _checker(table):
    def check(item, section):
        if item not in section:
            return
        value, text = section[item]
        state = getattr(State, table["levels"].get(value, "OK"))
        label = table["labels"].get(value, str(value))
        yield Result(state=state, summary=f"{{label}}: {{text}}" if text else label)

    return check


def _section(kind, table):
    return SimpleSNMPSection(
        name=f"haproxy_agentx_{{kind}}",
        parsed_section_name=f"haproxy_agentx_{{kind}}",
        detect=DETECT,
        fetch=SNMPTree(base=table["base"], oids=table["columns"]),
        parse_function=_parse,
    )


def _plugin(kind, table):
    return CheckPlugin(
        name=f"haproxy_agentx_{{kind}}",
        service_name=f"HAProxy {{kind}} %s",
        discovery_function=_discover,
        check_function=_checker(table),
    )


snmp_section_haproxy_agentx_service = _section("service", TABLES["service"])
check_plugin_haproxy_agentx_service = _plugin("service", TABLES["service"])
snmp_section_haproxy_agentx_pair = _section("pair", TABLES["pair"])
check_plugin_haproxy_agentx_pair = _plugin("pair", TABLES["pair"])
snmp_section_haproxy_agentx_source = _section("source", TABLES["source"])
check_plugin_haproxy_agentx_source = _plugin("source", TABLES["source"])
'''
