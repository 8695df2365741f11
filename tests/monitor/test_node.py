"""A node in time: what is told of it, when and why. The times are those of health.correlation and health.tracker."""

import pytest

from haproxy_agentx.event import Kind
from haproxy_agentx.health.correlation import FIRST_WAIT, READ_WAIT, REASON_WAIT, TRAP_WAIT
from haproxy_agentx.health.instances import RECONNECT, SETTLE
from haproxy_agentx.health.limiter import CALM
from haproxy_agentx.health.model import Demand, Health, Minimum, Reason, Role
from haproxy_agentx.monitor.node import MAX_PENDING, MAX_SERVICES, NODE, START
from haproxy_agentx.vrrp.model import FifoLine, NewMasterReason, Trouble, VrrpState
from tests.monitor.story import (
    ALL_DOWN,
    BACKUP,
    BEGIN,
    DATE,
    FAULT,
    IP,
    MASTER,
    ONE_DOWN,
    Story,
    begun,
    kinds,
    plan,
)

HOLD = 1.0
GONE = Reason.haproxyGone


def changes(story: Story) -> list[str]:
    return [told.moves for told in story.drain()]


# The start, when nothing was known before.


def test_nothing_is_judged_before_the_sources_have_spoken():
    story = Story(awaited=("kernel", "fifo", "haproxy/local"))
    assert story.kernel().haproxy().node.services == {}
    assert story.node.health is Health.unknown
    assert not story.node.is_judging
    story.writer().line(MASTER)
    assert story.health() == "active"
    assert story.wait(60).drain() == []


def test_a_source_that_does_not_speak_is_not_waited_for_for_long():
    story = Story(awaited=("kernel", "fifo", "mib", "haproxy/local")).kernel().haproxy()
    assert story.node.deadline(story.now) == BEGIN + START
    story.wait(START - 0.01)
    assert story.node.services == {}
    story.wait(0.01)
    assert story.health(NODE) == "active"


def test_a_node_without_keepalived_is_one_service():
    story = Story(backends=False).kernel().haproxy()
    service = story.service(NODE)
    assert (service.tracker.condition.role, story.health(NODE)) == (Role.none, "active")
    assert story.node.health is Health.active
    assert story.wait(60).drain() == []
    story.haproxy(ALL_DOWN).wait(HOLD)
    assert changes(story) == ["none/active -> none/blackhole"]


def test_an_instance_takes_the_place_of_the_service_of_a_node_without_keepalived():
    story = Story(awaited=("kernel", "haproxy/local")).kernel().haproxy()
    assert set(story.node.services) == {NODE}
    story.writer().line(BACKUP)
    assert set(story.node.services) == {"SITE1"}
    assert story.health() == "standby"
    assert story.wait(60).drain() == []


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (MASTER, "master/unknown -> master/blackhole"),
        (BACKUP, "backup/unknown -> backup/standbyNotReady"),
        (FAULT, "fault/unknown -> fault/fault"),
    ],
)
def test_what_is_wrong_at_the_first_start_is_told_when_it_has_held(state, told):
    story = Story().kernel().writer().line(state).haproxy(ALL_DOWN).wait(HOLD - 0.01)
    assert story.drain() == []
    (one,) = story.wait(60).drain()
    assert (one.at, one.moves, one.news.kind) == (BEGIN + HOLD, told, Kind.serviceHealthChange)


# The start, when something was known: what was told is not told again, what has changed is told.


