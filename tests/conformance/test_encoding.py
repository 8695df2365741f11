"""Octets (RFC 2741 5, 6), items 36 to 43 of the conformance list."""

import struct
import subprocess
from pathlib import Path

import pyagentx3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyagentx3.pdu import PDU

from haproxy_agentx.agentx import pdu as p
from haproxy_agentx.agentx.codec import LAYOUT, decode, encode
from haproxy_agentx.agentx.constants import HEADER_SIZE, Flag, PduType, Tag
from haproxy_agentx.agentx.errors import LocalError, PayloadError
from haproxy_agentx.agentx.header import decode_header
from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.pdu import Pdu, SearchRange, VarBind
from haproxy_agentx.objects import syntax
from tests.support import golden_pdus, wire
from tests.support.golden import GOLDEN, TABLE, TYPES
from tests.support.golden_pdus import HEX, PDUS, name
from tests.support.scripted_master import Link


def decoded(data: bytes) -> Pdu:
    return decode(decode_header(data), data[HEADER_SIZE:])


def octets_of(kind: PduType) -> bytes:
    return bytes.fromhex(HEX[kind])


# 6.1: "The NETWORK_BYTE_ORDER bit applies to all multi-byte integer values in the entire AgentX packet"; 7.2.2: the
# header fields of a Response are those of the request; 5.4: IpAddress octets "are always ordered most significant to
# least significant". Catches answers that a little-endian master reads as a payload of two gigabytes.
def test_c36_answers_use_the_byte_order_of_the_request(link: Link):
    everything = [varbind.name for varbind in GOLDEN]
    for order in ("<", ">"):
        packet = link.request(wire.GET, wire.ranges(everything, order), order=order)
        frame = link.expect(wire.RESPONSE, packet=packet)
        assert frame.order == order
        assert wire.read_answer(frame).varbinds == GOLDEN
        assert bytes((192, 0, 2, 1)) in frame.payload


@pytest.mark.parametrize("order", ["<", ">"])
def test_c36_exceptions_and_errors_too(link: Link, order: str):
    assert link.get(TABLE, order=order).varbinds == [(TABLE, wire.NO_SUCH_OBJECT, None)]
    assert link.getnext("2", order=order).varbinds == [("2", wire.END_OF_MIB_VIEW, None)]
    assert link.ask(wire.COMMITSET, order=order).error == wire.COMMIT_FAILED


# 5.1: the prefix stands for 1.3.6.1.X with a non-zero X of one octet; the null identifier is four zero octets; 0 to 128
# sub-identifiers of 32 bits. Catches 1.3.6.1.0 that becomes the null identifier, and 1.3.6.1.256 that becomes
# 1.3.6.1.0.
@pytest.mark.parametrize(
    ("dotted", "octets"),
    [
        ("", "00000000"),
        ("0.0", "02000000 00000000 00000000"),
        ("1", "01000000 00000001"),
        ("1.3.6.1", "04000000 00000001 00000003 00000006 00000001"),
        ("1.3.6.1.0", "05000000 00000001 00000003 00000006 00000001 00000000"),
        ("1.3.6.1.0.7", "06000000 00000001 00000003 00000006 00000001 00000000 00000007"),
        ("1.3.6.1.1", "00010000"),
        ("1.3.6.1.4", "00040000"),
        ("1.3.6.1.255.4294967295", "01ff0000 ffffffff"),
        ("1.3.6.1.256", "05000000 00000001 00000003 00000006 00000001 00000100"),
        ("1.3.6.2.4", "05000000 00000001 00000003 00000006 00000002 00000004"),
        ("1.2.3.4", "04000000 00000001 00000002 00000003 00000004"),
    ],
)
def test_c37_object_identifiers(dotted: str, octets: str):
    subtree = name(dotted) if dotted else b""
    data = encode(p.RemoveAgentCaps(id=subtree))

    assert data[HEADER_SIZE:] == bytes.fromhex(octets) == wire.oid(dotted)
    assert decoded(data).id == subtree
    little = encode(p.RemoveAgentCaps(id=subtree, flags=Flag(0)))
    assert little[HEADER_SIZE:] == wire.oid(dotted, "<")
    assert decoded(little).id == subtree


