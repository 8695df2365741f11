"""Reading a peer: one request for all of it, and for each way in which it fails the state and the remedy."""

import asyncio
from dataclasses import replace

import pytest
from pysnmp.proto.api import v2c

from haproxy_agentx.config.model import PeerConfig
from haproxy_agentx.health.model import Role
from haproxy_agentx.monitor.peer_poll import PeerPoll
from haproxy_agentx.monitor.services import MAX_SERVICES
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.pair.model import PeerState
from haproxy_agentx.pair.sample import AgentSelf, sample_line, self_line
from tests.pair.world import sample_of
from tests.support.fake_snmpd import BEHIND, FakeSnmpd

OWN_RUN = "aa" * 8
SELF = (*ROOT, 1, 1, 23, 0)
SAMPLE = (*ROOT, 1, 14, 1, 20)
SAID = AgentSelf("bb" * 8, "1.0", "202611220000Z", 1.0, 1.0, 0, "lb2", reads=(OWN_RUN,))


def cells(said=SAID, services=2, **more):
    samples = {
        (*SAMPLE, number): sample_line(replace(sample_of(Role.backup, **more), service=f"site {number}")).encode()
        for number in range(1, services + 1)
    }
    return {SELF: self_line(said).encode(), **samples, (*ROOT, 1, 15, 1, 2, 1, 1): b"lb2", BEHIND: b"engine"}


def polled(found, tmp_path, *, community="public", virtual=(), spoil=None, most=100):
    """Poll once, and return the peer and what was asked for."""
    secret = tmp_path / "community"
    secret.write_text("public\n")

    async def run():
        with FakeSnmpd(found, community, most) as snmpd:
            if spoil is not None:
                snmpd.spoil = spoil
            config = PeerConfig("lb2", snmpd.address, str(secret), timeout=0.3)
            changed = asyncio.Event()
            poll = PeerPoll(config, ROOT, OWN_RUN, lambda host: host in virtual, lambda _: changed.set())
            task = asyncio.create_task(poll.run())
            await changed.wait()
            task.cancel()
            return poll.peer, snmpd.requests

    return asyncio.run(run())


def test_one_request_reads_all_that_a_peer_says_of_itself(tmp_path):
    peer, requests = polled(cells(), tmp_path)
    assert peer.failure is None
    assert peer.answer.said == SAID
    assert [sample.service for sample in peer.answer.samples] == ["site 1", "site 2"]
    assert requests == [(SELF[:-1], SAMPLE)]


@pytest.mark.parametrize("most", [100, 20])
def test_more_services_than_an_answer_holds_take_more_requests(tmp_path, most):
    peer, requests = polled(cells(services=50), tmp_path, most=most)
    assert len(peer.answer.samples) == 50
    assert 1 < len(requests) <= 4


def test_all_services_that_a_node_can_have_are_read(tmp_path):
    peer, _ = polled(cells(services=MAX_SERVICES), tmp_path)
    assert len(peer.answer.samples) == MAX_SERVICES


def test_services_that_were_not_read_are_not_taken_for_none(tmp_path):
    peer, _ = polled(cells(services=400), tmp_path)
    assert (peer.answer, peer.failure) == (None, PeerState.incompatible)
    assert "services, which are more than are compared" in peer.last_error


def test_what_a_peer_learnt_from_others_is_not_asked_for(tmp_path):
    _, requests = polled(cells(), tmp_path)
    assert {name[: len(ROOT) + 2] for names in requests for name in names} == {(*ROOT, 1, 1), (*ROOT, 1, 14)}


def failing(status):
    def spoil(_names, response):
        v2c.apiPDU.set_error_status(response, status)
        return response

    return spoil


CASES = {
    "another community": ({}, {"community": "secret"}, PeerState.unreachable, "no answer"),
    "no agent": ({BEHIND: b"engine"}, {}, PeerState.noAgent, "start haproxy-agentx there"),
    "nothing at all": ({}, {}, PeerState.noAgent, "give the community or user a view"),
    "an agent that hangs": (cells(), {"spoil": failing(5)}, PeerState.noAgent, "error-status 5"),
    "no access": (cells(), {"spoil": failing(16)}, PeerState.denied, "denies access"),
    "another version": (cells() | {SELF: b"v=9 run=1"}, {}, PeerState.incompatible, "run one version"),
    "this node itself": (cells(replace(SAID, run=OWN_RUN)), {}, PeerState.incompatible, "this node itself"),
    "a virtual address": (cells(), {"virtual": ("127.0.0.1",)}, PeerState.incompatible, "virtual address"),
    "garbage": (cells(), {"spoil": lambda *_: b"\x30\x03garbage"}, PeerState.unreachable, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_each_failure_has_its_state_and_its_remedy(tmp_path, name):
    found, how, state, words = CASES[name]
    peer, _ = polled(found, tmp_path, **how)
    assert (peer.failure, peer.answer) == (state, None)
    assert words in peer.last_error
    assert "public" not in peer.last_error
