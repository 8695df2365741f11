"""Addresses of this host from which the kernel lets no packet leave, asked of the kernel itself, unprivileged.

``vrrp_strict`` and ``no_accept`` (keepalived.conf(5)) drop packets to and from virtual addresses by firewall rules,
which only root may read. What such a rule drops fails with EPERM when it is sent: here, a datagram from the address to
a socket of our own, which does not leave the machine. A filter of ours (``IPAddressDeny=``) or a rule for all refuses
the host's other addresses as well: without one that passes, nothing is known.
"""

import errno
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from ipaddress import ip_address

from haproxy_agentx.vrrp.model import Kernel

MAX_ADDRESSES = 64
"""Addresses that are asked for at a time."""

_LOOPBACK = {4: (socket.AF_INET, "127.0.0.1"), 6: (socket.AF_INET6, "::1")}


def refused(kernel: Kernel, asked: Collection[str], virtual: Collection[str]) -> frozenset[str]:
    """Return those of ``asked`` from which nothing may be sent, while it may from an address of the host itself.

    ``virtual`` are all virtual addresses: what holds for them is no measure. At most MAX_ADDRESSES are asked for.
    """
    found: set[str] = set()
    for version in _LOOPBACK:
        of_version = [text for text in asked if ip_address(text).version == version]
        blocked = [text for text in of_version[:MAX_ADDRESSES] if _is_refused(text, kernel)]
        if blocked and any(_is_refused(text, kernel) is False for text in _usual(kernel, virtual, version)):
            found.update(blocked)
    return frozenset(found)


def _usual(kernel: Kernel, virtual: Collection[str], version: int) -> Iterable[str]:
    """Return addresses of the host itself: those that VRRP does not move, and that are not of a loopback interface."""
    for text, interfaces in kernel.addresses.items():
        loops = any(name in kernel.links and kernel.links[name].loopback for name in interfaces)
        if text not in virtual and not loops and ip_address(text).version == version:
            yield text


def _is_refused(text: str, kernel: Kernel) -> bool | None:
    """Whether a datagram from an address is refused; None where that cannot be asked."""
    address = ip_address(text)
    family, loopback = _LOOPBACK[address.version]
    zone = next((kernel.links[name].index for name in kernel.addresses.get(text, ()) if name in kernel.links), 0)
    source = (text, 0) if address.version == 4 else (text, 0, 0, zone if address.is_link_local else 0)  # noqa: PLR2004
    with suppress(OSError):
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        with socket.socket(family, kind) as ours, socket.socket(family, kind) as sender:
            ours.bind((loopback, 0))
            sender.bind(source)
            try:
                sender.sendto(b"\0", ours.getsockname())
            except PermissionError as error:
                return True if error.errno == errno.EPERM else None
            return False
    return None
