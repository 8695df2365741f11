"""Packets for foreign addresses, as the kernel counts them: files of a real machine, and such as are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vrrp.kernel import strays
from haproxy_agentx.vrrp.strays import StrayCounts, stray_counts

SNMP = """\
Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards
Ip: 2 64 20 0 10 9 0 0
Icmp: InMsgs InErrors
Icmp: 1 0
"""
SNMP6 = (
    "Ip6InReceives                   \t52\nIp6InAddrErrors                 \t6\nIp6OutForwDatagrams             \t12\n"
)


def test_what_is_not_delivered_and_what_is_forwarded_count():
    assert stray_counts(SNMP, SNMP6) == StrayCounts(19, 18)


def test_a_machine_without_ipv6_has_none_of_its_packets():
    assert stray_counts(SNMP, "") == StrayCounts(19, 0)


@pytest.mark.parametrize("text", ["", "Ip: InAddrErrors\n", "Ip: Forwarding\nIp: 2\n", SNMP.replace("10 9", "x 9")])
def test_a_file_that_is_none_is_not_known(text):
    assert stray_counts(text, SNMP6) is None


@given(st.text(), st.text())
def test_no_text_raises_anything(one, other):
    stray_counts(one, other)
    stray_counts(f"Ip: {one}\nIp: {other}", one)


def test_this_machine_counts_them():
    found = strays()
    assert found is not None
    assert min(found) >= 0
