"""Trap items for Zabbix: one for each service, so that the trap of one does not resolve another, and the rest.

The text of a value depends on the receiver (MIB modules loaded or not, quotes or not), so names and numbers match.
"""

from collections.abc import Iterator

from integration.packs import zabbix_parts as parts
from integration.packs.mib import NOTIFICATIONS
from integration.packs.pack import Source
from integration.packs.watched import Watched

Part = dict[str, object]

KEEPALIVED = "(KEEPALIVED-MIB::vrrpInstanceStateChange|9586[.]100[.]5[.]2[.]10[.]0[.]2)"
SERVICE_NOTIFICATIONS = ("haxServiceFailover", "haxServiceHealthChange")
SEQUENCE = "hax.trap.sequence"


def trap_items(source: Source) -> Iterator[Part]:
    """Yield the items of the host: keepalived's traps, ours, the number of the last one, and all others."""
    ours = _notifications(source, NOTIFICATIONS)
    yield _item("keepalivedTrap", "Traps: VRRP of keepalived", f'snmptrap["{KEEPALIVED}"]')
    yield _item("ourTrap", "Traps: haproxy-agentx", f'snmptrap["{ours}"]')
    yield {
        "uuid": parts.uuid("item", SEQUENCE),
        "name": "Traps: number of the last event",
        "type": "DEPENDENT",
        "key": SEQUENCE,
        "history": "7d",
        "description": "haxEventSequence of the last trap; haxAgentLastEventSequence is that of the last event.",
        "preprocessing": [
            {
                "type": "REGEX",
                "parameters": [f"({_object(source, 'haxEventSequence')})[.][0-9]+ [^\\n]*?([0-9]+)\\s*\\n", "\\2"],
                "error_handler": "DISCARD_VALUE",
            }
        ],
        "master_item": {"key": f'snmptrap["{ours}"]'},
        "tags": [{"tag": "component", "value": "traps"}],
        "triggers": [_missed(source)],
    }
    yield _item("fallback", "Traps: all others", "snmptrap.fallback")


def trap_prototypes(source: Source, watched: Watched) -> Iterator[Part]:
    """Yield the trap item of a service."""
    if watched.kind == "service":
        chosen = _notifications(source, SERVICE_NOTIFICATIONS)
        subject = _object(source, "haxEventSubject")
        pattern = f"(?s){chosen}.*({subject})[.][0-9]+ ([^\\n]* )?{parts.QUOTE}{{#NAME}}{parts.QUOTE}\\s"
        made = _item("serviceTrap", "Service {#NAME}: traps", f'snmptrap["{pattern}"]')
        yield {**made, "tags": [{"tag": "component", "value": "service"}, {"tag": "service", "value": "{#NAME}"}]}


def _missed(source: Source) -> Part:
    section = source.sections["Alarm: notificationsMissed"]
    last = parts.reference("haxAgentLastEventSequence", row=False)
    return {
        "uuid": parts.uuid("trigger", "notificationsMissed"),
        "expression": f"last({last},#1:now-{{$HAX.NODATA}})>last(/{parts.TEMPLATE}/{SEQUENCE})",
        "name": "node has sent notifications that did not arrive",
        "priority": "WARNING",
        "description": f"{section.text}\n{source.link('Alarm: notificationsMissed')}",
        "tags": [{"tag": "scope", "value": "notice"}, {"tag": "alarm", "value": "notificationsMissed"}],
    }


def _item(name: str, title: str, key: str) -> Part:
    return {
        "uuid": parts.uuid("item", name),
        "name": title,
        "type": "SNMP_TRAP",
        "key": key,
        "delay": "0",
        "history": "7d",
        "trends": "0",
        "value_type": "LOG",
        "description": "The text of each trap, as the receiver writes it.",
        "tags": [{"tag": "component", "value": "traps"}],
    }


def _notifications(source: Source, names: tuple[str, ...]) -> str:
    numbers = "|".join(source.mib.notification(name).rpartition(".")[2] for name in names)
    node = source.mib.notification(names[0]).rpartition(".")[0].replace(".", "[.]")
    return f"(HAPROXY-AGENTX-MIB::({'|'.join(names)})|{node}[.]({numbers}))"


def _object(source: Source, name: str) -> str:
    return f"{name}|{source.mib.object(name).oid.replace('.', '[.]')}"
