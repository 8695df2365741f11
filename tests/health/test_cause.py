"""explain: each rule of the table has its case (docs/health.md, 'Causes')."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.health.cause import Cause, Change, Fact, FactKind, explain
from haproxy_agentx.health.cause_rules import RULES, CauseRule
from haproxy_agentx.health.facts import LINGER, OVER, SAME
from haproxy_agentx.health.model import Health, Reason, Role
from haproxy_agentx.health.moves import MOVES, Move, move_of
from haproxy_agentx.health.words import MAX_LINE
from tests.health.changes import NOW, SOME, ago, change

# Moves

STEPS = {
    Move.becameMaster: ("backup/standby", "master/active"),
    Move.steppedBack: ("master/active", "backup/standby"),
    Move.becameBackup: ("none/active", "backup/standby"),
    Move.failed: ("master/active", "fault/fault"),
    Move.stopped: ("master/active", "stopped/stopped"),
    Move.roleKnown: ("unknown/unknown", "backup/standby"),
    Move.roleUnknown: ("master/active", "unknown/unknown"),
    Move.unmanaged: ("master/active", "none/active"),
    Move.foundStopped: ("stopped/unknown", "stopped/stopped"),
    Move.foundFailed: ("fault/unknown", "fault/fault"),
    Move.conflict: ("master/active", "master/conflict"),
    Move.worse: ("master/active", "master/blackhole"),
    Move.better: ("master/blackhole", "master/active"),
    Move.unchanged: ("master/active", "master/active"),
}


@pytest.mark.parametrize("move", Move)
def test_each_move(move):
    assert move_of(change(*STEPS[move])) is move


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        ("fault/fault", "master/active", Move.becameMaster),
        ("stopped/stopped", "master/active", Move.becameMaster),
        ("fault/fault", "backup/standby", Move.becameBackup),
        ("backup/standby", "fault/fault", Move.failed),
        ("unknown/unknown", "fault/fault", Move.failed),
        ("unknown/unknown", "stopped/stopped", Move.stopped),
        ("none/active", "backup/standby", Move.becameBackup),
        ("master/active", "backup/conflict", Move.steppedBack),
        ("master/active", "master/unknown", Move.worse),
        ("master/blackhole", "master/unknown", Move.worse),
        ("master/conflict", "master/blackhole", Move.worse),
        ("master/conflict", "master/active", Move.better),
        ("stopped/conflict", "stopped/stopped", Move.better),
        ("stopped/unknown", "stopped/conflict", Move.conflict),
        ("backup/unknown", "backup/standby", Move.better),
        ("backup/unknown", "backup/standbyNotReady", Move.worse),
        ("backup/standbyNotReady", "backup/standbyDegraded", Move.better),
    ],
)
def test_moves(before, after, move):
    assert move_of(change(before, after)) is move


def test_each_pair_of_roles_is_a_move():
    for before in Role:
        for after in Role:
            if before is not after:
                named = [move for old, new, move in MOVES if after in new and (not old or before in old)]
                assert named
                assert move_of(change(f"{before.name}/unknown", f"{after.name}/unknown")) is named[0]


# Each row of the table

ROWS = [(move, number, rule) for move, rules in RULES.items() for number, rule in enumerate(rules)]


def only_for(move: Move, rule: CauseRule) -> tuple[Change, list[Fact]]:
    """Make a change for which this row is the first of its move that has evidence."""
    before, after = STEPS[move]
    if rule.came_from:
        before = f"{rule.came_from[0].name}/{before.split('/')[1]}"
    facts = [Fact(NOW - rule.before, rule.facts[-1], "the evidence")] if rule.facts else []
    return change(before, after, SOME | rule.reasons, "the evidence"), facts


@pytest.mark.parametrize(("move", "number", "rule"), ROWS, ids=lambda item: getattr(item, "name", None))
def test_each_row_decides_for_its_evidence(move, number, rule):
    what, facts = only_for(move, rule)
    cause, words = explain(what, facts)
    assert cause is rule.cause
    assert words == rule.words.replace("{what}", "the evidence")
    assert number == next(n for n, other in enumerate(RULES[move]) if other is rule)


@pytest.mark.parametrize(("move", "rule"), [(move, rule) for move, _, rule in ROWS if rule.facts])
def test_no_row_decides_outside_its_time(move, rule):
    before, after = STEPS[move]
    nothing = explain(change(before, after), [])
    longest = max(other.before for other in RULES[move])
    for at in (NOW - longest - 0.1, NOW + rule.after + 0.1):
        assert explain(change(before, after), [Fact(at, rule.facts[0], "too far")]) == nothing


@pytest.mark.parametrize(("move", "rule"), [(move, rule) for move, _, rule in ROWS if rule.unless])
def test_no_row_decides_against_what_excludes_it(move, rule):
    what, facts = only_for(move, rule)
    for kind in rule.unless:
        assert explain(what, [*facts, Fact(NOW, kind, "against")])[0] is not rule.cause
        for at in (NOW - 2 * SAME, NOW + 2 * SAME):
            assert explain(what, [*facts, Fact(at, kind, "of another change")])[0] is rule.cause


def test_each_move_but_worse_ends_with_a_row_that_needs_no_evidence():
    for move in Move:
        if move not in (Move.worse, Move.unchanged):
            assert not RULES[move][-1].needs_evidence
            assert not RULES[move][-1].came_from


def test_each_cause_is_found():
    found = {rule.cause for _, _, rule in ROWS} | {Cause.none, Cause.unknown}
    assert found == set(Cause) - {Cause.trafficElsewhere}  # of a pair, not of a node: pair/words.py


# Details of the rules


def test_a_fact_that_was_over_long_before_explains_nothing():
    step = change("master/active", "backup/standby")
    assert explain(step, [ago(10, "haproxyGone")])[0] is Cause.haproxyGone
    assert explain(step, [ago(10, "haproxyGone"), ago(LINGER - 1, "haproxyBack")])[0] is Cause.haproxyGone
    assert explain(step, [ago(10, "haproxyGone"), ago(LINGER + 1, "haproxyBack")])[0] is Cause.unknown
    again = [ago(10, "haproxyGone"), ago(LINGER + 1, "haproxyBack"), ago(3, "haproxyGone")]
    assert explain(step, again)[0] is Cause.haproxyGone


def test_the_nearest_fact_of_a_kind_is_told():
    facts = [ago(9, "linkDown", "interface eth0 is down"), ago(1, "linkDown", "interface eth1 is down")]
    step = change("master/active", "fault/fault")
    assert explain(step, facts) == explain(step, facts[::-1]) == (Cause.interfaceDown, "interface eth1 is down")


def test_new_reasons_go_before_old_ones():
    old, new = Reason.frontendClosed, Reason.belowMinimum
    assert explain(change("master/active", "master/blackhole", old | new), [])[0] is Cause.frontendClosed
    assert explain(change("master/active", "master/blackhole", old | new, had=old), [])[0] is Cause.belowMinimum
    assert explain(change("master/active", "master/blackhole", old, had=old), [])[0] is Cause.frontendClosed


def test_words_are_those_of_what_happened():
    says = "haproxy local does not answer within 2 s"
    step = change("master/active", "master/blackhole", Reason.haproxyUnresponsive, says)
    assert explain(step, []) == (Cause.haproxyUnresponsive, says)
    assert explain(change("master/active", "fault/fault"), [ago(1, "haproxyUnresponsive", says)])[1] == says


def test_a_cause_has_words_also_without_details():
    for move, _, rule in ROWS:
        step, facts = only_for(move, rule)
        bare = Change(
            step.at, step.role_before, step.role, step.health_before, step.health, step.reasons, "", step.reasons_before
        )
        assert explain(bare, facts)[1]
        if rule.reasons:
            assert "the evidence" not in explain(bare, facts)[1]


def test_what_is_better_and_not_yet_good_says_what_is_left():
    step = change("master/blackhole", "master/activeDegraded", Reason.belowMinimum, "backend app has 1 of 3 servers")
    words = explain(step, [ago(1, "serving", "HAProxy serves SITE1 again")])[1]
    assert words == "HAProxy serves SITE1 again; still: backend app has 1 of 3 servers"


def test_nothing_changed_has_no_cause():
    assert explain(change("master/active", "master/active"), [ago(1, "haproxyGone")]) == (Cause.none, "")


def test_what_ends_a_fact_is_not_itself():
    for kind, ends in OVER.items():
        assert kind not in ends


FACTS = st.lists(
    st.builds(
        Fact,
        st.floats(NOW - 100, NOW + 100) | st.floats(allow_nan=True, allow_infinity=True),
        st.sampled_from(FactKind),
        st.text(max_size=400),
    ),
    max_size=30,
)
CHANGES = st.builds(
    Change,
    st.just(NOW),
    st.sampled_from(Role),
    st.sampled_from(Role),
    st.sampled_from(Health),
    st.sampled_from(Health),
    st.integers(0, (1 << 14) - 1).map(Reason),
    st.text(max_size=400),
    st.integers(0, (1 << 14) - 1).map(Reason),
)


@given(CHANGES, FACTS)
def test_any_facts_give_a_cause_and_a_line(what, facts):
    cause, words = explain(what, facts)
    assert (cause is Cause.none) is (move_of(what) is Move.unchanged)
    assert words.isprintable()
    assert len(words) <= MAX_LINE + 3
    if cause is Cause.unknown:
        assert move_of(what) in (
            Move.worse,
            Move.becameMaster,
            Move.steppedBack,
            Move.failed,
            Move.stopped,
            Move.becameBackup,
        )
