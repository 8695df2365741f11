"""What the kernel has of addresses and links, kept up to date by its notifications. Pure."""

from collections.abc import Iterable
from typing import Final

from haproxy_agentx.vrrp.model import Kernel, Link
from haproxy_agentx.vrrp.netlink import AddressMessage, LinkMessage

MAX_LINKS: Final = 16_384
"""Interfaces; what the kernel has beyond is left out."""

MAX_ADDRESSES: Final = 65_536
"""Addresses; what the kernel has beyond is left out."""


class Interfaces:
    """Links by their index, and addresses by link and entry."""

    def __init__(self) -> None:
        self.left_out = 0
        self._links: dict[int, Link] = {}
        self._addresses: dict[tuple[int, bytes], str] = {}

    def take(self, messages: Iterable[LinkMessage | AddressMessage]) -> None:
        """Record what has changed, or of a part of a dump."""
        for item in messages:
            if isinstance(item, LinkMessage):
                self._take_link(item)
            else:
                self._take_address(item)

    def kernel(self) -> Kernel:
        """Return the picture as a record. An interface whose name is not known is called ``#`` and its index."""
        holders: dict[str, set[str]] = {}
        for (index, _), ip in self._addresses.items():
            link = self._links.get(index)
            holders.setdefault(ip, set()).add(link.name if link else f"#{index}")
        addresses = {ip: frozenset(names) for ip, names in holders.items()}
        return Kernel(addresses, {link.name: link for link in self._links.values()})

    def _take_link(self, message: LinkMessage) -> None:
        if message.gone:
            self._links.pop(message.index, None)
            # the kernel tells of each of them as well; one that got lost must not stay held by nobody
            for key in [key for key in self._addresses if key[0] == message.index]:
                del self._addresses[key]
        elif message.index in self._links or len(self._links) < MAX_LINKS:
            self._links[message.index] = Link(
                message.name or f"#{message.index}", message.up, message.loopback, message.index
            )
        else:
            self.left_out += 1

    def _take_address(self, message: AddressMessage) -> None:
        key = message.index, message.entry
        if message.gone:
            self._addresses.pop(key, None)
        elif key in self._addresses or len(self._addresses) < MAX_ADDRESSES:
            self._addresses[key] = message.ip
        else:
            self.left_out += 1
