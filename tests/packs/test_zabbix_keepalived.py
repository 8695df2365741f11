"""The template for nodes without haproxy-agentx: its items and triggers match what the receivers of traps write."""

import re

import pytest
import yaml

from integration.packs.files import rendered, source
from integration.packs.zabbix_keepalived import FAULT, MASTER, OTHERS, STATES, pattern, trap_key

FILES = {path: text for path, text in rendered(source()).items() if path.endswith("/template_keepalived_snmp.yaml")}

ENTRY = ".1.3.6.1.4.1.9586.100.5.2.3.1"
TEXTS = {
    "names": """PDU INFO:
  notificationtype               TRAP
VARBINDS:
  DISMAN-EVENT-MIB::sysUpTimeInstance type=67 value=Timeticks: (22) 0:00:00.22
  SNMPv2-MIB::snmpTrapOID.0      type=6  value=OID: KEEPALIVED-MIB::vrrpInstanceStateChange
  KEEPALIVED-MIB::vrrpInstanceName type=4  value=STRING: "{name}"
  KEEPALIVED-MIB::vrrpInstanceState type=2  value=INTEGER: {number}
  KEEPALIVED-MIB::vrrpInstanceInitialState type=2  value=INTEGER: 1
""",
    "names of states": """PDU INFO:
VARBINDS:
  SNMPv2-MIB::snmpTrapOID.0      type=6  value=OID: KEEPALIVED-MIB::vrrpInstanceStateChange
  KEEPALIVED-MIB::vrrpInstanceName.1 type=4  value=STRING: {name}
  KEEPALIVED-MIB::vrrpInstanceState.1 type=2  value=INTEGER: {word}({number})
""",
    "numbers": f"""PDU INFO:
VARBINDS:
  .1.3.6.1.6.3.1.1.4.1.0         type=6  value=OID: .1.3.6.1.4.1.9586.100.5.2.10.0.2
  {ENTRY}.2 type=4  value=STRING: "{{name}}"
  {ENTRY}.4 type=2  value=INTEGER: {{number}}
  {ENTRY}.5 type=2  value=INTEGER: 1
""",
    "a handler in shell": """.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.4.1.9586.100.5.2.10.0.2
iso.3.6.1.4.1.9586.100.5.2.3.1.2 "{name}"
KEEPALIVED-MIB::vrrpInstanceState {word}
""",
}
EVERY = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def shown(text, name, state):
    return text.format(name=name, number=state, word=STATES[state])


@EVERY
def test_an_item_has_the_traps_of_its_instance_only(text):
    found = re.compile(trap_key().removeprefix('snmptrap["').removesuffix('"]').replace("{#NAME}", "SITE1"))
    assert found.search(shown(text, "SITE1", MASTER))
    assert not found.search(shown(text, "SITE2", MASTER))
    assert not found.search(shown(text, "SITE11", MASTER))


@EVERY
@pytest.mark.parametrize("wanted", [(MASTER,), (FAULT,), OTHERS])
@pytest.mark.parametrize("state", STATES)
def test_a_trigger_finds_its_state_only(text, wanted, state):
    posix = pattern(*wanted).replace("[[:space:]]", "[ \n]")
    assert bool(re.search(posix, shown(text, "SITE1", state))) == (state in wanted)


def test_the_expression_that_is_copied_most_does_not():
    assert "type=2 value=INTEGER: 2" not in shown(TEXTS["names"], "SITE1", MASTER)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_only_a_node_that_starts_as_master_is_reported_as_not_master(text):
    (template,) = yaml.safe_load(text)["zabbix_export"]["templates"]
    (rule,) = template["discovery_rules"]
    keys = {item["key"] for item in rule["item_prototypes"]}
    expressions = [trigger["expression"] for trigger in rule["trigger_prototypes"]]
    for expression in expressions:
        assert (
            set(re.findall(r"keepalived\.instance\.\w+\[\{#SNMPINDEX\}\]|snmptrap\[\"[^\"]*\"\]", expression)) <= keys
        )
        assert "\\" not in expression.replace(trap_key(), "")
    assert [f"initial_state[{{#SNMPINDEX}}])={MASTER}" in one for one in expressions] == [False, True]
