"""The log, sent to the systemd journal with a MESSAGE_ID for each kind of line (its native protocol).

As with a pipe, nothing waits for who reads it: a datagram that the journal does not take at once is a lost line.
"""

import logging
import os
import socket
import struct
from collections.abc import Callable, Iterator

from haproxy_agentx.system.log_handler import LogHandler

JOURNAL = "/run/systemd/journal/socket"
IDENTIFIER = "haproxy-agentx"

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""Priorities of the journal (sd-daemon(3))."""

MessageId = Callable[[str, str], str | None]
"""Returns the MESSAGE_ID of a line by its logger and its template; None where it has none."""


class JournalHandler(LogHandler):
    """Sends records to the journal at ``path``. Raises OSError where nothing listens there."""

    def __init__(self, message_id: MessageId, path: str = JOURNAL) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        super().__init__(self._socket.fileno())
        self._message_id = message_id

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _written(self, record: logging.LogRecord) -> bool:
        octets = b"".join(map(_field, *zip(*self._fields(record), strict=True)))
        try:
            self._socket.send(octets, socket.MSG_DONTWAIT)
        except OSError:  # it is full, restarts, or the line is longer than a datagram
            return False
        return True

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, str]]:
        yield "MESSAGE", self.format(record)
        yield "PRIORITY", str(PRIORITIES.get(record.levelno, PRIORITIES[logging.INFO]))
        yield "SYSLOG_IDENTIFIER", IDENTIFIER
        yield "LOGGER", record.name
        identifier = self._message_id(record.name, str(record.msg))
        if identifier is not None:
            yield "MESSAGE_ID", identifier


def _field(name: str, text: str) -> bytes:
    """Return a field as the journal reads it: a text of several lines follows its length."""
    octets = text.encode(errors="backslashreplace")
    if b"\n" in octets:
        return name.encode() + b"\n" + struct.pack("<Q", len(octets)) + octets + b"\n"
    return name.encode() + b"=" + octets + b"\n"


def is_journal(descriptor: int) -> bool:
    """Whether a descriptor leads to the journal (JOURNAL_STREAM, systemd.exec(5)): a program between them does not."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
