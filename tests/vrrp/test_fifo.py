"""The notify FIFO: with the test as its writer (K4), and with a real keepalived. On both event loops."""

import contextlib
import errno
import logging
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from haproxy_agentx.vocabulary.source import SourceState
from haproxy_agentx.vrrp import fifo as fifo_module
from haproxy_agentx.vrrp.fifo import Fifo
from haproxy_agentx.vrrp.model import FifoLine, VrrpState
from tests.support.fifo_keepalived import NAME, FifoKeepalived
from tests.support.sources import LOOPS, Running
from tests.support.unprivileged import NOBODY, unprivileged
from tests.support.wait import eventually, throughout

PROJECT = Path(__file__).resolve().parents[2]
SOON = 3.0
Reported = bool | FifoLine


def text(state: str, priority: int = 100, name: str = NAME) -> bytes:
    return b'INSTANCE "%s" %s %d\n' % (name.encode(), state.encode(), priority)


def line(state: VrrpState, priority: int = 100, name: str = NAME) -> FifoLine:
    return FifoLine(name, state, None, priority)


MASTER, BACKUP, STOP = map(line, (VrrpState.master, VrrpState.backup, VrrpState.shutdown))


class Reader(Running):
    """A Fifo with all that it told: lines, and True and False of its writer."""

    def __init__(self, path: Path, loop: str, before: Callable[[], object] = lambda: None) -> None:
        self.reported: list[Reported] = []
        self.times: list[float] = []
        super().__init__(lambda: Fifo(str(path), self.report, self.report), loop, before)

    def report(self, what: Reported, at: float) -> None:
        self.reported.append(what)
        self.times.append(at)

    @property
    def lines(self) -> list[FifoLine]:
        return [what for what in self.reported if isinstance(what, FifoLine)]

    @property
    def writers(self) -> list[bool]:
        return [what for what in self.reported if isinstance(what, bool)]

    @property
    def state(self) -> SourceState:
        return self.source.source.state

    @property
    def error(self) -> str:
        return self.source.source.last_error

    def fails(self, state: SourceState, words: str) -> None:
        eventually(lambda: self.state is state and words in self.error, SOON)
        assert str(self.source.path) in self.error
        assert self.error.isprintable()

    def tells(self, *expected: Reported) -> None:
        """Wait until exactly this was told."""
        eventually(lambda: self.reported == list(expected) or len(self.reported) > len(expected), SOON)
        assert self.reported == list(expected)


class Writer:
    """What keepalived does with a FIFO: it holds it open for reading and writing."""

    def __init__(self, path: Path) -> None:
        self.reopen(path)

    def reopen(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1

    def write(self, octets: bytes) -> None:
        assert os.write(self.descriptor, octets) == len(octets)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="hax") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def path(folder) -> Path:
    """Give the path of a FIFO that is not there yet."""
    return folder / "vrrp.fifo"


@pytest.fixture
def found(path) -> Path:
    """Give the path of a FIFO that is there before keepalived."""
    os.mkfifo(path, 0o600)
    return path


@pytest.fixture(params=LOOPS)
def loop(request) -> str:
    return request.param


@pytest.fixture
def reader(found, loop) -> Iterator[Reader]:
    """Give a reader of a FIFO that was found, with nobody writing."""
    with Reader(found, loop) as reader:
        reader.tells(False)
        yield reader


# --- our own lateness


def test_a_loop_that_was_held_up_leaves_a_reload_its_time(reader, found):
    """A paused machine pauses keepalived between its close and its open as well."""
    with Writer(found) as writer:
        reader.tells(False, True)
        writer.close()
        eventually(lambda: reader.source._empty_since is not None, SOON)
        release = reader.block()
        time.sleep(fifo_module.GRACE + 0.3)  # what is tested is that this time does not count
        release.set()
        writer.reopen(found)
        writer.write(text("MASTER"))
        eventually(lambda: reader.lines == [MASTER], SOON)
        assert False not in reader.writers[1:]


