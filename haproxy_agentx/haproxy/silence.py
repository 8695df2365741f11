"""From a reading that failed to what it says of HAProxy: the channel, how HAProxy stands, and a line about it. Pure."""

from haproxy_agentx.haproxy.standing import UNSEEN, Channel, ProcessStanding, SilenceEvidence, decide
from haproxy_agentx.vocabulary.source import Absent, Gone, SourceError, Unresponsive


def channel_of(error: SourceError, *, over_http: bool, was_read: bool) -> Channel | None:
    """Return what a failure shows of the channel; None where it is one of reading and not of silence.

    A socket that is not there says something only once it ``was_read``: one that never was may be elsewhere.
    """
    if isinstance(error, Gone):
        return Channel.refused
    if isinstance(error, Unresponsive):
        return Channel.page if over_http else Channel.silent
    if isinstance(error, Absent) and was_read and not over_http:
        return Channel.absent
    return None


def judged(
    error: SourceError, evidence: SilenceEvidence, target: str, timeout: float
) -> tuple[SourceError, ProcessStanding]:
    """Return the failure in the words of all that was seen, and how HAProxy stands. ``timeout`` in seconds."""
    standing, words = decide(evidence)
    if not words:
        return error, standing
    if words == UNSEEN:
        return _worded(error, f"{error}; {words}"), standing
    what = f"no answer within {timeout:g} s" if isinstance(error, Unresponsive) else evidence.channel.value
    return _worded(error, f"{target}: {what}: {words}"), standing


def _worded(error: SourceError, text: str) -> SourceError:
    """Return the same failure in other words."""
    reported = type(error)(text)
    reported.excused = error.excused
    return reported
