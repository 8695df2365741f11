"""L3: a log that nobody reads does not block the daemon, and what it did not take is counted."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from haproxy_agentx.system.log_handler import PIECE, LogHandler


class Pipe(NamedTuple):
    reader: int
    writer: int

    def fill(self) -> None:
        os.set_blocking(self.writer, False)
        with suppress(BlockingIOError):
            while True:
                os.write(self.writer, b"x" * PIECE)
        os.set_blocking(self.writer, True)

    def text(self) -> str:
        return os.read(self.reader, 1 << 20).decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reader, writer = os.pipe()
    yield Pipe(reader, writer)
    for descriptor in (reader, writer):
        with suppress(OSError):
            os.close(descriptor)


@pytest.fixture
def handler(pipe: Pipe) -> LogHandler:
    return LogHandler(pipe.writer)


def log(handler: LogHandler, text: str) -> None:
    handler.handle(logging.LogRecord("test", logging.INFO, "", 0, text, (), None))


def test_l3_lines_are_written_in_order(pipe, handler):
    for text in ("one", "two", "zürich \udcff"):
        log(handler, text)
    assert pipe.text() == "one\ntwo\nzürich \\udcff\n"
    assert handler.lost == 0


# The handler would wait in write(2) as long as the pipe is full: the time of pytest-timeout bounds it.
def test_l3_a_full_pipe_costs_lines_that_are_counted(pipe, handler):
    log(handler, "before")
    pipe.fill()
    for number in range(1000):
        log(handler, f"lost {number}")
    assert handler.lost == 1000
    pipe.text()
    log(handler, "after")
    loss, after = pipe.text().splitlines()
    assert (
        loss
        == "log: 1000 lines are lost: standard error, or the journal, was not read: see to the program that reads it"
    )
    assert after == "after"
    assert handler.lost == 0


def test_l3_a_line_longer_than_the_pipe_has_room_for_does_not_wait(pipe, handler):
    fcntl.fcntl(pipe.writer, fcntl.F_SETPIPE_SZ, PIECE)
    log(handler, "x" * (3 * PIECE))
    assert handler.lost == 1


def test_l3_a_reader_that_is_gone_costs_lines(pipe, handler):
    os.close(pipe.reader)
    log(handler, "nobody")
    assert handler.lost == 1
