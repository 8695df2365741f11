"""The template in a real Zabbix: import, discovery, values, problems of faults, and the traps of services."""

import pytest

from integration.netlab.plan import BALANCERS
from integration.packs.alarms import ALARMS
from integration.packs.files import FOLDER
from integration.packs.zabbix_parts import key
from integration.zabbixlab.server import VERSIONS, Zabbix
from tests.support.pack_faults import FAULTS
from tests.support.wait import Stopwatch, eventually

pytestmark = pytest.mark.zabbix

WITHIN = 15.0
"""Seconds from a fault to its problems, and from its end to none."""

SILENCE = 75.0
"""The same where a node does not answer at all: Zabbix looks at silence every 30 s, for a node silent for 30 s."""

UNSEEN = {"serverDown", "siteDualActive", "siteNotServed"}
"""Servers are not discovered unless asked for, and no trigger compares nodes."""


@pytest.fixture(scope="module", params=VERSIONS)
def zabbix(request, keeper, tmp_path_factory):
    lab = keeper.get("fast", agent=True)
    with Zabbix(lab, request.param, tmp_path_factory.mktemp("zabbix")) as zabbix:
        template = FOLDER / "zabbix" / request.param / "template_haproxy_keepalived_snmp.yaml"
        zabbix.import_template(template.read_text())
        zabbix.add_hosts()
        eventually(lambda: discovered(zabbix), 120, 1)
        yield zabbix
    keeper.down()  # its trap receiver was stopped


def discovered(zabbix):
    zabbix.discover()
    found = [zabbix.values(host).get(f"{key('haxServiceHealth', row=False)}[1]") for host in BALANCERS]
    return found == ["1", "2"]


def test_values_are_those_of_the_node_and_none_is_refused(zabbix):
    values = zabbix.values("lb1")
    assert values["hax.health"] == "1"
    assert values["hax.instance.state[1]"] == "2"
    assert values["hax.service.usable_servers[1]"] == "5"
    refused = zabbix.call("item.get", {"output": ["key_", "error"], "filter": {"state": 1}, "host": "lb1"})
    assert refused == []


def test_a_pair_that_is_well_has_no_problem(zabbix):
    assert eventually(lambda: zabbix.problems() == frozenset(), 60, 0.5)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_opens_its_problems_which_end_with_it(zabbix, fault):
    expected = frozenset((name, node) for name, node in fault.alarms if name not in UNSEEN)
    within = SILENCE if fault.name == "snmpd hangs" else WITHIN
    eventually(lambda: zabbix.problems() == frozenset(), 120, 0.5)
    fault.begin(zabbix.lab)
    try:
        with Stopwatch() as opened:
            eventually(lambda: expected <= zabbix.problems(), 120, 0.5)
        assert eventually(lambda: zabbix.problems() == expected, 60, 0.5)
        names = zabbix.names()
    finally:
        fault.end(zabbix.lab)
    with Stopwatch() as over:
        eventually(lambda: zabbix.problems() == frozenset(), 120, 0.5)
    print(f"{fault.name}: opened after {opened.seconds:.1f} s, over after {over.seconds:.1f} s, of machine time")
    summaries = {alarm.name: alarm.summary for alarm in ALARMS}
    assert all(any(summaries[name] in shown for shown in names) for name, _ in expected)
    assert not any("*UNKNOWN*" in shown for shown in names)
    assert max(opened.seconds, over.seconds) <= within


def test_the_trap_of_a_service_arrives_at_its_item(zabbix):
    zabbix.lab.ctl("lb2", "haproxy", "stop")

    def arrived():
        found = {name: text for name, text in zabbix.values("lb2").items() if name.startswith('snmptrap["(?s)')}
        return {service: next((t for n, t in found.items() if service in n), "") for service in ("SITE1", "SITE2")}

    try:
        texts = eventually(lambda: (found := arrived()) and all(found.values()) and found, 60, 0.5)
    finally:
        zabbix.lab.ctl("lb2", "haproxy", "start")
    for service, text in texts.items():
        assert service in text
    eventually(lambda: int(zabbix.values("lb2").get("hax.trap.sequence", "0")) > 0, 60, 0.5)
