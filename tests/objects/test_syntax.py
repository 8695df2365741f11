"""Texts of HAProxy as values on the wire (RFC 2741 5.3, 5.4; C38 to C40)."""

import struct
from enum import IntFlag
from typing import Any

import pyagentx3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.objects.syntax import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER32,
    ROW_POINTER,
    TEXT,
    TEXT_LIMIT,
    TIMESTAMP,
    TIMETICKS,
    TRUTH,
    UNSIGNED32,
    Syntax,
    bits,
    derived,
    enumeration,
    of_text,
)

NUMBERS = {
    syntax.name: syntax for syntax in (COUNTER32, COUNTER64, GAUGE32, UNSIGNED32, INTEGER32, TIMETICKS, TIMESTAMP)
}
SIZES = {name: 64 if name == "Counter64" else 32 for name in NUMBERS}


def one(syntax: Syntax, text: bytes) -> bytes | None:
    (wire,) = syntax.encode([text])
    return wire


def number(syntax: Syntax, text: bytes) -> int | None:
    wire = one(syntax, text)
    assert wire is None or len(wire) == SIZES[syntax.name] // 8
    return None if wire is None else int.from_bytes(wire, "big", signed=syntax is INTEGER32)


def text_of(wire: bytes | None) -> bytes:
    """Read an Octet String as 5.3 says, and see to it that it is well formed."""
    assert wire is not None
    (length,) = struct.unpack(">I", wire[:4])
    assert len(wire) % 4 == 0
    assert len(wire) - 4 - length < 4
    assert not any(wire[4 + length :])
    return wire[4 : 4 + length]


# RFC 2741 5.4: the type of each value.
def test_tags():
    assert {name: syntax.tag for name, syntax in NUMBERS.items()} == {
        "Counter32": pyagentx3.TYPE_COUNTER32,
        "Counter64": pyagentx3.TYPE_COUNTER64,
        "Gauge32": pyagentx3.TYPE_GAUGE32,
        "Unsigned32": pyagentx3.TYPE_GAUGE32,
        "Integer32": pyagentx3.TYPE_INTEGER,
        "TimeTicks": pyagentx3.TYPE_TIMETICKS,
        "TimeStamp": pyagentx3.TYPE_TIMETICKS,
    }
    assert TEXT.tag == pyagentx3.TYPE_OCTETSTRING
    assert TRUTH.tag == pyagentx3.TYPE_INTEGER


# Management guide 9.1: an empty cell does not apply, which is not 0.
@pytest.mark.parametrize("syntax", [*NUMBERS.values(), TEXT, TRUTH], ids=lambda syntax: syntax.name)
def test_an_empty_cell_is_no_instance(syntax):
    assert syntax.encode([]) == []
    assert syntax.encode([b"", b""]) == [None, None]
    values = syntax.encode([b"1", b"", b"1"])
    assert values[1] is None
    assert values[0] == values[2] is not None


