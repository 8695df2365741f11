"""A real keepalived of the test's own, in a network namespace of its own, speaking AgentX to the test's snmpd.

Needs root. A Unix socket is found by its path, so it reaches out of the namespace to the snmpd of the test.
"""

import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

KEEPALIVED_MIB = "1.3.6.1.4.1.9586.100.5"
VERSION = f"{KEEPALIVED_MIB}.1.1.0"

CONFIGURATION = """\
global_defs {
    router_id test
    vrrp_version 3
}
vrrp_instance SITE {
    state BACKUP
    interface vrrp0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        192.0.2.1/32
    }
}
"""
NETWORK = (
    "ip link add vrrp0 type veth peer name vrrp1 && ip link set vrrp1 up && "
    "ip addr add 192.0.2.2/24 dev vrrp0 && ip link set vrrp0 up"
)


class Keepalived(AbstractContextManager["Keepalived"]):
    """Started when entered, gone with its namespace when left."""

    def __init__(self, folder: Path, agentx: Path) -> None:
        self._folder = folder
        self._agentx = agentx
        folder.mkdir()

    def __enter__(self) -> Self:
        configuration = self._folder / "keepalived.conf"
        configuration.write_text(CONFIGURATION)
        files = f"-f {configuration} -p {self._folder / 'pid'} -r {self._folder / 'vrrp.pid'}"
        command = f"{NETWORK} && exec keepalived -n -l -P -x -A {self._agentx} {files}"
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "-n", "--", "sh", "-c", command], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Stop and start again."""
        self.__exit__()
        self.__enter__()
