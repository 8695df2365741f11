"""Messages of rtnetlink, and the picture that they make. Messages are built by the test's own encoder, or are real."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp import interfaces as interfaces_module
from haproxy_agentx.vrrp.interfaces import Interfaces
from haproxy_agentx.vrrp.model import Kernel, Link
from haproxy_agentx.vrrp.netlink import (
    AddressMessage,
    DumpEnd,
    Incomplete,
    LinkMessage,
    NetlinkMessage,
    dump_addresses,
    dump_links,
    parse,
)
from tests.support import rtnetlink as rt

IPS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-@", min_size=1, max_size=15)
INDEXES = st.integers(1, 2**31 - 1)


def reported(*messages: bytes) -> Kernel:
    """Give the picture that is left by messages."""
    picture = Interfaces()
    picture.take(item for item in parse(b"".join(messages)) if isinstance(item, AddressMessage | LinkMessage))
    return picture.kernel()


# rtnetlink(7), struct ifaddrmsg; netlink(7), struct nlmsghdr: a real datagram, byte for byte
def test_a_real_dump():
    first, second, end = parse(rt.REAL_ADDRESSES + rt.REAL_END)
    assert (first.index, first.ip, first.gone) == (1, "127.0.0.1", False)
    assert (second.index, second.ip, second.gone) == (1, "::1", False)
    assert end == DumpEnd(7)


def test_the_requests_are_dumps_of_their_kind():
    for request, kind, size in ((dump_links(9), 18, 32), (dump_addresses(0xFFFFFFFF), 22, 24)):
        length, asked, flags, sequence, sender = struct.unpack_from("=IHHII", request)
        assert (length, asked, flags, sender) == (size, kind, 0x301, 0)
        assert len(request) == size
        assert sequence in (9, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("flags", "up"),
    [(rt.UP | rt.RUNNING, True), (rt.UP, False), (rt.RUNNING, False), (0, False), (rt.UP | rt.RUNNING | 0x1000, True)],
)
def test_up_is_up_with_a_carrier(flags, up):
    assert parse(rt.link(4, "eth0", flags)) == [LinkMessage(4, "eth0", up, loopback=False)]


def test_a_loopback_is_told_from_others():
    assert reported(rt.link(1, "lo", rt.UP | rt.RUNNING | rt.LOOPBACK)).links == {
        "lo": Link("lo", up=True, loopback=True, index=1)
    }


# What would go wrong: a port that leaves its bridge sends RTM_DELLINK, and the interface is still there.
def test_a_port_that_leaves_its_bridge_is_still_there():
    leaves = rt.link(2, "eth0", kind=rt.DELLINK, family=rt.AF_BRIDGE)
    assert parse(leaves) == []
    assert reported(rt.link(2, "eth0"), rt.address(2, "192.0.2.1"), leaves).addresses == {"192.0.2.1": {"eth0"}}


# IFA_LOCAL is ours and IFA_ADDRESS the peer's, where both are there
def test_with_a_peer_our_own_address_is_told():
    assert reported(rt.link(2, "p"), rt.address(2, "10.0.0.1", 32, peer="10.0.0.2")).addresses == {"10.0.0.1": {"p"}}
    assert reported(rt.link(2, "p"), rt.address(2, "2001:db8::1", 128, peer="2001:db8::2")).addresses == {
        "2001:db8::1": {"p"}
    }


# The kernel has 192.0.2.1/24 and 192.0.2.1/32 on one interface as two addresses: one goes, the machine still has it
def test_an_address_with_two_prefixes_goes_with_the_last():
    both = (rt.link(2, "eth0"), rt.address(2, "192.0.2.1", 24), rt.address(2, "192.0.2.1", 32))
    one_gone = (*both, rt.address(2, "192.0.2.1", 24, kind=rt.DELADDR))
    assert reported(*one_gone).addresses == {"192.0.2.1": {"eth0"}}
    assert reported(*one_gone, rt.address(2, "192.0.2.1", 32, kind=rt.DELADDR)).addresses == {}


def test_an_address_on_two_interfaces_is_held_by_both():
    fe80 = (rt.address(index, "fe80::1", 64) for index in (2, 3))
    assert reported(rt.link(2, "a"), rt.link(3, "b"), *fe80).addresses == {"fe80::1": {"a", "b"}}


# RFC 4862 5.4: an address in duplicate detection, or that has failed it, is not one that answers
@pytest.mark.parametrize("flags", [rt.TENTATIVE, rt.DADFAILED, rt.TENTATIVE | rt.DADFAILED | rt.PERMANENT])
def test_an_address_in_duplicate_detection_is_left_out(flags):
    link, good = rt.link(2, "eth0"), rt.address(2, "2001:db8::1")
    bad = rt.address(2, "2001:db8::1", flags=flags)
    assert reported(link, bad).addresses == {}
    assert reported(link, good, bad).addresses == {}
    assert reported(link, bad, good).addresses == {"2001:db8::1": {"eth0"}}


def test_addresses_are_canonical_text():
    assert reported(rt.link(2, "e"), rt.address(2, "2001:0DB8:0:0:0:0:0:00AB")).addresses == {"2001:db8::ab": {"e"}}


def test_an_interface_gets_another_name():
    renamed = reported(rt.link(2, "eth0"), rt.address(2, "192.0.2.1"), rt.link(2, "wan"))
    assert renamed == Kernel({"192.0.2.1": frozenset({"wan"})}, {"wan": Link("wan", up=True, loopback=False, index=2)})


def test_an_interface_goes_with_its_addresses():
    assert reported(rt.link(2, "eth0"), rt.address(2, "192.0.2.1"), rt.link(2, "eth0", kind=rt.DELLINK)) == Kernel(
        {}, {}
    )


def test_an_address_counts_before_its_interface_is_known():
    assert reported(rt.address(7, "192.0.2.1")).addresses == {"192.0.2.1": {"#7"}}


def test_what_is_beyond_the_limits_is_left_out_and_counted(monkeypatch):
    monkeypatch.setattr(interfaces_module, "MAX_LINKS", 2)
    monkeypatch.setattr(interfaces_module, "MAX_ADDRESSES", 3)
    picture = Interfaces()
    picture.take(parse(b"".join(rt.link(n, f"e{n}") for n in range(1, 6))))
    picture.take(parse(b"".join(rt.address(1, f"192.0.2.{n}") for n in range(1, 6))))
    assert (len(picture.kernel().links), len(picture.kernel().addresses), picture.left_out) == (2, 3, 5)
    picture.take(parse(rt.address(1, "192.0.2.1", kind=rt.DELADDR) + rt.address(1, "192.0.2.9")))
    assert set(picture.kernel().addresses) == {"192.0.2.2", "192.0.2.3", "192.0.2.9"}


# netlink(7): NLM_F_DUMP_INTR, NLMSG_OVERRUN
@pytest.mark.parametrize(
    "lost",
    [
        rt.message(rt.OVERRUN),
        rt.address(2, "192.0.2.1", flags=rt.PERMANENT, sequence=3) + rt.done(3, rt.MULTI | rt.DUMP_INTR),
    ],
)
def test_what_is_incomplete_says_so(lost):
    assert Incomplete() in parse(lost)


def test_an_interrupted_part_says_so():
    part = rt.message(rt.NEWADDR, rt.address(2, "192.0.2.1")[16:], rt.MULTI | rt.DUMP_INTR, 3)
    assert [type(item) for item in parse(part)] == [Incomplete, AddressMessage]


def test_a_refusal_ends_a_dump():
    assert parse(rt.refusal(5, 16)) == [DumpEnd(5, 16)]
    assert parse(rt.message(rt.ERROR, b"", 0, 5)) == [DumpEnd(5)]


def test_other_messages_are_of_no_interest():
    assert parse(b"") == []
    assert parse(rt.message(rt.NOOP) + rt.message(rt.NEWROUTE, bytes(40)) + rt.message(999)) == []


@pytest.mark.parametrize(
    "torn",
    [
        bytes(15),
        struct.pack("=IHHII", 15, 20, 0, 0, 0),
        struct.pack("=IHHII", 17, 20, 0, 0, 0),
        rt.message(rt.NEWADDR, bytes(7)),
        rt.message(rt.NEWLINK, bytes(15)),
        rt.message(rt.NEWADDR, bytes(8) + struct.pack("=HH", 3, 1)),
        rt.message(rt.NEWADDR, bytes(8) + struct.pack("=HH", 9, 1) + bytes(4)),
    ],
)
def test_a_length_that_does_not_fit_is_refused(torn):
    with pytest.raises(Invalid, match="netlink: "):
        parse(torn)


@pytest.mark.parametrize("family", [0, 7, 28, 255])
def test_an_address_of_another_family_is_of_no_interest(family):
    message = bytearray(rt.address(2, "192.0.2.1"))
    message[16] = family
    assert parse(bytes(message)) == []


@given(INDEXES, NAMES, st.lists(IPS, max_size=20))
def test_what_is_told_is_what_is_there(index, name, ips):
    kernel = reported(rt.link(index, name), *(rt.address(index, ip) for ip in ips))
    assert set(kernel.addresses) == {str(ip_address(ip)) for ip in ips}
    assert all(names == {name} for names in kernel.addresses.values())
    assert kernel.links == {name: Link(name, up=True, loopback=False, index=index)}


def messages_or_none(data: bytes) -> list[NetlinkMessage] | None:
    """Parse; None where it is refused in words that an operator can read."""
    try:
        return parse(data)
    except Invalid as error:
        words = str(error)
    assert words.isprintable()
    return None


@given(st.binary(max_size=200))
def test_garbage_is_news_or_refused(data):
    for item in messages_or_none(data) or ():
        if isinstance(item, AddressMessage):
            assert str(ip_address(item.ip)) == item.ip


@given(st.data())
def test_a_changed_octet_is_news_or_refused(data):
    whole = bytearray(rt.REAL_ADDRESSES + rt.link(3, "eth0") + rt.address(3, "192.0.2.1", peer="192.0.2.2"))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    messages_or_none(bytes(whole))


@given(st.integers(0, len(rt.REAL_ADDRESSES)))
def test_a_cut_datagram_is_the_first_messages_or_refused(size):
    whole = parse(rt.REAL_ADDRESSES)
    found = messages_or_none(rt.REAL_ADDRESSES[:size]) or []
    assert found == whole[: len(found)]


def test_the_order_of_news_is_kept():
    storm = b"".join(rt.address(2, f"10.0.{n}.1", kind=kind) for n in range(200) for kind in (rt.NEWADDR, rt.DELADDR))
    assert reported(rt.link(2, "eth0"), storm, rt.address(2, "10.0.7.1")).addresses == {"10.0.7.1": {"eth0"}}
