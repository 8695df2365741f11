"""The outbox: events leave it in their order, one at a time, and each when snmpd has acknowledged it.

An event is marked as sent on disk before it is given to snmpd. Whoever finds the mark later (the session ended before
the answer came, the daemon was killed) sends the event again with one try more: nothing is lost, and what may have been
sent twice says so (``Event.tries`` above 1).

| what happens to the event in flight | what follows |
|---|---|
| acknowledged, error 0 | settled: acknowledged |
| acknowledged, another error | sent again after a pause; after ``Pace.refusals`` of them settled: refused |
| the session ends | sent again when there is another one |
| no answer within ``Pace.answer`` | sent again |
| there is no session to give it to, or just now it is to be held | the mark is taken back; sent when it may leave |
| ``send`` fails: a bug of ours | settled: refused |
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from haproxy_agentx.agentx import events as agentx
from haproxy_agentx.agentx.backoff import Backoff
from haproxy_agentx.event import Delivery, Event, News
from haproxy_agentx.journal import Journal
from haproxy_agentx.printable import printable

log = logging.getLogger(__name__)

NO_SESSION = "there is no session with the AgentX master"


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds: for an answer, of the first and the longest pause after a refusal, between two looks.

    A look is at ``is_held`` while that holds events: nothing tells when it is over. ``idle`` is how soon events are
    found that came to light when the store could be read again. ``refusals`` of one event are all that it gets.
    """

    answer: float = 30.0
    first_pause: float = 0.5
    longest_pause: float = 4.0
    look: float = 0.25
    idle: float = 5.0
    refusals: int = 5


class _Silence(Enum):
    """Why there is no answer."""

    SESSION_OVER = 1
    TOO_LATE = 2


class Outbox:
    """Empties ``journal`` by ``send``.

    ``send`` gives an event to the master, with **the Event itself as the token** (``Connection.notify``), and says
    whether there was a session; ``is_held`` says in words why nothing should leave now, or None. ``take`` must be
    called with each AgentX event: nothing leaves before the first Ready (or Refused: there is a session as well).
    """

    def __init__(
        self,
        journal: Journal,
        send: Callable[[Event], bool],
        is_held: Callable[[], str | None],
        pace: Pace | None = None,
    ) -> None:
        self._journal = journal
        self._send = send
        self._is_held = is_held
        self._pace = pace or Pace()
        self._backoff = Backoff(self._pace.first_pause, self._pace.longest_pause)
        self._session = False
        self._in_flight: Event | None = None
        self._answer: asyncio.Future[int | _Silence] | None = None
        self._refusals = 0
        """Of the event at the head of the queue."""
        self._complaint = 0
        """The error that was logged, until an event is acknowledged."""
        self._woken = asyncio.Event()
        self._waiting: dict[int, list[asyncio.Future[Event]]] = {}
        journal.on_queued = self.wake

    @property
    def held(self) -> str:
        """Why events wait, in words; empty if they do not, or wait for their turn only."""
        return (self._obstacle() or "") if self._journal.counts.queued else ""

    async def run(self) -> None:
        """Send what waits, for ever."""
        event: Event | None = None
        while True:
            if event is not None:
                event = await self._deliver(event)
            elif not self._journal.counts.queued:
                await self._sleep(self._pace.idle)
            elif self._obstacle():
                await self._sleep(self._pace.look if self._session else self._pace.idle)
            else:
                event = await self._journal.try_next()

    def take(self, event: agentx.Event) -> None:
        """Take an event of the AgentX session."""
        match event:
            case agentx.Ready() | agentx.Refused():
                self._session = True
                self.wake()
            case agentx.Closed():
                self._session = False
                self._reply(_Silence.SESSION_OVER)
            case agentx.Acknowledged(token=Event() as token, error=error):
                current = self._in_flight
                if current is None or current.sequence != token.sequence:
                    return
                if error == 0 or current.tries == token.tries:  # a late yes is one, a late no is not about this try
                    self._reply(error)
            case _:
                pass

    def wake(self) -> None:
        """Look at once whether there is something to send."""
        self._woken.set()

    async def test(self, news: News, seconds: float) -> Event:
        """Append an event, and give it as ``delivered`` does."""
        (event,) = await self._journal.append([news])
        return await self.delivered(event.sequence, seconds)

    async def delivered(self, sequence: int, seconds: float) -> Event:
        """Give an event when it is settled, or as it is then if that takes longer. Raises LookupError for none."""
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
        return self._is_held() or (None if self._session else NO_SESSION)

    async def _deliver(self, event: Event) -> Event | None:
        """Give one event to the master, and do what follows from its answer. Gives the next one, if it may leave."""
        self._in_flight = event
        self._answer = asyncio.get_running_loop().create_future()
        try:
            try:
                given = self._give(event)
            except Exception:  # a bug of ours in one event is logged, and keeps no other from leaving
                log.exception("event %d cannot be sent, and is refused", event.sequence)
                return await self._settle(event, Delivery.refused)
            if not given:
                await self._journal.returned(event.sequence)
                return None
            answer = await self._answered()
        finally:
            self._in_flight = self._answer = None
        if answer == 0:
            self._complaint = 0
            return await self._settle(event, Delivery.acknowledged)
        if not isinstance(answer, _Silence):
            return await self._refused(event, answer)
        if answer is _Silence.TOO_LATE:
            log.warning("the master has not answered event %d: it is sent again", event.sequence)
        return None

    def _give(self, event: Event) -> bool:
        if self._obstacle():
            return False
        given = self._send(event)
        if not given:
            self._session = False
        return given

    async def _answered(self) -> int | _Silence:
        assert self._answer is not None  # noqa: S101  for mypy: _deliver has just made it
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.answer):
                return await self._answer
        return _Silence.TOO_LATE

    async def _refused(self, event: Event, error: int) -> Event | None:
        self._refusals += 1
        if self._refusals < self._pace.refusals:
            log.debug("event %d: %s", event.sequence, agentx.refusal(error))
            await asyncio.sleep(self._backoff.next())
            return None
        level = logging.WARNING if error != self._complaint else logging.DEBUG  # of a series the first one is news
        self._complaint = error
        log.log(
            level,
            "the master refuses event %d (%s of %s), which stays in the log unsent: %s",
            event.sequence,
            event.news.kind.name,
            printable(event.news.cells.get("haxEventSubject", "")),
            agentx.refusal(error),
        )
        return await self._settle(event, Delivery.refused)

    async def _settle(self, event: Event, delivery: Delivery) -> Event | None:
        self._refusals = 0
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

    def _reply(self, answer: int | _Silence) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
