"""The columns of a view out of the texts of a reading: each cell, sparse columns, quoted rows, old versions."""

import random
from collections.abc import Generator
from itertools import count, pairwise
from typing import TypeVar

import pytest

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import Key, following, from_key, key
from haproxy_agentx.agentx.pdu import GetBulk, SearchRange
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.view import MibView, Walk
from haproxy_agentx.haproxy.stat import Reading, RowKind, StatParser
from haproxy_agentx.health.model import Health, MemberKind, Readiness
from haproxy_agentx.health.readiness import Member
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.layout import Layout, arrange, survey
from haproxy_agentx.objects.member_objects import MemberRow
from haproxy_agentx.objects.source_objects import SourceRow
from haproxy_agentx.objects.tables import (
    STAT_TABLES,
    StatColumns,
    object_names,
    row_columns,
    scalar_columns,
)
from haproxy_agentx.vocabulary.source import SourceKind
from haproxy_agentx.vocabulary.source_record import Source
from tests.support.agent_row import agent_row
from tests.support.stat_csv import COLUMNS, VERSIONS, Row, answer, backend, frontend, listener, server
from tests.support.wire import read_varbinds

Result = TypeVar("Result")
PROCESS = 5
ROOT = schema.ROOT


def run(work: Generator[None, None, Result]) -> Result:
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def read(rows: list[Row], version: str = "2.6", previous: Reading | None = None) -> Reading:
    parser = StatParser(previous)
    parser.feed(answer(rows, VERSIONS[version]))
    return parser.finish()


def arranged(reading: Reading) -> Layout:
    numbers = {
        scope: {name: first or place for place, (name, first) in enumerate(names.items(), 1_000_001)}
        for scope, names in run(survey("p", reading.signatures, {})).items()
    }
    return run(arrange("p", reading.signatures, numbers))


def view_of(reading: Reading) -> MibView:
    layout = arranged(reading)
    kinds = [kind for kind, rows in layout.rows.items() if rows.parts]
    columns = StatColumns(ROOT, PROCESS, kinds, reading.fields)
    return MibView(columns.columns, object_names(ROOT), columns.tables(layout, reading))


def column(name: str) -> tuple[int, ...]:
    return next(schema.column_oid(table, one) for table in schema.TABLES for one in table.columns if one.name == name)


def cell(view: MibView, name: str, *index: int) -> tuple[int, bytes]:
    return view.get(key((*column(name), *index)))


def walked(view: MibView, window: int) -> list[Key]:
    """Give the names of all instances, in the order of a walk."""
    return rest_of(view.walk(view.place(b"", include=False), b""), window)


def rest_of(walk: Walk, window: int) -> list[Key]:
    """Go on to the end, and give the names of what is there."""
    names = []
    while walk.parts or walk.fill(window):
        if walk.parts:
            names += map(name_of, walk.take(len(walk.parts)).varbinds())
    return names


def name_of(varbind: bytes) -> Key:
    """Read the name in a variable binding (RFC 2741 5.1, 5.4)."""
    count, prefix = varbind[4], varbind[5]
    head = key((1, 3, 6, 1, prefix)) if prefix else b""
    return head + varbind[8 : 8 + 4 * count]


WORLD: list[Row] = [
    frontend("fe", 2, scur="3", stot="1000", rate_lim="0"),
    listener("fe", "sock-1", 2, 1, stot="999"),
    server("be", "web1", 3, 1, stot="5", status="UP 2/3", check_code="200", last_chk='so "it" is, yes'),
    server("be", "web2", 3, 2, stot="", status="DOWN", check_status="* L4TOUT"),
    backend("be", 3, stot="7"),
]


def test_cells():
    view = view_of(read(WORLD))
    assert cell(view, "haxFrontendSessionsCurrent", 5, 2) == (Tag.GAUGE32, (3).to_bytes(4, "big"))
    assert cell(view, "haxFrontendSessionsTotal", 5, 2) == (Tag.COUNTER64, (1000).to_bytes(8, "big"))
    assert cell(view, "haxServerName", 5, 3, 2) == (Tag.OCTET_STRING, b"\0\0\0\4web2")
    assert cell(view, "haxServerCheckMessage", 5, 3, 1) == (Tag.OCTET_STRING, b'\0\0\0\x0fso "it" is, yes\0')
    assert cell(view, "haxServerStatus", 5, 3, 1) == (Tag.INTEGER, b"\0\0\0\2")
    assert cell(view, "haxServerStatusStep", 5, 3, 1) == (Tag.GAUGE32, b"\0\0\0\2")
    assert cell(view, "haxServerCheckInProgress", 5, 3, 2) == (Tag.INTEGER, b"\0\0\0\1")
    assert cell(view, "haxListenerSessionsTotal", 5, 2, 1) == (Tag.COUNTER64, (999).to_bytes(8, "big"))
    assert cell(view, "haxBackendSessionsTotal", 5, 3) == (Tag.COUNTER64, (7).to_bytes(8, "big"))


