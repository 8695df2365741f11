"""From which addresses the kernel lets nothing leave: asked of a real kernel with a real packet filter."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from haproxy_agentx.vrrp.model import Kernel, Link
from haproxy_agentx.vrrp.refused import refused
from tests.support.namespace import Namespace

OWN, VIRTUAL, OWN6, VIRTUAL6 = "192.0.2.1", "192.0.2.100", "2001:db8::1", "2001:db8::100"
BOTH = frozenset({VIRTUAL, VIRTUAL6})
LINKS = {"lo": Link("lo", up=True, loopback=True, index=1), "eth0": Link("eth0", up=True, loopback=False, index=2)}
KERNEL = Kernel(
    {"127.0.0.1": frozenset({"lo"}), "::1": frozenset({"lo"})}
    | dict.fromkeys((OWN, VIRTUAL, OWN6, VIRTUAL6), frozenset({"eth0"})),
    LINKS,
)

pytestmark = pytest.mark.lab


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Namespace() as namespace:
        namespace.ip("link add eth0 type veth peer name other", "link set eth0 up", "link set other up")
        namespace.ip(*(f"addr add {ip} dev eth0 nodad" for ip in (OWN, VIRTUAL, OWN6, VIRTUAL6)))
        yield namespace


def seen(host: Namespace, kernel: Kernel = KERNEL) -> frozenset[str]:
    """Ask inside the namespace."""

    def ask() -> frozenset[str]:
        host.enter()
        return refused(kernel, BOTH, BOTH)

    with ThreadPoolExecutor(1) as inside:
        return inside.submit(ask).result()


def drop(host: Namespace, program: str, *rule: str) -> None:
    subprocess.run(host.command(program, "-A", *rule, "-j", "DROP"), check=True)


def test_no_rule_refuses_nothing(host):
    assert seen(host) == frozenset()


def test_what_comes_from_a_virtual_address_is_dropped(host):
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL)
    assert seen(host) == {VIRTUAL}
    drop(host, "ip6tables", "OUTPUT", "-s", VIRTUAL6)
    assert seen(host) == BOTH


def test_a_rule_for_all_addresses_proves_nothing(host):
    drop(host, "iptables", "OUTPUT", "-p", "udp")
    assert seen(host) == frozenset()


def test_without_another_address_nothing_is_known(host):
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL)
    alone = Kernel({VIRTUAL: frozenset({"eth0"}), "127.0.0.1": frozenset({"lo"})}, LINKS)
    assert seen(host, alone) == frozenset()


def test_an_address_that_is_gone_is_not_refused(host):
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL)
    host.ip(f"addr del {VIRTUAL}/32 dev eth0")
    assert seen(host) == frozenset()
