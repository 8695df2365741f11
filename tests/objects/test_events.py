"""haxEventTable and the notifications: a notification is the row of its event (RFC 2578 8.1, RFC 2741 6.2.10)."""

import re
from dataclasses import replace

import pytest

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import dotted, from_key, key, parse
from haproxy_agentx.agentx.pdu import SNMP_TRAP_OID, SYS_UP_TIME, VarBind
from haproxy_agentx.agentx.view import MibView
from haproxy_agentx.health.event import Event
from haproxy_agentx.objects import notifications, schema
from haproxy_agentx.objects.event_objects import EventRowMaker
from haproxy_agentx.objects.tables import object_names, row_columns
from haproxy_agentx.objects.vrrp_objects import keepalived_row
from haproxy_agentx.vocabulary.event import Delivery, Kind
from tests.support import mibs, wire
from tests.support.cells import cells as cells_of
from tests.support.event_texts import drafted, texts_of
from tests.support.events import AT, DRAFTS, REASONS, event_of

ROOT = schema.ROOT
OF_KIND = {Kind(one.sub_id): one for one in schema.NOTIFICATIONS}
NAMES = {schema.column_oid(schema.EVENT_TABLE, one): one.name for one in schema.EVENT_TABLE.columns}
KEEPALIVED = {
    "1.3.6.1.4.1.9586.100.5.2.3.1.2": (Tag.OCTET_STRING, b"SITE1"),
    "1.3.6.1.4.1.9586.100.5.2.3.1.4": (Tag.INTEGER, 2),
    "1.3.6.1.4.1.9586.100.5.2.3.1.5": (Tag.INTEGER, 1),
    "1.3.6.1.4.1.9586.100.5.1.2.0": (Tag.OCTET_STRING, b"lb1"),
}
"""As keepalived's own vrrpInstanceStateChange has them, in its order (the samples)."""

NO_LIMIT = {"budget": 10**6, "datagram": 10**6}

every_kind = pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)


def view_of(*events: Event) -> MibView:
    rows = {(event.sequence,): EventRowMaker(event, lambda: 0.0) for event in events}
    return MibView(row_columns(ROOT, schema.EVENT_TABLE, rows), object_names(ROOT))


def cells(event: Event, now: float = 0.0) -> dict[str, str]:
    return cells_of(schema.EVENT_TABLE, EventRowMaker(event, lambda: now)())


def reported(event: Event) -> list[VarBind]:
    return notifications.varbinds(event, ROOT, **NO_LIMIT)


def of_the_row(varbinds: list[VarBind]) -> list[VarBind]:
    return [one for one in varbinds if from_key(one.name)[:-1] in NAMES]


def bare(kind: Kind) -> Event:
    """Give an event that knows nothing."""
    return Event(9, drafted(AT, kind, {}))


def garbage(kind: Kind) -> Event:
    """Give an event as another version may have left it."""
    texts = dict.fromkeys(NAMES.values(), "x�") | {"haxEventFromTheFuture": "1"}
    return Event(9, drafted(AT, kind, texts, {"vrrpInstanceState": "x", "vrrpInstanceName": "", "other": "y"}))


MADE = (event_of, bare, garbage)


def test_each_kind_has_a_notification_of_its_number():
    assert set(OF_KIND) == set(Kind)
    assert all(one.name == f"hax{kind.name[0].upper()}{kind.name[1:]}" for kind, one in OF_KIND.items())


# RFC 2578 8.1: the objects of the OBJECTS clause, one instance of each, in their order; others may follow.
@every_kind
@pytest.mark.parametrize("made", MADE)
def test_each_object_is_there_in_order_and_its_instance_exists(kind, made):
    event = made(kind)
    varbinds = of_the_row(reported(event))
    names = [NAMES[from_key(one.name)[:-1]] for one in varbinds]
    assert tuple(names[: len(OF_KIND[kind].objects)]) == OF_KIND[kind].objects
    assert len(set(names)) == len(names)
    assert {from_key(one.name)[-1] for one in varbinds} == {event.sequence}
    view = view_of(event)
    for one in varbinds:
        data = wire.value(one.tag, dotted(from_key(one.value)) if one.tag == Tag.OBJECT_IDENTIFIER else one.value)
        assert view.get(one.name) == (one.tag, data), NAMES[from_key(one.name)[:-1]]


