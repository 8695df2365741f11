"""The log, sent to the systemd journal with a MESSAGE_ID for each kind of line (its native protocol).

As with a pipe, nothing waits for who reads it: a datagram that the journal does not take at once is a lost line. One
that is too long for a datagram goes as a sealed memfd, as sd_journal_send(3) has it.
"""

import errno
import fcntl
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

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
"""Without all of them journald does not take a memfd."""

_TOO_LONG = frozenset({errno.EMSGSIZE, errno.ENOBUFS})
_GONE = frozenset({errno.ECONNREFUSED, errno.ECONNRESET, errno.ENOTCONN, errno.EPIPE})
"""The socket that was there has been closed: another one may be in its place."""

MessageId = Callable[[str, str], str | None]
"""Returns the MESSAGE_ID of a line by its logger and its template; None where it has none."""


class JournalHandler(LogHandler):
    """Sends records to the journal at ``path``. Raises OSError where nothing listens there."""

    def __init__(self, message_id: MessageId, path: str = JOURNAL) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)  # noqa: FBT003  its name says it; send_fds does not pass flags on
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        super().__init__(self._socket.fileno())
        self._message_id = message_id
        self._path = path

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _written(self, record: logging.LogRecord) -> bool:
        octets = b"".join(map(_field, *zip(*self._fields(record), strict=True)))
        try:
            try:
                self._send(octets)
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                self._socket.connect(self._path)
                self._send(octets)
        except OSError:  # it is full, or not there
            return False
        return True

    def _send(self, octets: bytes) -> None:
        try:
            self._socket.send(octets)
        except OSError as error:
            if error.errno not in _TOO_LONG:
                raise
            with os.fdopen(os.memfd_create(IDENTIFIER, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "wb") as file:
                file.write(octets)
                file.flush()
                fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
                socket.send_fds(self._socket, [b""], [file.fileno()])

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
