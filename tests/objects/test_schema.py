"""The declaration against HAProxy: its samples, its own numbering, and the rules of SMIv2."""

import csv
import re
import socket
import struct
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyagentx3
import pytest

from haproxy_agentx.health.correlation import TrapSeen
from haproxy_agentx.health.model import Cause, Health, MemberKind, Readiness, Role
from haproxy_agentx.objects import conventions as tc
from haproxy_agentx.objects import health_conventions as htc
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.process_columns import INFO_FIELDS
from haproxy_agentx.objects.stat_fields import KINDS, STAT_FIELDS
from haproxy_agentx.objects.syntax import FLAG, TEXT
from haproxy_agentx.vocabulary.event import Delivery, Kind
from haproxy_agentx.vocabulary.source import SourceKind, SourceState
from tests.support.programs import ROOT
from tests.support.wait import eventually

SAMPLES = ROOT / "tests" / "samples" / "haproxy"
STAT_SAMPLES = sorted([*SAMPLES.rglob("*show_stat.txt"), *SAMPLES.rglob("*.csv")])
INFO_SAMPLES = sorted(SAMPLES.rglob("*show_info.txt"))
BY_KIND = {
    "F": schema.FRONTEND_TABLE,
    "B": schema.BACKEND_TABLE,
    "S": schema.SERVER_TABLE,
    "L": schema.LISTENER_TABLE,
}
BY_TYPE = dict(zip("0123", "FBSL", strict=True))
COLUMNS = [column for table in schema.TABLES for column in table.defined]
NAMED = [
    (tc.SOURCE_STATE, SourceState),
    (tc.SOURCE_KIND, SourceKind),
    (tc.STORE_STATE, tc.StoreState),
    (htc.HEALTH, Health),
    (htc.ROLE, Role),
    (htc.READINESS, Readiness),
    (htc.CAUSE, Cause),
    (htc.MEMBER_KIND, MemberKind),
    (htc.EVENT_KIND, Kind),
    (htc.DELIVERY, Delivery),
    (htc.TRAP_SEEN, TrapSeen),
]
NUMBERS = {"Counter64", "Gauge32", "Unsigned32", "Integer32 (-1..2147483647)"}


def rows(sample: Path) -> Iterator[dict[str, str]]:
    lines = sample.read_text().removeprefix("# ").splitlines()
    yield from csv.DictReader(line for line in lines if line)


def column(table: schema.Table, name: str) -> schema.Column:
    return next(column for column in table.columns if column.name == name)


def one(syntax, text: bytes):
    (wire,) = syntax.encode([text])
    return wire


