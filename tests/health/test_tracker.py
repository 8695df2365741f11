"""What of a service's changes is told, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.model import Condition, Health, Held, Readiness, Reason, Role
from haproxy_agentx.health.rate_limiter import CALM, RateLimiter
from haproxy_agentx.health.tracker import ReportedService, Tracker

HOLD = 1.0


def condition(health: Health, role: Role = Role.master) -> Condition:
    return Condition(role, Held.unknown, Readiness.ready, health, Reason(0), 1, 1)


def tracker(reported: ReportedService | None = None, limit: int = 10) -> Tracker:
    return Tracker(HOLD, RateLimiter(limit, 60.0), reported)


def test_a_first_look_that_finds_all_well_tells_nothing():
    one = tracker()
    one.observe(condition(Health.active), 0.0)
    assert (one.reported.role, one.reported.health) == (Role.master, Health.active)
    assert one.deadline() is None
    assert one.report(100.0) is None


def test_a_first_look_that_finds_an_outage_tells_it():
    one = tracker()
    one.observe(condition(Health.blackhole), 0.0)
    assert one.deadline() == HOLD
    report = one.report(HOLD)
    assert (report.before.health, report.after.health) == (Health.unknown, Health.blackhole)
    assert not report.is_failover


def test_what_was_told_before_the_start_is_not_told_again():
    one = tracker(ReportedService(Role.master, Health.blackhole))
    one.observe(condition(Health.blackhole), 0.0)
    assert one.deadline() is None


def test_a_change_is_told_when_it_has_held():
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    one.observe(condition(Health.blackhole), 10.0)
    assert one.report(10.9) is None
    assert one.deadline() == 11.0
    report = one.report(11.0)
    assert (report.at, report.before.health, report.after.health) == (10.0, Health.active, Health.blackhole)
    assert one.report(20.0) is None


def test_the_time_counts_from_when_the_evidence_began():
    """A reading that found nobody for 2 s has held for 2 s."""
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    one.observe(condition(Health.blackhole), 12.0, began=10.0)
    assert one.report(12.0).at == 10.0


def test_what_is_over_before_it_has_held_is_not_told():
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    one.observe(condition(Health.activeDegraded), 1.0)
    one.observe(condition(Health.active), 1.5)
    assert one.deadline() is None
    assert one.transitions == 2


def test_what_does_not_settle_is_told_nonetheless():
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    at = 1.0
    reported = None
    while reported is None and at < 20:
        one.observe(condition(Health.blackhole if int(at * 2) % 2 else Health.activeDegraded), at)
        reported = one.report(at)
        at += 0.5
    assert reported is not None
    assert reported.at == 1.0


def test_a_change_of_role_is_told_at_once_with_the_health_of_then():
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    one.observe(condition(Health.blackhole), 1.0)
    one.role_changed()
    one.observe(condition(Health.standbyNotReady, Role.backup), 1.5)
    assert one.report(30.0) is None, "the role's notification tells the health, too"
    report = one.report_role(Role.backup, 1.5, 1.55)
    assert report.is_failover
    assert (report.at, report.before.health, report.after.health) == (1.5, Health.active, Health.standbyNotReady)
    assert one.report(30.0) is None
    assert one.failovers == 1


def test_a_role_that_comes_to_light_is_no_change():
    one = tracker(ReportedService(Role.unknown, Health.active))
    one.observe(condition(Health.active, Role.unknown), 0.0)
    one.learn_role(Role.master)
    assert one.report_role(Role.master, 1.0, 1.0) is None
    assert (one.reported.role, one.reported.health) == (Role.master, Health.active)


def test_a_role_that_is_over_when_it_is_told_has_its_own_health():
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    one.role_changed()
    one.role_changed()
    one.observe(condition(Health.active), 1.5)
    first = one.report_role(Role.backup, 1.0, 1.5)
    assert (first.after.role, first.after.health) == (Role.backup, Health.standby)
    second = one.report_role(Role.master, 1.4, 1.5)
    assert (second.before.health, second.after.health) == (Health.standby, Health.active)


def test_a_role_that_is_told_first_of_all_was_not_known_before():
    one = tracker()
    one.role_changed()
    one.observe(condition(Health.standbyNotReady, Role.backup), 1.0)
    report = one.report_role(Role.backup, 1.0, 1.0)
    assert report.is_failover
    assert report.before == ReportedService(Role.unknown, Health.unknown)


def test_what_was_not_known_and_then_is_well_tells_nothing():
    one = tracker()
    one.observe(condition(Health.unknown, Role.unknown), 0.0)
    one.learn_role(Role.backup)
    one.observe(condition(Health.standby, Role.backup), 0.5)
    assert one.deadline() is None
    assert one.reported == ReportedService(Role.backup, Health.standby)
    one.observe(condition(Health.unknown, Role.backup), 5.0)
    assert one.report(6.0).after.health is Health.unknown
    one.observe(condition(Health.standby, Role.backup), 7.0)
    assert one.report(8.0).after.health is Health.standby, "that it is over is told where that it was was told"


def test_roles_that_are_only_counted_are_told_as_a_sum():
    one = tracker(ReportedService(Role.backup, Health.standby))
    one.observe(condition(Health.standby, Role.backup), 0.0)
    one.count_role(1.0)
    one.count_role(1.1)
    last = one.report(1.1 + CALM)
    assert (last.suppressed, last.after.role) == (2, Role.backup)
    assert one.failovers == 2


def test_a_role_that_is_lost_from_sight_is_a_change_of_health_only():
    one = tracker(ReportedService(Role.master, Health.active))
    one.observe(condition(Health.active), 0.0)
    one.observe(condition(Health.unknown, Role.unknown), 5.0)
    report = one.report(6.0)
    assert not report.is_failover
    assert one.reported == ReportedService(Role.master, Health.unknown), (
        "the last role that was told stays the one to compare with"
    )


def test_a_burst_is_one_with_a_count():
    one = tracker(ReportedService(Role.backup, Health.standby), limit=10)
    one.observe(condition(Health.standby, Role.backup), 0.0)
    reported = []
    now = 0.0
    for tick in range(1500):
        now = tick / 50
        role, health = (Role.master, Health.active) if tick % 2 == 0 else (Role.backup, Health.standby)
        one.role_changed()
        one.observe(condition(health, role), now)
        reported.append(one.report_role(role, now, now))
    assert sum(report is not None for report in reported) == 10
    assert one.report(now + CALM - 0.1) is None
    last = one.report(now + CALM)
    assert last.suppressed == 1490
    assert last.after.health is Health.standby
    assert one.deadline() is None


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.unknown])
def test_the_same_role_again_is_no_change(role):
    one = tracker(ReportedService(role, Health.active))
    one.observe(condition(Health.active, role), 0.0)
    assert one.report_role(role, 1.0, 1.0) is None


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.sampled_from(list(Health))), max_size=40))
def test_after_a_quiet_time_the_manager_knows_how_it_is(steps):
    one = tracker(ReportedService(Role.master, Health.active), limit=1000)
    now = 0.0
    known = Health.active
    one.observe(condition(Health.active), now)
    for pause, health in steps:
        now += pause
        report = one.report(now)
        known = report.after.health if report else known
        one.observe(condition(health), now)
    report = one.report(now + 100)
    known = report.after.health if report else known
    assert known is one.condition.health
    assert one.deadline() is None


def test_what_was_before_the_start_is_the_health_before():
    one = tracker(ReportedService(Role.master, Health.active))
    one.previous = Health.standby
    one.observe(condition(Health.blackhole), 5.0)
    assert (one.previous, one.since, one.transitions) == (Health.active, 5.0, 1)


def test_the_end_of_a_burst_is_told_only_where_there_is_something_to_tell():
    for health in (Health.active, Health.blackhole):
        one = tracker(ReportedService(Role.master, Health.active), limit=1)
        one.observe(condition(Health.active), 0.0)
        one.count_role(0.0)
        for at in range(1, 59):
            one.count_role(float(at))
        one.count_role(59.9)
        assert one.report(59.95) is None
        assert one.report(60.0).suppressed == 60
        one.observe(condition(health), 60.1)
        last = one.report(59.9 + CALM)
        assert (last is None) is (health is Health.active)
        assert last is None or (last.suppressed, last.after.health) == (0, Health.blackhole)
        assert one.deadline() is None
