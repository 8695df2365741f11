"""A source of data run as the daemon runs it: on an event loop, here in a thread of the test."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any, Protocol, Self

import uvloop

from tests.support.wait import HANG

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


class Runs(Protocol):
    async def run(self) -> None: ...


class Running(AbstractContextManager["Running"]):
    """``make`` and run a source, from entering to leaving; ``before`` is called in its thread, first of all.

    ``failure`` is what ended it, if it did not go on to the end.
    """

    def __init__(self, make: Callable[[], Runs], loop: str, before: Callable[[], object] = lambda: None) -> None:
        self.failure: BaseException | None = None
        self.source: Any = None
        self._make = make
        self._before = before
        self._new_loop = LOOPS[loop]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(HANG)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it has just ended by itself
                self.loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(HANG)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def block(self) -> threading.Event:
        """Hold the loop, as a frozen process would be, until the event is set."""
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            held.set()
            release.wait(30)

        self.loop.call_soon_threadsafe(hold)
        assert held.wait(HANG)
        return release

    def _main(self) -> None:
        try:
            self._before()
            self.loop = self._new_loop()
            try:
                self.loop.run_until_complete(self._run())
            finally:
                self.loop.close()
        except BaseException as error:  # noqa: BLE001  -- raised in the test's thread
            self.failure = error
        finally:
            self._ready.set()

    async def _run(self) -> None:
        self.source = self._make()
        self._task = asyncio.create_task(self.source.run())
        self._ready.set()
        with suppress(asyncio.CancelledError):
            await self._task