def test_after_a_restart_nothing_is_told_anew_and_all_goes_on():
    before = begun(MASTER, IP).mib(("SITE1", MASTER))
    before.haproxy(ONE_DOWN).wait(30)
    assert changes(before) == ["master/active -> master/activeDegraded"]
    old = before.service("SITE1")
    story = Story(memory=before.end(), now=before.now + 100, awaited=("kernel", "haproxy/local"))
    story.kernel(IP).haproxy(ONE_DOWN)
    new = story.service("SITE1")
    assert new.tracker.told == old.tracker.told
    assert (new.cause, new.cause_text) == (old.cause, old.cause_text) != ("", "")
    assert (new.tracker.transitions, new.tracker.failovers) == (old.tracker.transitions, old.tracker.failovers)
    assert new.tracker.previous is old.tracker.previous is Health.active
    assert new.tracker.since == pytest.approx(old.tracker.since)
    assert story.wait(600).drain() == []


def test_a_restart_before_anything_was_judged_forgets_nothing():
    told = begun(MASTER).haproxy(ALL_DOWN).wait(30).end()
    again = Story(memory=told, now=200.0).end()
    assert again == told
    story = Story(memory=again, now=300.0).kernel().writer().line(MASTER).haproxy(ALL_DOWN)
    assert story.wait(60).drain() == []


def test_a_failover_while_the_program_did_not_run_is_told():
    memory = begun(BACKUP).end()
    story = Story(memory=memory, now=500.0)
    story.node.listening = True
    (told,) = story.kernel().writer().line(MASTER).haproxy().wait(60).drain()
    assert (told.news.kind, told.moves) == (Kind.serviceFailover, "backup/standby -> master/active")
    assert (told["Cause"], told["KeepalivedTrap"]) == ("agentRestarted", "notObserved")


def test_an_outage_that_came_while_the_program_did_not_run_is_told():
    memory = begun(MASTER).end()
    story = Story(memory=memory, now=500.0).kernel().writer().line(MASTER).haproxy(ALL_DOWN)
    (told,) = [one for one in story.wait(60).drain() if one.news.kind is Kind.serviceHealthChange]
    assert told.moves == "master/active -> master/blackhole"
    assert story.service("SITE1").tracker.previous is Health.active


def test_an_outage_that_went_while_the_program_did_not_run_is_told():
    before = begun(MASTER).haproxy(ALL_DOWN).wait(30)
    before.drain()
    story = Story(memory=before.end(), now=500.0).kernel().writer().line(MASTER).haproxy()
    (told,) = story.wait(60).drain()
    assert (told.moves, told["Cause"]) == ("master/blackhole -> master/active", "agentRestarted")


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"role": "emperor"}', '{"role": "master", "health": "active"}'])
def test_a_memory_that_cannot_be_read_is_none(text):
    story = Story(memory={"service/SITE1": text, "vrrp/SITE1": text}).kernel().writer().line(MASTER).haproxy()
    assert story.health() == "active"
    assert story.wait(60).drain() == []


# The failover: told at once, but not before what explains it was there, or waited for.


def failover(story: Story, state: VrrpState = MASTER) -> Story:
    story.node.listening = True
    story.wait(5).line(state)
    return story


def test_a_failover_waits_for_the_trap_and_the_reason_and_a_reading():
    story = failover(begun(BACKUP))
    began = story.now
    story.wait(0.01).trap(MASTER, up_time=4711)
    assert story.drain() == []
    story.wait(0.01).reason()
    assert story.drain() == []
    story.wait(0.01).haproxy(ONE_DOWN)
    told, *_ = story.drain()
    assert told.at == story.now == pytest.approx(began + 0.03)
    assert told.news.at == pytest.approx(DATE + began), "its date is that of the change"
    assert (told.news.kind, told.moves) == (Kind.serviceFailover, "backup/standby -> master/activeDegraded")
    assert (told["KeepalivedTrap"], told["KeepalivedTime"]) == ("seen", "4711")
    assert (told["Cause"], told["ServedAsIntended"]) == ("peerLost", "true")
    assert told.news.keepalived == {
        "vrrpInstanceName": "SITE1",
        "vrrpInstanceState": "2",
        "vrrpInstanceInitialState": "2",
        "routerId": "lb1",
    }


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (NewMasterReason.masterNoResponse, "peerLost"),
        (NewMasterReason.preempted, "priority"),
        (NewMasterReason.priority, "priority"),
    ],
)
def test_the_reason_of_keepalived_is_the_cause(reason, cause):
    story = failover(begun(BACKUP)).trap(MASTER).reason(reason).read()
    (told,) = story.drain()
    assert told["Cause"] == cause


