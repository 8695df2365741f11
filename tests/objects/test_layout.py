"""Which row stands where: against a naive model, and that the work pauses."""

from collections.abc import Generator, Mapping
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.stat import SEPARATOR, RowKind
from haproxy_agentx.objects.layout import MAX_NUMBER, RUN, SLICE, Layout, Numbers, arrange, proxy_scope, survey

Result = TypeVar("Result")

FRONTEND, BACKEND, SERVER, LISTENER = (b"%d" % kind for kind in range(4))


def signature(proxy: bytes, name: bytes, kind: bytes, iid: bytes = b"1", sid: bytes = b"0") -> bytes:
    return SEPARATOR.join((proxy, name, kind, iid, sid, b"UP", b"1", b"1", b"0", b"L7OK"))


def run(work: Generator[None, None, Result]) -> tuple[Result, int]:
    """Give the result and the number of pauses."""
    pauses = 0
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value, pauses
        pauses += 1


def numbered(signatures: list[bytes], process: str = "p") -> Mapping[str, Mapping[str, int]]:
    """Give numbers as the store does: the first choice where it is free, else one above a million."""
    wanted, _ = run(survey(process, signatures, {}))
    numbers: dict[str, dict[str, int]] = {}
    for scope, names in wanted.items():
        given_out = numbers.setdefault(scope, {})
        for name, first in names.items():
            free = 0 < first <= 1_000_000 and first not in given_out.values()
            given_out[name] = first if free else max([1_000_000, *given_out.values()]) + 1
    return numbers


def layout(signatures: list[bytes], numbers: Numbers | None = None) -> Layout:
    result, _ = run(arrange("p", signatures, numbers or numbered(signatures)))
    return result


def rows(found: Layout, kind: RowKind) -> dict[tuple[int, ...], int]:
    """Give the places of a table's rows by index."""
    parts = [
        tuple(int.from_bytes(part[at : at + 4], "big") for at in range(0, len(part), 4))
        for part in found.rows[kind].parts
    ]
    return dict(zip(parts, found.rows[kind].places, strict=True))


WORLD = [
    signature(b"fe", b"FRONTEND", FRONTEND, b"7"),
    signature(b"fe", b"sock-1", LISTENER, b"7", b"2"),
    signature(b"be", b"web2", SERVER, b"3", b"9"),
    signature(b"be", b"web1", SERVER, b"3", b"4"),
    signature(b"be", b"BACKEND", BACKEND, b"3"),
]


def test_the_scopes_and_first_choices():
    wanted, _ = run(survey("p", WORLD, {}))
    assert wanted == {
        "proxy/p": {"fe": 7, "be": 3},
        "listener/p/fe": {"sock-1": 2},
        "server/p/be": {"web2": 9, "web1": 4},
    }
    assert proxy_scope("p") == "proxy/p"


def test_rows_stand_at_their_numbers():
    found = layout(WORLD)
    assert rows(found, RowKind.FRONTEND) == {(7,): 0}
    assert rows(found, RowKind.LISTENER) == {(7, 2): 1}
    assert rows(found, RowKind.SERVER) == {(3, 4): 3, (3, 9): 2}
    assert rows(found, RowKind.BACKEND) == {(3,): 4}
    assert found.left_out == 0


# HAProxy's ids shift with any edit; a row stays at the number that was given to its name.
def test_numbers_given_before_win_over_haproxys_ids():
    numbers = numbered(WORLD)
    moved = [signature(*line.split(SEPARATOR)[:3], iid=b"5", sid=b"8") for line in WORLD]
    assert [rows(layout(moved, numbers), kind) for kind in RowKind] == [rows(layout(WORLD), kind) for kind in RowKind]


# A listen section has one name and one number on both sides, and its servers and listeners do not meet.
def test_a_listen_section():
    found = layout(
        [
            signature(b"x", b"FRONTEND", FRONTEND, b"2"),
            signature(b"x", b"a", LISTENER, b"2", b"1"),
            signature(b"x", b"a", SERVER, b"2", b"1"),
            signature(b"x", b"BACKEND", BACKEND, b"2"),
        ]
    )
    assert [rows(found, kind) for kind in RowKind] == [{(2,): 0}, {(2,): 3}, {(2, 1): 2}, {(2, 1): 1}]


def test_of_two_rows_with_one_identity_the_first_stays_and_the_other_is_counted():
    found = layout([*WORLD, WORLD[3], WORLD[4], WORLD[3]])
    assert [rows(found, kind) for kind in RowKind] == [rows(layout(WORLD), kind) for kind in RowKind]
    assert found.left_out == 3


