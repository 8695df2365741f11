"""``show peers``: how many remote peers are down."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy.peers import PAUSE, peers_down
from haproxy_agentx.vocabulary.source import Invalid
from tests.support.pauses import done

SECTION = "0x55d: [28/Nov/2026:05:36:08] id={name} disabled={disabled} flags=0x33 resync_timeout=<PAST> task_calls=9\n"
PEER = "  0x55e: id={name}({where},{active}) addr=127.0.0.1:10895 last_status={status} last_hdshk=1s\n"


def down_in(answer: bytes) -> int | None:
    return done(peers_down(answer))


def section(*peers: str, name: str = "mine", disabled: int = 0) -> str:
    return SECTION.format(name=name, disabled=disabled) + "".join(peers) + "\n"


def peer(active: str = "active", status: str = "ESTA", where: str = "remote") -> str:
    return PEER.format(name="lb2", where=where, active=active, status=status) + "        flags=0x0\n"


# Of three remote peers in two sections one is connected.
@pytest.mark.parametrize("version", ["2.6", "3.2"])
def test_a_sample(samples, version):
    answer = (samples / f"17-show_peers-{version}.txt").read_bytes()
    assert down_in(answer) == 2
    assert down_in(answer.replace(b"last_status=CONN", b"last_status=ESTA").replace(b"inactive", b"active")) == 0


def test_without_remote_peers_there_is_no_number():
    assert down_in(b"\n") is None
    assert down_in((section(peer(where="local")) + "\n").encode()) is None


def test_a_section_that_is_disabled_does_not_count():
    answer = section(peer("inactive", "CONN")) + section(peer("inactive", "CONN"), disabled=1) + "\n"
    assert down_in(answer.encode()) == 1


@given(st.lists(st.tuples(st.sampled_from(["active", "inactive"]), st.sampled_from(["ESTA", "CONN", "RETR", "NONE"]))))
def test_each_peer_that_is_not_established_counts(found):
    down = down_in((section(*(peer(*each) for each in found)) + "\n").encode())
    assert down == (sum(each != ("active", "ESTA") for each in found) if found else None)


@pytest.mark.parametrize("size", [1, 100, -1])
def test_a_torn_answer(samples, size):
    answer = (samples / "17-show_peers-2.6.txt").read_bytes()
    with pytest.raises(Invalid, match="torn"):
        down_in(answer[:size].rstrip(b"\n"))


def test_another_answer():
    with pytest.raises(Invalid, match="no section"):
        down_in(b"Name: HAProxy\n\n")


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(answer):
    with suppress(Invalid):
        assert (down_in(answer) or 0) >= 0


def test_a_long_answer_is_read_with_pauses():
    answer = (section(*[peer(status="CONN")] * 3000) + "\n").encode()
    assert sum(1 for _ in peers_down(answer)) == answer.count(b"\n") // PAUSE
    assert down_in(answer) == 3000
