"""A routed host: its address is on the loopback, its link has fe80:: only, its IPv4 route goes via inet6 (RFC 5549).

Nothing but a route shows that it has a way out, and its notifications leave. Without a route they are on hold, for no
longer than the configuration says.
"""

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from haproxy_agentx.delivery.egress_gate import NO_ROUTE
from haproxy_agentx.vrrp.kernel import leads_out
from tests.support.daemon import Daemon, source
from tests.support.daemon_fixtures import GOOD
from tests.support.fake_haproxy import FakeSocket
from tests.support.namespace import Namespace
from tests.support.snmpd import Snmpd
from tests.support.wait import eventually

T = TypeVar("T")
HOST, ROUTER, PORT = "192.0.2.11", "192.0.2.1", 1620
HOST_LINK, ROUTER_LINK = "fe80::11", "fe80::1"


def inside(space: Namespace, work: Callable[[], T]) -> T:
    """Call in a thread that has entered the namespace: programs and sockets that it makes are in it."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            space.enter()
            results.append(work())
        except BaseException as error:  # noqa: BLE001  raised in the test's thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def listening() -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind((ROUTER, PORT))
    found.settimeout(0.05)
    return found


class World(NamedTuple):
    host: Namespace
    daemon: Daemon
    sink: socket.socket

    def hears(self) -> bool:
        """Whether a notification of ours has come."""
        try:
            return b"trap-test" in self.sink.recv(65536)
        except TimeoutError:
            return False

    def test(self) -> None:
        """Have a haxTest sent, and do not wait for it."""
        threading.Thread(target=self.daemon.cli, args=("trap-test",), daemon=True).start()
        last = self.daemon.status()["events"]["last"]
        self.daemon.eventually(lambda: self.daemon.status()["events"]["last"] > last)


@pytest.fixture
def routed() -> Iterator[tuple[Namespace, Namespace]]:
    """Give a host and its router, joined by a link without IPv4."""
    with Namespace() as host, Namespace() as router:
        host.ip(f"link add eth0 type veth peer name eth0 netns {router.pid}", f"addr add {HOST}/32 dev lo")
        router.ip(f"addr add {ROUTER}/32 dev lo")
        for space, ours in ((host, HOST_LINK), (router, ROUTER_LINK)):
            space.ip("link set eth0 addrgenmode none", f"addr add {ours}/64 dev eth0 nodad", "link set eth0 up")
        router.ip(f"route add {HOST}/32 via inet6 {HOST_LINK} dev eth0")
        add_route(host)
        yield host, router


def add_route(host: Namespace) -> None:
    host.ip(f"route add 0.0.0.0/0 via inet6 {ROUTER_LINK} dev eth0 src {HOST}")


@pytest.fixture
def world(routed: tuple[Namespace, Namespace]) -> Iterator[World]:
    host, router = routed
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="hax")))
        sink = running.enter_context(inside(router, listening))
        haproxy = running.enter_context(FakeSocket(folder / "haproxy.sock", GOOD))
        snmpd = Snmpd(folder / "snmpd", [f"trap2sink {ROUTER}:{PORT} public"])
        daemon = Daemon(
            folder / "daemon",
            snmpd.agentx,
            [source("local", haproxy.path)],
            notifications={"egress_hold": "2s"},
        )
        inside(host, lambda: running.enter_context(snmpd))
        inside(host, lambda: running.enter_context(daemon))
        yield World(host, daemon, sink)


def test_the_kernel_knows_the_ways_of_a_routed_host(routed):
    host, _ = routed

    def way() -> bool:
        return inside(host, leads_out)

    assert way()
    host.ip("route del default")
    assert not way(), "fe80::/64 and the loopback lead nowhere"
    host.ip(f"route add 198.51.100.0/24 table 100 via inet6 {ROUTER_LINK} dev eth0")
    assert way(), "in any table"
    host.ip("link set eth0 down")
    assert not way()
    host.ip("link set eth0 up", f"addr add {HOST_LINK}/64 dev eth0 nodad", "route add blackhole 0.0.0.0/0")
    assert not way()
    host.ip(f"route add 198.51.100.0/24 nexthop via inet6 {ROUTER_LINK} dev eth0 nexthop dev lo")
    assert way(), "one of several next hops is enough"


def test_notifications_of_a_routed_host_leave(world):
    world.test()
    eventually(world.hears, 5)
    assert world.daemon.status()["events"]["held"] is None


def test_without_a_route_they_are_on_hold_and_leave_when_it_is_back(world):
    world.host.ip("route del default")
    world.test()
    world.daemon.eventually(lambda: world.daemon.status()["events"]["held"] == NO_ROUTE)
    add_route(world.host)
    eventually(world.hears, 5)
    world.daemon.eventually(lambda: world.daemon.status()["events"]["queued"] == 0)


def test_the_hold_has_an_end(world):
    world.host.ip("route del default")
    began = time.monotonic()
    world.test()
    world.daemon.eventually(lambda: world.daemon.status()["events"]["queued"] == 0, 10)
    assert time.monotonic() - began >= 2
    assert world.daemon.status()["events"]["acknowledged"] == 1, "snmpd acknowledges what goes nowhere"
