"""P1: what the service manager is told (sd_notify(3))."""

import os
import socket
import time
from contextlib import closing

import pytest

from haproxy_agentx.system.service_manager import notify
from tests.support.wait import HANG, Stopwatch


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
    """Give the socket of a service manager that listens."""
    address = f"{tmp_path}/notify" if request.param == "path" else f"@haproxy-agentx-test/{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as sock:
        sock.bind(address.replace("@", "\0", 1))
        sock.settimeout(HANG)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield sock


def received(manager: socket.socket) -> list[str]:
    return manager.recv(65536).decode().split("\n")


def test_ready(manager):
    notify("READY=1")
    assert received(manager) == ["READY=1"]


def test_several_at_once(manager):
    notify("WATCHDOG=1", "STATUS=serving 5 rows")
    assert received(manager) == ["WATCHDOG=1", "STATUS=serving 5 rows"]


def test_reloading_has_the_monotonic_time_in_microseconds(manager):
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify("RELOADING=1")
    state, stamp = received(manager)
    assert state == "RELOADING=1"
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_l4_a_status_cannot_hold_another_assignment(manager):
    notify("STATUS=bad\nSTOPPING=1\nMAINPID=1")
    (line,) = received(manager)
    assert line.startswith("STATUS=bad")


def test_a_status_may_hold_any_text(manager):
    notify("STATUS=é \udcff \x1b")
    (line,) = received(manager)
    assert line.startswith("STATUS=é ")


@pytest.mark.parametrize("address", ["", "nowhere", "/no/such/socket", "@no-such-socket", "/" + "x" * 200, "vsock:2:3"])
def test_without_a_manager_nothing_happens(address, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")


def test_a_manager_that_does_not_read_does_not_stop_us(manager):
    with Stopwatch() as took:
        for _ in range(5_000):
            notify("STATUS=" + "x" * 1000)
    assert took.seconds < 5
    assert received(manager)
