"""StatParser: answers whole, in pieces, torn, damaged, and of other versions (F4-F7, F10)."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.records import split_row
from haproxy_agentx.haproxy.stat import MAX_BAD, MAX_LINE, Reading, RowKind, StatParser, identity
from haproxy_agentx.vocabulary.source import Invalid
from tests.support.programs import ROOT
from tests.support.stat_csv import COLUMNS, VERSIONS, answer, backend, frontend, header, line, listener, server

SAMPLES = sorted((ROOT / "tests" / "samples" / "haproxy").rglob("*show_stat.txt"))
PAGES = sorted((ROOT / "tests" / "samples" / "haproxy").rglob("http.csv"))
ROWS = [
    frontend("fe", 2),
    listener("fe", "sock-1", 2, 1),
    server("be", "one", 3, 1, last_chk='he said "no, never"'),
    server("be", "two", 3, 2),
    backend("be", 3),
]
WHOLE = answer(ROWS)


def read(data: bytes, previous: Reading | None = None, size: int = 32768, **options: object) -> Reading:
    parser = StatParser(previous, **options)
    for start in range(0, len(data), size):
        parser.feed(data[start : start + size])
    return parser.finish()


def cells(reading: Reading, field: str) -> list[bytes]:
    return [split_row(text)[reading.fields[field]] for text in reading.lines]


def model(data: bytes) -> list[dict[str, str]]:
    text = data.decode("latin-1").removeprefix("# ").splitlines()
    return list(csv.DictReader(row for row in text if row))


# Management guide 9.1: the answer is what the csv module of the standard library reads in it.
@pytest.mark.parametrize("sample", [*SAMPLES, *PAGES], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sample(sample: Path):
    data = sample.read_bytes()
    reading = read(data, ends_empty=sample.suffix == ".txt")
    rows = model(data)
    assert reading.bad_rows == 0
    assert len(rows) == len(reading.lines) == len(reading.signatures) == 23
    for field in [name for name in rows[0] if name not in ("", "-")]:
        assert cells(reading, field) == [row[field].encode() for row in rows]


@st.composite
def cut(draw: st.DrawFn, whole: bytes) -> list[bytes]:
    at = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=30)))
    return [whole[first:last] for first, last in zip([0, *at], [*at, len(whole)], strict=True)]


# C44's rule for this stream: however it is cut, the outcome is the same.
@given(cut(WHOLE))
def test_any_chunking_gives_the_same_reading(pieces):
    parser = StatParser()
    for piece in pieces:
        parser.feed(piece)
    assert parser.finish() == read(WHOLE)


def test_byte_by_byte():
    assert read(WHOLE, size=1) == read(WHOLE)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=20), st.integers(1, 500))
def test_any_names_and_texts(names, size):
    rows = [server(proxy, name, 1, 1, last_chk=name + proxy) for proxy, name in names]
    reading = read(answer(rows), size=size)
    assert cells(reading, "last_chk") == [row["last_chk"].encode() for row in rows]
    assert [identity(signature)[:2] for signature in reading.signatures] == [
        [proxy.encode(), name.encode()] for proxy, name in names
    ]


# Whatever comes: a Reading or Invalid, and nothing else.
@given(st.lists(st.one_of(st.binary(max_size=200), st.sampled_from([header(COLUMNS), b"\n", b'"', WHOLE[:999]]))))
def test_garbage_is_invalid_and_nothing_else(pieces):
    parser = StatParser()
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
    except Invalid:
        pass


# F4: EOF anywhere, inside a line or between two, refuses the whole.
@pytest.mark.parametrize("size", [32768, 100])
def test_f4_torn_anywhere(size):
    for length in range(len(WHOLE)):
        with pytest.raises(Invalid):
            read(WHOLE[:length], size=size)
    assert read(WHOLE, size=size).bad_rows == 0


def test_f4_a_torn_answer_says_where():
    with pytest.raises(Invalid, match="torn after 2 rows"):
        read(b"".join(WHOLE.splitlines(keepends=True)[:3]))


@pytest.mark.parametrize("more", [b"x", b"\n", WHOLE, line(ROWS[0], VERSIONS["2.6"])])
@pytest.mark.parametrize("size", [32768, 7])
def test_f4_what_follows_the_end_refuses_the_whole(more, size):
    with pytest.raises(Invalid):
        read(WHOLE + more, size=size)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\n\n", b"<html>\n", b"Unknown command.\n\n", b"HTTP/1.1 503 No\r\n\r\n", b"# a,b\n\n", b"\0\0\n"],
)
def test_what_is_no_statistics(data):
    with pytest.raises(Invalid):
        read(data)


def test_a_header_that_lacks_what_is_needed_is_named():
    with pytest.raises(Invalid, match="no column type"):
        read(answer([], [name for name in COLUMNS if name != "type"]))


def test_no_rows_at_all():
    assert read(answer([])).lines == []


# F5: a bad row is left out and counted, the good ones stay.
GOOD = [line(row, VERSIONS["2.6"]) for row in ROWS]
BAD = {
    "too few fields": GOOD[3].replace(b",,", b",", 1),
    "too many fields": GOOD[3].replace(b",,", b",,,", 1),
    "missing comma at the end": GOOD[3].removesuffix(b",\n") + b"\n",
    "half a row": GOOD[3][:40] + b"\n",
    "a NUL": GOOD[3].replace(b"two", b"t\0o"),
    "control characters": GOOD[3].replace(b"two", b"t\x1b[2Jo"),
    "a carriage return": GOOD[3].replace(b"\n", b"\r\n"),
    "binary": bytes(range(1, 10)) + bytes(range(11, 256)) + b"\n",
    "an open quote": GOOD[3].replace(b"two", b'"two'),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize("place", range(len(GOOD) + 1))
@pytest.mark.parametrize("size", [32768, 64])
def test_f5_a_bad_row_is_counted_and_the_good_ones_stay(bad, place, size):
    damaged = header(VERSIONS["2.6"]) + b"".join([*GOOD[:place], bad, *GOOD[place:]]) + b"\n"
    reading = read(damaged, size=size)
    assert reading.bad_rows == 1
    assert (reading.lines, reading.signatures) == (read(WHOLE).lines, read(WHOLE).signatures)


def test_f5_a_bad_row_changes_nothing_for_the_reading_after_it():
    before = read(WHOLE)
    damaged = header(VERSIONS["2.6"]) + b"".join([*GOOD[:2], b"x,y,z\n", *GOOD[2:]]) + b"\n"
    assert read(damaged, before).same_rows
    assert list(read(damaged, before).changed) == []


# High octets are text: HAProxy's descriptions come from configurations and checks.
def test_f5_octets_above_127_are_no_damage():
    row = GOOD[3].replace(b"two", b"t\xff\xe9o")
    reading = read(header(VERSIONS["2.6"]) + row + b"\n")
    assert (cells(reading, "svname"), reading.bad_rows) == ([b"t\xff\xe9o"], 0)


# F5: another order of the columns, as a proxy or a patched HAProxy gives it.
@given(st.permutations(COLUMNS[2:]))
def test_f5_another_column_order(order):
    columns = [*COLUMNS[:2], *order]
    reading = read(answer(ROWS, columns))
    assert reading.signatures == read(WHOLE).signatures
    for field in columns:
        assert cells(reading, field) == [row.get(field, "").encode() for row in ROWS]


# F6: the column sets of HAProxy's versions.
@pytest.mark.parametrize(("version", "count"), [("1.8", 83), ("2.4", 100), ("2.6", 103), ("2.8", 103), ("3.x", 119)])
def test_f6_versions(version, count):
    reading = read(answer(ROWS, VERSIONS[version]))
    assert [name for name in COLUMNS if name in reading.fields] == list(COLUMNS[:count])
    assert "-" not in reading.fields
    assert reading.signatures == read(WHOLE).signatures
    assert cells(reading, "status") == [b"OPEN", b"OPEN", b"UP", b"UP", b"UP"]


# F7: bounds.
def test_f7_the_row_cap():
    many = [server("be", f"s{number}", 1, number) for number in range(1, 101)]
    assert len(read(answer(many), max_rows=100).lines) == 100
    for size in (32768, 100):
        with pytest.raises(Invalid, match="more than 99 rows"):
            read(answer(many), max_rows=99, size=size)


@pytest.mark.parametrize("size", [1 << 20, 32768, 1000])
def test_f7_a_row_over_the_limit_refuses_the_whole_however_it_is_cut(size):
    long = answer([server("be", "s", 1, 1, last_chk="x" * MAX_LINE), backend("be", 1)])
    with pytest.raises(Invalid, match="a row of more than"):
        read(long, size=size)


def test_f7_a_line_without_end_is_refused_before_it_fills_the_memory():
    parser = StatParser()
    with pytest.raises(Invalid):  # noqa: PT012  the number of slices is the point
        for _ in range(4):
            parser.feed(b"# pxname,svname," + b"x" * 32768)


# F10: quoted commas and quotes, names of a kilobyte.
def test_f10_quoting_and_long_names():
    rows = [
        server("b" * 1024, "s" * 1024, 1, 1, last_chk='a, "b", c', status="UP 2/3"),
        server("be", "t", 2, 1, last_chk=",,,"),
    ]
    reading = read(answer(rows), size=50)
    assert reading.bad_rows == 0
    assert cells(reading, "last_chk") == [b'a, "b", c', b",,,"]
    assert cells(reading, "status") == [b"UP 2/3", b"UP"]
    assert identity(reading.signatures[0]) == [b"b" * 1024, b"s" * 1024, b"2", b"1", b"1"]


# What is compared with the reading before.


def test_without_a_reading_before_everything_is_new():
    reading = read(WHOLE)
    assert not reading.same_rows
    assert list(reading.changed) == [0, 1, 2, 3, 4]


def test_the_same_again():
    reading = read(WHOLE, read(WHOLE))
    assert reading.same_rows
    assert list(reading.changed) == []


def test_counters_and_ages_are_no_change():
    rows = [row | {"stot": "99", "lastchg": "7", "scur": "5"} for row in ROWS]
    reading = read(answer(rows), read(WHOLE))
    assert (reading.same_rows, list(reading.changed)) == (True, [])
    assert cells(reading, "stot") == [b"99"] * 5


@pytest.mark.parametrize("field", ["status", "weight", "act", "bck", "check_status"])
@pytest.mark.parametrize("size", [32768, 90])
def test_another_condition_changes_a_row_and_not_the_rows(field, size):
    rows = [*ROWS[:3], ROWS[3] | {field: "DOWN 1/2"}, ROWS[4]]
    reading = read(answer(rows), read(WHOLE), size=size)
    assert reading.same_rows
    assert list(reading.changed) == [3]


@pytest.mark.parametrize("field", ["pxname", "svname", "type", "iid", "sid"])
def test_another_identity_changes_the_rows(field):
    rows = [*ROWS[:3], ROWS[3] | {field: "9"}, ROWS[4]]
    reading = read(answer(rows), read(WHOLE))
    assert not reading.same_rows
    assert list(reading.changed) == [3]


@pytest.mark.parametrize(
    ("rows", "changed"),
    [
        (ROWS[:4], []),
        (ROWS[1:], [0, 1, 2, 3]),
        ([*ROWS, server("be", "three", 3, 3)], [5]),
        ([*ROWS[:2], ROWS[3], ROWS[2], ROWS[4]], [2, 3]),
        ([], []),
    ],
    ids=["one less", "the first is gone", "one more", "another order", "none"],
)
@pytest.mark.parametrize("size", [32768, 300])
def test_rows_that_come_go_and_move(rows, changed, size):
    reading = read(answer(rows), read(WHOLE), size=size)
    assert not reading.same_rows
    assert list(reading.changed) == changed


# What stays the same is kept once: 50,000 signatures are made each second and thrown away at once.
def test_signatures_are_shared_with_the_reading_before():
    before = read(WHOLE)
    after = read(answer([row | {"stot": "7"} for row in ROWS]), before)
    assert all(one is other for one, other in zip(before.signatures, after.signatures, strict=True))
    assert after.lines != before.lines


def test_signatures_are_shared_in_pieces_that_did_not_change():
    many = [server("be", f"s{number}", 1, number) for number in range(200)]
    before = read(answer(many))
    many[150]["status"] = "DOWN"
    after = read(answer(many), before, size=2000)
    assert list(after.changed) == [150]
    assert sum(one is other for one, other in zip(before.signatures, after.signatures, strict=True)) > 150


@given(st.lists(st.sampled_from(ROWS)), st.lists(st.sampled_from(ROWS)), st.integers(50, 5000))
def test_same_and_changed_against_a_model(first, second, size):
    reading = read(answer(second), read(answer(first)), size=size)
    keys = ("pxname", "svname", "type", "iid", "sid")
    names = [[[row[key] for key in keys] for row in rows] for rows in (first, second)]
    assert reading.same_rows == (names[0] == names[1])
    expected = [place for place, row in enumerate(second) if place >= len(first) or row != first[place]]
    assert list(reading.changed) == expected


# A row is not cut again where its text has not moved; what is seen of it is what cutting it would show.
LINES = [*GOOD, *BAD.values()]
DAMAGED = [row[:at] + octet + row[at + 1 :] for row in GOOD[2:4] for at in range(0, 90, 3) for octet in (b",", b"9")]


@given(
    st.lists(st.sampled_from(LINES), min_size=1),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([*LINES, *DAMAGED])), max_size=5),
    st.integers(50, 5000),
)
def test_what_was_known_before_makes_no_difference(rows, moved, size):
    begin = header(VERSIONS["2.6"])
    before = read(begin + b"".join(rows) + b"\n")
    for at, row in moved:
        rows[at : at + 1] = [row]
    text = begin + b"".join(rows) + b"\n"
    found, alone = read(text, before, size=size), read(text)
    assert (found.lines, found.signatures, found.bad_rows) == (alone.lines, alone.signatures, alone.bad_rows)
    again = read(text, found, size=size)
    assert (again.lines, again.signatures, again.bad_rows) == (alone.lines, alone.signatures, alone.bad_rows)


@pytest.mark.parametrize("lastchg", ["17", "9", "100", "", "1,7", ","])
def test_the_clock_moves_and_the_signature_does_not(lastchg):
    rows = [row | {"lastchg": "16"} for row in ROWS]
    before = read(answer(rows))
    text = answer([row | {"lastchg": "@"} for row in ROWS]).replace(b"@", lastchg.encode())
    reading = read(text, before)
    if "," in lastchg:
        assert reading.bad_rows == len(ROWS)
    else:
        assert (list(reading.changed), cells(reading, "lastchg")) == ([], [lastchg.encode()] * len(ROWS))


# What a check was told by a server is no reason not to show the server.
@pytest.mark.parametrize("size", [32768, 90])
def test_control_characters_in_a_text_are_no_damage(size):
    rows = [row | {"last_chk": "\x1b[2J, see" if row["svname"] == "one" else "\x07"} for row in ROWS]
    reading = read(answer(rows), size=size)
    assert (reading.bad_rows, len(reading.lines)) == (0, len(ROWS))


def test_kinds_are_haproxys_numbers():
    assert {kind.name: kind.value for kind in RowKind} == {"FRONTEND": 0, "BACKEND": 1, "SERVER": 2, "LISTENER": 3}


# RFC 4180 2.6: a quoted cell may hold line breaks. HAProxy 2.6 sends last_chk so, exactly while a server is DOWN.
BROKEN = ["no database\n", "\n", "\n\n\n", "a\r\nb", 'x\n"y,\nbe,two,0', "\n" * 500, 'web,"\n\n"']


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("size", [1 << 20, 100, 7, 1])
def test_line_breaks_in_a_quoted_cell(text, size):
    rows = [row | ({"last_chk": text, "status": "DOWN"} if row["svname"] == "one" else {}) for row in ROWS]
    reading = read(answer(rows), read(WHOLE), size=size)
    assert (reading.bad_rows, reading.same_rows, list(reading.changed)) == (0, True, [2])
    assert cells(reading, "last_chk") == [row.get("last_chk", "").encode() for row in rows]
    assert reading.cut(reading.fields["last_chk"], [2]) == [text.encode()]
    again = read(answer(rows), reading, size=size)
    assert (list(again.changed), again.lines) == ([], reading.lines)
    whole = read(answer(rows).removesuffix(b"\n"), size=size, ends_empty=False)
    assert whole.lines == reading.lines


@given(st.lists(st.text(st.sampled_from('a",\n\r'), max_size=9), min_size=1, max_size=9), st.integers(1, 400))
def test_any_quoted_texts(texts, size):
    rows = [server("be", f"s{number}", 1, number, last_chk=text) for number, text in enumerate(texts)]
    reading = read(answer(rows), size=size)
    assert reading.bad_rows == 0
    assert cells(reading, "last_chk") == [text.encode() for text in texts]


@pytest.mark.parametrize("size", [1 << 20, 64])
def test_a_line_break_torn_off_within_a_cell_is_torn(size):
    whole = answer([ROWS[2] | {"last_chk": "one\n\ntwo\n"}, *ROWS[3:]])
    for length in range(len(whole)):
        with pytest.raises(Invalid):
            read(whole[:length], size=size)


@pytest.mark.parametrize("size", [1 << 20, 64])
def test_a_stray_quotation_mark_costs_its_own_row(size):
    rows = [GOOD[2], GOOD[3].replace(b"two", b't"wo'), GOOD[4]]
    for order in (rows, rows[::-1], [*rows, *rows]):
        reading = read(header(VERSIONS["2.6"]) + b"".join(order) + b"\n", size=size)
        assert reading.bad_rows == order.count(rows[1])
        assert len(reading.lines) == len(order) - reading.bad_rows


def test_whose_a_bad_row_is():
    bad = [GOOD[2].replace(b",,", b",", 1), b"x,y,z\n", b"\x00\x01\n", b"only\n", b",a,b\n"]
    reading = read(header(VERSIONS["2.6"]) + b"".join([*bad, *GOOD]) + b"\n")
    assert reading.bad == ((b"be", b"one"), (b"x", b"y"), (b"", b""), (b"", b""), (b"", b""))
    many = read(header(VERSIONS["2.6"]) + b"x,y,z\n" * 999 + b"\n")
    assert (len(many.bad), many.bad[-1], many.bad_rows) == (MAX_BAD + 1, (b"", b""), 999)


# HAProxy before 1.6.4 (commit "BUG/MINOR: stats: fix missing comma in stats on agent drain"): seen with an agent.
@pytest.mark.parametrize("status", ["DOWN (agent)", "DRAIN (agent)", "MAINT (via be/one)"])
@pytest.mark.parametrize("size", [1 << 20, 50])
def test_the_comma_that_is_missing_behind_a_status(status, size):
    rows = [row | ({"status": status} if row["svname"] == "two" else {}) for row in ROWS]
    glued = answer(rows).replace(f"{status},".encode(), status.encode())
    reading = read(glued, size=size)
    assert (reading.bad_rows, reading.lines) == (0, read(answer(rows)).lines)
    assert cells(reading, "weight")[3] == b"1"
    again = read(glued, reading, size=size)
    assert (list(again.changed), again.bad_rows) == ([], 0)
