"""LibreNMS: state sensors of a Linux host, a handler of traps, and its lines in the table of traps."""

from collections.abc import Iterator

from integration.packs.alarms import ALARMS, OneOf
from integration.packs.mib import NOTIFICATIONS, Mib
from integration.packs.pack import GENERATED, NAGIOS, Files, Source, as_yaml

GENERIC = {"ok": 0, "warning": 1, "critical": 2}
SENSORS = (
    ("haxServiceTable", "haxServiceHealth", "haxServiceName", "Service"),
    ("haxPairTable", "haxPairState", "haxPairService", "Pair"),
)
"""Few rows only: the discovery of a Linux host runs on every Linux host. Table, value, name, and what a row is."""

CLASS = "HaproxyAgentxEvent"


def render(source: Source) -> Files:
    """Return what goes into LibreNMS, each file at its place there."""
    traps = "\n".join(f"    'HAPROXY-AGENTX-MIB::{name}' => Handlers\\{CLASS}::class," for name in NOTIFICATIONS)
    return {
        "librenms/os_discovery-linux.yaml": as_yaml(
            {"modules": {"sensors": {"state": {"data": [_sensor(source, *one) for one in SENSORS]}}}}
        ),
        "librenms/snmptraps.php.lines": f"{traps}\n",
        f"librenms/LibreNMS/Snmptrap/Handlers/{CLASS}.php": _HANDLER,
    }


def _sensor(source: Source, table: str, value: str, name: str, word: str) -> dict[str, object]:
    one = source.mib.object(value)
    return {
        "oid": f"HAPROXY-AGENTX-MIB::{table}",
        "value": f"HAPROXY-AGENTX-MIB::{value}",
        "num_oid": f".{one.oid}.{{{{ $index }}}}",
        "descr": f"{word} {{{{ HAPROXY-AGENTX-MIB::{name} }}}}",
        "index": f"{value}.{{{{ $index }}}}",
        "state_name": value,
        "states": list(states(source.mib, value)),
    }


def states(mib: Mib, value: str) -> Iterator[dict[str, object]]:
    """Yield each value of a state sensor with the severity of its alarm."""
    levels = {
        label: NAGIOS[alarm.severity]
        for alarm in ALARMS
        if isinstance(alarm.when, OneOf) and alarm.when.object == value
        for label in alarm.when.labels
    }
    for label, number in mib.object(value).labels.items():
        yield {"value": number, "generic": GENERIC[levels.get(label, "ok")], "graph": 1, "descr": label}


_HANDLER = f"""<?php

// {GENERATED}

namespace LibreNMS\\Snmptrap\\Handlers;

use App\\Models\\Device;
use LibreNMS\\Enum\\Severity;
use LibreNMS\\Interfaces\\SnmptrapHandler;
use LibreNMS\\Snmptrap\\Trap;

class {CLASS} implements SnmptrapHandler
{{
    /**
     * Handle a notification of HAPROXY-AGENTX-MIB: log its subject, its state and its cause.
     */
    public function handle(Device $device, Trap $trap)
    {{
        $value = function (string $name) use ($trap) {{
            $oid = $trap->findOid("HAPROXY-AGENTX-MIB::$name");

            return $oid ? (string) $trap->getOidData($oid) : '';
        }};
        $before = $value('haxEventPreviousHealth') ?: $value('haxEventPreviousState');
        $after = $value('haxEventHealth') ?: $value('haxEventState');
        $text = trim($value('haxEventSubject') . ": $before -> $after: " . $value('haxEventCauseText'));
        $trap->log($text, self::severity($value('haxEventSeverity')), 'haproxy-agentx');
    }}

    public static function severity(string $severity): Severity
    {{
        return match ($severity) {{
            'cleared', '1' => Severity::Ok,
            'critical', '3' => Severity::Error,
            'major', '4', 'minor', '5', 'warning', '6' => Severity::Warning,
            default => Severity::Info,
        }};
    }}
}}
"""
