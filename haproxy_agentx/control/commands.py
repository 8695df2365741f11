"""What can be asked of the running daemon beside its state: the commands of its control socket."""

import time
from collections.abc import Callable, Mapping
from time import monotonic

from haproxy_agentx.control.event_json import event_json
from haproxy_agentx.control.request import Request, Snapshot, maintenance_seconds, page
from haproxy_agentx.control.socket import Handler
from haproxy_agentx.delivery.outbox import Outbox
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.vocabulary.event import Delivery, Kind

TEST_TIMEOUT = 10.0
"""Seconds that a test waits for its acknowledgement."""


def _test_draft() -> EventDraft:
    text = "haproxy-agentx trap-test: nothing has happened"
    return EventDraft(time.time(), Kind.test, subject="haproxy-agentx", cause_text=text)


_PROBLEMS: Mapping[Delivery, str] = {
    Delivery.queued: "it waits to be sent, and will be: {held}",
    Delivery.sent: "snmpd was given it and has not acknowledged it: is snmpd frozen? It will be sent again",
    Delivery.refused: "snmpd would not have it: journalctl -u haproxy-agentx says why",
    Delivery.unanswered: "snmpd lives and has not answered it, and it is not tried again: remove sendMessageMaxSize "
    "from its snmp.conf and snmpd.conf, or set it to 1800 or more",
    Delivery.dropped: "too many events wait for snmpd, and this one was dropped: start snmpd",
}
"""The remedies for a test that is not acknowledged."""

_NO_REASON = "snmpd is busy with others before it"


def commands(
    journal: Journal,
    outbox: Outbox,
    *,
    problem: Callable[[], str | None],
    maintain: Callable[[int | None], float],
) -> Mapping[str, Handler]:
    """Return the handlers; ``problem`` says why the AgentX master is not reached, if it is not.

    ``maintain`` orders the maintenance of this node for some seconds, 0 to end it, None to leave it as it is, and
    returns for how many it remains.
    """

    async def events(request: Request) -> Snapshot:
        """Return a page of the log, and the number of the last event there is."""
        wanted = page(request)
        found = await (
            journal.last(wanted.limit) if wanted.since is None else journal.since(wanted.since, wanted.limit)
        )
        return {"events": [event_json(event) for event in found], "last": journal.counts.last_sequence}

    async def trap_test(_request: Request) -> Snapshot:
        """Send a haxTest, and say how it went."""
        began = monotonic()
        event = await outbox.test(_test_draft(), TEST_TIMEOUT)
        return outcome_of_test(event, monotonic() - began, outbox.on_hold or problem())

    async def maintenance(request: Request) -> Snapshot:
        """Order, end or show the maintenance of this node."""
        return {"remaining": round(maintain(maintenance_seconds(request)), 1)}

    return {"events": events, "trap-test": trap_test, "maintenance": maintenance}


def outcome_of_test(event: Event, seconds: float, held: str | None) -> Snapshot:
    """Return how a test went that took so long; ``held`` says why events wait."""
    text = _PROBLEMS.get(event.delivery)
    return {
        "sequence": event.sequence,
        "delivery": event.delivery.name,
        "milliseconds": round(seconds * 1000, 1),
        "problem": None if text is None else text.format(held=held or _NO_REASON),
    }
