"""A datagram of rtnetlink, and the picture that it makes.

Data: the datagram, which is looked through for routes as well. It raises Invalid, whose text is one printable line, or
gives news: addresses in canonical text. A picture that takes them has each address on a named interface, and one that
takes them twice is the same.
"""

from contextlib import suppress
from ipaddress import ip_address

from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.interfaces import Interfaces
from haproxy_agentx.vrrp.netlink import AddressMessage, LinkMessage, parse
from haproxy_agentx.vrrp.netlink_routes import Routes, look
from tests.support import rtnetlink as rt

_LINKS = rt.link(1, "lo", rt.UP | rt.RUNNING | rt.LOOPBACK) + rt.link(2, "eth0")
_V6 = rt.address(2, "2001:db8::1", 64, flags=rt.TENTATIVE)

SEEDS = {
    "real addresses": rt.REAL_ADDRESSES,
    "real end": rt.REAL_ADDRESSES + rt.REAL_END,
    "links": _LINKS,
    "addresses": rt.address(2, "192.0.2.1") + rt.address(2, "10.0.0.1", 32, peer="10.0.0.2") + _V6,
    "both and gone": _LINKS + rt.address(2, "192.0.2.1") + rt.address(2, "192.0.2.1", kind=rt.DELADDR),
    "a link that goes": rt.link(2, "eth0") + rt.link(2, "eth0", kind=rt.DELLINK),
    "a port of a bridge": rt.link(2, "eth0", kind=rt.DELLINK, family=rt.AF_BRIDGE),
    "refused": rt.refusal(7, 16),
    "lost": rt.message(rt.OVERRUN) + rt.done(7, rt.MULTI | rt.DUMP_INTR),
    "routes": rt.route(rt.over(1)) + rt.route(rt.hops((2, 0x10), (3, 0)), to="10.0.0.0") + rt.done(7),
    "torn": rt.REAL_ADDRESSES[:70],
    "a length beyond": b"\xff\xff\xff\xff" + rt.REAL_END[4:],
    "a length of nothing": bytes(16),
}


def target(data: bytes) -> None:
    with suppress(Invalid):
        assert look(data) in Routes
    try:
        messages = parse(data)
    except Invalid as error:
        assert str(error).isprintable()
        return
    assert messages == parse(memoryview(data))
    changes = [item for item in messages if isinstance(item, AddressMessage | LinkMessage)]
    assert all(str(ip_address(item.ip)) == item.ip for item in changes if isinstance(item, AddressMessage))
    picture = Interfaces()
    picture.take(changes)
    kernel = picture.kernel()
    assert all(names for names in kernel.addresses.values())
    assert all(name == link.name != "" for name, link in kernel.links.items())
    if not any(item.gone for item in changes):
        picture.take(changes)
        assert picture.kernel() == kernel
