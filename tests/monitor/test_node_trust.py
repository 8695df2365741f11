"""What forged traps change of a node: nothing, whatever true sources say before, between and after them."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haproxy_agentx.health.instance import PROPOSAL_LIFE
from haproxy_agentx.health.instances import MAX_INSTANCES, MAX_PROPOSED, PROPOSED_CHANGES, LeftOut
from haproxy_agentx.health.model import Role
from haproxy_agentx.vrrp.model import FifoLine, MibFailure, NewMasterReason, NewMasterTrap, StateTrap, VrrpState
from haproxy_agentx.vrrp.trust import Community, Sender, TrapEvidence
from tests.monitor.story import ALL_DOWN, BACKUP, FAULT, IP, MASTER, Reported, Story, changes, plan
from tests.support.event_texts import texts_of

EVIDENCE = [TrapEvidence(sender, community) for sender, community in product(Sender, Community)]
FORGED = [one for one in EVIDENCE if one.sender is not Sender.proven or one.community is Community.wrong]
"""All that is not both of snmpd and of the community."""

SECRET = TrapEvidence(Sender.unseen, Community.right)
POWERLESS = [one for one in FORGED if one != SECRET]
"""Those of them that do nothing where traps are all there is, too."""

NAMES = ("SITE1", "SITE2", "OTHER")
STATES = (MASTER, BACKUP, FAULT, VrrpState.shutdown)

true_news = st.one_of(
    st.tuples(st.just("line"), st.sampled_from(STATES), st.sampled_from(NAMES)),
    st.tuples(st.just("trap"), st.sampled_from(STATES), st.sampled_from(NAMES)),
    st.tuples(st.just("mib"), st.sampled_from(STATES), st.sampled_from(STATES)),
    st.tuples(st.just("kernel"), st.booleans(), st.none()),
    st.tuples(st.just("haproxy"), st.booleans(), st.none()),
    st.tuples(st.just("writer"), st.booleans(), st.none()),
    st.tuples(st.just("reason"), st.sampled_from(NewMasterReason), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([0.01, 0.3, 2.0, 30.0]), st.none()),
)


def forged_news(evidence):
    return st.tuples(
        st.just("forged"),
        st.sampled_from(evidence),
        st.sampled_from([*NAMES, "FORGED1", "FORGED2", None]),
        st.sampled_from(STATES),
    )


def play(story: Story, news: tuple) -> None:  # noqa: C901  one case for each kind of news
    match news:
        case "line", state, name:
            story.line(state, name)
        case "trap", state, name:
            story.trap(state, name)
        case "mib", one, other:
            story.mib(("SITE1", one), ("SITE2", other))
        case "kernel", held, _:
            story.kernel(*([IP] if held else []))
        case "haproxy", up, _:
            story.haproxy() if up else story.haproxy(ALL_DOWN)
        case "writer", present, _:
            story.writer(present)
        case "reason", reason, _:
            story.reason(reason)
        case "wait", seconds, _:
            story.wait(seconds)
        case "forged", evidence, None, _:
            story.node.take_trap(NewMasterTrap(NewMasterReason.preempted), story.now, evidence)
            story._look()
        case "forged", evidence, name, state:
            initial = BACKUP if state is MASTER else MASTER
            story.node.take_trap(StateTrap(name, state, initial, "forged", 1), story.now, evidence)
            story._look()


def outcome(story: Story) -> Mapping[str, object]:
    """Return all that anybody can see of a node."""
    node = story.node
    return {
        "told": [(one.at, one.draft) for one in story.reported],
        "roles": {
            name: (known.role, known.source, known.initial, known.router_id)
            for name, known in node.instances.known.items()
        },
        "router": node.instances.router_id,
        "services": {name: (service.intended, service.snapshot(story.now)) for name, service in node.services.items()},
        "facts": list(node.facts.recent),
        "memory": story.end(),
        "deadline": node.deadline(story.now),
    }


def of_services(story: Story) -> list[Reported]:
    """Return what was reported of services since the last time."""
    return [one for one in story.drain() if "haxEventHealth" in texts_of(one.draft)]


BEGINNINGS = {
    "fifo": lambda story: story.writer().line(BACKUP),
    "mib": lambda story: story.mib(("SITE1", BACKUP)),
    "both": lambda story: story.writer().line(BACKUP).mib(("SITE1", BACKUP)),
    "fifo, configured": lambda story: story.writer().line(BACKUP),
}


def begin(kind: str) -> Story:
    story = Story([plan("one", "SITE1"), plan("all")]) if kind.endswith("configured") else Story()
    story.node.listening = True
    return BEGINNINGS[kind](story.kernel()).haproxy()


@pytest.mark.parametrize("kind", BEGINNINGS)
@settings(max_examples=100, deadline=None)
@given(st.lists(true_news | forged_news(FORGED), max_size=30))
def test_forged_traps_change_nothing_where_the_fifo_or_the_mib_speaks(kind, news):
    true, attacked = begin(kind), begin(kind)
    for one in news:
        play(attacked, one)
        if one[0] != "forged":
            play(true, one)
        assert outcome(attacked)["services"] == outcome(true)["services"]
    for story in (true, attacked):
        story.wait(60)
    assert outcome(attacked) == outcome(true)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        true_news.filter(lambda one: one[0] not in {"line", "mib", "writer"}) | forged_news(POWERLESS), max_size=30
    )
)
def test_forged_traps_change_nothing_where_traps_are_all_there_is(news):
    true, attacked = Story().kernel().haproxy(), Story().kernel().haproxy()
    for one in news:
        play(attacked, one)
        if one[0] != "forged":
            play(true, one)
    for story in (true, attacked):
        story.wait(60)
    assert outcome(attacked) == outcome(true)


def test_a_proven_trap_replaces_all_proposed_instances():
    story = Story().kernel().haproxy()
    story.trap(MASTER, "FORGED", evidence=SECRET).wait(5)
    assert "FORGED" in story.node.services
    assert not any("FORGED" in key for key in story.end())
    story.trap(MASTER, "SITE1").wait(5)
    assert set(story.node.services) == {"SITE1"}
    story.trap(MASTER, "FORGED", evidence=SECRET).wait(5)
    assert set(story.node.services) == {"SITE1"}


def test_proposed_instances_are_bounded_and_expire():
    story = Story().kernel().haproxy()
    for number in range(2 * MAX_INSTANCES):
        story.trap(BACKUP, f"F{number}", evidence=SECRET)
    story.wait(5)
    assert len(story.node.instances.known) == MAX_PROPOSED
    no_room, too_often = 2 * MAX_INSTANCES - MAX_PROPOSED, MAX_PROPOSED - PROPOSED_CHANGES
    assert story.node.instances.traps_left_out.number == no_room + too_often
    story.wait(PROPOSAL_LIFE)
    assert set(story.node.services) == {"node"}


def test_proven_instances_are_bounded_and_what_is_left_out_is_counted():
    story = Story().kernel().haproxy()
    for number in range(MAX_INSTANCES + 3):
        story.trap(BACKUP, f"R{number}")
    assert len(story.node.instances.known) == MAX_INSTANCES
    assert story.node.instances.traps_left_out == LeftOut(3, story.now)
    story.trap(MASTER, "R0").trap(MASTER, "FORGED", evidence=SECRET)
    assert story.node.instances.traps_left_out.number == 3, "a known one has its room, and one without power needs none"


def filled() -> Story:
    """Give a node that knows as many instances as lines of the FIFO may make known."""
    story = Story([plan("site", "SITE1")]).kernel().writer().haproxy()
    for number in range(MAX_INSTANCES):  # without a look at all of them after each
        story.node.take_line(FifoLine(f"R{number}", BACKUP, None, 100), story.now)
    return story


def test_instances_of_the_fifo_are_bounded_and_what_is_left_out_is_counted():
    story = filled()
    for number in range(3):
        story.line(MASTER, f"NEW{number}")
    assert story.node.instances.known.keys() == {f"R{number}" for number in range(MAX_INSTANCES)}
    assert story.node.instances.lines_left_out == LeftOut(3, story.now)
    story.line(MASTER, "R0").line(VrrpState.deleted, "GONE")
    assert story.node.instances.known["R0"].role is Role.master
    assert story.node.instances.lines_left_out.number == 3, "a known one has its room, and one that is gone needs none"


def test_what_the_configuration_names_has_room_beyond_the_bound():
    story = filled().line(MASTER, "SITE1")
    assert len(story.node.instances.known) == MAX_INSTANCES + 1
    story.wait(5)
    assert story.service("site").role is Role.master


def test_an_instance_that_is_deleted_makes_room():
    story = filled().line(VrrpState.deleted, "R0").line(BACKUP, "NEW")
    assert "NEW" in story.node.instances.known
    assert story.node.instances.lines_left_out.number == 0


def test_instances_that_keepalived_does_not_name_after_a_reload_make_room():
    story = filled().writer(False).writer().line(BACKUP, "R0").line(BACKUP, "NEW")
    assert {"R0", "NEW"} <= story.node.instances.known.keys()
    assert len(story.node.instances.known) == MAX_INSTANCES


def test_proposed_changes_of_role_use_up_no_limit():
    story = Story().kernel(IP).haproxy()
    story.node.listening = True
    for number in range(40):
        story.trap((MASTER, BACKUP)[number % 2], evidence=SECRET).wait(0.5)
    assert sum(one.draft.kind.name == "serviceFailover" for one in story.reported) <= PROPOSED_CHANGES
    story.drain()
    story.haproxy(ALL_DOWN).wait(3)
    reported = of_services(story)
    assert [one["Suppressed"] for one in reported] == ["0"]
    assert reported[0]["Health"] in {"blackhole", "standbyNotReady"}


def test_forged_flapping_does_not_hide_the_death_of_haproxy():
    story = Story().kernel(IP).writer().line(MASTER).haproxy().wait(10)
    for number in range(100):
        for evidence in FORGED:
            story.trap((MASTER, BACKUP)[number % 2], evidence=evidence)
        story.wait(0.1)
    assert story.drain() == []
    story.haproxy(ALL_DOWN).wait(3)
    (reported,) = of_services(story)
    assert reported.moves == "master/active -> master/blackhole"
    assert reported["Suppressed"] == "0"


def test_forged_names_take_no_room_from_true_ones_also_after_a_restart():
    story = Story().kernel().haproxy()
    for number in range(300):
        for evidence in POWERLESS:
            story.trap(MASTER, f"F{number}", evidence=evidence)
    story.wait(5)
    again = Story(memory=story.end(), now=story.now).kernel().haproxy()
    again.trap(MASTER, "SITE1").wait(5)
    again.trap(FAULT, "SITE1").wait(5)
    assert set(again.node.services) == {"SITE1"}
    assert [change.split(" -> ")[1] for change in changes(again)] == ["master/active", "fault/fault"]


def test_names_that_an_earlier_version_believed_wait_until_they_are_confirmed():
    entry = '{"role": "backup", "addresses": [], "initial": null, "router_id": "", "by_fifo": false}'
    memory = {f"vrrp/F{number}": entry for number in range(300)}
    story = Story(memory=memory).kernel().writer().line(MASTER).haproxy().wait(10)
    assert set(story.node.services) == {"SITE1"}
    assert not any(key.startswith("vrrp/F") for key in story.end())


def test_a_confirmed_instance_makes_room_for_itself():
    entry = '{"role": "backup", "addresses": [], "initial": null, "router_id": "", "by_fifo": false, "confirmed": true}'
    memory = {f"vrrp/R{number}": entry for number in range(MAX_INSTANCES)}
    story = Story(memory=memory).kernel().haproxy().wait(5)
    story.trap(MASTER, "SITE1").wait(5)
    assert "SITE1" in story.node.services
    assert len(story.node.instances.known) == MAX_INSTANCES


def test_a_trap_that_comes_before_the_mib_says_so_is_seen():
    story = Story(awaited=("kernel", "mib", "haproxy/local"))
    story.node.listening = True
    story.kernel().mib(("SITE1", BACKUP)).haproxy().wait(30)
    story.trap(MASTER).wait(3)
    assert story.drain() == []
    story.mib(("SITE1", MASTER)).kernel(IP).read().wait(3)
    (reported,) = story.drain()
    assert (reported.moves, reported["KeepalivedTrap"]) == ("backup/standby -> master/active", "seen")
    story.no_mib(MibFailure.not_there)