def test_the_trap_may_come_first():
    story = begun(BACKUP)
    story.node.listening = True
    story.wait(5).trap(MASTER).reason().wait(0.3)
    assert story.drain() == []
    story.line(MASTER).read()
    (told,) = story.drain()
    assert told["KeepalivedTrap"] == "seen"


def test_a_trap_that_does_not_come_is_lost():
    story = failover(begun(BACKUP)).reason().read()
    story.wait(TRAP_WAIT - 0.01)
    assert story.drain() == []
    (told,) = story.wait(1).drain()
    assert told.at == pytest.approx(BEGIN + 15 + TRAP_WAIT)
    assert told["KeepalivedTrap"] == "notSeen"
    assert "haxEventKeepalivedTime" not in told.news.cells
    assert told.news.keepalived["vrrpInstanceState"] == "2"


def test_a_trap_of_another_instance_or_state_is_not_its_own():
    story = failover(begun(BACKUP)).reason().read().trap(MASTER, "SITE2").trap(BACKUP)
    (told,) = [one for one in story.wait(5).drain() if one["Subject"] == "SITE1"]
    assert told["KeepalivedTrap"] == "notSeen"


def test_without_traps_nobody_knows_of_them():
    story = begun(BACKUP).wait(5).line(MASTER).read()
    (told,) = story.wait(5).drain()
    assert told.at == pytest.approx(BEGIN + 15 + FIRST_WAIT)
    assert told["KeepalivedTrap"] == "notObserved"


def test_the_way_to_backup_needs_no_reason():
    story = failover(begun(MASTER), BACKUP).trap(BACKUP).read()
    (told,) = story.drain()
    assert (told.moves, told["Cause"]) == ("master/active -> backup/standby", "peerReturned")


def test_a_reason_that_does_not_come_is_not_waited_for_for_long():
    story = failover(begun(BACKUP)).trap(MASTER).read()
    (told,) = story.wait(1).drain()
    assert told.at == pytest.approx(BEGIN + 15 + REASON_WAIT)


def test_a_reading_that_does_not_come_is_not_waited_for_for_long():
    story = failover(begun(BACKUP)).trap(MASTER).reason()
    assert story.node.is_settling()
    (told,) = story.wait(1).drain()
    assert told.at == pytest.approx(BEGIN + 15 + READ_WAIT)
    assert not story.node.is_settling()


def test_a_reading_that_was_under_way_does_not_count():
    story = begun(BACKUP)
    story.node.listening = True
    began = story.wait(5).now
    reading = story.node._processes["local"]
    story.wait(0.01).line(MASTER).trap(MASTER).reason()
    story.node.take_process(reading, story.now)
    story.wait(0.01)
    assert story.drain() == []
    (told,) = story.wait(1).drain()
    assert told.at == pytest.approx(began + 0.01 + READ_WAIT)


def test_a_failover_tells_the_health_too_and_no_other_event_does():
    story = failover(begun(MASTER), BACKUP)
    story.no_haproxy(GONE, "haproxy local is gone").trap(BACKUP)
    (told,) = story.wait(60).drain()
    assert (told.news.kind, told.moves) == (Kind.serviceFailover, "master/active -> backup/standbyNotReady")
    assert (told["Cause"], told["CauseText"]) == ("haproxyGone", "haproxy local is gone")


def test_an_outage_that_has_not_held_is_told_with_the_failover_it_leads_to():
    story = begun(MASTER)
    story.node.listening = True
    story.wait(5).no_haproxy(GONE, "haproxy local is gone").wait(0.8)
    story.line(FAULT).trap(FAULT).no_haproxy(GONE, "haproxy local is gone")
    (told,) = story.wait(60).drain()
    assert (told.moves, told["Cause"]) == ("master/active -> fault/fault", "haproxyGone")


