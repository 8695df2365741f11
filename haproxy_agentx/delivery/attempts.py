"""What follows when a notification was given to the master: the policy of the outbox, as tables. Pure.

| outcome of a try | what it is about | tried | then | shorter form |
|---|---|---|---|---|
| error 0 | - | - | acknowledged | - |
| parseError, tooBig | the event | 3 times | refused | from the 2nd try |
| any other error | the master | 5 times, and for 5 minutes of refusals without an acknowledgement | refused | no |
| silence while the master lives | the event, most likely its length | 4 times | unanswered | from the 2nd try |
| the session ends | the master, unless it happens again and again | 10 times | unanswered | from the 4th try |

Whatever happens, also over restarts of the daemon: after ``MAX_TRIES`` it is settled as unanswered. So an event that
cannot be delivered keeps those behind it waiting for a bounded time.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from haproxy_agentx.agentx.constants import ErrorStatus
from haproxy_agentx.vocabulary.event import Delivery

MAX_TRIES = 200
"""Times that one event is given to the master (``Event.tries``, which is on disk)."""

PATIENCE = 300.0
"""Seconds for which a master may refuse everything before events are given up: it may be starting, or reconfigured."""


class Outcome(Enum):
    """How a try has ended, other than with an acknowledgement."""

    EVENT_REFUSED = auto()
    MASTER_REFUSES = auto()
    UNANSWERED = auto()
    SESSION_ENDED = auto()


@dataclass(frozen=True, slots=True)
class DeliveryRule:
    """What an outcome leads to, after ``tries`` of it: how the event is settled.

    ``shortened`` is how many of it lead to the shorter form, None for never. ``patience`` is how many seconds the
    outcome has to have lasted in addition.
    """

    tries: int
    settled: Delivery
    shortened: int | None = None
    patience: float = 0.0


RULES: Mapping[Outcome, DeliveryRule] = {
    Outcome.EVENT_REFUSED: DeliveryRule(3, Delivery.refused, shortened=1),
    Outcome.MASTER_REFUSES: DeliveryRule(5, Delivery.refused, patience=PATIENCE),
    Outcome.UNANSWERED: DeliveryRule(4, Delivery.unanswered, shortened=1),
    Outcome.SESSION_ENDED: DeliveryRule(10, Delivery.unanswered, shortened=3),
}

ABOUT_THE_EVENT = frozenset({ErrorStatus.TOO_BIG, ErrorStatus.PARSE_ERROR})
"""Errors that say that the master could not do with this one. All others are a condition of the master's: net-snmp
answers processingError when it fails inside, and the notification is well (RFC 2741 7.1.10)."""


def outcome_of(error: int) -> Outcome:
    """Return what an error other than 0 of a Response says."""
    return Outcome.EVENT_REFUSED if error in ABOUT_THE_EVENT else Outcome.MASTER_REFUSES


class Attempts:
    """What has become of the event at the head of the queue so far. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._sequence = 0
        self._outcomes: Counter[Outcome] = Counter()
        self._refusing_since: float | None = None
        """The first refusal since an event was acknowledged or a session began."""

    def look_at(self, sequence: int) -> None:
        """Know nothing of an event that was not at the head before."""
        if sequence != self._sequence:
            self._sequence = sequence
            self._outcomes.clear()

    def acknowledged(self) -> None:
        """Record that the master takes notifications."""
        self._refusing_since = None

    def session_began(self) -> None:
        """Count for how long it refuses from now on: it is another master, perhaps, or has just started."""
        self._refusing_since = None

    @property
    def shortened(self) -> bool:
        """Whether the next try of the event is in its shorter form."""
        return any(
            rule.shortened is not None and self._outcomes[outcome] >= rule.shortened for outcome, rule in RULES.items()
        )

    def take(self, outcome: Outcome, tries: int, now: float) -> Delivery | None:
        """Process the outcome of a try, the event's ``tries``-th; return how it is settled, None for another try."""
        self._outcomes[outcome] += 1
        if outcome is Outcome.MASTER_REFUSES and self._refusing_since is None:
            self._refusing_since = now
        rule = RULES[outcome]
        since = now if self._refusing_since is None else self._refusing_since
        if self._outcomes[outcome] >= rule.tries and now - since >= rule.patience:
            return rule.settled
        return Delivery.unanswered if tries >= MAX_TRIES else None


class LearnedSize:
    """How long a notification may be for the master of this session to answer, as far as it has shown.

    One that passes over a notification and acknowledges the shorter form of the same gets no longer ones than it has
    acknowledged. ``full`` and ``compact`` are octets.
    """

    def __init__(self, full: int, compact: int) -> None:
        self._full = full
        self._compact = compact
        self._answered = 0
        self._passed_over = 0
        """Of the event at the head."""
        self._is_limited = False

    def budget(self, *, shortened: bool) -> int:
        """Return the octets that the next notification may have."""
        if shortened:
            return self._compact
        return self.limit or self._full

    @property
    def limit(self) -> int:
        """The octets that no notification has more of, as the master has answered no longer one; 0 for no limit."""
        return max(self._compact, self._answered) if self._is_limited else 0

    def take_answered(self, octets: int) -> int:
        """Record an acknowledged notification; return the octets of a longer form that shows the limit, or 0."""
        self._answered = max(self._answered, octets)
        found = self._passed_over if octets < self._passed_over and not self._is_limited else 0
        self._is_limited = self._is_limited or found > 0
        self._passed_over = 0
        return found

    def take_passed_over(self, octets: int) -> None:
        """Record that a notification was passed over, though the master lives."""
        self._passed_over = max(self._passed_over, octets)

    def give_up(self) -> None:
        """Learn nothing from the event at the head: it is settled, and its length was not the reason."""
        self._passed_over = 0
