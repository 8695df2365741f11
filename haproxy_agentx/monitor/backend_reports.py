"""The reports of backends and servers: what the readings show, compared with what was last reported. Pure.

Of an HAProxy whose rows stay the same only the changes are looked at. One that was counted anew, or is seen for the
first time in this run, is compared as a whole, in steps: what came, what went, and what changed meanwhile.

Where a kind is not reported any more, by configuration, its problems that were reported end: no later event could.
"""

from collections.abc import Collection, Container, Generator, Iterator, Mapping

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.proxies import NOT_KNOWN, Proxies
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.health.severity import REMOVED
from haproxy_agentx.monitor.state_reports import Explanation, StateChange, StateReports
from haproxy_agentx.vocabulary.event import Kind

GOOD = "UP"

WORDS = {Kind.backendChange: "backends", Kind.serverChange: "servers"}
"""The kinds that may be reported, and what their subjects are called."""

STEP = 128
"""Subjects between two pauses of a comparison."""

FEW = 16
"""Texts of the memory that are written between two pauses."""

STEPS = 4
"""Steps in one call of ``report``: a few milliseconds where all has changed."""

PAUSE = 0.001
"""Seconds until the next steps."""

_DONE = object()


class BackendReports:
    """The readings of all HAProxy processes. ``kinds`` are those that are reported, of which each has the limit."""

    def __init__(self, kinds: Collection[Kind], limit: int, per: float, memory: Mapping[str, str]) -> None:
        every = {kind: StateReports(kind, GOOD, 0.0, RateWindow(limit, per), _explain, memory) for kind in WORDS}
        self._reports = {kind: every[kind] for kind in kinds}
        self._ending = {kind: reports for kind, reports in every.items() if kind not in kinds and reports.last.texts}
        """Those of an earlier run that are not reported any more, until their problems have ended."""
        self._unlooked = list(self._ending)
        """Those of ``_ending`` whose problems were not looked for yet."""
        self._ended = 0
        """The version of those that were forgotten."""
        self._compared: dict[str, tuple[Proxies, int, int]] = {}
        """The reading of each process and its counters, as they were at the last comparison."""
        self._started: set[str] = set()
        """Processes that were compared as a whole in this run."""
        self._comparisons: dict[str, Generator[None, None, None]] = {}
        self._unread: set[str] = set()
        """Subjects whose status says nothing now."""

    @property
    def texts(self) -> dict[str, str]:
        """The memory for the next run."""
        return {key: text for reports in self._all() for key, text in reports.last.texts.items()}

    @property
    def version(self) -> int:
        """Grows with each change of ``texts``."""
        return self._ended + sum(reports.last.version for reports in self._all())

    def take(self, process: str, proxies: Proxies, now: float) -> None:
        """Record what a good reading of ``process`` has shown."""
        changes = proxies.changes()
        if not self._reports or not proxies.censuses:
            return
        for change in changes:
            reports = self._reports.get(_kind(change.server))
            subject = _subject(process, change.backend, change.server)
            if reports is not None and self._is_read(subject, change.after):
                reports.see(subject, change.after, now)
        known = proxies, proxies.censuses, proxies.left_out
        if self._compared.get(process) != known:
            self._compared[process] = known
            self._comparisons[process] = self._compare(process, proxies, now)

    def keep(self, processes: Container[str], now: float) -> None:
        """Record which processes are configured: the others are gone, and with them all that was in them."""
        for reports in self._reports.values():
            for subject, _ in reports.last:
                process = subject.partition("/")[0]
                if process not in processes:
                    reports.gone(subject, now, f"{process} is no longer configured")
        for process in [process for process in self._compared if process not in processes]:
            del self._compared[process]
            self._comparisons.pop(process, None)
            self._started.discard(process)

    def reminder(self, kind: Kind, subject: str, date: float) -> EventDraft | bool:
        """Return the event that reports a problem again; True while it may be over, False for none.

        Whether ``process`` can be read now is not known here.
        """
        reports, process = self._reports.get(kind), subject.partition("/")[0]
        state = reports.lasting(subject) if reports is not None else ""
        if reports is None or not state:
            return state is None
        is_known = process in self._compared and process in self._started and process not in self._comparisons
        return reports.reminder(subject, state, date) if is_known and subject not in self._unread else True

    def deadline(self, now: float) -> float | None:
        """Return when ``report`` has something although nothing comes."""
        moments = [reports.deadline() for reports in self._all()]
        if self._comparisons:
            moments.append(now + PAUSE)
        return min((moment for moment in moments if moment is not None), default=None)

    def report(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield what must be reported now."""
        for kind in self._unlooked:
            self._comparisons[_ending(kind)] = self._end_problems(kind, now)
        self._unlooked.clear()
        self._go_on()
        for reports in self._all():
            yield from reports.report(now, date)
        for kind, reports in list(self._ending.items()):
            if reports.is_settled and _ending(kind) not in self._comparisons:
                self._ended += reports.last.version + 1
                del self._ending[kind]

    def flush(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the sums of what is suppressed."""
        for reports in self._all():
            yield from reports.flush(now, date)

    def _all(self) -> list[StateReports]:
        return [*self._reports.values(), *self._ending.values()]

    def _end_problems(self, kind: Kind, now: float) -> Generator[None, None, None]:
        """Have the problems end of a kind that is not reported any more."""
        reports = self._ending[kind]
        for number, (subject, reported) in enumerate(reports.last, 1):
            if not number % STEP:
                yield
            if reported.raised and reported.state != GOOD:
                reports.gone(subject, now, f"{WORDS[kind]} are no longer reported")

    def _go_on(self) -> None:
        for _ in range(STEPS):
            process = next(iter(self._comparisons), None)
            if process is None:
                return
            if next(self._comparisons[process], _DONE) is _DONE:
                del self._comparisons[process]
                self._started.add(process)

    def _compare(self, process: str, proxies: Proxies, now: float) -> Generator[None, None, None]:
        """Compare a reading with what was last reported of it."""
        known = yield from self._known(process)
        first: dict[Kind, dict[str, str]] = {kind: {} for kind in self._reports}
        found = process not in self._started
        for number, standing in enumerate(proxies.statuses(servers=Kind.serverChange in self._reports), 1):
            if not number % STEP:
                yield
            kind = _kind(standing.server)
            if kind not in self._reports:
                continue
            subject = _subject(process, standing.backend, standing.server)
            reported = known[kind].pop(subject, None)
            if standing.status == GOOD != (reported or GOOD) and not proxies.is_proven(standing):
                self._compared.pop(process, None)  # compare again at the next reading
            elif self._is_read(subject, standing.status):
                self._see(kind, subject, standing.status, reported, first[kind], now, found=found)
        for kind, states in first.items():
            for number, _ in enumerate(self._reports[kind].last.learn_in_steps(states), 1):
                if not number % FEW:
                    yield
        if proxies.is_complete:
            yield from self._end(known, now)

    def _see(
        self,
        kind: Kind,
        subject: str,
        status: str,
        reported: str | None,
        first: dict[str, str],
        now: float,
        *,
        found: bool,
    ) -> None:
        if reported is None:
            first[subject] = status
        else:
            self._reports[kind].compare(subject, status, reported, now, found=found)

    def _is_read(self, subject: str, status: str) -> bool:
        """Record whether a status says something."""
        (self._unread.add if status in NOT_KNOWN else self._unread.discard)(subject)
        return status not in NOT_KNOWN

    def _end(self, known: Mapping[Kind, Mapping[str, str]], now: float) -> Generator[None, None, None]:
        """Record that what is left of ``known`` is gone."""
        for kind, subjects in known.items():
            for number, subject in enumerate(subjects, 1):
                if not number % STEP:
                    yield
                self._reports[kind].gone(subject, now, "HAProxy does not have it any more")

    def _known(self, process: str) -> Generator[None, None, dict[Kind, dict[str, str]]]:
        """Return the states that were last reported of what is in a process, by kind and subject."""
        known: dict[Kind, dict[str, str]] = {}
        for kind, reports in self._reports.items():
            known[kind] = {}
            for number, (subject, reported) in enumerate(reports.last, 1):
                if not number % STEP:
                    yield
                if subject.partition("/")[0] == process:
                    known[kind][subject] = reported.state
        return known


def _ending(kind: Kind) -> str:
    """Return the key of the comparison that ends the problems of a kind: no process has a slash in its name."""
    return f"/{kind.name}"


def _kind(server: str | None) -> Kind:
    return Kind.backendChange if server is None else Kind.serverChange


def _subject(process: str, backend: str, server: str | None) -> str:
    return "/".join(part for part in (process, backend, server) if part is not None)


def _explain(change: StateChange) -> Explanation:
    subject, before, after = change.subject, change.before, change.after
    if after == REMOVED:
        text = f"{subject} was last reported as {before}: {change.words}"
    elif change.found:
        text = f"{subject} is {after}, last reported as {before}: found at a start or reload of haproxy-agentx"
    else:
        text = f"{subject} went from {before} to {after}"
    return Explanation(text)
