"""The numbers of RFC 2741, each group with its clause.

They are written down here from the RFC; ``tests/conformance`` compares each with that of pyagentx3, which has them from
the same source and shares no code with this package.
"""

from enum import IntEnum, IntFlag

VERSION = 1
"""h.version (6.1)."""

HEADER_SIZE = 20
"""Octets of the header of a PDU (6.1)."""

PORT = 705
"""The TCP port of a master (8.1.1)."""

MASTER_SOCKET = "/var/agentx/master"
"""The path of its Unix socket (8.2.1)."""


class PduType(IntEnum):
    """h.type (6.1)."""

    OPEN = 1  # 6.2.1
    CLOSE = 2  # 6.2.2
    REGISTER = 3  # 6.2.3
    UNREGISTER = 4  # 6.2.4
    GET = 5  # 6.2.5
    GET_NEXT = 6  # 6.2.6
    GET_BULK = 7  # 6.2.7
    TEST_SET = 8  # 6.2.8
    COMMIT_SET = 9  # 6.2.9
    UNDO_SET = 10  # 6.2.9
    CLEANUP_SET = 11  # 6.2.9
    NOTIFY = 12  # 6.2.10
    PING = 13  # 6.2.11
    INDEX_ALLOCATE = 14  # 6.2.12
    INDEX_DEALLOCATE = 15  # 6.2.13
    ADD_AGENT_CAPS = 16  # 6.2.14
    REMOVE_AGENT_CAPS = 17  # 6.2.15
    RESPONSE = 18  # 6.2.16


class Flag(IntFlag):
    """h.flags (6.1): the bits that have a meaning."""

    INSTANCE_REGISTRATION = 1 << 0
    """Of a Register: r.subtree is the name of an instance."""
    NEW_INDEX = 1 << 1
    """Of an IndexAllocate: an index that was never allocated."""
    ANY_INDEX = 1 << 2
    """Of an IndexAllocate: an index that is not allocated."""
    NON_DEFAULT_CONTEXT = 1 << 3
    """The payload begins with the name of a context (6.1.1)."""
    NETWORK_BYTE_ORDER = 1 << 4
    """All numbers of the PDU are in network byte order, else in little-endian."""


class Tag(IntEnum):
    """v.type (5.4): the type of a value."""

    INTEGER = 2
    OCTET_STRING = 4
    NULL = 5
    OBJECT_IDENTIFIER = 6
    IP_ADDRESS = 64
    COUNTER32 = 65
    GAUGE32 = 66
    TIME_TICKS = 67
    OPAQUE = 68
    COUNTER64 = 70
    NO_SUCH_OBJECT = 128
    NO_SUCH_INSTANCE = 129
    END_OF_MIB_VIEW = 130


class ErrorStatus(IntEnum):
    """res.error (6.2.16). Numbers below 256 are those of SNMP (RFC 3416 3)."""

    NO_AGENTX_ERROR = 0
    TOO_BIG = 1
    GEN_ERR = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18
    OPEN_FAILED = 256
    NOT_OPEN = 257
    INDEX_WRONG_TYPE = 258
    INDEX_ALREADY_ALLOCATED = 259
    INDEX_NONE_AVAILABLE = 260
    INDEX_NOT_ALLOCATED = 261
    UNSUPPORTED_CONTEXT = 262
    DUPLICATE_REGISTRATION = 263
    UNKNOWN_REGISTRATION = 264
    UNKNOWN_AGENT_CAPS = 265
    PARSE_ERROR = 266
    REQUEST_DENIED = 267
    PROCESSING_ERROR = 268


class CloseReason(IntEnum):
    """c.reason (6.2.2)."""

    OTHER = 1
    PARSE_ERROR = 2
    PROTOCOL_ERROR = 3
    TIMEOUTS = 4
    SHUTDOWN = 5
    BY_MANAGER = 6


_MEANINGS = {
    ErrorStatus.TOO_BIG: "it is too long for the master",
    ErrorStatus.OPEN_FAILED: "the master takes no more sessions",
    ErrorStatus.NOT_OPEN: "the master does not know this session",
    ErrorStatus.UNSUPPORTED_CONTEXT: "the master does not know the default context",
    ErrorStatus.DUPLICATE_REGISTRATION: "it is registered already with this priority",
    ErrorStatus.UNKNOWN_REGISTRATION: "the master knows no such registration",
    ErrorStatus.UNKNOWN_AGENT_CAPS: "the master knows no such capabilities",
    ErrorStatus.PARSE_ERROR: "the master could not read the request",
    ErrorStatus.REQUEST_DENIED: "the master does not allow it",
    ErrorStatus.PROCESSING_ERROR: "the master failed inside",
}


def label(number: IntEnum) -> str:
    """Return a number of this module as RFCs write it: duplicateRegistration, endOfMibView."""
    first, *others = number.name.split("_")
    return first.lower() + "".join("AgentX" if word == "AGENTX" else word.capitalize() for word in others)


def meaning(error: int) -> str:
    """Return what an error in a master's Response means, with its label, or its number where RFCs name none."""
    try:
        status = ErrorStatus(error)
    except ValueError:
        return f"error {error}"
    return f"{_MEANINGS[status]} ({label(status)})" if status in _MEANINGS else label(status)
