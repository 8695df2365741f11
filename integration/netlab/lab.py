"""The lab as a whole: up, down, faults, and what is seen of it from outside."""

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from integration.netlab import control, network, traps
from integration.netlab.host import Host, start_all
from integration.netlab.machine import accounts_here, specification
from integration.netlab.plan import (
    ADDRESSES,
    ALL_ADDRESSES,
    ALL_BALANCERS,
    BALANCERS,
    COMMUNITY,
    MACHINE_FILES,
    SWITCH,
    VARIANTS,
    VIRTUAL,
    VRRP_INSTANCE_STATE,
    WEB_PORTS,
    Accounts,
    files,
)
from integration.netlab.processes import identity, stat_fields
from integration.netlab.services import SERVICES
from integration.netlab.state import State, clear_leftovers
from integration.netlab.traps import Trap
from integration.netlab.waiting import DEADLINE, LabError, wait_for

DEFAULT_NAME = "netlab"
OTHERS = tuple(name for name in ADDRESSES if name not in BALANCERS)
"""The hosts that are no load balancers."""

FIFO = "/run/haproxy-agentx/vrrp.fifo"


class Lab:
    """A running lab. As a context manager it ends with the block; it ends with this program in any case, unless kept.

    `disturbed` tells whether anything was done to it that a later user could notice. `planned` are the services that it
    came up with, `written` the files of its hosts as they were then.
    """

    def __init__(self, state: State, hosts: dict[str, Host]) -> None:
        self.state = state
        self.hosts = hosts
        self.disturbed = False
        self.planned: list[tuple[str, str]] = []
        self.written: dict[Path, bytes] = {}

    @classmethod
    def up(
        cls,
        name: str,
        variant: str = "fast",
        *,
        agent: bool = True,
        keep: bool = False,
        balancers: Sequence[str] = BALANCERS,
        prepare: Callable[[Self], None] | None = None,
    ) -> Self:
        """Start everything and wait until lb1 serves the client at each virtual address.

        agent: with our daemon on all ``balancers``. keep: it stays until `down` when this program ends. prepare may
        change what its hosts read before anything is started.
        LabError, with nothing left behind, where it does not come up.
        """
        if variant not in VARIANTS:
            raise LabError(f"no variant '{variant}'; there are: {', '.join(VARIANTS)}")
        clear_leftovers()
        state = State(name, variant, None if keep else identity(os.getpid()), {})
        if state.file.exists():
            raise LabError(f"the lab '{name}' is already running: end it with `python -m integration.netlab down`")
        accounts = accounts_here()
        hosts = start_all({host: specification(host, accounts) for host in (SWITCH, *balancers, *OTHERS)})
        lab = cls(State(name, variant, state.owner, {n: host.leader for n, host in hosts.items()}), hosts)
        try:
            lab.state.save()
            lab._configure(accounts)
            if prepare:
                prepare(lab)
            lab._remember()
            lab._start(agent=agent)
            if keep:
                for host in hosts.values():
                    host.stay()
        except BaseException:
            lab.down()
            raise
        return lab

    @classmethod
    def attach(cls, name: str = DEFAULT_NAME) -> Self:
        """Find a lab that another program started. LabError where none runs."""
        state = State.find(name)
        return cls(state, {host: Host(host, leader) for host, leader in state.hosts.items()})

    def down(self) -> None:
        """End all hosts and remove what is written down. Nothing is left."""
        for host in self.hosts.values():
            host.leader.kill()  # all at once, then one by one to the end
        for host in self.hosts.values():
            host.stop()
        self.state.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def balancers(self) -> tuple[str, ...]:
        """The load balancers that it has, in the order of their priority."""
        return tuple(name for name in ALL_BALANCERS if name in self.hosts)

    def _configure(self, accounts: Accounts) -> None:
        network.connect(self.hosts)
        for name, host in self.hosts.items():
            for target, source in files(name, self.state.variant).items():
                host.path(target).write_bytes(source.read_bytes())
        for name in self.balancers:
            for path in filter(Path.exists, map(Path, MACHINE_FILES)):
                self.hosts[name].path(str(path)).write_bytes(path.read_bytes())
            fifo = self.hosts[name].path(FIFO)
            # as systemd/haproxy-agentx.tmpfiles makes it
            os.mkfifo(fifo)
            os.chown(fifo, 0, accounts.agent.gid)
            fifo.chmod(0o640)
            community = self.hosts[name].path(COMMUNITY)
            os.chown(community, 0, accounts.agent.gid)
            community.chmod(0o640)

    def _remember(self) -> None:
        paths = (host.path(target) for name, host in self.hosts.items() for target in files(name, self.state.variant))
        self.written = {path: path.read_bytes() for path in paths}

    def _start(self, *, agent: bool) -> None:
        web = [("web", str(port)) for port in WEB_PORTS]
        self._launch(*((host, "snmpd") for host in self.balancers), ("sink", "traps"), *web)
        # a first check that fails is DOWN at once
        self._launch(*((host, "haproxy") for host in self.balancers))
        # keepalived, without snmpd, tries AgentX again only after 15 s; without HAProxy, it starts as BACKUP
        self._launch(*((host, "keepalived") for host in self.balancers))
        self.wait_served("lb1")
        if agent:  # it has nothing to tell: the changes of keepalived's start are over
            self._launch(*((host, "agent") for host in self.balancers))

    def _launch(self, *group: tuple[str, str]) -> None:
        """Start services side by side, and wait until all are ready."""
        for host, service in group:
            control.launch(self.hosts[host], control.find(host, service))
        for host, service in group:
            control.await_ready(self.hosts[host], control.find(host, service))
        self.planned += group

    # what is done to it

    def exec(self, host: str, *argv: str, check: bool = True, seconds: float = 30.0) -> str:
        """Run a command on a host; return its standard output. LabError where it fails (with check) or hangs."""
        return self.host(host).run(*argv, check=check, seconds=seconds).stdout

    def ctl(self, host: str, service: str, action: str) -> None:
        """Act on a service: start stop kill9 freeze thaw reload restart."""
        self.disturbed = True
        control.act(self.host(host), service, action)

    def web_down(self, *ports: int) -> None:
        """Stop web servers; without a port, all that run."""
        for port in ports or WEB_PORTS:
            if ports or self.running("web", str(port)):
                self.ctl("web", str(port), "stop")

    def web_up(self, *ports: int) -> None:
        """Start web servers; without a port, all that do not run."""
        for port in ports or WEB_PORTS:
            if ports or not self.running("web", str(port)):
                self.ctl("web", str(port), "start")

    def link(self, host: str, *, up: bool) -> None:
        """Plug a host's cable in or pull it."""
        self.disturbed = True
        self.host(host)
        network.set_link(self.hosts[SWITCH], host, up=up)

    def link_management(self, host: str, *, up: bool) -> None:
        """Plug a load balancer's cable to the management network in or pull it."""
        self.disturbed = True
        self.host(host)
        network.set_link(self.hosts[SWITCH], f"{network.MANAGEMENT_PORT}{host}", up=up)

    def cut(self, *, apart: bool) -> None:
        """Keep the load balancers from hearing each other (split brain), or let them again. Clients reach both."""
        self.disturbed = True
        network.set_isolated(self.hosts[SWITCH], self.balancers, isolated=apart)

    # what is seen of it

    def host(self, name: str) -> Host:
        """Return a host by name. LabError says which ones there are."""
        if name not in self.hosts:
            raise LabError(f"no host '{name}'; there are: {', '.join(self.hosts)}")
        return self.hosts[name]

    def running(self, host: str, service: str) -> bool:
        """Tell whether any process of the service runs (a frozen one does)."""
        return bool(control.processes(self.host(host), control.find(host, service)))

    def services(self, host: str) -> dict[str, bool]:
        """Return each service of a host, and whether it runs."""
        return {name: self.running(host, name) for name in SERVICES.get(host, {})}

    def complaint(self) -> str:
        """Look once whether it is as it came up, and return the first thing that is not; empty where all is well.

        Its files are the same, every service runs and is not stopped by a signal, lb1 alone serves the client, and
        keepalived and our daemon answer in SNMP.
        """
        for path, content in self.written.items():
            if not path.exists() or path.read_bytes() != content:
                return f"{path.name} was changed"
        for name, service in self.planned:
            found = control.processes(self.hosts[name], control.find(name, service))
            if not found or any((stat_fields(process.pid) or "T")[0] in "Tt" for process in found):
                return f"{name}: {service} does not run"
            if not control.is_ready(self.hosts[name], control.find(name, service)):
                return f"{name}: {service} does not answer"
        for instance, address in VIRTUAL.items():
            if self.holders(instance) != [BALANCERS[0]] or self.get(address) != (200, BALANCERS[0]):
                return f"{BALANCERS[0]} does not serve {address}"
        for name in self.balancers:
            if not any(line.startswith(f".{VRRP_INSTANCE_STATE}.") for line in self._next(name)):
                return f"{name}: keepalived is not connected to snmpd"
        return ""

    def _next(self, host: str) -> list[str]:
        return self.snmp("snmpgetnext", host, "-t2", "-r0", VRRP_INSTANCE_STATE)

    def holders(self, instance: str = "SITE1") -> list[str]:
        """Return the load balancers whose kernel has the instance's virtual address."""
        return [name for name in self.balancers if self.hosts[name].holds(VIRTUAL[instance])]

    def get(self, address: str = VIRTUAL["SITE1"], path: str = "/") -> tuple[int, str]:
        """Ask as the client does: HTTP status and which load balancer answered; (0, '') where none does within 1 s."""
        shown = self.exec("client", "curl", "-si", "-m", "1", f"http://{address}{path}", check=False)
        head = shown.replace("\r", "").partition("\n\n")[0].split("\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        return (int(head[0].split()[1]), fields.get("x-lb", "")) if head[0] else (0, "")

    def wait_served(self, host: str, seconds: float = DEADLINE) -> None:
        """Wait until the host alone holds every virtual address and answers the client there."""

        def served() -> bool:
            held = all(self.holders(instance) == [host] for instance in VIRTUAL)
            return held and all(self.get(address) == (200, host) for address in VIRTUAL.values())

        wait_for(served, f"{host} serves {', '.join(VIRTUAL.values())}", seconds, self.logs)

    def traps(self) -> list[Trap]:
        """Return all notifications that came to the sink, in their order."""
        return list(traps.parse(self.hosts["sink"].read("/var/log/traps.log")))

    def wait_trap(self, matches: Callable[[Trap], bool], what: str, seconds: float = DEADLINE, skip: int = 0) -> Trap:
        """Wait for a notification behind the first `skip` ones, and return it."""
        return wait_for(
            lambda: next(filter(matches, self.traps()[skip:]), None),
            f"trap at the sink: {what}",
            seconds,
            self.logs,
        )

    def snmp(self, program: str, host: str, *arguments: str, seconds: float = 30.0) -> list[str]:
        """Ask a host's snmpd as the client does (snmpget, snmpwalk, ...): the lines, OIDs numeric by default."""
        ask = (program, "-v2c", "-cpublic", "-On", ALL_ADDRESSES[host], *arguments)
        return self.exec("client", *ask, check=False, seconds=seconds).splitlines()

    def haproxy(self, host: str, command: str, seconds: float = 5.0) -> str:
        """Give a command to HAProxy's admin socket and return the answer."""
        self.disturbed = self.disturbed or not command.startswith("show ")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(str(self.host(host).path("/run/haproxy/admin.sock")))
            connection.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    def logs(self, *hosts: str) -> str:
        """Return the ends of the logs of hosts; without a name, of the load balancers and the sink."""
        return "\n".join(self.host(name).logs() for name in hosts or (*self.balancers, "sink"))
