"""What the daemon asks of its store process, and what that answers; and how both are framed. Pure."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct

from haproxy_agentx.health.event import Event
from haproxy_agentx.store.ledger import Changes
from haproxy_agentx.vocabulary.event import Counts

_length = Struct("!I")


@dataclass(frozen=True, slots=True)
class Locate:
    """Asks for a text that names the folder of the store, whatever leads there; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Asks for the lock that only one daemon has, in the name of ``pid``. Answered by Claimed."""

    pid: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """``pid`` is that of another daemon which has the lock, if ``taken``; if ``locked`` it comes as a descriptor.

    Neither: there can be no lock file.
    """

    locked: bool = False
    taken: bool = False
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """Asks for the control socket, bound at ``path``: a descriptor, or a text that says why there is none."""

    path: str


@dataclass(frozen=True, slots=True)
class OpenStore:
    """Asks for the store to be opened."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Asks for the numbers of names, with their first choices, by scope. Names that get none are missing."""

    wanted: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Release:
    """Reports which names, by scope, are not in use any more."""

    names: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Write:
    """Has the event log's changes written, with its counters."""

    changes: Changes
    counts: Counts


@dataclass(frozen=True, slots=True)
class Read:
    """Asks for events above a number, or for the last ones, as far as only the file has them."""

    after: int | None
    most: int


@dataclass(frozen=True, slots=True)
class Mend:
    """Has the store catch up with what it could not write."""


@dataclass(frozen=True, slots=True)
class CloseStore:
    """Has the store closed; ``path`` is unlinked.

    ``complete``: nothing was given out that it does not have, and no number is above its last one that was.
    """

    complete: bool
    path: str


Request = Locate | Claim | Listen | OpenStore | Assign | Release | Write | Read | Mend | CloseStore


@dataclass(frozen=True, slots=True)
class Status:
    """How the store is: see ``Store``. ``unsaved`` says that something it was given is not on disk."""

    problem: str | None = None
    memory_only: bool = False
    created: bool = False
    created_at: float = 0.0
    unsaved: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """The event log as the file has it, once it could be read.

    ``closed_at``: when it was all that was ever given out, a date in seconds since 1970; None if that is not known.
    """

    counts: Counts
    events: Sequence[Event]
    memory: Mapping[str, str]
    closed_at: float | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with the state of the store after it."""

    result: object
    status: Status = field(default_factory=Status)
    loaded: Loaded | None = None
    descriptors: int = 0
    """File descriptors that came with it."""
    bug: str = ""
    """A failure that was not foreseen: the store process ends."""


def frame(message: object) -> bytes:
    """Return the octets of a message."""
    octets = pickle.dumps(message, protocol=5)
    return _length.pack(len(octets)) + octets


def unframe(received: bytearray) -> object | None:
    """Remove the first message from what was received from our own process, None if it is not complete yet."""
    if len(received) < _length.size:
        return None
    ends = _length.size + _length.unpack_from(received)[0]
    if len(received) < ends:
        return None
    message: object = pickle.loads(bytes(received[_length.size : ends]))  # noqa: S301  by our own other half
    del received[:ends]
    return message
