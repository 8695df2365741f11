"""The one notification for all that was not told one by one. Pure."""

from collections.abc import Iterator

from haproxy_agentx.event import Kind, News
from haproxy_agentx.health.limiter import Limiter

MANY = "(several)"
"""Subject of an event that stands for events of different subjects."""


def not_told(count: int) -> str:
    """Say how many were suppressed."""
    return f"{count} changes in a short time were not told one by one"


def storm(limiter: Limiter, kind: Kind, now: float, date: float) -> Iterator[News]:
    """Give the sum of what a limiter has held back, when it is due."""
    due = limiter.due()
    if due is not None and now >= due and (count := limiter.sum(now)):
        cells = {"haxEventSubject": MANY, "haxEventCauseText": not_told(count), "haxEventSuppressed": str(count)}
        yield News(date, kind, cells)
