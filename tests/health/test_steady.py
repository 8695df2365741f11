"""A value of which only changes that hold are told."""

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.steady import Steady


def test_a_change_is_told_once_when_it_has_held():
    one = Steady("ok", 1.0)
    one.observe("stale", 10.0)
    assert one.deadline() == 11.0
    assert one.tell(10.99) is None
    assert one.tell(11.0) == ("ok", "stale")
    assert one.tell(12.0) is None
    assert one.deadline() is None


def test_what_is_seen_again_does_not_begin_anew():
    one = Steady("ok", 1.0)
    one.observe("stale", 10.0)
    one.observe("stale", 10.9)
    assert one.tell(11.0) == ("ok", "stale")


def test_another_change_begins_anew():
    one = Steady("ok", 1.0)
    one.observe("stale", 10.0)
    one.observe("absent", 10.9)
    assert one.tell(11.0) is None
    assert one.tell(11.9) == ("ok", "absent")


def test_what_is_as_it_was_told_is_no_change():
    one = Steady("ok", 1.0)
    one.observe("stale", 10.0)
    one.observe("ok", 10.5)
    assert one.deadline() is None
    assert one.tell(20.0) is None


def test_without_a_hold_it_is_told_at_once():
    one = Steady(0, 0.0)
    one.observe(1, 10.0)
    assert one.tell(10.0) == (0, 1)


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.sampled_from("abc"))))
def test_what_was_told_is_a_chain_that_ends_with_how_it_is(steps):
    one = Steady("a", 1.0)
    known, now = "a", 0.0
    for pause, value in steps:
        now += pause
        told = one.tell(now)
        if told is not None:
            assert told[0] == known
            assert told[0] != told[1]
            known = told[1]
        one.observe(value, now)
        due = one.deadline()
        assert due is None or now <= due <= now + 1.0
    if (told := one.tell(now + 1.0)) is not None:
        known = told[1]
    assert known == (steps[-1][1] if steps else "a")