def test_two_failovers_one_behind_the_other_are_told_in_their_order():
    story = failover(begun(BACKUP))
    story.wait(0.1).line(FAULT).wait(0.1).trap(MASTER, up_time=1).trap(FAULT, up_time=2).reason().read()
    first, second = story.wait(1).drain()
    assert [first.moves, second.moves] == ["backup/standby -> master/active", "master/active -> fault/fault"]
    assert [first["KeepalivedTime"], second["KeepalivedTime"]] == ["1", "2"]
    assert story.service("SITE1").tracker.failovers == 2


def test_keepalived_that_is_killed_is_told_with_what_it_leaves_behind():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.writer(False).no_mib(Trouble.not_there).read()
    told = story.wait(30).drain()
    assert told[0].moves == "master/active -> stopped/conflict"
    assert {one["Cause"] for one in told} == {"keepalivedDead"}
    story.kernel()
    assert [one.moves for one in story.wait(30).drain()] == ["stopped/conflict -> stopped/stopped"]


def test_keepalived_that_is_stopped_and_started():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.line(VrrpState.shutdown).kernel().writer(False).no_mib(Trouble.not_there).read()
    (told,) = story.wait(30).drain()
    assert (told.moves, told["Cause"]) == ("master/active -> stopped/stopped", "operator")
    story.writer().line(BACKUP).read().wait(3).line(MASTER).kernel(IP).mib(("SITE1", MASTER)).read()
    told = story.wait(30).drain()
    assert [one.moves for one in told] == ["stopped/stopped -> backup/standby", "backup/standby -> master/active"]
    assert [one["Cause"] for one in told] == ["operator", "operator"]


def test_the_bare_set_up_of_traps_and_the_mib_alone():
    story = Story(awaited=("kernel", "mib", "haproxy/local"))
    story.node.listening = True
    story.kernel(IP).mib(("SITE1", MASTER)).haproxy().wait(30)
    assert (story.drain(), story.health()) == ([], "active")
    story.trap(BACKUP).kernel().read()
    (told,) = story.drain()
    assert (told.moves, told["KeepalivedTrap"]) == ("master/active -> backup/standby", "seen")
    assert told["ServedAsIntended"] == "false"
    story.no_mib(Trouble.not_there).wait(RECONNECT - 1)
    assert story.health() == "standby"
    story.wait(30)
    assert changes(story) == ["backup/standby -> stopped/stopped"]


# Health without a change of role.


def test_a_change_of_health_is_told_when_it_has_held():
    story = begun(MASTER).haproxy(ONE_DOWN).wait(HOLD - 0.01)
    assert Kind.serviceHealthChange not in kinds(story.drain())
    story.wait(0.01)
    (told,) = story.drain()
    assert told.moves == "master/active -> master/activeDegraded"
    assert told["Cause"] == "belowMinimum"
    assert "web2 DOWN" in told["CauseText"]
    assert int(told["Reasons"]) == Reason.belowMinimum
    assert told.news.at == DATE + BEGIN + 10


def test_the_hold_is_as_configured():
    story = begun(MASTER, hold=7.0).haproxy(ALL_DOWN).wait(6.9)
    assert Kind.serviceHealthChange not in kinds(story.drain())
    assert kinds(story.wait(0.1).drain()) == [Kind.serviceHealthChange]


def test_what_is_over_soon_is_not_told():
    story = begun(MASTER, backends=False).haproxy(ONE_DOWN).wait(0.9).haproxy().wait(60)
    assert story.drain() == []
    assert story.service("SITE1").tracker.transitions == 2


