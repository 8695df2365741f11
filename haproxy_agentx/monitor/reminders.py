"""When a problem that was reported and still lasts must be reported again. Pure; times are monotonic seconds.

A reminder is due ``every`` seconds after the last event about the problem. Whether the problem lasts is not known here:
who asks for what is due has to look, and says ``again`` or ``later``. The memory is a date for each open problem, so a
restart neither repeats a reminder nor forgets one.
"""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.health.severity import SILENT
from haproxy_agentx.store.ledger import OPEN, SUBJECTS

PREFIX = "remind/"
"""Keys of the memory begin with it."""

LATER = 5.0
"""Seconds until it is looked again whether a problem lasts of which that is not known now."""

Problem = tuple[str, str]
"""What the subject is (``ledger.SUBJECTS``), and its name."""


class Reminders:
    """``every`` is None where there are none. ``memory`` is that of an earlier run; ``date`` is ``now`` since 1970.

    ``begin`` comes first.

    All subjects together get at most ``limit`` reminders in ``per`` seconds. That limit is their own: no reminder uses
    up what a change needs.
    """

    def __init__(self, every: float | None, limit: int, per: float, memory: Mapping[str, str]) -> None:
        self.version = 0
        """Grows with each change of ``texts``."""
        self._every = every
        self._window = RateWindow(limit, per)
        self._dates: dict[Problem, float] = {}
        self._due: dict[Problem, float] = {}
        self._queue: list[tuple[float, Problem]] = []
        """Moments at which a problem may be due, the earliest first; one that is not in ``_due`` is outdated."""
        self._memory = {key: text for key, text in memory.items() if key.startswith((OPEN, PREFIX))}

    def begin(self, now: float, date: float) -> None:
        """Go on where the earlier run ended. A problem without a date has its next reminder in ``every`` seconds."""
        memory, self._memory = self._memory, {}
        if self._every is None:
            return
        for key in memory:
            what, _, name = key.removeprefix(OPEN).partition("/")
            if key.startswith(OPEN) and what in SUBJECTS.values():
                at = _date(memory.get(f"{PREFIX}{what}/{name}"), date)
                self._dates[what, name] = at
                self._schedule((what, name), now + self._every - (date - at))

    @property
    def texts(self) -> dict[str, str]:
        """The memory for the next run, by key."""
        return {f"{PREFIX}{what}/{name}": f"{at:.3f}" for (what, name), at in self._dates.items()}

    def note(self, draft: EventDraft, now: float, date: float) -> None:
        """Record an event: the time until the next reminder of its subject begins, or there is none any more."""
        what = SUBJECTS.get(draft.kind)
        if self._every is None or what is None or not draft.reports_state:
            return
        problem = what, draft.subject or ""
        if draft.severity is None or draft.severity in SILENT:
            self.over(problem)
        else:
            self._again(problem, now, date)

    def due(self, now: float) -> Iterator[Problem]:
        """Yield what is due, the oldest first, while the limit allows it. For each ``again``, ``later`` or ``over``."""
        while self._window.is_free(now) and (moment := self._next()) is not None and moment <= now:
            problem = heappop(self._queue)[1]
            del self._due[problem]
            yield problem

    def again(self, problem: Problem, now: float, date: float) -> None:
        """Record that a reminder goes out."""
        self._window.report(now)
        self._again(problem, now, date)

    def later(self, problem: Problem, now: float) -> None:
        """Record that it is not known now whether a problem lasts."""
        self._schedule(problem, now + LATER)

    def over(self, problem: Problem) -> None:
        """Record that a problem is over."""
        self._due.pop(problem, None)
        if self._dates.pop(problem, None) is not None:
            self.version += 1

    def deadline(self, now: float) -> float | None:
        """Return when ``due`` has something, None for never."""
        moment = self._next()
        free_at = self._window.free_at()
        return moment if moment is None or free_at is None or free_at <= now else max(moment, free_at)

    def _again(self, problem: Problem, now: float, date: float) -> None:
        self.version += 1
        self._dates[problem] = date
        self._schedule(problem, now + (self._every or 0.0))

    def _schedule(self, problem: Problem, moment: float) -> None:
        self._due[problem] = moment
        heappush(self._queue, (moment, problem))

    def _next(self) -> float | None:
        while self._queue and self._due.get(self._queue[0][1]) != self._queue[0][0]:
            heappop(self._queue)
        return self._queue[0][0] if self._queue else None


def _date(text: str | None, date: float) -> float:
    """Return a remembered date, ``date`` for one that is none or lies ahead: the time until the reminder begins now."""
    try:
        at = float(text or "")
    except ValueError:
        return date
    return at if 0 <= at <= date else date
