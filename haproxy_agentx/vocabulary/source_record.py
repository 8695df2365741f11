"""What is known of each source of data: the row of haxSourceTable. No clock in it: ``now`` is monotonic, in seconds."""

import re
from dataclasses import dataclass, field

from haproxy_agentx.vocabulary.source import OverLimit, SourceError, SourceKind, SourceState

MAX_REPORTED = 5
"""Different failures in one state that are worth a line in the log each; more of them are a flood of one kind."""

_NUMBERS = re.compile("[0-9]+")


@dataclass(slots=True, kw_only=True)
class Source:
    """One source and how reading it goes. ``target`` is a path or a URL, never with credentials."""

    name: str
    kind: SourceKind
    target: str
    state: SourceState = SourceState.stale
    last_good: float | None = None
    successes: int = 0
    failures: int = 0
    left_out: int = 0
    """Inputs that were refused because of a limit."""
    last_error: str = ""
    last_error_at: float | None = None
    refused: int = 0
    """Messages refused since the last that could be used."""
    messages: int = 0
    """Messages about VRRP that were read; ``message_at`` is when the last one was."""
    message_at: float | None = None
    _reported: set[str] = field(default_factory=set)

    def succeeded(self, now: float) -> bool:
        """Record a good reading; True when the one before was not."""
        is_new = self.state is not SourceState.ok
        self.state = SourceState.ok
        self.last_good = now
        self.successes += 1
        self.refused = 0
        return is_new

    def refuse(self, error: SourceError, now: float) -> None:
        """Record that a message was refused: a failure that leaves the state."""
        self.failures += 1
        self.refused += 1
        self.last_error = str(error)
        self.last_error_at = now

    def read(self, now: float) -> None:
        """Record a message about VRRP."""
        self.messages += 1
        self.message_at = now

    def failed(self, error: SourceError, now: float) -> bool:
        """Record a failure; True when it is worth a line in the log.

        That is another state, or a failure that was not yet logged in this state. One that says only how far an answer
        came, or that takes turns with another, is the same one.
        """
        if self.state is not error.state:
            self._reported.clear()
        kind = _NUMBERS.sub("", str(error))
        is_new = kind not in self._reported and len(self._reported) < MAX_REPORTED
        if is_new:
            self._reported.add(kind)
        self.state = error.state
        self.failures += 1
        self.left_out += isinstance(error, OverLimit)
        self.last_error = str(error)
        self.last_error_at = now
        return is_new

    def age(self, now: float) -> float | None:
        """Seconds since the last good reading."""
        return None if self.last_good is None else now - self.last_good