@every_kind
@pytest.mark.parametrize("made", MADE)
def test_snmp_trap_oid_is_first_or_follows_sys_up_time(kind, made):
    event = made(kind)
    name = (*ROOT, 0, kind.value)
    trap = VarBind(Tag.OBJECT_IDENTIFIER, key(SNMP_TRAP_OID), key(name))
    assert reported(event)[0] == trap
    with_time = notifications.varbinds(event, ROOT, 2**32 + 5, **NO_LIMIT)
    assert with_time == [VarBind(Tag.TIME_TICKS, key(SYS_UP_TIME), 5), *reported(event)]
    other = parse("1.3.6.1.4.1.64512.1")
    assert notifications.varbinds(event, other)[0].value == key((*other, 0, kind.value))
    moved = [from_key(one.name)[: len(other)] for one in notifications.varbinds(event, other, **NO_LIMIT)[1:]]
    assert moved.count(other) == len(of_the_row(reported(event)))


# net-snmp 5.9: snmpd logs two lines for each Counter64 in a notification; and an SNMPv1 sink would lose it.
def test_no_counter64_in_any_notification():
    for made in MADE:
        for kind in Kind:
            assert Tag.COUNTER64 not in {one.tag for one in reported(made(kind))}
    assert Tag.COUNTER64 not in {column.syntax.tag for column in schema.EVENT_TABLE.columns}


def test_a_failover_carries_what_keepalived_told():
    varbinds = reported(event_of(Kind.serviceFailover))
    last = varbinds[-4:]
    assert {dotted(from_key(one.name)): (one.tag, one.value) for one in last} == KEEPALIVED
    assert [dotted(from_key(one.name)) for one in last] == list(KEEPALIVED)
    by_name = {NAMES[from_key(one.name)[:-1]]: one.value for one in of_the_row(varbinds)}
    assert by_name["haxEventKeepalivedTrap"] == 1
    assert by_name["haxEventKeepalivedUpTime"] == 924342


@pytest.mark.parametrize(("text", "number"), [("init", 0), ("0", 0), ("shutdown", 5), ("deleted", 6), ("5", 5)])
def test_keepalived_states_by_label_or_number(text, number):
    event = Event(1, drafted(AT, Kind.serviceFailover, {}, {"vrrpInstanceState": text}))
    assert reported(event)[-1] == VarBind(Tag.INTEGER, key(parse(list(KEEPALIVED)[1])), number)


# What another version left behind, or what is not known, is neither told nor in the way.
@pytest.mark.parametrize("made", [bare, garbage])
def test_what_is_not_known_is_said_to_be_so(made):
    for kind in Kind:
        by_name = {NAMES[from_key(one.name)[:-1]]: one.value for one in of_the_row(reported(made(kind)))}
        assert by_name.get("haxEventHealth", 8) == 8
        assert by_name.get("haxEventReasons", bytes(3)) == bytes(3)
        assert by_name.get("haxEventRole", 6) == by_name.get("haxEventPreviousRole", 6) == 6
        assert not [one for one in reported(made(kind)) if from_key(one.name)[:7] == (1, 3, 6, 1, 4, 1, 9586)]


def test_the_cells_of_the_log():
    event = event_of(Kind.test, 12)
    assert cells(event)["haxEventSequence"] == "12"
    assert cells(event)["haxEventKind"] == "test"
    assert cells(event)["haxEventDelivery"] == "queued"
    assert [cells(replace(event, tries=tries))["haxEventMaybeRepeated"] for tries in (0, 1, 2)] == [
        "false",
        "false",
        "true",
    ]
    assert "haxEventAcknowledgedTime" not in cells(event)
    done = replace(event, delivery=Delivery.acknowledged, acknowledged_at=AT + 60)
    assert cells(done)["haxEventAcknowledgedTime"] == "1795373938.5"
    view = view_of(event, replace(done, sequence=13))
    delivery, at = (next(oid for oid, name in NAMES.items() if name.endswith(end)) for end in ("Delivery", "gedTime"))
    assert view.get(key((*delivery, 12))) == (Tag.INTEGER, b"\0\0\0\1")
    assert view.get(key((*delivery, 13))) == (Tag.INTEGER, b"\0\0\0\3")
    assert view.get(key((*at, 12))) == (Tag.NO_SUCH_INSTANCE, b"")
    assert view.get(key((*at, 13)))[1].hex() == "0000000b" + "07ea0b16" + "123a3a05" + "2b0000" + "00"


