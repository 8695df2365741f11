"""From which addresses the kernel lets nothing leave: asked of a real kernel with a real packet filter."""

import subprocess
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from haproxy_agentx.vrrp.model import Kernel, Link
from haproxy_agentx.vrrp.refused import MAX_NEW, refused
from tests.support.namespace import Namespace
from tests.support.wait import HANG, eventually

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


def seen(
    host: Namespace, kernel: Kernel = KERNEL, virtual: Collection[str] = BOTH, known: Collection[str] = ()
) -> frozenset[str]:
    """Ask inside the namespace."""

    def ask() -> frozenset[str]:
        host.enter()
        return refused(kernel, virtual, virtual, known)

    with ThreadPoolExecutor(1) as inside:
        return inside.submit(ask).result()


def drop(host: Namespace, program: str, *rule: str) -> None:
    append(host, program, *rule, "-j", "DROP")


def append(host: Namespace, program: str, *rule: str) -> None:
    subprocess.run(host.command(program, "-A", *rule), check=True)


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


def test_a_rule_for_an_address_of_the_host_as_well_proves_nothing(host):
    host.ip("addr add 192.0.2.2/32 dev eth0", "addr add 198.51.100.1/32 dev other")
    more = {"192.0.2.2": frozenset({"eth0"}), "198.51.100.1": frozenset({"other"})}
    drop(host, "iptables", "OUTPUT", "-s", "192.0.2.2/31")
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL)
    assert seen(host) == {VIRTUAL}
    assert seen(host, Kernel({**KERNEL.addresses, **more}, LINKS)) == frozenset()


def test_packets_that_are_dropped_at_random_are_no_refusal(host):
    drop(host, "iptables", "OUTPUT", "-m", "statistic", "--mode", "random", "--probability", "0.5")
    assert [seen(host) for _ in range(50)] == [frozenset()] * 50


def test_a_firewall_that_lets_a_virtual_address_only_answer_is_none_where_lo_is_accepted(host):
    append(host, "iptables", "OUTPUT", "-o", "lo", "-j", "ACCEPT")
    append(host, "iptables", "OUTPUT", "-m", "state", "--state", "ESTABLISHED", "-j", "ACCEPT")
    append(host, "iptables", "OUTPUT", "-s", OWN, "-j", "ACCEPT")
    drop(host, "iptables", "OUTPUT")
    assert seen(host) == frozenset()


def test_what_is_refused_stays_so_until_something_passes(host):
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL)
    before = seen(host)
    drop(host, "iptables", "OUTPUT")
    assert seen(host) == frozenset(), "nothing is known now"
    assert seen(host, known=before) == before == {VIRTUAL}, "and nothing is better for it"
    subprocess.run(host.command("iptables", "-F", "OUTPUT"), check=True)
    assert seen(host, known=before) == frozenset()


def test_of_many_addresses_each_is_found(host):
    many = [f"192.0.2.{number}" for number in range(101, 251)]
    host.ip(*(f"addr add {ip} dev eth0" for ip in many))
    drop(host, "iptables", "OUTPUT", "-s", "192.0.2.192/26")
    kernel = Kernel({**KERNEL.addresses, **dict.fromkeys(many, frozenset({"eth0"}))}, LINKS)
    known: frozenset[str] = frozenset()
    for look in range(1, 10):
        known = seen(host, kernel, [VIRTUAL, *many], known)
        assert len(known) == min(59, look * MAX_NEW)
    assert known == set(many[91:])


def test_a_rule_for_udp_alone_keeps_no_client_away(host):
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL, "-p", "udp")
    drop(host, "ip6tables", "OUTPUT", "-s", VIRTUAL6, "-p", "udp")
    assert seen(host) == frozenset()
    assert seen(host, known=BOTH) == frozenset()
    drop(host, "iptables", "OUTPUT", "-s", VIRTUAL, "-p", "tcp")
    assert seen(host) == {VIRTUAL}


def test_a_rule_that_rejects_refuses_as_well(host):
    append(host, "iptables", "OUTPUT", "-s", VIRTUAL, "-j", "REJECT")
    append(host, "ip6tables", "OUTPUT", "-s", VIRTUAL6, "-j", "REJECT")
    assert seen(host) == BOTH


KEEPALIVED = """
global_defs {{
  {globally}
}}
vrrp_instance SITE1 {{
  interface eth0
  virtual_router_id 51
  priority 100
  state MASTER
  {instance}
  virtual_ipaddress {{
    {address}/24
  }}
}}
"""


@pytest.mark.parametrize(
    ("globally", "instance", "found"),
    [
        ("vrrp_strict", "", {VIRTUAL}),
        ("vrrp_strict\n  nftables", "", {VIRTUAL}),
        ("", "version 3\n  no_accept", {VIRTUAL}),
        ("", "", set()),
    ],
)
def test_what_keepalived_has_dropped_is_seen(host, tmp_path, globally, instance, found):
    host.ip(f"addr del {VIRTUAL}/32 dev eth0")
    configuration = tmp_path / "keepalived.conf"
    configuration.write_text(KEEPALIVED.format(globally=globally, instance=instance, address=VIRTUAL))
    files = ("-f", configuration, "-p", tmp_path / "pid", "-r", tmp_path / "vrrp.pid")
    with (tmp_path / "log").open("wb") as log:
        keepalived = subprocess.Popen(
            host.command("keepalived", "-n", "-l", "-D", "-P", *files), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        eventually(lambda: f"{VIRTUAL}/24" in addresses(host), 20)
        eventually(lambda: seen(host) == found, 5)
    finally:
        keepalived.terminate()
        keepalived.wait(HANG)


def addresses(host: Namespace) -> str:
    return subprocess.run(host.command("ip", "-br", "addr"), capture_output=True, text=True, check=True).stdout
