"""A real keepalived of the test's own, in a network namespace of its own, speaking AgentX to the test's snmpd.

Needs root. A Unix socket is found by its path, so it reaches out of the namespace to the snmpd of the test.
"""

from pathlib import Path

from tests.support.programs import Program, in_turn

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


class Keepalived(Program):
    """Started when entered, gone with its namespace when left."""

    def __init__(self, folder: Path, agentx: Path) -> None:
        folder.mkdir()
        configuration = folder / "keepalived.conf"
        configuration.write_text(CONFIGURATION)
        files = f"-f {configuration} -p {folder / 'pid'} -r {folder / 'vrrp.pid'}"
        super().__init__(in_turn(f"{NETWORK} && exec keepalived -n -l -P -x -A {agentx} {files}"), log=folder / "log")

    def __exit__(self, *_: object) -> None:
        self.end()  # what it has started ends with it

    def restart(self) -> None:
        """Stop and start again."""
        self.end()
        self.start()
