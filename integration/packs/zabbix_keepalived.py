"""The template 'keepalived by SNMP' for Zabbix: keepalived's own MIB and traps, on nodes without haproxy-agentx.

It does what a trap item with the expression `{host:snmptrap[...].str("type=2 value=INTEGER: 2")}` is meant to do, and
puts right what is wrong with that one: the receiver writes two blanks, it writes numbers where it has no MIB modules,
an item for all instances has the last trap of any of them, and a standby that is well must not be a problem.
"""

from integration.packs import zabbix_parts as parts
from integration.packs.pack import Source

Part = dict[str, object]

TEMPLATE = "keepalived by SNMP"
INSTANCE = "9586.100.5.2.3.1"
"""vrrpInstanceEntry of KEEPALIVED-MIB, below enterprises."""

NOTIFICATION = "KEEPALIVED-MIB::vrrpInstanceStateChange|9586.100.5.2.10.0.2"
STATES = {0: "init", 1: "backup", 2: "master", 3: "fault", 4: "unknown", 5: "shutdown", 6: "deleted"}
MASTER, FAULT = 2, 3
OTHERS = tuple(state for state in STATES if state != MASTER)
NAME, STATE, INITIAL_STATE = ("vrrpInstanceName", 2), ("vrrpInstanceState", 4), ("vrrpInstanceInitialState", 5)

Column = tuple[str, int]


def export(source: Source, version: str, *, groups: str) -> Part:
    """Return the file for a version; ``groups`` is how it calls groups of templates."""
    group = {"uuid": "a571c0d144b14fd4a87a9d9b2aa9fcd6", "name": "Templates/Applications"}  # Zabbix's own
    return {"zabbix_export": {"version": version, groups: [group], "templates": [_template(source)]}}


def trap_key() -> str:
    """Return the key of the trap item of an instance."""
    name = f"({_either(NAME)})([.][0-9]+)? ([^\\n]* )?{parts.QUOTE}{{#NAME}}{parts.QUOTE}"
    return f'snmptrap["(?s)({_dotted(NOTIFICATION)}).*{name}\\s"]'


def pattern(*states: int) -> str:
    """Return what finds one of the states in the text of a trap: without backslashes, which differ in 6.0 and 7.0."""
    found = "|".join(f"{STATES[state]}|({STATES[state]}[(])?{state}[)]?" for state in states)
    return f"({_either(STATE)})([.][0-9]+)? (.* )?({found})([[:space:]]|$)"


def _either(column: Column) -> str:
    name, number = column
    return f"{name}|{_dotted(f'{INSTANCE}.{number}')}"


def _dotted(text: str) -> str:
    return text.replace(".", "[.]")


def _template(source: Source) -> Part:
    return {
        "uuid": parts.uuid("keepalived", "template"),
        "template": TEMPLATE,
        "name": TEMPLATE,
        "description": "VRRP instances of keepalived, by KEEPALIVED-MIB and its traps, for nodes without "
        "haproxy-agentx.\n"
        "Traps: the host's SNMP interface has to be the address that they come from (clientaddr of snmpd.conf).",
        "groups": [{"name": "Templates/Applications"}],
        "discovery_rules": [_rule(source)],
        "tags": [{"tag": "class", "value": "network"}, {"tag": "target", "value": "keepalived"}],
        "macros": [
            {"macro": "{$KEEPALIVED.DISCOVERY}", "value": "5m", "description": "Time between two discoveries"},
            {"macro": "{$KEEPALIVED.INTERVAL}", "value": "30s", "description": "Time between two readings"},
        ],
        "valuemaps": [
            {
                "uuid": parts.uuid("keepalived", "valuemap"),
                "name": "VrrpState",
                "mappings": [{"value": str(number), "newvalue": name} for number, name in STATES.items()],
            }
        ],
    }


def _rule(source: Source) -> Part:
    return {
        "uuid": parts.uuid("keepalived", "discovery"),
        "name": "VRRP instances",
        "type": "SNMP_AGENT",
        "snmp_oid": f"discovery[{{#NAME}},.1.3.6.1.4.1.{INSTANCE}.{NAME[1]}]",
        "delay": "{$KEEPALIVED.DISCOVERY}",
        "key": "keepalived.instance.discovery",
        "lifetime": "1d",
        "item_prototypes": [_number(STATE, "state"), _number(INITIAL_STATE, "initial_state"), _trap()],
        "trigger_prototypes": [_fault(source), _not_master(source)],
    }


def _number(column: Column, name: str) -> Part:
    return {
        "uuid": parts.uuid("keepalived", name),
        "name": f"VRRP instance {{#NAME}}: {name.replace('_', ' ')}",
        "type": "SNMP_AGENT",
        "snmp_oid": f".1.3.6.1.4.1.{INSTANCE}.{column[1]}.{{#SNMPINDEX}}",
        "key": f"keepalived.instance.{name}[{{#SNMPINDEX}}]",
        "delay": "{$KEEPALIVED.INTERVAL}",
        "history": "7d",
        "description": f"{column[0]} of KEEPALIVED-MIB.",
        "valuemap": {"name": "VrrpState"},
        "tags": [{"tag": "component", "value": "keepalived"}, {"tag": "instance", "value": "{#NAME}"}],
    }


def _trap() -> Part:
    return {
        "uuid": parts.uuid("keepalived", "trap"),
        "name": "VRRP instance {#NAME}: traps",
        "type": "SNMP_TRAP",
        "key": trap_key(),
        "delay": "0",
        "history": "7d",
        "trends": "0",
        "value_type": "LOG",
        "description": "vrrpInstanceStateChange of this instance, as the receiver writes it.",
        "tags": [{"tag": "component", "value": "traps"}, {"tag": "instance", "value": "{#NAME}"}],
    }


def _found(*states: int) -> str:
    """Return the condition that the last trap has one of the states. Without a trap it does not hold."""
    return f'find(/{TEMPLATE}/{trap_key()},,"regexp","{pattern(*states)}")=1'


def _fault(source: Source) -> Part:
    return {
        "uuid": parts.uuid("keepalived", "fault"),
        "expression": _found(FAULT),
        "name": "VRRP instance {#NAME} is in FAULT on this node",
        "priority": "HIGH",
        "description": source.link("Health: fault"),
        "tags": [{"tag": "scope", "value": "availability"}, {"tag": "alarm", "value": "keepalivedFault"}],
    }


def _not_master(source: Source) -> Part:
    fault = _fault(source)
    initial = f"last(/{TEMPLATE}/keepalived.instance.initial_state[{{#SNMPINDEX}}])"
    return {
        "uuid": parts.uuid("keepalived", "notMaster"),
        "expression": f"{_found(*OTHERS)} and {initial}={MASTER}",
        "name": "VRRP instance {#NAME} is not MASTER on this node, which starts as MASTER",
        "priority": "WARNING",
        "description": source.link("Alarm: serviceNotAsIntended"),
        "dependencies": [{"name": fault["name"], "expression": fault["expression"]}],
        "tags": [{"tag": "scope", "value": "availability"}, {"tag": "alarm", "value": "keepalivedNotMaster"}],
    }