def test_a_frozen_haproxy_has_been_so_since_it_was_asked():
    """FACTS: nothing but a reading that takes too long shows it. The time of that is part of the hold."""
    story = begun(MASTER).no_haproxy(Reason.haproxyUnresponsive, "haproxy local does not answer within 2 s", took=2.0)
    (told,) = story.drain()
    assert (told.moves, told["Cause"]) == ("master/active -> master/blackhole", "haproxyUnresponsive")
    assert told["CauseText"] == "haproxy local does not answer within 2 s"
    assert told.news.at == DATE + BEGIN + 10


def test_what_was_told_is_told_to_be_over():
    story = begun(MASTER).haproxy(ALL_DOWN).wait(5)
    story.drain()
    story.haproxy()
    told = [one for one in story.wait(5).drain() if one.news.kind is Kind.serviceHealthChange]
    assert [one.moves for one in told] == ["master/blackhole -> master/active"]
    assert told[0]["Cause"] == "recovered"


def test_addresses_may_be_late_by_a_moment():
    story = begun(BACKUP).mib(("SITE1", BACKUP)).wait(5).line(MASTER).read().wait(SETTLE - 0.1).kernel(IP)
    assert changes(story.wait(60)) == ["backup/standby -> master/active"]


def test_a_master_without_its_address_is_a_conflict():
    story = begun(BACKUP).mib(("SITE1", BACKUP)).wait(5).line(MASTER).read().wait(60)
    told = story.drain()
    assert [one.moves for one in told] == ["backup/standby -> master/active", "master/active -> master/conflict"]
    assert told[1]["Cause"] == "addressConflict"
    assert Reason(int(told[1]["Reasons"])) is Reason.addressMissing


def test_a_kernel_that_cannot_be_asked_speaks_against_nothing():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    story.node.lose_kernel()
    assert story.wait(60).drain() == []
    assert story.health() == "active"


def test_a_frozen_keepalived_is_unknown_and_never_active():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5).no_mib(Trouble.frozen)
    assert story.health() == "unknown"
    (told,) = story.wait(HOLD).drain()
    assert (told.moves, told["Cause"]) == ("master/active -> unknown/unknown", "keepalivedUnresponsive")
    assert told.news.kind is Kind.serviceHealthChange, "not known is not another role"
    story.mib(("SITE1", MASTER))
    assert changes(story.wait(60)) == ["master/unknown -> master/active"]


def test_a_restarted_snmpd_changes_nothing():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    for trouble in (Trouble.snmpd, Trouble.not_there, Trouble.denied, Trouble.invalid):
        story.no_mib(trouble).wait(10)
    assert story.mib(("SITE1", MASTER)).wait(60).drain() == []


# Storms.


def flap(story: Story, seconds: float, per_second: int) -> int:
    """Let the role change so often; gives how many changes that were."""
    count = 0
    end = story.now + seconds
    while story.now < end:
        story.line(MASTER if count % 2 == 0 else BACKUP).read().wait(1 / per_second)
        count += 1
    return count


@pytest.mark.parametrize("listening", [True, False])
@pytest.mark.parametrize("per_second", [2, 50])
def test_a_storm_of_roles_is_one_event_with_its_count(listening, per_second):
    story = begun(BACKUP)
    story.node.listening = listening
    count = flap(story, 30, per_second)
    ended = story.now
    told = story.wait(120).drain()
    *single, last = told
    assert len(single) == 10
    assert int(last["Suppressed"]) == count - len(single) == story.node.suppressed
    assert last.at <= ended + CALM + TRAP_WAIT + READ_WAIT
    assert last["Health"] == "standby"
    assert f"{count - len(single)} changes" in last["CauseText"]
    service = story.service("SITE1")
    assert service.tracker.failovers == count
    assert service.tracker.told.role is Role.backup


