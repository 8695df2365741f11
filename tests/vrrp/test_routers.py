"""VRRPV3-MIB: what its cells say, and which instance a row belongs to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.snmp.message import Missing
from haproxy_agentx.vrrp import routers
from haproxy_agentx.vrrp.model import Address, Link, MibInstance, MibRouter, RouterState, VrrpState
from haproxy_agentx.vrrp.routers import MASTER_ADDRESS, RECEIVED, STATUS, matched

LB1, LB2 = bytes((10, 77, 0, 11)), bytes((10, 77, 0, 12))
V6 = ip_address("fe80::1").packed
ETH0, ETH1 = Link("eth0", up=True, loopback=False, index=2), Link("eth1", up=True, loopback=False, index=3)
LINKS = {"eth0": ETH0, "eth1": ETH1}


def row(at, master=LB1, status=2, received=33):
    return {(*MASTER_ADDRESS, *at): master, (*STATUS, *at): status, (*RECEIVED, *at): received}


def instance(name, vrid, *ips, interface="eth0"):
    state = VrrpState.backup
    return MibInstance(
        1, name, vrid, state, state, state, 100, 100, interface, tuple(Address(ip, is_set=False) for ip in ips)
    )


def router(vrid, interface=2, version=4):
    return MibRouter(interface, vrid, version, RouterState.backup, "10.77.0.11", 1)


# As keepalived 2.2.7 answers: of a MASTER its own address, of a BACKUP that of the last advertisement.
def test_what_keepalived_says():
    cells = row((2, 51, 1)) | row((2, 52, 1), LB2, 3, 0) | row((3, 51, 2), V6)
    assert routers.read(cells) == (
        MibRouter(2, 51, 4, RouterState.backup, "10.77.0.11", 33),
        MibRouter(2, 52, 4, RouterState.master, "10.77.0.12", 0),
        MibRouter(3, 51, 6, RouterState.backup, "fe80::1", 33),
    )


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({(*MASTER_ADDRESS, 2, 51, 1): bytes(4)}, ("", 33)),  # before the first advertisement
        ({(*MASTER_ADDRESS, 2, 51, 1): b"abc"}, ("", 33)),
        ({(*MASTER_ADDRESS, 2, 51, 1): V6}, ("", 33)),
        ({(*RECEIVED, 2, 51, 1): b"many"}, ("10.77.0.11", None)),
        ({(*RECEIVED, 2, 51, 1): -1}, ("10.77.0.11", None)),
    ],
)
def test_a_cell_that_makes_no_sense_says_nothing(change, left):
    (found,) = routers.read(row((2, 51, 1)) | change)
    assert (found.master, found.received) == left


def test_a_state_that_is_not_known_is_none():
    (found,) = routers.read(row((2, 51, 1), status=9))
    assert found.state is None


@pytest.mark.parametrize("at", [(2, 51), (2, 51, 3), (2, 51, 1, 1), ()])
def test_a_row_with_another_index_is_left_out(at):
    assert routers.read(row(at)) == ()


SUB_IDS = st.integers(0, 4)
NAMES = st.builds(
    lambda column, at: (*column, *at), st.sampled_from(routers.COLUMNS), st.lists(SUB_IDS, max_size=4).map(tuple)
)
VALUES = st.integers() | st.binary(max_size=17) | st.sampled_from(Missing) | st.none() | st.tuples(SUB_IDS)


@given(st.dictionaries(NAMES, VALUES, max_size=20))
def test_any_cells_are_read_into_rows_that_make_sense(cells):
    for found in routers.read(cells):
        assert found.ip_version in (4, 6)
        assert found.master == "" or ip_address(found.master).version == found.ip_version
        assert found.received is None or found.received >= 0


def test_each_instance_has_its_row():
    instances = [
        instance("SITE1", 51, "192.0.2.1"),
        instance("SITE2", 51, "2001:db8::1"),
        instance("SITE3", 51, "198.51.100.1", interface="eth1"),
        instance("SITE4", 52, "192.0.2.4"),
    ]
    rows = [router(51), router(51, version=6), router(51, 3), router(52)]
    assert matched(instances, rows, LINKS) == dict(zip(("SITE1", "SITE2", "SITE3", "SITE4"), rows, strict=True))


def test_where_there_is_doubt_there_is_no_row():
    one, other = instance("SITE1", 51, "192.0.2.1"), instance("SITE3", 51, "198.51.100.1", interface="eth1")
    rows = [router(51), router(51, 3)]
    assert matched([one, other], rows, {}) == {}, "the kernel cannot be asked which interface is which"
    assert matched([one], rows, {}) == {}
    assert matched([one, other], rows[:1], {}) == {}
    assert matched([one], rows[:1], {}) == {"SITE1": rows[0]}, "it can be no other"
    assert matched([one], rows[1:], LINKS) == {}
    assert matched([instance("SITE1", 53, "192.0.2.1")], rows, LINKS) == {}
    assert matched([instance("SITE1", 51)], rows, LINKS) == {}


class Counted(dict[str, Link]):
    """Links that count how often they are asked for."""

    asked = 0

    def get(self, name, default=None):
        self.asked += 1
        return super().get(name, default)


def test_each_instance_is_looked_at_once_however_many_rows():
    instances = [instance(f"SITE{vrid}", vrid, "192.0.2.1") for vrid in range(1, 256)]
    rows = [router(vrid) for vrid in range(1, 256)]
    links = Counted(LINKS)
    assert len(matched(instances, rows, links)) == 255
    assert links.asked == 255
