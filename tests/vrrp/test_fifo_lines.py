"""The lines of the notify FIFO."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.vrrp.fifo_lines import EVENTS, MAX_LINE, STATES, LineSplitter, is_about_others, parse
from haproxy_agentx.vrrp.model import FifoEvent, FifoLine, VrrpState

REAL = {
    b'INSTANCE "SITE1" MASTER 150': FifoLine("SITE1", VrrpState.master, None, 150),
    b'INSTANCE "SITE1" BACKUP 100': FifoLine("SITE1", VrrpState.backup, None, 100),
    b'INSTANCE "SITE1" FAULT 150': FifoLine("SITE1", VrrpState.fault, None, 150),
    b'INSTANCE "SITE1" STOP 150': FifoLine("SITE1", VrrpState.shutdown, None, 150),
    b'INSTANCE "SITE1" DELETED 150': FifoLine("SITE1", VrrpState.deleted, None, 150),
    b'INSTANCE "SITE1" {UNKNOWN} 150': FifoLine("SITE1", VrrpState.unknown, None, 150),
    b'GROUP "SITES" BACKUP 0': FifoLine("SITES", VrrpState.backup, None, 0, group=True),
    b'INSTANCE "V" MASTER_RX_LOWER_PRI 255': FifoLine("V", None, FifoEvent.lower_priority_seen, 255),
    b'INSTANCE "V" MASTER_PRIORITY 90': FifoLine("V", None, FifoEvent.priority_as_master, 90),
    b'INSTANCE "V" BACKUP_PRIORITY 90': FifoLine("V", None, FifoEvent.priority_as_backup, 90),
}


@pytest.mark.parametrize("line", REAL)
def test_what_keepalived_writes(line):
    assert parse(line) == REAL[line]


def test_every_state_and_event_has_a_word():
    assert {line.state for line in REAL.values() if line.state} == set(STATES.values())
    assert set(EVENTS.values()) == set(FifoEvent)


@pytest.mark.parametrize("name", ["a b", "ü", " ", "A MASTER 1", "\x1b[31m", "\r", "\\"])
def test_a_name_is_taken_as_it_is(name):
    line = parse(b'INSTANCE "' + name.encode() + b'" BACKUP 5')
    assert line == FifoLine(name, VrrpState.backup, None, 5)


def test_octets_that_are_no_text_stay_apart():
    names = [parse(b'GROUP "' + octets + b'" BACKUP 0').name for octets in (b"\xff", b"\xfe", b"\\xfg")]
    assert names == ["\\xff", "\\xfe", "\\xfg"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"INSTANCE",
        b'INSTANCE "" MASTER 1',
        b'INSTANCE "A" MASTER',
        b'INSTANCE "A" MASTER ',
        b'INSTANCE "A" MASTER 1 ',
        b' INSTANCE "A" MASTER 1',
        b'INSTANCE "A" MASTER -1',
        b'INSTANCE "A" MASTER 256',
        b'INSTANCE "A" MASTER 0100',
        b'INSTANCE "A" master 1',
        b'INSTANCE "A" MASTERS 1',
        b'INSTANCE "A"  MASTER 1',
        b"INSTANCE A MASTER 1",
        b'STANCE "A" MASTER 1',
        b'INSTANCE "A" MAINSTANCE "A" BACKUP',
        b'INSTANCE "A" MAINSTANCE "A" BACKUP 1',
        b'INSTANCE "AINSTANCE "A" BACKUP 1',
        b"VS [192.168.201.15]:tcp:80 UP",
        b"\0" * 100,
        b"\xff\xfe",
    ],
)
def test_what_keepalived_does_not_write_of_vrrp(line):
    assert parse(line) is None


def test_lines_of_virtual_servers_are_known_as_such():
    assert is_about_others(b"VS [192.168.201.15]:tcp:80 DOWN")
    assert is_about_others(b"RS [1.2.3.4]:tcp:80 [192.168.201.15]:tcp:80 UP")
    assert not any(map(is_about_others, [*REAL, b"", b"VS", b"garbage"]))


def test_a_long_line_costs_little():
    for line in (
        b'INSTANCE "' + b'" MASTER' * 8000,
        b'INSTANCE "' + b"A" * MAX_LINE,
        b'INSTANCE "A" ' + b"M" * MAX_LINE,
    ):
        assert parse(line) is None


@given(st.binary(max_size=60))
def test_garbage_is_a_line_or_none(line):
    found = parse(line)
    assert found is None or (found.state is None) != (found.event is None)


@given(
    st.sampled_from([b"INSTANCE", b"GROUP"]),
    st.binary(min_size=1, max_size=40).map(lambda name: name.translate(bytes(range(256)), b'\n"') or b"x"),
    st.sampled_from([*STATES, *EVENTS]),
    st.integers(0, 255),
)
def test_every_word_of_every_name(what, name, word, priority):
    line = parse(b'%s "%s" %s %d' % (what, name, word, priority))
    assert line.name == name.decode(errors="backslashreplace")
    assert (line.state, line.event) == (STATES.get(word), EVENTS.get(word))
    assert (line.priority, line.group) == (priority, what == b"GROUP")


# K4: a partial line, and 64 kB without a line end


def test_lines_come_whole_however_they_come():
    splitter = LineSplitter()
    assert splitter.feed(b"on") == []
    assert splitter.feed(b"e\n\ntwo\nthr") == [b"one", b"", b"two"]
    assert splitter.reset()
    assert not splitter.reset()
    assert splitter.feed(b"ee\n") == [b"ee"]


def test_a_line_at_the_limit_is_one_and_above_it_none():
    splitter = LineSplitter(5)
    assert splitter.feed(b"12345\n123456\nok\n") == [b"12345", b"ok"]
    assert splitter.feed(b"1234567890") == []
    assert splitter.feed(b"1234567890") == []
    assert splitter.feed(b"9\nok\n") == [b"ok"]
    assert splitter.too_long == 2


def test_a_line_without_an_end_is_not_kept():
    splitter = LineSplitter()
    for _ in range(64):
        assert splitter.feed(bytes(4096)) == []
        assert len(splitter._begun) <= MAX_LINE
    assert splitter.too_long == 1
    assert splitter.reset()


@given(st.binary(max_size=300).map(lambda data: data.replace(b"a", b"\n")), st.integers(1, 8), st.integers(0, 40))
def test_in_pieces_it_is_the_same(data, size, limit):
    whole, parts = LineSplitter(limit), LineSplitter(limit)
    lines = whole.feed(data)
    assert [line for at in range(0, len(data), size) for line in parts.feed(data[at : at + size])] == lines
    assert lines == [line for line in data.split(b"\n")[:-1] if len(line) <= limit]
    assert parts.too_long == whole.too_long
