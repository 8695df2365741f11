"""The table of a session's states: each of its entries happens, and nothing else does."""

from collections.abc import Callable
from itertools import product

import pytest

from haproxy_agentx.agentx import session as sessions
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import Session
from haproxy_agentx.agentx.states import OPEN, TRANSITIONS, Signal, State, step
from tests.support import wire
from tests.support.our_agent import QUICK, keys, opened

IMPOSSIBLE = {
    *((state, Signal.OPENED) for state in State if state is not State.OPENING),
    *((state, Signal.ALL_REGISTERED) for state in State if state is not State.REGISTERING),
    (State.CLOSED, Signal.OVER),
}


def grant(session: Session, asked: bytes) -> bytes:
    """Answer all that a session asks, and give what it asks then."""
    said, output = b"", bytearray(asked)
    while request := wire.take_frame(output):
        said += session.receive(wire.response(request, session=77), 0)
    return said


def come_to(state: State) -> tuple[Session, bytes]:
    """Give a session in a state, and what it has asked its master and is not answered."""
    if state in (State.OPENING, State.REGISTERING):
        session = Session(QUICK, Responder())
        asked = session.open(0)
        return session, asked if state is State.OPENING else grant(session, asked)
    session = opened(Responder())
    if state is State.CLOSING:
        session.close(0)
    elif state is State.CLOSED:
        session.connection_lost("the end")
    return session, b""


SIGNALS: dict[Signal, Callable[[Session, bytes], object]] = {
    Signal.OPENED: grant,
    Signal.ALL_REGISTERED: grant,
    Signal.SUBTREE_ADDED: lambda session, _asked: session.serve_subtrees([*QUICK.subtrees, *keys(["1.3.6.9"])], 0),
    Signal.STOP: lambda session, _asked: session.close(0),
    Signal.OVER: lambda session, _asked: session.connection_lost("the end"),
}


@pytest.mark.parametrize(("state", "signal"), TRANSITIONS, ids=lambda one: one.name)
def test_a_session_goes_where_the_table_says(monkeypatch, state, signal):
    session, asked = come_to(state)
    assert session.state is state
    taken = []
    monkeypatch.setattr(sessions, "step", lambda *pair: taken.append(pair) or step(*pair))
    SIGNALS[signal](session, asked)
    assert taken == [(state, signal)]
    assert session.state is TRANSITIONS[state, signal]


def test_all_other_pairs_are_impossible():
    assert set(TRANSITIONS) == set(product(State, Signal)) - IMPOSSIBLE
    for pair in IMPOSSIBLE:
        with pytest.raises(KeyError):
            step(*pair)


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("state", State)
def test_nothing_leads_to_an_impossible_pair(state, signal):
    session, asked = come_to(state)
    SIGNALS[signal](session, asked)
    for again in Signal:
        SIGNALS[again](session, asked)
    assert session.state is State.CLOSED


def test_the_end_is_the_end():
    assert {after for (state, _), after in TRANSITIONS.items() if state is State.CLOSED} == {State.CLOSED}
    assert all(TRANSITIONS[state, Signal.OVER] is State.CLOSED for state in State if state is not State.CLOSED)
    assert {State.REGISTERING, State.READY} == OPEN
