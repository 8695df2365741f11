"""The template for Zabbix: what the front end would refuse, or would not, though nothing works then."""

import re
from collections import Counter

import pytest
import yaml

from haproxy_agentx.health.model import Health
from integration.packs import zabbix_parts
from integration.packs.alarms import ALARMS
from integration.packs.files import rendered, source
from integration.packs.mib import Mib
from integration.packs.watched import WATCHED

FILES = {
    path: text for path, text in rendered(source()).items() if path.endswith("/template_haproxy_keepalived_snmp.yaml")
}
TEMPLATES = {path: yaml.safe_load(text)["zabbix_export"]["templates"][0] for path, text in FILES.items()}
EVERY = pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
UUID = re.compile(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")


def parts(node, name):
    """Yield each value of a key, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == name:
                yield value
            yield from parts(value, name)
    elif isinstance(node, list):
        for one in node:
            yield from parts(one, name)


def items(template):
    prototypes = [item for rule in template["discovery_rules"] for item in rule["item_prototypes"]]
    return [*template["items"], *prototypes]


def triggers(template):
    return [
        *(trigger for found in parts(template, "triggers") for trigger in found),
        *(trigger for found in parts(template, "trigger_prototypes") for trigger in found),
    ]


@EVERY
def test_identifiers_are_those_of_uuid_4_and_unique(template):
    found = list(parts(template, "uuid"))
    assert all(UUID.fullmatch(uuid) for uuid in found)
    assert [uuid for uuid, count in Counter(found).items() if count > 1] == []


def test_identifiers_are_the_same_in_both_formats():
    six, seven = ({item["key"]: item["uuid"] for item in items(template)} for template in TEMPLATES.values())
    assert six.items() <= seven.items()


@EVERY
def test_keys_are_unique(template):
    keys = [item["key"] for item in items(template)]
    assert len(keys) == len(set(keys))


@EVERY
def test_expressions_ask_for_items_that_exist(template):
    keys = {item["key"] for item in items(template)}
    for trigger in triggers(template):
        for text in (trigger["expression"], trigger.get("event_name", "")):
            for host, key in re.findall(r"\((/[^/]+/)([\w.]+(?:\[\{#SNMPINDEX\}\])?)", text):
                # a template's name is replaced in expressions only
                assert host == (f"/{zabbix_parts.TEMPLATE}/" if text is trigger["expression"] else "/{HOST.HOST}/")
                assert key in keys


def test_what_an_alarm_asks_for_and_shows_is_read_in_one_walk():
    template = next(template for path, template in TEMPLATES.items() if path.startswith("zabbix/7.0/"))
    walks = {item["key"]: item["master_item"]["key"] for item in items(template) if item["type"] == "DEPENDENT"}
    for trigger in triggers(template):
        asked = re.findall(r"/(hax[.\w]+\[\{#SNMPINDEX\}\])", trigger["expression"] + trigger.get("event_name", ""))
        assert len({walks[key] for key in asked}) <= 1, trigger["name"]


@EVERY
def test_a_dependency_names_a_trigger_of_the_template(template):
    there = {(trigger["name"], trigger["expression"]) for trigger in triggers(template)}
    for found in parts(template, "dependencies"):
        assert all((one["name"], one["expression"]) in there for one in found)


@EVERY
def test_each_alarm_has_one_trigger(template):
    names = Counter(tag["value"] for one in triggers(template) for tag in one["tags"] if tag["tag"] == "alarm")
    assert names == Counter([*(alarm.name for alarm in ALARMS), "notificationsMissed"])


@EVERY
def test_value_maps_that_are_used_exist(template):
    there = {one["name"] for one in template["valuemaps"]}
    assert {one["name"] for one in parts(items(template), "valuemap")} <= there
    health = next(one for one in template["valuemaps"] if one["name"] == "HaxNodeHealth")
    assert {(m["value"], m["newvalue"]) for m in health["mappings"]} >= {(str(h.value), h.name) for h in Health}


@EVERY
def test_macros_that_are_used_exist(template):
    there = {one["macro"] for one in template["macros"]}
    assert set(re.findall(r"\{\$[\w.]+\}", yaml.safe_dump(template))) == there


@EVERY
def test_dependent_items_have_a_master(template):
    keys = {item["key"] for item in items(template)}
    assert {one["key"] for one in parts(template, "master_item")} <= keys


@EVERY
def test_an_oid_fits_its_field(template):
    assert all(len(oid) <= 512 for oid in parts(template, "snmp_oid"))


@EVERY
def test_each_watched_value_is_an_item(template):
    keys = {item["key"] for item in items(template)}
    for watched in WATCHED:
        assert {zabbix_parts.key(name, row=True) for name in (*watched.values, *watched.texts)} <= keys


@EVERY
def test_what_is_counted_is_never_discarded(template):
    counted = {zabbix_parts.key(name, row=Mib().object(name).table != "") for name in zabbix_parts.sampled(ALARMS)}
    for item in items(template):
        if item["key"] in counted:
            assert all("UNCHANGED" not in step["type"] for step in item.get("preprocessing", ()))
    assert "hax.health" in counted


TEXTS = {
    "names": """HAPROXY-AGENTX-MIB::haxServiceHealthChange
  HAPROXY-AGENTX-MIB::haxEventSubject.5 type=4  value=STRING: "{}"
""",
    "numbers": """.{notification}
.{subject}.5 "{}"
""",
    "without quotes": """.{notification}
.{subject}.5 {}
""",
}


@EVERY
@pytest.mark.parametrize("form", TEXTS)
def test_a_trap_is_that_of_its_service_only(template, form):
    mib = Mib()
    key = next(item["key"] for item in items(template) if item["key"].startswith('snmptrap["(?s)'))
    pattern = re.compile(key.removeprefix('snmptrap["').removesuffix('"]').replace("{#NAME}", "SITE1"))
    text = TEXTS[form].replace("{notification}", mib.notification("haxServiceHealthChange"))
    text = text.replace("{subject}", mib.object("haxEventSubject").oid)
    assert pattern.search(text.replace("{}", "SITE1"))
    assert not pattern.search(text.replace("{}", "SITE2"))
    assert not pattern.search(text.replace("{}", "SITE11"))


SEQUENCES = {
    "names": "HAPROXY-AGENTX-MIB::haxEventSequence.15 type=66  value=Gauge32: 15\nSNMPv2-MIB::a.0 type=4\n",
    "numbers": ".1.3.6.1.6.3.1.1.4.1.0 .1\n.{sequence}.15 15\n.1.2.3 4\n",
}


@EVERY
@pytest.mark.parametrize("form", ["names", "numbers"])
def test_the_number_of_an_event_is_read_from_its_trap(template, form):
    item = next(item for item in template["items"] if item["key"] == "hax.trap.sequence")
    pattern, group = item["preprocessing"][0]["parameters"]
    text = SEQUENCES[form].replace("{sequence}", Mib().object("haxEventSequence").oid)
    assert group == "\\2"
    assert re.search(pattern, text)[2] == "15"
