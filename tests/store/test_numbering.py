"""The rule of the row indexes."""

from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.store import numbering
from haproxy_agentx.store.numbering import FIRST_FREE, PROVISIONAL, provisional

LAST = PROVISIONAL - 1

NAMES = st.text(max_size=2)
FIRSTS = st.one_of(st.integers(-2, 6), st.integers(FIRST_FREE - 2, FIRST_FREE + 3), st.sampled_from([LAST, LAST + 1]))


def choose(known, wanted):
    """Return the numbers of names that are not known."""
    taken = set(known.values())
    new = [(name, first) for name, first in wanted if name not in known]
    return numbering.choose(new, taken.__contains__, lambda: max(taken, default=0))


def test_a_free_first_choice_is_honoured():
    assert choose({}, [("a", 7), ("b", 3), ("c", FIRST_FREE)]) == {"a": 7, "b": 3, "c": FIRST_FREE}


def test_of_two_that_want_the_same_the_first_gets_it():
    assert choose({}, [("a", 7), ("b", 7), ("c", 7)]) == {"a": 7, "b": FIRST_FREE + 1, "c": FIRST_FREE + 2}


def test_a_number_that_was_ever_given_out_is_not_given_again():
    assert choose({"gone": 7, "far": FIRST_FREE + 9}, [("a", 7)]) == {"a": FIRST_FREE + 10}


def test_what_is_no_choice_gets_a_number_above():
    assert choose({}, [("a", 0), ("b", -1), ("c", FIRST_FREE + 1)]) == {
        "a": FIRST_FREE + 1,
        "b": FIRST_FREE + 2,
        "c": FIRST_FREE + 3,
    }


def test_known_names_and_repeated_ones_get_no_other_number():
    assert choose({"a": 1}, [("a", 2), ("b", 3), ("b", 4)]) == {"b": 3}


def test_at_the_end_of_the_numbers_the_gaps_are_used():
    known = {"a": LAST - 1, "b": FIRST_FREE + 1}
    assert choose(known, [("c", 0), ("d", 0), ("e", 0)]) == {"c": LAST, "d": FIRST_FREE + 2, "e": FIRST_FREE + 3}


@given(st.lists(st.lists(st.tuples(NAMES, FIRSTS))))
def test_invariants(batches):
    known: dict[str, int] = {}
    for wanted in batches:
        given_out = choose(known, wanted)
        assert not given_out.keys() & known.keys()
        assert given_out.keys() | known.keys() >= {name for name, _ in wanted}
        known.update(given_out)
        assert len(set(known.values())) == len(known)
        assert all(1 <= number <= LAST for number in known.values())


@given(st.lists(st.lists(st.tuples(NAMES, FIRSTS))))
def test_provisional_numbers_are_unique_and_none_that_is_kept(batches):
    known: dict[str, int] = {}
    for wanted in batches:
        given_out = provisional(known, wanted)
        assert not given_out.keys() & known.keys()
        assert given_out.keys() | known.keys() >= {name for name, _ in wanted}
        known.update(given_out)
        assert len(set(known.values())) == len(known)
        assert all(PROVISIONAL < number <= numbering.LAST for number in known.values())


def test_a_provisional_number_shows_the_first_choice():
    assert provisional({}, [("a", 7), ("b", 7), ("c", 0)]) == {
        "a": PROVISIONAL + 7,
        "b": PROVISIONAL + FIRST_FREE + 1,
        "c": PROVISIONAL + FIRST_FREE + 2,
    }
