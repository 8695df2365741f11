"""Reasons as a number and as a text: what managers without BITS read."""

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.model import REASON_TEXT_LIMIT, Reason, known_reasons, reason_names, reason_text
from haproxy_agentx.objects.health_conventions import REASONS

masks = st.integers(0, 2**64)


@given(masks)
def test_bit_n_of_a_mask_is_the_named_bit_n(mask):
    names = [name for name, bit in REASONS.labels.items() if mask >> bit & 1]
    assert reason_names(known_reasons(mask)) == names


@given(masks)
def test_a_text_has_whole_names_and_fits(mask):
    reasons = known_reasons(mask)
    text = reason_text(reasons)
    assert len(text.encode()) <= REASON_TEXT_LIMIT
    names = text.split(", ") if text else []
    if names and names[-1] == "...":
        names.pop()
        left_out = reason_names(reasons)[len(names)]
        assert len(", ".join([*names, left_out, "..."])) > REASON_TEXT_LIMIT
    else:
        assert names == reason_names(reasons)
    assert names == reason_names(reasons)[: len(names)]


def test_the_texts_of_none_and_of_all():
    assert reason_text(Reason(0)) == ""
    assert reason_text(Reason.haproxyGone | Reason.roleStale) == "haproxyGone, roleStale"
    assert reason_text(known_reasons(2**64 - 1)).endswith(", ...")
