"""The rows of services, members, VRRP instances and events: their numbers, and what stands in them."""

import pytest

from haproxy_agentx.agentx.constants import Tag
from haproxy_agentx.agentx.oid import dotted, key, parse
from haproxy_agentx.agentx.view import MibView, ServedColumn
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.health.model import MemberKind, Reason, Role
from haproxy_agentx.health.requirements import ServiceRequirements
from haproxy_agentx.health.severity import REMOVED
from haproxy_agentx.monitor.rows import (
    INSTANCES,
    PROCESSES,
    SERVICES,
    Clocks,
    event_columns,
    member_name,
    members_scope,
    service_columns,
    wanted,
    with_subject,
)
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.event_objects import EventRowMaker
from haproxy_agentx.objects.layout import proxy_scope
from haproxy_agentx.objects.tables import object_names
from haproxy_agentx.vocabulary.digest import digest
from haproxy_agentx.vocabulary.event import Delivery, Kind
from haproxy_agentx.vrrp.model import MibRouter, RouterState
from tests.monitor.story import BACKUP, DATE, FAULT, IP, MASTER, ONE_DOWN, Story, plan
from tests.support.cells import cells
from tests.support.cells import shown as readable
from tests.support.event_texts import texts_of
from tests.support.events import event_of

ROOT = schema.ROOT
TABLES = {column.name: table for table in schema.TABLES for column in table.columns}
COLUMNS = {column.name: column for table in schema.TABLES for column in table.columns}

Numbers = dict[str, dict[str, int]]


def numbered(story: Story, numbers: Numbers) -> Numbers:
    """Number what is new, as the store does that has room for each first choice."""
    for scope, names in wanted(story.node, numbers).items():
        numbers.setdefault(scope, {}).update(names)
    return numbers


def clocks(story: Story) -> Clocks:
    """Give those of the story; sysUpTime began with it."""
    return Clocks(lambda: story.now, lambda: DATE + story.now, lambda moment: int(max(0, moment - 100.0) * 100))


def view_of(columns: list[ServedColumn]) -> MibView:
    return MibView(sorted(columns, key=lambda column: column.name), object_names(ROOT))


def row(view: MibView, prefix: str, *index: int) -> dict[str, str]:
    """Give the cells of a row by name without the table's prefix, those that have no instance left out."""
    found = {}
    for name, column in COLUMNS.items():
        if TABLES[name].name == f"{prefix}Table":
            tag, value = view.get(key((*schema.column_oid(TABLES[name], column, ROOT), *index)))
            if tag is not Tag.NO_SUCH_INSTANCE:
                found[name.removeprefix(prefix)] = readable(column, value)
    return found


@pytest.fixture
def story() -> Story:
    """Give two services: one of an instance that is MASTER and knows all, one of which nothing is known."""
    plans = [
        plan("www", "SITE1", ServiceRequirements(("www",), ("app", "gone")), Role.backup),
        plan("zone", "SITE9", ServiceRequirements((), ())),
    ]
    story = Story(plans).kernel().writer().line(BACKUP).mib(("SITE1", BACKUP)).haproxy(ONE_DOWN).wait(10)
    story.line(MASTER, priority=150).kernel(IP).mib(("SITE1", MASTER)).read().wait(20)
    story.haproxy({"app": {"web1": "UP", "web2": "MAINT"}}).wait(5)
    return story


def seconds_of(story: Story, name: str) -> dict[str, str]:
    """Return the texts of the time in each state."""
    counted = story.service(name).time_in_state.seconds(story.now)
    names = ("Served", "Ready", "NotReady", "NotServed", "Unknown")
    return {f"Seconds{name}": str(number) for name, number in zip(names, counted, strict=True)}


def test_a_service(story):
    numbers = numbered(story, {})
    view = view_of(service_columns(story.node, numbers, ROOT, clocks(story)))
    last = story.drain()[-1]
    assert last["Subject"] == "www"
    assert row(view, "haxService", 1) == {
        "Name": "www",
        "Health": "activeDegraded",
        "PreviousHealth": "standbyDegraded",
        "Since": f"{DATE + 110.0:.1f}",
        "LastChange": "1000",
        "Transitions": "1",
        "RoleChanges": "1",
        "Role": "master",
        "IntendedRole": "backup",
        "ServedAsIntended": "false",
        "Readiness": "degraded",
        "UsableServers": "1",
        "EligibleServers": "1",
        "Reasons": str(int(Reason.maintenance | Reason.memberMissing)),
        "ReasonMask": str(2**8 + 2**9),
        "ReasonText": "maintenance, memberMissing",
        "Age": "25",
        "RoleAge": "25",
        "Cause": last["Cause"],
        "CauseText": last["CauseText"],
        "VrrpInstance": "SITE1",
        "AddressesExpected": "1",
        "AddressesHeld": "1",
        "Maintenance": "true",
        "Details": "backend gone is not in HAProxy",
        **seconds_of(story, "www"),
    }
    assert any(int(number) for number in seconds_of(story, "www").values())


