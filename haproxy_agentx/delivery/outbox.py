"""The outbox: events leave it in their order, one at a time, and each when snmpd has acknowledged it.

An event is marked as sent on disk before it is passed to snmpd. When the mark is found later (the session ended
before the answer came, the daemon was killed), the event is sent again with one try more: nothing is lost, and possible
duplicates are flagged (``Event.tries`` above 1).

| what happens to the event in flight | what follows |
|---|---|
| acknowledged, error 0 | settled: acknowledged |
| refused, passed over, or the session ends | tried again for a bounded time: ``delivery`` has the rules |
| there is no session to give it to, or the gate has just closed | the mark is taken back; sent when it may leave |
| ``send`` fails: a bug of ours | settled: refused |
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from haproxy_agentx.agentx import events as agentx
from haproxy_agentx.agentx.backoff import Backoff
from haproxy_agentx.agentx.constants import meaning
from haproxy_agentx.delivery.attempts import MAX_TRIES, Attempts, LearnedSize, Outcome, outcome_of
from haproxy_agentx.delivery.master import explain
from haproxy_agentx.health.event import Event, EventDraft
from haproxy_agentx.objects.notification_size import COMPACT, FULL
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.vocabulary.event import Delivery
from haproxy_agentx.vocabulary.shown import printable

log = logging.getLogger(__name__)

NO_SESSION = "there is no session with the AgentX master"

PASSED_OVER = "the master lives and does not answer it: is sendMessageMaxSize in snmp.conf or snmpd.conf too small?"

_NO_ERROR = 0


@dataclass(frozen=True, slots=True)
class OutboxPace:
    """Times in seconds: for an answer, of the first and the longest pause after a refusal, between two looks.

    ``answer`` is for a session that reports neither an answer nor that there is none. A look is at the gate while it is
    closed: nothing reports when it opens. ``idle`` is how soon events are found that came to light when the store could
    be read again.
    """

    answer: float = 30.0
    first_pause: float = 0.5
    longest_pause: float = 4.0
    look: float = 0.25
    idle: float = 5.0


class Outbox:
    """Empties ``journal`` by ``send``.

    ``send`` gives an event in at most so many octets to the master, with **the Event itself as the token**
    (``Connection.notify``), and returns the octets of its notification, 0 when there was no session. ``gate`` returns
    in words why nothing should leave now, or None. ``take`` must be called with each AgentX event: nothing leaves
    before the first Ready (or Refused: there is a session as well).
    """

    def __init__(
        self,
        journal: Journal,
        send: Callable[[Event, int], int],
        gate: Callable[[], str | None],
        pace: OutboxPace | None = None,
    ) -> None:
        self._journal = journal
        self._send = send
        self._gate = gate
        self._pace = pace or OutboxPace()
        self._backoff = Backoff(self._pace.first_pause, self._pace.longest_pause)
        self._session = False
        self._in_flight: Event | None = None
        self._answer: asyncio.Future[int | Outcome] | None = None
        self._attempts = Attempts()
        self._size = LearnedSize(FULL, COMPACT)
        self._octets = 0
        """Of the notification in flight."""
        self._trouble = ""
        """Why the event at the head has to be tried again, in words."""
        self._complaint = ""
        """What was logged, until an event is acknowledged."""
        self._woken = asyncio.Event()
        self._waiting: dict[int, list[asyncio.Future[Event]]] = {}
        journal.on_queued = self.wake

    @property
    def on_hold(self) -> str:
        """Why events wait, in words; empty if they do not, or wait for their turn only."""
        return (self._obstacle() or self._trouble) if self._journal.counts.queued else ""

    @property
    def shortened_to(self) -> int | None:
        """The octets that notifications are cut to, as the master answers no longer ones; None when they are not."""
        return self._size.limit or None

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        event: Event | None = None
        while True:
            if event is not None:
                event = await self._deliver(event)
            elif not self._journal.has_next:
                await self._sleep(self._pace.idle)
            elif self._obstacle():
                await self._sleep(self._pace.look if self._session else self._pace.idle)
            else:
                event = await self._journal.try_next()

    def take(self, event: agentx.Event) -> None:
        """Process an event of the AgentX session."""
        match event:
            case agentx.Ready() | agentx.RegistrationRefused():
                if not self._session:
                    self._attempts.session_began()
                    self._size = LearnedSize(FULL, COMPACT)
                self._session = True
                self.wake()
            case agentx.Closed():
                self._session = False
                self._reply(Outcome.SESSION_ENDED)
            case agentx.Unanswered(token=Event() as token):
                current = self._in_flight
                if current is not None and (current.sequence, current.tries) == (token.sequence, token.tries):
                    self._reply(Outcome.UNANSWERED)
            case agentx.Acknowledged(token=Event() as token, error=error):
                current = self._in_flight
                if current is None or current.sequence != token.sequence:
                    return
                if current.tries == token.tries:
                    self._reply(error)
                elif error == _NO_ERROR:  # a late yes is one, a late no is not about this try
                    self._size.give_up()
                    self._reply(error)
            case _:
                pass

    def wake(self) -> None:
        """Look at once whether there is something to send."""
        self._woken.set()

    async def test(self, draft: EventDraft, seconds: float) -> Event:
        """Append an event, and give it as ``delivered`` does."""
        (event,) = await self._journal.append([draft])
        return await self.delivered(event.sequence, seconds)

    async def delivered(self, sequence: int, seconds: float) -> Event:
        """Return an event when it is settled, or as it is then if that takes longer. Raises LookupError for none."""
        settled: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(sequence, []).append(settled)
        try:
            found = await self._journal.find(sequence)
            if found is None:
                raise LookupError(f"there is no event {sequence} in the log")
            if found.delivery not in {Delivery.queued, Delivery.sent}:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    return await settled
            return await self._journal.find(sequence) or found
        finally:
            self._waiting[sequence].remove(settled)
            if not self._waiting[sequence]:
                del self._waiting[sequence]

    def _obstacle(self) -> str | None:
        return self._gate() or (None if self._session else NO_SESSION)

    async def _deliver(self, event: Event) -> Event | None:
        """Hand one event to the master, and do what follows from its answer. Give the next one, if it may leave."""
        self._attempts.look_at(event.sequence)
        if event.tries > MAX_TRIES:  # the daemon itself ended at each of them
            return await self._give_up(event, Delivery.unanswered, f"it was tried {MAX_TRIES} times")
        self._in_flight = event
        self._answer = asyncio.get_running_loop().create_future()
        try:
            try:
                given = self._give(event)
            except Exception:  # a bug of ours in one event is logged, and keeps no other from leaving
                log.exception("event %d cannot be sent: it is refused", event.sequence)
                return await self._settle(event, Delivery.refused)
            if not given:
                await self._journal.returned(event.sequence)
                return None
            answer = await self._answered()
        finally:
            self._in_flight = self._answer = None
        if answer == _NO_ERROR:
            return await self._acknowledged(event)
        return await self._failed(event, answer)

    def _give(self, event: Event) -> bool:
        if self._obstacle():
            return False
        self._octets = self._send(event, self._size.budget(shortened=self._attempts.shortened))
        if not self._octets:
            self._session = False
        return self._octets > 0

    async def _answered(self) -> int | Outcome:
        assert self._answer is not None  # noqa: S101  for mypy: _deliver has just made it
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.answer):
                return await self._answer
        return Outcome.UNANSWERED

    async def _acknowledged(self, event: Event) -> Event | None:
        self._complaint = ""
        self._attempts.acknowledged()
        if longer := self._size.take_answered(self._octets):
            log.warning(
                "the master answers a notification of %d octets and not one of %d: notifications are shortened until "
                "it restarts: remove sendMessageMaxSize from its snmp.conf and snmpd.conf, or set it to 1800 or more",
                self._octets,
                longer,
            )
        return await self._settle(event, Delivery.acknowledged)

    async def _failed(self, event: Event, answer: int | Outcome) -> Event | None:
        """Try an event again, or give it up, by the rules of ``delivery``."""
        outcome = answer if isinstance(answer, Outcome) else outcome_of(answer)
        if outcome is Outcome.UNANSWERED:
            self._size.take_passed_over(self._octets)
        settled = self._attempts.take(outcome, event.tries, monotonic())
        why = PASSED_OVER if outcome is Outcome.UNANSWERED else "the session with the master has ended each time"
        if not isinstance(answer, Outcome):
            why = explain(agentx.MasterProblem(meaning(answer), answer), "")
        if settled is not None:
            return await self._give_up(event, settled, why)
        log.debug("event %d of %d octets is tried again: %s: %s", event.sequence, self._octets, outcome.name, why)
        if outcome is not Outcome.SESSION_ENDED:
            self._trouble = f"event {event.sequence} is tried again: {why}"
        if not isinstance(answer, Outcome):
            await asyncio.sleep(self._backoff.next())
        return None

    async def _give_up(self, event: Event, delivery: Delivery, why: str) -> Event | None:
        level = logging.WARNING if why != self._complaint else logging.DEBUG  # of a series the first one is news
        self._complaint = why
        log.log(
            level,
            "event %d (%s of %s) is %s after %d tries, and stays in the log: %s",
            event.sequence,
            event.draft.kind.name,
            printable(event.draft.subject or ""),
            delivery.name,
            event.tries,
            why,
        )
        self._size.give_up()
        return await self._settle(event, delivery)

    async def _settle(self, event: Event, delivery: Delivery) -> Event | None:
        self._trouble = ""
        self._backoff.reset()
        following = None
        if self._obstacle():
            settled = await self._journal.settle(event.sequence, delivery, time.time())
        else:
            settled, following = await self._journal.settle_and_try(event.sequence, delivery, time.time())
        for waiting in self._waiting.get(event.sequence, ()):
            if settled is not None and not waiting.done():
                waiting.set_result(settled)
        return following

    def _reply(self, answer: int | Outcome) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
