"""What a server's row says (HAProxy 2.6's and 3.x' texts, FACTS of haproxy/status.py)."""

import pytest

from haproxy_agentx.haproxy.stat import SEPARATOR
from haproxy_agentx.health.evidence import TRACKS, UNSURE, WORDS, Evidence, settled, shown


def of(status: str, check: str = "L7OK", weight: str = "1") -> int:
    return shown(SEPARATOR.join(part.encode() for part in (status, weight, "1", "0", check)))


@pytest.mark.parametrize(
    ("status", "evidence"),
    [
        ("UP", Evidence.up),
        ("UP 2/3", Evidence.up),
        ("UP -1/3", Evidence.up),
        ("DOWN", Evidence.down),
        ("DOWN 1/2", Evidence.down),
        ("DOWN (agent)", Evidence.down),
        ("NOLB", Evidence.nolb),
        ("NOLB 1/2", Evidence.nolb),
        ("DRAIN", Evidence.drain),
        ("DRAIN 1/2", Evidence.drain),
        ("DRAIN (agent)", Evidence.drain),
        ("MAINT", Evidence.maint),
        ("MAINT (via be/web1)", Evidence.maint),
        ("MAINT (resolution)", Evidence.unresolved),
        ("no check", Evidence.unchecked),
        ("WHATEVER", Evidence.other),
        ("", Evidence.unread),
    ],
)
def test_a_status_is_read_by_its_beginning(status, evidence):
    assert of(status) == evidence


@pytest.mark.parametrize("status", ["UP", "UP 1/3", "DOWN", "NOLB", "no check"])
def test_a_weight_of_0_is_a_drain(status):
    """HAProxy 2.6 shows such a server as UP and gives it no load-balanced sessions."""
    assert of(status, weight="0") == Evidence.drain


@pytest.mark.parametrize("status", ["MAINT", "MAINT (resolution)"])
def test_maintenance_stays_maintenance_without_weight(status):
    assert of(status, weight="0") == of(status)


@pytest.mark.parametrize(("status", "check"), [("UP 1/5", "INI"), ("UP 1/5", "* INI"), ("UP", "INI")])
def test_up_before_the_first_check_is_no_evidence(status, check):
    """With 'fall 1' the status has no x/y."""
    assert of(status, check) == Evidence.up | UNSURE


@pytest.mark.parametrize("status", ["UP", "UP 2/3"])
def test_the_proof_of_a_server_without_a_check_is_anothers(status):
    """A server that tracks another has no check_status."""
    assert of(status, "") == Evidence.up | UNSURE | TRACKS


def test_a_server_without_a_weight_cannot_be_understood():
    assert of("UP", weight="") == of("DRAIN", weight="") == Evidence.unread


@pytest.mark.parametrize(("status", "check"), [("DOWN", "INI"), ("MAINT", "INI"), ("UP 1/3", "* L7OK")])
def test_anything_else_is(status, check):
    assert not of(status, check) & UNSURE


@pytest.mark.parametrize(
    "known", [Evidence.down, Evidence.nolb, Evidence.drain, Evidence.maint, Evidence.up, Evidence.unread]
)
def test_without_evidence_the_known_state_stands(known):
    assert settled(Evidence.up | UNSURE, known) == known


@pytest.mark.parametrize("known", [Evidence.nothing, Evidence.unchecked, Evidence.other])
def test_what_is_no_knowledge_does_not_stand(known):
    assert settled(Evidence.up | UNSURE, known) == Evidence.up


def test_evidence_replaces_what_was_known():
    for seen in Evidence:
        for known in Evidence:
            assert settled(seen, known) == seen


def test_each_has_words():
    assert set(WORDS) == set(Evidence)
