"""The templates and the map in real Zabbix 6.0 and 7.0, which watch one lab: discovery, values, faults, traps."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from integration.netlab.peers import read_each_other
from integration.netlab.plan import ADDRESSES, BALANCERS, VIRTUAL
from integration.packs.alarms import ALARMS, SITE_ALARMS
from integration.packs.zabbix_keepalived import TEMPLATE as KEEPALIVED
from integration.packs.zabbix_keepalived import trap_key
from integration.zabbixlab import content
from integration.zabbixlab.building import build
from integration.zabbixlab.pictures import await_lines
from integration.zabbixlab.server import VERSIONS, Zabbix, send_traps
from integration.zabbixlab.service_map import BLUE, GREEN, ORANGE, RED
from integration.zabbixlab.standing import LAB_MACROS, VARIANT, build_when_discovered, fill
from tests.packs.conftest import TIMES
from tests.support.pack_faults import FAULTS
from tests.support.pair_lab import PairLab
from tests.support.wait import MachineTime, eventually

pytestmark = [pytest.mark.zabbix, pytest.mark.timeout(900)]

WITHIN = 15.0
"""Seconds from a fault to its problems, and from its end to none."""

SLOW = {("snmpd hangs", "agentSilent"): 90.0}
"""The same where a node does not answer at all: Zabbix looks at silence every 30 s, for a node silent for 30 s."""

UNSEEN = {"serverDown"}
"""Servers are not discovered unless asked for."""

HOSTS = {"6.0": "client", "7.0": "sink"}
"""The host of the lab that gives its network to a version."""

SERVICE = "SITE1"
MIRRORS = {f"{name} keepalived": name for name in BALANCERS}
"""Hosts of the template for nodes without haproxy-agentx: the same nodes, under another name."""

BESIDES = {
    "HAProxy hangs on the node that serves": {("siteNoAnswer", SERVICE)},
    "HAProxy ends on the node that serves": {("siteServedInPlace", SERVICE), ("keepalivedNotMaster", "lb1 keepalived")},
    "all web servers are down": {("siteNoAnswer", SERVICE)},
    "keepalived is killed on the node that serves": {("siteServedInPlace", SERVICE)},
}
"""What is raised in Zabbix besides: what it sees as a client does, and what keepalived's own traps say."""


LINES = {
    "HAProxy hangs on the node that serves": (RED, BLUE),
    "HAProxy ends on the node that serves": (RED, GREEN),
    "one web server is down": (ORANGE, ORANGE),
    "the nodes do not hear each other": (RED, RED),
}
"""The colours of the lines to lb1 and lb2, as the browser draws them."""

VALUES = {
    "lb1": {"hax.health": "1", "hax.vrrp.state[1]": "2", "hax.service.usable_servers[1]": "5"},
    "lb2": {"hax.health": "2", "hax.vrrp.state[1]": "3"},
    "lb1 keepalived": {"keepalived.instance.state[1]": "2", "keepalived.instance.initial_state[1]": "2"},
    SERVICE: {
        "hax.site.health[lb1]": "1",
        "hax.site.health[lb2]": "2",
        "hax.site.serving": "1",
        "hax.site.http": "200",
    },
}


@dataclass(slots=True)
class Watch:
    """A Zabbix, and when it showed problems: seconds of machine time and on the clock since ``restart``."""

    zabbix: Zabbix
    since: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    until: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    clock: float = 0.0
    machine: MachineTime = field(default_factory=MachineTime)

    def restart(self):
        self.since, self.until = {}, {}
        self.clock, self.machine = time.monotonic(), MachineTime()

    def there(self):
        """Look once, and return the problems that are there."""
        found = content.problems(self.zabbix.api)
        now = self.machine(), time.monotonic() - self.clock
        for problem in found:
            self.since.setdefault(problem, now)
            self.until.pop(problem, None)
        for problem in self.since.keys() - found:
            self.until.setdefault(problem, now)
        return found


@pytest.fixture(scope="module")
def watches(keeper, tmp_path_factory):
    lab = keeper.get(VARIANT, agent=True, prepare=prepare_all)
    PairLab(lab).await_states("redundant", "redundant")
    with ExitStack() as stack:
        made = [Zabbix(lab, version, tmp_path_factory.mktemp("zabbix"), HOSTS[version]) for version in VERSIONS]
        for zabbix in made:
            stack.callback(zabbix.stop)
            zabbix.start()
        for zabbix in made:
            zabbix.await_api()
            fill(zabbix.api)
            for mirror, name in MIRRORS.items():
                content.add_node(zabbix.api, content.SnmpHost(mirror, ADDRESSES[name]), [KEEPALIVED], LAB_MACROS)
        for zabbix in made:
            build_when_discovered(zabbix.api, SERVICE)
        yield [Watch(zabbix) for zabbix in made]
    keeper.down()  # its trap receiver was stopped


