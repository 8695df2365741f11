"""The docker daemon: the machine's, or where none runs one of the lab's own, which changes nothing outside itself.

Its own has neither the default bridge nor any packet filter rules: the lab's hosts talk to each other only, and images
are made in the machine's network. Where its files are, images stay as a cache from one lab to the next.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from integration.dockerlab.program import run
from integration.netlab.processes import Identity, identity
from integration.netlab.waiting import LabError, wait_for

RUN = Path("/run/haproxy-agentx-lab")
DATA = Path("/var/lib/haproxy-agentx-lab")
PID_FILE = RUN / "dockerd.pid"
LOG = RUN / "dockerd.log"
EMPTY = (Path("/run/docker/plugins"), Path("/run/docker"))
"""What a daemon makes wherever its own files are; empty, as the lab uses no plugins."""

COMMAND = (
    *("dockerd", "--data-root", str(DATA), "--exec-root", str(RUN / "exec"), "--pidfile", str(PID_FILE)),
    *("--bridge=none", "--iptables=false", "--ip-masq=false", "--ip-forward=false", "--userland-proxy=false"),
)
START, STOP = 30.0, 30.0
"""Seconds for the daemon's start and end."""


def answers() -> bool:
    """Tell whether a docker daemon answers this user."""
    with suppress(LabError):
        return run("docker", "version", check=False).returncode == 0
    return False


def own() -> Identity | None:
    """Find the lab's own daemon, None where none runs."""
    try:
        pid = int(PID_FILE.read_text())
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ValueError):
        return None
    return identity(pid) if name == "dockerd" else None


def start(*, keep: bool) -> bool:
    """Start a daemon where none runs, and tell whether that was done. LabError in a line where it does not start.

    keep: it outlives this program; otherwise it ends with it, however that ends.
    """
    if answers():
        return False
    if os.geteuid() != 0:
        raise LabError("no docker daemon answers; starting one needs root")
    if own():
        raise LabError("the lab's own docker daemon runs and does not answer: make lab-down")
    RUN.mkdir(parents=True, exist_ok=True)
    tie = () if keep else ("setpriv", "--pdeathsig", "TERM")
    with LOG.open("wb") as output:
        try:
            daemon = subprocess.Popen(
                (*tie, *COMMAND), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except FileNotFoundError as missing:
            raise LabError(f"no docker daemon runs, and there is no {missing.filename}") from None

    def up() -> bool:
        if daemon.poll() is not None:
            raise LabError(f"docker does not run here: {reason()}")
        return answers()

    try:
        wait_for(up, "the docker daemon answers", START, reason)
    except BaseException:
        stop()
        raise
    return True


def reason() -> str:
    """Return the last line of the daemon's log: why it ended."""
    lines = LOG.read_text(errors="replace").strip().splitlines() if LOG.exists() else []
    return lines[-1] if lines else "it says nothing"


def stop() -> None:
    """End the lab's own daemon, if it runs, and what is left of it but its images."""
    if daemon := own():
        with suppress(ProcessLookupError):
            os.kill(daemon.pid, signal.SIGTERM)
        wait_for(lambda: not daemon.alive, "the docker daemon has ended", STOP, reason)
    release(RUN)
    release(DATA)
    shutil.rmtree(RUN, ignore_errors=True)
    for folder in EMPTY:
        with suppress(OSError):
            folder.rmdir()


def release(folder: Path) -> None:
    """Take away what is still mounted below a folder, the innermost first."""
    mounted = (line.split()[1] for line in Path("/proc/mounts").read_text().splitlines())
    for place in sorted((place for place in mounted if Path(place).is_relative_to(folder)), reverse=True):
        run("umount", place, check=False)
