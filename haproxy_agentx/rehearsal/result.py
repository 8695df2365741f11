"""What a rehearsal has shown, as text and as JSON. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from haproxy_agentx.rehearsal.leg import Leg, LegVerdict
from haproxy_agentx.rehearsal.outage import Unserved
from haproxy_agentx.rehearsal.seen_events import NodeEvents, SeenEvent

NO_PROBE = "not measured: pass --probe URL or --probe HOST:PORT, an address of the service"


NAMED = 10
"""Numbers of events that were not read and are named."""


@dataclass(frozen=True, slots=True)
class LegResult:
    """One way. ``began`` is when the order was given, ``probe`` where requests went, ``pair`` the state in the end."""

    name: str
    leg: Leg
    unserved: Unserved | None
    probe: str | None
    events: Sequence[NodeEvents]
    command_status: int | None = None
    """The exit status of the operator's command, None without one."""
    pair: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it moved, and nothing was lost or is not known."""
        shown = self.leg.verdict is LegVerdict.moved and not self.leg.unread
        served = self.unserved is None or self.unserved.most is not None
        return shown and served and not any(one.missing or one.given_up or one.pending for one in self.events)

    def lost(self) -> Iterator[str]:
        """Yield what was lost, or is not known to have arrived."""
        for one in self.events:
            if one.missing:
                named = one.newest_missing(NAMED)
                older = f", and {one.missing - len(named)} older ones" if one.missing > len(named) else ""
                yield f"{one.node}: events that were not read: {_numbers(named)}{older}"
            if one.given_up:
                yield f"{one.node}: notifications that were given up: {_numbers(one.given_up)}"
            if one.pending:
                yield f"{one.node}: notifications that snmpd has not acknowledged yet: {_numbers(one.pending)}"
        if self.leg.unread:
            yield f"not read in the end: {', '.join(self.leg.unread)}: what happened there is not known"


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def lines(result: LegResult) -> Iterator[str]:
    """Yield the report of one way."""
    leg = result.leg
    verdict = leg.verdict.value if leg.verdict is not None else "interrupted"
    yield f"{result.name}: {leg.giver} -> {leg.taker or '?'}: {verdict}"
    if result.command_status:
        yield f"  the command ended with exit status {result.command_status}"
    if leg.left_at is not None and leg.served_at is not None:
        left, served = leg.left_at - leg.began, leg.served_at - leg.began
        yield f"  seen to leave after {left:.1f} s, served by {leg.taker} after {served:.1f} s"
    yield f"  without service: {unserved_words(result)}"
    if result.pair:
        yield f"  the pair in the end: {result.pair}"
    if not any(one.found for one in result.events):
        yield "  events: none"
    for node in result.events:
        yield from (f"  {event_words(event)}" for _, event in sorted(node.found.items()))
    yield from (f"  LOST {words}" for words in result.lost())


def unserved_words(result: LegResult) -> str:
    """Return how long it was not served, as far as requests have shown it."""
    found = result.unserved
    if found is None:
        return NO_PROBE if result.probe is None else f"not measured: no request could be made to {result.probe}"
    asked = f"{found.failed} of {found.asked} requests to {result.probe} failed"
    if found.not_asked:
        asked += f", {found.not_asked} more could not be made"
    if found.most is None:
        return f"at least {found.least:.1f} s, and not served in the end ({asked})"
    if not found.failed:
        return f"nothing seen: less than {found.most:.1f} s ({asked})"
    return f"{found.least:.1f} s to {found.most:.1f} s ({asked})"


def event_words(event: SeenEvent) -> str:
    """Return an event in one line."""
    change = f"{event.before} -> {event.after}" if event.before and event.before != event.after else event.after
    parts = [f"{event.node} {event.sequence} {event.time} {event.kind} {event.subject}: {change}"]
    parts += [f" ({event.role})"] if event.role else []
    why = ": ".join(text for text in (event.cause, event.cause_text) if text and text != "none")
    parts += [f": {why}"] if why else []
    parts += [f"; keepalived's trap: {event.trap}"] if event.trap else []
    return "".join([*parts, f"; {event.delivery}"])


def way_back(giver: str, taker: str | None) -> str:
    """Return what to do to get back to where it began."""
    if taker is None:
        return f"way back: undo on {giver} what the failover was made with, and look at `haproxy-agentx status`"
    return (
        f"way back: undo on {giver} what the failover was made with (start what was stopped). Where {giver} preempts, "
        f"it takes the service back by itself; with nopreempt it stays on {taker} until that hands it over. Until "
        f"{giver} is ready again, it cannot take over from {taker}"
    )


def as_json(result: LegResult) -> dict[str, object]:
    """Return the report of one way; each key is always there, null where it is not known."""
    leg = result.leg
    return {
        "name": result.name,
        "verdict": leg.verdict.name if leg.verdict is not None else None,
        "good": result.is_good,
        "from": leg.giver,
        "to": leg.taker,
        "seconds_to_leave": _since(leg.left_at, leg.began),
        "seconds_to_serve": _since(leg.served_at, leg.began),
        "probe": result.probe,
        "without_service": None if result.unserved is None else asdict(result.unserved),
        "command_status": result.command_status,
        "pair": result.pair or None,
        "events": [asdict(event) for node in result.events for _, event in sorted(node.found.items())],
        "lost": list(result.lost()),
    }


def _since(moment: float | None, began: float) -> float | None:
    return None if moment is None else round(moment - began, 3)
