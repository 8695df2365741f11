"""The lab's network: a bridge in a namespace of its own, a cable to each host, and what can go wrong with them."""

from collections.abc import Mapping

from integration.netlab.host import Host
from integration.netlab.plan import ALL_ADDRESSES, MANAGEMENT, PREFIX_LENGTH, SWITCH

# VRRP is multicast to few: without a querier, snooping would stop it after some minutes
BRIDGE = "link add {0} type bridge mcast_snooping 0\nlink set {0} up\n"
CABLE = "link add {port} type veth peer name {device} netns {pid}\nlink set {port} master {bridge} up\n"


def connect(hosts: Mapping[str, Host]) -> None:
    """Lay all cables. LabError with the output of ip(8)."""
    _lay(hosts, "br0", "eth0", "", ALL_ADDRESSES)


def connect_management(hosts: Mapping[str, Host]) -> None:
    """Lay a second network between the load balancers. LabError with the output of ip(8)."""
    _lay(hosts, "br1", "mgmt", MANAGEMENT_PORT, MANAGEMENT)


MANAGEMENT_PORT = "m-"
"""What the names of the ports of the management network begin with; behind it is the name of the host."""


def _lay(hosts: Mapping[str, Host], bridge: str, device: str, prefix: str, addresses: Mapping[str, str]) -> None:
    wanted = {name: address for name, address in addresses.items() if name in hosts}
    cables = "".join(
        CABLE.format(port=f"{prefix}{name}", device=device, pid=hosts[name].leader.pid, bridge=bridge)
        for name in wanted
    )
    # a peer's namespace is named by its process id as the machine counts
    batch(hosts[SWITCH], BRIDGE.format(bridge) + cables, machine=True)
    for name, address in wanted.items():
        lines = f"link set lo up\naddr add {address}/{PREFIX_LENGTH} dev {device}\nlink set {device} up\n"
        batch(hosts[name], lines)


def batch(host: Host, lines: str, *, machine: bool = False) -> None:
    """Give ip(8) many lines at once; machine: in the host's network only, everything else is the machine's."""
    host.run("ip", "-batch", "-", text=lines, machine=machine)


def set_link(switch: Host, name: str, *, up: bool) -> None:
    """Plug a host's cable in or pull it: its eth0 gets or loses its carrier."""
    switch.run("ip", "link", "set", name, "up" if up else "down")


def set_isolated(switch: Host, names: tuple[str, ...], *, isolated: bool) -> None:
    """Keep hosts from hearing each other (bridge port isolation); every other host still reaches all of them."""
    for name in names:
        switch.run("bridge", "link", "set", "dev", name, "isolated", "on" if isolated else "off")
