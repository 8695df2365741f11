"""README.md of the template for Zabbix, in the form of its guidelines: macros, discovery rules and triggers."""

from collections.abc import Iterable, Sequence

from integration.packs import zabbix_parts as parts
from integration.packs.alarms import ALARMS, THRESHOLDS
from integration.packs.pack import GENERATED, Source
from integration.packs.watched import WATCHED


def readme(source: Source, version: str) -> str:
    """Return the text for a version of the format."""
    macros = [(f"`{parts.macro(one)}`", one.meaning, f"`{one.default}`") for one in THRESHOLDS]
    rules = [
        (parts.plural(one).capitalize(), one.table, "off, as they are many" if one.asked else "on") for one in WATCHED
    ]
    triggers = [
        (
            f"{one.kind} {one.summary}",
            parts.PRIORITIES[one.severity].capitalize(),
            source.sections[one.section].meaning,
        )
        for one in ALARMS
    ]
    return f"""<!-- {GENERATED} -->

# {parts.TEMPLATE}

## Overview

For Zabbix {version} and later. The health of the services of HAProxy under keepalived, with the cause of each change, from
HAPROXY-AGENTX-MIB (haproxy-agentx). The server needs no MIB modules.

## Setup

1. Import `template_haproxy_keepalived_snmp.yaml`, and link the template to each load balancer. Its SNMP interface has to be
   the address that its traps come from: set `clientaddr` in snmpd.conf where that would be a virtual address.
2. Services are discovered within {{$HAX.DISCOVERY}}, or at once by 'Execute now' of the discovery rules.
3. In the source directory, build the host of each service and the map, with a token of the API (Users, API tokens):

       ZABBIX_TOKEN=... .venv/bin/python -m integration.zabbixlab map --url http://zabbix.example.org/ --service SITE1 \\
           --clients http://192.0.2.100/ lb1 lb2

   The first node is the one that is meant to serve. Run the same command again to rebuild both.

## The map

|Line to a node|Meaning|
|---|---|
|green|serves|
|blue|could take over|
|orange|serves, or could take over, with reduced capacity|
|red|could not take over, does not serve what it gets, is not known, or serves beside another node|

While all is well, no trigger is in problem state: green and blue are the colours of the lines themselves. After a failover,
a trigger of severity Information ('is served by lb2, in place of lb1') changes both. The host of the service has the health
of each node, which the labels show, and asks the virtual address as a client does (`--clients`).

## keepalived by SNMP

`template_keepalived_snmp.yaml` is for nodes without haproxy-agentx: keepalived's own MIB and traps. Do not
copy an expression such as `{{host:snmptrap[...].str("type=2 value=INTEGER: 2")}}`: it never matches, because the receiver writes
two blanks after `type=2`, and numbers instead of names if it has no MIB modules. One item for all instances would have the
last trap of any of them, and a trigger 'is not MASTER' would report each healthy standby. In this template each instance
has an item, which matches names and numbers, and only the node that starts as MASTER is reported when it is not MASTER.

## Macros used

{_table(("Name", "Description", "Default"), macros)}

## Discovery rules

{_table(("Name", "Table", "Default"), rules)}

## Triggers

{_table(("Name", "Severity", "Description"), triggers)}
"""  # noqa: E501  the lines of the document


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"|{'|'.join(row)}|" for row in (head, ["---"] * len(head), *rows))
