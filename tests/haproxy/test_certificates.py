"""``show ssl sni``: which certificates end when."""

import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.certificates import DAY, MAX_ROWS, PAUSE, Certificate, parse
from haproxy_agentx.vocabulary.source import Invalid
from tests.support.certificates import sni_line, sni_list
from tests.support.pauses import done

END = datetime(2026, 12, 3, 5, 5, 9, tzinfo=UTC).timestamp()


def parsed(answer: bytes) -> list[Certificate]:
    return done(parse(answer))


# Two sockets of frontend `one` show a.pem, each for three names.
def test_a_sample(samples):
    found = parsed((samples / "20-show_ssl_sni-3.2.txt").read_bytes())
    assert len(found) == 14
    assert found[0] == Certificate("one", "*", "/etc/haproxy/a.pem", END)
    assert [one.not_after for one in found] == sorted(one.not_after for one in found)
    names = [one.name for one in found if one.frontend == "one"]
    assert sorted(names) == ["*", "*.a.example.org", "*.b.example.org", "a.example.org", "b.example.org"]
    assert Certificate("two", "nosan", "/etc/haproxy/ec.pem", END + 25 * DAY) in found


def test_of_one_name_on_two_sockets_the_first_end_counts():
    lines = [
        sni_line("www/a:1", "*", END + 5 * DAY),
        sni_line("www/a:2", "*", END),
        sni_line("www/a:3", "*", END + DAY),
    ]
    assert parsed(sni_list(*lines)) == [Certificate("www", "*", "/etc/x.pem", END)]


def test_without_certificates_there_is_none():
    assert parsed(sni_list()) == []


def test_a_date_that_cannot_be_read_comes_last():
    odd = sni_line("www/a:1", "odd", END).replace(b"GMT", b"CET")
    assert [one.not_after for one in parsed(sni_list(odd, sni_line("www/a:1", "*", END)))] == [END, None]


def test_of_very_many_those_that_end_first_are_kept():
    lines = [sni_line("www/a:1", f"n{number}", END + number * DAY) for number in range(MAX_ROWS + 100)]
    assert parsed(sni_list(*reversed(lines))) == parsed(sni_list(*lines[:MAX_ROWS]))
    assert sum(1 for _ in parse(sni_list(*lines))) == len(lines) // PAUSE


@pytest.mark.parametrize("seed", range(5))
def test_those_that_end_first_are_the_same_whatever_the_order(seed):
    chance = Random(seed)
    rows = [(chance.randrange(3000), chance.randrange(50)) for _ in range(5000)]
    lines = [sni_line("www/a:1", f"n{name}", END + days * DAY) for name, days in rows]
    ends: dict[str, float] = {}
    for name, days in rows:
        ends[f"n{name}"] = min(END + days * DAY, ends.get(f"n{name}", END + 100 * DAY))
    first = sorted((end, name) for name, end in ends.items())[:MAX_ROWS]
    assert [(one.not_after, one.name) for one in parsed(sni_list(*lines))] == first


def test_a_long_answer_costs_no_more_memory_than_what_is_kept():
    answer = sni_list(*(sni_line("www/a:1", f"n{number}", END + number, "") for number in range(40_000)))
    tracemalloc.start()
    try:
        assert len(parsed(answer)) == MAX_ROWS
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - len(answer) < 2_500_000, "the certificates and the answer once more, whatever the number of lines"


def test_names_with_spaces_are_not_taken_for_one_another():
    one, other = Certificate("www", "a b", "c", END), Certificate("www", "a", "b c", END)
    assert one.key != other.key


@pytest.mark.parametrize(
    ("before", "days", "ends"),
    [(15 * DAY, 15, False), (14 * DAY + 1, 14, False), (14 * DAY - 1, 13, True), (1, 0, True), (-1, -1, True)],
)
def test_days_left(before, days, ends):
    one = Certificate("www", "*", "/etc/x.pem", END)
    assert one.days_left(END - before) == days
    assert one.ends_within(14, END - before) is ends


def test_what_is_not_known_does_not_end():
    one = Certificate("www", "*", "/etc/x.pem", None)
    assert one.days_left(END) is None
    assert not one.ends_within(14, END)


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1], lambda whole: whole[:200] + b"\n\n", lambda _: b"x\n\n"])
def test_a_damaged_answer_is_refused(samples, damage):
    with pytest.raises(Invalid, match="show ssl sni"):
        parsed(damage((samples / "20-show_ssl_sni-3.2.txt").read_bytes()))


@given(st.binary(max_size=300))
def test_anything_is_read_or_refused(cells):
    with suppress(Invalid):
        assert len(parsed(sni_list(cells))) <= 1 + cells.count(b"\n")
