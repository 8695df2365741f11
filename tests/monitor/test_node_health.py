"""A change of health without one of role: told when it has held (health.tracker)."""

from haproxy_agentx.health.instance import SETTLE
from haproxy_agentx.health.model import Reason
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vrrp.model import MibFailure
from tests.monitor.story import ALL_DOWN, BACKUP, BEGIN, DATE, HOLD, IP, MASTER, ONE_DOWN, begun, changes, kinds


def test_a_change_of_health_is_told_when_it_has_held():
    story = begun(MASTER).haproxy(ONE_DOWN).wait(HOLD - 0.01)
    assert Kind.serviceHealthChange not in kinds(story.drain())
    story.wait(0.01)
    (reported,) = story.drain()
    assert reported.moves == "master/active -> master/activeDegraded"
    assert reported["Cause"] == "belowMinimum"
    assert "web2 DOWN" in reported["CauseText"]
    assert int(reported["Reasons"]) == Reason.belowMinimum
    assert reported.draft.at == DATE + BEGIN + 10


def test_the_hold_is_as_configured():
    story = begun(MASTER, hold=7.0).haproxy(ALL_DOWN).wait(6.9)
    assert Kind.serviceHealthChange not in kinds(story.drain())
    assert kinds(story.wait(0.1).drain()) == [Kind.serviceHealthChange]


def test_what_is_over_soon_is_not_told():
    story = begun(MASTER, backends=False).haproxy(ONE_DOWN).wait(0.9).haproxy().wait(60)
    assert story.drain() == []
    assert story.service("SITE1").tracker.transitions == 2


def test_a_frozen_haproxy_has_been_so_since_it_was_asked():
    """Nothing but a reading that takes too long shows it. The time of that is part of the hold."""
    story = begun(MASTER).no_haproxy(Reason.haproxyUnresponsive, "haproxy local does not answer within 2 s", took=2.0)
    (reported,) = story.drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> master/blackhole", "haproxyUnresponsive")
    assert reported["CauseText"] == "haproxy local does not answer within 2 s"
    assert reported.draft.at == DATE + BEGIN + 10


def test_what_was_told_is_told_to_be_over():
    story = begun(MASTER).haproxy(ALL_DOWN).wait(5)
    story.drain()
    story.haproxy()
    reported = [one for one in story.wait(5).drain() if one.draft.kind is Kind.serviceHealthChange]
    assert [one.moves for one in reported] == ["master/blackhole -> master/active"]
    assert reported[0]["Cause"] == "recovered"


def test_addresses_may_be_late_by_a_moment():
    story = begun(BACKUP).mib(("SITE1", BACKUP)).wait(5).line(MASTER).read().wait(SETTLE - 0.1).kernel(IP)
    assert changes(story.wait(60)) == ["backup/standby -> master/active"]


def test_a_master_without_its_address_is_a_conflict():
    story = begun(BACKUP).mib(("SITE1", BACKUP)).wait(5).line(MASTER).read().wait(60)
    reported = story.drain()
    assert [one.moves for one in reported] == ["backup/standby -> master/active", "master/active -> master/conflict"]
    assert reported[1]["Cause"] == "addressConflict"
    assert Reason(int(reported[1]["Reasons"])) is Reason.addressMissing


def test_with_a_kernel_that_cannot_be_asked_nothing_is_claimed():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.node.lose_kernel(story.now)
    assert changes(story.wait(60)) == ["master/active -> master/unknown"]
    assert "the kernel cannot be asked" in story.service("SITE1").tracker.condition.details
    assert changes(story.kernel(IP).wait(60)) == ["master/unknown -> master/active"]


def test_a_frozen_keepalived_is_unknown_and_never_active():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5).no_mib(MibFailure.frozen)
    assert story.health() == "unknown"
    (reported,) = story.wait(HOLD).drain()
    assert (reported.moves, reported["Cause"]) == ("master/active -> unknown/unknown", "keepalivedUnresponsive")
    assert reported.draft.kind is Kind.serviceHealthChange, "not known is not another role"
    story.mib(("SITE1", MASTER))
    assert changes(story.wait(60)) == ["master/unknown -> master/active"]


def test_a_restarted_snmpd_changes_nothing():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    for trouble in (MibFailure.snmpd, MibFailure.not_there, MibFailure.denied, MibFailure.invalid):
        story.no_mib(trouble).wait(10)
    assert story.mib(("SITE1", MASTER)).wait(60).drain() == []
