"""``watch`` and ``check`` on another host, by SNMP, while a pair fails over, is frozen, split, and loses its snmpd."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from haproxy_agentx.health.severity import PluginStatus
from integration.netlab import peers
from integration.netlab.plan import ADDRESSES, BALANCERS, PROJECT
from tests.support.pair_lab import PairLab
from tests.support.wait import NotYet, eventually

pytestmark = pytest.mark.lab

MONITOR = "sink"
"""The host that monitors: it has no daemon."""

HOSTS = [ADDRESSES[name] for name in BALANCERS]


@dataclass(frozen=True)
class Seen:
    """What one command has printed."""

    status: PluginStatus
    text: str

    @property
    def pair(self) -> dict[str, Any]:
        (one,) = json.loads(self.text)["pairs"]
        return one

    def healths(self, service: str) -> list[str]:
        """Return the health of a service on each node, ? where the node does not answer."""
        found = []
        for node in self.pair["nodes"]:
            healths = [one["health"] for one in node["services"] if one["name"] == service]
            found.append(healths[0] if node["answers"] else "?")
        return found

    def states(self) -> set[str]:
        return {one["pair"]["state"] for node in self.pair["nodes"] for one in node["services"]}


@dataclass(frozen=True)
class Monitor:
    lab: Any

    def command(self, *words: str, environment: tuple[str, ...] = ()) -> Seen:
        python = ("env", f"PYTHONPATH={PROJECT}", "PYTHONDONTWRITEBYTECODE=1", *environment, sys.executable)
        done = self.lab.host(MONITOR).run(*python, "-m", "haproxy_agentx", *words, check=False)
        assert not done.stderr, done.stderr
        return Seen(PluginStatus(done.returncode), done.stdout)

    def watch(self) -> Seen:
        return self.command("watch", "--once", "--json", "--timeout", "1", ",".join(HOSTS))

    def check(self) -> Seen:
        return self.command("check", "--timeout", "1", *(word for host in HOSTS for word in ("-H", host)))

    def both(self, condition: Callable[[Seen], bool], seconds: float = 30.0) -> tuple[Seen, Seen]:
        """Wait until what ``watch`` shows meets a condition and ``check`` has the same status; return both."""

        def look() -> tuple[Seen, Seen]:
            watched, checked = self.watch(), self.check()
            if not condition(watched) or watched.status is not checked.status:
                seen = watched.status.name, watched.states(), watched.healths("SITE1")
                raise NotYet(f"watch: {seen}; check: {checked.text}")
            return watched, checked

        return eventually(look, seconds)


@pytest.fixture
def monitor(pair) -> Monitor:
    return Monitor(pair.lab)


def test_a_pair_that_is_well_is_one_pair(monitor):
    watched, checked = monitor.both(lambda seen: seen.states() == {"redundant"})
    assert watched.status is PluginStatus.ok
    assert watched.pair["hosts"] == HOSTS
    assert watched.healths("SITE1") == ["active", "standby"]
    assert [node["peers"][0]["state"] for node in watched.pair["nodes"]] == ["ok", "ok"]
    assert "SITE1 redundant" in checked.text


def test_through_a_failover_and_back(monitor, pair):
    pair.lab.ctl("lb1", "keepalived", "stop")
    watched, checked = monitor.both(lambda seen: seen.states() == {"notRedundant"})
    assert watched.status is PluginStatus.warning
    assert watched.healths("SITE1") == ["stopped", "active"]
    assert any(event["host"] == HOSTS[1] and event["state"] == "active" for event in watched.pair["events"])
    assert "notRedundant" in checked.text
    pair.lab.ctl("lb1", "keepalived", "start")
    watched, _ = monitor.both(lambda seen: seen.states() == {"redundant"}, 40)
    assert (watched.status, watched.healths("SITE1")) == (PluginStatus.ok, ["active", "standby"])


def test_a_blackhole(monitor, pair):
    for host in BALANCERS:
        pair.lab.ctl(host, "haproxy", "freeze")
    watched, checked = monitor.both(lambda seen: seen.states() == {"notServed"})
    assert watched.status is PluginStatus.critical
    assert "blackhole" in watched.healths("SITE1")
    assert "notServed" in checked.text
    assert not {"active", "standby"} & set(watched.healths("SITE1"))


def test_a_split_brain(monitor, pair):
    pair.lab.cut(apart=True)
    watched, checked = monitor.both(lambda seen: seen.states() == {"dualActive"})
    assert watched.status is PluginStatus.critical
    assert "dualActive" in checked.text
    assert len(watched.pair["nodes"]) == 2


@pytest.mark.parametrize("action", ["stop", "freeze"])
def test_a_dead_snmpd_leaves_a_node_of_which_nothing_is_known(monitor, pair, action):
    pair.lab.ctl("lb2", "snmpd", action)
    watched, checked = monitor.both(lambda seen: seen.states() == {"redundancyUnknown"})
    assert watched.status is PluginStatus.warning
    assert watched.healths("SITE1") == ["active", "?"]
    assert watched.pair["hosts"] == HOSTS
    assert watched.pair["nodes"][0]["peers"][0]["state"] == "unreachable"
    assert f"{HOSTS[1]}: no" in checked.text
    pair.lab.ctl("lb1", "snmpd", action)
    watched, checked = monitor.both(lambda seen: seen.status is PluginStatus.unknown)
    assert watched.healths("SITE1") == ["?", "?"]
    assert "no node answers" in checked.text


def test_nodes_that_answer_are_found_to_be_one_pair(monitor, pair):
    seen = monitor.command("watch", "--once", "--json", *HOSTS)
    assert seen.pair["hosts"] == HOSTS


def test_by_snmpv3_with_secrets_from_the_environment(keeper):
    pair = PairLab(keeper.get("fast", agent=True, prepare=peers.read_by_v3))
    pair.await_states("redundant", "redundant")
    secrets = (f"HAPROXY_AGENTX_AUTH={peers.PASSPHRASE}", f"HAPROXY_AGENTX_PRIV={peers.PASSPHRASE}")
    for words in (("watch", "--once", *HOSTS), ("check", "-H", HOSTS[0], "-H", HOSTS[1])):
        seen = Monitor(pair.lab).command(*words, "--user", "peer", environment=secrets)
        assert (seen.status, "redundant" in seen.text) == (PluginStatus.ok, True), seen.text
