"""The reports of pairs: a state that has changed, and differences that last. Pure.

The states have held before they come here (``pair.settling``), so no further hold is needed. Where no peer is
configured, nothing is reported: this node alone has its own events.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.model import Cause
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.health.severity import MAINTAINED, REMOVED, Severity, severity_of
from haproxy_agentx.monitor.pairs import PairView
from haproxy_agentx.monitor.state_reports import Explanation, StateChange, StateReports
from haproxy_agentx.pair.model import Evidence, PairState
from haproxy_agentx.pair.words import difference_words
from haproxy_agentx.vocabulary.event import Kind

GOOD = PairState.redundant.name
SAME, DIFFERS = "same", "differs"


class PairReports:
    """The pairs of all services; the limit is one for all of them."""

    def __init__(self, window: RateWindow, memory: Mapping[str, str]) -> None:
        self._views: Mapping[str, PairView] = {}
        self._node = ""
        self._seen_version = -1
        """The version of what was last reported when the pairs were last compared with it."""
        self._states = StateReports(Kind.pairChange, GOOD, 0.0, window, self._explain_state, memory)
        self._mismatches = StateReports(Kind.pairMismatch, SAME, 0.0, window, self._explain_mismatch, memory)

    @property
    def texts(self) -> dict[str, str]:
        """The memory for the next run."""
        return {**self._states.last.texts, **self._mismatches.last.texts}

    @property
    def version(self) -> int:
        """Grows with each change of ``texts``."""
        return self._states.last.version + self._mismatches.last.version

    def take(self, node: str, views: Mapping[str, PairView], now: float) -> None:
        """Record how all pairs are; ``views`` is empty where no peer is configured."""
        known, self._node, self._views = self._views, node, views
        is_new = self._seen_version != self.version
        if is_new or known.keys() != views.keys():
            for reports in (self._states, self._mismatches):
                for subject, _ in list(reports.last):
                    if subject not in views:
                        reports.gone(subject, now, f"{subject} is no longer compared with other nodes")
        for service, view in views.items():
            before = known.get(service)
            is_same = before is not None and before.settled is view.settled and before.text == view.text
            if (is_new or not is_same) and not view.settled.is_first:
                self._see(service, view, now)
        self._seen_version = self.version

    def reminder(self, kind: Kind, service: str, date: float) -> EventDraft | bool:
        """Return the event that reports a problem again; True while it may be over, False for none."""
        reports = self._states if kind is Kind.pairChange else self._mismatches
        state = reports.lasting(service)
        if not state:
            return state is None
        draft = reports.reminder(service, state, date)
        view = self._views.get(service)
        if view is None or view.settled.is_first:
            return True
        return replace(draft, pair_key=view.key, node=self._node)

    def report(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield what must be reported now."""
        yield from self._states.report(now, date)
        yield from self._mismatches.report(now, date)

    def flush(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the sums of what is suppressed."""
        yield from self._states.flush(now, date)
        yield from self._mismatches.flush(now, date)

    def deadline(self) -> float | None:
        """Return when ``report`` may have something."""
        moments = (self._states.deadline(), self._mismatches.deadline())
        return min((moment for moment in moments if moment is not None), default=None)

    def _see(self, service: str, view: PairView, now: float) -> None:
        state, verdict = view.settled.state, view.settled.verdict
        reported = self._states.last.get(service)
        if reported is None:
            self._states.last.learn({service: GOOD})  # a problem that is found is reported
            self._mismatches.last.learn({service: SAME})
        if not (verdict.excused and state is verdict.state):
            self._states.see(service, state.name, now, view.text)
        elif reported is not None and severity_of(Kind.pairChange, reported.state) is not Severity.cleared:
            self._states.see(service, MAINTAINED, now, view.text)
        else:
            self._states.forgive(service, now)
        if view.settled.lasting:
            self._mismatches.see(service, DIFFERS, now, difference_words(view.settled.lasting))
        elif Evidence.peersRead in verdict.evidence:
            self._mismatches.see(service, SAME, now)

    def _explain_state(self, change: StateChange) -> Explanation:
        view = self._views.get(change.subject)
        if view is None or change.after == REMOVED:
            return self._ended(change)
        return Explanation(view.text, view.cause, view.key, self._node)

    def _explain_mismatch(self, change: StateChange) -> Explanation:
        view = self._views.get(change.subject)
        if view is None or change.after == REMOVED:
            return self._ended(change)
        cause = Cause.recovered if change.after == SAME else Cause.configurationChanged
        words = "the nodes agree" if change.after == SAME else change.words
        return Explanation(words, cause, view.key, self._node)

    def _ended(self, change: StateChange) -> Explanation:
        words = f"{change.words}; last reported as {change.before}"
        return Explanation(words, Cause.configurationChanged, f"{change.subject}/-", self._node)