@pytest.mark.parametrize("syntax", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize(
    "text", [b"x", b"1x", b"x1", b" 1", b"1 ", b"1.5", b"-", b"--1", b"0x1", b"\xb2", b"1_000", b"+1", b"9" * 4301]
)
def test_what_is_no_number_is_no_instance(syntax, text):
    assert syntax.encode([b"7", text, b"8"]) == [*syntax.encode([b"7"]), None, *syntax.encode([b"8"])]


# A text of thousands of digits: int() refuses it, which must not end the daemon.
def test_a_number_without_end_is_no_instance():
    for syntax in NUMBERS.values():
        assert syntax.encode([b"1" * 5000, b"1"])[0] is None


# C39: counters wrap, levels are clamped, nothing raises.
@pytest.mark.parametrize("name", ["Counter32", "Counter64", "TimeTicks", "TimeStamp"])
def test_39_counters_wrap(name):
    syntax, modulus = NUMBERS[name], 1 << SIZES[name]
    assert number(syntax, b"%d" % (modulus - 1)) == modulus - 1
    assert number(syntax, b"%d" % modulus) == 0
    assert number(syntax, b"%d" % (modulus + 41)) == 41
    assert number(syntax, b"-1") == 0
    assert number(syntax, b"9" * 40) == int("9" * 40) % modulus


@pytest.mark.parametrize("name", ["Gauge32", "Unsigned32"])
def test_39_levels_are_clamped(name):
    syntax = NUMBERS[name]
    assert number(syntax, b"4294967295") == number(syntax, b"4294967296") == number(syntax, b"9" * 40) == 0xFFFFFFFF
    assert number(syntax, b"-5") == 0


# RFC 3416 2.5.1: Integer32 is signed.
def test_39_signed():
    assert [number(INTEGER32, text) for text in (b"-1", b"-2147483648", b"-9999999999", b"2147483648")] == [
        -1,
        -(1 << 31),
        -(1 << 31),
        (1 << 31) - 1,
    ]


def model(name: str, value: int) -> int:
    if name in ("Gauge32", "Unsigned32"):
        return max(0, min(value, (1 << 32) - 1))
    if name == "Integer32":
        return max(-(1 << 31), min(value, (1 << 31) - 1))
    return max(0, value) % (1 << SIZES[name])


# The vector as a whole gives what its texts give one by one, whether all are plain or not.
@given(st.sampled_from(sorted(NUMBERS)), st.lists(st.one_of(st.none(), st.integers(-(10**19), 10**19 * 9)), max_size=9))
def test_numbers_against_a_model(name, values):
    syntax = NUMBERS[name]
    texts = [b"" if value is None else b"%d" % value for value in values]
    wires = syntax.encode(texts)
    assert wires == [one(syntax, text) for text in texts]
    for value, wire in zip(values, wires, strict=True):
        expected = None if value is None else model(name, value)
        assert expected == (None if wire is None else int.from_bytes(wire, "big", signed=name == "Integer32"))


# C40: SnmpAdminString is UTF-8 without control characters, at most 255 octets, cut between characters.


# C38: padding to a multiple of four.
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 254, 255])
def test_38_lengths_and_padding(length):
    text = b"x" * length
    assert text_of(one(TEXT, text)) == text


def test_40_a_text_of_256_octets_is_cut():
    assert text_of(one(TEXT, b"x" * 256)) == b"x" * 255


@pytest.mark.parametrize("character", ["\u00e9", "\u20ac", "\U0001f600"])
@pytest.mark.parametrize("before", range(4))
def test_40_cut_between_characters(character, before):
    text = b"x" * before + character.encode() * 200
    cut = text_of(one(TEXT, text))
    assert text.startswith(cut)
    assert set(cut.decode()) <= {"x", character}
    assert TEXT_LIMIT - len(character.encode()) < len(cut) <= TEXT_LIMIT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"a\nb", b"a?b"),
        (b"a\x1b[2Jb", b"a?[2Jb"),
        (b"a\0b", b"a?b"),
        (b"\x7f", b"?"),
        (b"\xc3\xa9t\xc3\xa9", "\u00e9t\u00e9".encode()),
        (b"\xff\xfe", b"??"),
        ("\u202eevil".encode(), b"?evil"),
        ("\u2028".encode(), b"?"),
    ],
)
def test_40_what_is_not_printable_is_a_question_mark(text, shown):
    found = text_of(one(TEXT, text))
    assert found.replace("\ufffd".encode(), b"?") == shown


@given(st.lists(st.binary(max_size=600), max_size=8))
def test_40_any_octets_give_a_good_string(texts):
    wires = TEXT.encode(texts)
    assert wires == [one(TEXT, text) for text in texts]
    for text, wire in zip(texts, wires, strict=True):
        assert (wire is None) == (text == b"")
        if wire is not None:
            shown = text_of(wire)
            assert len(shown) <= TEXT_LIMIT
            assert all(character.isprintable() for character in shown.decode())


@given(st.lists(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=TEXT_LIMIT)))
def test_40_plain_text_is_left_alone(texts):
    for text, wire in zip(texts, TEXT.encode([text.encode() for text in texts]), strict=True):
        assert (text_of(wire).decode() if wire else "") == text


