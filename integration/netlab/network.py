"""The lab's network: a bridge in a namespace of its own, a cable to each host, and what can go wrong with them."""

from collections.abc import Mapping

from integration.netlab.host import Host
from integration.netlab.plan import ADDRESSES, PREFIX_LENGTH, SWITCH

# VRRP is multicast to few: without a querier, snooping would stop it after some minutes
BRIDGE = "link add br0 type bridge mcast_snooping 0\nlink set br0 up\n"


def connect(hosts: Mapping[str, Host]) -> None:
    """Lay all cables. LabError with the output of ip(8)."""
    cables = "".join(
        f"link add {name} type veth peer name eth0 netns {hosts[name].leader.pid}\nlink set {name} master br0 up\n"
        for name in ADDRESSES
    )
    # a peer's namespace is named by its process id as the machine counts
    batch(hosts[SWITCH], BRIDGE + cables, machine=True)
    for name, address in ADDRESSES.items():
        batch(hosts[name], f"link set lo up\naddr add {address}/{PREFIX_LENGTH} dev eth0\nlink set eth0 up\n")


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
