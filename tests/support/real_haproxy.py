"""A real HAProxy in the foreground, with sockets and a statistics page of its own, gone with the test."""

import contextlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.wait import eventually

HAPROXY = "/usr/sbin/haproxy"
DEADLINE = 10.0

CONFIGURATION = """
global
  stats socket {folder}/user.sock mode 660 level user
  stats socket {folder}/plain.sock mode 660
  stats timeout 5s
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen stats
  bind 127.0.0.1:{port} {bind}
  stats enable
  stats uri /stats
  {auth}
{more}
"""


@dataclass(frozen=True, slots=True)
class RealHaproxy:
    """``user`` is a socket of level user, ``plain`` one whose line has no level, ``master`` the master's CLI."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @property
    def user(self) -> str:
        return str(self.folder / "user.sock")

    @property
    def plain(self) -> str:
        return str(self.folder / "plain.sock")

    @property
    def master(self) -> str:
        return str(self.folder / "master.sock")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process for the length of the block."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def reload(self) -> None:
        """Have the master load its configuration again."""
        self.process.send_signal(signal.SIGUSR2)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have a client in the middle of a request for the length of the block: its worker outlives a reload."""
        before = _shown(self.user, "CurrConns")
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(b"GET /stats HTTP/1.1\r\n")
            eventually(lambda: _shown(self.user, "CurrConns") > before, DEADLINE)
            yield

    def kill(self) -> None:
        """End it with kill -9: its sockets stay behind."""
        self.process.kill()
        self.process.wait(DEADLINE)


def free_port() -> int:
    """Give a TCP port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers_at(path: str) -> bool:
    """Tell whether somebody listens at the Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def ask(path: str, command: str) -> str:
    """Give the answer to a command on a socket. Raises OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        client.connect(path)
        client.sendall(command.encode() + b"\n")
        client.shutdown(socket.SHUT_WR)  # the CLI of a master answers only then
        with client.makefile() as answered:
            return answered.read()


def _shown(path: str, name: str) -> int:
    """Return a number of ``show info``."""
    return int(next(line.partition(": ")[2] for line in ask(path, "show info").splitlines() if line.startswith(name)))


@contextlib.contextmanager
def real_haproxy(
    folder: Path, *, auth: str = "", bind: str = "", more: str = "", master: bool = False, option: str = ""
) -> Iterator[RealHaproxy]:
    """Start HAProxy with ``folder`` (a short path) for its files; ready when its sockets accept.

    ``option`` is that of the master's socket where it is not ``RealHaproxy.master``.
    """
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, auth=auth, bind=bind, more=more))
    mode = ["-W", "-S", option or f"{folder}/master.sock"] if master else ["-db"]
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen([HAPROXY, "-f", str(file), *mode], stdout=log, stderr=log)
    haproxy = RealHaproxy(process, folder, port)
    try:
        wanted = [haproxy.user, haproxy.plain, *([haproxy.master] if master and not option else [])]
        eventually(lambda: process.poll() is not None or all(map(answers_at, wanted)), DEADLINE)
        assert process.poll() is None, (folder / "haproxy.log").read_text()
        yield haproxy
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(DEADLINE)
