"""What both formats of Zabbix share: keys, macros, expressions, value maps and stable identifiers. Pure."""

import hashlib
from collections.abc import Iterator, Sequence

from haproxy_agentx.health.severity import Severity
from haproxy_agentx.objects import schema
from integration.packs.alarms import Above, Alarm, Below, Condition, Grows, OneOf, Share, Silent, Threshold
from integration.packs.mib import Mib, Object
from integration.packs.pack import macro_case
from integration.packs.watched import WATCHED, Watched

TEMPLATE = "HAProxy and keepalived by SNMP"
SILENT_VALUE = 0
"""What haxHealth is where the node answers without haproxy-agentx; no state of health has this number."""

QUOTE = "\\x22?"
"""In a regular expression of a key, in which a quote would end it: the receiver writes one around a text, or not."""

PRIORITIES = {
    Severity.critical: "DISASTER",
    Severity.major: "HIGH",
    Severity.minor: "AVERAGE",
    Severity.warning: "WARNING",
}

RATES = {"bytes": "Bps"}
"""Units of Zabbix's own for the rate of a counter."""

GAUGES = {"bytes": "B", "seconds": "s", "milliseconds": "ms", "days": "d"}

PARENT = {
    "haxServerTable": ("{#BACKEND}", "haxServerBackendName"),
    "haxCertificateTable": ("{#FRONTEND}", "haxCertificateFrontend"),
}
"""A column of the same table that tells rows of one name apart: its macro and name."""

OF_KIND = {watched.kind: watched for watched in WATCHED}


def uuid(*names: str) -> str:
    """Return an identifier with the shape of a UUIDv4 that is the same in each release: 32 hexadecimal digits."""
    digits = list(hashlib.sha256("/".join(("haproxy-agentx", *names)).encode()).hexdigest()[:32])
    digits[12] = "4"
    digits[16] = "89ab"[int(digits[16], 16) % 4]
    return "".join(digits)


def macro(threshold: Threshold) -> str:
    """Return the user macro of a threshold."""
    return f"{{$HAX.{macro_case(threshold.name)}}}"


def key(name: str, *, row: bool) -> str:
    """Return the key of an item: 'hax.service.health[{#SNMPINDEX}]' of a row."""
    words = macro_case(name.removeprefix("hax")).lower().strip("_").replace("_", ".", 1)
    return f"hax.{words}[{{#SNMPINDEX}}]" if row else f"hax.{words}"


def row_name(watched: Watched) -> str:
    """Return how the name of a row is written, in macros of the discovery."""
    parent = PARENT.get(watched.table)
    return f"{parent[0]}/{{#NAME}}" if parent else "{#NAME}"


def plural(watched: Watched) -> str:
    """Return the word for several rows."""
    return f"{watched.kind}{'es' if watched.kind.endswith('s') else 's'}"


def reference(name: str, *, row: bool) -> str:
    """Return an item in an expression."""
    return f"/{TEMPLATE}/{key(name, row=row)}"


def expression(mib: Mib, alarm: Alarm) -> str:
    """Return the expression that is true while the alarm is raised."""
    row = alarm.kind != "node"
    raised = _condition(mib, alarm.when, row=row)
    return f"({raised}) and {_condition(mib, alarm.only, row=row)}" if alarm.only else raised


def _condition(mib: Mib, when: Condition, *, row: bool) -> str:
    match when:
        case OneOf(name, labels):
            last = f"last({reference(name, row=row)})"
            return " or ".join(f"{last}={mib.value(name, label)}" for label in labels)
        case Above(name, threshold):
            return f"last({reference(name, row=row)})>{_limit(threshold)}"
        case Below(name, threshold):
            return f"last({reference(name, row=row)})<{_limit(threshold)}"
        case Share(name, limit, threshold):
            most = f"last({reference(limit, row=row)})"
            return f"last({reference(name, row=row)})*100>{macro(threshold)}*{most} and {most}>0"
        case Grows(name, window):
            item = reference(name, row=row)
            return f"last({item})>min({item},{macro(window)})"
        case Silent(name):
            item = reference(name, row=row)
            return f"last({item})={SILENT_VALUE} or nodata({item},{{$HAX.NODATA}})=1"


def _limit(threshold: Threshold | int) -> str:
    return str(threshold) if isinstance(threshold, int) else macro(threshold)


def objects_of(when: Condition) -> tuple[str, ...]:
    """Return the names of the objects that a condition asks for."""
    return (when.object, when.limit) if isinstance(when, Share) else (when.object,)


def sampled(alarms: Sequence[Alarm]) -> frozenset[str]:
    """Return the names of objects whose every value counts, so that none may be discarded as unchanged."""
    kept = (Grows, Silent)
    return frozenset(name for alarm in alarms if isinstance(alarm.when, kept) for name in objects_of(alarm.when))


def value_maps() -> Iterator[dict[str, object]]:
    """Yield the value maps: the enumerations of the MIB, and TruthValue."""
    for convention in schema.CONVENTIONS:
        if convention.labels and convention.syntax == "INTEGER":
            yield value_map(convention.name, {number: label for label, number in convention.labels.items()})
    yield value_map("TruthValue", {1: "true", 2: "false"})


def value_map(name: str, labels: dict[int, str]) -> dict[str, object]:
    """Return a value map."""
    silent = {SILENT_VALUE: "no answer"} if name == "HaxNodeHealth" else {}
    mappings = [{"value": str(number), "newvalue": label} for number, label in (silent | labels).items()]
    return {"uuid": uuid("valuemap", name), "name": name, "mappings": mappings}


def units(one: Object, *, rate: bool) -> str:
    """Return the unit of an item; the rate of seconds in a state is a share, without a unit."""
    if rate:
        return "" if one.units == "seconds" else RATES.get(one.units, f"{one.units}/s")
    return "uptime" if one.syntax == "TimeTicks" else GAUGES.get(one.units, "")
