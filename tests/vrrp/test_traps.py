"""keepalived's notifications as real ones were captured, and as nobody should send them."""

import pytest

from haproxy_agentx.snmp.message import Missing
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp import traps
from haproxy_agentx.vrrp.model import NewMasterReason, NewMasterTrap, StateTrap, VrrpState
from tests.support import by_pysnmp
from tests.support.mib_text import SAMPLES

BACKUP, MASTER, SHUTDOWN = VrrpState.backup, VrrpState.master, VrrpState.shutdown
LINES = [line.split() for line in (SAMPLES / "traps-haproxy-stop-start.hex.txt").read_text().splitlines()]
DATAGRAMS = [bytes.fromhex(line[2]) for line in LINES]


def decoded(datagram: bytes):
    return by_pysnmp.read(datagram).varbinds


def state(name, became, initial, router, up_time):
    return StateTrap(name, became, initial, router, up_time)


# HAProxy of lb1 was stopped, started, keepalived of lb1 stopped and started.
def test_what_real_keepalived_sent():
    read = [traps.read(decoded(datagram)) for datagram in DATAGRAMS]
    assert read[:8] == [
        state("SITE1", MASTER, BACKUP, "lb2", 7692),
        None,  # vrrpTrapNewMaster of VRRP-MIB says less
        NewMasterTrap(NewMasterReason.preempted, 51),
        state("SITE2", MASTER, BACKUP, "lb2", 7692),
        None,
        NewMasterTrap(NewMasterReason.preempted, 52),
        state("SITE1", BACKUP, MASTER, "lb1", 20126),
        state("SITE2", BACKUP, MASTER, "lb1", 20126),
    ]
    assert read[16:18] == [state(name, SHUTDOWN, MASTER, "lb1", 20868) for name in ("SITE1", "SITE2")]
    assert len([trap for trap in read if isinstance(trap, StateTrap)]) + 2 * len(
        [trap for trap in read if isinstance(trap, NewMasterTrap)]
    ) == len(read)


def test_what_is_of_interest_is_known_without_decoding():
    for datagram in DATAGRAMS:
        assert traps.concerns(datagram) == (traps.read(decoded(datagram)) is not None)


GROUP = (
    (traps.UP_TIME, 99),
    (traps.TRAP_OID, traps.GROUP_CHANGE),
    ((*traps.KEEPALIVED, 2, 1, 1, 2), b"SITES"),
    ((*traps.KEEPALIVED, 2, 1, 1, 3), 3),
    ((*traps.ROUTER_ID, 0), b"lb1"),
)
INSTANCE = (
    (traps.UP_TIME, 99),
    (traps.TRAP_OID, traps.INSTANCE_CHANGE),
    ((*traps.KEEPALIVED, 2, 3, 1, 2), b"SITE1"),
    ((*traps.KEEPALIVED, 2, 3, 1, 4), 2),
    ((*traps.KEEPALIVED, 2, 3, 1, 5), 1),
    ((*traps.ROUTER_ID, 0), b"lb1"),
)


def test_a_sync_group():
    assert traps.read(GROUP) == StateTrap("SITES", VrrpState.fault, None, "lb1", 99, group=True)


# RFC 3416 4.2.6 wants instances of objects in a notification: a keepalived that gives them is read as well.
def test_names_with_an_index():
    with_index = tuple(((*name, 7) if name[:9] == traps.KEEPALIVED else name, value) for name, value in INSTANCE)
    assert traps.read(with_index) == state("SITE1", MASTER, BACKUP, "lb1", 99)


@pytest.mark.parametrize("value", [b"", Missing.noSuchInstance, 5, None, b"x" * 256])
def test_without_a_name_it_is_torn(value):
    with pytest.raises(Invalid, match="does not name"):
        traps.read((*INSTANCE[:2], (INSTANCE[2][0], value), *INSTANCE[3:]))


@pytest.mark.parametrize("value", [7, -1, 1 << 40, b"2", Missing.noSuchObject])
def test_without_a_state_it_is_torn(value):
    with pytest.raises(Invalid, match="no state"):
        traps.read((*INSTANCE[:3], (INSTANCE[3][0], value), *INSTANCE[4:]))


def test_what_may_be_missing():
    assert traps.read(INSTANCE[1:4]) == StateTrap("SITE1", MASTER, None, "", 0)
    assert traps.read(((traps.TRAP_OID, traps.NEW_MASTER),)) == NewMasterTrap(None, None)
    bare = ((traps.TRAP_OID, traps.NEW_MASTER), (traps.NEW_MASTER_REASON, 3))
    assert traps.read(bare) == NewMasterTrap(NewMasterReason.masterNoResponse, None)
    unknown = ((traps.TRAP_OID, traps.NEW_MASTER), ((*traps.NEW_MASTER_REASON, 2, 51, 1), 9))
    assert traps.read(unknown) == NewMasterTrap(None, 51)


def test_what_is_not_keepalived_s():
    assert traps.read(()) is None
    assert traps.read(((traps.TRAP_OID, (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)),)) is None
    assert traps.read(((traps.TRAP_OID, b"octets"),)) is None
