"""Whether a route leads out, from messages of the test's own encoder. Real ones: tests/attack/test_routed_host.py."""

import struct
from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.netlink_routes import Routes, dump_routes, leads_there, look, lookup_route
from tests.support import rtnetlink as rt
from tests.support.rtnetlink import LOCAL_TABLE, hops, over, route

LOCAL, BLACKHOLE, UNREACHABLE, PROHIBIT = 2, 6, 7, 8
DEAD, LINKDOWN, CLONED = 0x1, 0x10, 0x200
GATEWAY, VIA = 5, 18

WAYS = {
    "a default route": route(over(2), rt.attribute(GATEWAY, bytes(4))),
    "a network": route(over(2), to="10.0.0.0"),
    "IPv6": route(over(2), to="2001:db8::"),
    "via inet6": route(over(2), rt.attribute(VIA, struct.pack("=H", 10) + ip_address("fe80::1").packed)),
    "another table": route(over(2), table=100),
    "one of two next hops": route(hops((2, LINKDOWN), (3, 0))),
}
NONE = {
    "the loopback": route(over(1), to="192.0.2.0"),
    "a local address": route(over(2), to="192.0.2.1", kind=LOCAL, table=LOCAL_TABLE),
    "the local table": route(over(2), to="192.0.2.1", table=LOCAL_TABLE),
    "a blackhole": route(over(2), kind=BLACKHOLE),
    "unreachable": route(over(1), kind=UNREACHABLE),
    "prohibited": route(over(2), kind=PROHIBIT),
    "no carrier": route(over(2), flags=LINKDOWN),
    "dead": route(over(2), flags=DEAD),
    "a cache entry": route(over(2), flags=CLONED),
    "link-local IPv6": route(over(2), to="fe80::"),
    "link-local IPv4": route(over(2), to="169.254.0.0"),
    "multicast": route(over(2), to="ff00::"),
    "next hops without a carrier": route(hops((2, LINKDOWN), (1, 0))),
    "no interface": route(),
    "another family": route(over(2), family=28),
    "a link": rt.link(2, "eth0"),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_way(name):
    assert look(WAYS[name]) is Routes.LEADS_OUT
    assert look(b"".join(NONE.values()) + WAYS[name] + rt.done(1)) is Routes.LEADS_OUT


@pytest.mark.parametrize("name", NONE)
def test_no_way(name):
    assert look(NONE[name]) is Routes.NONE_YET
    assert look(NONE[name] + rt.done(1)) is Routes.END


def test_a_refused_dump_has_ended():
    assert look(rt.refusal(1, 95)) is Routes.END


def test_the_request_is_a_dump_of_a_family():
    length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", dump_routes(rt.AF_INET6, 9))
    assert (length, kind, flags, sequence) == (28, 26, 0x301, 9)
    assert dump_routes(rt.AF_INET6, 9)[16] == rt.AF_INET6


ANSWERS = {
    "a default route": (route(over(2), rt.attribute(GATEWAY, bytes(4))), True),
    "the network": (route(over(2), to="192.0.2.0"), True),
    "an address of this machine": (route(over(2), to="192.0.2.50", kind=LOCAL), True),
    "the network, without a carrier": (route(over(2), to="192.0.2.0", flags=LINKDOWN), False),
    "IPv6, without a carrier": (route(over(2), to="2001:db8::", flags=LINKDOWN), False),
    "one of two next hops": (route(hops((2, LINKDOWN), (3, 0))), True),
    "what a kernel without the flag has in its cache": (route(over(2), flags=CLONED), True),
    "a link-local sink": (route(over(2), to="fe80::"), True),
    "a blackhole": (route(over(2), kind=BLACKHOLE), False),
    "only the loopback": (route(over(1), to="192.0.2.0"), False),
    "no route": (rt.refusal(1, 101), False),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_route_to_an_address(name):
    message, expected = ANSWERS[name]
    assert leads_there(message) is expected


def test_what_is_no_answer_is_refused():
    for message in (b"", rt.link(2, "eth0"), rt.message(rt.NEWROUTE, bytes(4))):
        with pytest.raises(Invalid):
            leads_there(message)


@pytest.mark.parametrize(("address", "family", "bits"), [("192.0.2.50", 2, 32), ("2001:db8::50", 10, 128)])
def test_the_question_asks_for_the_route_itself(address, family, bits):
    packed = ip_address(address).packed
    asked = lookup_route(address, 9)
    length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", asked)
    assert (length, kind, flags, sequence) == (len(asked), 26, 0x1, 9)
    assert struct.unpack_from("=8BI", asked, 16) == (family, bits, 0, 0, 0, 0, 0, 0, 0x2000)
    assert asked[28:] == struct.pack("=HH", 4 + len(packed), 1) + packed


@given(st.sampled_from([*WAYS.values(), *NONE.values()]), st.data())
def test_a_torn_or_changed_message_is_read_or_refused(message, data):
    octets = bytearray(message)
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    for cut in (bytes(octets), bytes(octets[: data.draw(st.integers(0, len(octets)))])):
        with suppress(Invalid):
            assert look(cut) in Routes
