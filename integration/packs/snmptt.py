"""SNMPTT: an EVENT for each notification and severity, chosen by MATCH on the position of haxEventSeverity.

A name or a number is matched, so that it works with and without MIB modules at the receiver. There is no EXEC: a text
of a notification must not become a command.
"""

from collections.abc import Iterator

from integration.packs.mib import carried
from integration.packs.notices import REPORTED, SECTIONS, SEVERITIES, line, position
from integration.packs.pack import GENERATED, Files, Source

CATEGORY = '"HAProxy and keepalived"'
KEEPALIVED_CHANGE = ".1.3.6.1.4.1.9586.100.5.2.10.0.2"
"""vrrpInstanceStateChange of KEEPALIVED-MIB."""


def render(source: Source) -> Files:
    """Return snmptt.conf.haproxy-agentx."""
    return {"snmptt/snmptt.conf.haproxy-agentx": f"# {GENERATED}\n#\n" + "\n".join(_events(source))}


def _events(source: Source) -> Iterator[str]:
    for notification in REPORTED:
        oid = f".{source.mib.notification(notification)}"
        place = position(notification, "haxEventSeverity")
        section = source.sections[SECTIONS[notification]]
        for severity in SEVERITIES:
            yield _event(
                f"{notification}{severity.name.title()}",
                oid,
                severity.name.upper(),
                line(notification, "${}"),
                [f"MATCH ${place}: (^({severity.name}|{severity.value})$|[(]{severity.value}[)])"],
                f"{section.text}\n{source.link(SECTIONS[notification])}",
            )
        # a short form, or another agent, may lack the severity
        yield _event(notification, oid, "INDETERMINATE", line(notification, "${}"), [f"MATCH ${place}: !(^..*$)"], "")
    subject = carried("haxTest").index("haxEventCauseText") + 1
    yield _event("haxTest", f".{source.mib.notification('haxTest')}", "INFORMATIONAL", f"test: ${subject}", [], "")
    yield _event("vrrpInstanceStateChange", KEEPALIVED_CHANGE, "INFORMATIONAL", "VRRP instance $1: $2 of $4", [], "")


def _event(name: str, oid: str, severity: str, text: str, match: list[str], description: str) -> str:
    about = f"SDESC\n{description}\nEDESC\n" if description else ""
    return "\n".join([f"EVENT {name} {oid} {CATEGORY} {severity}", f"FORMAT {text}", *match, about])
