"""What a node reports besides its services: sources, backends, servers and pairs. Pure."""

from collections.abc import Iterator, Mapping

from haproxy_agentx.config.model import NotificationsConfig
from haproxy_agentx.health.event import EventDraft
from haproxy_agentx.health.rate_limiter import RateWindow
from haproxy_agentx.monitor.backend_reports import BackendReports
from haproxy_agentx.monitor.pair_reports import PairReports
from haproxy_agentx.monitor.reminders import Reminders
from haproxy_agentx.monitor.source_reports import SourceReports
from haproxy_agentx.vocabulary.event import Kind


class Reports:
    """``sources``, ``backends`` and ``pairs`` take what is seen; ``memory`` is that of an earlier run.

    The memory is what ``texts`` returned. Times are monotonic seconds, but ``date``, which is the same moment in
    seconds since 1970.
    """

    def __init__(self, policy: NotificationsConfig, memory: Mapping[str, str]) -> None:
        wanted = {Kind.backendChange: policy.backends, Kind.serverChange: policy.servers}
        kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
        self.sources = SourceReports(policy.hold, *policy.limit, memory)
        self.backends = BackendReports(kinds, *policy.limit, memory)
        self.pairs = PairReports(RateWindow(*policy.limit), memory)
        self.reminders = Reminders(policy.remind, *policy.limit, memory)

    @property
    def texts(self) -> dict[str, str]:
        """What was last reported, as the next run has to know it, by key."""
        return {**self.sources.texts, **self.backends.texts, **self.pairs.texts, **self.reminders.texts}

    @property
    def version(self) -> int:
        """Grows with each change of ``texts``."""
        return self.sources.version + self.backends.version + self.pairs.version + self.reminders.version

    def report(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield what must be reported now."""
        yield from self.sources.report(now, date)
        yield from self.backends.report(now, date)
        yield from self.pairs.report(now, date)

    def flush(self, now: float, date: float) -> Iterator[EventDraft]:
        """Yield the sums of what is suppressed."""
        yield from self.sources.flush(now, date)
        yield from self.backends.flush(now, date)
        yield from self.pairs.flush(now, date)

    def deadline(self, now: float) -> float | None:
        """Return when ``report`` has something although nothing comes."""
        moments = (self.sources.deadline(), self.backends.deadline(now), self.pairs.deadline())
        return min((moment for moment in moments if moment is not None), default=None)
