"""KEEPALIVED-MIB as real keepalived 2.2.7 showed it, and torn."""

from dataclasses import fields, replace

import pytest

from haproxy_agentx.snmp.message import Missing
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp import keepalived_mib as mib
from haproxy_agentx.vrrp.model import Address, MibInstance, MibScript, VrrpState
from tests.support.mib_text import read_ones, sample

SITE1 = MibInstance(
    row=1,
    name="SITE1",
    router_number=51,
    state=VrrpState.master,
    initial=VrrpState.master,
    wanted=VrrpState.master,
    base_priority=150,
    effective_priority=150,
    interface="eth0",
    addresses=(Address("10.77.0.100", is_set=True, interface="eth0"),),
    scripts=(MibScript("chk_haproxy", good=True, takes=2.0),),
    advertises_each=1.0,
)
SITE2 = replace(
    SITE1, row=2, name="SITE2", router_number=52, addresses=(Address("10.77.0.101", is_set=True, interface="eth0"),)
)
CELLS = read_ones(sample("lb1"))


def read(cells):
    return mib.read(cells, 1.0, 2.0)


def both(**changes):
    unset = changes.pop("unset", False)
    for site in (SITE1, SITE2):
        addresses = tuple(replace(address, is_set=not unset) for address in site.addresses)
        yield replace(site, addresses=addresses, **changes)


def test_a_master():
    reading = read(CELLS)
    assert reading.instances == (SITE1, SITE2)
    assert (reading.router_id, reading.version) == ("lb1", "Keepalived v2.2.7 (01/16,2022)")
    assert (reading.began, reading.ended) == (1.0, 2.0)


def test_a_backup():
    reading = read(read_ones(sample("lb2")))
    backup = VrrpState.backup
    assert reading.router_id == "lb2"
    assert reading.instances == tuple(
        both(state=backup, initial=backup, wanted=backup, base_priority=100, effective_priority=100, unset=True)
    )


def test_a_bad_script():
    reading = read(read_ones(sample("lb1-BACKUP-script-bad")))
    backup, bad = VrrpState.backup, (MibScript("chk_haproxy", good=False, takes=2.0),)
    assert reading.instances == tuple(both(state=backup, wanted=backup, effective_priority=90, scripts=bad, unset=True))


def test_fault():
    fault = VrrpState.fault
    reading = read(read_ones(sample("lb1-FAULT")))
    assert [(i.state, i.wanted, i.addresses[0].is_set) for i in reading.instances] == [(fault, fault, False)] * 2


# All cells of a whole walk are as good as those that are asked for.
def test_what_is_not_needed_does_no_harm():
    assert read(sample("lb1")) == read(CELLS)


def test_without_instances():
    reading = read({name: value for name, value in CELLS.items() if name[: len(mib.VERSION)] in mib.SCALARS})
    assert reading.instances == ()


MADE_BY = (mib.NAME, mib.STATE, mib.ADDRESS_VALUE)
"""Columns without whose cell there is no row."""


def column_of(name):
    return next(column for column in (*mib.SCALARS, *mib.COLUMNS) if name[: len(column)] == column)


# A configuration that changes while it is read leaves holes: never a reading that is half of each. A cell that
# keepalived does not have (vrrpInstancePrimaryInterface of unicast) is absent, and all else is as it was.
@pytest.mark.parametrize("gone", sorted(CELLS))
def test_a_missing_cell_is_absent_and_makes_nothing_up(gone):
    rest = {name: value for name, value in CELLS.items() if name != gone}
    if column_of(gone) in MADE_BY:
        with pytest.raises(Invalid, match="does not fit to its row"):
            read(rest)
        return
    before, after = read(CELLS), read(rest)
    for one, other in zip(before.instances, after.instances, strict=True):
        assert (one.name, one.state, [a.ip for a in one.addresses]) == (
            other.name, other.state, [a.ip for a in other.addresses]
        )  # fmt: skip
        for field in fields(one):
            value = getattr(other, field.name)
            assert value == getattr(one, field.name) or field.name in ("addresses", "scripts") or not value


def test_a_pair_by_unicast_has_no_interface_of_its_own():
    reading = read({name: value for name, value in CELLS.items() if column_of(name) != mib.INTERFACE})
    assert [(i.interface, i.interfaces) for i in reading.instances] == [("", {"eth0"})] * 2


def test_the_interfaces_that_matter_are_also_those_that_are_tracked():
    tracked = {(*mib.TRACKED_INTERFACE, 1, 3): b"eth1"}
    of_group = {(*mib.GROUP_NAME, 1): b"SITES", (*mib.SYNC_GROUP, 2): b"SITES"}
    cells = {**CELLS, **tracked, **of_group, (*mib.GROUP_TRACKED_INTERFACE, 1, 4): b"eth2"}
    assert [i.interfaces for i in read(cells).instances] == [{"eth0", "eth1"}, {"eth0", "eth2"}]