@pytest.mark.parametrize(
    "odd",
    [
        signature(b"be", b"x", b"4"),
        signature(b"be", b"x", b""),
        signature(b"be", b"x", b"-1"),
        signature(b"be", b"x", b"\xc2\xb2"),
        signature(b"", b"x", SERVER),
        signature(b"be", b"", SERVER),
    ],
)
def test_a_row_of_no_known_kind_or_without_a_name_is_left_out_and_counted(odd):
    wanted, _ = run(survey("p", [odd], {}))
    assert wanted == {}
    assert layout([*WORLD, odd]).left_out == 1


# RFC 4181 4.6.1.1: an index is at most 2^31 - 1; a first choice that is none is no choice.
@pytest.mark.parametrize(
    ("text", "choice"),
    [
        (b"0", 0),
        (b"1", 1),
        (b"%d" % MAX_NUMBER, MAX_NUMBER),
        (b"2147483648", 0),
        (b"9999999999", 0),
        (b"99999999999", 0),
        (b"1" * 5000, 0),
        (b"-1", 0),
        (b"", 0),
        (b"x", 0),
    ],
)
def test_first_choices(text, choice):
    wanted, _ = run(survey("p", [signature(b"be", b"s", SERVER, text, text)], {}))
    assert wanted == {"proxy/p": {"be": choice}, "server/p/be": {"s": choice}}


def test_names_of_any_octets_have_scopes():
    odd = b"\xff\xfe\xe9"
    wanted, _ = run(survey("p", [signature(odd, odd, SERVER)], {}))
    assert [name.encode("utf-8", "surrogateescape") for name in wanted["proxy/p"]] == [odd]
    assert len(rows(layout([signature(odd, odd, SERVER)]), RowKind.SERVER)) == 1


NAMES = st.sampled_from([b"a", b"b", b"c", b"d", b""])
NUMBER = st.integers(0, 6).map(b"%d".__mod__)
SIGNATURES = st.lists(
    st.builds(signature, NAMES, NAMES, st.sampled_from([b"0", b"1", b"2", b"3", b"4"]), NUMBER, NUMBER), max_size=60
)


@given(SIGNATURES)
def test_against_a_naive_model(signatures):
    numbers = numbered(signatures)
    expected: dict[int, dict[tuple[int, ...], int]] = {kind: {} for kind in range(4)}
    for place, text in enumerate(signatures):
        proxy, name, kind = (part.decode() for part in text.split(SEPARATOR)[:3])
        if kind == "4" or not proxy or not name:
            continue
        index: tuple[int, ...] = (numbers["proxy/p"][proxy],)
        if kind in "23":
            index += (numbers[f"{'server' if kind == '2' else 'listener'}/p/{proxy}"][name],)
        expected[int(kind)].setdefault(index, place)
    found = layout(signatures, numbers)
    for kind in RowKind:
        assert rows(found, kind) == expected[kind]
        parts = found.rows[kind].parts
        assert all(one < other for one, other in pairwise(parts))
    assert found.left_out == len(signatures) - sum(map(len, expected.values()))


# 50,000 servers in the wrong order: sorted, and never more than a stretch of work between two pauses.
def test_many_rows_in_any_order():
    many = [
        signature(b"be%d" % (place % 50), b"s%d" % place, SERVER, b"%d" % (50 - place % 50), b"%d" % (9999 - place))
        for place in range(5000)
    ]
    found = rows(layout(many), RowKind.SERVER)
    assert list(found) == sorted(found)
    assert len(found) == 5000
    assert all(index == (50 - place % 50, 9999 - place) for index, place in found.items())


class Counting(list):
    """Counts how many of its items were looked at."""

    looked = 0

    def __iter__(self):
        for item in list.__iter__(self):
            self.looked += 1
            yield item


@pytest.mark.parametrize("step", ["survey", "arrange"])
def test_the_work_between_two_pauses_is_bounded(step):
    many = Counting(signature(b"be", b"s%d" % place, SERVER, b"1", b"%d" % place) for place in range(4 * RUN))
    numbers = numbered(many)
    many.looked = 0
    work = survey("p", many, {}) if step == "survey" else arrange("p", many, numbers)
    seen = [many.looked for _ in work]
    assert seen[0] == SLICE
    assert all(after - before <= SLICE for before, after in pairwise(seen))
    assert many.looked == 4 * RUN
    after_reading = len([looked for looked in seen if looked == 4 * RUN])
    if step == "arrange":
        assert after_reading >= 2 * 4  # the sorting of each run, and the merging of each stretch


def test_nothing_at_all():
    found = layout([])
    assert [rows(found, kind) for kind in RowKind] == [{}, {}, {}, {}]
    assert found.left_out == 0
