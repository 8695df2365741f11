"""The 18 PDU types of RFC 2741 6.2, as records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from haproxy_agentx.agentx.constants import CloseReason, ErrorStatus, Flag, PduType, Tag
from haproxy_agentx.agentx.oid import Key, Oid, key
from haproxy_agentx.agentx.values import Value


@dataclass(frozen=True, slots=True)
class VarBind:
    """A name and its value (RFC 2741 5.4)."""

    tag: int
    name: Key
    value: Value = None


SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
SNMP_TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


def notification(name: Oid, objects: Sequence[VarBind] = (), up_time: int | None = None) -> list[VarBind]:
    """Return the variable bindings of a notification (RFC 2741 6.2.10): which one it is, then its objects.

    ``up_time`` is sysUpTime in hundredths of a second, as it was when it happened; without, the master sets it.
    """
    head = [VarBind(Tag.OBJECT_IDENTIFIER, key(SNMP_TRAP_OID), key(name))]
    if up_time is not None:
        head.insert(0, VarBind(Tag.TIME_TICKS, key(SYS_UP_TIME), up_time & 0xFFFFFFFF))
    return [*head, *objects]


@dataclass(frozen=True, slots=True)
class SearchRange:
    """Where to look (RFC 2741 5.2): from ``start``, which counts when ``include``, up to but without ``end``."""

    start: Key
    end: Key = b""
    include: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """The fields of the header (RFC 2741 6.1) that every PDU has, and the context of those that may carry one."""

    type: ClassVar[PduType]
    session_id: int = 0
    transaction_id: int = 0
    packet_id: int = 0
    flags: int = int(Flag.NETWORK_BYTE_ORDER)
    context: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Pdu):
    """6.2.1. ``timeout`` in seconds, 0 for the master's default; ``descr`` a DisplayString."""

    type: ClassVar = PduType.OPEN
    timeout: int = 0
    id: Key = b""
    descr: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Pdu):
    """6.2.2."""

    type: ClassVar = PduType.CLOSE
    reason: int = CloseReason.SHUTDOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Pdu):
    """6.2.3. ``range_subid`` 0 means no range, and then ``upper_bound`` is not sent."""

    type: ClassVar = PduType.REGISTER
    timeout: int = 0
    priority: int = 127
    range_subid: int = 0
    subtree: Key = b""
    upper_bound: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregister(Pdu):
    """6.2.4."""

    type: ClassVar = PduType.UNREGISTER
    priority: int = 127
    range_subid: int = 0
    subtree: Key = b""
    upper_bound: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Get(Pdu):
    """6.2.5."""

    type: ClassVar = PduType.GET
    ranges: Sequence[SearchRange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetNext(Pdu):
    """6.2.6."""

    type: ClassVar = PduType.GET_NEXT
    ranges: Sequence[SearchRange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBulk(Pdu):
    """6.2.7."""

    type: ClassVar = PduType.GET_BULK
    non_repeaters: int = 0
    max_repetitions: int = 0
    ranges: Sequence[SearchRange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSet(Pdu):
    """6.2.8."""

    __test__: ClassVar = False  # no test class, whatever pytest makes of the name
    type: ClassVar = PduType.TEST_SET
    varbinds: Sequence[VarBind] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSet(Pdu):
    """6.2.9."""

    type: ClassVar = PduType.COMMIT_SET


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoSet(Pdu):
    """6.2.9."""

    type: ClassVar = PduType.UNDO_SET


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupSet(Pdu):
    """6.2.9. The only request that is never answered (RFC 2741 7.2.4.4)."""

    type: ClassVar = PduType.CLEANUP_SET


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Pdu):
    """6.2.10. snmpTrapOID.0 first, or second after sysUpTime.0."""

    type: ClassVar = PduType.NOTIFY
    varbinds: Sequence[VarBind] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Pdu):
    """6.2.11."""

    type: ClassVar = PduType.PING


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAllocate(Pdu):
    """6.2.12."""

    type: ClassVar = PduType.INDEX_ALLOCATE
    varbinds: Sequence[VarBind] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDeallocate(Pdu):
    """6.2.13."""

    type: ClassVar = PduType.INDEX_DEALLOCATE
    varbinds: Sequence[VarBind] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAgentCaps(Pdu):
    """6.2.14."""

    type: ClassVar = PduType.ADD_AGENT_CAPS
    id: Key = b""
    descr: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAgentCaps(Pdu):
    """6.2.15."""

    type: ClassVar = PduType.REMOVE_AGENT_CAPS
    id: Key = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Pdu):
    """6.2.16. ``sys_up_time`` in hundredths of a second, of the master; ``index`` counts from 1, 0 is none."""

    type: ClassVar = PduType.RESPONSE
    sys_up_time: int = 0
    error: int = ErrorStatus.NO_AGENTX_ERROR
    index: int = 0
    varbinds: Sequence[VarBind] = field(default=())
