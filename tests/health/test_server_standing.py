"""What a server's row says (HAProxy 2.6's and 3.x' texts)."""

import pytest

from haproxy_agentx.haproxy.stat import SEPARATOR
from haproxy_agentx.health.server_standing import TRACKS, UNSURE, WORDS, ServerStanding, settled, shown


def of(status: str, check: str = "L7OK", weight: str = "1") -> int:
    return shown(SEPARATOR.join(part.encode() for part in (status, weight, "1", "0", check)))


@pytest.mark.parametrize(
    ("status", "evidence"),
    [
        ("UP", ServerStanding.up),
        ("UP 2/3", ServerStanding.up),
        ("UP -1/3", ServerStanding.up),
        ("DOWN", ServerStanding.down),
        ("DOWN 1/2", ServerStanding.down),
        ("DOWN (agent)", ServerStanding.down),
        ("NOLB", ServerStanding.nolb),
        ("NOLB 1/2", ServerStanding.nolb),
        ("DRAIN", ServerStanding.drain),
        ("DRAIN 1/2", ServerStanding.drain),
        ("DRAIN (agent)", ServerStanding.drain),
        ("MAINT", ServerStanding.maint),
        ("MAINT (via be/web1)", ServerStanding.maint),
        ("MAINT (resolution)", ServerStanding.unresolved),
        ("no check", ServerStanding.unchecked),
        ("WHATEVER", ServerStanding.other),
        ("", ServerStanding.unread),
    ],
)
def test_a_status_is_read_by_its_beginning(status, evidence):
    assert of(status) == evidence


@pytest.mark.parametrize("status", ["UP", "UP 1/3", "DOWN", "NOLB", "no check"])
def test_a_weight_of_0_is_a_drain(status):
    """HAProxy 2.6 shows such a server as UP and gives it no load-balanced sessions."""
    assert of(status, weight="0") == ServerStanding.drain


@pytest.mark.parametrize("status", ["MAINT", "MAINT (resolution)"])
def test_maintenance_stays_maintenance_without_weight(status):
    assert of(status, weight="0") == of(status)


@pytest.mark.parametrize(("status", "check"), [("UP 1/5", "INI"), ("UP 1/5", "* INI"), ("UP", "INI")])
def test_up_before_the_first_check_is_no_evidence(status, check):
    """With 'fall 1' the status has no x/y."""
    assert of(status, check) == ServerStanding.up | UNSURE


@pytest.mark.parametrize("status", ["UP", "UP 2/3"])
def test_the_proof_of_a_server_without_a_check_is_anothers(status):
    """A server that tracks another has no check_status."""
    assert of(status, "") == ServerStanding.up | UNSURE | TRACKS


def test_a_server_without_a_weight_cannot_be_understood():
    assert of("UP", weight="") == of("DRAIN", weight="") == ServerStanding.unread


@pytest.mark.parametrize(("status", "check"), [("DOWN", "INI"), ("MAINT", "INI"), ("UP 1/3", "* L7OK")])
def test_anything_else_is(status, check):
    assert not of(status, check) & UNSURE


@pytest.mark.parametrize(
    "known",
    [
        ServerStanding.down,
        ServerStanding.nolb,
        ServerStanding.drain,
        ServerStanding.maint,
        ServerStanding.up,
        ServerStanding.unread,
    ],
)
def test_without_evidence_the_known_state_stands(known):
    assert settled(ServerStanding.up | UNSURE, known) == known


@pytest.mark.parametrize("known", [ServerStanding.nothing, ServerStanding.unchecked, ServerStanding.other])
def test_what_is_no_knowledge_does_not_stand(known):
    assert settled(ServerStanding.up | UNSURE, known) == ServerStanding.up


def test_evidence_replaces_what_was_known():
    for seen in ServerStanding:
        for known in ServerStanding:
            assert settled(seen, known) == seen


def test_each_has_words():
    assert set(WORDS) == set(ServerStanding)