def test_what_the_kernel_refuses_is_a_state_and_the_fifo_is_opened_again(reader, found, monkeypatch):
    def broken(_: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Writer(found) as writer:
        reader.tells(False, True)
        with monkeypatch.context() as fault:
            fault.setattr(fifo_module, "_read", broken)
            writer.write(text("MASTER"))
            reader.fails(SourceState.stale, "Input/output error")
        eventually(lambda: reader.state is SourceState.ok, SOON)
        assert reader.alive


# --- a FIFO that keepalived finds in its place


def test_nobody_writes(reader):
    reader.fails(SourceState.absent, "keepalived is not running, or global_defs of keepalived.conf lacks")
    assert f"vrrp_notify_fifo {reader.source.path}" in reader.error
    throughout(lambda: reader.reported == [False], 0.5)


def test_a_writer_is_seen_without_a_line(reader, found):
    with Writer(found):
        reader.tells(False, True)
        assert reader.state is SourceState.ok
        throughout(lambda: reader.reported == [False, True], 0.5)
    reader.tells(False, True, False)
    reader.fails(SourceState.absent, "no process has it open")


# What would go wrong: lines of a keepalived that has just started wait for the next look, 0.2 s later.
def test_the_first_line_is_read_at_once(reader, found, monkeypatch):
    monkeypatch.setattr(fifo_module, "POLL", 60)
    throughout(lambda: True, 0.3)  # the looks of the old pace are over
    for _ in range(3):
        reader.reported.clear()
        with Writer(found) as writer:
            writer.write(text("BACKUP") + text("MASTER"))
            reader.tells(True, BACKUP, MASTER)
        eventually(lambda: reader.reported[-1] is False, SOON)


def test_lines_come_in_order_with_their_times(reader, found):
    with Writer(found) as writer:
        reader.tells(False, True)
        for priority in range(200):
            writer.write(text("MASTER", priority))
        reader.tells(False, True, *(line(VrrpState.master, priority) for priority in range(200)))
    assert reader.times == sorted(reader.times)


# A line behind a writer's last is read before the end is told
def test_the_last_lines_come_before_the_end(reader, found):
    with Writer(found) as writer:
        reader.tells(False, True)
        writer.write(text("STOP"))
    reader.tells(False, True, STOP, False)


def test_the_end_is_seen_soon(reader, found):
    writer = Writer(found)
    reader.tells(False, True)
    writer.close()
    began = time.monotonic()
    reader.tells(False, True, False)
    assert fifo_module.GRACE <= reader.times[-1] - began + 0.01 < fifo_module.GRACE + SOON


# keepalived's VRRP process crashes and is started again: nobody is gone, and its states are to be asked for
def test_a_writer_that_is_back_at_once_was_not_gone(reader, found):
    with Writer(found) as writer:
        reader.tells(False, True)
        for _ in range(3):
            reader.reported[:] = [True]
            writer.close()
            eventually(reader.source._in_grace, SOON, every=0.001)
            writer.reopen(found)
            reader.tells(True, True)
        writer.write(text("BACKUP"))
        reader.tells(True, True, BACKUP)


# keepalived's lines queue in the pipe while nobody reads, so what is in it at the start is old
def test_what_was_written_before_we_came_is_old(found, loop):
    with Writer(found) as writer:
        writer.write(text("MASTER") * 1000)
        with Reader(found, loop) as reader:
            reader.tells(True)
            writer.write(text("FAULT"))
            reader.tells(True, line(VrrpState.fault))


def test_a_pipe_filled_to_the_brim_is_emptied(found, loop):
    with Writer(found) as writer:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer.descriptor, text("MASTER"))
        with Reader(found, loop) as reader:
            reader.tells(True)
            writer.write(text("BACKUP"))
            reader.tells(True, BACKUP)


