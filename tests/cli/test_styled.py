"""Lines with styles: their layout, and that styles neither add nor lose a character."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.cli.styled import GAP, Styled, columns, joined

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), max_size=12)
STYLED = st.lists(st.tuples(TEXTS, st.sampled_from(["", "red", "dim"])), max_size=6).map(
    lambda spans: Styled(tuple(spans))
)


def plain(text: str) -> Styled:
    return Styled(((text, ""),))


@given(STYLED, STYLED, TEXTS)
def test_texts_are_added_in_order_and_keep_their_styles(one, other, text):
    assert (one + text + other).plain == one.plain + text + other.plain
    assert (text + one).spans == (*plain(text).spans, *one.spans)
    assert joined([one, other, one], text).plain == text.join([one.plain, other.plain, one.plain])
    assert joined([], text) == Styled()


@given(STYLED, st.integers(0, 80), st.integers(0, 80))
def test_a_part_has_the_characters_between_and_their_styles(one, begin, end):
    found = one.part(begin, end)
    assert found.plain == one.plain[begin:end]
    styles = [style for text, style in one.spans for _ in text]
    assert [style for text, style in found.spans for _ in text] == styles[begin:end]


@given(STYLED, st.integers(1, 20))
def test_wrapping_loses_blanks_only(one, width):
    lines = [line.plain for line in one.wrapped(width)]
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == one.plain.replace(" ", "")
    assert lines == textwrap.wrap(one.plain, width, break_on_hyphens=False, expand_tabs=False, replace_whitespace=False)


@pytest.mark.parametrize(("text", "cells"), [("", 0), ("abc", 3), ("\u6771\u4eac", 4), ("e\u0301", 1), ("\u00fc", 1)])
def test_the_columns_that_a_text_takes(text, cells):
    assert len(plain(text)) == cells


@given(st.lists(st.tuples(STYLED, STYLED, STYLED), min_size=1, max_size=6), st.integers(0, 20))
def test_the_cells_of_a_column_begin_below_each_other(rows, most):
    lines = columns(rows, most=most)
    first = max((len(row[0]) for row in rows if len(row[0]) <= most), default=0)
    for row, found in zip(rows, lines, strict=True):
        assert (len(found) == 2) == (len(row[0]) > most)
        if len(found) == 2:
            assert found[0] == row[0]
        begins = "" if len(found) == 2 else row[0].plain
        rest = GAP.join([begins + " " * (first - len(plain(begins))), row[1].plain])
        assert found[-1].plain.startswith(rest.rstrip())
        assert found[-1].plain == found[-1].plain.rstrip()


def test_numbers_are_aligned_at_the_right():
    rows = [[plain(one) for one in row] for row in (("name", "rows"), ("a", "7"), ("b", "1234567"))]
    lines = [line.plain for (line,) in columns(rows, right={1})]
    assert lines == ["name     rows", "a           7", "b     1234567"]
    assert columns([]) == []
