"""keepalived's notify FIFO: each transition as a line, and whether keepalived is there at all.

keepalived holds its FIFO open for writing for as long as it runs, so no writer means no keepalived: that shows a
stop, a crash and ``kill -9`` alike. A FIFO that keepalived found in its place stays when keepalived is reloaded
or stopped; one that it made itself is removed and made anew at a reload, and its reader comes to an end.

Of two readers each gets a part of the lines: no other program may read this FIFO.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

from haproxy_agentx.system.descriptors import ReadEvents
from haproxy_agentx.system.patience import lateness
from haproxy_agentx.vocabulary.source import Absent, Invalid, SourceError, SourceKind, of_os_error
from haproxy_agentx.vocabulary.source_record import Source
from haproxy_agentx.vrrp.fifo_file import nobody_writes, open_fifo
from haproxy_agentx.vrrp.fifo_lines import LineSplitter, is_about_others, parse
from haproxy_agentx.vrrp.model import FifoLine

log = logging.getLogger(__name__)

SLICE: Final = 4096
"""Bytes that are read in one turn of the loop: some 150 lines."""

CHECK: Final = 1.0
"""Seconds between two looks at the path while somebody writes; also between two failures that are counted."""

POLL: Final = 0.2
"""Seconds between two looks while no process does."""

STEP: Final = 0.01
"""Seconds between looks just after a writer went: a reload takes keepalived that long."""

GRACE: Final = 0.5
"""Seconds without a writer before that is reported.

