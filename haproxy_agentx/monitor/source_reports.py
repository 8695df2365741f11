"""The reports of sources: one that is lost, one that is back. Pure.

What comes through snmpd is lost with snmpd. That is one fact, reported as the subject ``AgentX master``: the sources
behind it are judged again when keepalived has had the time to connect to it again.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.model import Cause
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.health.severity import REMOVED
from haproxy_agentx.monitor.state_reports import Explanation, StateChange, StateReports
from haproxy_agentx.vocabulary.event import Kind
from haproxy_agentx.vocabulary.source import SourceState

OK, LOST = SourceState.ok.name, SourceState.absent.name
"""State of snmpd while it does not keep our session."""

SNMPD = "AgentX master"
READ_THROUGH_SNMPD = "keepalived-mib"
THROUGH_SNMPD = frozenset({READ_THROUGH_SNMPD, "keepalived-traps"})
"""Sources that snmpd takes along."""

RETURN = 25.0
"""Seconds after a return of snmpd in which they may still be missing: keepalived connects again after a fixed 15 s, and
is asked each 5 s."""


class SourceReports:
    """The states of all sources. A change is reported when it has held for ``hold`` seconds."""

    def __init__(self, hold: float, limit: int, per: float, memory: Mapping[str, str]) -> None:
        window = RateWindow(limit, per)
        self._reports = StateReports(Kind.sourceChange, OK, hold, window, _explain, memory)
        self._seen: set[str] = set()
        """Sources that were seen in this run."""
        self._is_connected: bool | None = None
        """Whether snmpd keeps our session; None before it did so in this run."""
        self._back_at = 0.0

    @property
    def texts(self) -> Mapping[str, str]:
        """The memory for the next run."""
        return self._reports.last.texts

    @property
    def version(self) -> int:
        """Grows with each change of ``texts``."""
        return self._reports.last.version

    def take(self, name: str, state: str, error: str, now: float) -> None:
        """Record a state, a label of haxSourceState, and the last error in words."""
        if name in THROUGH_SNMPD and state != OK and not self._is_due(now):
            self._reports.forgive(name, now)
            return
        self._reports.see(name, state, now, error, found=name not in self._seen)
        self._seen.add(name)

    def take_master(self, connected: bool, now: float) -> None:  # noqa: FBT001  as the connection has it
        """Record whether snmpd keeps our session. Before it first does so, nothing is known of snmpd."""
        if connected and not self._is_connected:
            self._back_at = now
        if connected or self._is_connected is not None:
            self._is_connected = connected
            if READ_THROUGH_SNMPD in self._seen:
                words = "snmpd does not keep our AgentX session: notifications and KEEPALIVED-MIB wait for it"
                self._reports.see(SNMPD, OK if connected else LOST, now, words, found=SNMPD not in self._seen)
                self._seen.add(SNMPD)

    def keep(self, names: Container[str], now: float) -> None:
        """Record which sources are configured: the others are gone."""
        for name, _ in self._reports.last:
            if name not in names and not (name == SNMPD and READ_THROUGH_SNMPD in names):
                self._reports.gone(name, now, f"{name} is no longer read")
                self._seen.discard(name)

    def reminder(self, name: str, now: float, date: float) -> EventDraft | bool:
        """Return the event that reports a problem of a source again; True while it may be over, False for none."""
        state = self._reports.lasting(name)
        if not state:
            return state is None
        if name not in self._seen or (name in THROUGH_SNMPD and not self._is_due(now)):
            return True
        draft = self._reports.reminder(name, state, date)
        return replace(draft, cause=Cause.sourceLost)

    def deadline(self) -> float | None:
        """Return when ``report`` may have something."""
        return self._reports.deadline()

    def report(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield what must be reported now."""
        return self._reports.report(now, date)

    def flush(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the sum of what is suppressed."""
        return self._reports.flush(now, date)

    def _is_due(self, now: float) -> bool:
        """Whether a source that comes through snmpd is lost for a reason of its own."""
        return bool(self._is_connected) and now >= self._back_at + RETURN


def _explain(change: StateChange) -> Explanation:
    subject, after = change.subject, change.after
    if after == REMOVED:
        return Explanation(f"{change.words}; last reported as {change.before}")
    if after != OK:
        cause, words = Cause.sourceLost, change.words
    elif subject == SNMPD:
        cause, words = Cause.recovered, "snmpd keeps our AgentX session again"
    else:
        cause, words = Cause.recovered, f"{subject} can be read again"
    if change.found:
        words = f"{words}; found at a start or reload of haproxy-agentx"
    return Explanation(words, cause)
