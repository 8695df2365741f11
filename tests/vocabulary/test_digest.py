"""Digests of collections, by which two nodes are compared."""

import re

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vocabulary.digest import digest

TEXTS = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8), unique=True, max_size=8)


@given(TEXTS, st.randoms())
def test_the_order_does_not_matter(texts, random):
    assert re.fullmatch("[0-9a-f]{16}", digest(texts))
    assert digest(random.sample(texts, len(texts))) == digest(texts)


@given(TEXTS, st.data())
def test_each_text_matters(texts, data):
    other = data.draw(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8).filter(
            lambda text: text not in texts
        )
    )
    place = data.draw(st.integers(0, len(texts)))
    assert digest([*texts[:place], other, *texts[place:]]) != digest(texts)
    assert digest([*texts[:place], other, *texts[place + 1 :]]) != digest(texts)


def test_it_stays_the_same_over_versions():
    assert digest(["10.77.0.100", "fd00::100"]) == digest(["fd00::100", "10.77.0.100"]) == "aaa106d9ffa7836b"