# K5: as fast as they can be written
def test_a_storm_is_read_whole(reader, found):
    def write() -> None:
        with found.open("wb") as fifo:
            for number in range(50_000):
                fifo.write(text("MASTER", number % 256, str(number)))

    writer = threading.Thread(target=write)
    writer.start()
    eventually(lambda: len(reader.lines) == 50_000, 30)
    writer.join()
    assert [int(one.name) for one in reader.lines] == list(range(50_000))
    assert "a line" not in reader.source.source.last_error


def test_lines_that_waited_while_we_were_frozen_are_read(reader, found):
    with Writer(found) as writer:
        reader.tells(False, True)
        release = reader.block()
        writer.write(text("BACKUP") + text("MASTER"))
        release.set()
        reader.tells(False, True, BACKUP, MASTER)


# --- K4: a FIFO that is absent, made anew, or something else


@pytest.mark.system
def test_there_is_no_fifo(path, loop):
    with Reader(path, loop) as reader:
        reader.fails(SourceState.absent, "no such FIFO: keepalived is not running, or global_defs of keepalived.conf")
        assert f"vrrp_notify_fifo {path} root root" in reader.error
        assert reader.reported == []
        assert reader.source.writer is None
        os.mkfifo(path, 0o600)
        reader.tells(False)
        with Writer(path):
            reader.tells(False, True)


# One that keepalived makes at its start: its first lines are news, although they were there before we opened it
def test_what_a_fifo_brings_that_was_not_there_is_news(path, loop):
    with Reader(path, loop) as reader:
        reader.fails(SourceState.absent, "no such FIFO")
        release = reader.block()
        os.mkfifo(path, 0o600)
        with Writer(path) as writer:
            writer.write(text("BACKUP"))
            release.set()
            reader.tells(True, BACKUP)


# T3: we were frozen, and what has come meanwhile can be of any age
def test_what_a_fifo_brings_that_was_not_looked_for_is_old(path, loop, monkeypatch):
    monkeypatch.setattr(fifo_module, "FRESH", -1)
    with Reader(path, loop) as reader:
        reader.fails(SourceState.absent, "no such FIFO")
        release = reader.block()
        os.mkfifo(path, 0o600)
        with Writer(path) as writer:
            writer.write(text("BACKUP"))
            release.set()
            reader.tells(True)
            writer.write(text("MASTER"))
            reader.tells(True, MASTER)


# A reload of keepalived with a FIFO of its own
def test_a_fifo_that_is_made_anew_at_once_goes_on(reader, found):
    writer = Writer(found)
    reader.tells(False, True)
    for number in range(20):
        reader.reported[:] = [True]
        found.unlink()
        writer.write(text("BACKUP", number))
        writer.close()
        os.mkfifo(found, 0o600)
        writer = Writer(found)
        writer.write(text("MASTER", number))
        reader.tells(True, line(VrrpState.backup, number), True, line(VrrpState.master, number))
    writer.close()


def test_a_fifo_that_is_made_anew_later_is_found(reader, found):
    for number in range(3):
        reader.reported[:] = [False]
        with Writer(found) as writer:
            writer.write(text("MASTER", number))
            reader.tells(False, True, line(VrrpState.master, number))
            found.unlink()
        reader.tells(False, True, line(VrrpState.master, number), False)
        reader.fails(SourceState.absent, "no such FIFO")
        os.mkfifo(found, 0o600)
        reader.fails(SourceState.absent, "no process has it open")


def test_a_fifo_that_is_made_anew_with_nobody_writing_is_listened_to(reader, found):
    found.rename(found.with_suffix(".old"))
    os.mkfifo(found, 0o600)
    eventually(reader.source._is_in_place, SOON)
    with Writer(found) as writer:
        writer.write(text("BACKUP"))
        reader.tells(False, True, BACKUP)


