"""What the referee accepts, and what it sees of addresses. The zoo itself is played by `python -m tests.zoo`."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from tests.zoo.judge import Alive, Served, View, Wrong, judge
from tests.zoo.play import load, names
from tests.zoo.probe import Kernel

NODES = ("lb1", "lb2")
LIVES = dict.fromkeys(NODES, Alive(frozenset({"haproxy", "keepalived"})))
BOTH, LB1, LB2, NOBODY = (frozenset(nodes) for nodes in (NODES, ("lb1",), ("lb2",), ()))


def view(*held: frozenset[str], served: Served = Served.all, arrives: str = "lb1") -> View:
    return View(served, arrives, dict.fromkeys(NODES, Served.all), dict(zip("abc", held, strict=False)))


@pytest.mark.parametrize("name", names())
def test_every_entry_can_be_read(name: str) -> None:
    entry, _ = load(name)
    assert entry.about
    assert entry.steps


def test_conflict_is_false_only_where_one_node_has_all_addresses_alone() -> None:
    for held in product((NOBODY, LB1, LB2, BOTH), repeat=2):
        clear = held in ((LB1, LB1), (LB2, LB2))
        found = judge("conflict", view(*held), "lb1", LIVES, redundant=True)
        assert found is (Wrong.false_conflict if clear else None), held


def test_active_is_false_where_packets_to_the_address_are_dropped() -> None:
    assert judge("active", view(LB1, served=Served.none), "lb1", LIVES, redundant=True) is Wrong.false_active


def test_active_is_not_the_whole_truth_where_one_of_several_addresses_is_missing() -> None:
    missing = view(LB1, NOBODY, served=Served.some)
    assert judge("active", missing, "lb1", LIVES, redundant=True) is Wrong.false_whole
    assert judge("activeDegraded", missing, "lb1", LIVES, redundant=True) is None


@pytest.fixture
def network() -> Iterator[int]:
    """Return the process id of a network of its own, with eth0."""
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as process:
        try:
            own = Path("/proc/self/ns/net").readlink()
            while Path(f"/proc/{process.pid}/ns/net").readlink() == own:
                os.sched_yield()
            within(process.pid, "ip link set lo up", "ip link add eth0 type veth peer name eth1")
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def kernel(network: int) -> Iterator[Kernel]:
    """Return what the referee sees of that network."""
    with closing(Kernel(network)) as seen:
        yield seen


def within(pid: int, *commands: str) -> None:
    for command in commands:
        subprocess.run(["nsenter", "-t", str(pid), "-n", *command.split()], check=True)


@pytest.mark.lab
def test_addresses_are_those_that_the_kernel_answers_for(network: int, kernel: Kernel) -> None:
    assert kernel.addresses() == set()
    within(network, "ip addr add 10.0.0.1/24 dev eth0", "ip addr add fd77::1/64 dev eth0 nodad")
    assert kernel.addresses() == {"10.0.0.1", "fd77::1"}
    within(network, "ip addr add 10.0.0.2/32 dev lo")
    assert kernel.addresses() == {"10.0.0.1", "10.0.0.2", "fd77::1"}
    within(network, "sysctl -qw net.ipv4.conf.all.arp_ignore=1")
    assert kernel.addresses() == {"10.0.0.1", "fd77::1"}
    within(network, "ip addr add 10.0.0.2/24 dev eth0")
    assert "10.0.0.2" in kernel.addresses()


@pytest.mark.lab
def test_addresses_that_came_and_went_between_two_looks_are_seen(network: int, kernel: Kernel) -> None:
    assert kernel.moved() == set()
    within(network, "ip addr add 10.0.0.1/24 dev eth0", "ip addr del 10.0.0.1/24 dev eth0")
    assert (kernel.addresses(), kernel.moved(), kernel.moved()) == (set(), {"10.0.0.1"}, set())
