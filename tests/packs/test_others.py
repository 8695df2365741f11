"""The packs of systems that are not run here: their formats, as far as they are known, and what they name."""

import importlib.util
import re
import sys
import tomllib
from enum import Enum
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
import yaml

from haproxy_agentx.health.model import Health
from haproxy_agentx.objects import schema
from haproxy_agentx.pair.model import PairState
from integration.packs import opennms
from integration.packs.files import FOLDER, rendered, source
from integration.packs.mib import Mib, Object
from integration.packs.notices import REPORTED, SEVERITIES, SUBJECT
from integration.packs.watched import SCALARS, WATCHED

FILES = rendered(source())
MIB = Mib()
OIDS = {
    MIB.object(one.name).oid
    for one in (*schema.SCALARS, *(column for table in schema.TABLES for column in table.columns))
}


def known(oid):
    """Whether an OID is that of an object, or of the instance of a scalar."""
    return oid.lstrip(".").removesuffix(".0") in OIDS or oid.lstrip(".") in OIDS


def objects() -> list[Object]:
    columns = [name for watched in WATCHED for name in (watched.name, *watched.values)]
    return [MIB.object(name) for name in (*SCALARS, *columns)]


# OpenNMS


def test_an_alias_is_short_and_unique():
    aliases = [opennms.alias(one.name) for one in objects()]
    assert all(len(alias) <= opennms.ALIAS for alias in aliases)
    assert len(aliases) == len(set(aliases))


def test_the_collection_includes_its_groups():
    root = ET.fromstring(FILES["opennms/datacollection/haproxy-agentx.xml"])
    space = {"o": "http://xmlns.opennms.org/xsd/config/datacollection"}
    groups = {group.get("name") for group in root.findall("o:group", space)}
    types = {kind.get("name") for kind in root.findall("o:resourceType", space)}
    assert {one.text for one in root.iter(f"{{{space['o']}}}includeGroup")} <= groups
    assert {one.get("instance") for one in root.iter(f"{{{space['o']}}}mibObj")} - {"0"} == types
    assert all(known(one.get("oid")) for one in root.iter(f"{{{space['o']}}}mibObj"))


def test_the_collection_is_valid_by_the_schema_of_opennms():
    """The rules of datacollection-config.xsd that our file can break: order, attributes, and patterns of attributes."""
    root = ET.fromstring(FILES["opennms/datacollection/haproxy-agentx.xml"])
    space = root.tag.removesuffix("datacollection-group")
    order = ["resourceType", "group", "systemDef"]
    kinds = [one.tag.removeprefix(space) for one in root]
    assert kinds == sorted(kinds, key=order.index)
    for kind in root.iter(f"{space}resourceType"):
        assert [one.tag.removeprefix(space) for one in kind] == ["persistenceSelectorStrategy", "storageStrategy"]
    for group in root.iter(f"{space}group"):
        assert re.fullmatch(r"all|ignore|(\d+,)*\d+", group.get("ifType"))
    for one in root.iter(f"{space}mibObj"):
        assert set(one.attrib) == {"oid", "instance", "alias", "type"}
        assert one.get("type") in {"counter", "gauge", "string"}


def test_an_event_is_valid_by_the_schema_of_opennms():
    """Likewise of eventconf.xsd."""
    root = ET.fromstring(FILES["opennms/events/haproxy-agentx.events.xml"])
    space = root.tag.removesuffix("events")
    for event in root:
        parts = [one.tag.removeprefix(space) for one in event]
        assert parts == ["mask", "uei", "event-label", "descr", "logmsg", "severity", "alarm-data"]
        kinds = [one.tag.removeprefix(space) for one in event[0]]
        assert kinds == sorted(kinds)
        assert {one.findtext(f"{space}mename") for one in event[0]} - {None} == {"id", "generic", "specific"}
        assert event.find(f"{space}logmsg").get("dest") == "logndisplay"


def test_each_alarm_is_cleared_by_an_event_of_its_subject():
    root = ET.fromstring(FILES["opennms/events/haproxy-agentx.events.xml"])
    alarms = [one.attrib for one in root.iter("{http://xmlns.opennms.org/xsd/eventconf}alarm-data")]
    raised = {one["reduction-key"] for one in alarms if one["alarm-type"] == "1"}
    cleared = {one["clear-key"] for one in alarms if one["alarm-type"] == "2"}
    assert raised == cleared
    assert len(alarms) == len(REPORTED) * len(SEVERITIES)


