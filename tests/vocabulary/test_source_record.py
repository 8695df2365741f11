"""What is known of a source, and when a failure is worth a line in the log (L1, L2)."""

from haproxy_agentx.objects.schema import SOURCE_TABLE
from haproxy_agentx.objects.source_objects import SourceRow
from haproxy_agentx.vocabulary.source import Absent, Denied, Invalid, SourceKind, SourceState, Unresponsive
from haproxy_agentx.vocabulary.source_record import MAX_REPORTED, Source
from tests.support.cells import cells


def source() -> Source:
    return Source(name="local", kind=SourceKind.haproxySocket, target="/run/h.sock")


def test_before_the_first_reading():
    found = row(source(), 100.0)
    assert found["haxSourceState"] == "stale"
    assert found["haxSourceLastError"] == ""
    assert {"haxSourceReadingAge", "haxSourceLastErrorAge"} & found.keys() == set()


def test_all_cells_are_columns():
    one = source()
    one.succeeded(1.0)
    one.failed(Absent("gone"), 2.0)
    assert row(one, 3.0).keys() == {column.name for column in SOURCE_TABLE.columns}


def row(one: Source, now: float) -> dict[str, str]:
    return cells(SOURCE_TABLE, SourceRow(one, now))


def test_ages_and_counts():
    one = source()
    assert one.succeeded(10.0)
    assert not one.succeeded(11.0)
    one.failed(Denied("no"), 12.5)
    found = row(one, 15.25)
    assert found["haxSourceReadingAge"] == "4250"
    assert found["haxSourceLastErrorAge"] == "2"
    assert (found["haxSourceSuccesses"], found["haxSourceFailures"]) == ("2", "1")
    assert (found["haxSourceState"], found["haxSourceLastError"]) == ("denied", "no")
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
