"""A real keepalived that writes a notify FIFO, process 1 of its own namespaces: when it is killed, all of it is gone.

Needs root. It is BACKUP at once and MASTER after 0.4 s, with nobody else in its network.
"""

import os
import signal
from pathlib import Path
from typing import Self

from tests.support.programs import STOP, Program

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


class FifoKeepalived(Program):
    """Runs between ``start`` and ``stop`` or ``kill``; ended when left, however it is then."""

    def __init__(self, folder: Path, fifo: Path) -> None:
        self._folder = folder
        self._fifo = fifo
        files = f"-f {folder}/keepalived.conf -p {folder}/pid -r {folder}/vrrp.pid"
        command = f"{NETWORK} && exec keepalived -n -l -P {files}"
        # unshare takes all that is in the namespaces with it
        super().__init__(["unshare", "-n", "-p", "-f", "--kill-child", "--", "sh", "-c", command], log=folder / "log")
        self.configure()

    def __enter__(self) -> Self:
        return self

    def configure(self, priority: int = 100) -> None:
        text = CONFIGURATION.format(fifo=self._fifo, name=NAME, priority=priority)
        (self._folder / "keepalived.conf").write_text(text)

    def start(self) -> None:
        """Start, and wait for its process for VRRP."""
        for name in ("pid", "vrrp.pid"):  # of one that was killed
            (self._folder / name).unlink(missing_ok=True)
        self.begin()
        self.await_ready(self._vrrp, 10)

    def stop(self) -> None:
        """SIGTERM, until it is gone."""
        self._leave(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL for all of it at once."""
        self._leave(signal.SIGKILL)

    def reload(self) -> None:
        os.kill(self._own(), signal.SIGHUP)

    def crash(self) -> None:
        """Kill the process that does VRRP; keepalived starts another, at once if it is the first time."""
        os.kill(self._vrrp(), signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send a signal to keepalived and its process for VRRP."""
        for process in filter(None, (self._own(), self._vrrp())):
            os.kill(process, number)

    def _leave(self, number: int) -> None:
        os.kill(self._own(), number)
        assert self.process is not None
        self.process.wait(STOP)
        self.process = None

    def _own(self) -> int:
        """Give the process id of keepalived, or 0 while the shell before it has not become it."""
        own = _child(self.pid) if self.process else 0
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