def test_c37_an_uncompressed_name_is_the_same_name():
    plain = struct.pack(">4B6I", 6, 0, 0, 0, 1, 3, 6, 1, 4, 9)

    assert decoded(wire.frame(wire.REMOVEAGENTCAPS, plain)).id == name("1.3.6.1.4.9")


@pytest.mark.parametrize(
    ("count", "prefix", "good"), [(128, 0, True), (129, 0, False), (123, 4, True), (124, 4, False)]
)
def test_c37_at_most_128_sub_identifiers(count: int, prefix: int, good: bool):
    data = wire.frame(wire.REMOVEAGENTCAPS, struct.pack(f">4B{count}I", count, prefix, 0, 0, *range(count)))
    if good:
        assert len(decoded(data).id) == 4 * 128
        assert decoded(encode(decoded(data))) == decoded(data)
    else:
        with pytest.raises(PayloadError):
            decoded(data)
        with pytest.raises(LocalError):
            encode(p.RemoveAgentCaps(id=key(tuple(range(129)))))


@pytest.mark.parametrize("octets", ["01040000", "02040000 00000001", "ff000000 00000001"])
def test_c37_an_identifier_that_ends_too_soon(link: Link, octets: str):
    with pytest.raises(PayloadError):
        decoded(wire.frame(wire.REMOVEAGENTCAPS, bytes.fromhex(octets)))
    assert link.ask(wire.GET, bytes.fromhex(octets)).error == wire.PARSE_ERROR


# 5.3: "padding bytes are appended to achieve alignment of following data. This padding must be added even if the Octet
# String is the last item in the PDU. Padding bytes must be zero filled." A receiver that is liberal takes others, too.
# Catches texts whose length is not a multiple of 4 and that shift what follows.
@pytest.mark.parametrize("length", range(6))
@pytest.mark.parametrize("order", ["<", ">"])
def test_c38_padding(length: int, order: str):
    flags = Flag.NETWORK_BYTE_ORDER if order == ">" else Flag(0)
    text = b"abcde"[:length]
    data = encode(p.AddAgentCaps(id=name("1.3"), descr=text, flags=flags))

    assert data == wire.frame(wire.ADDAGENTCAPS, wire.oid("1.3", order) + wire.octets(text, order), order=order)
    assert len(data) % 4 == 0
    assert decoded(data).descr == text


def test_c38_padding_that_is_not_zero_is_accepted():
    payload = wire.oid("1.3") + b"\0\0\0\1a\xff\xfe\xfd"

    assert decoded(wire.frame(wire.ADDAGENTCAPS, payload)).descr == b"a"


@pytest.mark.parametrize("length", [5, 8, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF])
@pytest.mark.parametrize("order", ["<", ">"])
def test_c38_a_length_beyond_the_payload_is_a_parse_error(link: Link, length: int, order: str):
    head = wire.varbind(f"{TYPES}.2.7", wire.OCTETS, b"", order)[:-4]
    payload = head + struct.pack(order + "I", length) + b"abcd"

    assert link.ask(wire.TESTSET, payload, order=order)[1:] == (wire.PARSE_ERROR, 0, [])


