"""The journal's native protocol, against a socket that stands for it."""

import fcntl
import logging
import os
import socket
import struct
from pathlib import Path

import pytest

from haproxy_agentx.system.journal_handler import JournalHandler, is_journal


@pytest.fixture
def journal(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.setblocking(False)
        yield listening


@pytest.fixture
def handler(journal):
    found = JournalHandler(
        lambda logger, template: f"id of {logger} {template}" if template else None, journal.getsockname()
    )
    yield found
    found.close()


def record(text, *values, level=logging.WARNING):
    return logging.LogRecord("module", level, "", 0, text, values, None)


def test_a_line_has_its_fields(journal, handler):
    handler.handle(record("a %d", 5))
    assert journal.recv(4096).decode().splitlines() == [
        "MESSAGE=a 5",
        "PRIORITY=4",
        "SYSLOG_IDENTIFIER=haproxy-agentx",
        "LOGGER=module",
        "MESSAGE_ID=id of module a %d",
    ]


def test_a_text_of_several_lines_is_one_message(journal, handler):
    handler.handle(record("one\ntwo zürich"))
    text = "one\ntwo zürich".encode()
    assert journal.recv(4096).startswith(b"MESSAGE\n" + struct.pack("<Q", len(text)) + text + b"\nPRIORITY=4\n")


@pytest.mark.parametrize(
    ("level", "priority"), [(logging.DEBUG, 7), (logging.INFO, 6), (logging.ERROR, 3), (logging.CRITICAL, 2), (25, 6)]
)
def test_a_level_is_a_priority_and_a_line_without_a_kind_has_no_identifier(journal, handler, level, priority):
    handler.handle(record("", level=level))
    fields = journal.recv(4096).decode()
    assert f"PRIORITY={priority}\n" in fields
    assert "MESSAGE_ID" not in fields


# The handler would wait in send(2) as long as the journal does not read: the time of pytest-timeout bounds it.
def test_l3_a_journal_that_does_not_read_costs_lines_that_are_counted(journal, handler):
    sent = 0
    while not handler.lost:
        handler.handle(record("x"))
        sent += 1
    for _ in range(99):
        handler.handle(record("lost"))
    assert handler.lost == 100
    for _ in range(sent - 1):
        journal.recv(4096)
    handler.handle(record("after"))
    assert b"MESSAGE=log: 100 lines are lost" in journal.recv(4096)
    assert b"MESSAGE=after\n" in journal.recv(4096)
    assert handler.lost == 0


def test_a_journal_that_is_gone_costs_lines(journal, handler):
    journal.close()
    handler.handle(record("nobody"))
    assert handler.lost == 1


def test_a_journal_that_is_another_one_by_now_has_the_next_line(journal, handler):
    path = journal.getsockname()
    journal.close()
    handler.handle(record("nobody"))
    Path(path).unlink()
    handler.handle(record("nobody"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as another:
        another.bind(path)
        another.setblocking(False)
        handler.handle(record("somebody"))
        assert b"MESSAGE=log: 2 lines are lost" in another.recv(4096)
        assert b"MESSAGE=somebody\n" in another.recv(4096)
    assert handler.lost == 0


def test_a_line_longer_than_a_datagram_is_a_sealed_file(journal, handler):
    text = "x" * (1 << 20)
    handler.handle(record(text))
    data, (descriptor,), _, _ = socket.recv_fds(journal, 4096, 4)
    with os.fdopen(descriptor, "rb") as file:
        assert fcntl.fcntl(file, fcntl.F_GET_SEALS) == 0xF  # what journald takes
        file.seek(0)
        fields = file.read()
    assert (data, handler.lost) == (b"", 0)
    assert fields.startswith(f"MESSAGE={text}\nPRIORITY=4\n".encode())


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_long_lines_that_nobody_reads_are_counted_and_hold_no_descriptors(journal, handler):
    known = None
    while handler.lost < 5:
        handler.handle(record("x" * (1 << 20)))
        if handler.lost == 1:
            known = descriptors()
    assert descriptors() == known


def test_without_a_journal_there_is_no_handler(tmp_path):
    with pytest.raises(FileNotFoundError):
        JournalHandler(lambda _logger, _template: None, str(tmp_path / "none"))


def test_only_the_stream_that_systemd_names_is_the_journal(monkeypatch):
    reader, writer = os.pipe()
    found = os.fstat(writer)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    assert not is_journal(writer)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
    assert is_journal(writer)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino + 1}")
    assert not is_journal(writer)
    os.close(reader)
    os.close(writer)
    assert not is_journal(writer)
