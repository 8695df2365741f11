"""The description that all packs are made of: it names what the MIB has, and covers what an operator has to know."""

import pytest

from haproxy_agentx.health.model import Cause, Health
from haproxy_agentx.health.severity import OF_HEALTH, Severity, severity_of
from haproxy_agentx.pair.model import PairState
from haproxy_agentx.vocabulary.event import Kind
from integration.packs import operations
from integration.packs.alarms import ALARMS, SECTIONS, SITE_ALARMS, Above, Below, Grows, OneOf, Share, Silent
from integration.packs.files import source
from integration.packs.mib import NOTIFICATIONS, TABLES, Mib, carried
from integration.packs.watched import SCALAR_TEXTS, SCALARS, WATCHED, lineage, namer

SOURCE = source()
MIB = Mib()
BY_NAME = {alarm.name: alarm for alarm in ALARMS}
KINDS = {watched.kind: watched for watched in WATCHED}


def objects(when):
    match when:
        case OneOf(name, _) | Above(name, _) | Below(name, _) | Grows(name, _) | Silent(name):
            return (name,)
        case Share(name, limit, _):
            return (name, limit)


@pytest.mark.parametrize("watched", WATCHED, ids=lambda watched: watched.table)
def test_a_watched_table_has_its_columns(watched):
    assert watched.table in TABLES
    for name in (watched.name, *watched.values, *watched.texts):
        assert MIB.object(name).table == watched.table
    assert all(not MIB.object(name).is_text for name in watched.values)
    assert all(MIB.object(name).is_text for name in (watched.name, *watched.texts))


def test_the_names_of_a_row_are_as_many_as_its_indexes():
    for watched in WATCHED:
        assert len(lineage(watched)) == len(TABLES[watched.table].indexes)
        assert TABLES[namer(watched).table].indexes == TABLES[watched.table].indexes


def test_scalars_are_scalars():
    for name in (*SCALARS, *SCALAR_TEXTS):
        assert MIB.object(name).table == ""
        assert MIB.object(name).is_text == (name in SCALAR_TEXTS)


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_an_alarm_asks_what_is_watched(alarm):
    watched = KINDS[alarm.kind].values if alarm.kind != "node" else SCALARS
    texts = KINDS[alarm.kind].texts if alarm.kind != "node" else SCALAR_TEXTS
    assert set(objects(alarm.when)) <= set(watched)
    assert set(alarm.shown) <= set(texts)
    if isinstance(alarm.when, OneOf):
        assert set(alarm.when.labels) < set(MIB.object(alarm.when.object).labels)
    if isinstance(alarm.when, Grows):
        assert MIB.object(alarm.when.object).is_counter


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_what_explains_an_alarm_is_an_alarm_of_the_same_rows(alarm):
    assert all(BY_NAME[name].kind == alarm.kind for name in alarm.explained_by)
    assert alarm.name not in alarm.explained_by


def test_names_of_alarms_are_unique():
    names = [alarm.name for alarm in (*ALARMS, *SITE_ALARMS)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("health", Health)
def test_each_health_that_is_not_well_has_one_alarm_of_its_severity(health):
    found = [a for a in ALARMS if isinstance(a.when, OneOf) and a.when == OneOf("haxServiceHealth", (health.name,))]
    if OF_HEALTH[health] is Severity.cleared:
        assert found == []
    else:
        assert [alarm.severity for alarm in found] == [OF_HEALTH[health]]


# docs/operations.md


TITLES = [
    *(f"Health: {one.name}" for one in Health),
    *(f"Pair: {one.name}" for one in PairState),
    *(f"Cause: {one.name}" for one in Cause),
]


@pytest.mark.parametrize("state", PairState)
def test_each_pair_state_that_is_not_well_has_one_alarm_of_its_severity(state):
    severity = severity_of(Kind.pairChange, state.name)
    found = [alarm.severity for alarm in ALARMS if alarm.when == OneOf("haxPairState", (state.name,))]
    assert found == ([] if severity is Severity.cleared else [severity])


@pytest.mark.parametrize("title", TITLES)
def test_each_health_pair_state_and_cause_has_its_section(title):
    section = SOURCE.sections[title]
    assert section.meaning
    assert section.look
    assert section.act


def test_there_is_a_section_for_what_the_packs_link_to_and_no_other_kind():
    known = {*TITLES, *SECTIONS}
    extra = {"Alarm: notificationsMissed"}
    assert set(SECTIONS) <= SOURCE.sections.keys()
    assert SOURCE.sections.keys() - known <= extra


def test_a_section_without_its_parts_is_refused():
    with pytest.raises(ValueError, match="Health: odd"):
        operations.sections("### Health: odd\n\nA meaning.\n\n* **Look at**: here.\n")


def test_the_text_of_a_section_is_plain():
    document = "### Health: odd\n\nA `b` [c](d.md)\ne.\n\n* **Look at**: f\n  g.\n* **Do**: h.\n\n## Next\n"
    assert operations.sections(document)["Health: odd"].text == "A b c e.\nLook at: f g.\nDo: h."


def test_objects_of_notifications_are_in_the_mib():
    for notification in NOTIFICATIONS:
        assert all(MIB.object(name) for name in carried(notification))