def test_a_storm_without_end_is_told_once_in_the_time_of_the_limit():
    story = begun(BACKUP)
    count = flap(story, 300, 2)
    told = story.wait(120).drain()
    sums = [one for one in told if one["Suppressed"] != "0"]
    assert len(sums) == 5
    assert len(told) == 10 + len(sums)
    assert sum(int(one["Suppressed"]) for one in sums) == count - 10 == story.node.suppressed


def test_the_end_of_a_storm_is_not_told_when_the_last_sum_told_all():
    story = begun(BACKUP)
    flap(story, 63, 2)
    story.wait(120)
    assert [one["Suppressed"] for one in story.drain() if one["Suppressed"] != "0"] == ["116"]
    assert story.node.suppressed == 116


def test_more_changes_than_may_wait_are_counted():
    story = begun(BACKUP)
    story.node.listening = True
    for number in range(2 * MAX_PENDING):
        story.line(MASTER if number % 2 == 0 else BACKUP)
    told = story.wait(120).drain()
    assert int(told[-1]["Suppressed"]) + len(told) - 1 == 2 * MAX_PENDING
    assert story.health() == told[-1]["Health"]


def test_a_storm_of_one_service_is_none_of_another():
    story = begun(BACKUP).line(BACKUP, "SITE2").wait(5)
    flap(story, 30, 2)
    story.drain()
    story.line(MASTER, "SITE2").read()
    assert [one["Subject"] for one in story.wait(1).drain()] == ["SITE2"]


# Sources.


def test_the_first_state_of_a_source_is_no_change():
    assert begun(MASTER).source("fifo", "absent", "no such FIFO").wait(60).drain() == []


def test_a_source_that_is_lost_and_back_is_told_when_it_has_held():
    story = begun(MASTER).source("fifo", "ok").wait(5)
    story.source("fifo", "absent", "/run/vrrp.fifo: no such FIFO").wait(HOLD - 0.01)
    assert story.drain() == []
    (told,) = story.wait(0.01).drain()
    assert (told.news.kind, told.moves, told["Subject"]) == (Kind.sourceChange, "ok -> absent", "fifo")
    assert (told["Cause"], told["CauseText"]) == ("sourceLost", "/run/vrrp.fifo: no such FIFO")
    assert told.news.at == DATE + story.now - HOLD
    (told,) = story.source("fifo", "ok", "/run/vrrp.fifo: no such FIFO").wait(HOLD).drain()
    assert (told.moves, told["Cause"], told["CauseText"]) == ("absent -> ok", "recovered", "fifo can be read again")


def test_a_source_that_is_back_soon_is_not_told():
    story = begun(MASTER).source("fifo", "ok").source("fifo", "absent").wait(0.9).source("fifo", "ok")
    assert story.wait(60).drain() == []


def test_a_storm_of_sources_is_counted():
    story = begun(MASTER, limit=3)
    for number in range(20):
        story.source(f"s{number}", "ok")
    for number in range(20):
        story.source(f"s{number}", "refused", "nobody listens")
    told = story.wait(60).drain()
    assert kinds(told) == [Kind.sourceChange] * 4
    assert (told[-1]["Suppressed"], story.node.suppressed) == ("17", 17)


def test_nothing_is_told_of_sources_before_the_first_judgement():
    story = Story(awaited=("kernel", "fifo")).source("kernel", "stale").source("kernel", "ok")
    assert story.wait(START - 0.1).drain() == []
    assert len(story.wait(60).drain()) == 1


# Backends and servers.


def test_a_backend_is_told_at_once_and_servers_are_not_told():
    story = begun(MASTER).haproxy(ALL_DOWN)
    (told,) = story.drain()
    assert (told.news.kind, told["Subject"], told.moves) == (Kind.backendChange, "local/app", "UP -> DOWN")
    assert told["CauseText"] == "local/app went from UP to DOWN"
    (told,) = [one for one in story.haproxy().drain() if one.news.kind is Kind.backendChange]
    assert told.moves == "DOWN -> UP"


