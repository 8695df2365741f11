"""The kernel's own word on addresses and links, in a network namespace of the test's own. On both event loops."""

import errno
import logging
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vrrp import addresses
from haproxy_agentx.vrrp.addresses import KernelAddresses
from haproxy_agentx.vrrp.model import Kernel, Link
from tests.support import rtnetlink as rt
from tests.support.namespace import Namespace
from tests.support.sources import LOOPS, Running
from tests.support.unprivileged import unprivileged
from tests.support.wait import eventually, throughout

VIP, VIP6 = "192.0.2.1", "2001:db8::100"
SOON = 3.0


class Seen(Running):
    """KernelAddresses with all that it told, in ``kernels`` and ``times``."""

    def __init__(self, loop: str, before: Callable[[], object] = lambda: None) -> None:
        self.kernels: list[Kernel] = []
        self.times: list[float] = []
        super().__init__(lambda: KernelAddresses(self.reported), loop, before)

    def reported(self, kernel: Kernel, at: float) -> None:
        assert kernel == self.source.kernel
        self.kernels.append(kernel)
        self.times.append(at)

    @property
    def now(self) -> Kernel:
        return self.kernels[-1] if self.kernels else Kernel()

    def holders(self, ip: str) -> set[str]:
        return set(self.now.addresses.get(ip, ()))

    def becomes(self, ip: str, *holders: str, within: float = SOON) -> None:
        eventually(lambda: self.holders(ip) == set(holders), within)


@pytest.fixture
def space() -> Iterator[Namespace]:
    """Give a namespace with two interfaces joined by a cable, eth0 and peer0."""
    with Namespace() as space:
        space.ip(
            "link add eth0 type veth peer name peer0",
            "link set eth0 up",
            "link set peer0 up",
            "addr add 192.0.2.2/24 dev eth0",
        )
        yield space


@pytest.fixture(params=LOOPS)
def seen(request, space) -> Iterator[Seen]:
    with Seen(request.param, space.enter) as seen:
        seen.becomes("192.0.2.2", "eth0")
        yield seen


@pytest.mark.system
def test_at_the_start_everything_is_told_once(seen):
    assert seen.kernels[0].addresses["192.0.2.2"] == {"eth0"}
    assert seen.kernels[0].addresses["127.0.0.1"] == {"lo"}
    assert seen.kernels[0].links["lo"] == Link("lo", up=True, loopback=True, index=1)
    assert {"eth0", "peer0"} <= set(seen.kernels[0].links)
    assert seen.source.source.state is SourceState.ok


@pytest.mark.system
def test_an_address_that_comes_and_goes_is_told_at_once(seen, space):
    began = time.monotonic()
    space.ip(f"addr add {VIP}/32 dev eth0")
    ended = time.monotonic()
    seen.becomes(VIP, "eth0")
    at = next(at for at, kernel in zip(seen.times, seen.kernels, strict=True) if VIP in kernel.addresses)
    assert began < at < ended + 0.1  # not by the next reading of everything, 30 s later
    space.ip(f"addr del {VIP}/32 dev eth0")
    seen.becomes(VIP)


@pytest.mark.system
def test_several_changes_come_in_their_order(seen, space):
    first = len(seen.kernels)
    for _ in range(5):
        space.ip(f"addr add {VIP}/32 dev eth0")
        seen.becomes(VIP, "eth0")
        space.ip(f"addr del {VIP}/32 dev eth0")
        seen.becomes(VIP)
    held = [False, *(VIP in kernel.addresses for kernel in seen.kernels[first:])]  # and what was the case before
    assert [held[n] for n in range(len(held)) if n == 0 or held[n] != held[n - 1]] == [False] + [True, False] * 5
    assert seen.times == sorted(seen.times)


@pytest.mark.system
def test_no_two_calls_in_a_row_are_the_same(seen, space):
    space.ip(*[f"addr change {VIP}/32 dev eth0 preferred_lft {n} valid_lft 2000" for n in range(100, 120)])
    seen.becomes(VIP, "eth0")
    space.ip(f"addr del {VIP}/32 dev eth0")
    seen.becomes(VIP)
    assert all(one != other for one, other in zip(seen.kernels, seen.kernels[1:], strict=False))


@pytest.mark.system
def test_an_address_with_two_prefixes_is_held_until_both_are_gone(seen, space):
    space.ip(f"addr add {VIP}/24 dev eth0", f"addr add {VIP}/32 dev eth0")
    seen.becomes(VIP, "eth0")
    space.ip(f"addr del {VIP}/24 dev eth0", "addr add 192.0.2.3/32 dev eth0")
    seen.becomes("192.0.2.3", "eth0")
    assert seen.holders(VIP) == {"eth0"}
    space.ip(f"addr del {VIP}/32 dev eth0")
    seen.becomes(VIP)


