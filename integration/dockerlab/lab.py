"""The lab as a whole: up, down, what is done to it, and what is seen of it from outside."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

from integration.dockerlab import engine, images
from integration.dockerlab.program import run
from integration.ending import undisturbed
from integration.netlab import traps
from integration.netlab.plan import ADDRESSES, BALANCERS, PROJECT, VIRTUAL
from integration.netlab.traps import Trap
from integration.netlab.waiting import LabError, wait_for
from integration.walks import rows

PROJECT_NAME = "haproxy-agentx-lab"
COMPOSE_FILE = PROJECT / "integration" / "docker-compose.yml"
EXTRA = ("stock", "spare")
"""Load balancers apart from the pair, started by the tests that need them: one on which haproxy-agentx was never
installed, and one that is as those of the pair are."""

HOSTS = tuple(ADDRESSES)
DAEMONS = ("snmpd", "haproxy", "keepalived", "haproxy-agentx")
VARIANT = "base"
MODULES = "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB"

SERVED = " and ".join(VIRTUAL.values())
LABEL = f"com.docker.compose.project={PROJECT_NAME}"
"""What compose marks each container of the lab with."""


def container(host: str) -> str:
    """Return the name of a host's container. LabError says which hosts there are."""
    if host not in (*HOSTS, *EXTRA):
        raise LabError(f"no host '{host}'; there are: {', '.join((*HOSTS, *EXTRA))}")
    return f"hax-{host}"


def compose(*argv: str, seconds: float = 120.0, **extra: str) -> str:
    """Run compose v2 where docker has it, else docker-compose. LabError."""
    v2 = run("docker", "compose", "version", check=False).returncode == 0
    command = ("docker", "compose") if v2 else ("docker-compose",)
    files = ("--project-name", PROJECT_NAME, "--file", str(COMPOSE_FILE))
    return run(*command, *files, *argv, seconds=seconds, extra=extra).stdout


