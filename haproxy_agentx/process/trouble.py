"""What keeps an HAProxy from being known to serve, by the attempts to read it. Pure; times are monotonic seconds."""

from collections.abc import Mapping

from haproxy_agentx.haproxy.standing import ProcessStanding
from haproxy_agentx.health.model import Reason
from haproxy_agentx.vocabulary.source import Denied, SourceError

SHOWN: Mapping[ProcessStanding, Reason] = {
    ProcessStanding.gone: Reason.haproxyGone,
    ProcessStanding.frozen: Reason.haproxyUnresponsive,
    ProcessStanding.silent: Reason.statisticsSilent,
}
"""What is said of HAProxy whose statistics are not answered. Other failures say nothing until the last good reading is
too old: then it is not known how HAProxy is."""


class Trouble:
    """``reason`` is empty while there is none; ``since`` is when the attempt began that first found the present one."""

    def __init__(self) -> None:
        self.reason = Reason(0)
        self.since: float | None = None
        self._is_silent = False
        """Whether the last attempt found its statistics silent, without showing how HAProxy is."""

    def read(self) -> None:
        """Record a good reading."""
        self._is_silent = False
        self._become(Reason(0), 0.0)

    def failed(
        self, error: SourceError, standing: ProcessStanding | None, began: float, now: float, *, is_outdated: bool
    ) -> None:
        """Record an attempt that failed. ``is_outdated`` says that the last good reading is too old to be served.

        ``standing`` is how HAProxy is, None where the channel does not say it. Where the channel was silent before, it
        is not known when HAProxy ended or stopped: now at the latest.
        """
        since = now if self._is_silent and standing is not ProcessStanding.silent else began
        self._is_silent = standing is ProcessStanding.silent
        self._become(self._reason_of(error, standing, is_outdated=is_outdated), since)

    def _reason_of(self, error: SourceError, standing: ProcessStanding | None, *, is_outdated: bool) -> Reason:
        if standing in (ProcessStanding.gone, ProcessStanding.frozen):
            return SHOWN[standing]
        if isinstance(error, Denied):
            return Reason.haproxyUnreadable
        if standing is ProcessStanding.silent:
            return SHOWN[standing] if self.reason or is_outdated else self.reason
        return Reason.haproxyUnreadable if is_outdated else self.reason

    def _become(self, reason: Reason, since: float) -> None:
        if reason != self.reason:
            self.reason, self.since = reason, since if reason else None
