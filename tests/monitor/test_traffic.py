"""Whose connections and packets those are that a node counts."""

import pytest

from haproxy_agentx.config.model import ServiceConfig
from haproxy_agentx.health.instance import Instance
from haproxy_agentx.health.model import MemberKind
from haproxy_agentx.health.rate_limiter import RateLimiter
from haproxy_agentx.health.tracker import Tracker
from haproxy_agentx.monitor.service import Service
from haproxy_agentx.monitor.traffic import Traffic
from haproxy_agentx.pair.model import TrafficEvidence
from haproxy_agentx.vrrp.model import AddressPlace
from haproxy_agentx.vrrp.strays import StrayCounts


class Counted:
    """Stands in for the proxies of an HAProxy: how many connections have come to its frontends."""

    def __init__(self, **arrived):
        self.counts = {name.encode(): count for name, count in arrived.items()}

    def arrived(self, frontend):
        return self.counts.get(frontend)


def service(name, *frontends):
    found = Service(ServiceConfig(name, vrrp_instance=name), Tracker(0.0, RateLimiter(10, 60.0)))
    found.shape = [("local", frontend, MemberKind.frontend) for frontend in frontends]
    found.shape += [("local", "be", MemberKind.backend)]
    return found


def instance(name, address, *, held=True):
    place = AddressPlace(address)
    return Instance(name, addresses=(place,), held=(place,) if held else ())


@pytest.fixture
def node():
    return Node()


class Node:
    """Two services; each second so many connections come to each frontend, and packets of each family."""

    def __init__(self):
        self.traffic, self.now, self.step = Traffic(), 0.0, 0
        self.services = [service("a", "fe_a"), service("b", "fe_b", "fe_c")]
        self.instances = {"a": instance("a", "192.0.2.1"), "b": instance("b", "2001:db8::1")}

    def run(self, seconds, *, strays=(0, 0), **rates):
        for _ in range(seconds):
            self.now, self.step = self.now + 1.0, self.step + 1
            counted = Counted(**{name: 50 + rate * self.step for name, rate in rates.items()})
            assert self.traffic.is_due(self.now)
            self.traffic.strays = StrayCounts(*(9 + rate * self.step for rate in strays))
            self.traffic.look(self.services, self.instances, {"local": (counted, self.now)}, self.now)
            assert not self.traffic.is_due(self.now + 0.5)
        return {name: watch.evidence.name for name, watch in self.traffic.watches.items()}

    def lose(self, name):
        place = self.instances[name].addresses[0].ip
        self.instances[name] = instance(name, place, held=False)


def test_connections_count_for_the_service_of_their_frontend(node):
    assert node.run(20, fe_a=5, fe_b=0, fe_c=0) == {"a": "arrives", "b": "none"}
    assert node.run(1, fe_a=0, fe_b=0, fe_c=9)["b"] == "arrives"


def test_a_frontend_of_two_services_counts_for_neither(node):
    node.services[1].shape = node.services[0].shape
    assert node.run(30, fe_a=5) == {"a": "unknown", "b": "unknown"}


def test_an_haproxy_that_is_not_read_and_a_frontend_that_is_gone_say_nothing(node):
    node.traffic.look(node.services, node.instances, {}, 0.0)
    assert {watch.evidence for watch in node.traffic.watches.values()} == {TrafficEvidence.unknown}
    assert node.run(30, fe_a=5, fe_b=5)["b"] == "unknown"


@pytest.mark.parametrize(("lost", "strays"), [("a", (5, 0)), ("b", (0, 5))])
def test_packets_count_for_services_with_an_address_of_their_family(node, lost, strays):
    node.run(20, fe_a=5, fe_b=5, fe_c=0)
    for name in ("a", "b"):
        node.lose(name)
    found = node.run(30, strays=strays, fe_a=5, fe_b=5, fe_c=0)
    assert {name for name, evidence in found.items() if evidence == "strays"} == {lost}


def test_a_service_that_is_gone_is_forgotten(node):
    node.run(1, fe_a=5, fe_b=5, fe_c=0)
    del node.services[0]
    assert set(node.run(1, fe_b=5, fe_c=0)) == {"b"}


def test_without_instance_kernel_or_addresses_nothing_is_known(node):
    node.instances["a"].is_seen = False
    node.instances["b"] = Instance("b")
    assert node.run(20, fe_a=5, fe_b=5, fe_c=0) == {"a": "unknown", "b": "unknown"}
    node.instances.clear()
    assert node.run(1, fe_a=5, fe_b=5, fe_c=0) == {"a": "unknown", "b": "unknown"}
