"""Sizes of notifications, by encoders that are not ours: pysnmp for SNMP messages, tests/support/wire for AgentX.

RFC 3417 3.2 and RFC 3412 6: every engine takes 484 octets. snmpd sends neither a notification nor its Response to a
Notify, which repeats it, when they are longer than its sendMessageMaxSize.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v2c

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import dotted, from_key
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.health.event import Event
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.event_objects import COLUMNS
from haproxy_agentx.objects.notification_objects import OBJECTS_OF
from haproxy_agentx.objects.notification_size import COMPACT, DATAGRAM, FULL, VarbindPart, fitted, octets
from haproxy_agentx.objects.notifications import KEEPALIVED_OBJECTS, varbinds
from haproxy_agentx.store.event_text import keepalived_texts
from haproxy_agentx.vocabulary.event import Kind
from tests.support import wire
from tests.support.event_texts import drafted, texts_of
from tests.support.events import DRAFTS, event_of

LAST, LAST_TICK = 2**31 - 1, 2**32 - 1
LONG = 5000
NO_LIMIT = (1_000_000, 1_000_000)
TEXTS = ("haxEventSubject", "haxEventCauseText", "haxEventState", "haxEventPreviousState")
NAMES = ("vrrpInstanceName", "routerId")
ROW = f"{dotted(schema.ROOT)}.1.10.1.1.{LAST}.{LAST}.{LAST}"
LARGEST = {
    "haxEventSuppressed": str(2**32 - 1),
    "haxEventReasons": str(2**63 - 1),
    "haxEventKeepalivedUpTime": str(LAST_TICK),
    "haxEventSubjectRow": ROW,
    "haxEventSubjectIndex": str(LAST),
    "haxEventClears": str(LAST - 1),
}
ALARM = {"haxEventSeverity", "haxEventClears"}
IDENTITY = {
    Kind.serviceFailover: {"haxEventHealth", *ALARM},
    Kind.serviceHealthChange: {"haxEventHealth", *ALARM},
    Kind.sourceChange: {"haxEventState", *ALARM},
    Kind.backendChange: {"haxEventState", *ALARM},
    Kind.serverChange: {"haxEventState", *ALARM},
    Kind.test: {"haxEventCauseText"},
    Kind.pairChange: {"haxEventState", *ALARM},
    Kind.pairMismatch: {"haxEventState", *ALARM},
}
"""What a short form says beside the number and the subject: what raises an alarm or ends one comes first."""

SYNTAX = {
    Tag.OCTET_STRING: v2c.OctetString,
    Tag.OBJECT_IDENTIFIER: lambda value: v2c.ObjectIdentifier(from_key(value)),
    Tag.INTEGER: v2c.Integer32,
    Tag.GAUGE32: v2c.Gauge32,
    Tag.TIME_TICKS: v2c.TimeTicks,
}
WIRE = {
    Tag.OCTET_STRING: wire.OCTETS,
    Tag.OBJECT_IDENTIFIER: wire.OID,
    Tag.INTEGER: wire.INTEGER,
    Tag.GAUGE32: wire.GAUGE32,
    Tag.TIME_TICKS: wire.TIMETICKS,
}


def longest(kind: Kind, text: str = "x" * LONG) -> Event:
    """Give an event of a kind with all cells and keepalived's objects, each as long as it can be."""
    draft = DRAFTS[kind]
    cells = dict.fromkeys(TEXTS, text) | LARGEST
    cells = {
        **texts_of(draft),
        **{name: cell for name, cell in cells.items() if name in (*texts_of(draft), "haxEventSubjectRow")},
    }
    objects = keepalived_texts(draft.keepalived)
    keepalived = {name: text if name in NAMES else cell for name, cell in objects.items()}
    return Event(LAST, drafted(4_000_000_000.0, kind, cells, keepalived), tries=2)


def message(found: Sequence[VarBind], community: bytes = b"c" * 64) -> bytes:
    """Give the SNMPv2c message that a master makes of it (RFC 3416 4.2.6), by pysnmp."""
    pdu = v2c.SNMPv2TrapPDU()
    v2c.apiTrapPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, 2**31 - 1)
    v2c.apiPDU.set_varbinds(pdu, [(from_key(one.name), SYNTAX[one.tag](one.value)) for one in found])
    whole = v2c.Message()
    v2c.apiMessage.set_defaults(whole)
    v2c.apiMessage.set_community(whole, community)
    v2c.apiMessage.set_pdu(whole, pdu)
    return encoder.encode(whole)


def response(found: Sequence[VarBind]) -> bytes:
    """Give the Response to the Notify, which repeats it, as snmpd writes it."""
    body = b"".join(
        wire.varbind(
            dotted(from_key(one.name)),
            WIRE[one.tag],
            dotted(from_key(one.value)) if one.tag == Tag.OBJECT_IDENTIFIER else one.value,
        )
        for one in found
    )
    return wire.frame(wire.RESPONSE, bytes(8) + body)