def test_what_is_not_known_of_a_service_has_no_instance(story):
    numbers = numbered(story, {})
    shown = row(view_of(service_columns(story.node, numbers, ROOT, clocks(story))), "haxService", 2)
    assert shown["Health"] == "unknown"
    assert not {"PreviousHealth", "AddressesExpected", "AddressesHeld"} & shown.keys()


def test_without_sysuptime_there_is_no_time_stamp(story):
    numbers = numbered(story, {})
    none = Clocks(lambda: story.now, lambda: DATE, lambda _: None)
    view = view_of(service_columns(story.node, numbers, ROOT, none))
    assert "LastChange" not in row(view, "haxService", 1)
    assert "LastChange" not in row(view, "haxVrrp", 1)


def test_a_service_without_an_instance_names_none():
    story = Story().kernel().haproxy()
    numbers = numbered(story, {})
    shown = row(view_of(service_columns(story.node, numbers, ROOT, clocks(story))), "haxService", 1)
    assert "AddressesHeld" not in shown
    expected = {"Role": "none", "IntendedRole": "none", "ServedAsIntended": "true"}
    assert expected.items() <= shown.items()


def test_members_point_to_their_rows(story):
    numbers = numbered(story, {PROCESSES: {"local": 4}, proxy_scope("local"): {"www": 2, "app": 3}})
    view = view_of(service_columns(story.node, numbers, ROOT, clocks(story)))
    known = numbers[members_scope("www")]
    assert known == {
        member_name("local", "www", MemberKind.frontend): 1,
        member_name("local", "app", MemberKind.backend): 2,
        member_name("", "gone", MemberKind.backend): 3,
    }
    entry = f"{dotted(ROOT)}.1"
    assert row(view, "haxServiceMember", 1, 1) == {
        "Process": "local",
        "Proxy": "www",
        "Kind": "frontend",
        "Readiness": "ready",
        "Row": f"{entry}.7.1.10.4.2",
    }
    assert row(view, "haxServiceMember", 1, 2) == {
        "Process": "local",
        "Proxy": "app",
        "Kind": "backend",
        "Readiness": "ready",
        "Usable": "1",
        "Eligible": "1",
        "Required": "1",
        "Row": f"{entry}.8.1.10.4.3",
    }
    missing = row(view, "haxServiceMember", 1, 3)
    assert missing["Readiness"] == "notReady"
    assert "Row" not in missing
    assert row(view, "haxServiceMember", 2, 1) == {}


def test_a_row_whose_service_is_made_of_others_by_now_says_nothing_false(story):
    """Rows follow a moment later, as new ones have to be numbered; until then the old ones are asked."""
    numbers = numbered(story, {})
    view = view_of(service_columns(story.node, numbers, ROOT, clocks(story)))
    story.service("www").verdict = None
    assert row(view, "haxServiceMember", 1, 1) == {}


@pytest.mark.parametrize(
    ("role", "state", "shown"),
    [
        (BACKUP, RouterState.backup, "10.77.0.11"),
        (MASTER, RouterState.master, "10.77.0.11"),
        (MASTER, RouterState.backup, None),  # the role has changed since
        (BACKUP, RouterState.master, None),
        (FAULT, RouterState.initialize, None),  # the master that was heard last may be long gone
        (BACKUP, None, None),
    ],
)
def test_a_master_is_believed_in_while_the_role_is_that_of_the_reading(story, role, state, shown):
    router = MibRouter(2, 51, 4, state, "10.77.0.11", 33)
    story.mib(("SITE1", role), routers=[router]).line(role).wait(2)
    found = row(view_of(service_columns(story.node, numbered(story, {}), ROOT, clocks(story))), "haxVrrp", 1)
    assert found["AdvertsReceived"] == "33"
    assert found.get("BelievedMaster") == shown
    story.mib(("SITE1", role))
    found = row(view_of(service_columns(story.node, numbered(story, {}), ROOT, clocks(story))), "haxVrrp", 1)
    assert not {"AdvertsReceived", "BelievedMaster"} & found.keys(), "it is not answered any more"


def test_an_instance(story):
    numbers = numbered(story, {})
    view = view_of(service_columns(story.node, numbers, ROOT, clocks(story)))
    assert row(view, "haxVrrp", 1) == {
        "Name": "SITE1",
        "State": "master",
        "StateSource": "keepalivedFifo",
        "InitialState": "master",
        "LastChange": "1000",
        "Transitions": "1",
        "OtherMasters": "0",
        "Disputes": "0",
        "AddressesExpected": "1",
        "AddressesHeld": "1",
        "AddressesDigest": digest([IP]),
        "BasePriority": "100",
        "EffectivePriority": "100",
        "VirtualRouterId": "51",
        "Interface": "eth0",
        "ReadingAge": "25000",
        "Contradiction": "",
        "KeepalivedRow": "1.3.6.1.4.1.9586.100.5.2.3.1.2.1",
        "Since": f"{DATE + 110.0:.1f}",
        "Age": "25",
    }