# Somebody removes the FIFO under a keepalived that goes on writing into it
@pytest.mark.parametrize("again", [False, True])
def test_a_fifo_that_is_removed_is_read_while_it_is_written(reader, found, monkeypatch, again):
    monkeypatch.setattr(fifo_module, "CHECK", 0.02)
    writer = Writer(found)
    reader.tells(False, True)
    found.unlink()
    if again:
        os.mkfifo(found, 0o600)
    throughout(lambda: reader.reported == [False, True], 0.3)
    assert reader.state is SourceState.ok
    writer.write(text("MASTER"))
    reader.tells(False, True, MASTER)
    if again:
        with Writer(found) as new:
            new.write(text("BACKUP"))
            reader.tells(False, True, MASTER, True, BACKUP)
            writer.close()
            throughout(lambda: len(reader.reported) == 5, 0.3)
    writer.close()
    eventually(lambda: reader.writers[-1] is False, SOON)


def leave_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


@pytest.mark.parametrize(
    ("make", "state", "words"),
    [
        (lambda path: path.write_bytes(text("MASTER")), SourceState.stale, "is not a FIFO"),
        (lambda path: path.mkdir(), SourceState.stale, "is not a FIFO"),
        (leave_socket, SourceState.stale, "is not a FIFO"),
        (lambda path: path.symlink_to(path), SourceState.stale, "symbolic links"),
        (lambda path: (os.mkfifo(path), os.chown(path, NOBODY, 0)), SourceState.denied, "chown root:root"),
        (lambda path: (os.mkfifo(path), path.chmod(0o622)), SourceState.denied, "chmod 0640"),
    ],
    ids=["file", "directory", "socket", "loop", "another's", "open to all"],
)
@pytest.mark.system
def test_something_else_is_there(path, loop, make, state, words):
    make(path)
    with Reader(path, loop) as reader:
        reader.fails(state, words)
        assert reader.reported == []
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
        os.mkfifo(path, 0o600)
        with Writer(path) as writer:
            eventually(lambda: reader.writers[-1:] == [True], SOON)
            writer.write(text("MASTER"))
            eventually(lambda: reader.lines == [MASTER], SOON)
        assert reader.source.source.failures < 20


@pytest.mark.system
def test_no_permission(found, loop):
    with unprivileged(), Reader(found, loop) as reader:
        reader.fails(SourceState.denied, "no permission: `chown root:root ")
        assert reader.reported == []
        do_what_it_says(reader.error)
        reader.tells(False)
        with as_root():
            writer = Writer(found)
        with writer:
            writer.write(text("MASTER"))
            reader.tells(False, True, MASTER)
        reader.tells(False, True, MASTER, False)


@contextlib.contextmanager
def as_root() -> Iterator[None]:
    """Be root again for a while, below ``unprivileged``."""
    os.seteuid(0)
    try:
        yield
    finally:
        os.seteuid(NOBODY)


def do_what_it_says(error: str) -> None:
    """Run the command of a message, as the administrator does."""
    with as_root():
        subprocess.run(["sh", "-c", error.rpartition(": `")[2].partition("`")[0]], check=True)


def open_as_keepalived_2_4(path: Path, named: int | None = None) -> int | None:
    """Open a FIFO that was found as keepalived does from 2.4.0 on; None when it is ignored.

    Its own user, root, or the user of `vrrp_notify_fifo PATH USER GROUP` has to own it ('is not a fifo we own').
    """
    return os.open(path, os.O_RDWR | os.O_NONBLOCK) if path.stat().st_uid in {0, named} else None


@pytest.mark.system
def test_keepalived_that_ignores_a_fifo_of_ours_is_explained(found, loop):
    os.chown(found, NOBODY, NOBODY)
    with unprivileged(), Reader(found, loop) as reader:
        reader.tells(False)
        with as_root():
            assert open_as_keepalived_2_4(found) is None
        reader.fails(SourceState.absent, "keepalived is 2.4.0 or later, which ignores a FIFO that root does not own")
        do_what_it_says(reader.error.partition(", then restart")[0])
        with as_root():
            descriptor = open_as_keepalived_2_4(found)
        assert descriptor is not None
        reader.tells(False, True)
        os.write(descriptor, text("MASTER"))
        reader.tells(False, True, MASTER)
        os.close(descriptor)
        reader.fails(SourceState.absent, "keepalived is not running")
        assert "2.4.0" not in reader.error, "the owner is right"