class DockerLab:
    """A running lab. As a context manager it ends with the block."""

    @classmethod
    def up(
        cls, say: Callable[[str], None], variant: str = VARIANT, *, keep: bool = False, suite: str = images.SUITE
    ) -> Self:
        """Make what is missing, start everything and wait until lb1 serves. LabError, with nothing left behind.

        keep: it stays when this program ends; otherwise an own docker daemon, and all that it runs, ends with it.
        suite: Debian's release of the hosts.
        """
        if engine.start(keep=keep):
            say("no docker daemon ran: one is started for the lab")
        elif cls.runs():
            raise LabError("the lab is already running: make lab-down")
        try:
            cls.remove()  # what a killed lab left to a daemon of its own
            base = images.make(variant, say, suite)
            say("starting")
            compose("up", "--detach", "--no-build", *HOSTS, BASE=base, VARIANT=variant)
            lab = cls()
            lab.wait_well()
        except BaseException:
            say("removing everything")
            cls.down(say)
            raise
        return lab

    @classmethod
    def attach(cls) -> Self:
        """Find the lab that runs. LabError where none does."""
        if not (engine.answers() and cls.runs()):
            raise LabError("no lab runs: make lab-up")
        return cls()

    @staticmethod
    def runs() -> bool:
        """Tell whether there is anything of it."""
        return bool(run("docker", "ps", "--all", "--quiet", f"--filter=label={LABEL}").stdout.split())

    @staticmethod
    def down(say: Callable[[str], None]) -> None:
        """Remove containers and networks, and end an own docker daemon, whoever interrupts it. The images stay."""
        with undisturbed():
            if engine.DATA.exists():
                engine.start(keep=False)  # a lab that was killed left its networks to the daemon of its own
            if engine.answers():
                DockerLab.remove()
            own = engine.own()
            engine.stop()
        if own:
            say("the lab's docker daemon is ended")

    @staticmethod
    def remove() -> None:
        """Remove containers and networks."""
        compose("down", "--volumes", "--remove-orphans", "--timeout", "3")

    # what is done to it

    def exec(self, host: str, *argv: str, check: bool = True, seconds: float = 30.0) -> str:
        """Run a command on a host, numeric in net-snmp's tools; return its standard output. LabError where it fails."""
        command = ("docker", "exec", "--env=MIBS=", container(host), *argv)
        return run(*command, check=check, seconds=seconds).stdout

    def shell(self, host: str, script: str, *, check: bool = True, seconds: float = 60.0) -> str:
        """Run a script of the shell on a host; with check, it ends at the first error."""
        return self.exec(host, "bash", "-c", script if not check else f"set -e\n{script}", check=check, seconds=seconds)

    def start(self, host: str, *argv: str) -> None:
        """Start a program on a host and do not wait for its end."""
        run("docker", "exec", "--detach", container(host), *argv)

    def systemctl(self, host: str, *argv: str, check: bool = True) -> str:
        """Tell systemd of a host."""
        return self.exec(host, "systemctl", *argv, check=check).strip()

    def docker(self, action: str, host: str, *options: str) -> None:
        """Do something to a container as such: kill, start, restart, pause."""
        run("docker", action, *options, container(host), seconds=60)

    def web_down(self, *ports: int) -> None:
        """Stop web servers."""
        self.shell("web", "\n".join(f"kill $(cat /run/{port}.pid)" for port in ports))

    def web_up(self, *ports: int) -> None:
        """Start web servers."""
        self.shell("web", "\n".join(f"PORT={p} haproxy -D -p /run/{p}.pid -f /etc/lab/web.cfg" for p in ports))

    def link(self, host: str, *, up: bool) -> None:
        """Pull a host's cable or plug it in: its eth0 loses or gets its carrier."""
        # `docker network disconnect` would do more: it takes the interface away and brings one of another name
        index = self.exec(host, "cat", "/sys/class/net/eth0/iflink").strip()
        (line,) = (line for line in run("ip", "-o", "link").stdout.splitlines() if line.startswith(f"{index}: "))
        run("ip", "link", "set", line.split(": ")[1].partition("@")[0], "up" if up else "down")

    def start_extra(self, host: str) -> None:
        """Start one of EXTRA, as it is in its image."""
        self.remove_extra(host)
        compose("up", "--detach", "--no-build", host)
        self.wait_booted(host)

    def remove_extra(self, host: str) -> None:
        """Remove it."""
        run("docker", "rm", "--force", "--volumes", container(host), check=False)

    def copy(self, source: Path, host: str, target: str) -> None:
        """Copy a file or folder of this machine into a host."""
        run("docker", "cp", str(source), f"{container(host)}:{target}")

    # what is seen of it

    def wait_booted(self, host: str, seconds: float = 20.0) -> None:
        """Wait until systemd has done all it starts with."""
        wait_for(
            lambda: self.systemctl(host, "is-system-running", check=False) in {"running", "degraded"},
            f"{host} has booted",
            seconds,
            lambda: self.logs(host),
        )

    def wait_well(self, seconds: float = 30.0) -> None:
        """Wait until every daemon of both load balancers is well and lb1 serves."""
        for host in BALANCERS:
            self.wait_booted(host)
            wait_for(partial(self.is_well, host), f"{host}: haproxy-agentx is well", seconds, self.logs)
        self.wait_served("lb1", seconds)

    def status(self, host: str) -> dict[str, Any]:
        """Return what `haproxy-agentx status --json` says; nothing where it is not installed."""
        shown = self.exec(host, "haproxy-agentx", "status", "--json", check=False)
        return dict(json.loads(shown)) if shown else {}

    def is_well(self, host: str) -> bool:
        """Tell whether `haproxy-agentx status` is content."""
        return run("docker", "exec", container(host), "haproxy-agentx", "status", check=False).returncode == 0

    def get(self, *addresses: str) -> list[tuple[int, str]]:
        """Ask as the client does: HTTP status and which load balancer answered; (0, '') where none does within 1 s."""
        quiet = ("curl", "-s", "-m", "1", "-w", "%{http_code} %header{x-lb}\n", *("-o", "/dev/null") * len(addresses))
        lines = self.exec("client", *quiet, *(f"http://{address}/" for address in addresses), check=False).splitlines()
        return [(int(code), by) for code, _, by in (line.partition(" ") for line in lines)]

    def is_served_by(self, host: str) -> bool:
        """Tell whether the host answers the client at every virtual address, whoever else thinks that it holds it."""
        return self.get(*VIRTUAL.values()) == [(200, host)] * len(VIRTUAL)

    def wait_served_by(self, host: str, seconds: float = 15.0) -> None:
        """Wait for that."""
        wait_for(lambda: self.is_served_by(host), f"{host} answers at {SERVED}", seconds, self.logs)

    def wait_served(self, host: str, seconds: float = 15.0) -> None:
        """Wait until the host alone holds every virtual address and answers the client there."""

        def served() -> bool:
            held = {name: self.exec(name, "ip", "-4", "addr", check=False) for name in BALANCERS}
            places = ((name, text, address) for name, text in held.items() for address in VIRTUAL.values())
            alone = all((f"inet {address}/" in text) == (name == host) for name, text, address in places)
            return alone and self.is_served_by(host)

        wait_for(served, f"{host} serves {SERVED}", seconds, self.logs)

    def snmp(self, program: str, host: str, *arguments: str) -> list[str]:
        """Ask a host's snmpd as the client does (snmpget, snmpbulkwalk, ...): the lines, with numeric OIDs."""
        ask = (program, "-v2c", "-cpublic", "-On", ADDRESSES[host], *arguments)
        return self.exec("client", *ask, check=False).splitlines()

    def table(self, host: str, name: str) -> dict[str, dict[str, str]]:
        """Walk what is below a name, as a person does: index -> name -> value."""
        walk = ("snmpbulkwalk", "-v2c", "-cpublic", "-Os", "-m", MODULES, ADDRESSES[host], name)
        return rows(self.exec("client", *walk, check=False).splitlines())

    def values(self, host: str, name: str) -> list[str]:
        """Walk a column: its values in the order of their rows."""
        return [row[name] for row in self.table(host, name).values()]

    def sink(self) -> str:
        """Return all that the sink printed."""
        return run("docker", "logs", container("sink")).stdout

    def traps(self) -> list[Trap]:
        """Return all notifications that came to the sink, in their order."""
        return list(traps.parse(self.sink()))

    def wait_trap(self, matches: Callable[[Trap], bool], what: str, seconds: float = 10.0, skip: int = 0) -> Trap:
        """Wait for a notification behind the first `skip` ones, and return it."""
        return wait_for(
            lambda: next(filter(matches, self.traps()[skip:]), None), f"trap at the sink: {what}", seconds, self.logs
        )

    def journal(self, host: str, unit: str = "haproxy-agentx", *options: str) -> list[str]:
        """Return the lines of a unit's programs in the journal."""
        return self.exec(host, "journalctl", "--no-pager", "-q", "-o", "cat", "-u", unit, *options).splitlines()

    def logs(self, *hosts: str) -> str:
        """Return the ends of what hosts have to say; without a name, of the load balancers and the sink."""
        return "\n".join(f"--- {host}\n{self._log(host)}" for host in hosts or (*BALANCERS, "sink"))

    def _log(self, host: str) -> str:
        if host in (*BALANCERS, *EXTRA):
            return self.exec(host, "journalctl", "--no-pager", "-q", "-o", "short-monotonic", "-n", "40", check=False)
        lines = run("docker", "logs", "--tail", "60", container(host), check=False).stdout.splitlines()
        return "\n".join(line for line in lines if "\t" not in line)  # at the sink: those with names
