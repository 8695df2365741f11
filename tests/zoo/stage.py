"""A lab with the configuration of an entry, and the actions of its steps.

    ctl HOST SERVICE ACTION        start stop kill9 freeze thaw reload restart
    web down|up [PORT ...]         the web servers 8001 to 8005 on 10.77.0.20
    haproxy HOST COMMAND...        a command for /run/haproxy/admin.sock
    sh HOST COMMAND...             a command on a host, by its shell
    put HOST PATH FILE             a file of the entry's folder, as PATH on a host
    link HOST up|down              the host's cable
    cut on|off                     keep the load balancers from hearing each other
    hold HOST PORT NUMBER          that many idle connections of the client to a port of a host
    hold-stats HOST NUMBER         that many idle connections to the socket that the agent reads
    load HOST PORT NUMBER PATH     that many clients that ask for a path again and again
    release                        close all of them, and end these clients
    server NAME STATE              what a server of the entry is from now on (servers.py)
    nothing                        what follows has no reason to be reported

Files that an entry's folder may have: haproxy.cfg, keepalived.conf, config.yaml, snmpd.conf, web.cfg (for both load
balancers, `@lb1` and `@lb2` in keepalived's as it has them), and the same with a node's name: haproxy.lb1.cfg. What it
does not have is taken from base/, and then the lab's own; an empty keepalived.conf means that there is no keepalived.
What is in its folder etc/ is copied to /etc of both load balancers, below which only haproxy, keepalived, snmp and
haproxy-agentx can be written to. /run/site.pem is a certificate with its key, on both and on `web`, where a file of the
entry mentions it. before.sh runs before anything starts, in the entry's folder, with the process of each host as
$PID_lb1, $PID_sw and so on.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Self

from haproxy_agentx.objects import schema
from haproxy_agentx.vocabulary.event import Kind
from integration.demo.notices import cells
from integration.netlab import Lab, Trap, control
from integration.netlab.host import Host, in_background
from integration.netlab.plan import ADDRESSES, BALANCERS, PREFIX_LENGTH, PROJECT, ROOT, SWITCH, WEB_PORTS, Accounts
from integration.netlab.processes import of_namespace, stat_fields
from integration.netlab.waiting import wait_for
from tests.zoo.entry import Entry
from tests.zoo.judge import Alive, Event, Sample, Served, View

ENTRIES = Path(__file__).parent / "entries"
SERVERS = Path(__file__).parent / "servers.py"
SERVERS_FOLDER = "/run/servers"
BASE = Path(__file__).parent / "base"
PLACES = {
    "haproxy.cfg": "/etc/haproxy/haproxy.cfg",
    "keepalived.conf": "/etc/keepalived/keepalived.conf",
    "config.yaml": "/etc/haproxy-agentx/config.yaml",
    "snmpd.conf": "/etc/snmp/snmpd.conf",
}
KINDS = {f"{ROOT}.0.{kind.value}": kind.name for kind in Kind}
ENTRY_OID = ".".join(map(str, schema.column_oid(schema.SERVICE_TABLE, schema.SERVICE_TABLE.columns[0])[:-1]))


class Stage(Lab):
    """A lab that an entry is played on. ``start`` takes the place of ``Lab.up``."""

    entry: Entry
    folder: Path

    @classmethod
    def of(cls, entry: Entry, folder: Path, name: str) -> Self:
        """Start it. Nothing is waited for but that each program is ready: what is served is the referee's business."""
        kind = type(f"StageOf{entry.name}", (cls,), {"entry": entry, "folder": folder})
        stage: Self = kind.up(name)
        return stage

    @property
    def has_keepalived(self) -> bool:
        """Whether keepalived is part of the set-up."""
        return "keepalived" in self.entry.start and any(self.conf(h, "keepalived.conf") != "" for h in BALANCERS)

    def conf(self, host: str, name: str) -> str | None:
        """Return the entry's own text of a file for a host; None where it has none."""
        stem, _, end = name.rpartition(".")
        for found in (self.folder / f"{stem}.{host}.{end}", self.folder / name, BASE / name):
            if found.exists():
                return found.read_text()
        return None

    def _configure(self, accounts: Accounts) -> None:
        super()._configure(accounts)
        for host in BALANCERS:
            for name, place in PLACES.items():
                text = self.conf(host, name)
                if text is not None:
                    self.hosts[host].path(place).write_text(text)
            for file in self._files("etc"):
                self.hosts[host].path(f"/{file.relative_to(self.folder)}").write_bytes(file.read_bytes())
        if any(b"/run/site.pem" in file.read_bytes() for file in self._files(".")):
            pem = certificate()
            for host in (*BALANCERS, "web"):
                self.hosts[host].path("/run/site.pem").write_bytes(pem)
        web = self.conf("web", "web.cfg")
        if web is not None:
            self.hosts["web"].path("/run/web.cfg").write_text(web)
        self.held: list[socket.socket] = []
        before = self.folder / "before.sh"
        if before.exists():
            pids = {f"PID_{name}": str(host.leader.pid) for name, host in self.hosts.items()}
            command = ["bash", "-eu", str(before)]
            subprocess.run(command, check=True, env={**os.environ, **pids}, timeout=30, cwd=self.folder)

    def _files(self, below: str) -> list[Path]:
        return [path for path in sorted((self.folder / below).rglob("*")) if path.is_file()]

    def _start(self, *, agent: bool) -> None:
        self._launch(("sink", "traps"), *(("web", str(port)) for port in WEB_PORTS))
        self._serve()
        for service in self.entry.start:
            hosts = [host for host in BALANCERS if service != "keepalived" or self.conf(host, "keepalived.conf") != ""]
            for host in hosts:
                control.launch(self.hosts[host], control.find(host, service))
            for host in hosts:
                if service in ("snmpd", "agent"):
                    control.await_ready(self.hosts[host], control.find(host, service), 20)

    def _serve(self) -> None:
        """Start the entry's servers, and wait until they listen."""
        servers, web = self.entry.servers, self.hosts["web"]
        if not servers:
            return
        for address in sorted({server.address for server in servers.values()}):
            web.run("ip", "addr", "add", f"{address}/{PREFIX_LENGTH}", "dev", "eth0")
        web.path(SERVERS_FOLDER).mkdir()
        for name, server in servers.items():
            self.server(name, server.state)
        given = [f"{name}={server.kind}@{server.address}" for name, server in servers.items()]
        command = (sys.executable, "-I", "-S", str(SERVERS), SERVERS_FOLDER, *given)
        web.run(*in_background(command, "/var/log/servers.log"))
        wait_for(web.path(f"{SERVERS_FOLDER}/ready").exists, "the entry's servers listen", 15, web.logs)

    def down(self) -> None:
        self.release()
        super().down()

    # what is done

    def act(self, words: tuple[str, ...]) -> None:
        """Do one action. Raise KeyError for one that is none, LabError where it has not the effect it should."""
        verb, *rest = words
        actions: dict[str, Callable[..., object]] = {
            "ctl": self.control,
            "web": lambda way, *ports: (self.web_down if way == "down" else self.web_up)(*map(int, ports)),
            "haproxy": lambda host, *command: self.haproxy(host, " ".join(command)),
            "sh": lambda host, *command: self.exec(host, "sh", "-c", " ".join(command)),
            "put": self.put,
            "link": lambda host, way: self.link(host, up=way == "up"),
            "cut": lambda way: self.cut(apart=way == "on"),
            "hold": lambda host, port, number: self.hold(ADDRESSES.get(host, host), int(port), int(number)),
            "hold-stats": lambda host, number: self.hold_stats(host, int(number)),
            "load": lambda host, port, number, path: self.load(ADDRESSES.get(host, host), port, number, path),
            "release": self.release,
            "server": lambda name, *state: self.server(name, " ".join(state)),
            "nothing": lambda: None,
        }
        actions[verb](*rest)

    def control(self, host: str, service: str, action: str) -> None:
        """Act on a service; HAProxy is not waited for, as an entry's may listen anywhere."""
        if service == "haproxy" and action in ("start", "restart"):
            if action == "restart":
                self.ctl(host, service, "stop")
            control.launch(self.hosts[host], control.find(host, service))
        else:
            self.ctl(host, service, action)

    def put(self, host: str, path: str, name: str) -> None:
        """Copy a file of the entry onto a host."""
        self.hosts[host].path(path).write_bytes((self.folder / name).read_bytes())

    def hold(self, address: str, port: int, number: int) -> None:
        """Open idle connections, as the client."""
        code = f"""
import socket, time
held = [socket.socket() for _ in range({number})]
for each in held:
    each.settimeout(1)
    try:
        each.connect(('{address}', {port}))
    except OSError:
        pass
time.sleep(600)
"""
        self._in_client(code)

    def load(self, address: str, port: str, number: str, path: str) -> None:
        """Ask for a path without end, as so many clients."""
        code = f"""
import threading, time, urllib.request
def ask():
    while True:
        try:
            urllib.request.urlopen('http://{address}:{port}{path}', timeout=30).read()
        except OSError:
            time.sleep(0.05)
for _ in range({number}):
    threading.Thread(target=ask, daemon=True).start()
time.sleep(600)
"""
        self._in_client(code)

    def _in_client(self, code: str) -> None:
        background = 'python3 -c "$0" >/dev/null 2>&1 </dev/null & echo $! >>/run/held'
        self.hosts["client"].run("sh", "-c", background, code)

    def server(self, name: str, state: str) -> None:
        """Say what a server of the entry is from now on. Raise KeyError for a name that it has not."""
        if name not in self.entry.servers:
            raise KeyError(name)
        file = self.hosts["web"].path(f"{SERVERS_FOLDER}/{name}")
        new = file.with_name(f".{name}")
        new.write_text(state)
        new.replace(file)

    def hold_stats(self, host: str, number: int) -> None:
        """Open idle connections to the statistics socket of a host."""
        for _ in range(number):
            held = socket.socket(socket.AF_UNIX)
            self.held.append(held)
            held.setblocking(False)
            with suppress(OSError):
                held.connect(str(self.hosts[host].path("/run/haproxy/ro.sock")))

    def release(self) -> None:
        """Close what ``hold``, ``hold_stats`` and ``load`` opened."""
        for held in self.held:
            held.close()
        self.held.clear()
        client = self.hosts.get("client")
        if client is not None and client.read("/run/held"):
            client.run("sh", "-c", "kill $(cat /run/held); rm -f /run/held", check=False)

    # what is seen

    def alive(self) -> dict[str, Alive]:
        """Return the programs of each load balancer that run, and those of which a process is stopped."""
        return {name: _alive(self.hosts[name]) for name in BALANCERS}

    def events(self) -> list[Trap]:
        """Return our notifications at the sink."""
        return [trap for trap in self.traps() if trap.oid in KINDS]