def test_the_fifo_of_tmpfiles_is_one_that_every_keepalived_uses():
    lines = (PROJECT / "systemd" / "haproxy-agentx.tmpfiles").read_text().splitlines()
    (line,) = (line.split() for line in lines if line.startswith("p "))
    assert line[2:5] == ["0640", "root", "haproxy-agentx"]


@pytest.mark.system
def test_a_directory_that_nobody_may_enter(folder, loop):
    closed = folder / "closed"
    closed.mkdir(0o700)
    os.mkfifo(closed / "vrrp.fifo", 0o600)
    with unprivileged(), Reader(closed / "vrrp.fifo", loop) as reader:
        reader.fails(SourceState.denied, "no permission")


# --- K4: garbage


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"garbage\n" * 100,
        bytes(range(256)) + b"\n",
        b'INSTANCE "SITE1" MAINSTANCE "SITE1" BACKUP 1\n',
        b"\0" * 5000 + b"\n",
        b"x" * 300_000 + b"\n",
    ],
    ids=["empty", "words", "binary", "halves", "NUL", "long"],
)
def test_garbage_is_reported_once(reader, found, caplog, garbage):
    caplog.set_level(logging.INFO)
    with Writer(found):
        reader.tells(False, True)
        for _ in range(3):
            with found.open("wb") as fifo:
                fifo.write(garbage + text("MASTER"))
        reader.tells(False, True, MASTER, MASTER, MASTER)
        assert reader.state is SourceState.ok
        assert reader.source.source.last_error.startswith(f"{found}: a line is ")
        assert len([each for each in caplog.messages if "a line is" in each]) == 1


def test_half_a_line_at_the_end_is_no_beginning_of_the_next(reader, found, caplog):
    with Writer(found) as writer:
        reader.tells(False, True)
        writer.write(b'INSTANCE "SITE 1" MAS')
    reader.tells(False, True, False)
    assert any("a line has no end" in each for each in caplog.messages)
    with Writer(found) as writer:
        writer.write(text("MASTER"))
        reader.tells(False, True, False, True, MASTER)


def test_lines_about_virtual_servers_are_left_out_in_silence(reader, found):
    with Writer(found) as writer:
        writer.write(b"VS [192.0.2.1]:tcp:80 UP\n" + text("MASTER"))
        reader.tells(False, True, MASTER)
    assert "a line" not in reader.source.source.last_error


# Two readers split the lines between them: what we get is true, or garbage that is counted, and nothing fails
def test_a_second_reader_takes_lines_away(reader, found):
    with Writer(found) as writer:
        reader.tells(False, True)
        for number in range(200):
            writer.write(text("MASTER", number))
            with contextlib.suppress(BlockingIOError):
                os.read(writer.descriptor, 10)
        writer.write(b"\n" + text("BACKUP"))
        eventually(lambda: BACKUP in reader.lines, SOON)
        assert reader.alive


# --- what it costs, and what is left