# keepalived adds IPv6 addresses with nodad
@pytest.mark.system
def test_an_ipv6_address_without_duplicate_detection_is_there_at_once(seen, space):
    space.ip(f"addr add {VIP6}/128 dev eth0 nodad")
    seen.becomes(VIP6, "eth0")
    space.ip(f"addr del {VIP6}/128 dev eth0")
    seen.becomes(VIP6)


# RFC 4862 5.4: of two ends of a cable with the same address, the second fails
@pytest.mark.system
def test_an_ipv6_address_counts_only_when_it_is_nobody_elses(seen, space):
    space.ip(f"addr add {VIP6}/64 dev eth0")
    assert seen.holders(VIP6) == set()
    seen.becomes(VIP6, "eth0", within=10)
    space.ip(f"addr add {VIP6}/64 dev peer0", f"addr add {VIP}/32 dev peer0")
    seen.becomes(VIP, "peer0")

    def failed() -> bool:
        return "dadfailed" in subprocess.check_output(space.command("ip", "addr", "show", "dev", "peer0"), text=True)

    eventually(failed, 10)
    assert all("peer0" not in kernel.addresses.get(VIP6, ()) for kernel in seen.kernels)


@pytest.mark.system
def test_a_link_without_carrier_is_down(seen, space):
    eventually(lambda: seen.now.links["eth0"].up, SOON)
    space.ip("link set peer0 down")
    eventually(lambda: not seen.now.links["eth0"].up, SOON)
    assert seen.holders("192.0.2.2") == {"eth0"}
    space.ip("link set peer0 up")
    eventually(lambda: seen.now.links["eth0"].up, SOON)


# the kernel takes IPv6 addresses off an interface that is set down, and leaves those of IPv4
@pytest.mark.system
def test_a_link_set_down_keeps_ipv4_and_loses_ipv6(seen, space):
    space.ip(f"addr add {VIP6}/128 dev eth0 nodad")
    seen.becomes(VIP6, "eth0")
    space.ip("link set eth0 down")
    seen.becomes(VIP6)
    eventually(lambda: not seen.now.links["eth0"].up, SOON)
    assert seen.holders("192.0.2.2") == {"eth0"}


@pytest.mark.system
def test_an_interface_that_is_removed_is_gone_with_its_addresses(seen, space):
    space.ip("link del eth0")
    eventually(lambda: "eth0" not in seen.now.links, SOON)
    assert seen.holders("192.0.2.2") == set()


@pytest.mark.system
def test_a_renamed_interface_has_its_addresses_under_the_new_name(seen, space):
    space.ip("link set eth0 down", "link set eth0 name wan", "link set wan up")
    seen.becomes("192.0.2.2", "wan")
    eventually(lambda: "eth0" not in seen.now.links, SOON)


# A port that leaves its bridge sends RTM_DELLINK of the bridge's family
@pytest.mark.system
def test_a_port_that_leaves_its_bridge_is_still_there(seen, space):
    space.ip("link add br0 type bridge", "link set br0 up", "link set eth0 master br0")
    eventually(lambda: "br0" in seen.now.links, SOON)
    space.ip("link set eth0 nomaster", f"addr add {VIP}/32 dev eth0")
    seen.becomes(VIP, "eth0")
    assert all("eth0" in kernel.links for kernel in seen.kernels)


@pytest.mark.system
def test_thousands_of_addresses_are_read_whole(space):
    ips = [f"10.{n // 250}.{n % 250}.1" for n in range(4000)]
    space.ip(*(f"addr add {ip}/32 dev eth0" for ip in ips))
    for loop in LOOPS:
        with Seen(loop, space.enter) as seen:
            eventually(lambda: seen.kernels, SOON)
            assert set(ips) <= set(seen.kernels[0].addresses)


@pytest.mark.system
def test_a_burst_leaves_the_right_picture(seen, space):
    ips = [f"10.0.{n}.1" for n in range(250)]
    space.ip(*(f"addr add {ip}/32 dev eth0" for ip in ips), *(f"addr del {ip}/32 dev eth0" for ip in ips[:-1]))
    seen.becomes(ips[-1], "eth0")
    eventually(lambda: not set(seen.now.addresses) & set(ips[:-1]), SOON)


# netlink(7): ENOBUFS says that messages were lost
@pytest.mark.system
def test_changes_that_got_lost_are_found_by_reading_again(space, monkeypatch):
    monkeypatch.setattr(addresses, "RECEIVE_BUFFER", 1)
    for loop in LOOPS:
        with Seen(loop, space.enter) as seen:
            seen.becomes("192.0.2.2", "eth0")
            release = seen.block()
            space.ip(*(f"addr add 10.9.{n}.1/32 dev eth0" for n in range(250)))
            space.ip(*(f"addr del 10.9.{n}.1/32 dev eth0" for n in range(249)))
            reported = len(seen.kernels)
            release.set()
            seen.becomes("10.9.249.1", "eth0")
            eventually(lambda: len([ip for ip in seen.now.addresses if ip.startswith("10.9.")]) == 1, SOON)
            assert len(seen.kernels) - reported < 200  # they were lost indeed
            assert seen.source.source.state is SourceState.ok
            space.ip("addr del 10.9.249.1/32 dev eth0")
            seen.becomes("10.9.249.1")