# RFC 2578 7.1.6 to 7.1.10: a Counter wraps, a Gauge stays at its end, an Integer32 is signed. HAProxy's numbers have 64
# bits and sometimes a sign. Catches a struct.error that ends the agent because a number has grown.
@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (syntax.COUNTER32, b"4294967295", 2**32 - 1),
        (syntax.COUNTER32, b"4294967296", 0),
        (syntax.COUNTER32, b"99999999999", 99999999999 % 2**32),
        (syntax.GAUGE32, b"4294967296", 2**32 - 1),
        (syntax.GAUGE32, b"-1", 0),
        (syntax.TIMETICKS, b"4294967297", 1),
        (syntax.INTEGER32, b"-2147483648", -(2**31)),
        (syntax.INTEGER32, b"-99999999999", -(2**31)),
        (syntax.INTEGER32, b"99999999999", 2**31 - 1),
        (syntax.COUNTER64, b"18446744073709551615", 2**64 - 1),
        (syntax.COUNTER64, b"18446744073709551616", 0),
    ],
)
def test_c39_numbers_outside_their_range(kind: syntax.Syntax, text: bytes, value: int):
    for cells in ([text], [b"7", text], [b"", text]):
        octets = kind.encode(cells)[-1]
        varbind, _ = wire.read_varbind(wire.varbind("1.3", kind.tag, value)[: -len(octets)] + octets, 0, ">")
        assert varbind.value == value


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (Tag.INTEGER, -(2**31)), (Tag.INTEGER, 2**31 - 1), (Tag.COUNTER32, 2**32 - 1), (Tag.GAUGE32, 2**32 - 1),
        (Tag.TIME_TICKS, 2**32 - 1), (Tag.COUNTER64, 2**64 - 1), (Tag.OPAQUE, bytes.fromhex("9f780442f60000")),
    ],
)  # fmt: skip
def test_c39_the_ends_of_each_range(tag: Tag, value: int | bytes, order: str):
    flags = Flag.NETWORK_BYTE_ORDER if order == ">" else Flag(0)
    data = encode(p.Response(varbinds=(VarBind(tag, name("1.3.6.1.4.1"), value),), flags=flags))

    assert decoded(data).varbinds[0].value == value
    assert wire.read_varbinds(data[HEADER_SIZE + 8 :], 0, order)[0].value == value


def test_c39_the_float_inside_an_opaque_survives():
    opaque = bytes.fromhex("9f7804") + struct.pack(">f", 123.0)
    data = encode(p.Response(varbinds=(VarBind(Tag.OPAQUE, name("1.3"), opaque),)))

    assert struct.unpack(">f", decoded(data).varbinds[0].value[3:]) == (123.0,)


@pytest.mark.parametrize(
    ("tag", "value"), [(Tag.INTEGER, 2**31), (Tag.GAUGE32, -1), (Tag.COUNTER64, 2**64), (99, 0)], ids=str
)
def test_c39_what_cannot_be_encoded_is_our_error(tag: int, value: int):
    with pytest.raises(LocalError):
        encode(p.Response(varbinds=(VarBind(tag, name("1.3"), value),)))


# RFC 3411: SnmpAdminString is UTF-8 of at most 255 octets, which "should" be cut on a character boundary; control codes
# are of no use to anybody's screen. Catches a name that is no UTF-8 (a manager refuses the row) and half a character.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"srv1", b"srv1"),
        ("größer".encode(), "größer".encode()),
        (b"a" * 300, b"a" * 255),
        (b"a" + "ö".encode() * 200, b"a" + "ö".encode() * 127),
        (b"a" * 253 + "€".encode(), b"a" * 253),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}".encode()),
        (b"a\x00b\x1b[31m\n", b"a?b?[31m?"),
    ],
)
def test_c40_text_is_utf_8_without_controls_cut_on_a_character(text: bytes, expected: bytes):
    for cells in ([text], [b"plain", text]):
        content, _ = wire.read_octets(syntax.TEXT.encode(cells)[-1], 0, ">")
        assert content == expected


# 7.2.2 and 6.1.1: we register in the default context only, so what a master asks in another is refused as a whole with
# unsupportedContext (our choice; all noSuchObject would be the other). Catches default data in a foreign context.
# A context of no octets is SNMPv3's own name of the default context (RFC 3411 3.3.6), and is taken as that.
@pytest.mark.parametrize("kind", [wire.GET, wire.GETNEXT, wire.GETBULK, wire.TESTSET])
@pytest.mark.parametrize("order", ["<", ">"])
def test_c41_another_context_is_unsupported(link: Link, kind: int, order: str):
    searches = wire.ranges([(GOLDEN[0].name, "", 1)], order)
    head = {wire.GETBULK: b"\0\1\0\0", wire.TESTSET: b""}.get(kind, b"")
    body = head + (wire.varbind(TABLE, wire.INTEGER, 1, order) if kind == wire.TESTSET else searches)

    answer = link.ask(kind, wire.octets(b"tenant", order) + body, flags=wire.CONTEXT, order=order)

    assert answer[1:] == (wire.UNSUPPORTED_CONTEXT, 0, [])