def test_an_instance_of_which_only_the_name_is_known():
    story = Story().kernel().haproxy().line(None)
    numbers = numbered(story, {})
    shown = row(view_of(service_columns(story.node, numbers, ROOT, clocks(story))), "haxVrrp", 1)
    assert {"Name": "SITE1", "State": "unknown"}.items() <= shown.items()
    assert not {"StateSource", "InitialState", "BasePriority", "KeepalivedRow", "ReadingAge"} & shown.keys()


# Numbers


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_names_are_numbered_by_the_alphabet_in_whatever_order_they_come(order):
    """Both nodes of a pair have the same numbers then."""
    plans = [plan("ab"[number - 1]) for number in order]
    story = Story(plans).kernel().writer().haproxy()
    for number in order:
        story.line(MASTER, f"SITE{number}")
    first = wanted(story.node, {})
    assert first[SERVICES] == {"a": 1, "b": 2}
    assert first[INSTANCES] == {"SITE1": 1, "SITE2": 2}
    assert set(first) == {SERVICES, INSTANCES, members_scope("a"), members_scope("b")}


def test_what_has_a_number_keeps_it_and_none_is_given_twice():
    story = Story([plan("b"), plan("c")]).kernel().haproxy()
    known = {SERVICES: {"a": 1, "b": 7}}
    assert wanted(story.node, known)[SERVICES] == {"c": 8}
    numbered(story, known)
    assert SERVICES not in wanted(story.node, known)
    assert known[SERVICES] == {"a": 1, "b": 7, "c": 8}


def test_what_has_no_number_yet_has_no_row(story):
    assert service_columns(story.node, {}, ROOT, clocks(story)) == []
    view = view_of(service_columns(story.node, {SERVICES: {"zone": 5}}, ROOT, clocks(story)))
    assert row(view, "haxService", 5)
    assert row(view, "haxService", 1) == {}


def test_a_frontend_and_a_backend_of_one_name_are_two_members():
    names = {member_name("p", "x", kind) for kind in MemberKind}
    assert len(names) == 2


# Events


def test_an_event_is_a_row_of_its_number():
    events = [event_of(Kind.serviceFailover, 9), event_of(Kind.test, 300, delivery=Delivery.acknowledged, tries=2)]
    view = view_of(event_columns(events, ROOT, lambda: 0.0))
    for event in events:
        shown = cells(schema.EVENT_TABLE, EventRowMaker(event, lambda: 0.0)())
        assert row(view, "haxEvent", event.sequence) == {
            name.removeprefix("haxEvent"): text for name, text in shown.items()
        }
    assert row(view, "haxEvent", 10) == {}


def test_the_cells_that_a_node_tells_are_those_of_the_event_s_row(story):
    story.source("fifo", "ok").source("fifo", "absent", "no such FIFO").haproxy({"app": {"web1": "DOWN"}}).wait(5)
    reported = story.drain()
    assert {one.draft.kind for one in reported} >= {Kind.serviceHealthChange, Kind.sourceChange, Kind.backendChange}
    for number, one in enumerate(reported, 1):
        shown = row(view_of(event_columns([Event(number, one.draft)], ROOT, lambda: 0.0)), "haxEvent", number)
        given = {name.removeprefix("haxEvent"): text for name, text in texts_of(one.draft).items()}
        assert given.items() <= shown.items()


def test_no_events_no_rows():
    assert event_columns([], ROOT, lambda: 0.0) == []


@pytest.mark.parametrize(
    ("kind", "subject", "row", "index"),
    [
        (Kind.serviceFailover, "www", "3.1.2.7", 7),
        (Kind.serviceHealthChange, "www", "3.1.2.7", 7),
        (Kind.sourceChange, "local", "2.1.2.1", 1),
        (Kind.sourceChange, "fifo", "2.1.2.102", 102),
        (Kind.backendChange, "local/be", "8.1.10.1.4", 4),
        (Kind.serverChange, "local/be/web1", "9.1.10.1.4.9", 9),
        (Kind.backendChange, "local/gone", None, None),
        (Kind.sourceChange, "(several)", None, None),
        (Kind.test, "haproxy-agentx", None, None),
    ],
)
def test_an_event_points_to_the_row_of_whom_it_is_about(kind, subject, row, index):
    numbers = {
        SERVICES: {"www": 7},
        PROCESSES: {"local": 1, "source fifo": 102},
        "proxy/local": {"be": 4},
        "server/local/be": {"web1": 9},
    }
    found = with_subject(EventDraft(0.0, kind, subject=subject), numbers, ROOT)
    assert found.subject_row == (None if row is None else parse(f"{dotted(ROOT)}.1.{row}"))
    assert found.subject_index == index
    gone = with_subject(EventDraft(0.0, kind, subject=subject, state=REMOVED), numbers, ROOT)
    assert gone.subject_row is None, "it is not there any more"
    assert gone.subject_index == index, "and its number stays its own"