def test_servers_are_told_where_that_is_asked_for():
    story = begun(MASTER, servers=True, backends=False).haproxy(ALL_DOWN)
    told = story.drain()
    assert kinds(told) == [Kind.serverChange] * 2
    assert [(one["Subject"], one.moves) for one in told] == [
        ("local/app/web1", "UP -> DOWN"),
        ("local/app/web2", "UP -> DOWN"),
    ]


def test_a_reload_of_haproxy_with_servers_down_is_no_recovery():
    """FACTS 2: a reload shows each server UP with check_status INI until its first check has ended."""
    story = begun(MASTER).haproxy(ALL_DOWN).wait(30)
    story.drain()
    story.haproxy({"app": {"web1": ("UP", "INI"), "web2": ("UP", "INI")}}).wait(0.5).haproxy(ALL_DOWN)
    assert story.wait(60).drain() == []


def test_a_storm_of_servers_is_one_event_with_its_count():
    up, down = ({"app": {f"web{number}": state for number in range(100)}} for state in ("UP", "DOWN"))
    story = Story(servers=True).kernel().haproxy(up).wait(10).haproxy(down).wait(60)
    servers = [one for one in story.drain() if one.news.kind is Kind.serverChange]
    assert len(servers) == 11
    assert (servers[-1]["Subject"], servers[-1]["Suppressed"]) == ("(several)", "90")
    assert story.node.suppressed == 90


# Services of the configuration.


def test_services_have_their_part_of_haproxy_and_their_instance():
    www = plan("www", "SITE1", Demand(frontends=("www",), backends=("app",)))
    api = plan("api", "SITE2", Demand(frontends=(), backends=("api",), minimum=Minimum(1)))
    story = Story([www, api]).kernel().writer().line(MASTER).line(BACKUP, "SITE2")
    story.haproxy({"app": {"a": "UP"}, "api": {"a": "UP", "b": "DOWN"}}).wait(10)
    assert (story.health("www"), story.health("api"), story.drain()) == ("active", "standby", [])
    story.haproxy({"app": {"a": "UP"}, "api": {"a": "DOWN", "b": "DOWN"}})
    told = [one for one in story.wait(10).drain() if one.news.kind is Kind.serviceHealthChange]
    assert [(one["Subject"], one.moves) for one in told] == [("api", "backup/standby -> backup/standbyNotReady")]
    assert story.node.health is Health.standbyNotReady


def test_services_of_one_instance_fail_over_together():
    plans = [plan("www", "SITE1"), plan("api", "SITE1", intended=Role.backup)]
    story = Story(plans).kernel().writer().line(BACKUP).haproxy().wait(10).line(MASTER).read()
    told = story.wait(1).drain()
    assert [(one["Subject"], one.moves, one["ServedAsIntended"]) for one in told] == [
        ("www", "backup/standby -> master/active", "true"),
        ("api", "backup/standby -> master/active", "false"),
    ]


def test_services_of_one_instance_have_the_same_trap():
    plans = [plan("www", "SITE1"), plan("api", "SITE1")]
    story = failover(Story(plans).kernel().writer().line(BACKUP).haproxy().wait(10)).trap(MASTER).reason().read()
    told = story.wait(10).drain()
    assert [(one["Subject"], one["KeepalivedTrap"]) for one in told] == [("www", "seen"), ("api", "seen")]


def test_a_service_without_an_instance_has_the_only_one_there_is():
    story = Story([plan("www")]).kernel().writer().line(BACKUP).haproxy().wait(10)
    assert (story.service("www").plan.instance, story.health("www")) == ("SITE1", "standby")
    story.line(BACKUP, "SITE2")
    assert story.service("www").plan.instance is None, "which of the two is meant nobody knows"
    assert story.health("www") == "unknown"


def test_a_service_without_keepalived_has_no_role():
    story = Story([plan("www")]).kernel().haproxy().wait(10)
    assert story.service("www").tracker.condition.role is Role.none
    assert (story.health("www"), story.drain()) == ("active", [])