@pytest.mark.system
def test_everything_is_read_again_now_and_then(space, monkeypatch):
    monkeypatch.setattr(addresses, "REFRESH", 0.05)
    for loop in LOOPS:
        with Seen(loop, space.enter) as seen:
            eventually(lambda: seen.source.source.successes > 5, SOON)
            assert all(one != other for one, other in zip(seen.kernels, seen.kernels[1:], strict=False))


@pytest.mark.system
def test_changes_while_everything_is_read_are_not_lost(space, monkeypatch):
    monkeypatch.setattr(addresses, "REFRESH", 0.0)
    space.ip(*(f"addr add 10.8.{n}.1/32 dev eth0" for n in range(250)))
    for loop in LOOPS:
        with Seen(loop, space.enter) as seen:
            for n in range(20):
                space.ip(f"addr add 10.7.{n}.1/32 dev eth0", f"addr del 10.8.{n}.1/32 dev eth0")
                seen.becomes(f"10.7.{n}.1", "eth0")
                seen.becomes(f"10.8.{n}.1")
            space.ip(*(f"addr del 10.7.{n}.1/32 dev eth0" for n in range(20)))
            space.ip(*(f"addr add 10.8.{n}.1/32 dev eth0" for n in range(20)))


@pytest.mark.parametrize("loop", LOOPS)
def test_no_privilege_is_needed(loop):
    with unprivileged(), Seen(loop) as seen:
        seen.becomes("127.0.0.1", "lo")


# a unit without AF_NETLINK in RestrictAddressFamilies=
@pytest.mark.system
def test_a_socket_that_is_not_allowed_is_told_once_and_asked_for_again(space, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(addresses, "RETRY", 0.01)
    refused = OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    real = addresses._connect

    def refuse() -> socket.socket:
        raise refused

    monkeypatch.setattr(addresses, "_connect", refuse)
    with Seen("asyncio", space.enter) as seen:
        source = seen.source.source
        eventually(lambda: source.failures > 5, SOON)
        assert source.state is SourceState.denied
        assert "RestrictAddressFamilies=" in source.last_error
        assert (seen.source.kernel, seen.kernels) == (None, [])
        monkeypatch.setattr(addresses, "_connect", real)
        seen.becomes("192.0.2.2", "eth0")
        assert source.state is SourceState.ok
    assert len(caplog.records) == 2, caplog.messages


@pytest.mark.system
def test_a_kernel_that_does_not_end_its_answer_is_unresponsive(space, monkeypatch):
    monkeypatch.setattr(addresses, "RETRY", 0.01)
    monkeypatch.setattr(addresses, "DUMP_TIMEOUT", 0.1)
    with monkeypatch.context() as mute:
        mute.setattr(addresses, "_DUMPS", (lambda sequence: bytes(16),))
        with Seen("uvloop", space.enter) as seen:
            eventually(lambda: seen.source.source.failures > 1, SOON)
            assert seen.source.source.state is SourceState.stale
            assert "within 0.1 s" in seen.source.source.last_error
            mute.undo()
            seen.becomes("192.0.2.2", "eth0")


# What another process sends to our socket is not the kernel's
@pytest.mark.system
def test_what_is_not_from_the_kernel_is_not_looked_at(seen, space):
    port = next(port for port in netlink_ports() if port)
    reported = len(seen.kernels)
    sent = Running(lambda: Forger(port, rt.link(77, "evil") + rt.address(77, "203.0.113.9")), "asyncio", space.enter)
    with sent:
        eventually(lambda: not sent.alive, SOON)
    space.ip(f"addr add {VIP}/32 dev eth0")
    seen.becomes(VIP, "eth0")
    assert all("evil" not in kernel.links for kernel in seen.kernels[reported:])


class Forger:
    def __init__(self, port: int, message: bytes) -> None:
        self.port, self.message = port, message

    async def run(self) -> None:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as forged:
            forged.sendto(self.message, (self.port, 0))


def netlink_ports() -> list[int]:
    """Give the addresses of this process' netlink sockets."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            with socket.socket(fileno=os.dup(int(entry.name))) as copy:
                if copy.family == socket.AF_NETLINK:
                    found.append(copy.getsockname()[0])
        except OSError:
            continue
    return found


@pytest.mark.system
def test_it_is_idle_while_nothing_happens(seen):
    began = time.process_time()
    throughout(lambda: True, 1.0)
    assert time.process_time() - began < 0.2


@pytest.mark.system
def test_nothing_is_left_open(space):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    for loop in LOOPS:
        with Seen(loop, space.enter) as seen:
            seen.becomes("192.0.2.2", "eth0")
    assert descriptors() == before