@cache
def certificate() -> bytes:
    """Return a self-signed certificate and its key, PEM: the same for all entries."""
    with tempfile.TemporaryDirectory() as folder:
        key, made = f"{folder}/key.pem", f"{folder}/made.pem"
        options = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=site.test")
        subprocess.run(
            ["openssl", "req", "-x509", *options, "-days", "30", "-keyout", key, "-out", made],
            check=True,
            capture_output=True,
        )
        return Path(made).read_bytes() + Path(key).read_bytes()


def _alive(host: Host) -> Alive:
    running, frozen = set(), set()
    for process in of_namespace(host.leader.pid):
        fields = stat_fields(process.pid)
        if fields is None or fields[0] in "ZX":
            continue
        running.add(process.service)
        if fields[0] in "Tt":
            frozen.add(process.service)
    return Alive(frozenset(running), frozenset(frozen))


def as_event(trap: Trap) -> Event:
    """Read a notification of ours."""
    cell = cells(trap.varbinds)
    return Event(
        host=trap.source,
        kind=KINDS[trap.oid],
        subject=cell.get("Subject", ""),
        health=cell.get("Health", ""),
        cause=cell.get("Cause", ""),
        text=cell.get("CauseText", ""),
        at=_monotonic(bytes.fromhex(cell["Time"])),
    )


