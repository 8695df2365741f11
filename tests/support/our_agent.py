"""A subagent on our engine, small enough to see what it serves.

As a program, ``our_agent.py SOCKET ROWS [UID]``, it serves the table of the benchmark's peers; with UID it changes to
that user before it connects. In a test, ``Agent`` runs the engine's connection in a thread.
"""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from haproxy_agentx.agentx.connection import Connection, Pace
from haproxy_agentx.agentx.events import Event, Settings
from haproxy_agentx.agentx.oid import dotted, key, parse
from haproxy_agentx.agentx.responder import Responder
from haproxy_agentx.agentx.session import AT_ONCE, Session
from haproxy_agentx.agentx.view import MibView, ServedColumn
from haproxy_agentx.objects.root import ROOT
from tests.support import wire
from tests.support.wait import HANG

IDENTITY = dotted(ROOT)
PEERS_TABLE = "1.3.6.1.4.1.58999.1.1.1"
PEERS_COLUMNS = 30

QUICK = Settings(
    identity=key(parse(IDENTITY)),
    description="the engine under test",
    subtrees=(key(parse(IDENTITY)),),
    timeout=0.4,
    ping_interval=60,
    retry_interval=0.1,
    close_timeout=0.3,
    notify_timeout=0.3,
)
"""Settings with which tests of silence and refusal need tenths of seconds."""

QUICK_PACE = Pace(first=0.02, absent_most=0.05, refused_most=0.05)

Content = int | bytes | str | None


def view_of(objects: dict[str, tuple[int, dict[str, Content]]]) -> MibView:
    """Give the view of objects by name, each with its type and its instances; None is a hole in a table."""
    columns = []
    for name, (kind, instances) in sorted(objects.items(), key=lambda entry: parse(entry[0])):
        rows = sorted(instances, key=parse)
        cells = [None if instances[row] is None else wire.value(kind, instances[row]) for row in rows]
        columns.append(ServedColumn(key(parse(name)), kind, [key(parse(row)) for row in rows], _slice_of(cells)))
    return MibView(columns)


def _slice_of(cells: Sequence[bytes | None]) -> Callable[[int, int], Sequence[bytes | None]]:
    return lambda first, last: cells[first:last]


def peers_table(rows: int, columns: int = PEERS_COLUMNS) -> MibView:
    """The table that the benchmark's peers serve."""
    kinds = {0: wire.OCTETS, 4: wire.GAUGE32}
    objects = {}
    for column in range(1, columns + 1):
        kind = kinds.get(column % 5, wire.COUNTER64)
        objects[f"{PEERS_TABLE}.{column}"] = (
            kind,
            {f"{row // 100 + 1}.{row % 100 + 1}": _content(kind, row, column) for row in range(rows)},
        )
    return view_of(objects)


def _content(kind: int, row: int, column: int) -> Content:
    if kind == wire.OCTETS:
        return f"be{row // 100 + 1:03}/srv{row % 100 + 1:03}.c{column:02}".encode()
    return row * 31 + column & 0x7FFFFFFF if kind == wire.GAUGE32 else row * 1000003 + column


def new_loop() -> asyncio.AbstractEventLoop:
    """Give an event loop of the kind that HAPROXY_AGENTX_LOOP names, as for the daemon; without it asyncio's own."""
    if os.environ.get("HAPROXY_AGENTX_LOOP") == "uvloop":
        import uvloop  # noqa: PLC0415

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


class Agent(AbstractContextManager["Agent"]):
    """The engine's connection in a thread. ``changes`` are fields of ``Settings``; ``events`` all that it told."""

    def __init__(self, socket: Path | str, view: MibView, pace: Pace = QUICK_PACE, **changes: Any) -> None:
        if "subtrees" in changes:
            changes["subtrees"] = keys(changes["subtrees"])
        self.events: list[Event] = []
        self.responder = Responder()
        self.responder.serve(view)
        self.settings = replace(QUICK, **changes)
        self.connection = Connection(str(socket), self.settings, self.responder, self.events.append, pace=pace)
        self.failure: BaseException | None = None
        self._loop = new_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        self._thread.join(HANG)
        assert not self._thread.is_alive()
        assert self.failure is None, f"the engine failed: {self.failure!r}"

    def call(self, function: Callable[..., object], *arguments: object) -> object:
        """Call on the engine's loop and give the result."""

        async def inside() -> object:
            result = function(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(HANG)

    def serve(self, view: MibView) -> None:
        """Answer from another view from now on."""
        self.call(self.responder.serve, view)

    def stop(self) -> None:
        """Say goodbye to the master and wait until the connection has ended, or has not within two seconds."""
        self.call(self.connection.stop)
        self._thread.join(2)

    @property
    def running(self) -> bool:
        """Whether the connection's ``run`` has not returned."""
        return self._thread.is_alive()

    def _run(self) -> None:
        async def main() -> None:
            self._task = asyncio.current_task()
            with suppress(asyncio.CancelledError):
                await self.connection.run()

        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(main())
        except BaseException as error:  # noqa: BLE001  told to the test when it leaves
            self.failure = error


def keys(names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(key(parse(name)) for name in names)


def walk_in_process(rows: int) -> Callable[[], int]:
    """Give a walk of a table of one column through a session without any IO; it returns how many rows it found."""
    responder = Responder()
    responder.serve(peers_table(rows, columns=1))
    number = 77
    session = opened(responder, number)

    def walk() -> int:
        name, found = PEERS_TABLE, -1
        while name:
            found += 1
            payload = wire.ranges([name])
            answer = exchange(session, wire.frame(wire.GETNEXT, payload, session=number, packet=found))
            frame = wire.take_frame(bytearray(answer))
            assert frame is not None
            (varbind,) = wire.read_answer(frame).varbinds
            name = varbind.name if varbind.type != wire.END_OF_MIB_VIEW else ""
        return found

    return walk


def opened(responder: Responder, number: int = 77, **changes: Any) -> Session:
    """Give a session, without any IO, to which its master has granted everything."""
    session = Session(replace(QUICK, **changes), responder)
    output = bytearray(session.open(0))
    while request := wire.take_frame(output):
        output += session.receive(wire.response(request, session=number), 0)
    events_of(session)
    return session


def events_of(session: Session) -> list[Event]:
    """Give all that has happened in a session."""
    events = []
    while event := session.next_event():
        events.append(event)
    return events


def let_pass(session: Session, until: float) -> bytes:
    """Let time pass for a session, whose deadlines are all kept, and give what it says."""
    said = b""
    while (due := session.deadline()) is not None and due <= until:
        said += session.advance(due)
    return said


def exchange(session: Session, data: bytes, piece: int = 0) -> bytes:
    """Give octets to a session, in pieces of that size if one is given, and give all that it has to say to them."""
    said = b""
    for at in range(0, len(data), piece or max(len(data), 1)):
        said += session.receive(data[at : at + (piece or len(data))], 0)
        said += session.advance(0)
    while session.deadline() == AT_ONCE:
        said += session.advance(0)
    return said


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    if len(sys.argv) > 3:
        os.setgroups([])
        os.setuid(int(sys.argv[3]))
    responder = Responder()
    responder.serve(peers_table(int(sys.argv[2])))
    settings = replace(QUICK, subtrees=keys([PEERS_TABLE]), timeout=5.0)
    asyncio.run(Connection(sys.argv[1], settings, responder).run())


if __name__ == "__main__":
    main()
