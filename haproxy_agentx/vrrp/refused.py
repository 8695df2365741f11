"""Addresses of this host from which the kernel lets no packet leave, asked of the kernel itself, unprivileged.

``vrrp_strict`` and ``no_accept`` (keepalived.conf(5)) drop packets to and from virtual addresses by firewall rules,
which only root may read. What such a rule drops fails with EPERM when it is sent: here, a datagram from the address to
a socket of our own, which does not leave the machine. Where TCP passes, the rule is one for UDP, and clients are
served: a connection from the address to a port of ours without a listener is reset at once.

A filter of ours (``IPAddressDeny=``) or a rule for all refuses the host's other addresses as well: where one of them is
refused, or none passes, nothing is known. A kernel that drops some of all packets, as with a full table of conntrack,
refuses an address now and then: one counts when it is refused ``ROUNDS`` times, and each time the host's own pass.
"""

import errno
import socket
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from typing import Self

from haproxy_agentx.vrrp.model import Kernel

MAX_ADDRESSES = 256
"""Addresses of each version of IP that are asked for: some milliseconds."""

MAX_NEW = 8
"""Addresses that are found to be refused at a time, of each version of IP; more are found at the next looks."""

MAX_USUAL = 8
"""Addresses of the host itself that are asked for, those of the same interfaces first."""

ROUNDS = 10
"""Times that an address is asked for until it counts as refused."""

_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_LOOPBACK = {4: "127.0.0.1", 6: "::1"}
_FLAGS = socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
_KEEPS_ERRORS = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR and IPV6_RECVERR (ip(7), ipv6(7)), which the module ``socket`` does not have."""

_DATAGRAM, _STREAM = socket.SOCK_DGRAM | _FLAGS, socket.SOCK_STREAM | _FLAGS


def refused(
    kernel: Kernel, asked: Collection[str], virtual: Collection[str], known: Collection[str] = ()
) -> frozenset[str]:
    """Return those of ``asked`` from which nothing may be sent, while it may from the addresses of the host itself.

    ``virtual`` are all virtual addresses: what holds for them is no measure. ``known`` is what the last look has
    returned: one of those stays refused until something may be sent from it. At most MAX_ADDRESSES are asked for.
    """
    found: set[str] = set()
    for version in _LOOPBACK:
        of_version = [text for text in sorted(asked) if ip_address(text).version == version]
        with _Sender(version, kernel) as sender:
            blocked = [text for text in of_version[:MAX_ADDRESSES] if sender.is_refused(text) is not False]
            found.update(text for text in blocked if text in known)
            new = [text for text in blocked if text not in known][:MAX_NEW]
            found.update(_confirmed(sender, new, _usual(kernel, virtual, version, new)))
    return frozenset(found)


def _confirmed(sender: "_Sender", addresses: Sequence[str], usual: Sequence[str]) -> Sequence[str]:
    """Return those of ``addresses`` that are refused each time, while all of ``usual`` that can be asked for pass."""
    for _ in range(ROUNDS):
        addresses = [text for text in addresses if sender.is_refused(text)]
        if not addresses:
            break
        answers = {sender.is_refused(text) for text in usual}
        if True in answers or False not in answers:
            return ()
    return addresses


def _usual(kernel: Kernel, virtual: Collection[str], version: int, beside: Collection[str]) -> Sequence[str]:
    """Return addresses of the host itself, those of the interfaces that ``beside`` are on first.

    They are those that VRRP does not move, and that are neither of a loopback interface nor of a link alone.
    """
    near = {name for text in beside for name in kernel.addresses.get(text, ())}
    found = []
    for text, interfaces in kernel.addresses.items():
        loops = any(name in kernel.links and kernel.links[name].loopback for name in interfaces)
        address = ip_address(text)
        if text not in virtual and not loops and address.version == version and not address.is_link_local:
            found.append((near.isdisjoint(interfaces), text))
    return [text for _, text in sorted(found)[:MAX_USUAL]]


class _Sender:
    """Sends from addresses of one version of IP to sockets of our own: to one by UDP, and to one by TCP."""

    def __init__(self, version: int, kernel: Kernel) -> None:
        self._version = version
        self._kernel = kernel
        self._targets: dict[int, socket.socket] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with suppress(OSError):
            for kind in (_DATAGRAM, _STREAM):
                target = self._open.enter_context(socket.socket(_FAMILY[self._version], kind))
                target.bind((_LOOPBACK[self._version], 0))
                self._targets[kind] = target
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def is_refused(self, text: str) -> bool | None:
        """Whether what an address sends is refused; None where that cannot be asked."""
        if len(self._targets) < len((_DATAGRAM, _STREAM)):
            return None
        with suppress(OSError), socket.socket(_FAMILY[self._version], _DATAGRAM) as sender:
            sender.bind(self._source(text))
            try:
                sender.sendto(b"\0", self._targets[_DATAGRAM].getsockname())
            except PermissionError as error:
                return not self._passes_by_tcp(text) if error.errno == errno.EPERM else None
            return False
        return None

    def _passes_by_tcp(self, text: str) -> bool:
        """Whether a connection is reset by its target: so its first packet has passed.

        An ICMP error, as a rule with REJECT sends it, gives the same errno, but is in the queue of errors (ip(7)).
        """
        with suppress(OSError), socket.socket(_FAMILY[self._version], _STREAM) as sender:
            sender.setsockopt(*_KEEPS_ERRORS[self._version], 1)
            sender.bind(self._source(text))
            found = sender.connect_ex(self._targets[_STREAM].getsockname())
            if errno.ECONNREFUSED in (found, sender.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                try:
                    sender.recvmsg(1, 1024, socket.MSG_ERRQUEUE)
                except BlockingIOError:
                    return True
        return False

    def _source(self, text: str) -> tuple[str, int] | tuple[str, int, int, int]:
        if self._version == 4:  # noqa: PLR2004
            return text, 0
        links = self._kernel.links
        zone = next((links[name].index for name in self._kernel.addresses.get(text, ()) if name in links), 0)
        return text, 0, 0, zone if ip_address(text).is_link_local else 0
