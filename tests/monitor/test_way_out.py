"""Whether what leaves now would get anywhere: as far as the kernel's interfaces show."""

import pytest

from haproxy_agentx.monitor.way_out import HELD, SETTLE, WayOut
from haproxy_agentx.vrrp.model import Kernel, Link

LOOPBACK = Link("lo", up=True, loopback=True)


def kernel(*addresses: str, up: bool = True, elsewhere: bool = False) -> Kernel:
    """Give one with addresses on eth0, and with eth1 up that has none of them."""
    where = {ip: frozenset({"eth0"}) for ip in addresses}
    links = {"lo": LOOPBACK, "eth0": Link("eth0", up, loopback=False)}
    if elsewhere:
        links["eth1"] = Link("eth1", up=True, loopback=False)
    return Kernel({"127.0.0.1": frozenset({"lo"}), "::1": frozenset({"lo"}), **where}, links)


def test_before_the_kernel_was_asked_nothing_waits():
    way = WayOut()
    assert way.held(0.0) is None
    assert way.deadline() is None


@pytest.mark.parametrize("ip", ["192.0.2.10", "2001:db8::10", "10.0.0.1"])
def test_an_interface_that_is_up_with_an_address_is_a_way(ip):
    way = WayOut()
    way.take_kernel(kernel(ip), 0.0)
    assert way.held(0.0) is None
    assert way.deadline() is None


@pytest.mark.parametrize(
    "without",
    [
        kernel("192.0.2.10", up=False),
        kernel(),
        kernel("fe80::1"),
        kernel("169.254.1.1"),
        kernel("192.0.2.10", up=False, elsewhere=True),
        Kernel(),
    ],
    ids=["down", "no address", "link-local IPv6", "link-local IPv4", "up elsewhere", "nothing"],
)
def test_without_a_way_events_wait(without):
    way = WayOut()
    way.take_kernel(kernel("192.0.2.10"), 0.0)
    way.take_kernel(without, 5.0)
    assert way.held(5.0) == way.held(5000.0) == HELD
    assert way.deadline() is None, "time alone brings no way back"


def test_a_way_that_has_just_come_is_not_used_at_once():
    way = WayOut()
    way.take_kernel(kernel("192.0.2.10", up=False), 0.0)
    way.take_kernel(kernel("192.0.2.10"), 10.0)
    assert way.deadline() == 10.0 + SETTLE
    assert way.held(10.0 + SETTLE - 0.01)
    assert way.held(10.0 + SETTLE) is None


def test_other_news_of_the_kernel_do_not_begin_the_moment_anew():
    way = WayOut()
    way.take_kernel(kernel("192.0.2.10", up=False), 0.0)
    way.take_kernel(kernel("192.0.2.10"), 10.0)
    way.take_kernel(kernel("192.0.2.10", "192.0.2.1"), 10.9)
    assert way.held(10.0 + SETTLE) is None


def test_an_interface_that_flaps_is_waited_for_each_time():
    way = WayOut()
    for at in (0.0, 10.0, 20.0):
        way.take_kernel(kernel("192.0.2.10", up=False), at)
        assert way.held(at + 1) == HELD
        way.take_kernel(kernel("192.0.2.10"), at + 5)
        assert way.held(at + 5.5)
        assert way.held(at + 5 + SETTLE) is None
