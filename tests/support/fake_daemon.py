"""What a running daemon answers to commands, made by hand: a Control in a thread, with a log of events."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from haproxy_agentx.agentx.oid import dotted
from haproxy_agentx.control.client import control_path
from haproxy_agentx.control.event_json import event_json
from haproxy_agentx.control.request import Request, Snapshot, page
from haproxy_agentx.control.socket import Control
from haproxy_agentx.health.event import Event
from haproxy_agentx.objects.root import ROOT
from tests.support.wait import HANG, soon

PROCESS = {
    "name": "local",
    "kind": "haproxySocket",
    "target": "/run/haproxy/ro.sock",
    "state": "ok",
    "age": 0.4,
    "failures": 0,
    "error": None,
    "version": "2.6.12-1+deb12u2",
    "rows": {"frontend": 3, "backend": 2, "server": 8, "listener": 3},
}

SERVICE = {
    "name": "SITE1",
    "health": "active",
    "previous": "standby",
    "since": 7400.0,
    "role": "master",
    "intended": "master",
    "as_intended": True,
    "readiness": "ready",
    "usable": 8,
    "configured": 8,
    "reasons": [],
    "cause": "peerLost",
    "cause_text": "nothing was heard of the other node",
    "details": "",
    "maintenance": False,
    "vrrp_instance": "SITE1",
    "addresses_expected": ["192.0.2.1"],
    "addresses_held": ["192.0.2.1"],
}

KEEPALIVED = [
    ("kernel", "kernelAddresses", "rtnetlink"),
    ("keepalived-fifo", "keepalivedFifo", "/run/haproxy-agentx/vrrp.fifo"),
    ("keepalived-traps", "keepalivedTraps", "127.0.0.1:1162"),
    ("keepalived-mib", "keepalivedMib", "127.0.0.1:161"),
]

BARE: Snapshot = {
    "version": "1.2.3",
    "pid": 4711,
    "uptime": 93784.5,
    "root": dotted(ROOT),
    "agentx": {"socket": "/var/agentx/master", "problem": None},
    "store": {"path": "/var/lib/haproxy-agentx/state.db", "problem": None},
    "sources": [PROCESS],
}
"""A daemon that knows HAProxy only."""


def source(place: int, **more: object) -> dict[str, object]:
    """Give one of KEEPALIVED's sources."""
    name, kind, target = KEEPALIVED[place]
    return {
        "name": name,
        "kind": kind,
        "target": target,
        "state": "ok",
        "age": 2.5,
        "failures": 0,
        "error": None,
        **more,
    }


def state(*services: Mapping[str, object], **more: object) -> Snapshot:
    """Give the state of a daemon that knows all sources; services are SERVICE with changes."""
    return {
        **BARE,
        "health": "active",
        "services": [{**SERVICE, **service} for service in services or ({},)],
        "vrrp": [
            {
                "name": "SITE1",
                "role": "master",
                "source": "keepalivedFifo",
                "initial": "master",
                "priority": 150,
                "contradiction": None,
            }
        ],
        "sources": [PROCESS, *(source(place) for place in range(len(KEEPALIVED)))],
        "events": {"last": 17, "queued": 0, "acknowledged": 17, "suppressed": 2, "lost": 0, "held": None},
        **more,
    }


class FakeDaemon:
    """Answers as the daemon that ``config`` belongs to; what it answers may be changed at any time."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.config.write_text(f"store: {folder}/state.db\n")
        self.path = control_path(f"{folder}/state.db")
        self.state: Snapshot = state()
        self.log: list[Event] = []
        self.test: Snapshot = {}
        self.requests: list[Request] = []
        self.no_events = False

    async def _events(self, request: Request) -> Snapshot:
        self.requests.append(request)
        wanted = page(request)
        if self.no_events:
            return {"version": "0"}
        if wanted.since is None:
            found = self.log[-wanted.limit :]
        else:
            found = [event for event in self.log if event.sequence > wanted.since][: wanted.limit]
        last = self.log[-1].sequence if self.log else 0
        return {"events": [event_json(event) for event in found], "last": last}

    async def _test(self, _request: Request) -> Snapshot:
        return self.test

    @contextmanager
    def running(self) -> Iterator["FakeDaemon"]:
        """Answer, in a thread, until left."""
        ready, loop, end = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

        async def serve() -> None:
            control = Control(self.path, lambda: self.state, {"events": self._events, "trap-test": self._test})
            await control.start()
            ready.set()
            await end.wait()
            await control.stop()
            await soon(lambda: len(asyncio.all_tasks()) == 1)  # who has connected is answered

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:  # at its end, connections are closed, too
                runner.run(serve())

        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert ready.wait(HANG)
            yield self
        finally:
            loop.call_soon_threadsafe(end.set)
            thread.join(HANG)
