"""A silent channel is not a silent service: a real HAProxy under the daemon, its statistics taken away in each way."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.real_haproxy import RealHaproxy, ask
from tests.support.wait import throughout

pytestmark = pytest.mark.system

SITE = """
frontend site
  bind 127.0.0.1:{port}
  http-request return status 200 content-type text/plain string ok
"""
LOADED = 1.0
"""Seconds that the end of HAProxy may take to be seen on a loaded machine; `make bench` prints what it takes."""


class Watched:
    """A HAProxy and the daemon that reads it once in ``INTERVAL`` seconds."""

    INTERVAL, TIMEOUT = 3.0, 2.0

    def __init__(self, haproxy: RealHaproxy, daemon: Daemon, port: int) -> None:
        self.haproxy = haproxy
        self.daemon = daemon
        self.port = port

    def service(self) -> dict[str, object]:
        (service,) = self.daemon.status()["services"] or ({"health": "none"},)
        return service

    def becomes(self, health: str, within: float) -> dict[str, object]:
        self.daemon.eventually(lambda: self.service()["health"] == health, within)
        return self.service()

    def serves(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 2) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b" 200 " in client.recv(100)


def still_unknown(site: Watched) -> bool:
    service = site.service()
    assert service["health"] == "unknown", (service, site.daemon.text())
    return True


@contextmanager
def watched(
    folder: Path, *, interval: float = 0.5, timeout: float = 2.0, master: bool = False, probe: bool = False
) -> Iterator[Watched]:
    port = free_port()
    with RealHaproxy(folder, master=master, more=SITE.format(port=port)) as haproxy:
        source = {"name": "local", "stats": haproxy.plain, "interval": f"{interval}s", "timeout": f"{timeout}s"}
        more = {"services": [{"name": "site", "frontends": ["site"], "backends": []}]}
        if probe:
            more["services"][0]["probe"] = {
                "url": f"http://127.0.0.1:{port}/", "status": "200", "interval": "500ms", "timeout": "500ms", "fall": 2,
            }  # fmt: skip
        with Daemon(folder / "agent", folder / "no-master", [source], wait="running", **more) as daemon:
            daemon.eventually(lambda: daemon.status().get("services"), 15)
            found = Watched(haproxy, daemon, port)
            found.becomes("active", 15)
            yield found


@contextmanager
def used_up(path: str, number: int = 12) -> Iterator[None]:
    held = [socket.socket(socket.AF_UNIX) for _ in range(number)]
    try:
        for each in held:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(path)
        yield
    finally:
        for each in held:
            each.close()


@pytest.mark.parametrize("master", [False, True], ids=["alone", "with a master"])
def test_the_death_of_haproxy_is_seen_at_once(folder, master):
    """Long before the next reading, which is due in a minute."""
    with watched(folder, interval=60.0, master=master) as site:
        (line,) = (line for line in ask(site.haproxy.plain, "show info").splitlines() if line.startswith("Pid:"))
        at = time.monotonic()
        os.kill(int(line.split(":")[1]), signal.SIGKILL)
        site.becomes("blackhole", 15)
        assert time.monotonic() - at < LOADED
        assert site.service()["reasons"] == ["haproxyGone"]


def test_used_up_connections_are_no_outage(folder):
    with watched(folder, timeout=0.5) as site, used_up(site.haproxy.plain):
        service = site.becomes("unknown", 15)
        assert service["reasons"] == ["statisticsSilent"]
        assert "used up" in str(service["details"])
        throughout(lambda: site.serves() and still_unknown(site), 1)  # HAProxy closes what is idle for 5 s


def test_a_probe_settles_used_up_connections(folder):
    with watched(folder, timeout=0.5, probe=True) as site:
        with used_up(site.haproxy.plain):
            site.daemon.eventually(lambda: "statisticsSilent" in site.service()["reasons"], 15)
            service = site.becomes("active", 5)
            assert "the probe passes" in str(service["details"])
            site.haproxy.process.send_signal(signal.SIGSTOP)
            site.becomes("blackhole", 15)
            site.daemon.eventually(lambda: "probeFailed" in site.service()["reasons"], 15)
            site.haproxy.process.send_signal(signal.SIGCONT)
            site.becomes("active", 15)
        site.daemon.eventually(lambda: site.service()["reasons"] == [], 15)


def test_a_frozen_haproxy_is_found(folder):
    with watched(folder) as site, site.haproxy.frozen():
        assert site.becomes("blackhole", 15)["reasons"] == ["haproxyUnresponsive"]


def test_a_removed_socket_is_no_outage(folder):
    with watched(folder, timeout=0.5) as site:
        Path(site.haproxy.plain).rename(folder / "away.sock")
        service = site.becomes("unknown", 15)
        assert service["reasons"] == ["statisticsSilent"]
        assert "removed, moved or replaced" in str(service["details"])
        assert site.serves()
        (folder / "away.sock").rename(site.haproxy.plain)
        site.becomes("active", 15)
