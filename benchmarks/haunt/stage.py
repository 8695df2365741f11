"""The pair in the lab, with each daemon's store on a file system of its own that can hang, be locked and be full."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.failovers.pair import CONFIG, UNLIMITED
from integration.netlab import Lab, control
from integration.netlab.plan import BALANCERS, VIRTUAL
from integration.netlab.processes import Identity, identity
from integration.netlab.traps import Trap
from tests.support.bad_disk import run
from tests.zoo.entry import Entry, read
from tests.zoo.stage import Stage

STORE = "/var/lib/haproxy-agentx"
DISK = 16 << 20
"""Octets of a store's file system."""

ASKS = ", ".join(f'{site}: "http://{address}/"' for site, address in VIRTUAL.items())
ENTRY: Entry = read("haunt", f"{{about: the pair, source: the lab, ask: {{{ASKS}}}}}")


class Haunted(Stage):
    """The pair with the lab's own configuration, and when what of it was stopped by us."""

    entry = ENTRY
    folder = Path(__file__).parent

    def conf(self, host: str, name: str) -> str | None:  # noqa: ARG002
        """Return nothing: the files are the lab's own."""
        return None

    def events(self) -> list[Trap]:
        """Return nothing while it goes on: the sink is read at the end, and once."""
        return []

    def _start(self, *, agent: bool) -> None:
        Lab._start(self, agent=False)  # noqa: SLF001  not the zoo's, which starts what an entry names
        self.images: list[Path] = []
        self.pauses: list[tuple[str, float, float]] = []
        """Host, begin and end of each time in which snmpd or the daemon of a host was stopped by us."""
        self.busy = {host: threading.Lock() for host in BALANCERS}
        """Held by who stops and starts HAProxy, or touches its socket."""
        for host in BALANCERS if agent else ():
            self._give_disk(host)
            config = self.host(host).path(CONFIG)
            config.write_text(config.read_text() + UNLIMITED)
            control.launch(self.host(host), control.find(host, "agent"))

    def _give_disk(self, host: str) -> None:
        owner = self.host(host).path(STORE).stat()
        handle, name = tempfile.mkstemp(suffix=".img", dir="/var/tmp")  # the same on the machine and its hosts
        self.images.append(Path(name))
        os.truncate(handle, DISK)
        os.close(handle)
        run("mkfs.ext4", "-q", name)
        self.exec(host, "mount", "-o", "loop", name, STORE)
        place = self.host(host).path(STORE)
        os.chown(place, owner.st_uid, owner.st_gid)
        place.chmod(0o750)

    def down(self) -> None:
        """End all, with no file system left frozen."""
        for host in BALANCERS:
            if host in self.hosts and self.hosts[host].leader.alive:
                with suppress(Exception):
                    self.exec(host, "fsfreeze", "-u", STORE, check=False)
        super().down()
        for image in getattr(self, "images", ()):
            image.unlink(missing_ok=True)

    @contextmanager
    def paused(self, host: str) -> Iterator[None]:
        """Remember that snmpd or the daemon of a host cannot answer meanwhile."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.pauses.append((host, begin, time.monotonic()))

    def agents(self, host: str) -> list[Identity]:
        """Return the daemon of a host, and then its children."""
        found = control.processes(self.host(host), control.find(host, "agent"))
        first = control.main_processes(found)
        ordered = [*first, *(process for process in found if process not in first)]
        return [one for process in ordered if (one := identity(process.pid)) is not None]

    def begin(self, host: str, *argv: str) -> subprocess.Popen[bytes]:
        """Start a program on a host."""
        return subprocess.Popen(
            self.host(host).command(*argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
