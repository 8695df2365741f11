"""A peer as it is read: for how long what it said counts, and what of it is never taken for more than it is."""

from dataclasses import replace

from haproxy_agentx.health.model import Role
from haproxy_agentx.pair.model import PeerState, Standing
from haproxy_agentx.pair.peer import KEPT, YOUNG, Peer, PeerAnswer
from haproxy_agentx.pair.sample import AgentSelf
from haproxy_agentx.pair.standing import standing_of
from tests.pair.world import sample_of

RUN = "00" * 8
SAID = AgentSelf("11" * 8, "1.0", "202611220000Z", 100.0, 5000.0, 3, "lb2", reads=(RUN,))


def peer(**more):
    return Peer("lb2", "192.0.2.12:161", 2.0, 1.0, started=10.0, **more)


def answer(at, *samples, said=SAID):
    return PeerAnswer(said, samples, at - 0.2, at, 6000.0)


def test_one_that_was_never_read_is_stale_and_counts_as_unread():
    found = peer()
    assert found.state(11.0) is PeerState.stale
    member = found.member("site", 11.0)
    assert (standing_of(member), member.state, member.state_at) == (Standing.unread, PeerState.unreachable, 10.0)


def test_what_it_said_counts_while_newer_readings_fail_and_no_longer():
    found = peer()
    found.take(answer(20.0, sample_of(Role.backup)))
    found.fail(PeerState.noAgent, "no agent", 22.0)
    last = 20.0 + KEPT * 2.0 + 1.0
    assert found.state(last - 0.01) is PeerState.stale
    assert standing_of(found.member("site", last - 0.01)) is Standing.ready
    assert found.state(last) is PeerState.noAgent
    member = found.member("site", last)
    assert (standing_of(member), member.state_at) == (Standing.unread, last)


def test_a_service_that_it_did_not_have_stays_absent_when_it_cannot_be_read():
    found = peer()
    found.take(answer(20.0, sample_of(Role.backup)))
    assert standing_of(found.member("other", 21.0)) is Standing.absent
    assert standing_of(found.member("other", 99.0)) is Standing.absent


def test_ages_are_those_that_are_the_worst_for_what_is_concluded():
    """A sample is as old as the request, and a change as late as the answer."""
    found = peer()
    found.take(answer(20.0, sample_of(Role.backup, age=0.5, role_age=3.0, health_age=4.0)))
    member = found.member("site", 21.0)
    assert (member.taken, member.role_at, member.health_at) == (20.0 - 0.2 - 0.5, 17.0, 16.0)


def test_it_reads_this_run_and_no_other_one():
    found = peer()
    assert found.reads(RUN, 20.0) is None
    found.take(answer(20.0))
    assert (found.reads(RUN, 21.0), found.reads("22" * 8, 21.0), found.reads(RUN, 99.0)) == (True, False, None)


def test_the_offset_of_its_clock_is_by_the_middle_of_the_reading():
    found = peer()
    found.take(answer(20.0))
    assert found.clock_offset == 5000.0 - (6000.0 - 0.1)


def test_maintenance_lasts_as_long_as_it_said_also_when_it_is_gone():
    found = peer()
    said = AgentSelf(SAID.run, "1.0", "2", 1.0, 1.0, 0, "lb2", maintenance=60.0)
    found.take(answer(20.0, sample_of(Role.backup), said=said))
    assert found.member("site", 79.9).maintenance
    assert not found.member("site", 80.0).maintenance


def test_one_that_has_just_started_may_have_the_service_for_all_that_is_known():
    """Catches a node that restarts and counts as one that never had the service: the rest would look complete."""
    found = peer()
    found.take(answer(20.0, said=replace(SAID, up=YOUNG - 0.1)))
    assert standing_of(found.member("site", 20.0)) is Standing.unknown
    found.take(answer(30.0, said=replace(SAID, up=YOUNG)))
    assert standing_of(found.member("site", 30.0)) is Standing.absent


def test_only_what_is_new_counts_as_a_change():
    found = peer()
    readings = [
        (answer(20.0, sample_of(Role.backup)), 1),
        (answer(22.0, sample_of(Role.backup, age=1.0, role_age=9.0, health_age=9.0, traffic_age=9.0)), 1),
        (answer(24.0, sample_of(Role.backup), said=replace(SAID, up=104.0, date=5004.0, last_event=4)), 1),
        (answer(26.0, sample_of(Role.master)), 2),
        (answer(28.0, sample_of(Role.master), said=replace(SAID, maintenance=60.0)), 3),
        (answer(30.0, sample_of(Role.master), said=replace(SAID, maintenance=58.0)), 3),
        (answer(32.0, sample_of(Role.master), said=replace(SAID, reads=())), 4),
        (answer(34.0, said=replace(SAID, reads=())), 5),
    ]
    for reading, changes in readings:
        found.take(reading)
        assert found.changes == changes
    failures = [(PeerState.noAgent, 6), (PeerState.noAgent, 6), (PeerState.unreachable, 7)]
    for state, changes in failures:
        found.fail(state, "no agent", 36.0)
        assert found.changes == changes
    found.take(readings[-1][0])
    assert found.changes == 8


def test_what_changes_with_time_alone_is_news_with_the_reading_that_shows_it():
    """Catches a judgement that is never made: its node has said the same, and means something else by it."""
    found = peer()
    young, old = (answer(at, said=replace(SAID, up=up)) for at, up in ((20.0, YOUNG - 1), (22.0, YOUNG + 1)))
    found.take(young)
    found.take(old)
    assert (found.changes, standing_of(found.member("site", 22.0))) == (2, Standing.absent)
    late = old.ended + 100.0
    assert not found.is_read(late)  # this process slept: no poll has failed meanwhile
    found.take(answer(late, said=old.said))
    assert found.changes == 3
