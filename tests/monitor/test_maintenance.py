"""The maintenance of a node: for as long as it was ordered, across restarts, and never longer."""

import pytest

from haproxy_agentx.control.request import MAX_MAINTENANCE, BadRequest, maintenance_seconds
from haproxy_agentx.monitor.pairs import MAINTENANCE, OwnNode, Pairs

NOW, DATE = 1000.0, 1_800_000_000.0


def pairs() -> Pairs:
    return Pairs(OwnNode("lb1", "0" * 16, "1"), ())


def test_it_lasts_as_long_as_it_was_ordered():
    found = pairs()
    assert found.maintenance_left(NOW) == 0
    found.maintain(NOW + 60)
    assert (found.maintenance_left(NOW), found.maintenance_left(NOW + 59), found.maintenance_left(NOW + 60)) == (
        60,
        1,
        0,
    )
    assert found.deadline(NOW) == NOW + 60
    found.maintain(None)
    assert found.maintenance_left(NOW) == 0


def test_the_next_run_goes_on_with_it():
    before = pairs()
    before.maintain(NOW + 60)
    memory = before.memory(NOW, DATE)
    after = pairs()
    after.recall(memory, 5.0, DATE + 20)
    assert after.maintenance_left(5.0) == pytest.approx(40, abs=1)
    late = pairs()
    late.recall(memory, 5.0, DATE + 61)
    assert late.maintenance_left(5.0) == 0


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-5", "0", "9e99"])
def test_a_memory_that_is_none_orders_nothing(text):
    found = pairs()
    found.recall({MAINTENANCE: text}, NOW, DATE)
    assert found.maintenance_left(NOW) == 0


@pytest.mark.parametrize("seconds", [-1, MAX_MAINTENANCE + 1, 1.5, "60", True])
def test_a_request_that_is_out_of_range_is_refused(seconds):
    with pytest.raises(BadRequest):
        maintenance_seconds({"command": "maintenance", "seconds": seconds})


def test_a_request_without_seconds_asks_only():
    assert maintenance_seconds({"command": "maintenance"}) is None