keepalived closes its FIFO and opens it again at a reload, whichever process made it (it is closed for 3 to 23 ms), and
when its process for VRRP has crashed and it starts another (10 to 55 ms). Neither is its end.
"""

FRESH: Final = 3.0
"""Seconds: what is in a FIFO that was not there at a look not longer ago than this is news and is not discarded."""

_DISCARDED_READS: Final = 32
_DISCARDED: Final = 64 * 1024
"""Together more than what a pipe can hold (fs.pipe-max-size is 1 MiB by default)."""


class Fifo:
    """Reads the FIFO at ``path``.

    ``on_line`` is called with each line and the time when it was read; ``on_writer`` with whether somebody has the FIFO
    open for writing, when that has changed, and with True also after the FIFO was opened again: keepalived was
    reloaded or has restarted, and lines may be missing, so its states must be requested. ``writer`` is None while
    it is not known. What was in the FIFO when it was first opened is old, and thrown away.
    """

    def __init__(
        self,
        path: str,
        on_line: Callable[[FifoLine, float], None],
        on_writer: Callable[[bool, float], None],
    ) -> None:
        self.path = path
        self.writer: bool | None = None
        self.source = Source(name="fifo", kind=SourceKind.keepalivedFifo, target=path)
        self._on_line = on_line
        self._on_writer = on_writer
        self._splitter = LineSplitter()
        self._descriptor: int | None = None
        self._events: ReadEvents | None = None
        """Reports when ``_descriptor`` is readable; one at its end would be so permanently."""
        self._announced = False
        self._looked: float | None = None
        """When the path was last seen to be what ``_descriptor`` is, or to be nothing."""
        self._empty_since: float | None = None
        self._error: SourceError | None = None
        self._complained = 0.0
        self._reported: set[str] = set()
        self._failure: Exception | None = None
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Read until cancelled; the FIFO is closed when this is cancelled."""
        try:
            while True:
                try:
                    self._look(monotonic())
                    await self._pause()
                    if self._failure is not None:
                        raise self._failure
                except OSError as error:
                    await self._broken(error)
        finally:
            self._close()

    def leave_out(self, kind: str, now: float) -> None:
        """Count a line that was left out because of a limit, and report the first of a kind."""
        self.source.left_out += 1
        self._bad(f"{kind} and was left out", now)

    async def _broken(self, error: OSError) -> None:
        """Begin again with another descriptor: what the kernel refuses is a state of this source."""
        self._failure = None
        self._close()
        self._complain(of_os_error(self.path, error), monotonic())
        await asyncio.sleep(CHECK)

    async def _pause(self) -> None:
        """Wait for the next look, which is soon when the writer went."""
        pause = CHECK if self._listening and self._empty_since is None else POLL
        if self._in_grace():
            pause = STEP
        self._woken.clear()
        began, writing = monotonic(), self._empty_since is None
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._woken.wait()
        if self._woken.is_set():
            await asyncio.sleep(STEP)
        if self._empty_since is not None:  # if it came to its end meanwhile, that has ended the pause
            self._excuse(self._empty_since + STEP if writing else began + pause + STEP, monotonic())

    def _excuse(self, planned: float, now: float) -> None:
        """Grant keepalived the time in which we were late: it may have been as late as we were (a paused machine)."""
        if self._empty_since is not None:
            self._empty_since = min(now, self._empty_since + lateness(planned, now))

    def _look(self, now: float) -> None:
        """See whether the path is still what is open, and whether somebody writes."""
        self._error = None
        if self._listening and self._is_in_place():
            self._looked = now
        else:
            self._open(now)
        if self._listening:
            self._read(now)
        self._judge(now)

    def _is_in_place(self) -> bool:
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(Path(self.path).stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    def _open(self, now: float) -> None:
        """Open what is at the path now. What is open already is kept where somebody still writes into it."""
        try:
            fresh = open_fifo(self.path)
        except SourceError as error:
            self._error = error
            self._looked = now if isinstance(error, Absent) else None
            if not self._listening:
                self._close()
            return
        same = self._descriptor is not None and os.path.samestat(os.fstat(fresh), os.fstat(self._descriptor))
        young = self._looked is not None and now - self._looked <= FRESH
        self._looked = now
        if not same and not young:
            _discard(fresh)
        piece = b"" if same or not self._listening else _read(fresh)
        if self._listening and self._empty_since is None and piece == b"":
            os.close(fresh)  # keepalived has not opened the new one yet: the old one is where its lines come
            return
        self._close()
        self._descriptor = fresh
        self._listen()
        if piece:
            self._accept(piece, now)

    def _listen(self) -> None:
        if self._descriptor is not None:
            self._events = ReadEvents(self._descriptor, self._readable, self._failed)
            self._announced = False

    @property
    def _listening(self) -> bool:
        return self._events is not None

    def _unlisten(self) -> None:
        if self._events is not None:
            self._events.stop()
        self._events = None

    def _close(self) -> None:
        self._unlisten()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _readable(self) -> None:
        """Read what has come. At the end a new descriptor is needed: only such a one waits for the next writer."""
        if not self._read(monotonic()):
            self._unlisten()
            self._woken.set()

    def _failed(self, error: Exception) -> None:
        """Have ``run`` deal with what went wrong, whatever it is."""
        self._failure = error
        self._unlisten()
        self._woken.set()

    def _read(self, now: float) -> bool:
        """Read once; False when no process writes."""
        if self._descriptor is None:
            return False
        piece = _read(self._descriptor)
        if piece == b"":
            self._ended(now)
            return False
        self._accept(piece, now)
        return True

    def _accept(self, piece: bytes | None, now: float) -> None:
        """Record that somebody writes, and of what; None is nothing at the moment."""
        self._empty_since = None
        if self.source.succeeded(now):
            log.info("keepalived's FIFO: reading %s", self.path)
        if not self._announced or not self.writer:
            self._announced = self.writer = True
            self._on_writer(True, now)  # noqa: FBT003  -- the word is the news
        if not piece:
            return
        before = self._splitter.too_long
        for line in self._splitter.feed(piece):
            self._take(line, now)
        for _ in range(self._splitter.too_long - before):
            self.leave_out("a line is too long", now)

    def _take(self, line: bytes, now: float) -> None:
        record = parse(line)
        if record is not None:
            self.source.read(now)
            self._on_line(record, now)
        elif not is_about_others(line):
            self._bad("a line is not one that keepalived writes about VRRP, and was left out", now)

    def _ended(self, now: float) -> None:
        if self._empty_since is None:
            self._empty_since = now
        if self._splitter.reset():
            self._bad("a line has no end", now)

    def _in_grace(self) -> bool:
        return self._empty_since is not None and self.writer is True

    def _judge(self, now: float) -> None:
        """Record that no process writes, when it lasts, and what is wrong."""
        if self._empty_since is not None:
            if self.writer and now - self._empty_since < GRACE:
                return
            if self.writer is not False:
                self.writer = False
                self._on_writer(False, now)  # noqa: FBT003  -- the word is the news
            self._error = self._error or nobody_writes(self.path)
        elif self._listening:
            return  # it goes on, whatever is at the path now
        if self._error is not None:
            self._complain(self._error, now)

    def _complain(self, error: SourceError, now: float) -> None:
        if str(error) == self.source.last_error and now - self._complained < CHECK:
            return
        self._complained = now
        if self.source.failed(error, now):
            log.warning("keepalived's FIFO: %s", error)

    def _bad(self, kind: str, now: float) -> None:
        """Report lines that cannot be read: the first of a kind. The state of the source stays."""
        if kind not in self._reported:
            self._reported.add(kind)
            error = Invalid(f"{self.path}: {kind}: does somebody else than keepalived write into it, or read from it?")
            log.warning("keepalived's FIFO: %s", error)
            state = self.source.state
            self.source.failed(error, now)
            self.source.state = state


def _read(descriptor: int) -> bytes | None:
    """Read a slice; empty when no process has the FIFO open for writing, None when somebody has and nothing came."""
    try:
        return os.read(descriptor, SLICE)
    except BlockingIOError:
        return None


def _discard(descriptor: int) -> None:
    """Read what is in the pipe, and forget it."""
    with suppress(BlockingIOError):
        for _ in range(_DISCARDED_READS):
            if not os.read(descriptor, _DISCARDED):
                return
