"""The octets of RFC 2741 for each of the 18 PDU types, written down once and checked against the figures of 6.2.

The Register is the example of 6.2.3, the GetNext that of 5.2, names and texts otherwise as small as they can be. All
have sessionID 0x11, transactionID 0x22 and packetID 0x33, in network byte order.
"""

from typing import Any

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.constants import CloseReason, Flag, PduType, Tag
from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.pdu import Pdu, SearchRange, VarBind

HEX = {
    PduType.OPEN: (
        "01011000 00000011 00000022 00000033 00000020 05000000 03040000 00000001 00001f88 00000001 "
        "00000005 6167656e 74000000"
    ),
    PduType.CLOSE: "01021000 00000011 00000022 00000033 00000004 05000000",
    PduType.REGISTER: (
        "01031000 00000011 00000022 00000033 00000024 057f0a00 06020000 00000001 00000002 00000002 "
        "00000001 00000001 00000007 00000016"
    ),
    PduType.UNREGISTER: "01041000 00000011 00000022 00000033 00000014 007f0000 03040000 00000001 00001f88 00000001",
    PduType.GET: ("01051000 00000011 00000022 00000033 00000018 04020000 00000001 00000001 00000001 00000000 00000000"),
    PduType.GET_NEXT: (
        "01061000 00000011 00000022 00000033 00000024 03020100 00000001 00000019 00000002 04020000 "
        "00000001 00000019 00000002 00000001"
    ),
    PduType.GET_BULK: (
        "01071000 00000011 00000022 00000033 00000034 00010002 04000000 00000001 00000002 00000003 "
        "00000004 00000000 02020000 00000001 00000001 02020000 00000001 00000002"
    ),
    PduType.TEST_SET: (
        "01081800 00000011 00000022 00000033 00000044 00000003 63747800 00040000 04020000 00000001 "
        "00000001 00000004 00000000 00000002 6d650000 00020000 04020000 00000001 00000001 00000007 "
        "00000000 ffffffff"
    ),
    PduType.COMMIT_SET: "01091000 00000011 00000022 00000033 00000000",
    PduType.UNDO_SET: "010a1000 00000011 00000022 00000033 00000000",
    PduType.CLEANUP_SET: "010b1000 00000011 00000022 00000033 00000000",
    PduType.NOTIFY: (
        "010c1000 00000011 00000022 00000033 00000054 00430000 04020000 00000001 00000001 00000003 "
        "00000000 000004d2 00060000 06060000 00000003 00000001 00000001 00000004 00000001 00000000 "
        "05060000 00000003 00000001 00000001 00000005 00000001"
    ),
    PduType.PING: "010d1000 00000011 00000022 00000033 00000000",
    PduType.INDEX_ALLOCATE: (
        "010e1400 00000011 00000022 00000033 00000020 00020000 05020000 00000001 00000002 00000002 "
        "00000001 00000001 00000000"
    ),
    PduType.INDEX_DEALLOCATE: (
        "010f1000 00000011 00000022 00000033 00000020 00020000 05020000 00000001 00000002 00000002 "
        "00000001 00000001 00000007"
    ),
    PduType.ADD_AGENT_CAPS: (
        "01101000 00000011 00000022 00000033 00000018 03040000 00000001 00001f88 00000001 00000004 63617073"
    ),
    PduType.REMOVE_AGENT_CAPS: "01111000 00000011 00000022 00000033 00000010 03040000 00000001 00001f88 00000001",
    PduType.RESPONSE: (
        "01121000 00000011 00000022 00000033 00000048 00001068 00000000 00460000 02040000 00000001 "
        "00000001 ffffffff ffffffff 00400000 02040000 00000001 00000002 00000004 c0000201 00820000 "
        "02040000 00000001 00000003"
    ),
}


def name(dotted: str) -> bytes:
    return key(parse(dotted))


IDS: dict[str, Any] = {"session_id": 0x11, "transaction_id": 0x22, "packet_id": 0x33}
OWN = name("1.3.6.1.4.1.8072.1")
IF_INDEX = name("1.3.6.1.2.1.2.2.1.1")
PDUS: dict[PduType, Pdu] = {
    PduType.OPEN: p.Open(timeout=5, id=OWN, descr=b"agent", **IDS),
    PduType.CLOSE: p.Close(reason=CloseReason.SHUTDOWN, **IDS),
    PduType.REGISTER: p.Register(
        timeout=5, priority=127, range_subid=10, subtree=name("1.3.6.1.2.1.2.2.1.1.7"), upper_bound=22, **IDS
    ),
    PduType.UNREGISTER: p.Unregister(priority=127, subtree=OWN, **IDS),
    PduType.GET: p.Get(ranges=(SearchRange(name("1.3.6.1.2.1.1.1.0")),), **IDS),
    PduType.GET_NEXT: p.GetNext(
        ranges=(SearchRange(name("1.3.6.1.2.1.25.2"), name("1.3.6.1.2.1.25.2.1"), include=True),), **IDS
    ),
    PduType.GET_BULK: p.GetBulk(
        non_repeaters=1,
        max_repetitions=2,
        ranges=(SearchRange(name("1.2.3.4")), SearchRange(name("1.3.6.1.2.1.1"), name("1.3.6.1.2.1.2"))),
        **IDS,
    ),
    PduType.TEST_SET: p.TestSet(
        context=b"ctx",
        flags=Flag.NETWORK_BYTE_ORDER | Flag.NON_DEFAULT_CONTEXT,
        varbinds=(
            VarBind(Tag.OCTET_STRING, name("1.3.6.1.2.1.1.4.0"), b"me"),
            VarBind(Tag.INTEGER, name("1.3.6.1.2.1.1.7.0"), -1),
        ),
        **IDS,
    ),
    PduType.COMMIT_SET: p.CommitSet(**IDS),
    PduType.UNDO_SET: p.UndoSet(**IDS),
    PduType.CLEANUP_SET: p.CleanupSet(**IDS),
    PduType.NOTIFY: p.Notify(
        varbinds=(
            VarBind(Tag.TIME_TICKS, name("1.3.6.1.2.1.1.3.0"), 1234),
            VarBind(Tag.OBJECT_IDENTIFIER, name("1.3.6.1.6.3.1.1.4.1.0"), name("1.3.6.1.6.3.1.1.5.1")),
        ),
        **IDS,
    ),
    PduType.PING: p.Ping(**IDS),
    PduType.INDEX_ALLOCATE: p.IndexAllocate(
        flags=Flag.NETWORK_BYTE_ORDER | Flag.ANY_INDEX, varbinds=(VarBind(Tag.INTEGER, IF_INDEX, 0),), **IDS
    ),
    PduType.INDEX_DEALLOCATE: p.IndexDeallocate(varbinds=(VarBind(Tag.INTEGER, IF_INDEX, 7),), **IDS),
    PduType.ADD_AGENT_CAPS: p.AddAgentCaps(id=OWN, descr=b"caps", **IDS),
    PduType.REMOVE_AGENT_CAPS: p.RemoveAgentCaps(id=OWN, **IDS),
    PduType.RESPONSE: p.Response(
        sys_up_time=4200,
        varbinds=(
            VarBind(Tag.COUNTER64, name("1.3.6.1.4.1.1"), 2**64 - 1),
            VarBind(Tag.IP_ADDRESS, name("1.3.6.1.4.1.2"), bytes((192, 0, 2, 1))),
            VarBind(Tag.END_OF_MIB_VIEW, name("1.3.6.1.4.1.3")),
        ),
        **IDS,
    ),
}
