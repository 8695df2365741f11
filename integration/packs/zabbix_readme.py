"""README.md of the template for Zabbix, in the form that its guidelines ask for: macros, discovery rules and triggers."""

from collections.abc import Iterable, Sequence

from integration.packs import zabbix_parts as parts
from integration.packs.alarms import ALARMS, THRESHOLDS
from integration.packs.pack import GENERATED, Source
from integration.packs.watched import WATCHED


def readme(source: Source, version: str) -> str:
    """Return the text for a version of the format."""
    macros = [(f"`{parts.macro(one)}`", one.meaning, f"`{one.default}`") for one in THRESHOLDS]
    rules = [(f"{one.kind.capitalize()}s", one.table, "off, as they are many" if one.asked else "on") for one in WATCHED]
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

Link the template to each load balancer. Its SNMP interface has to be the address that its traps come from.

## Macros used

{_table(("Name", "Description", "Default"), macros)}

## Discovery rules

{_table(("Name", "Table", "Default"), rules)}

## Triggers

{_table(("Name", "Severity", "Description"), triggers)}
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"|{'|'.join(row)}|" for row in (head, ["---"] * len(head), *rows))
