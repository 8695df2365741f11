"""The answer to ``show info``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haproxy_agentx.haproxy import info
from haproxy_agentx.vocabulary.source import Invalid, SourceState

SMALL = b"Name: HAProxy\nVersion: 2.6\nPid: 20\nUptime_sec: 2\nStart_time_sec: 1795355612\nnode: lb1\nStopping: 0\n\n"


@pytest.fixture
def healthy(samples) -> bytes:
    return (samples / "01-healthy/show_info.txt").read_bytes()


def test_a_whole_answer(healthy):
    read = info.parse(healthy)
    assert (read.pid, read.version, read.start_time, read.uptime) == (20, "2.6.12-1+deb12u4", 1795355612, 2)
    assert read.node == "vm"
    # names as HAProxy writes them, with blanks, hyphens and its own spelling
    for name, value in {
        "TotalSplicdedBytesOut": "0",
        "Ulimit-n": "20000",
        "Unstoppable Jobs": "1",
        "Build info": "2.6.12-1+deb12u4",
        "Uptime": "0d 0h00m02s",
        "CumConns": "54",
    }.items():
        assert read.fields[name] == value
    assert len(read.fields) == len(healthy.splitlines()) - 1


def test_all_samples(samples):
    files = list(samples.glob("*/show_info.txt"))
    assert len(files) > 10
    assert all(info.parse(file.read_bytes()).version.startswith("2.6") for file in files)


# F8: another worker is another pid and start time
def test_f8_a_reload_is_seen_by_pid_and_start_time(samples):
    before = info.parse((samples / "01-healthy/show_info.txt").read_bytes())
    after = info.parse((samples / "12-after-reload/show_info.txt").read_bytes())
    assert (before.pid, before.start_time) != (after.pid, after.start_time)


# F4: EOF inside a line, or between two: no beginning of an answer passes for a whole one
def test_f4_every_torn_answer_is_refused(healthy):
    for cut in range(len(healthy)):
        with pytest.raises(Invalid):
            info.parse(healthy[:cut])


def test_f6_an_older_version_without_some_lines():
    read = info.parse(b"Name: HAProxy\nVersion: 1.8.30\nPid: 7\nUptime: 3d 2h01m09s\n\n")
    assert read.start_time is None
    assert read.uptime == ((3 * 24 + 2) * 60 + 1) * 60 + 9
    assert read.node == ""


def test_unknown_and_odd_lines_are_passed_over():
    odd = b"\xff\xfe: x\nno colon\n: no name\nDescription: a: b, c\nPid: 99\n" + b"n" * 70 + b": too long\n"
    read = info.parse(SMALL[:-1] + odd + b"\n")
    assert read.pid == 20
    assert read.fields["Description"] == "a: b, c"
    assert "no colon" not in read.fields


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n\n",
        b"Permission denied\n\n",
        b"Unknown command. Try 'help'.\n\n",
        SMALL.replace(b"Name: HAProxy\n", b""),
        SMALL.replace(b"Pid: 20\n", b""),
        SMALL.replace(b"Pid: 20\n", b"Pid: x\n"),
        SMALL.replace(b"Pid: 20\n", b"Pid: " + b"9" * 5000 + b"\n"),
        b"\0" * 100 + b"\n\n",
        SMALL[:-1] + b"x: y\n" * (info.LIMIT // 5) + b"\n",
    ],
)
def test_f5_what_is_no_answer_is_refused(answer):
    with pytest.raises(Invalid) as raised:
        info.parse(answer)
    assert raised.value.state is SourceState.stale
    assert str(raised.value).isprintable()


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_invalid(data):
    for answer in (data, SMALL[:-1] + data + b"\n\n"):
        try:
            read = info.parse(answer)
        except Invalid:
            continue
        assert read.pid > 0
