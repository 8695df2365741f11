"""Whether a notification that leaves now has a way to leave by. Pure.

snmpd acknowledges a notification when it has given it to the network, which drops it silently while the cable is out.
So events wait while no interface but the loopback is up with an address of its own, and for a moment more: a switch
takes that long to forward again.
"""

from ipaddress import ip_address

from haproxy_agentx.vrrp.model import Kernel

SETTLE = 1.0
"""Seconds after an interface has come up."""

HELD = "no network interface is up: events wait"


class WayOut:
    """Looks at the kernel's interfaces. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._open = True
        self._since: float | None = None

    def take_kernel(self, kernel: Kernel, at: float) -> None:
        """Take what the kernel has now."""
        ways = {name for name, link in kernel.links.items() if link.up and not link.loopback}
        is_open = any(ways & where for ip, where in kernel.addresses.items() if not ip_address(ip).is_link_local)
        if is_open and not self._open:
            self._since = at
        self._open = is_open

    def held(self, now: float) -> str | None:
        """Say why events wait; None when they need not."""
        if not self._open:
            return HELD
        if self._since is not None and now < self._since + SETTLE:
            return "a network interface has just come up: events wait for a moment"
        return None

    def deadline(self) -> float | None:
        """Give when ``held`` changes though nothing comes."""
        return self._since + SETTLE if self._open and self._since is not None else None