# L1, L2
def test_the_log_has_a_line_for_each_change_only(found, loop, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(fifo_module, "CHECK", 0.02)
    monkeypatch.setattr(fifo_module, "POLL", 0.01)
    with Reader(found, loop) as reader:
        eventually(lambda: reader.source.source.failures > 10, SOON)
        with Writer(found):
            eventually(lambda: reader.source.source.successes > 10, SOON)
        before = reader.source.source.failures
        eventually(lambda: reader.source.source.failures > before + 10, SOON)
    assert len(caplog.messages) == 3, caplog.messages


# L4
def test_a_name_can_not_write_into_the_log(reader, found, caplog):
    with Writer(found) as writer:
        writer.write(b'INSTANCE "\x1b[31m\r" NOTHING 1\n' + text("MASTER", name="\x1b[0m"))
        eventually(lambda: reader.lines, SOON)
    assert all(message.isprintable() for message in caplog.messages)


@pytest.mark.parametrize("how", ["never", "now", "was"])
def test_it_is_idle_while_nothing_happens(reader, found, how):
    with contextlib.ExitStack() as stack:
        if how != "never":
            writer = stack.enter_context(Writer(found))
            reader.tells(False, True)
            if how == "was":
                writer.close()
                reader.tells(False, True, False)
        began = time.process_time()
        throughout(lambda: True, 1.0)
        assert time.process_time() - began < 0.2


# R1, R2
def test_nothing_is_left_open(path, loop):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    with Reader(path, loop) as reader:
        for _ in range(2):
            os.mkfifo(path, 0o600)
            with Writer(path):
                eventually(lambda: reader.writers[-1:] == [True], SOON)
            eventually(lambda: reader.writers[-1:] == [False], SOON)
            path.unlink()
    assert descriptors() == before


# --- with a real keepalived


@pytest.fixture
def keepalived(folder, path) -> Iterator[FifoKeepalived]:
    with FifoKeepalived(folder, path) as keepalived:
        yield keepalived


@pytest.fixture(params=["found", "made by keepalived"])
def running(request, path, loop, keepalived) -> Iterator[Reader]:
    """Give a reader of the FIFO of a keepalived that has become MASTER."""
    if request.param == "found":
        os.mkfifo(path, 0o600)
    with Reader(path, loop) as reader:
        eventually(lambda: reader.source.source.failures, SOON)
        keepalived.start()
        eventually(lambda: MASTER in reader.lines, 10)
        yield reader


@pytest.mark.system
def test_keepalived_starts(running, keepalived):
    assert running.reported[-3:] == [True, BACKUP, MASTER]
    assert running.state is SourceState.ok


@pytest.mark.system
def test_keepalived_stops(running, keepalived):
    keepalived.stop()
    eventually(lambda: running.reported[-2:] == [STOP, False], SOON)
    assert running.state is SourceState.absent
    running.reported.clear()
    keepalived.start()
    eventually(lambda: running.reported == [True, BACKUP, MASTER], 10)


# K2: no line is written, and the end of the FIFO tells all the same
@pytest.mark.system
def test_keepalived_is_killed(running, keepalived):
    running.reported.clear()
    keepalived.kill()
    gone = time.monotonic()
    running.tells(False)
    assert running.times[-1] - gone < fifo_module.GRACE + SOON
    keepalived.start()
    eventually(lambda: running.reported == [False, True, BACKUP, MASTER], 10)


# K3: keepalived closes the FIFO for a moment, and writes no state; it is there all the while
@pytest.mark.system
def test_keepalived_is_reloaded(running, keepalived):
    for priority in (101, 102, 103):
        running.reported.clear()
        keepalived.configure(priority)
        keepalived.reload()
        throughout(lambda: False not in running.reported, 1.0)
        assert running.source.writer
    keepalived.stop()
    eventually(lambda: running.reported[-2:] == [line(VrrpState.shutdown, 103), False], SOON)


# The states are to be asked for again
@pytest.mark.system
def test_a_reload_with_a_fifo_of_its_own_is_told(path, loop, keepalived):
    with Reader(path, loop) as reader:
        keepalived.start()
        eventually(lambda: MASTER in reader.lines, 10)
        reader.reported.clear()
        keepalived.reload()
        reader.tells(True)
        throughout(lambda: reader.reported == [True], 1.0)


@pytest.mark.system
def test_the_vrrp_process_of_keepalived_crashes(running, keepalived):
    running.reported.clear()
    keepalived.crash()
    eventually(lambda: running.reported[-2:] == [BACKUP, MASTER], 10)
    assert False not in running.reported


# K7: the FIFO can not tell it; KEEPALIVED-MIB does
@pytest.mark.system
def test_keepalived_is_frozen(running, keepalived):
    running.reported.clear()
    keepalived.freeze()
    throughout(lambda: running.reported == [], 1.5)
    assert running.source.writer