# What follows a notification is no part of it.
@every_kind
def test_what_is_of_the_log_only_is_not_told(kind):
    done = event_of(kind, delivery=Delivery.acknowledged, acknowledged_at=AT)
    names = {NAMES[from_key(one.name)[:-1]] for one in of_the_row(reported(done))}
    assert not names & {"haxEventDelivery", "haxEventAcknowledgedTime", "haxEventKind"}


def test_a_row_is_made_once():
    made = EventRowMaker(bare(Kind.serviceFailover), lambda: 0.0)
    assert made() is made()


def test_an_age_is_that_of_the_moment_it_is_asked_for():
    now = 1000.0
    made = EventRowMaker(event_of(Kind.test, moment=990.0), lambda: now)
    assert made().age == 10
    now = 1060.9
    assert made().age == 70
    now = 980.0
    assert made().age == 0
    assert cells(event_of(Kind.test, moment=1.0)).keys() == {*cells(event_of(Kind.test)), "haxEventAge"}


@every_kind
def test_an_age_is_no_varbind(kind):
    names = {NAMES[from_key(one.name)[:-1]] for one in of_the_row(reported(event_of(kind, moment=1.0)))}
    assert "haxEventAge" not in names


@every_kind
def test_reasons_are_the_same_as_bits_number_and_text(kind):
    found = cells(event_of(kind))
    has = kind in (Kind.serviceFailover, Kind.serviceHealthChange)
    assert found.get("haxEventReasonMask") == ("4098" if has else None)
    assert found.get("haxEventReasonText") == ("haproxyUnresponsive, roleStale" if has else None)


# net-snmp's parser, with our module and keepalived's own: the names, and the names of the numbers, are those meant.
@every_kind
@pytest.mark.system
def test_snmptranslate_names_every_varbind(kind):
    varbinds = notifications.varbinds(event_of(kind), ROOT, 5)
    numbers = [dotted(from_key(one.name)) for one in varbinds] + [dotted((*ROOT, 0, kind.value))]
    modules = ("-m", "HAPROXY-AGENTX-MIB:KEEPALIVED-MIB:SNMPv2-MIB")
    names = mibs.translated(mibs.MODULE, *modules, "-OS", *numbers).split()
    assert names[:2] == ["SNMPv2-MIB::sysUpTime.0", "SNMPv2-MIB::snmpTrapOID.0"]
    assert names[-1] == f"HAPROXY-AGENTX-MIB::{OF_KIND[kind].name}"
    objects = [f"HAPROXY-AGENTX-MIB::{name}.7" for name in OF_KIND[kind].objects]
    assert names[2 : 2 + len(objects)] == objects
    if kind is Kind.serviceFailover:
        keepalived = ("vrrpInstanceName", "vrrpInstanceState", "vrrpInstanceInitialState", "routerId.0")
        assert names[-5:-1] == [f"KEEPALIVED-MIB::{name}" for name in keepalived]


@pytest.mark.system
def test_the_states_of_keepalived_are_those_of_its_mib():
    said = mibs.translated(mibs.NET_SNMP / "KEEPALIVED-MIB.txt", "-Td", "KEEPALIVED-MIB::vrrpInstanceState")
    labels = dict(re.findall(r"(\w+)\((\d+)\)", said.partition("{")[2].partition("}")[0]))
    _, column = notifications.KEEPALIVED_OBJECTS["vrrpInstanceState"]
    assert {label: str(number) for label, number in (column.syntax.labels or {}).items()} == labels


# RFC 2579 RowPointer: the first accessible column of a row.
def test_pointers_to_rows():
    for kind, table, index in (
        (Kind.serverChange, schema.SERVER_TABLE, (1, 3, 1)),
        (Kind.serviceFailover, schema.SERVICE_TABLE, (1,)),
    ):
        assert dotted(schema.row_pointer(table, index)) == texts_of(DRAFTS[kind])["haxEventSubjectRow"]
    assert dotted(keepalived_row(3)) == "1.3.6.1.4.1.9586.100.5.2.3.1.2.3"


def test_reasons_are_bits_of_the_mib():
    event = event_of(Kind.serviceFailover)
    value = next(one.value for one in reported(event) if NAMES.get(from_key(one.name)[:-1]) == "haxEventReasons")
    assert int(REASONS) == 1 << 1 | 1 << 12
    assert value == bytes((0b01000000, 0b00001000, 0))
