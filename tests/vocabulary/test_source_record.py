"""What is known of a source, and when a failure is worth a line in the log (CONFORMANCE L1, L2)."""

from haproxy_agentx.objects.schema import SOURCE_TABLE
from haproxy_agentx.vocabulary.source import Absent, Denied, Invalid, SourceState, Unresponsive
from haproxy_agentx.vocabulary.source_record import MAX_REPORTED, Source


def source() -> Source:
    return Source(name="local", kind="haproxySocket", target="/run/h.sock")


def test_before_the_first_reading():
    texts = source().texts(100.0)
    assert texts["haxSourceState"] == b"stale"
    assert texts["haxSourceLastError"] == b""
    assert {"haxSourceReadingAge", "haxSourceLastErrorAge"} & texts.keys() == set()


def test_all_cells_are_columns():
    one = source()
    one.succeeded(1.0)
    one.failed(Absent("gone"), 2.0)
    assert texts_of(one) == {column.name for column in SOURCE_TABLE.columns}


def texts_of(one: Source) -> set[str]:
    return set(one.texts(3.0))


def test_ages_and_counts():
    one = source()
    assert one.succeeded(10.0)
    assert not one.succeeded(11.0)
    one.failed(Denied("no"), 12.5)
    texts = one.texts(15.25)
    assert texts["haxSourceReadingAge"] == b"4250"
    assert texts["haxSourceLastErrorAge"] == b"2"
    assert (texts["haxSourceSuccesses"], texts["haxSourceFailures"]) == (b"2", b"1")
    assert (texts["haxSourceState"], texts["haxSourceLastError"]) == (b"denied", b"no")
    assert one.age(15.0) == 4.0


def test_the_last_error_stays_when_all_is_well_again():
    one = source()
    one.failed(Absent("gone"), 1.0)
    assert one.succeeded(2.0)
    assert (one.state, one.last_error) == (SourceState.ok, "gone")


def reported(one: Source, *errors: Exception) -> list[bool]:
    return [one.failed(error, 1.0) for error in errors]


def test_a_failure_is_told_once():
    assert reported(source(), *[Absent("gone")] * 4) == [True, False, False, False]


def test_another_state_is_told_each_time():
    errors = [Absent("gone"), Denied("no"), Absent("gone"), Denied("no")]
    assert reported(source(), *errors) == [True] * 4


def test_it_is_told_again_after_a_good_reading():
    one = source()
    assert reported(one, Invalid("torn"), Invalid("torn")) == [True, False]
    one.succeeded(2.0)
    assert reported(one, Invalid("torn"), Invalid("torn")) == [True, False]


# How far an answer came is different each second, and is no news.
def test_the_numbers_in_it_make_no_other_failure():
    assert reported(source(), Invalid("torn after 7 rows"), Invalid("torn after 12 rows")) == [True, False]


def test_two_failures_that_take_turns_are_told_once_each():
    errors = [Unresponsive("silent"), Invalid("torn")] * 3
    assert reported(source(), *errors) == [True, True, False, False, False, False]


def test_a_flood_of_different_failures_is_told_a_few_times():
    errors = [Invalid(f"garbage {'x' * size}") for size in range(20)]
    assert reported(source(), *errors) == [True] * MAX_REPORTED + [False] * (20 - MAX_REPORTED)