def test_c41_a_walk_of_the_default_context_leaves_nothing_to_another(link: Link):
    name = GOLDEN[0].name
    for _ in range(3):
        name = link.getnext((name, "")).varbinds[0].name
        payload = wire.octets(b"tenant") + wire.ranges([(name, "")])
        assert link.ask(wire.GETNEXT, payload, flags=wire.CONTEXT).error == wire.UNSUPPORTED_CONTEXT


# 6.2.1 to 6.2.16. Catches any change of the octets of any type, against hexadecimal checked with the RFC's figures.
def test_c42_all_types_are_there():
    assert set(HEX) == set(PDUS) == set(PduType) == set(LAYOUT)
    assert sorted(PduType) == list(range(1, 19))


@pytest.mark.parametrize("kind", PduType)
def test_c42_golden_octets(kind: PduType):
    assert encode(PDUS[kind]).hex() == octets_of(kind).hex()
    assert decoded(octets_of(kind)) == PDUS[kind]


# An independent implementation: pyagentx3's encoder for what it can send ...
def test_c42_pyagentx3_encodes_the_same():
    open_ = theirs(pyagentx3.AGENTX_OPEN_PDU, agent_id="agent")
    assert decoded(open_.encode()) == p.Open(timeout=5, descr=b"agent", **golden_pdus.IDS)
    assert encode(decoded(open_.encode())) == open_.encode()
    assert theirs(pyagentx3.AGENTX_PING_PDU).encode() == octets_of(PduType.PING)
    register = theirs(pyagentx3.AGENTX_REGISTER_PDU)
    register.oid = "1.3.6.1.4.1.8072.1"
    assert register.encode() == encode(p.Register(timeout=5, subtree=golden_pdus.OWN, **golden_pdus.IDS))
    notify = theirs(pyagentx3.AGENTX_NOTIFY_PDU)
    notify.values = [
        {"type": wire.TIMETICKS, "name": "1.3.6.1.2.1.1.3.0", "value": 1234},
        {"type": wire.OID, "name": "1.3.6.1.6.3.1.1.4.1.0", "value": "1.3.6.1.6.3.1.1.5.1"},
    ]
    assert notify.encode() == octets_of(PduType.NOTIFY)


# ... and its decoder for what it can receive.
@pytest.mark.parametrize("kind", [PduType.GET, PduType.GET_NEXT, PduType.TEST_SET, PduType.RESPONSE, PduType.UNDO_SET])
def test_c42_pyagentx3_decodes_the_same(kind: PduType):
    pdu = PDU()
    pdu.decode(octets_of(kind))

    assert (pdu.type, pdu.session_id, pdu.transaction_id, pdu.packet_id) == (kind, 0x11, 0x22, 0x33)
    ours = PDUS[kind]
    for search, (start, end, include) in zip(getattr(ours, "ranges", ()), getattr(pdu, "range_list", ()), strict=True):
        assert (search.start, search.include) == (name(start), bool(include))
        assert search.end == (name(end) if end else b"")
    for varbind, reported in zip(getattr(ours, "varbinds", ()), pdu.values, strict=True):
        assert (varbind.tag, varbind.name) == (reported["type"], name(reported["name"]))
        assert reported["data"] in {varbind.value, None if varbind.value is None else _unsigned(varbind.value)}


def theirs(kind: int, agent_id: str = "") -> PDU:
    pdu = PDU(kind, agent_id=agent_id)
    pdu.session_id, pdu.transaction_id, pdu.packet_id = 0x11, 0x22, 0x33
    return pdu


def _unsigned(value: object) -> object:
    """pyagentx3 reads an Integer without its sign."""
    return value % 2**32 if isinstance(value, int) and value < 0 else value


