"""L4: no log injection by names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vocabulary.shown import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("www.example.org", "www.example.org"),
        ("a\nb", r"a\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\udcff", r"\udcff"),
        ("\u202e", r"\u202e"),
        ("Zürich", "Zürich"),
        ("it's", "it's"),
    ],
)
def test_what_is_not_printable_is_escaped(text, shown):
    assert printable(text) == shown


def test_long_texts_are_cut():
    assert printable("x" * 300) == "x" * 200 + "..."
    assert printable("x" * 200) == "x" * 200


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_it_is_always_printable(text):
    assert printable(text).isprintable()
