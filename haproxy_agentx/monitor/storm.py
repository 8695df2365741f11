"""The one notification for all that was not told one by one. Pure."""

from collections.abc import Iterator

from haproxy_agentx.event import Kind, News
from haproxy_agentx.health.limiter import Limiter

MANY = "(several)"
"""Subject of an event that stands for events of different subjects."""


def storm(limiter: Limiter, kind: Kind, now: float, date: float) -> Iterator[News]:
    """Give the sum of what a limiter has held back, when it is due."""
    due = limiter.due()
    if due is not None and now >= due and (count := limiter.sum(now)):
        words = f"{count} changes in a short time were not told one by one"
        cells = {"haxEventSubject": MANY, "haxEventCauseText": words, "haxEventSuppressed": str(count)}
        yield News(date, kind, cells)