# Another one: Wireshark's dissector, which knows the header of all types, and of the bodies all but variable bindings.
@pytest.mark.system
def test_c42_tshark_reads_the_same(tmp_path: Path):
    capture = tmp_path / "golden.pcap"
    capture.write_bytes(pcap([octets_of(kind) for kind in PduType]))
    wanted = ("type", "session_id", "transaction_id", "packet_id", "payload_len", "ostring", "r.upper_bound")
    fields = [word for field in wanted for word in ("-e", f"agentx.{field}")]

    done = subprocess.run(
        ["tshark", "-n", "-r", capture, "-T", "fields", *fields], capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [[int(number, 0) for number in line[:5]] for line in lines] == [
        [kind, 0x11, 0x22, 0x33, len(octets_of(kind)) - HEADER_SIZE] for kind in PduType
    ]
    reported = {PduType(int(line[0])): (line[5], line[6]) for line in lines}
    assert reported[PduType.OPEN] == ("agent", "")
    assert reported[PduType.ADD_AGENT_CAPS] == ("caps", "")
    assert int(reported[PduType.REGISTER][1], 0) == 22


def pcap(frames: list[bytes]) -> bytes:
    """A capture of these PDUs as segments from some port to 705 (agentx)."""
    packets = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    sequence = 1
    for frame in frames:
        tcp = struct.pack(">HHIIBBHHH", 40000, 705, sequence, 1, 5 << 4, 0x18, 65535, 0, 0) + frame
        address = bytes((127, 0, 0, 1))
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, address, address) + tcp
        packets.append(struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip)
        sequence += len(frame)
    return b"".join(packets)


# 5 and 6 as a whole: what is encoded is what is decoded, for any PDU in either byte order. Catches a field that is
# written and read by two different mistakes, when compared with the golden octets above.
U32 = st.integers(0, 2**32 - 1)
NAME = st.lists(st.one_of(U32, st.integers(0, 5)), max_size=128).map(tuple)
INTERNET = st.lists(U32, max_size=20).map(lambda tail: (1, 3, 6, 1, *tail))
KEY = st.one_of(NAME, INTERNET).map(key)
TEXT = st.binary(max_size=40)
CONTENT = {
    Tag.INTEGER: st.integers(-(2**31), 2**31 - 1), Tag.OCTET_STRING: TEXT, Tag.NULL: st.none(),
    Tag.OBJECT_IDENTIFIER: KEY, Tag.IP_ADDRESS: st.binary(min_size=4, max_size=4), Tag.COUNTER32: U32,
    Tag.GAUGE32: U32, Tag.TIME_TICKS: U32, Tag.OPAQUE: TEXT, Tag.COUNTER64: st.integers(0, 2**64 - 1),
    Tag.NO_SUCH_OBJECT: st.none(), Tag.NO_SUCH_INSTANCE: st.none(), Tag.END_OF_MIB_VIEW: st.none(),
}  # fmt: skip
VARBIND = st.sampled_from(list(Tag)).flatmap(lambda tag: st.builds(VarBind, st.just(tag), KEY, CONTENT[tag]))
FIELDS = {
    "timeout": st.integers(0, 255), "reason": st.integers(0, 255), "priority": st.integers(0, 255), "id": KEY,
    "descr": TEXT, "subtree": KEY, "range_subid": st.integers(1, 255), "upper_bound": U32, "sys_up_time": U32,
    "error": st.integers(0, 65535), "index": st.integers(0, 65535), "non_repeaters": st.integers(0, 65535),
    "max_repetitions": st.integers(0, 65535), "varbinds": st.lists(VARBIND, max_size=4).map(tuple),
    "ranges": st.lists(st.builds(SearchRange, KEY, KEY, st.booleans()), max_size=4).map(tuple),
}  # fmt: skip


@st.composite
def pdus(draw: st.DrawFn) -> Pdu:
    kind, fields = LAYOUT[draw(st.sampled_from(list(PduType)))]
    values = {field.name: draw(FIELDS[field.name]) for field in fields}
    ids = {field: draw(U32) for field in golden_pdus.IDS}
    return kind(flags=draw(st.sampled_from([Flag(0), Flag.NETWORK_BYTE_ORDER])), **ids, **values)


@settings(max_examples=300)
@given(pdus())
def test_c43_decode_of_encode_is_the_same(pdu: Pdu):
    data = encode(pdu)

    assert decoded(data) == pdu
    assert len(data) % 4 == 0
    assert wire.take_frame(bytearray(data))[:5] == (
        pdu.type, pdu.flags, pdu.session_id, pdu.transaction_id, pdu.packet_id
    )  # fmt: skip


def test_c43_names_are_read_as_they_are_written():
    assert key(parse("1.3.6.1.4.1")) == struct.pack(">6I", 1, 3, 6, 1, 4, 1)
