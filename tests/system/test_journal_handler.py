"""The journal's native protocol, against a socket that stands for it."""

import logging
import os
import socket
import struct

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
