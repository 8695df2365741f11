"""What was last reported of each backend, server and source, as it outlives the daemon. Pure.

The memory is a number of texts by key, each a JSON object for about a thousandth of the subjects: a report rewrites
one of them, and 50,000 subjects are two megabytes. A state that was seen at first sight, and of which no event was
ever made, begins with ``UNRAISED``: nothing has to end it. Likewise ``RETURNED``, but what managers last heard is that
the subject is gone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from haproxy_agentx.health.severity import REMOVED
from haproxy_agentx.vocabulary.event import Kind

PREFIX = "reported/"
"""Keys of this memory begin with it."""

BUCKETS = 1024
"""Texts at most for each kind."""

GROUPED = 64
"""Subjects that are put to their texts at once."""

UNRAISED = "~"

RETURNED = "^"
"""Begins the state of a subject that was reported as gone, and is back without an event."""

MAX_REMOVED = 8
"""Subjects in each text that are gone and were reported once. Older ones are seen for the first time if they return."""

_NO_TEXTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Reported:
    """The last report about a subject. ``raised`` says that there was an event, and not only a first sight."""

    state: str
    raised: bool


class LastReported:
    """The last reports of one ``kind`` of subjects. ``memory`` is what ``texts`` returned in an earlier run.

    A text that cannot be read counts as empty: its subjects are seen for the first time.
    """

    def __init__(self, kind: Kind, memory: Mapping[str, str] = _NO_TEXTS) -> None:
        self.version = 0
        """Grows with each change of ``texts``."""
        self._prefix = f"{PREFIX}{kind.name}/"
        self._texts = {key: text for key, text in memory.items() if key.startswith(self._prefix)}

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts to keep, by key. An emptied one stays as ``{}``."""
        return self._texts

    def get(self, subject: str) -> Reported | None:
        """Return the last report, None for a subject that was never seen."""
        state = _read(self._texts.get(self._key(subject))).get(subject)
        return None if state is None else _reported(state)

    def report(self, subject: str, state: str) -> None:
        """Record that an event reports ``state``."""
        key = self._key(subject)
        self._write(key, {**_read(self._texts.get(key)), subject: state})

    def returned(self, subject: str, state: str) -> None:
        """Record that a subject that was gone is back, and that no event reports it."""
        key = self._key(subject)
        self._write(key, {**_read(self._texts.get(key)), subject: RETURNED + state})

    def learn(self, states: Mapping[str, str]) -> None:
        """Record states at first sight, by subject: no event reports them. What is known already stands."""
        for _ in self.learn_in_steps(states):
            pass

    def learn_in_steps(self, states: Mapping[str, str]) -> Iterator[None]:
        """Do ``learn`` for many subjects, and yield after each text that is written or ``GROUPED`` subjects."""
        by_key: dict[str, dict[str, str]] = {}
        for number, (subject, state) in enumerate(states.items(), 1):
            if not number % GROUPED:
                yield
            by_key.setdefault(self._key(subject), {})[subject] = UNRAISED + state
        for key, changed in by_key.items():
            self._write(key, {**changed, **_read(self._texts.get(key))})
            yield

    def drop(self, subject: str) -> None:
        """Forget a subject that is gone, but for a mark if there ever was an event about it: it may come back."""
        key = self._key(subject)
        states = _read(self._texts.get(key))
        state = states.pop(subject, UNRAISED)
        if not state.startswith(UNRAISED):
            states[subject] = UNRAISED + REMOVED
            marked = [name for name, state in states.items() if state == UNRAISED + REMOVED]
            for name in marked[:-MAX_REMOVED]:
                del states[name]
        self._write(key, states)

    def __iter__(self) -> Iterator[tuple[str, Reported]]:
        """Yield all subjects with their last reports, as they are when their text is reached."""
        for key in list(self._texts):
            for subject, state in _read(self._texts[key]).items():
                yield subject, _reported(state)

    def _key(self, subject: str) -> str:
        return f"{self._prefix}{crc32(subject.encode(errors='surrogatepass')) % BUCKETS:03x}"

    def _write(self, key: str, states: Mapping[str, str]) -> None:
        self._texts[key] = json.dumps(states, separators=(",", ":"), ensure_ascii=True)
        self.version += 1


def _read(text: str | None) -> dict[str, str]:
    try:
        states = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(states, dict):
        return {}
    return {subject: state for subject, state in states.items() if isinstance(state, str)}


def _reported(state: str) -> Reported:
    if state.startswith((UNRAISED, RETURNED)):
        return Reported(state[1:], raised=False)
    return Reported(state, raised=True)
