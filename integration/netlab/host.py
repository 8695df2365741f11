"""A host of the lab: process 1 of its namespaces, and what is run in them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from integration.netlab import sockets
from integration.netlab.processes import Identity, identity
from integration.netlab.waiting import LabError, wait_for

INIT = Path(__file__).with_name("init.py")
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--propagation", "private", "--")


def environment(host: str) -> dict[str, str]:
    """Return what programs of a host see: a root shell's, and net-snmp without MIBs (numeric OIDs)."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "TERM": os.environ.get("TERM", "dumb"),
        "HOSTNAME": host,
        "MIBS": "",
        # the default is the machine's own
        "SNMP_PERSISTENT_DIR": "/var/lib/snmp",
    }


@dataclass(slots=True)
class Host:
    """A running host. `starter` is there only in the program that started it."""

    name: str
    leader: Identity
    starter: subprocess.Popen[str] | None = None

    @property
    def root(self) -> Path:
        """The host's file system, seen from outside."""
        return Path(f"/proc/{self.leader.pid}/root")

    def path(self, path: str) -> Path:
        """Return where an absolute path of the host is, seen from outside."""
        return self.root / path.lstrip("/")

    def read(self, path: str) -> str:
        """Return a file's text; nothing where it does not exist."""
        try:
            return self.path(path).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def command(self, *argv: str, machine: bool = False) -> list[str]:
        """Return the command that runs one in the host; machine: in the host's network, with all else the machine's."""
        # -r -w: below a chroot the mount namespace's own root is not the host's
        namespaces = ["-n"] if machine else ["-n", "-m", "-r", "-w", "-p", "-u"]
        return ["nsenter", "-t", str(self.leader.pid), *namespaces, "--", *argv]

    def run(
        self,
        *argv: str,
        check: bool = True,
        seconds: float = 30.0,
        text: str = "",
        extra: Mapping[str, str] | None = None,
        machine: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end. LabError with its output where it fails (with check) or does not end."""
        try:
            done = subprocess.run(
                self.command(*argv, machine=machine),
                input=text,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                env={**environment(self.name), **(extra or {})},
            )
        except subprocess.TimeoutExpired as late:
            raise LabError(f"{self.name}: not within {seconds:g} s: {' '.join(argv)}") from late
        if check and done.returncode:
            raise LabError(f"{self.name}: exit {done.returncode}: {' '.join(argv)}\n{done.stdout}{done.stderr}")
        return done

    def listens(self, address: str) -> bool:
        """Tell whether a program of the host listens at `unix:PATH`, `udp:PORT` or `tcp:PORT`."""
        return sockets.listens(self.leader.pid, address)

    def holds(self, address: str) -> bool:
        """Tell whether the host's kernel has the address, whatever keepalived says."""
        return sockets.holds(Path(f"/proc/{self.leader.pid}/net/fib_trie").read_text(), address)

    def logs(self, lines: int = 15) -> str:
        """Return the ends of all its logs, each under its name."""
        found = sorted(self.path("/var/log").glob("*.log"))
        ends = ((log.name, log.read_text(errors="replace").splitlines()[-lines:]) for log in found)
        return "\n".join("\n".join((f"--- {self.name}: {name}", *end)) for name, end in ends)

    def stay(self) -> None:
        """Let the host outlive this program."""
        if self.starter and self.starter.stdin:
            self.starter.stdin.write("stay\n")
            self.starter.stdin.close()

    def stop(self) -> None:
        """End it with all that runs in it, and return when it is gone. No error where it is gone already."""
        self.leader.kill()
        if self.starter:
            abandon(self.starter)
        wait_for(lambda: not self.leader.alive, f"{self.name} is gone")


def launch(specification: Mapping[str, object]) -> subprocess.Popen[str]:
    """Start process 1 of a host (see init.py); `settled` waits for it."""
    return subprocess.Popen(
        [*UNSHARE, sys.executable, "-I", "-S", str(INIT), json.dumps(specification)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # the terminal's Ctrl-C is for the lab's program, which then stops the hosts
        start_new_session=True,
    )


def settled(name: str, starter: subprocess.Popen[str]) -> Host:
    """Wait until the host's file systems stand. LabError with what process 1 said otherwise."""
    if starter.stdout is None:
        raise LabError(f"{name}: started without a pipe")
    line = starter.stdout.readline()
    try:
        leader = identity(json.loads(line)["pid"])
    except (ValueError, TypeError, KeyError):
        rest = starter.stdout.read()
        raise LabError(f"{name}: could not be set up (root is needed, and CAP_SYS_ADMIN):\n{line}{rest}") from None
    if leader is None:
        raise LabError(f"{name}: process 1 ended at once")
    starter.stdout.close()
    return Host(name, leader, starter)


def abandon(starter: subprocess.Popen[str]) -> None:
    """Cut the lifeline and wait for the end: for a host of which no more is known than its starter."""
    for pipe in (starter.stdin, starter.stdout):
        if pipe:
            pipe.close()
    starter.wait()


def start_all(specifications: Mapping[str, Mapping[str, object]]) -> dict[str, Host]:
    """Start hosts side by side. After an error none is left."""
    starters: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, specification in specifications.items():
            starters[name] = launch(specification)
        return {name: settled(name, starter) for name, starter in starters.items()}
    except BaseException:
        for starter in starters.values():
            abandon(starter)
        raise


def in_background(argv: Sequence[str], log: str) -> list[str]:
    """Return a command that starts one in the background, a child of process 1, and ends at once."""
    return ["sh", "-c", f'cd /; "$@" >>{log} 2>&1 </dev/null &', "sh", *argv]