# collectors


def test_telegraf_asks_for_objects_of_the_mib():
    parsed = tomllib.loads(FILES["telegraf/haproxy-agentx.conf"])["inputs"]["snmp"][0]
    fields = [*parsed["field"], *(field for table in parsed["table"] for field in table["field"])]
    assert all(known(field["oid"]) for field in fields)
    assert all(any(field.get("is_tag") for field in table["field"]) for table in parsed["table"])


def test_opentelemetry_declares_the_attributes_that_it_uses():
    receiver = next(iter(yaml.safe_load(FILES["opentelemetry/receiver.example.yaml"])["receivers"].values()))
    for metric in receiver["metrics"].values():
        assert ("gauge" in metric) != ("sum" in metric)
        for column in metric.get("column_oids", ()):
            assert known(column["oid"])
            assert all(one["name"] in receiver["attributes"] for one in column["attributes"])
    assert all(known(one["oid"]) for one in receiver["attributes"].values())


@pytest.mark.parametrize("path", ["datadog/haproxy-agentx.yaml", "netdata/haproxy-agentx.yaml"])
def test_a_profile_asks_for_objects_of_the_mib(path):
    for metric in yaml.safe_load(FILES[path])["metrics"]:
        symbols = metric.get("symbols") or [metric["symbol"]]
        assert all(known(one["OID"]) for one in symbols)
        assert all(known(tag["symbol"]["OID"]) for tag in metric.get("metric_tags", ()))


def test_the_database_of_traps_has_each_notification():
    traps = yaml.safe_load(FILES["datadog/haproxy-agentx.traps.yaml"])
    assert {one["name"] for one in traps["traps"].values()} == set(SUBJECT)


# LibreNMS and SNMPTT


def test_a_sensor_has_all_values():
    sensors = yaml.safe_load(FILES["librenms/os_discovery-linux.yaml"])["modules"]["sensors"]["state"]["data"]
    for sensor, values in zip(sensors, (Health, PairState), strict=True):
        assert {state["descr"]: state["value"] for state in sensor["states"]} == {one.name: one.value for one in values}
        levels = [state["generic"] for state in sensor["states"]]
        assert levels == sorted(levels)


def test_snmptt_has_an_event_for_each_severity_and_runs_nothing():
    text = FILES["snmptt/snmptt.conf.haproxy-agentx"]
    assert len(re.findall(r"^EVENT hax", text, re.MULTILINE)) == len(REPORTED) * (len(SEVERITIES) + 1) + 1
    assert not re.search(r"^(EXEC|PREEXEC)", text, re.MULTILINE)


# Checkmk: its API is a stand-in


class Record:
    def __init__(self, **given):
        self.__dict__.update(given)


class State(Enum):
    OK = 0
    WARN = 1
    CRIT = 2


@pytest.fixture
def plugin(monkeypatch):
    api = ModuleType("cmk.agent_based.v2")
    for name in ("CheckPlugin", "Result", "Service", "SimpleSNMPSection", "SNMPTree"):
        setattr(api, name, Record)
    api.State, api.exists = State, lambda oid: ("exists", oid)
    for name in ("cmk", "cmk.agent_based"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "cmk.agent_based.v2", api)
    path = FOLDER / "checkmk/cmk_addons/plugins/haproxy_agentx/agent_based/haproxy_agentx.py"
    spec = importlib.util.spec_from_file_location("haproxy_agentx_checkmk", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    return module


def test_checkmk_reads_names_values_and_texts(plugin):
    for kind in ("service", "pair", "source"):
        fetch = getattr(plugin, f"snmp_section_haproxy_agentx_{kind}").fetch
        assert all(known(f"{fetch.base}.{column}") for column in fetch.oids)


@pytest.mark.parametrize("health", Health)
def test_checkmk_reports_each_health_with_its_cause(plugin, health):
    section = plugin.snmp_section_haproxy_agentx_service.parse_function([["SITE1", str(health.value), "a cause"]])
    check = plugin.check_plugin_haproxy_agentx_service
    assert [one.item for one in check.discovery_function(section)] == ["SITE1"]
    (result,) = check.check_function("SITE1", section)
    assert result.summary == f"{health.name}: a cause"
    assert result.state.value == (0 if health <= Health.standby else 1 if health < Health.unknown else 2)
    assert list(check.check_function("gone", section)) == []
