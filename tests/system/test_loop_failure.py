"""Which failures in the event loop end the daemon: the whole table."""

import errno

import pytest

from haproxy_agentx.system.loop_failure import Consequence, consequence

PLACES = ("protocol", "handle", "future", "socket", "transport")
FAILURES = {
    "of the kernel": OSError(errno.EBADF, "Bad file descriptor"),
    "a peer's": ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    "a fault": ValueError("a fault"),
    "an end": KeyboardInterrupt(),
    "none": None,
}
ENDS = {("protocol", "a fault"), ("handle", "a fault")}
STATES = {(place, failure) for place in ("protocol", "handle") for failure in ("of the kernel", "a peer's")}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_in_each_place(place, failure):
    case = place, failure
    expected = Consequence.end if case in ENDS else Consequence.state if case in STATES else Consequence.log
    assert consequence({place: object(), "exception": FAILURES[failure]}) is expected


def test_a_message_without_a_place_is_logged():
    assert consequence({"message": "a word", "exception": ValueError("x")}) is Consequence.log
