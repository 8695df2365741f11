"""The numbers of RFC 2741 and the octets of values, compared with pyagentx3's, which shares no code with the engine."""

import re

import pyagentx3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyagentx3.pdu import PDU

from haproxy_agentx.agentx import values
from haproxy_agentx.agentx.constants import (
    HEADER_SIZE,
    CloseReason,
    ErrorStatus,
    Flag,
    PduType,
    Tag,
    label,
    meaning,
)
from haproxy_agentx.agentx.errors import LocalError
from haproxy_agentx.agentx.oid import key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.wire import encode_oid

PREFIXES = {PduType: r"AGENTX_(\w+)_PDU", Tag: r"TYPE_(\w+)", ErrorStatus: r"ERROR_(\w+)"}
NOT_OF_THE_RFC = {"AGENTX_EMPTY_PDU"}
"""A PDU type that 6.1 has not, with the number of the Open."""

FLAGS = {
    Flag.INSTANCE_REGISTRATION: pyagentx3.AX_PDU_FLAG_REG,
    Flag.NEW_INDEX: pyagentx3.AX_PDU_FLAG_NEW,
    Flag.ANY_INDEX: pyagentx3.AX_PDU_FLAG_ANY,
    Flag.NON_DEFAULT_CONTEXT: pyagentx3.AX_PDU_FLAG_CONTEXT,
    Flag.NETWORK_BYTE_ORDER: pyagentx3.AX_PDU_FLAG_BYTE_ORDER,
}


def theirs(pattern: str) -> dict[str, int]:
    """The numbers of pyagentx3 whose names match, by what is special about them."""
    numbers = {name: number for name, number in vars(pyagentx3).items() if isinstance(number, int)}
    found = ((re.fullmatch(pattern, name), number) for name, number in numbers.items())
    return {match[1]: number for match, number in found if match and match[0] not in NOT_OF_THE_RFC}


# 6.1, 5.4, 6.2.16. Catches a number that was copied wrongly, and one that is missing; tooBig(1) alone is RFC 3416's.
@pytest.mark.parametrize("enumeration", PREFIXES)
def test_the_numbers_are_those_of_pyagentx3(enumeration):
    ours = {member.name.replace("_", ""): member.value for member in enumeration}
    assert ours.pop("TOOBIG", 1) == 1
    assert ours == theirs(PREFIXES[enumeration])


def test_the_flags_are_those_of_pyagentx3():
    assert {flag: flag.value for flag in Flag} == FLAGS
    assert HEADER_SIZE == pyagentx3.AX_PDU_HDR_LEN


# 6.2.2: which pyagentx3 has not.
def test_the_reasons_of_a_close():
    assert [(label(reason), reason.value) for reason in CloseReason] == [
        ("other", 1), ("parseError", 2), ("protocolError", 3), ("timeouts", 4), ("shutdown", 5), ("byManager", 6),
    ]  # fmt: skip


def test_labels_are_written_as_in_the_rfc():
    assert label(ErrorStatus.NO_AGENTX_ERROR) == "noAgentXError"
    assert label(ErrorStatus.DUPLICATE_REGISTRATION) == "duplicateRegistration"
    assert label(Tag.END_OF_MIB_VIEW) == "endOfMibView"


def test_each_error_has_its_own_meaning():
    meanings = [meaning(error) for error in (*ErrorStatus, 4711)]
    assert len(set(meanings)) == len(meanings)
    assert all(label(error) in meaning(error) for error in ErrorStatus)


def encoded(tag: int, value: object) -> bytes:
    """A value as pyagentx3 encodes it, behind a varbind of the name 1.3."""
    return PDU().encode_value(tag, "1.3", value)[4 + len(encode_oid(key((1, 3)))) :]


U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)


# 5.4. Catches a value that another implementation reads differently.
@given(st.integers(-(2**31), 2**31 - 1), U32, U64, st.text(max_size=300))
def test_values_are_those_of_pyagentx3(signed, number, large, text):
    assert values.integer(signed) == encoded(pyagentx3.TYPE_INTEGER, signed)
    assert values.counter32(number) == encoded(pyagentx3.TYPE_COUNTER32, number)
    assert values.gauge32(number) == encoded(pyagentx3.TYPE_GAUGE32, number)
    assert values.time_ticks(number) == encoded(pyagentx3.TYPE_TIMETICKS, number)
    assert values.counter64(large) == encoded(pyagentx3.TYPE_COUNTER64, large)
    ascii_text = text.encode("ascii", "replace")
    assert values.octet_string(ascii_text) == encoded(pyagentx3.TYPE_OCTETSTRING, ascii_text.decode())
    assert values.opaque(ascii_text) == encoded(pyagentx3.TYPE_OPAQUE, ascii_text.decode())


@given(st.lists(st.integers(0, 2**32 - 1), min_size=5, max_size=20))
def test_identifiers_are_those_of_pyagentx3(parts):
    dotted = ".".join(map(str, parts))
    assert values.object_identifier(key(tuple(parts))) == encoded(pyagentx3.TYPE_OBJECTIDENTIFIER, dotted)


def test_an_address_is_that_of_pyagentx3():
    assert values.ip_address(bytes((10, 0, 2, 1))) == encoded(pyagentx3.TYPE_IPADDRESS, "\x0a\0\2\1")


@pytest.mark.parametrize(
    ("encode", "value"),
    [
        (values.integer, 2**31), (values.integer, -(2**31) - 1), (values.counter32, -1), (values.counter32, 2**32),
        (values.gauge32, 2**32), (values.time_ticks, 2**32), (values.counter64, 2**64), (values.counter64, -1),
        (values.ip_address, b"abc"), (values.ip_address, b"abcde"), (values.octet_string, bytes(0x10000)),
        (values.opaque, bytes(0x10000)), (values.object_identifier, bytes(4 * 129)),
    ],
)  # fmt: skip
def test_what_a_type_cannot_carry_is_our_error(encode, value):
    with pytest.raises(LocalError):
        encode(value)


@pytest.mark.parametrize("tag", Tag)
def test_each_type_is_read_as_it_is_written(tag):
    value = {Tag.OCTET_STRING: b"x", Tag.OPAQUE: b"x", Tag.IP_ADDRESS: b"abcd", Tag.OBJECT_IDENTIFIER: key((1, 3, 7))}
    without = {Tag.NULL, Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE, Tag.END_OF_MIB_VIEW}
    content = None if tag in without else value.get(tag, 7)
    assert values.read_value(values.Reader(values.encode_value(tag, content), ">"), tag) == content
    assert VarBind(tag, key((1, 3)), content).value == content
