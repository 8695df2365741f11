"""The life of a session as a table (RFC 2741 7.1).

What is not in ``TRANSITIONS`` does not happen, and ``step`` raises KeyError: a session opens once, registrations are
acknowledged while it registers, and what is over does not end again. The tests bring a session to each entry.
"""

from enum import Enum, auto


class State(Enum):
    """The state of a session."""

    OPENING = auto()
    """Open-PDU sent."""
    REGISTERING = auto()
    """Open; at least one subtree is not registered. Requests are answered."""
    READY = auto()
    """Open; every subtree is registered."""
    CLOSING = auto()
    """Close-PDU sent."""
    CLOSED = auto()
    """Over; the connection must be closed."""


class Signal(Enum):
    """What changes the state."""

    OPENED = auto()
    """The master has assigned a session number (7.1.1)."""
    ALL_REGISTERED = auto()
    """The master has acknowledged all of our subtrees (7.1.4)."""
    SUBTREE_ADDED = auto()
    """One more subtree shall be served."""
    STOP = auto()
    """The application closes the session (7.1.8)."""
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
}

OPEN = frozenset({State.REGISTERING, State.READY})
"""States in which requests are answered and notifications sent."""


def step(state: State, signal: Signal) -> State:
    """Return the next state. Raises KeyError for what cannot happen."""
    return TRANSITIONS[state, signal]
