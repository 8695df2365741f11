"""The pair of load balancers in the lab, as a measurement needs it: acted on, asked, and waited for."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haproxy_agentx.control.client import NotRunning, ask
from haproxy_agentx.health.severity import SERVICE_KINDS
from integration.netlab import Lab, control, wait_for
from integration.netlab.plan import BALANCERS, VIRTUAL

SOCKET = "/var/lib/haproxy-agentx/control.sock"
CONFIG = "/etc/haproxy-agentx/config.yaml"
KEEPALIVED_LOG = "/var/log/keepalived.log"
START = {"lb1": "master", "lb2": "backup"}
"""Roles when all is as it should be."""
NORMAL = {"lb1": ("master", "active"), "lb2": ("backup", "standby")}
SETTLED = 40.0
"""Seconds in which all must be well again: keepalived comes back to snmpd after 15 s, and when it was frozen again."""

UNTOLD = 1.6
"""Seconds that a change may wait to be told: for keepalived's trap, or because it has to hold."""

UNLIMITED = "notifications: {limit: 600/min}\n"
"""So that no failover is one of a burst, which would be counted and not told one by one."""

_STATE = re.compile(r"\((?P<instance>\w+)\) Entering (?P<role>\w+) STATE|: (?P<end>Stopping)$", re.MULTILINE)
"""A line of keepalived's log that tells a state, or that it ends."""

_OWN = tuple(kind.name for kind in SERVICE_KINDS)
"""Kinds of events that tell of a service on one node."""

Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """``lab`` with our daemon on both load balancers."""

    lab: Lab

    def status(self, host: str) -> Status:
        """Give what the daemon of a host says of itself; nothing while it does not run."""
        return self._ask(host, None)

    def event(self, host: str, subject: str) -> Status | None:
        """Give the last event about a service on this node in the log."""
        found = self._ask(host, {"command": "events", "limit": 50}).get("events", ())
        return next((one for one in reversed(found) if one["subject"] == subject and one["kind"] in _OWN), None)

    def last(self, host: str) -> int:
        """Give the number of the last event."""
        return int(self.status(host).get("events", {}).get("last", 0))

    def resident(self, host: str) -> float:
        """Give the megabytes of memory of the daemon."""
        (process,) = control.main_processes(control.processes(self.lab.host(host), control.find(host, "agent")))
        status = Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS:"))

    def mib_is_back(self) -> bool:
        """Say whether KEEPALIVED-MIB is read on both."""
        states = [
            one["state"]
            for host in BALANCERS
            for one in self.status(host).get("sources", ())
            if one["kind"] == "keepalivedMib"
        ]
        return states == ["ok"] * len(BALANCERS)

    def wait_normal(self, seconds: float = SETTLED) -> None:
        """Wait until all is as it should be, the managers know it, and nothing is left to be told."""
        normal_since: float | None = None

        def is_quiet() -> bool:
            nonlocal normal_since
            if not all(self._is_normal(host, *wanted) for host, wanted in NORMAL.items()):
                normal_since = None
                return False
            normal_since = normal_since or time.monotonic()
            return time.monotonic() >= normal_since + UNTOLD

        wait_for(is_quiet, "the pair is as it should be", seconds, self._logs)

    def wait_held(self, *hosts: str, seconds: float = 10.0) -> None:
        """Wait until these and no others hold all addresses."""
        held = sorted(hosts)
        wait_for(
            lambda: all(self.lab.holders(site) == held for site in VIRTUAL), f"{held} hold them", seconds, self._logs
        )

    def _is_normal(self, host: str, role: str, health: str) -> bool:
        found = self.status(host)
        services = {one["name"]: one for one in found.get("services", ())}
        if found.get("events", {}).get("queued") or set(services) != set(VIRTUAL):
            return False
        if any((one["role"], one["health"]) != (role, health) for one in services.values()):
            return False
        reported = [event for site in VIRTUAL if (event := self.event(host, site)) is not None]
        return all((event["role"], event["health"]) == (role, health) for event in reported)

    def _ask(self, host: str, request: Mapping[str, object] | None) -> Status:
        try:
            return ask(str(self.lab.host(host).path(SOCKET)), dict(request) if request else None)
        except NotRunning:
            return {}

    def _logs(self) -> str:
        states = {host: [dict(one) for one in self.status(host).get("services", ())] for host in BALANCERS}
        return f"{states}\n{self.lab.logs(*BALANCERS)}"


@contextmanager
def pair(
    name: str,
    more: str = UNLIMITED,
    interval: str = "1s",
    prepare: Callable[[Lab], object] = lambda _: None,
    lay: Callable[[Lab], None] | None = None,
) -> Iterator[Pair]:
    """Have a pair that is up and normal; ``more`` is added to our configuration, HAProxy read at the ``interval``.

    ``prepare`` is called before our daemon starts, ``lay`` before any program does.
    """
    with Lab.up(name, agent=False, prepare=lay) as lab:
        prepare(lab)
        for host in BALANCERS:
            config = lab.host(host).path(CONFIG)
            config.write_text(config.read_text().replace("interval: 1s", f"interval: {interval}") + more)
            control.launch(lab.host(host), control.find(host, "agent"))
        found = Pair(lab)
        found.wait_normal()
        yield found


def pause(seconds: float) -> None:
    """Let the fault last."""
    time.sleep(seconds)


def roles(log: str) -> Iterator[tuple[str, str]]:
    """Give instance and role of each change in keepalived's log."""
    for found in _STATE.finditer(log):
        if found["end"]:
            yield from ((site, "stopped") for site in VIRTUAL)
        else:
            yield found["instance"], found["role"].lower()


def changes(sequence: Sequence[str], start: str) -> list[str]:
    """Give the roles that are other ones than those before."""
    found, before = [], start
    for role in sequence:
        if role != before:
            found.append(role)
        before = role
    return found
