"""What a node has answered, as records: by the MIB, and whatever a hostile agent answers."""

import json
import random

import pytest

from haproxy_agentx.health.model import Cause, Health, Role
from haproxy_agentx.objects import schema
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import PairState, PeerState, Standing
from haproxy_agentx.pair.plugin import COLUMNS
from haproxy_agentx.watch.as_json import json_of
from haproxy_agentx.watch.asked import EVENTS, MEMBERS, PEERS, SCALARS, SERVICES, Asked, columns_below
from haproxy_agentx.watch.report import report_of
from haproxy_agentx.watch.view import view_of, with_events
from tests.support.watched import site

NAMES = {
    Asked.version: "haxAgentVersion",
    Asked.pair_self: "haxPairSelf",
    Asked.last_event: "haxAgentLastEventSequence",
    Asked.service_name: "haxServiceName",
    Asked.service_readiness: "haxServiceReadiness",
    Asked.service_usable: "haxServiceUsableServers",
    Asked.service_eligible: "haxServiceEligibleServers",
    Asked.service_age: "haxServiceAge",
    Asked.pair_age: "haxPairAge",
    Asked.pair_active: "haxPairActiveNode",
    Asked.member_node: "haxPairMemberNode",
    Asked.member_local: "haxPairMemberLocal",
    Asked.member_standing: "haxPairMemberStanding",
    Asked.member_addresses: "haxPairMemberAddressesDigest",
    Asked.member_age: "haxPairMemberAge",
    Asked.member_router: "haxPairMemberVirtualRouterId",
    Asked.peer_name: "haxPeerName",
    Asked.peer_address: "haxPeerAddress",
    Asked.peer_state: "haxPeerState",
    Asked.peer_age: "haxPeerReadingAge",
    Asked.peer_error: "haxPeerLastError",
    Asked.peer_node: "haxPeerNode",
    Asked.peer_reads_us: "haxPeerReadsUs",
    Asked.peer_maintenance: "haxPeerMaintenance",
    Asked.event_kind: "haxEventKind",
    Asked.event_subject: "haxEventSubject",
    Asked.event_health: "haxEventHealth",
    Asked.event_cause: "haxEventCause",
    Asked.event_cause_text: "haxEventCauseText",
    Asked.event_state: "haxEventState",
    Asked.event_severity: "haxEventSeverity",
    Asked.event_age: "haxEventAge",
}


def test_the_objects_are_those_of_the_mib():
    known = {schema.column_oid(table, one): one.name for table in schema.TABLES for one in table.columns}
    known |= {schema.scalar_oid(one): one.name for one in schema.SCALARS}
    assert {one: known[*ROOT, *one.value] for one in Asked} == NAMES
    assert sorted((*SCALARS, *SERVICES, *MEMBERS, *PEERS, *EVENTS), key=str) == sorted(Asked, key=str)


def test_no_column_is_asked_for_twice_and_one_request_has_all_rows_of_a_pair():
    columns = columns_below(ROOT)
    assert len(set(columns)) == len(columns)
    assert {column[len(ROOT) :] for column in columns} >= set(COLUMNS)
    assert 3 * len(columns) + len(SCALARS) <= 100


def test_a_node_as_it_answers():
    one, two = site(7)
    view = with_events(view_of("host", "127.1.7.1", one.cells(), ROOT), one.cells(), ROOT)
    (service,) = view.services
    (peer,) = view.peers
    assert (view.node, view.said.run, view.said.reads, view.problem) == ("lb1", one.run, (two.run,), "")
    assert (service.said.name, service.said.health, service.said.role) == ("SITE1", Health.active, Role.master)
    assert (service.said.state, service.usable, service.eligible, service.age) == (PairState.redundant, 3, 3, 7384)
    assert [(one.node, one.is_own, one.standing, one.age) for one in service.members] == [
        ("lb1", True, Standing.serving, 0.4),
        ("lb2", False, Standing.ready, 0.4),
    ]
    assert (peer.name, peer.state, peer.age, peer.reads_us) == ("lb2", PeerState.ok, 0.4, True)
    assert [(one.sequence, one.what, one.cause) for one in view.events] == [
        (number, "active", Cause.peerLost) for number in (3, 2, 1)
    ]


def test_without_any_service_the_node_is_not_known():
    view = view_of("host", "", {}, ROOT)
    assert "without haproxy-agentx" in view.problem
    assert view.answer.problem == view.problem


@pytest.mark.parametrize("seed", range(60))
def test_whatever_a_hostile_agent_answers_is_a_report_of_bounded_size(seed):
    dice = random.Random(seed)
    one, two = site(1)
    values = [b"\x1b[2J\n\xff" * 300, -1, 0, 1 << 70, (1, 3, 6), None, b"", b"v=1 run=\x1b x", b"v=2 run=a"]
    cells = dict(one.cells())
    for name in dice.sample(sorted(cells), len(cells) // 2):
        cells[name] = dice.choice(values)
    for name in dice.sample(sorted(cells), 5):
        del cells[name]
        cells[(*name, 1 << 31)] = dice.choice(values)
    views = {
        "a": with_events(view_of("a", "127.1.1.1", cells, ROOT), cells, ROOT),
        "b": view_of("b", "127.1.1.2", two.cells(), ROOT),
    }
    text = json.dumps(json_of(report_of(views, set(), 0.1, 0.0)))
    assert "\x1b" not in text
    assert len(text) < 40_000
