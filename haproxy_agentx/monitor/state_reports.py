"""Which states of backends, servers and sources are reported, and when: until the last report is the truth. Pure.

Of each subject the last report is remembered (``last_reported``); only subjects that differ from it are held in memory.
A change is reported as soon as the limit allows. One that is overtaken before that, by the next change of its subject,
is suppressed and counted, and so ``reported + suppressed`` are all changes that were seen. A difference is never
dropped for being too many: it waits, over restarts too, for they compare what they see with what was last reported.

Times are monotonic seconds.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.model import Cause
from haproxy_agentx.health.rate_limiter import CALM, MANY, RateWindow, not_reported, still_waiting
from haproxy_agentx.health.severity import REMOVED, SILENT, Severity, severity_of
from haproxy_agentx.monitor.last_reported import LastReported
from haproxy_agentx.vocabulary.event import Kind

PATIENCE = 5
"""Holds after which a state that does not settle is reported nonetheless."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change to report. ``found`` says that it was found at the start, so that its time is not known."""

    subject: str
    before: str
    after: str
    words: str
    found: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a state changed: in words, and as a cause where one is known; and of which pair, as ``node`` sees it."""

    text: str
    cause: Cause | None = None
    pair_key: str | None = None
    node: str | None = None


Explain = Callable[[StateChange], Explanation]


@dataclass(slots=True)
class _Difference:
    """A subject whose state is, or has just been, another one than was last reported."""

    reported: str
    settled: str
    """The last state that has held."""
    state: str
    since: float
    """When ``state`` began."""
    left: float
    """When ``settled`` ended."""
    words: str
    found: bool
    changes: int = 0
    """Settled changes since the last report."""

    @property
    def is_ripe(self) -> bool:
        return self.state == self.settled != self.reported


class StateReports:
    """The subjects of one ``kind``. ``good`` is the state that is no problem.

    A change has to hold for ``hold`` seconds. ``memory`` is that of the last run.
    """

    def __init__(
        self, kind: Kind, good: str, hold: float, window: RateWindow, explain: Explain, memory: Mapping[str, str]
    ) -> None:
        self.last = LastReported(kind, memory)
        self._kind = kind
        self._good = good
        self._hold = hold
        self._window = window
        self._explain = explain
        self._differences: OrderedDict[str, _Difference] = OrderedDict()
        self._suppressed = 0
        self._burst_since: float | None = None
        """Since when there is something to say of changes that are not reported one by one."""
        self._last_change = 0.0
        self._changed = False
        """Whether a state has settled since the last ``report``."""
        self._last_sum: float | None = None

    def see(self, subject: str, state: str, now: float, words: str = "", *, found: bool = False) -> None:
        """Record the state of a subject; ``words`` are the error, if there is one.

        The first state ever is no change, nor is a good one of a subject that was gone.
        """
        difference = self._differences.get(subject)
        if difference is None:
            reported = self.last.get(subject)
            if reported is None:
                self.last.learn({subject: state})
            elif reported.state == REMOVED and state == self._good:
                self.last.returned(subject, state)
            elif reported.state != state:
                self._differ(subject, reported.state, state, now, words, found=found)
            return
        difference.words = words
        if difference.state != state:
            if difference.state == difference.settled:
                difference.left = now
            difference.state, difference.since, difference.found = state, now, found
            self._settle(subject, difference, now)

    def compare(self, subject: str, state: str, reported: str, now: float, *, found: bool) -> None:
        """Do ``see`` for a subject of which it is known what was last reported: most are as they were."""
        if state != reported or subject in self._differences:
            self.see(subject, state, now, found=found)

    def gone(self, subject: str, now: float, words: str) -> None:
        """Record that a subject is not there any more.

        If an event reported a problem of it, another one ends it. Otherwise it is forgotten.
        """
        reported = self.last.get(subject)
        difference = self._differences.get(subject)
        if reported is None or (difference is not None and difference.state == REMOVED):
            return
        if not reported.raised or reported.state == self._good:
            if difference is not None:
                self._suppress(self._differences.pop(subject).changes, now)
            if reported.state != REMOVED:
                self.last.drop(subject)
        elif difference is None:
            self._differ(subject, reported.state, REMOVED, now, words, found=False)
        else:
            self.see(subject, REMOVED, now, words)

    def lasting(self, subject: str) -> str | None:
        """Return the problem that was last reported of a subject, an empty text for none; None while it may be over."""
        reported = self.last.get(subject)
        if reported is None or not reported.raised or severity_of(self._kind, reported.state) in SILENT:
            return ""
        return None if subject in self._differences else reported.state

    def reminder(self, subject: str, state: str, date: float) -> EventDraft:
        """Return the event that reports again, and changes nothing of what was last reported."""
        return EventDraft(
            date,
            self._kind,
            subject=subject,
            state=state,
            previous_state=state,
            cause_text=f"{subject} is still {state}",
            suppressed=0,
            severity=severity_of(self._kind, state),
            reminder=True,
        )

    def forgive(self, subject: str, now: float) -> None:
        """Record that nothing is known against the last report of a subject: what differs now counts for nothing."""
        difference = self._differences.get(subject)
        if difference is not None:
            self.see(subject, difference.settled, now, difference.words)

    def report(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield what the limit allows to be reported now, oldest first; ``date`` is now in seconds since 1970."""
        if self._hold:
            for subject, difference in list(self._differences.items()):
                self._settle(subject, difference, now)
        for subject in self._next(now):
            yield self._draft(subject, now, date)
        if self._changed:
            self._changed = False
            if any(self._ripe()):
                self._begin_burst(now)
        due = self._sum_due()
        if due is not None and now >= due:
            yield from self._sum(now, date)

    def flush(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the sum of what is suppressed, at once, as the last thing: the program ends or is configured anew.

        What waits for the limit is in it. The next run finds what still differs.
        """
        for difference in self._differences.values():
            self._suppress(difference.changes, now)
        self._differences.clear()
        if self._suppressed:
            yield from self._sum(now, date)

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be reported, neither a change nor a sum."""
        return not self._differences and self._burst_since is None

    def deadline(self) -> float | None:
        """Return when ``report`` has something although nothing comes, None for never."""
        moments = [self._sum_due()]
        if any(self._ripe()):
            free_at = self._window.free_at()
            moments.append(self._last_change if free_at is None else free_at)
        if self._hold:
            moments += [self._settles_at(each) for each in self._differences.values() if each.state != each.settled]
        return min((moment for moment in moments if moment is not None), default=None)

    def _differ(self, subject: str, reported: str, state: str, now: float, words: str, *, found: bool) -> None:
        difference = _Difference(reported, reported, state, now, now, words, found)
        self._differences[subject] = difference
        self._settle(subject, difference, now)

    def _settles_at(self, difference: _Difference) -> float:
        if difference.state == REMOVED:
            return difference.since
        return min(difference.since + self._hold, difference.left + PATIENCE * self._hold)

    def _settle(self, subject: str, difference: _Difference, now: float) -> None:
        """Let a state that has held take the place of the one before; forget a difference that is none."""
        if difference.state != difference.settled and now >= self._settles_at(difference):
            difference.settled = difference.state
            difference.changes += 1
            self._last_change = now
            self._changed = True
        if difference.state == difference.settled == difference.reported:
            del self._differences[subject]
            self._suppress(difference.changes, now)

    def _suppress(self, changes: int, now: float) -> None:
        if changes:
            self._suppressed += changes
            self._begin_burst(now)

    def _begin_burst(self, now: float) -> None:
        self._last_change = max(self._last_change, now)
        if self._burst_since is None:
            self._burst_since = now

    def _ripe(self) -> Iterator[str]:
        return (subject for subject, difference in self._differences.items() if difference.is_ripe)

    def _next(self, now: float) -> Iterator[str]:
        """Yield the subjects to report, while the window is free."""
        if self._window.is_free(now):
            for subject in list(islice(self._ripe(), self._window.limit)):
                if not self._window.is_free(now):
                    return
                self._window.report(now)
                yield subject

    def _draft(self, subject: str, now: float, date: float) -> EventDraft:
        difference = self._differences.pop(subject)
        change = StateChange(subject, difference.reported, difference.state, difference.words, difference.found)
        if change.after == REMOVED:
            self.last.drop(subject)
        else:
            self.last.report(subject, change.after)
        self._suppress(difference.changes - 1, now)
        why = self._explain(change)
        return EventDraft(
            date - (now - difference.since),
            self._kind,
            subject=subject,
            state=change.after,
            previous_state=change.before,
            cause=why.cause,
            cause_text=why.text,
            suppressed=0,
            severity=severity_of(self._kind, change.after),
            pair_key=why.pair_key,
            node=why.node,
        )

    def _sum_due(self) -> float | None:
        if self._burst_since is None:
            return None
        due = min(self._last_change + CALM, self._burst_since + self._window.per)
        return due if self._last_sum is None else max(due, self._last_sum + self._window.per)

    def _sum(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the event for what is not reported one by one, if there is anything to say."""
        count, self._suppressed = self._suppressed, 0
        self._burst_since, self._last_sum = None, now
        waiting = sum(1 for _ in self._ripe())
        words = [*([not_reported(count)] if count else []), *([still_waiting(waiting)] if waiting else [])]
        if words:
            self._window.report(now)
            yield EventDraft(
                date,
                self._kind,
                subject=MANY,
                cause_text="; ".join(words),
                suppressed=count,
                severity=Severity.indeterminate,
            )
