"""The 18 PDU types of RFC 2741 6.2, as records. The numbers come from pyagentx3."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import ClassVar

import pyagentx3

from haproxy_agentx.agentx.oid import Key

Value = int | bytes | None
"""Integers of all kinds: int. Octet strings, Opaque, IpAddress: bytes. Object identifier: its key. Others: None."""


class PduType(IntEnum):
    """h.type (RFC 2741 6.1)."""

    OPEN = pyagentx3.AGENTX_OPEN_PDU
    CLOSE = pyagentx3.AGENTX_CLOSE_PDU
    REGISTER = pyagentx3.AGENTX_REGISTER_PDU
    UNREGISTER = pyagentx3.AGENTX_UNREGISTER_PDU
    GET = pyagentx3.AGENTX_GET_PDU
    GET_NEXT = pyagentx3.AGENTX_GETNEXT_PDU
    GET_BULK = pyagentx3.AGENTX_GETBULK_PDU
    TEST_SET = pyagentx3.AGENTX_TESTSET_PDU
    COMMIT_SET = pyagentx3.AGENTX_COMMITSET_PDU
    UNDO_SET = pyagentx3.AGENTX_UNDOSET_PDU
    CLEANUP_SET = pyagentx3.AGENTX_CLEANUPSET_PDU
    NOTIFY = pyagentx3.AGENTX_NOTIFY_PDU
    PING = pyagentx3.AGENTX_PING_PDU
    INDEX_ALLOCATE = pyagentx3.AGENTX_INDEXALLOCATE_PDU
    INDEX_DEALLOCATE = pyagentx3.AGENTX_INDEXDEALLOCATE_PDU
    ADD_AGENT_CAPS = pyagentx3.AGENTX_ADDAGENTCAPS_PDU
    REMOVE_AGENT_CAPS = pyagentx3.AGENTX_REMOVEAGENTCAPS_PDU
    RESPONSE = pyagentx3.AGENTX_RESPONSE_PDU


class Flag(IntFlag):
    """h.flags (RFC 2741 6.1)."""

    INSTANCE_REGISTRATION = pyagentx3.AX_PDU_FLAG_REG
    NEW_INDEX = pyagentx3.AX_PDU_FLAG_NEW
    ANY_INDEX = pyagentx3.AX_PDU_FLAG_ANY
    NON_DEFAULT_CONTEXT = pyagentx3.AX_PDU_FLAG_CONTEXT
    NETWORK_BYTE_ORDER = pyagentx3.AX_PDU_FLAG_BYTE_ORDER


class Tag(IntEnum):
    """v.type (RFC 2741 5.4)."""

    INTEGER = pyagentx3.TYPE_INTEGER
    OCTET_STRING = pyagentx3.TYPE_OCTETSTRING
    NULL = pyagentx3.TYPE_NULL
    OBJECT_IDENTIFIER = pyagentx3.TYPE_OBJECTIDENTIFIER
    IP_ADDRESS = pyagentx3.TYPE_IPADDRESS
    COUNTER32 = pyagentx3.TYPE_COUNTER32
    GAUGE32 = pyagentx3.TYPE_GAUGE32
    TIME_TICKS = pyagentx3.TYPE_TIMETICKS
    OPAQUE = pyagentx3.TYPE_OPAQUE
    COUNTER64 = pyagentx3.TYPE_COUNTER64
    NO_SUCH_OBJECT = pyagentx3.TYPE_NOSUCHOBJECT
    NO_SUCH_INSTANCE = pyagentx3.TYPE_NOSUCHINSTANCE
    END_OF_MIB_VIEW = pyagentx3.TYPE_ENDOFMIBVIEW


class ErrorStatus(IntEnum):
    """res.error (RFC 2741 6.2.16), those that we send or that the master sends to us."""

    NO_ERROR = pyagentx3.ERROR_NOAGENTXERROR
    GEN_ERR = pyagentx3.ERROR_GENERR
    COMMIT_FAILED = pyagentx3.ERROR_COMMITFAILED
    UNDO_FAILED = pyagentx3.ERROR_UNDOFAILED
    NOT_WRITABLE = pyagentx3.ERROR_NOTWRITABLE
    OPEN_FAILED = pyagentx3.ERROR_OPENFAILED
    NOT_OPEN = pyagentx3.ERROR_NOTOPEN
    UNSUPPORTED_CONTEXT = pyagentx3.ERROR_UNSUPPORTEDCONTEXT
    DUPLICATE_REGISTRATION = pyagentx3.ERROR_DUPLICATEREGISTRATION
    UNKNOWN_REGISTRATION = pyagentx3.ERROR_UNKNOWNREGISTRATION
    UNKNOWN_AGENT_CAPS = pyagentx3.ERROR_UNKNOWNAGENTCAPS
    PARSE_ERROR = pyagentx3.ERROR_PARSEERROR
    REQUEST_DENIED = pyagentx3.ERROR_REQUESTDENIED
    PROCESSING_ERROR = pyagentx3.ERROR_PROCESSINGERROR


class CloseReason(IntEnum):
    """c.reason (RFC 2741 6.2.2)."""

    OTHER = 1
    PARSE_ERROR = 2
    PROTOCOL_ERROR = 3
    TIMEOUTS = 4
    SHUTDOWN = 5
    BY_MANAGER = 6


@dataclass(frozen=True, slots=True)
class VarBind:
    """A name and its value (RFC 2741 5.4)."""

    tag: int
    name: Key
    value: Value = None


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
    error: int = ErrorStatus.NO_ERROR
    index: int = 0
    varbinds: Sequence[VarBind] = field(default=())