# RFC 3416 4.2.1: a hole is noSuchInstance, what the module does not have is noSuchObject.
def test_holes():
    view = view_of(read(WORLD))
    assert cell(view, "haxServerSessionsTotal", 5, 3, 2) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxServerCheckCode", 5, 3, 2) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxServerName", 5, 3, 3) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxServerName", 6, 3, 1) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxServerName", 5, 3, 1, 1) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxServerName", 5, 3) == (Tag.NO_SUCH_INSTANCE, b"")
    assert view.get(key((*ROOT, 1, 9, 1, 199, 5, 3, 1))) == (Tag.NO_SUCH_OBJECT, b"")
    assert view.get(key((*schema.index_oid(schema.SERVER_TABLE), 5, 3, 1))) == (Tag.NO_SUCH_OBJECT, b"")


# F6: what a version does not have is no instance, what a newer one has is there.
@pytest.mark.parametrize("version", VERSIONS)
def test_f6_the_columns_of_a_version(version):
    rows = [row | dict.fromkeys(COLUMNS[100:], "1") for row in WORLD]
    view = view_of(read(rows, version))
    names = {from_key(name)[: len(ROOT) + 4] for name in walked(view, 64)}
    fields = set(VERSIONS[version])
    for table in STAT_TABLES.values():
        for one in table.columns:
            oid = schema.column_oid(table, one)
            if one.field not in fields:
                assert oid not in names
                assert view.get(key((*oid, 5, 3, 1)))[0] == Tag.NO_SUCH_INSTANCE
            elif one.field in COLUMNS[100:]:
                assert oid in names, one.name


def test_no_rows():
    view = view_of(read([]))
    assert view.columns == ()
    assert cell(view, "haxServerName", 5, 3, 1) == (Tag.NO_SUCH_INSTANCE, b"")


def generated(size: int, seed: int) -> list[Row]:
    """Servers with sparse cells; some rows are quoted."""
    chance = random.Random(seed)
    rows = []
    for number in range(1, size + 1):
        more = {name: str(chance.randrange(1 << 40)) for name in COLUMNS[4:16] if chance.random() < 0.5}
        if chance.random() < 0.1:
            more["last_chk"] = f"{number}, said it"
        rows.append(server(f"be{number % 3}", f"s{number}", number % 3 + 1, number, **more))
    chance.shuffle(rows)
    return rows


# Small tables are kept split and large ones are cut anew: each cell is the same whatever way it is asked for.
@pytest.mark.parametrize("size", [1, 200, 1300])
def test_every_cell_is_that_of_the_text(size):
    rows = generated(size, size)
    view = view_of(read(rows))
    expected = {
        key((*schema.column_oid(schema.SERVER_TABLE, one), PROCESS, int(row["iid"]), int(row["sid"]))): wire
        for row in rows
        for one in schema.SERVER_TABLE.columns
        if (wire := one.syntax.encode([row.get(one.field, "").encode()])[0]) is not None
    }
    for window in (64, 7):
        names = walked(view, window)
        assert names == sorted(expected)
        assert all(one < other for one, other in pairwise(names))
    chance = random.Random(1)
    for name in chance.sample(sorted(expected), min(2000, len(expected))):
        assert view.get(name)[1] == expected[name]


# All columns of a stretch of rows asked for one after the other, as a request of many columns does.
def test_stretches_in_any_order():
    rows = generated(1500, 3)
    reading = read(rows)
    view = view_of(reading)
    order = sorted(rows, key=lambda row: (int(row["iid"]), int(row["sid"])))
    chance = random.Random(2)
    for _ in range(300):
        found = chance.choice(view.columns)
        oid = from_key(found.name)
        declared = next(one for one in schema.SERVER_TABLE.columns if one.sub_id == oid[len(ROOT) + 3])
        first = chance.choice([0, 64, 128, 1024, 1500])
        last = min(first + chance.choice([1, 4, 64]), len(rows))
        texts = [row.get(declared.field, "").encode() for row in order[first:last]]
        assert list(found.cells(first, last)) == declared.syntax.encode(texts)


# Columns stay, and each view answers from the reading below it: with the same rows, and with others.
@pytest.mark.parametrize("gone", [0, 1])
def test_two_readings_do_not_mix(gone):
    first = read(WORLD)
    second = read([row | {"stot": "77"} for row in WORLD[gone:]], previous=first)
    assert second.same_rows == (not gone)
    columns = StatColumns(ROOT, PROCESS, list(STAT_TABLES), first.fields)
    before = MibView(columns.columns, (), columns.tables(arranged(first), first))
    walk = before.walk(before.place(b"", include=False), b"")
    walk.fill()
    after = before.over(columns.tables(arranged(second), second))
    assert cell(before, "haxFrontendSessionsTotal", 5, 2)[1] == (1000).to_bytes(8, "big")
    assert cell(after, "haxFrontendSessionsTotal", 5, 2)[1] == (b"" if gone else (77).to_bytes(8, "big"))
    assert cell(before, "haxServerSessionsTotal", 5, 3, 2)[0] == Tag.NO_SUCH_INSTANCE
    assert cell(after, "haxServerSessionsTotal", 5, 3, 2)[0] == Tag.COUNTER64
    assert rest_of(walk, 64) == walked(before, 64)
    assert walked(before, 64) != walked(after, 64)