# HAProxy management guide 9.1: the static fields, up to the one named '-', have a fixed order.
@pytest.mark.parametrize("sample", STAT_SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_fields_have_the_numbers_of_the_header(sample):
    header = sample.read_text().splitlines()[0].removeprefix("# ").split(",")
    static = header[: header.index("-")]
    assert [field.name for field in STAT_FIELDS][: len(static)] == static


# Every column of show stat that applies to a kind of object is there.
@pytest.mark.parametrize("sample", STAT_SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_cell_of_the_samples_has_a_column_and_a_value(sample):
    static = {field.name for field in STAT_FIELDS}
    for row in rows(sample):
        table = BY_KIND[BY_TYPE[row["type"]]]
        declared = {column.field: column for column in table.columns if column.sub_id < 200}
        for field, text in row.items():
            if field in static and text:
                assert field in declared, f"{table.name} lacks {field}"
                assert one(declared[field].syntax, text.encode()) is not None, (field, text)


@pytest.mark.parametrize("sample", INFO_SAMPLES, ids=lambda path: path.parent.name)
def test_every_line_of_show_info_has_a_column_and_a_value(sample):
    declared = {key: field for field in INFO_FIELDS for key in (field.key, *field.aliases)}
    lines = [line for line in sample.read_text().splitlines() if line]
    assert lines
    for line in lines:
        key, _, text = line.partition(": ")
        assert one(declared[key].syntax, text.encode()) is not None, line


def test_there_are_samples():
    assert len(STAT_SAMPLES) > 20
    assert len(INFO_SAMPLES) > 10


@pytest.fixture(scope="module")
def haproxy(tmp_path_factory) -> Iterator[Path]:
    """A real HAProxy with one object of each kind; gives the path of its socket."""
    folder = tmp_path_factory.mktemp("haproxy")
    path = folder / "admin.sock"
    (folder / "haproxy.cfg").write_text(
        f"""
global
    stats socket {path} level admin
    description a pair
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend fe
    bind {folder}/fe.sock name one
    option socket-stats
    default_backend be
backend be
    option httpchk
    server one 127.0.0.1:1 check agent-check agent-port 1 observe layer7 weight 10 maxconn 5 maxqueue 3 cookie x
""",
    )
    with subprocess.Popen(["haproxy", "-db", "-f", folder / "haproxy.cfg"], stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: process.poll() is not None or ask_if_there(path), within=10)
            assert process.poll() is None
            yield path
        finally:
            process.kill()


def ask_if_there(path: Path) -> bool:
    try:
        return bool(ask(path, "show info"))
    except OSError:
        return False


def ask(path: Path, command: str) -> list[str]:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(path))
        client.sendall(command.encode() + b"\n")
        with client.makefile() as answer:
            return [line for line in answer.read().splitlines() if line]


# Management guide 9.2: 'typed' tells the number, nature and type of each field.
@pytest.mark.system
def test_numbers_kinds_and_syntaxes_are_those_of_a_real_haproxy(haproxy):
    header = ask(haproxy, "show stat")[0].removeprefix("# ").split(",")
    static = header.index("-")
    kinds = Counter[str]()
    for line in ask(haproxy, "show stat typed"):
        where, tags, kind_of_value, _ = line.split(":", 3)
        kind, _, _, number, name, _ = where.split(".")
        if int(number) >= static:
            continue
        field = STAT_FIELDS[int(number)]
        assert (field.number, field.name) == (int(number), name)
        assert kind in field.kinds, f"{name} of {KINDS[kind]}"
        kinds[kind] += 1
        syntax = field.syntax_for(kind).name
        assert (syntax in NUMBERS) == (kind_of_value != "str"), (name, syntax, kind_of_value)
        if kind_of_value == "u64" and tags[1] == "C":
            assert syntax == "Counter64", name
        if kind_of_value == "s32":
            assert syntax.startswith("Integer32"), name
    assert set(kinds) == set("FBSL")


@pytest.mark.system
def test_the_numbers_of_show_info_are_those_of_a_real_haproxy(haproxy):
    lines = ask(haproxy, "show info typed")
    assert len(lines) > 60
    for line in lines:
        number, key, kind = re.match(r"(\d+)\.(.+)\.\d+:\w+:(\w+):", line).groups()
        field = INFO_FIELDS[int(number)]
        assert field.number == int(number)
        assert key in (field.key, *field.aliases)
        if kind == "u64" and key != "CurrStreams":  # a level that HAProxy 3.0 calls a counter
            assert field.syntax.tag == pyagentx3.TYPE_COUNTER64, key
        assert (kind == "str") == (field.syntax.name == "SnmpAdminString"), key


def test_field_n_is_column_ten_plus_n():
    assert [field.number for field in STAT_FIELDS] == list(range(119))
    assert [field.number for field in INFO_FIELDS] == list(range(len(INFO_FIELDS)))
    for table in BY_KIND.values():
        for column in table.columns:
            if 10 <= column.sub_id < 200:
                assert column.field == STAT_FIELDS[column.sub_id - 10].name
    names = {column.sub_id: column.name for column in schema.PROCESS_TABLE.columns}
    assert all(names[10 + field.number] == f"haxProcess{field.suffix}" for field in INFO_FIELDS)


def test_the_same_number_means_the_same_in_the_four_tables():
    meaning: dict[int, set[str]] = {}
    for table in BY_KIND.values():
        for column in table.columns:
            meaning.setdefault(column.sub_id, set()).add(column.field)
    assert all(len(fields) == 1 for fields in meaning.values())


def test_kinds_are_haproxys_letters():
    for field in STAT_FIELDS:
        assert field.kinds
        assert set(field.kinds) <= set(KINDS)
        assert len(set(field.kinds)) == len(field.kinds)
        for given in (field.suffix, field.syntax, field.description):
            if isinstance(given, dict):
                assert set(given) == set(field.kinds), field.name


# RFC 2578 3.1, 7.1.1: names start in lower case, have no hyphen; at most 32 characters are recommended.
def test_names_are_good_and_unique():
    things = (*COLUMNS, *schema.SCALARS, *schema.TABLES, *schema.NODES, *schema.NOTIFICATIONS, *schema.GROUPS)
    names = [thing.name for thing in things]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if not re.fullmatch(r"hax[A-Z][A-Za-z0-9]{0,28}", name)] == []


def test_columns_are_in_order_and_nothing_is_writable():
    for table in schema.TABLES:
        numbers = [column.sub_id for column in table.columns]
        assert numbers == sorted(set(numbers))
        assert table.index.sub_id == 1 < numbers[0]
        assert not table.shares_index or sum(table.index is other.index for other in schema.TABLES) > 1
        assert {column.access for column in table.columns} == {"read-only"}
        assert {index.access for index in table.indexes} == {"not-accessible"}
        for index in table.indexes[:-1]:
            assert any(index is other.index for other in schema.TABLES)