def test_a_service_of_an_instance_that_is_not_there_is_unknown():
    story = Story([plan("www", "SITE9")]).kernel().writer().line(BACKUP).haproxy().wait(10)
    assert (story.health("www"), story.drain()) == ("unknown", [])
    story.line(BACKUP, "SITE9")
    assert (story.health("www"), story.wait(60).drain()) == ("standby", [])


def test_the_intended_role_is_that_of_the_configuration_else_keepalived_s():
    plans = [plan("own", "SITE1", intended=Role.master), plan("its", "SITE1")]
    story = Story(plans).kernel().writer().line(BACKUP).mib(("SITE1", BACKUP), initial=BACKUP).haproxy()
    assert (story.service("own").intended, story.service("its").intended) == (Role.master, Role.backup)
    assert not story.service("own").served_as_intended(Role.backup)
    assert story.service("its").served_as_intended(Role.backup)


# Instances that come and go.


def test_an_instance_that_comes_later_is_a_service_and_tells_nothing():
    story = begun(MASTER).line(BACKUP, "SITE2")
    assert set(story.node.services) == {"SITE1", "SITE2"}
    assert story.wait(60).drain() == []


@pytest.mark.parametrize("by_line", [True, False])
def test_an_instance_that_is_removed_is_forgotten(by_line):
    story = begun(MASTER).mib(("SITE1", MASTER), ("SITE2", MASTER)).wait(5).haproxy(ALL_DOWN).wait(5)
    assert {"service/SITE2", "vrrp/SITE2"} < story.end().keys()
    story.drain()
    if by_line:
        story.line(VrrpState.deleted, "SITE2")
    else:
        story.mib(("SITE1", MASTER))
    assert set(story.node.services) == {"SITE1"}
    assert story.end().keys() == {"service/SITE1", "vrrp/SITE1"}
    assert story.wait(60).drain() == []
    again = Story(memory=story.end(), now=story.now).kernel(IP).haproxy(ALL_DOWN)
    assert set(again.node.services) == {"SITE1"}


def test_an_instance_that_comes_back_is_a_new_one():
    memory = begun(MASTER).line(MASTER, "SITE2").wait(5).end()
    story = Story(memory=memory, now=500.0).kernel().writer().line(MASTER).line(MASTER, "SITE2").haproxy().wait(60)
    story.line(VrrpState.deleted, "SITE2").wait(60).line(BACKUP, "SITE2")
    assert story.wait(60).drain() == [], "what was before the start explains nothing now"
    assert story.service("SITE2").tracker.transitions == 0


def test_instances_that_change_their_place_stay_what_they_are():
    story = begun(MASTER, IP).mib(("SITE1", MASTER)).wait(5)
    before = story.service("SITE1")
    story.mib(("FIRST", MASTER), ("SITE1", MASTER)).wait(5)
    assert story.service("SITE1") is before
    assert before.tracker.transitions == 0


def test_there_are_only_so_many_services():
    story = Story().kernel().writer().haproxy()
    for number in range(MAX_SERVICES + 10):
        story.node.take_line(FifoLine(f"I{number}", MASTER, None, 100), story.now)
    story.wait(1)
    assert len(story.node.services) == MAX_SERVICES
    assert story.wait(60).drain() == []


# HAProxy processes that come and go with the configuration.


def test_a_process_that_is_read_no_more_is_no_part_of_the_service():
    story = Story(awaited=("kernel", "haproxy/a", "haproxy/b")).kernel().haproxy(name="a").haproxy(ALL_DOWN, name="b")
    assert story.health(NODE) == "activeDegraded"
    assert len(story.service(NODE).members) == 4
    story.node.keep_processes({"a"})
    story.wait(0.1)
    assert (story.health(NODE), len(story.service(NODE).members)) == ("active", 2)
