"""The outbox: C54 to C57, against a send of the test's, the scripted master and snmpd."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from haproxy_agentx.agentx.connection import Connection
from haproxy_agentx.agentx.constants import ErrorStatus, Tag
from haproxy_agentx.agentx.events import Acknowledged, Closed, Ready, RegistrationRefused, Unanswered
from haproxy_agentx.agentx.events import Event as AgentXEvent
from haproxy_agentx.agentx.oid import key, parse
from haproxy_agentx.agentx.pdu import VarBind
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.delivery.attempts import MAX_TRIES
from haproxy_agentx.delivery.outbox import NO_SESSION, Outbox, OutboxPace
from haproxy_agentx.health.event import Event
from haproxy_agentx.objects.notification_size import COMPACT, octets
from haproxy_agentx.objects.notifications import varbinds as notification
from haproxy_agentx.objects.root import ROOT
from haproxy_agentx.store.journal import Journal
from haproxy_agentx.vocabulary.event import Counts, Delivery, Kind
from tests.support import golden, wire
from tests.support.draft import draft, several
from tests.support.events import event_of
from tests.support.our_agent import QUICK, QUICK_PACE
from tests.support.scripted_master import ScriptedMaster, grant, hang_up, late, refuse, silence
from tests.support.snmpd import Snmpd
from tests.support.stored import Stored, stored
from tests.support.wait import HANG, soon

QUICK_OUTBOX = OutboxPace(answer=10, first_pause=0.01, longest_pause=0.02, look=0.01, idle=0.05)
DENIED = int(ErrorStatus.REQUEST_DENIED)
UNREADABLE = int(ErrorStatus.PARSE_ERROR)
PROCESSING = int(ErrorStatus.PROCESSING_ERROR)


class Bench:
    """A store, its journal and an outbox whose ``send`` is a list."""

    def __init__(self, store: Stored, pace: OutboxPace = QUICK_OUTBOX) -> None:
        self.store = store
        self.journal = Journal(store)
        self.sent: list[Event] = []
        self.accepts = True
        """There is a session to send in."""
        self.held: str | None = None
        self.on_send: Callable[[Event], None] = lambda _: None
        self.size = 1200
        """Octets of each notification, as far as the budget allows."""
        self.octets: list[int] = []
        self.outbox = Outbox(self.journal, self.send, lambda: self.held, pace)

    def send(self, event: Event, budget: int) -> int:
        if not self.accepts:
            return 0
        self.sent.append(event)
        self.octets.append(min(self.size, budget))
        self.on_send(event)
        return self.octets[-1]

    def pass_over(self, event: Event) -> None:
        """Do not answer, and live."""
        self.outbox.take(Unanswered(event))

    def accept_up_to(self, octets: int) -> None:
        """Answer what is no longer than that, and pass over the rest."""
        self.on_send = lambda event: self.answer(0, event) if self.octets[-1] <= octets else self.pass_over(event)

    def answer(self, error: int = 0, event: Event | None = None) -> None:
        """Answer the event that was sent last, or that one."""
        self.outbox.take(Acknowledged(event or self.sent[-1], error))

    def answer_all(self, error: int = 0) -> None:
        """Answer each event as soon as it is sent."""
        self.on_send = lambda event: self.answer(error, event)

    async def until(self, condition: Callable[[], object]) -> None:
        await soon(condition)

    @property
    def tries(self) -> list[tuple[int, int]]:
        return [(event.sequence, event.tries) for event in self.sent]

    @property
    def deliveries(self) -> list[Delivery]:
        return [event.delivery for event in self.journal.recent]


@asynccontextmanager
async def running(path: Path, pace: OutboxPace = QUICK_OUTBOX, *, session: bool = True) -> AsyncIterator[Bench]:
    async with stored(path / "state.db") as store:
        bench = Bench(store, pace)
        await bench.journal.begin()
        task = asyncio.create_task(bench.outbox.run())
        try:
            if session:
                bench.outbox.take(Ready())
            yield bench
            if task.done():
                task.result()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await bench.journal.flush()


# In order, one at a time, marked before it is sent


def test_one_at_a_time_and_in_order(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            await bench.journal.append(several(1, 3))
            for number in (1, 2, 3):
                await bench.until(lambda: bench.tries == [(done, 1) for done in range(1, number + 1)])  # noqa: B023
                found = await bench.journal.find(number)
                assert found is not None
                assert (found.delivery, found.tries) == (Delivery.sent, 1), "on disk before it is sent"
                assert bench.sent[-1] == found
                bench.answer()
            await bench.until(lambda: not bench.journal.counts.queued)
            assert bench.journal.counts == Counts(sent=3, acknowledged=3, last_sequence=3)
            assert all(event.acknowledged_at for event in bench.journal.recent)

    asyncio.run(scenario())


def test_appends_keep_their_order_whether_awaited_or_not(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer_all()
            for number in range(20):
                bench.journal.append([draft(number)], {"SITE1": str(number)})
            bench.journal.add_suppressed(3)
            assert await bench.journal.recall() == {"SITE1": "19"}
            bench.journal.forget(["SITE1"])
            assert await bench.journal.recall() == {}
            await bench.until(lambda: bench.journal.counts.acknowledged == 20)
            assert [event.draft for event in bench.sent] == [draft(number) for number in range(20)]
            assert bench.journal.counts.suppressed == 3
            assert [event.sequence for event in await bench.journal.last(2)] == [19, 20]
            assert [event.sequence for event in await bench.journal.since(4, 2)] == [5, 6]

    asyncio.run(scenario())


def test_500_events_leave_within_a_second_of_the_processor(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer_all()
            started = time.thread_time()  # of the loop: the store is another process
            await bench.journal.append(several(1, 500))
            await bench.until(lambda: bench.journal.counts.acknowledged == 500)
            assert time.thread_time() - started < 1
            assert bench.tries == [(number, 1) for number in range(1, 501)]

    asyncio.run(scenario())


def test_what_was_left_by_the_process_before_is_sent_at_the_start(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            await bench.journal.append(several(1, 3))
            await bench.until(lambda: bench.sent)
        async with running(tmp_path) as bench:
            bench.answer_all()
            await bench.until(lambda: not bench.journal.counts.queued)
            assert bench.tries == [(1, 2), (2, 1), (3, 1)], "the first may have arrived, and says so"

    asyncio.run(scenario())


# 54: sessions end, masters are silent, and refuse


def test_c54_nothing_leaves_before_there_is_a_session(tmp_path):
    async def scenario():
        async with running(tmp_path, session=False) as bench:
            assert bench.outbox.on_hold == "", "nothing waits"
            await bench.journal.append([draft()])
            assert bench.outbox.on_hold == NO_SESSION
            for there_is_one in (Ready(), RegistrationRefused(b"", "duplicate")):
                bench.outbox.take(there_is_one)
                await bench.until(lambda: bench.sent)
                assert bench.outbox.on_hold == ""
                bench.outbox.take(Closed("over"))
                assert bench.outbox.on_hold == NO_SESSION
                bench.sent.clear()

    asyncio.run(scenario())


def test_c54_a_session_that_was_gone_before_the_event_leaves_no_mark(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.accepts = False
            await bench.journal.append([draft()])
            await bench.until(lambda: bench.journal.counts.sent and bench.deliveries == [Delivery.queued])
            assert bench.outbox.on_hold == NO_SESSION
            bench.accepts = True
            bench.outbox.take(Ready())
            await bench.until(lambda: bench.tries == [(1, 1)])

    asyncio.run(scenario())


def test_c54_a_session_that_ends_while_it_is_written_to(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.on_send = lambda _: bench.outbox.take(Closed("snmpd does not read"))
            await bench.journal.append([draft()])
            await bench.until(lambda: bench.sent and bench.outbox.on_hold == NO_SESSION)
            bench.answer_all()
            bench.outbox.take(Ready())
            await bench.until(lambda: bench.journal.counts.acknowledged)
            assert bench.tries == [(1, 1), (1, 2)]

    asyncio.run(scenario())


def test_c54_a_session_that_ends_before_the_answer(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            await bench.journal.append(several(1, 2))
            await bench.until(lambda: bench.tries == [(1, 1)])
            bench.outbox.take(Closed("snmpd is gone"))
            await bench.until(lambda: bench.outbox.on_hold == NO_SESSION)
            assert bench.deliveries == [Delivery.sent, Delivery.queued]
            bench.answer_all()
            bench.outbox.take(Ready())
            await bench.until(lambda: bench.journal.counts.acknowledged == 2)
            assert bench.tries == [(1, 1), (1, 2), (2, 1)]

    asyncio.run(scenario())


def test_c54_no_answer_in_time(tmp_path):
    async def scenario():
        async with running(tmp_path, OutboxPace(answer=0.02)) as bench:
            await bench.journal.append([draft()])
            await bench.until(lambda: len(bench.sent) >= 3)
            bench.answer(DENIED, bench.sent[0])  # a late no is not about this try
            bench.answer(0, bench.sent[0])  # a late yes is a yes
            await bench.until(lambda: bench.deliveries == [Delivery.acknowledged])
            assert bench.tries == [(1, number) for number in range(1, len(bench.sent) + 1)]

    asyncio.run(scenario())


def test_an_event_that_is_never_answered_lets_those_behind_it_leave(tmp_path, caplog):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.on_send = lambda event: bench.pass_over(event) if event.sequence == 1 else bench.answer(0, event)
            await bench.journal.append(several(1, 3))
            await bench.until(lambda: not bench.journal.counts.queued)
            assert bench.deliveries == [Delivery.unanswered, Delivery.acknowledged, Delivery.acknowledged]
            assert bench.tries == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1)]
            assert bench.octets == [1200, COMPACT, COMPACT, COMPACT, 1200, 1200], "its length was not the reason"
            assert bench.journal.counts == Counts(sent=6, acknowledged=2, lost=1, last_sequence=3)

    asyncio.run(scenario())
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith("event 1 (serviceFailover of SITE1) is unanswered after 4 tries, and stays in the log: ")
    assert "sendMessageMaxSize" in line


def test_a_master_that_answers_short_ones_only_gets_no_longer_ones(tmp_path, caplog):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.accept_up_to(1000)
            bench.size = 700
            await bench.journal.append(several(1, 1))
            await bench.until(lambda: bench.journal.counts.acknowledged == 1)
            bench.size = 1200
            await bench.journal.append(several(2, 4))
            await bench.until(lambda: bench.journal.counts.acknowledged == 4)
            assert bench.octets == [700, 1200, COMPACT, 700, 700], "what was answered once will be answered"
            bench.outbox.take(Closed("snmpd was restarted"))
            bench.accept_up_to(1400)
            bench.outbox.take(Ready())
            await bench.journal.append(several(5, 5))
            await bench.until(lambda: bench.journal.counts.acknowledged == 5)
            assert bench.octets[-1] == 1200, "it may be configured otherwise now"

    asyncio.run(scenario())
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "of 484 octets and not one of 1200" in line
    assert "sendMessageMaxSize" in line


def test_a_late_answer_to_the_full_form_is_no_limit(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.on_send = lambda event: (
                bench.pass_over(event) if event.tries == 1 else bench.answer(0, replace(event, tries=1))
            )
            await bench.journal.append(several(1, 1))
            await bench.until(lambda: bench.journal.counts.acknowledged == 1)
            bench.answer_all()
            await bench.journal.append(several(2, 2))
            await bench.until(lambda: bench.journal.counts.acknowledged == 2)
            assert bench.octets == [1200, COMPACT, 1200]

    asyncio.run(scenario())


def test_an_event_at_which_each_session_ends_is_given_up(tmp_path):
    def end(bench: Bench, event: Event) -> None:
        if event.sequence == 1:
            bench.outbox.take(Closed("snmpd has crashed"))
            asyncio.get_running_loop().call_soon(bench.outbox.take, Ready())
        else:
            bench.answer(0, event)

    async def scenario():
        async with running(tmp_path) as bench:
            bench.on_send = lambda event: end(bench, event)
            await bench.journal.append(several(1, 2))
            await bench.until(lambda: not bench.journal.counts.queued)
            assert bench.deliveries == [Delivery.unanswered, Delivery.acknowledged]
            assert bench.tries == [*((1, number) for number in range(1, 11)), (2, 1)]
            assert bench.octets == [1200] * 3 + [COMPACT] * 7 + [1200]

    asyncio.run(scenario())


# The daemon itself ends at each try: it cannot count them but on disk.
def test_an_event_that_was_tried_too_often_over_restarts_is_given_up(tmp_path):
    async def scenario():
        async with running(tmp_path, session=False) as bench:
            await bench.journal.append(several(1, 2))
            for _ in range(MAX_TRIES):
                await bench.journal.try_next()
        async with running(tmp_path) as bench:
            bench.answer_all()
            await bench.until(lambda: not bench.journal.counts.queued)
            assert bench.deliveries == [Delivery.unanswered, Delivery.acknowledged]
            assert bench.tries == [(2, 1)]

    asyncio.run(scenario())


# RFC 2741 7.1.10: a master that has just started, or has failed inside, says nothing about the event.
def test_c54_a_master_that_refuses_for_a_while_loses_nothing(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.on_send = lambda event: bench.answer(PROCESSING if event.tries < 40 else 0)
            await bench.journal.append(several(1, 2))
            await bench.until(lambda: bench.sent)
            await bench.until(lambda: "processingError" in bench.outbox.on_hold)
            await bench.until(lambda: bench.deliveries[0] is Delivery.acknowledged)
            assert bench.tries[:40] == [(1, number) for number in range(1, 41)]
            assert set(bench.octets[:40]) == {1200}

    asyncio.run(scenario())


def test_c54_refused_for_good_is_logged_once_and_counted(tmp_path, caplog):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer_all(UNREADABLE)
            await bench.journal.append([draft(1, haxEventSubject="SITE1\n<0>all is well"), draft(2)])
            await bench.until(lambda: bench.deliveries == [Delivery.refused] * 2)
            assert bench.tries == [(event, number) for event in (1, 2) for number in range(1, 4)]
            assert bench.octets == [1200, COMPACT, COMPACT] * 2
            assert bench.journal.counts == Counts(sent=6, lost=2, last_sequence=2)
            bench.answer_all()
            await bench.journal.append([draft(3)])
            await bench.until(lambda: bench.journal.counts.acknowledged)
            bench.answer_all(UNREADABLE)
            await bench.journal.append([draft(4)])
            await bench.until(lambda: bench.journal.counts.lost == 3)

    with caplog.at_level(logging.INFO, "haproxy_agentx.delivery.outbox"):
        asyncio.run(scenario())
    first, again = (record.getMessage() for record in caplog.records)
    assert first == (
        "event 1 (serviceFailover of SITE1\\n<0>all is well) is refused after 3 tries, and stays in the log: the "
        "master could not read the request (parseError): is it RFC 2741?"
    )
    assert "event 4" in again


def test_answers_to_others_are_none_of_ours(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer(0, Event(1, draft()))
            await bench.journal.append([draft()])
            await bench.until(lambda: bench.sent)
            bench.outbox.take(Acknowledged("somebody else's", 0))
            bench.outbox.take(Acknowledged(None, DENIED))
            bench.answer(0, Event(2, draft()))
            found = await bench.journal.find(1)
            assert found is not None
            assert found.delivery is Delivery.sent
            bench.answer()
            bench.answer()
            await bench.until(lambda: bench.deliveries == [Delivery.acknowledged])
            assert bench.journal.counts.acknowledged == 1

    asyncio.run(scenario())


def test_an_event_that_cannot_be_sent_keeps_no_other_from_leaving(tmp_path, caplog):
    def fail(event: Event) -> None:
        if event.sequence == 1:
            raise RuntimeError("a bug")
        bench_of_now[0].answer(0, event)

    bench_of_now: list[Bench] = []

    async def scenario():
        async with running(tmp_path) as bench:
            bench_of_now.append(bench)
            bench.on_send = fail
            await bench.journal.append(several(1, 2))
            await bench.until(lambda: bench.deliveries == [Delivery.refused, Delivery.acknowledged])

    asyncio.run(scenario())
    assert "event 1 cannot be sent" in caplog.text


# Held


def test_held_events_wait_and_say_why(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer_all()
            bench.held = "the link of eth0 is down"
            await bench.journal.append(several(1, 3))
            assert bench.outbox.on_hold == "the link of eth0 is down"
            assert await bench.outbox.delivered(3, 0.02) == Event(3, draft(3))
            bench.held = None
            assert (await bench.outbox.delivered(3, HANG)).delivery is Delivery.acknowledged
            assert bench.tries == [(1, 1), (2, 1), (3, 1)]

    asyncio.run(scenario())


def test_an_event_that_is_to_be_held_from_just_now_does_not_leave(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            looks = iter([None])
            bench.outbox._gate = lambda: next(looks, bench.held)
            bench.held = "the link went down while it was marked on disk"
            await bench.journal.append([draft()])
            await bench.until(lambda: bench.journal.counts.sent and bench.deliveries == [Delivery.queued])
            assert bench.sent == []
            bench.held = None
            await bench.until(lambda: bench.tries == [(1, 1)])

    asyncio.run(scenario())


# trap-test


def test_a_test_event_is_followed_to_its_end(tmp_path):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer_all()
            event = await bench.outbox.test(draft(kind=Kind.test), HANG)
            assert (event.sequence, event.delivery, event.tries) == (1, Delivery.acknowledged, 1)
            assert await bench.outbox.delivered(1, HANG) == event, "also when it is over"
            bench.answer_all(UNREADABLE)
            assert (await bench.outbox.test(draft(kind=Kind.test), HANG)).delivery is Delivery.refused
            bench.on_send = lambda _: None
            assert (await bench.outbox.test(draft(kind=Kind.test), 0.05)).delivery is Delivery.sent
            with pytest.raises(LookupError, match="no event 99"):
                await bench.outbox.delivered(99, HANG)

    asyncio.run(scenario())


# The store fails


def test_a_problem_of_the_store_is_logged_once_and_nothing_stops(tmp_path, caplog):
    async def scenario():
        async with running(tmp_path) as bench:
            bench.answer_all()
            for path in tmp_path.glob("state.db*"):
                path.unlink()
            (tmp_path / "state.db").mkdir()
            await bench.journal.append(several(1, 3))
            await bench.until(lambda: bench.journal.counts.acknowledged == 3)
            await bench.store.settled()
            assert bench.store.status.memory_only
            (tmp_path / "state.db").rmdir()
            bench.store.mend()
            await bench.until(lambda: bench.store.problem is None)
        async with running(tmp_path) as bench:
            assert bench.deliveries == [Delivery.acknowledged] * 3

    asyncio.run(scenario())
    assert len([record for record in caplog.records if "is no file" in record.getMessage()]) == 1


# With masters


def varbinds(event: Event, _budget: int) -> list[VarBind]:
    return [
        VarBind(Tag.OBJECT_IDENTIFIER, key(parse("1.3.6.1.6.3.1.1.4.1.0")), key(parse("1.3.6.1.6.3.1.1.5.1"))),
        VarBind(Tag.OCTET_STRING, key(parse("1.3.6.1.2.1.1.4.0")), b"%d of try %d" % (event.sequence, event.tries)),
    ]


@asynccontextmanager
async def connected(
    path: Path, socket: str, make: Callable[[Event, int], list[VarBind]] = varbinds, **changes: object
) -> AsyncIterator[tuple[Outbox, Journal]]:
    settings = replace(QUICK, **changes)
    responder = Responder()
    responder.serve(golden.VIEW)

    def take(event: AgentXEvent) -> None:
        outbox.take(event)

    async with stored(path / "state.db") as store:
        journal = Journal(store)
        await journal.begin()
        connection = Connection(socket, settings, responder, take, pace=QUICK_PACE)

        def send(event: Event, budget: int) -> int:
            found = make(event, budget)
            return octets(found) if connection.notify(found, event) else 0

        outbox = Outbox(journal, send, lambda: None, QUICK_OUTBOX)
        tasks = [asyncio.create_task(work) for work in (connection.run(), outbox.run())]
        try:
            yield outbox, journal
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task


# Catches an event that is taken for delivered, and one that is lost, because of how the master behaved at the first.
@pytest.mark.parametrize(
    ("first", "tries", "sessions"),
    [
        (silence, 2, 1),
        (hang_up, 2, 2),
        (refuse(wire.NOT_OPEN), 2, 2),
        (refuse(wire.PROCESSING_ERROR), 2, 1),
        (late(0.2), 1, 1),
    ],
    ids=["silence", "end", "notOpen", "processingError", "late"],
)
def test_c54_whatever_the_master_does_each_event_arrives(master: ScriptedMaster, tmp_path, first, tries, sessions):
    master.script[wire.NOTIFY] = [first, grant]

    async def scenario():
        async with connected(tmp_path, str(master.path)) as (outbox, journal):
            await journal.append(several(1, 3))
            event = await outbox.delivered(3, HANG)
            assert event.delivery is Delivery.acknowledged
            assert [event.tries for event in journal.recent] == [tries, 1, 1]
            assert journal.counts.acknowledged == 3
            assert len(master.links) == sessions, "silence on a Notify ends no session"

    asyncio.run(scenario())
    frames = [frame for link in master.links for frame in link.seen if frame.type == wire.NOTIFY]
    reported = [frame.payload.split(b" of try ")[0][-1:] for frame in frames]
    assert reported == [b"1"] * tries + [b"2", b"3"]


# As net-snmp does with sendMessageMaxSize. Catches a queue that stands still, and managers that hear nothing meanwhile.
def test_what_a_master_never_answers_blocks_neither_the_queue_nor_managers(master: ScriptedMaster, tmp_path):
    master.script[wire.NOTIFY] = lambda link, frame: grant(link, frame) if len(frame.payload) < 700 else None
    long = replace(event_of(Kind.serviceFailover).draft, at=1.0)
    asked: list[int] = []

    async def scenario():
        async with connected(
            tmp_path, str(master.path), lambda event, budget: notification(event, ROOT, 1, budget)
        ) as (outbox, journal):
            await journal.append([long, draft(2, Kind.test), long, long])
            waiting = asyncio.create_task(outbox.delivered(4, HANG))
            link = await asyncio.to_thread(master.session)
            while not waiting.done():
                answer = await asyncio.to_thread(link.get, golden.GOLDEN[0].name)
                asked.append(len(answer.varbinds))
            assert [event.delivery for event in journal.recent] == [Delivery.acknowledged] * 4
            assert [event.tries for event in journal.recent] == [2, 1, 1, 1], "the limit is known from the first one on"
            assert outbox.shortened_to is not None
            assert COMPACT <= outbox.shortened_to < 700

    asyncio.run(scenario())
    assert set(asked) == {1}
    assert len(asked) > 10
    assert len(master.links) == 1


# Attack: a master that answers with errors while it is young.
def test_a_master_that_refuses_at_first_gets_all_of_it(master: ScriptedMaster, tmp_path):
    master.script[wire.NOTIFY] = [*[refuse(wire.PROCESSING_ERROR)] * 12, grant]

    async def scenario():
        async with connected(tmp_path, str(master.path)) as (outbox, journal):
            await journal.append(several(1, 2))
            event = await outbox.delivered(2, HANG)
            assert event.delivery is Delivery.acknowledged
            assert [event.tries for event in journal.recent] == [13, 1]

    asyncio.run(scenario())


def test_c55_1000_events_while_snmpd_is_down_arrive_once_and_in_order(snmpd_factory, tmp_path):
    snmpd: Snmpd = snmpd_factory()
    snmpd.stop()

    async def scenario():
        async with connected(tmp_path, str(snmpd.agentx), timeout=5.0) as (outbox, journal):
            await journal.append(several(1, 1100))
            assert journal.counts == Counts(queued=1000, lost=100, last_sequence=1100)
            await asyncio.to_thread(snmpd.start)
            await soon(lambda: journal.counts.acknowledged == 1000)
            event = await outbox.delivered(1100, HANG)
            assert event.delivery is Delivery.acknowledged
            assert journal.counts == Counts(sent=1000, acknowledged=1000, lost=100, last_sequence=1100)
            assert {event.tries for event in await journal.last(1000)} == {1}

    asyncio.run(scenario())