# RFC 2578 7.1.1 and RFC 4181 4.6.1: named numbers start at 1; RFC 2578 7.1.4: named bits at 0.
def test_named_numbers_start_at_one_and_bits_at_zero():
    """They are permanent, so there may be gaps."""
    for convention in schema.CONVENTIONS:
        if convention.labels:
            first = 0 if convention.syntax == "BITS" else 1
            numbers = list(convention.labels.values())
            assert (numbers[0], numbers) == (first, sorted(set(numbers)))
            assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", label) for label in convention.labels)


@pytest.mark.parametrize(
    ("text", "status", "step", "steps", "admin"),
    [
        (b"UP", "up", None, None, "ready"),
        (b"UP 2/3", "upGoingDown", 2, 3, "ready"),
        (b"DOWN 1/2", "downGoingUp", 1, 2, "ready"),
        (b"MAINT (via be/web1)", "maintVia", None, None, "maint"),
        (b"DRAIN", "drain", None, None, "drain"),
        (b"no check", "noCheck", None, None, "ready"),
        (b"SOMETHING NEW", "other", None, None, "other"),
    ],
)
def test_what_is_derived_from_a_servers_status(text, status, step, steps, admin):
    table = schema.SERVER_TABLE

    def number(name):
        wire = one(column(table, name).syntax, text)
        return None if wire is None else int.from_bytes(wire, "big")

    def label(name):
        labels = column(table, name).syntax.labels
        return {value: key for key, value in labels.items()}[number(name)]

    assert label("haxServerStatus") == status
    assert label("haxServerAdminState") == admin
    assert (number("haxServerStatusStep"), number("haxServerStatusSteps")) == (step, steps)
    assert one(column(table, "haxServerStatusText").syntax, text)[4:].rstrip(b"\0") == text


@pytest.mark.parametrize(("text", "value"), [(b"* L7OK", 1), (b"L7OK", 2), (b"", None)])
def test_a_check_in_progress(text, value):
    wire = one(column(schema.SERVER_TABLE, "haxServerCheckInProgress").syntax, text)
    assert (wire and int.from_bytes(wire, "big")) == value


def test_a_mode_that_is_not_known_is_other():
    labels = tc.PROXY_MODE.labels
    assert one(tc.PROXY_MODE, b"http") == struct.pack(">i", labels["http"])
    assert one(tc.PROXY_MODE, b"new\xff") == struct.pack(">i", labels["other"])


# RFC 2579: DateAndTime is 11 octets with a zone, here always UTC.
def test_date_and_time():
    assert tc.DATE_AND_TIME.value(1795373878.54).hex() == "07ea0b16" + "12393a05" + "2b0000"
    assert [tc.DATE_AND_TIME.value(date) for date in (float("nan"), float("inf"), 1e99)] == [None] * 3


# CounterBasedGauge64 of RFC 2856: memory and byte rates outgrow 32 bits.
def test_a_level_beyond_32_bits():
    assert one(tc.GAUGE64, b"12884901888") == (12884901888).to_bytes(8, "big")


def test_a_message_of_the_daemon_may_be_empty():
    assert [tc.MESSAGE.value(text) for text in ("", "no")] == [b"", b"no"]
    assert TEXT.value("") is None


def test_last_session_never():
    assert one(column(schema.SERVER_TABLE, "haxServerLastSession").syntax, b"-1") == b"\xff\xff\xff\xff"


@pytest.mark.parametrize(("syntax", "members"), NAMED, ids=lambda one: getattr(one, "name", None))
def test_states_of_the_daemon_have_the_labels_and_numbers_of_their_members(syntax, members):
    assert syntax.labels == {member.name: member.value for member in members}
    assert [syntax.pack(syntax.value(member)) for member in members] == [struct.pack(">i", each) for each in members]


def test_a_flag_is_true_or_false():
    assert FLAG.labels == {"true": 1, "false": 2}
    assert (FLAG.value(True), FLAG.value(False)) == (1, 2)


def test_names_have_their_numbers_below_the_root():
    assert schema.column_oid(schema.SERVER_TABLE, column(schema.SERVER_TABLE, "haxServerStatus")) == (
        *schema.ROOT,
        1,
        9,
        1,
        27,
    )
    assert schema.index_oid(schema.SERVER_TABLE) == (*schema.ROOT, 1, 9, 1, 1)
    assert {table.name: table.sub_id for table in schema.TABLES} == {
        "haxSourceTable": 2,
        "haxServiceTable": 3,
        "haxServiceMemberTable": 4,
        "haxVrrpTable": 5,
        "haxProcessTable": 6,
        "haxFrontendTable": 7,
        "haxBackendTable": 8,
        "haxServerTable": 9,
        "haxListenerTable": 10,
        "haxEventTable": 11,
        "haxCertificateTable": 12,
        "haxPeerTable": 13,
        "haxPairTable": 14,
        "haxPairMemberTable": 15,
    }
