"""The life of a session as a table (RFC 2741 7.1).

What is not in ``TRANSITIONS`` does not happen: ``step`` raises KeyError, and the tests walk every pair.
"""

from enum import Enum, auto


class State(Enum):
    """Where a session stands."""

    OPENING = auto()
    """Open-PDU sent."""
    REGISTERING = auto()
    """Open; a subtree is not registered, or not yet. Requests are answered."""
    READY = auto()
    """Open; every subtree is registered."""
    CLOSING = auto()
    """Close-PDU sent."""
    CLOSED = auto()
    """Over; the connection must be closed."""


class Signal(Enum):
    """What moves it."""

    OPENED = auto()
    """The master has given a session number."""
    ALL_REGISTERED = auto()
    """The master has acknowledged the last of our subtrees."""
    SUBTREE_ADDED = auto()
    """We want to serve one more."""
    STOP = auto()
    """We want to go."""
    OVER = auto()
    """Refused, closed by the master, silence, garbage, end of the stream, or our Close answered."""


TRANSITIONS: dict[tuple[State, Signal], State] = {
    (State.OPENING, Signal.OPENED): State.REGISTERING,
    (State.OPENING, Signal.SUBTREE_ADDED): State.OPENING,
    (State.OPENING, Signal.STOP): State.CLOSED,
    (State.OPENING, Signal.OVER): State.CLOSED,
    (State.REGISTERING, Signal.ALL_REGISTERED): State.READY,
    (State.REGISTERING, Signal.SUBTREE_ADDED): State.REGISTERING,
    (State.REGISTERING, Signal.STOP): State.CLOSING,
    (State.REGISTERING, Signal.OVER): State.CLOSED,
    (State.READY, Signal.SUBTREE_ADDED): State.REGISTERING,
    (State.READY, Signal.STOP): State.CLOSING,
    (State.READY, Signal.OVER): State.CLOSED,
    (State.CLOSING, Signal.SUBTREE_ADDED): State.CLOSING,
    (State.CLOSING, Signal.STOP): State.CLOSING,
    (State.CLOSING, Signal.OVER): State.CLOSED,
    (State.CLOSED, Signal.SUBTREE_ADDED): State.CLOSED,
    (State.CLOSED, Signal.STOP): State.CLOSED,
    (State.CLOSED, Signal.OVER): State.CLOSED,
}

OPEN = frozenset({State.REGISTERING, State.READY})
"""States in which requests are answered and notifications sent."""


def step(state: State, signal: Signal) -> State:
    """Return the next state. Raises KeyError for what cannot happen."""
    return TRANSITIONS[state, signal]