@pytest.mark.parametrize(
    ("version", "accept", "priority", "accepts"),
    [(2, 0, 150, True), (3, 1, 150, True), (3, 2, 150, False), (3, 2, 255, True), (None, None, 150, True)],
)
def test_packets_are_dropped_where_the_mib_says_so(version, accept, priority, accepts):
    given = {mib.VRRP_VERSION: version, mib.ACCEPT: accept, mib.EFFECTIVE_PRIORITY: priority}
    cells = {name: value for name, value in CELLS.items() if column_of(name) not in given}
    cells |= {(*column, row): value for column, value in given.items() for row in (1, 2) if value is not None}
    assert {i.accepts for i in read(cells).instances} == {accepts}


@pytest.mark.parametrize(("version", "given", "seconds"), [(2, 1, 1.0), (3, 10, 0.1), (3, 100, 1.0), (2, 0, None)])
def test_intervals_of_advertisements_are_in_seconds(version, given, seconds):
    cells = {**CELLS, (*mib.ADVERTISEMENT_INTERVAL, 1): given, (*mib.VRRP_VERSION, 1): version}
    assert read(cells).instances[0].advertises_each == seconds


@pytest.mark.parametrize("value", [b"", b"\x0a\x4d", b"x" * 20, 7, Missing.noSuchInstance])
def test_a_value_that_is_no_address(value):
    with pytest.raises(Invalid, match="no address"):
        read({**CELLS, (*mib.ADDRESS_VALUE, 1, 1): value})


def test_ipv6_in_its_canonical_text():
    value = bytes.fromhex("20010db8000000000000000000000001")
    reading = read({**CELLS, (*mib.ADDRESS_VALUE, 1, 1): value})
    assert reading.instances[0].addresses == (Address("2001:db8::1", is_set=True, interface="eth0"),)


# vrrpInstanceIndex says: Instance 0 is for static IP addresses, routes and rules.
def test_static_addresses_belong_to_no_instance():
    static = {(*mib.ADDRESS_VALUE, 0, 1): bytes(4), (*mib.ADDRESS_STATUS, 0, 1): 1}
    assert read({**CELLS, **static}) == read(CELLS)


def test_addresses_are_in_the_order_of_the_configuration():
    more = {(*mib.ADDRESS_VALUE, 1, n): bytes((192, 0, 2, n)) for n in (10, 2)}
    states = {(*mib.ADDRESS_STATUS, 1, n): 2 for n in (10, 2)}
    ips = [address.ip for address in read({**CELLS, **more, **states}).instances[0].addresses]
    assert ips == ["10.77.0.100", "192.0.2.2", "192.0.2.10"]


def test_a_sync_group_is_in_a_sparse_column():
    reading = read({**CELLS, (*mib.SYNC_GROUP, 2): b"SITES"})
    assert [i.sync_group for i in reading.instances] == ["", "SITES"]


@pytest.mark.parametrize(("number", "good"), [(1, None), (2, False), (3, True), (4, None), (5, False), (99, None)])
def test_results_of_scripts(number, good):
    reading = read({**CELLS, (*mib.SCRIPT_RESULT, 1): number})
    assert {script.good for i in reading.instances for script in i.scripts} == {good}


def test_nopreempt():
    reading = read({**CELLS, (*mib.PREEMPT, 2): mib.NO_PREEMPT})
    assert [i.preempts for i in reading.instances] == [True, False]


def test_a_state_of_the_future_is_unknown():
    assert read({**CELLS, (*mib.STATE, 1): 7}).instances[0].state is VrrpState.unknown


def test_an_instance_has_a_name():
    with pytest.raises(Invalid, match="row 1 has no name"):
        read({**CELLS, (*mib.NAME, 1): b""})


# Rows are positions in the configuration: an instance that is put in shifts all behind it.
class TestSettled:
    def test_the_same(self):
        last, behind = mib.settled(CELLS)
        assert (last, behind) == ((*mib.NAME, 2), (*mib.NAME, 3))
        assert mib.unchanged(CELLS, [(last, b"SITE2"), (behind, Missing.noSuchInstance)])

    def test_one_put_in(self):
        last, behind = mib.settled(CELLS)
        assert not mib.unchanged(CELLS, [(last, b"NEW"), (behind, b"SITE2")])
        assert not mib.unchanged(CELLS, [(last, b"SITE2"), (behind, b"NEW")])

    def test_one_taken_out(self):
        last, behind = mib.settled(CELLS)
        gone = Missing.noSuchInstance
        assert not mib.unchanged(CELLS, [(last, gone), (behind, gone)])

    def test_something_else_answered(self):
        assert not mib.unchanged(CELLS, [])
        assert not mib.unchanged(CELLS, [(mib.settled(CELLS)[0], b"SITE2")])

    def test_without_rows(self):
        last, behind = mib.settled({})
        missing = Missing.noSuchObject
        assert mib.unchanged({}, [(last, missing), (behind, missing)])
        assert not mib.unchanged({}, [(last, missing), (behind, b"SITE1")])