def names(found: Sequence[VarBind], root: tuple[int, ...] = schema.ROOT) -> list[str]:
    by_oid = {(*root, 1, 11, 1, column.sub_id): name for name, column in COLUMNS.items()}
    by_oid |= {oid: name for name, (oid, _) in KEEPALIVED_OBJECTS.items()}
    oids = [from_key(one.name) for one in found]
    return [by_oid[oid[:-1] if oid[:-1] in by_oid else oid] for oid in oids if oid[:-1] in by_oid or oid in by_oid]


def check(found: Sequence[VarBind], budget: int) -> None:
    assert len(message(found)) <= octets(found) <= budget
    assert len(message(found)) <= DATAGRAM
    assert len(response(found)) <= octets(found)


@pytest.mark.parametrize("text", ["", "a", "x" * LONG, "ä" * LONG, "€" * LONG, "😀" * LONG, "\0" * LONG])
@pytest.mark.parametrize("kind", Kind)
def test_the_longest_of_each_kind_fits(kind, text):
    event = longest(kind, text)
    full = varbinds(event, schema.ROOT, LAST_TICK)
    check(full, FULL)
    assert set(OBJECTS_OF[kind]) <= set(names(full)), "each object of the notification is in it (RFC 2578 8.1)"
    if text:
        everything = varbinds(event, schema.ROOT, LAST_TICK, *NO_LIMIT)
        assert names(full) == names(everything), "and all others, their texts cut"
    compact = varbinds(event, schema.ROOT, LAST_TICK, COMPACT)
    check(compact, COMPACT)
    assert {"haxEventSequence", "haxEventSubject", *IDENTITY[kind]} <= set(names(compact))
    for one in (*full, *compact):
        if one.tag == Tag.OCTET_STRING and len(one.value) > 11:
            one.value.decode()  # no character is cut in two


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("budget", [*range(COMPACT, FULL, 31), FULL])
def test_each_budget_is_kept(kind, budget):
    check(varbinds(longest(kind), schema.ROOT, LAST_TICK, budget), budget)


# A root may have up to 100 sub-identifiers, of up to five octets each: then less is in it, and it fits all the same, as
# long as snmpTrapOID itself does.
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("length", [6, 7, 10, 12, 20, 30, 40, 50])
def test_any_root_fits(kind, length):
    root = (1, 3, 6, 1, 4, 1, *(LAST for _ in range(length - 6)))
    for budget in (COMPACT, FULL):
        found = varbinds(longest(kind), root, LAST_TICK, budget)
        if len(found) > 2:
            check(found, budget)
        assert len(found) > 2 or budget == COMPACT


# What is short is as it was: nothing is cut that has room.
@pytest.mark.parametrize("kind", Kind)
def test_an_everyday_notification_is_whole(kind):
    event = event_of(kind, tries=1)
    assert varbinds(event, schema.ROOT, 1) == varbinds(event, schema.ROOT, 1, *NO_LIMIT)


def test_a_name_is_cut_in_its_middle_and_a_sentence_at_its_end():
    event = longest(Kind.serverChange, "local/" + "b" * 300 + "/web1")
    event = replace(event, draft=replace(event.draft, state="DOWN"))
    found = varbinds(event, schema.ROOT, 1, 600)
    text = dict(zip(names(found), found[2:], strict=True))
    subject, cause = text["haxEventSubject"].value, text["haxEventCauseText"].value
    assert subject.startswith(b"local/bb")
    assert b"..." in subject
    assert cause.startswith(b"local/bb")
    assert cause.endswith(b"...")


_NAME = bytes.fromhex("00000001 00000003 00000006 00000001 00000004 00000001 0000270f")
_TEXT = st.text(max_size=400).map(str.encode)
_PARTS = st.lists(
    st.builds(
        lambda text, rank, least, is_name: VarbindPart(
            VarBind(Tag.OCTET_STRING, _NAME, text), rank, least, is_name=is_name
        ),
        _TEXT,
        st.integers(0, 5),
        st.one_of(st.none(), st.integers(0, 64)),
        st.booleans(),
    ),
    max_size=20,
)


@settings(max_examples=60)
@given(_PARTS, st.integers(300, 1500))
def test_what_is_fitted_fits_and_has_no_more_than_was_wanted(parts, budget):
    found = fitted([], parts, budget, DATAGRAM)
    check(found, max(budget, octets([])))
    rest = iter(parts)
    for one in found:  # in order, each a whole or a shortened one of those that may be
        part = next(part for part in rest if _may_be(part, one))
        assert part.varbind == one or part.least is not None
        one.value.decode()


def _may_be(part: VarbindPart, one: VarBind) -> bool:
    whole = part.varbind.value
    if one.value == whole:
        return True
    begin = one.value.split(b"...")[0]
    return part.least is not None and len(one.value) < len(whole) and whole.startswith(begin)
