"""The log, written without ever waiting for who reads it: a pipe or a journal that is full costs lines, not time."""

import logging
import os
import select

PIECE = select.PIPE_BUF
"""Octets that a descriptor takes without waiting once poll(2) reports it writable."""


class LogHandler(logging.Handler):
    """Writes records to a descriptor. Lines that it does not take at once are lost, and their number is a later line.

    A write that fails is a lost line too: there is no other place to report it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.lost = 0
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, after the number of lines that were lost before it."""
        if self.lost and self._written(self._loss()):
            self.lost = 0
        if self.lost or not self._written(record):
            self.lost += 1

    def _loss(self) -> logging.LogRecord:
        text = "log: %d lines are lost: standard error, or the journal, was not read: see to the program that reads it"
        return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (self.lost,), None)

    def _written(self, record: logging.LogRecord) -> bool:
        octets = f"{self.format(record)}\n".encode(errors="backslashreplace")
        try:
            for begin in range(0, len(octets), PIECE):
                if not self._poll.poll(0):
                    return False
                os.write(self._descriptor, octets[begin : begin + PIECE])
        except OSError:
            return False
        return True