def prepare_all(lab):
    read_each_other(lab)
    for host in HOSTS.values():
        send_traps(lab, ADDRESSES[host])


@pytest.fixture
def each(watches):
    """Both, once none has a problem."""
    eventually(lambda: all(not content.problems(watch.zabbix.api) for watch in watches), 120, 0.5)
    return watches


@pytest.mark.parametrize(("host", "wanted"), VALUES.items(), ids=VALUES)
def test_values_are_those_of_the_node_and_none_is_refused(each, host, wanted):
    for watch in each:
        api = watch.zabbix.api
        eventually(lambda api=api: content.values(api, host).items() >= wanted.items(), 60, 1)
        eventually(lambda api=api: not content.refused(api, host), 120, 1)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_opens_its_problems_which_end_with_it(each, fault, record_property):
    lab = each[0].zabbix.lab
    by_nodes = {(name, node or SERVICE) for name, node in fault.alarms | fault.by_peers if name not in UNSEEN}
    expected = by_nodes | BESIDES.get(fault.name, set())
    for watch in each:
        watch.restart()
    fault.begin(lab)
    try:
        eventually(lambda: [watch.there() for watch in each] == [expected] * len(each), 150, 1)
        names = [content.names(watch.zabbix.api) for watch in each]
        opened = [dict(watch.since) for watch in each]
        if fault.name in LINES:
            for watch in each:
                await_lines(watch.zabbix, the_map(watch.zabbix.api), LINES[fault.name])
    finally:
        fault.end(lab)
    for watch in each:
        watch.restart()
    eventually(lambda: [watch.there() for watch in each] == [set()] * len(each), 120, 1)
    for watch, since, shown in zip(each, opened, names, strict=True):
        system = f"Zabbix {watch.zabbix.version}"
        for problem in sorted(expected):
            record_property(TIMES, (system, fault.name, *problem, since[problem], watch.until.get(problem, (0.0, 0.0))))
        assert all(any(summary in one for one in shown) for summary in summaries(expected)), shown
        assert not any("*UNKNOWN*" in one for one in shown)
    for watch, since in zip(each, opened, strict=True):
        late = {
            one: seconds[0] for one, seconds in since.items() if seconds[0] > SLOW.get((fault.name, one[0]), WITHIN)
        }
        assert not late
        assert not {one: seconds[0] for one, seconds in watch.until.items() if seconds[0] > WITHIN}


def summaries(problems):
    known = {alarm.name: alarm.summary for alarm in (*ALARMS, *SITE_ALARMS)}
    return {known[name] for name, _ in problems if name in known}


def test_the_trap_of_a_service_arrives_at_its_item_with_names_and_with_numbers(each):
    each[0].zabbix.lab.ctl("lb1", "haproxy", "stop")
    try:
        for watch in each:
            eventually(lambda api=watch.zabbix.api: all_forms(api), 60, 0.5)
    finally:
        each[0].zabbix.lab.ctl("lb1", "haproxy", "start")
    for watch in each:
        eventually(
            lambda api=watch.zabbix.api: int(content.values(api, "lb2").get("hax.trap.sequence", "0")) > 0, 60, 0.5
        )


def all_forms(api):
    """Whether the traps of both services came to their items, from both receivers."""
    for host, key in (("lb2", 'snmptrap["(?s)'), *((mirror, trap_key().partition("{#NAME}")[0]) for mirror in MIRRORS)):
        for service in ("SITE1", "SITE2"):
            texts = content.texts(api, host, key, service)
            if not any("HAPROXY-AGENTX-MIB::" in text or "KEEPALIVED-MIB::" in text for text in texts):
                return False
            if not any("-MIB::" not in text for text in texts):
                return False
            assert all(service in text for text in texts)
    return True


def test_the_map_that_is_built_over_the_old_one_is_drawn(each):
    for watch in each:
        api = watch.zabbix.api
        number = the_map(api)
        assert build(api, SERVICE, BALANCERS, f"http://{VIRTUAL[SERVICE]}/", "") == number
        await_lines(watch.zabbix, number, (GREEN, BLUE))


def the_map(api):
    return content.the_id(api, "map", "sysmapid", SERVICE, "name")