# Enumerations.
LIGHT = enumeration("Light", {"red": 1, "green": 2}, {b"red": 1, b"green": 2}.get)


def test_an_enumeration():
    assert LIGHT.labels == {"red": 1, "green": 2}
    assert LIGHT.tag == pyagentx3.TYPE_INTEGER
    assert LIGHT.encode([b"green", b"", b"blue", b"red"]) == [b"\0\0\0\2", None, None, b"\0\0\0\1"]


def test_an_enumeration_never_classifies_an_empty_cell():
    asked = []
    syntax = enumeration("Any", {"any": 1}, lambda text: asked.append(text) or 1)
    assert syntax.encode([b"", b"x"]) == [None, b"\0\0\0\1"]
    assert asked == [b"x"]


# RFC 2579: TruthValue is true(1), false(2); HAProxy writes 1 and 0.
def test_truth():
    assert TRUTH.encode([b"1", b"0", b"2", b""]) == [b"\0\0\0\1", b"\0\0\0\2", None, None]


def test_a_derived_syntax():
    half = derived(GAUGE32, lambda text: text.partition(b"/")[2])
    assert half.encode([b"2/3", b"UP", b""]) == [b"\0\0\0\3", None, None]
    assert (half.name, half.tag) == (GAUGE32.name, GAUGE32.tag)


# RFC 3416 2.5: all named bits, the first one as the highest bit of the first octet, what is left over is zero.
Signs = IntFlag("Signs", {name: 1 << number for number, name in enumerate("abcdefghij")})
SIGNS = bits("Signs", Signs)


def wire(syntax: Syntax[Any], value: object) -> bytes | None:
    """Return a value as it travels."""
    found = syntax.value(value)
    return None if found is None else syntax.pack(found)


@pytest.mark.parametrize(
    ("mask", "octets"),
    [
        (0, b"\0\0"),
        (1, b"\x80\0"),
        (2, b"\x40\0"),
        (128, b"\x01\0"),
        (256, b"\0\x80"),
        (512, b"\0\x40"),
        (1023, b"\xff\xc0"),
        (1024, b"\0\0"),
        (2**64 - 1, b"\xff\xc0"),
    ],
)
def test_bits(mask, octets):
    assert SIGNS.tag == pyagentx3.TYPE_OCTETSTRING
    assert text_of(wire(SIGNS, Signs(mask))) == octets


@given(st.sets(st.integers(0, 9)))
def test_bits_against_a_model(chosen):
    found = text_of(wire(SIGNS, Signs(sum(1 << number for number in chosen))))
    assert {number for number in range(16) if found[number // 8] & 0x80 >> number % 8} == chosen


# RFC 2741 5.1, 5.4: an identifier, compressed where it can be.
def test_a_row_pointer():
    assert ROW_POINTER.tag == pyagentx3.TYPE_OBJECTIDENTIFIER
    assert wire(ROW_POINTER, (1, 3, 6, 1, 4, 1, 9586)) == bytes.fromhex("02040000 00000001 00002572")
    assert wire(ROW_POINTER, (0, 0)) == bytes.fromhex("02000000 00000000 00000000")


# A number of the daemon is brought into the range of its syntax as one of HAProxy is.
@given(st.sampled_from(sorted(NUMBERS)), st.integers(-(10**19), 10**19 * 9))
def test_a_value_and_its_text_are_the_same(name, value):
    assert wire(NUMBERS[name], value) == one(NUMBERS[name], b"%d" % value)


@given(st.text(max_size=400))
def test_a_text_of_the_daemon_is_one_of_haproxy(text):
    assert wire(TEXT, text) == one(TEXT, text.encode(errors="replace"))


@pytest.mark.parametrize("syntax", [*NUMBERS.values(), TEXT, TRUTH], ids=lambda syntax: syntax.name)
@given(text=st.one_of(st.integers(-(2**70), 2**70).map(str), st.text(max_size=300), st.sampled_from(["", "0", "1"])))
def test_a_record_may_hold_a_text_of_haproxy(syntax, text):
    assert wire(of_text(syntax), text) == one(syntax, text.encode(errors="replace"))
