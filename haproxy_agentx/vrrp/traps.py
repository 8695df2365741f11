"""keepalived's notifications, read (KEEPALIVED-MIB, VRRPV3-MIB of RFC 6527). Pure.

The names of the objects in them are bare columns without an instance (measured with 2.2.7); RFC 3416 4.2.6 wants one,
so a name below the column is read as well.
"""

from collections.abc import Iterable

from haproxy_agentx.agentx.oid import Oid
from haproxy_agentx.snmp.message import Missing, Value, VarBind
from haproxy_agentx.vocabulary.source import Invalid
from haproxy_agentx.vrrp.model import NewMasterReason, NewMasterTrap, StateTrap, VrrpState

MAX_NAME = 255
"""Octets in a name: DisplayString (RFC 2579 2)."""

UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
KEEPALIVED: Oid = (1, 3, 6, 1, 4, 1, 9586, 100, 5)
ROUTER_ID: Oid = (*KEEPALIVED, 1, 2)
GROUP_CHANGE: Oid = (*KEEPALIVED, 2, 10, 0, 1)
INSTANCE_CHANGE: Oid = (*KEEPALIVED, 2, 10, 0, 2)
NEW_MASTER: Oid = (1, 3, 6, 1, 2, 1, 207, 0, 1)
NEW_MASTER_REASON: Oid = (1, 3, 6, 1, 2, 1, 207, 1, 2, 5, 1, 2)
"""vrrpv3StatisticsNewMasterReason."""


_INSTANCE: Oid = (*KEEPALIVED, 2, 3, 1)
_GROUP: Oid = (*KEEPALIVED, 2, 1, 1)

_MARKS = (bytes.fromhex("2b06010401ca726405020a00"), bytes.fromhex("2b06010201814f0001"))
"""The identifiers of the notifications above as they travel (X.690 8.19)."""

Trap = StateTrap | NewMasterTrap


def concerns(datagram: bytes) -> bool:
    """Whether, decided at once, a message that is not encrypted can be one of keepalived's that are read here."""
    return any(mark in datagram for mark in _MARKS)


def read(varbinds: Iterable[VarBind]) -> Trap | None:
    """Read the varbinds of a notification; None for one that is not of interest. Raises Invalid for a torn one."""
    values = dict(varbinds)
    match values.get(TRAP_OID):
        case oid if oid == INSTANCE_CHANGE:
            return _state(values, _INSTANCE, name=2, state=4, initial=5)
        case oid if oid == GROUP_CHANGE:
            return _state(values, _GROUP, name=2, state=3)
        case oid if oid == NEW_MASTER:
            return _new_master(values)
    return None


def _state(values: dict[Oid, Value], entry: Oid, name: int, state: int, initial: int | None = None) -> StateTrap:
    named = _text(_find(values, (*entry, name)))
    if not named:
        raise Invalid("keepalived's trap does not name an instance or group")
    became = _vrrp_state(_find(values, (*entry, state)))
    if became is None:
        raise Invalid("keepalived's trap has no state of KEEPALIVED-MIB")
    up_time = values.get(UP_TIME)
    return StateTrap(
        named,
        became,
        None if initial is None else _vrrp_state(_find(values, (*entry, initial))),
        _text(_find(values, ROUTER_ID)),
        up_time if isinstance(up_time, int) else 0,
        group=initial is None,
    )


def _new_master(values: dict[Oid, Value]) -> NewMasterTrap:
    for name, value in values.items():
        if name[: len(NEW_MASTER_REASON)] == NEW_MASTER_REASON and isinstance(value, int):
            known = value in NewMasterReason.__members__.values()
            # the index: ifIndex, vrrpv3OperationsVrId, vrrpv3OperationsInetAddrType
            index = name[len(NEW_MASTER_REASON) :]
            return NewMasterTrap(NewMasterReason(value) if known else None, index[1] if len(index) > 1 else None)
    return NewMasterTrap(None)


def _find(values: dict[Oid, Value], column: Oid) -> Value:
    """Return the value of the column itself or of the first instance of it."""
    if column in values:
        return values[column]
    below = (value for name, value in values.items() if name[: len(column)] == column)
    return next(below, Missing.noSuchInstance)


def _text(value: Value) -> str:
    if not isinstance(value, bytes) or len(value) > MAX_NAME:
        return ""
    return value.decode("utf-8", "replace")


def _vrrp_state(value: Value) -> VrrpState | None:
    return VrrpState(value) if isinstance(value, int) and value in VrrpState.__members__.values() else None