# An answer that pauses goes on from the reading that it began with.
def test_a_paused_answer_is_of_one_reading():
    readings = [read([server("be", f"s{n}", 1, n, stot=text) for n in range(1, 301)]) for text in ("1", "2")]
    columns = StatColumns(ROOT, PROCESS, [RowKind.SERVER], readings[0].fields)
    tables = [columns.tables(arranged(reading), reading) for reading in readings]
    responder = Responder()
    responder.serve(MibView(columns.columns, (), tables[0]))
    name = key((*column("haxServerSessionsTotal"), PROCESS))
    answer = responder.answer(GetBulk(max_repetitions=300, ranges=[SearchRange(name, following(name))]))
    next(answer)
    responder.serve(responder.view.over(tables[1]))
    payload = run(answer)
    assert [varbind.value for varbind in read_varbinds(payload, 12, ">")] == [1] * 300


# Small tables: what is asked for is made at that moment.
def test_a_small_table():
    ages = count(1)
    nine, two = (Source(name=name, kind=SourceKind.keepalivedFifo, target="/f") for name in ("nine", "two"))
    two.last_good = 0.0
    rows = {
        (9,): lambda: SourceRow(nine, 5.0),
        (2,): lambda: SourceRow(two, next(ages) / 1000),
        (3,): lambda: None,
    }
    view = MibView(row_columns(ROOT, schema.SOURCE_TABLE, rows), object_names(ROOT))
    assert cell(view, "haxSourceName", 9) == (Tag.OCTET_STRING, b"\0\0\0\4nine")
    assert cell(view, "haxSourceReadingAge", 2)[1] == b"\0\0\0\1"
    assert cell(view, "haxSourceReadingAge", 2)[1] == b"\0\0\0\2"
    assert cell(view, "haxSourceReadingAge", 9) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxSourceReadingAge", 3) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxSourceLastError", 9) == (Tag.OCTET_STRING, b"\0\0\0\0")
    names = [from_key(name) for name in walked(view, 64)]
    assert names[:2] == [(*column("haxSourceName"), 2), (*column("haxSourceName"), 9)]


def test_a_small_table_of_two_indexes():
    rows = {
        index: lambda name=name: MemberRow(Member("p", name, MemberKind.backend, Readiness.ready), None)
        for index, name in {(2, 1): "c", (1, 300): "b", (1, 7): "a"}.items()
    }
    view = MibView(row_columns(ROOT, schema.SERVICE_MEMBER_TABLE, rows), object_names(ROOT))
    assert cell(view, "haxServiceMemberProxy", 1, 300) == (Tag.OCTET_STRING, b"\0\0\0\1b\0\0\0")
    assert cell(view, "haxServiceMemberKind", 2, 1) == (Tag.INTEGER, b"\0\0\0\2")
    assert cell(view, "haxServiceMemberProxy", 1) == (Tag.NO_SUCH_INSTANCE, b"")
    assert cell(view, "haxServiceMemberProxy", 2, 2) == (Tag.NO_SUCH_INSTANCE, b"")
    names = [from_key(name) for name in walked(view, 64)]
    assert names[3:9] == [
        (*column(name), *index)
        for name in ("haxServiceMemberProxy", "haxServiceMemberKind")
        for index in ((1, 7), (1, 300), (2, 1))
    ]


def test_a_small_table_without_rows_has_its_objects():
    view = MibView(row_columns(ROOT, schema.SOURCE_TABLE, {}), object_names(ROOT))
    assert view.columns == ()
    assert cell(view, "haxSourceName", 1) == (Tag.NO_SUCH_INSTANCE, b"")


def test_scalars():
    row = agent_row(rows=dict.fromkeys(RowKind, 12))
    view = MibView(scalar_columns(ROOT, lambda: row))
    servers = next(scalar for scalar in schema.SCALARS if scalar.name == "haxAgentServers")
    assert view.get(key((*schema.scalar_oid(servers), 0))) == (Tag.GAUGE32, b"\0\0\0\x0c")
    assert view.get(key(schema.scalar_oid(servers))) == (Tag.NO_SUCH_INSTANCE, b"")
    assert view.get(key((*schema.scalar_oid(servers), 1))) == (Tag.NO_SUCH_INSTANCE, b"")
    assert len(walked(view, 64)) == sum(scalar.value(row) is not None for scalar in schema.SCALARS)


def test_the_counts_of_services_have_the_numbers_of_their_health():
    numbers = {scalar.name: scalar.sub_id for scalar in schema.SCALARS}
    for health in Health:
        assert numbers[f"haxAgentServices{health.name[0].upper()}{health.name[1:]}"] == 40 + health
    assert list(numbers.values()) == sorted(set(numbers.values()))


# The names of objects are where the root is.
def test_another_root():
    other = (1, 3, 6, 1, 4, 1, 64512)
    names = object_names(other)
    assert names == sorted(names)
    assert all(from_key(name)[: len(other)] == other for name in names)
    assert len(names) == len(set(names)) == len(object_names(ROOT))
