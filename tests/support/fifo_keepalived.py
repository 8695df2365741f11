"""A real keepalived that writes a notify FIFO, process 1 of its own namespaces: when it is killed, all of it is gone.

Needs root. It is BACKUP at once and MASTER after 0.4 s, with nobody else in its network.
"""

import os
import signal
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from tests.support.wait import eventually

NAME = "SITE 1"
NETWORK = (
    "ip link add vrrp0 type veth peer name vrrp1 && ip link set vrrp1 up && "
    "ip addr add 192.0.2.2/24 dev vrrp0 && ip link set vrrp0 up"
)
CONFIGURATION = """\
global_defs {{
    router_id test
    vrrp_version 3
    vrrp_notify_fifo {fifo}
}}
vrrp_instance "{name}" {{
    state BACKUP
    interface vrrp0
    virtual_router_id 51
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.1/32
    }}
}}
"""


class FifoKeepalived(AbstractContextManager["FifoKeepalived"]):
    """Runs between ``start`` and ``stop`` or ``kill``; ended when left, however it is then."""

    def __init__(self, folder: Path, fifo: Path) -> None:
        self._folder = folder
        self._fifo = fifo
        self._process: subprocess.Popen[bytes] | None = None
        self.configure()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()  # unshare takes all that is in the namespaces with it
            self._process.wait()

    def configure(self, priority: int = 100) -> None:
        text = CONFIGURATION.format(fifo=self._fifo, name=NAME, priority=priority)
        (self._folder / "keepalived.conf").write_text(text)

    def start(self) -> Self:
        for name in ("pid", "vrrp.pid"):  # of one that was killed
            (self._folder / name).unlink(missing_ok=True)
        files = f"-f {self._folder}/keepalived.conf -p {self._folder}/pid -r {self._folder}/vrrp.pid"
        with (self._folder / "log").open("ab") as log:
            command = f"{NETWORK} && exec keepalived -n -l -P {files}"
            self._process = subprocess.Popen(
                ["unshare", "-n", "-p", "-f", "--kill-child", "--", "sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._vrrp, 10)
        return self

    def stop(self) -> None:
        """SIGTERM, until it is gone."""
        os.kill(self._own(), signal.SIGTERM)
        self._wait()

    def kill(self) -> None:
        """SIGKILL for all of it at once."""
        os.kill(self._own(), signal.SIGKILL)
        self._wait()

    def reload(self) -> None:
        os.kill(self._own(), signal.SIGHUP)

    def crash(self) -> None:
        """Kill the process that does VRRP; keepalived starts another, at once if it is the first time."""
        os.kill(self._vrrp(), signal.SIGKILL)

    def freeze(self, *, frozen: bool = True) -> None:
        for process in filter(None, (self._own(), self._vrrp())):
            os.kill(process, signal.SIGSTOP if frozen else signal.SIGCONT)

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait(10)
            self._process = None

    def _own(self) -> int:
        """Give the process id of keepalived, or 0 while the shell before it has not become it."""
        own = _child(self._process.pid) if self._process else 0
        name = Path(f"/proc/{own}/comm")
        return own if own and name.read_text().strip() == "keepalived" else 0

    def _vrrp(self) -> int:
        """Give the process id of its process for VRRP, or 0."""
        own = self._own()
        return _child(own) if own else 0


def _child(process: int) -> int:
    """Give the first child of a process, or 0."""
    try:
        return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0