def _monotonic(date: bytes) -> float:
    """Return a DateAndTime (RFC 2579) as monotonic seconds of this machine."""
    year, month, day, hour, minute, second, tenths = struct.unpack(">H6B", date[:8])
    zone = UTC
    if len(date) == 11:
        shift = timedelta(hours=date[9], minutes=date[10])
        zone = timezone(shift if date[8:9] == b"+" else -shift)
    when = datetime(year, month, day, hour, minute, second, tenths * 100_000, zone)
    return when.timestamp() - time.time() + time.monotonic()


class Referee:
    """Looks on from the start of a stage: ``samples`` and ``events`` grow until it is closed."""

    def __init__(self, stage: Stage) -> None:
        self.samples: list[Sample] = []
        self.events: list[Event] = []
        self._stage = stage
        nodes = {host: (ADDRESSES[host], stage.hosts[host].leader.pid) for host in BALANCERS}
        entry = stage.entry
        given = {
            "nodes": nodes,
            "switch": stage.hosts[SWITCH].leader.pid,
            "asks": dict(entry.asks),
            "own": dict(entry.own),
            "served": entry.served,
            "entry": ENTRY_OID,
        }
        command = stage.hosts["client"].command(
            sys.executable, "-m", "tests.zoo.probe", json.dumps(given), machine=True
        )
        self._probe = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """End the probe."""
        self._probe.kill()
        self._probe.wait()
        self._reader.join()
        assert self._probe.stdout is not None
        self._probe.stdout.close()

    def since(self, at: float) -> Iterator[Sample]:
        """Return the samples that began after ``at``."""
        return (sample for sample in list(self.samples) if sample.at >= at)

    def _read(self) -> None:
        assert self._probe.stdout is not None
        for line in self._probe.stdout:
            seen = json.loads(line)
            views = {
                key: View(
                    Served(view["served"]),
                    view["arrives"],
                    {node: Served(own) for node, own in view["own"].items()},
                    {address: frozenset(nodes) for address, nodes in view["held"].items()},
                    {address: frozenset(nodes) for address, nodes in view["moved"].items()},
                )
                for key, view in seen["views"].items()
            }
            with suppress(OSError):
                self.samples.append(Sample(seen["at"], views, self._stage.alive(), seen["reports"], seen["late"]))
                traps = self._stage.events()
                self.events += [as_event(trap) for trap in traps[len(self.events) :]]
